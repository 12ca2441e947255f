"""The JSON that commands print: one object, which says which version of its form it has.

Comes in: the members of an answer. Goes out: text. Never here: which members there are. Members may be added within a
version; renaming or removing one, or changing its meaning, makes a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kms_eval.safe_text import json_text

SCHEMA: Final = 1
"""The version of all forms."""


def json_document(members: Mapping[str, object], *, ascii_only: bool = False) -> str:
    """The text of an object with `members`, after ``"schema": 1``."""
    return json_text({"schema": SCHEMA, **members}, indent=2, ascii_only=ascii_only)
