"""The kinds of values that elements of AWS's documents have, for `shape_forms`.

Comes in: plain values. Goes out: the values that a model of `shapes` would have in their place, or `Unsure`.
Never here: elements by name.
"""

from __future__ import annotations

import math

from kms_eval.documents.forms import string


def texts(value: object) -> tuple[str, ...]:
    """A string or a list of strings."""
    if type(value) is list or type(value) is tuple:
        return tuple(map(string, value))
    return (string(value),)


def values(value: object) -> tuple[str, ...]:
    """A value of a condition key, or a list of values."""
    if type(value) is list or type(value) is tuple:
        return tuple(_text(item) for item in value)
    return (_text(value),)


def value_text(value: object) -> object:
    """The text of JSON true, false and numbers (semantics C4); any other value unchanged."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    from decimal import Decimal  # noqa: PLC0415 - numbers are rare

    if isinstance(value, (int, Decimal)) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    return value


def _text(value: object) -> str:
    return string(value if type(value) is str else value_text(value))
