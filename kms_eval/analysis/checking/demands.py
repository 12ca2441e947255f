"""What a check demands of requests, whatever policies say: not to carry what it excuses, and not to be in the past.

Comes in: a check, a time. Goes out: lists of literals; one literal of each list has to be met. Never here: policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from kms_eval.analysis.proving.solving import Literal
from kms_eval.documents.model import ConditionTest, Policy, PolicyKind, Qualifier
from kms_eval.engine.cell import CLOCK
from kms_eval.engine.conditions import compile_condition
from kms_eval.errors import Fault, InputError
from kms_eval.facts.condition_keys import find

_OPERATORS = {
    "String": "StringLike",
    "ARN": "StringLike",
    "Bool": "Bool",
    "Numeric": "NumericEquals",
    "Date": "DateEquals",
    "IPAddress": "IpAddress",
    "Binary": "BinaryEquals",
}
_NOBODYS: Final = Policy("check", PolicyKind.IDENTITY, "2008-10-17", None, ())


def not_excused(unless: Mapping[str, tuple[str, ...]]) -> tuple[Literal, ...]:
    """Literals of which every request that is not excused meets one; none if nothing is excused. Raises InputError."""
    literals = []
    for name, values in unless.items():
        row = find(name)
        operator = _OPERATORS[row.type if row is not None else "String"]
        qualifier: Qualifier = "ForAnyValue" if row is not None and row.multi_valued else ""
        try:
            condition = compile_condition(
                _NOBODYS, (ConditionTest(operator, qualifier, if_exists=False, key=name, values=values),)
            )
        except ValueError as error:
            raise InputError(Fault(f"`unless`: {error}")) from None
        literals.append(Literal(condition.tests[0], holds=False, generous=False))
    return tuple(literals)


class Clock:
    """Literals that keep requests from being made before a time."""

    def __init__(self, now: datetime) -> None:
        text = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        tests = tuple(
            ConditionTest("DateGreaterThanEquals", "", if_exists=False, key=key, values=(text,))
            for key in sorted(CLOCK)
        )
        condition = compile_condition(_NOBODYS, tests)
        self._literals = {test.key: (Literal(test, holds=True, generous=False),) for test in condition.tests}

    def of(self, needs: frozenset[str]) -> Iterator[Sequence[Literal]]:
        """The literals for those of these condition keys (lower case) that are times."""
        return (literals for key, literals in self._literals.items() if key in needs)
