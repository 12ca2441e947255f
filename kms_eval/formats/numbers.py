"""Numbers of YAML and JSON: whole numbers as int, all others as Decimal, which keeps the digits as written.

Comes in: the text of a number. Goes out: the number; ValueError where it is out of range.
Never here: which texts are numbers; YAML and JSON differ in that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kms_eval.errors import quoted

if TYPE_CHECKING:
    from decimal import Decimal

# Limits far beyond any number in AWS's documents; a number within them is cheap to convert to an int and to print.
_LONGEST = 100
_GREATEST_EXPONENT = 400
GREATEST = 10**_LONGEST
"""Whole numbers of this size or more are refused; Python itself refuses to print very large ones."""


def whole_number(text: str) -> int:
    """Decimal digits with an optional sign."""
    if len(text) > _LONGEST:
        raise ValueError(_complaint(text))
    return int(text)


def fraction(text: str) -> Decimal:
    """A number with a fraction, an exponent or both."""
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415 - most documents have none

    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(_complaint(text)) from None
    if len(text) > _LONGEST or abs(value.adjusted()) > _GREATEST_EXPONENT:
        raise ValueError(_complaint(text))
    return value


def _complaint(text: str) -> str:
    return f"number {quoted(text)} is out of range"
