"""Lists from which functions may leave entries out, or in which one entry may become two statements.

Comes in: evaluated entries. Goes out: lists that know where their entries are written. Never here: functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from kms_eval.formats.unknown import Unknown


class NoValue:
    """``AWS::NoValue``: the property, or the entry of a list, is not there."""


NO_VALUE: Final = NoValue()


class Kept(list[object]):
    """The entries that remain of a list; `positions` are the positions at which they are written."""

    positions: tuple[int, ...] = ()


class _Statements(list[object]):
    """Statements that take the place of one."""


def kept(entries: Iterable[object]) -> Kept:
    """A list without the entries that are ``AWS::NoValue``."""
    found, positions = Kept(), []
    for position, entry in enumerate(entries):
        parts = entry if isinstance(entry, _Statements) else () if entry is NO_VALUE else (entry,)
        found.extend(parts)
        positions += [position] * len(parts)
    found.positions = tuple(positions)
    return found


def statements_under(unknown: Unknown, *values: object) -> list[object]:
    """Two values as statements under an unknown condition; empty if one of them is not a statement.

    Then only whether each of them counts is unknown; the rest of the policy is known.
    """
    said = [each for each in values if each is not NO_VALUE]
    statements = [each for each in said if isinstance(each, Mapping) and "Effect" in each]
    return _Statements({**each, "Condition": unknown} for each in statements if len(statements) == len(said))
