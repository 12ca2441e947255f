"""Test results as text for a person.

Comes in: results. Goes out: text, with the place of each failure first so that editors can jump there.
Never here: running tests, terminals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kms_eval.analysis.testing import TestResult
from kms_eval.errors import Location
from kms_eval.render.text import Paint, plain, reasons
from kms_eval.safe_text import printable


def render_failure(result: TestResult, *, full: bool = False, paint: Paint = plain) -> str:
    """What was expected of a failed test, what came instead, and why."""
    return "\n".join(_lines(result, full=full, paint=paint))


def render_doubts(result: TestResult) -> list[str]:
    """The open questions on which a test that passed hangs, a line each; those of a failed one are said with it."""
    place = result.case.place.location()
    where = str(Location(place.file, place.line)) if place.line is not None else str(place)
    doubts = result.doubts if result.outcome == "passed" else ()
    return [printable(f"{where}: {result.case.name}: {each.message} [{each.code}]") for each in doubts]


def summary(results: Iterable[TestResult]) -> str:
    """How many tests ended how, in one line."""
    numbers = Counter(result.outcome for result in results)
    parts = [f"{numbers['passed']} passed"]
    if numbers["failed"]:
        parts.append(f"{numbers['failed']} failed")
    if numbers["invalid"]:
        parts.append(f"{numbers['invalid']} could not be run")
    return ", ".join(parts)


def _lines(result: TestResult, *, full: bool, paint: Paint) -> Iterator[str]:
    place = result.case.place.location()
    where = str(Location(place.file, place.line)) if place.line is not None else str(place)
    yield f"{paint('denied', 'failed')}: {printable(f'{where}: {result.case.name}')}"
    yield from (printable(f"  {mismatch}") for mismatch in result.mismatches)
    if result.explanation is not None:
        asked = result.explanation
        on = f" on {asked.key}" if asked.key else ""
        yield printable(f"  {asked.principal} {asked.action}{on}")
        yield from (f"  {line}" for line in reasons(asked, full=full, paint=paint))
        yield from (printable(f"  warning: {each.message} [{each.code}]") for each in asked.warnings)
