"""Test results, faults and findings as workflow commands, which GitHub Actions shows beside their lines.

Comes in: results, faults, warnings, findings. Goes out: one line each. Never here: running tests, and whether GitHub
Actions is running.
https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from kms_eval.analysis.linting.finding import Finding
from kms_eval.analysis.testing import TestResult
from kms_eval.errors import Fault, Location
from kms_eval.render.results import render_failure
from kms_eval.safe_text import printable_lines


def of_result(result: TestResult) -> Iterator[str]:
    """What to show of a test: nothing if it passed and depends on no open question."""
    if result.outcome == "failed":
        yield command("error", result.case.place.location(), result.case.name, render_failure(result))
    for doubt in result.doubts if result.outcome == "passed" else ():
        yield command("warning", result.case.place.location(), result.case.name, f"{doubt.message} [{doubt.code}]")
    for fault in result.faults:
        yield of_fault(fault)


def of_fault(fault: Fault, kind: Literal["error", "warning"] = "error") -> str:
    """Something that is wrong with an input, or only deserves a warning."""
    text = f"{fault.message} ({fault.help})" if fault.help else fault.message
    title = fault.location.field if fault.location is not None else None
    return command(kind, fault.location, title, text)


def of_finding(finding: Finding) -> str:
    """A finding of the lint."""
    text = f"{finding.message} ({finding.help})" if finding.help else finding.message
    # GitHub accepts columns only if both are on the same line.
    one_line = finding.line is not None and finding.end_line == finding.line
    return _said(
        "notice" if finding.level == "note" else finding.level,
        {
            "file": finding.file,
            "line": finding.line,
            "endLine": finding.end_line,
            "col": finding.column if one_line else None,
            "endColumn": finding.end_column if one_line else None,
            "title": f"{finding.code} {finding.name}",
        },
        text,
    )


def command(kind: str, place: Location | None, title: str | None, text: str) -> str:
    """One workflow command, `error` or `warning`."""
    place = place or Location()
    return _said(kind, {"file": place.file, "line": place.line, "title": title}, text)


def _said(kind: str, members: Mapping[str, str | int | None], text: str) -> str:
    properties = [(name, str(value)) for name, value in members.items() if value]
    said = ",".join(f"{name}={_property(value)}" for name, value in properties)
    return f"::{kind}{f' {said}' if said else ''}::{_data(text)}"


def _data(text: str) -> str:
    # GitHub reads line by line and shows the text in a terminal: text from a document must not contain control
    # characters.
    return printable_lines(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
