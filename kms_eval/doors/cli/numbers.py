"""Numbers as typed.

Comes in: the text of an option. Goes out: a number; InputError names the option. Never here: what it is for.
"""

from __future__ import annotations

from kms_eval.errors import Fault, InputError, Location, quoted


def percentage(text: str, option: str) -> float:
    """From 0 to 100."""
    number = _number(text)
    if not 0 <= number <= 100:
        raise InputError(Fault(f"{quoted(text)} is no percentage", Location(field=option), "0 to 100"))
    return number


def count(text: str, option: str) -> int:
    """From 0 on; a fraction is cut off."""
    number = _number(text)
    # Infinity and NaN do not satisfy this either.
    if not 0 <= number < 1e9:
        raise InputError(Fault(f"{quoted(text)} is not a number from 0 on", Location(field=option)))
    return int(number)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1
