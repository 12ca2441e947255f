"""Test results and faults as workflow commands of GitHub Actions, which shows them beside the lines they are about.

Comes in: results, faults, notices. Goes out: one line each. Never here: running tests, and whether GitHub reads along.
https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from kms_eval.analysis.testing import TestResult
from kms_eval.errors import Fault, Location
from kms_eval.render.results import render_failure
from kms_eval.render.text import printable


def of_result(result: TestResult) -> Iterator[str]:
    """What there is to show of a test: nothing if it passed."""
    if result.outcome == "failed":
        yield command("error", result.case.place.location(), result.case.name, render_failure(result))
    for fault in result.faults:
        yield of_fault(fault)


def of_fault(fault: Fault, kind: Literal["error", "warning"] = "error") -> str:
    """Something that is wrong with an input, or only remarkable."""
    text = f"{fault.message} ({fault.help})" if fault.help else fault.message
    title = fault.location.field if fault.location is not None else None
    return command(kind, fault.location, title, text)


def command(kind: str, place: Location | None, title: str | None, text: str) -> str:
    """One workflow command, `error` or `warning`."""
    properties = [
        (name, str(value))
        for name, value in (
            ("file", place.file if place is not None else None),
            ("line", place.line if place is not None else None),
            ("title", title),
        )
        if value
    ]
    said = ",".join(f"{name}={_property(value)}" for name, value in properties)
    return f"::{kind}{f' {said}' if said else ''}::{_data(text)}"


def _data(text: str) -> str:
    # GitHub reads line by line and shows what it reads in a terminal: what a document says must not move its cursor.
    shown = "\n".join(printable(line) for line in text.split("\n"))
    return shown.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
