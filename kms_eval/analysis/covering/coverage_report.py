"""Results of coverage, as plain values that can be joined, saved and read again.

Comes in: nothing (types only), or reports to join. Goes out: what every renderer reads. Never here: formatting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from kms_eval.analysis.covering.written_statements import EXCLUSIONS, ElementName, StatementReference
from kms_eval.errors import Location

_CONDITIONS: frozenset[ElementName] = frozenset({"Condition", "Constraints"})


@dataclass(frozen=True, slots=True)
class ElementCoverage:
    """One element: in how many decisions it counted, and in how many it alone kept its statement from counting."""

    name: ElementName
    text: str
    line: int | None
    counted: int = 0
    refused: int = 0

    @property
    def covered(self) -> bool:
        """Whether tests show what it does; `missing` says what they lack."""
        return self.missing is None

    @property
    def missing(self) -> str | None:
        """What no test shows; None where it is covered."""
        if self.name in _CONDITIONS:
            if not self.counted and not self.refused:
                return "never asked"
            if not self.refused:
                return "never failed"
            return None if self.counted else "never held"
        if self.name in EXCLUSIONS:
            return None if self.refused else "never excluded anything"
        return None if self.counted else "never used"


@dataclass(frozen=True, slots=True)
class StatementCoverage:
    """One statement or grant: the tests in which it counted, and those whose decision would differ without it."""

    reference: StatementReference
    tests: tuple[str, ...]
    decided: tuple[str, ...]
    elements: tuple[ElementCoverage, ...]

    @property
    def covered(self) -> bool:
        """Whether it counted in the decision of some test."""
        return bool(self.tests)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of all are covered."""

    covered: int = 0
    all: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.covered + other.covered, self.all + other.all)

    @property
    def percent(self) -> float:
        """From 0 to 100; nothing to cover is 100."""
        return 100 * self.covered / self.all if self.all else 100.0


@dataclass(frozen=True, slots=True)
class PolicyCoverage:
    """The statements of one policy, or the grants of one key, that are together in a file."""

    name: str
    file: str
    kinds: tuple[str, ...]
    statements: tuple[StatementCoverage, ...]

    @property
    def share(self) -> Share:
        """Covered statements and elements, each counted once."""
        return self.of_statements + self.of_elements()

    @property
    def of_statements(self) -> Share:
        """Covered statements."""
        return Share(sum(one.covered for one in self.statements), len(self.statements))

    def of_elements(self, *names: ElementName) -> Share:
        """Covered elements with these names; all elements if there are no names."""
        found = [
            element.covered for one in self.statements for element in one.elements if not names or element.name in names
        ]
        return Share(sum(found), len(found))


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """All statements and grants of some worlds, with their coverage by tests."""

    statements: tuple[StatementCoverage, ...] = ()
    decisions: int = 0

    @property
    def policies(self) -> tuple[PolicyCoverage, ...]:
        """The statements by policy, in the order of the report."""
        together: dict[str, list[StatementCoverage]] = {}
        for one in self.statements:
            together.setdefault(one.reference.within, []).append(one)
        return tuple(
            PolicyCoverage(
                _name(found),
                found[0].reference.location.file or "",
                tuple(dict.fromkeys(kind for one in found for kind in one.reference.kinds)),
                tuple(found),
            )
            for found in together.values()
        )

    @property
    def share(self) -> Share:
        """Covered statements and elements of all policies."""
        return sum((policy.share for policy in self.policies), Share())

    @property
    def undecided(self) -> tuple[StatementCoverage, ...]:
        """Statements that counted, but without which no decision of a test would differ."""
        return tuple(one for one in self.statements if one.covered and not one.decided)

    def to_plain(self) -> dict[str, Any]:
        """The report as values that fit in JSON, for another process."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> CoverageReport:
        """The report that `to_plain` made."""
        return cls(
            tuple(
                StatementCoverage(
                    _reference(one["reference"]),
                    tuple(one["tests"]),
                    tuple(one["decided"]),
                    tuple(ElementCoverage(**element) for element in one["elements"]),
                )
                for one in plain["statements"]
            ),
            plain["decisions"],
        )


def _reference(plain: Mapping[str, Any]) -> StatementReference:
    location, kinds = Location(**plain["location"]), tuple(plain["kinds"])
    return StatementReference(**{**plain, "location": location, "kinds": kinds})


def _name(found: list[StatementCoverage]) -> str:
    first = found[0].reference
    return "grants" if first.is_grant and len(found) > 1 else first.policy


def joined(reports: Iterable[CoverageReport]) -> CoverageReport:
    """The results of several runs together, for instance of several processes."""
    statements: dict[str, StatementCoverage] = {}
    decisions = 0
    for report in reports:
        decisions += report.decisions
        for one in report.statements:
            known = statements.get(one.reference.id)
            statements[one.reference.id] = one if known is None else _both(known, one)
    return CoverageReport(tuple(statements.values()), decisions)


def _both(first: StatementCoverage, second: StatementCoverage) -> StatementCoverage:
    counts = {(each.name, each.text, each.line): each for each in second.elements}
    elements = []
    for each in first.elements:
        other = counts.pop((each.name, each.text, each.line), None)
        if other is not None:
            each = replace(each, counted=each.counted + other.counted, refused=each.refused + other.refused)  # noqa: PLW2901 - the sum takes its place
        elements.append(each)
    return replace(
        first,
        reference=replace(
            first.reference, kinds=tuple(dict.fromkeys((*first.reference.kinds, *second.reference.kinds)))
        ),
        tests=tuple(dict.fromkeys((*first.tests, *second.tests))),
        decided=tuple(dict.fromkeys((*first.decided, *second.decided))),
        elements=(*elements, *counts.values()),
    )
