"""Test results as text for a person and as JSON.

Comes in: results. Goes out: text, with the place of each failure first, so that editors can jump there.
Never here: running tests, terminals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from kms_eval.analysis.testing import TestResult
from kms_eval.errors import Fault, Location
from kms_eval.render.json_document import json_document
from kms_eval.render.text import Paint, plain, reasons
from kms_eval.safe_text import printable


def render_failure(result: TestResult, *, full: bool = False, paint: Paint = plain) -> str:
    """What a failed test expected, what was decided instead, and why."""
    return "\n".join(_lines(result, full=full, paint=paint))


def render_doubts(result: TestResult) -> list[str]:
    """The open questions on which a passed test depends, a line each; those of a failed test are shown with it."""
    place = result.case.place.location()
    where = str(Location(place.file, place.line)) if place.line is not None else str(place)
    doubts = result.doubts if result.outcome == "passed" else ()
    return [printable(f"{where}: {result.case.name}: {each.message} [{each.code}]") for each in doubts]


def summary(results: Iterable[TestResult]) -> str:
    """The number of tests with each outcome, in one line."""
    numbers = Counter(result.outcome for result in results)
    parts = [f"{numbers['passed']} passed"]
    if numbers["failed"]:
        parts.append(f"{numbers['failed']} failed")
    if numbers["invalid"]:
        parts.append(f"{numbers['invalid']} could not be run")
    return ", ".join(parts)


def render_json(
    results: Iterable[TestResult], faults: Iterable[Fault], not_run: int, *, ascii_only: bool = False
) -> str:
    """All results as a JSON object; `faults` is for files that could not be read."""
    return json_document(run_to_dict(results, faults, not_run), ascii_only=ascii_only)


def run_to_dict(results: Iterable[TestResult], faults: Iterable[Fault] = (), not_run: int = 0) -> dict[str, Any]:
    """The same as plain values."""
    found = list(results)
    numbers = Counter(result.outcome for result in found)
    return {
        "passed": numbers["passed"],
        "failed": numbers["failed"],
        "invalid": numbers["invalid"],
        "not_run": not_run,
        "tests": [to_dict(result) for result in found],
        "faults": [_fault(fault) for fault in faults],
    }


def to_dict(result: TestResult) -> dict[str, Any]:
    """One result as an object. It has the decision if the test failed or depends on an open question."""
    case, explanation = result.case, result.explanation
    place = case.place.location()
    return {
        "name": case.name,
        "outcome": result.outcome,
        "file": place.file or None,
        "line": place.line,
        "principal": case.request.principal,
        "action": case.request.action,
        "key": case.request.key,
        "expect": case.expect,
        "decision": None if explanation is None else explanation.decision,
        "reason": None if explanation is None else explanation.reason,
        "reason_code": None if explanation is None else explanation.reason_code,
        "mismatches": list(result.mismatches),
        "faults": [_fault(fault) for fault in result.faults],
        "warnings": [{"code": each.code, "message": each.message} for each in result.doubts],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    place = fault.location
    return {
        "message": fault.message,
        "help": fault.help,
        "file": place.file if place is not None else None,
        "line": place.line if place is not None else None,
        "field": place.field if place is not None else None,
    }


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
