"""Plain values of scenarios and requests: their names in messages, what they can be, and their text as AWS gets it.

Comes in: values from YAML, JSON or Python. Goes out: words and texts. Never here: fields, models, places.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from kms_eval.formats.numbers import GREATEST
from kms_eval.formats.unknown import Unknown

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "a string"),
    (Mapping, "a mapping"),
    ((list, tuple), "a list"),
    (type(None), "nothing"),
)


def kind_of(value: object) -> str:
    """What a value is called in a message."""
    if value == "":
        return "an empty string"
    known = next((name for kind, name in _KINDS if isinstance(value, kind)), "something else")
    return "a number" if _is_decimal(value) else known


def text_of(value: object) -> str | None:
    """The text of a string, a boolean or a number, as JSON writes it; None where it has none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if isfinite(value) else None
    if isinstance(value, int):
        return str(value) if -GREATEST < value < GREATEST else None
    return str(value) if _is_decimal(value) else None


def _is_decimal(value: object) -> bool:
    from decimal import Decimal  # noqa: PLC0415 - only other numbers and faults come this far

    return isinstance(value, Decimal)


def policy_source_complaint(value: object) -> str | None:
    """What is wrong with a value in the place of a policy, apart from the policy's content; None if nothing is."""
    if isinstance(value, (str, Mapping, Unknown)) and value != "":
        return None
    return f"expected a path, a policy document or its JSON text, found {kind_of(value)}"


def grants_source_complaint(value: object) -> str | None:
    """What is wrong with a value in the place of grants, apart from their content; None if nothing is."""
    if isinstance(value, (str, list, tuple, Mapping, Unknown)) and value != "":
        return None
    return f"expected a list of grants or a path to such a list, found {kind_of(value)}"


def quote_it(value: object) -> str | None:
    """Advice where a string is expected and the value would be a string if it were quoted."""
    text = None if isinstance(value, str) else text_of(value)
    return f'quote it: `"{text}"`' if text is not None else None
