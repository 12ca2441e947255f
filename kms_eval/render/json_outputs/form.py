"""What all JSON outputs have in common, and how their members are documented.

Comes in: nothing. Goes out: the type that all outputs share. Never here: a particular output.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict
from pydantic.config import with_config
from typing_extensions import TypedDict

Effect = Literal["Allow", "Deny"]

documented = with_config(ConfigDict(use_attribute_docstrings=True))
"""Puts the docstring below a member into the schema as its description."""


@documented
class Versioned(TypedDict):
    """What every JSON begins with."""

    schema: Literal[1]
