"""Coverage as text for a person: a table of policies, then what no test covers.

Comes in: a coverage report. Goes out: text. Never here: measuring, terminals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kms_eval.analysis.covering.coverage_report import (
    CoverageReport,
    ElementCoverage,
    PolicyCoverage,
    Share,
    StatementCoverage,
)
from kms_eval.analysis.covering.written_statements import ElementName
from kms_eval.errors import Location
from kms_eval.render.wrapping import wrapped
from kms_eval.safe_text import printable

NO_TESTS = "no test asked anything, so there is nothing to report"
"""The output of a coverage run without tests."""

COLUMNS: tuple[tuple[str, tuple[ElementName, ...]], ...] = (
    ("actions", ("Action", "NotAction", "Operations")),
    ("principals", ("Principal", "NotPrincipal")),
    ("resources", ("Resource", "NotResource")),
    ("conditions", ("Condition", "Constraints")),
)
"""The columns of the table after that of the statements, and the elements that each counts."""


def render(report: CoverageReport, *, missing: bool = True, width: int | None = None) -> str:
    """The table, and, unless `missing` is False, a line for everything that is not covered.

    If the table is wider than the terminal (`width`), its numbers are below the names of the policies.
    """
    if not report.decisions:
        return NO_TESTS
    return wrapped("\n".join(_lines(report, missing=missing, width=width)), width)


def policy_name(policy: PolicyCoverage) -> str:
    """The name of a policy: its file; for one of several in a file, also its own name."""
    whole_file = policy.statements[0].reference.within == f"{policy.file}#"
    return policy.file if whole_file else f"{policy.file} ({policy.name})" if policy.file else policy.name


def percent(share: Share) -> str:
    """The percentage, rounded down: never 100% if something is missing."""
    rounded = int(share.percent)
    return f"{rounded}%"


def statement_lacks(statement: StatementCoverage) -> str:
    """The message about a statement that is not covered."""
    return f"no test touches this {'grant' if statement.reference.is_grant else 'statement'}"


def element_in_words(element: ElementCoverage) -> str:
    """An element by its name and text: ``Action kms:Decrypt``."""
    return f"{element.name} {element.text}"


def _lines(report: CoverageReport, *, missing: bool, width: int | None) -> Iterator[str]:
    policies = report.policies
    rows = [["policy", "statements", *(name for name, _elements in COLUMNS), "covered"]]
    rows += [_row(policy) for policy in policies]
    statements = sum((policy.of_statements for policy in policies), Share())
    elements = (sum((p.of_elements(*names) for p in policies), Share()) for _name, names in COLUMNS)
    rows.append(["total", _share(statements), *map(_share, elements), percent(report.share)])
    yield from _table(rows, width)
    if not missing:
        return
    gaps = [line for policy in policies for line in _gaps(policy)]
    if gaps:
        yield ""
        yield "not covered:"
        yield from (f"  {line}" for line in gaps)
    idle = report.undecided
    if idle:
        yield ""
        yield "no test would be decided differently without:"
        yield from (f"  {_where(one)}{_called(one)}" for one in idle)


def _row(policy: PolicyCoverage) -> list[str]:
    elements = (_share(policy.of_elements(*names)) for _name, names in COLUMNS)
    return [printable(policy_name(policy)), _share(policy.of_statements), *elements, percent(policy.share)]


def _share(share: Share) -> str:
    return f"{share.covered}/{share.all}" if share.all else "-"


def _table(rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width is not None and sum(widths) + 2 * (len(widths) - 1) > width:
        yield from _stacked(rows, widths)
        return
    for row in rows:
        first, *rest = (
            text.ljust(width) if not index else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *rest))


def _stacked(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """The numbers of each policy below its name, separated by single spaces."""
    for name, *numbers in rows:
        yield name
        yield " " + "".join(f" {text.rjust(width)}" for text, width in zip(numbers, widths[1:], strict=True))


def _gaps(policy: PolicyCoverage) -> Iterator[str]:
    for statement in policy.statements:
        if not statement.covered:
            yield f"{_where(statement)}{_called(statement)}: {statement_lacks(statement)}"
            continue
        for element in statement.elements:
            if element.missing is not None:
                place = Location(statement.reference.location.file, element.line)
                yield printable(f"{place}: {element_in_words(element)}: {element.missing}")


def _where(statement: StatementCoverage) -> str:
    location = statement.reference.location
    return printable(str(Location(location.file, location.line)))


def _called(statement: StatementCoverage) -> str:
    return f": {printable(f'{statement.reference.policy} {statement.reference.label}'.strip())}"
