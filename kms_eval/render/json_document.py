"""The JSON that commands print: one object, which says by which version of its form it is to be read.

Comes in: the members of an answer. Goes out: text. Never here: which members there are.
A member may be added within a version; one that is renamed, taken away or means something else makes the next version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kms_eval.safe_text import json_text

SCHEMA: Final = 1
"""The version of all forms."""


def json_document(members: Mapping[str, object], *, ascii_only: bool = False) -> str:
    """The text of an object with `members`, behind ``"schema": 1``."""
    return json_text({"schema": SCHEMA, **members}, indent=2, ascii_only=ascii_only)
