"""Test results as JUnit XML, for CI systems.

Comes in: suites of results, one for each scenario file. Goes out: the document as text. Never here: running tests,
files. The elements are those that Jenkins, GitLab and others read; `file` and `line` let them show the place.
https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from kms_eval.analysis.testing import TestResult
from kms_eval.errors import Fault
from kms_eval.render.results import render_failure
from kms_eval.safe_text import printable


@dataclass(frozen=True, slots=True)
class Suite:
    """The results of one scenario file in the order in which they ran, each with the seconds it took.

    `faults` is for a file that could not be read; it has no results then.
    """

    file: str
    results: Sequence[tuple[TestResult, float]] = ()
    faults: tuple[Fault, ...] = ()


def render(suites: Sequence[Suite]) -> str:
    """The document. A failed test is a failure; a test that could not run is an error."""
    root = Element("testsuites", name="kms-eval")
    for suite in suites:
        _suite(SubElement(root, "testsuite"), suite)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(each.get(name, "0")) for each in root)))
    root.set("time", _seconds(sum(seconds for suite in suites for _result, seconds in suite.results)))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(element: Element, suite: Suite) -> None:
    outcomes = [result.outcome for result, _seconds in suite.results]
    element.set("name", printable(suite.file))
    element.set("tests", str(len(outcomes) + bool(suite.faults)))
    element.set("failures", str(outcomes.count("failed")))
    element.set("errors", str(outcomes.count("invalid") + bool(suite.faults)))
    element.set("time", _seconds(sum(seconds for _result, seconds in suite.results)))
    for result, seconds in suite.results:
        _case(SubElement(element, "testcase"), result, suite.file, seconds)
    if suite.faults:
        case = SubElement(
            element, "testcase", name="the scenario can be read", classname=printable(suite.file), time="0"
        )
        _outcome(SubElement(case, "error", type="input"), suite.faults[0].message, [str(each) for each in suite.faults])


def _case(element: Element, result: TestResult, file: str, seconds: float) -> None:
    place = result.case.place.location()
    element.set("name", printable(result.case.name))
    element.set("classname", printable(file))
    element.set("file", printable(place.file or file))
    if place.line is not None:
        element.set("line", str(place.line))
    element.set("time", _seconds(seconds))
    if result.outcome == "failed":
        message = "; ".join(result.mismatches)
        _outcome(SubElement(element, "failure", type="mismatch"), message, render_failure(result).split("\n"))
    elif result.outcome == "invalid":
        _outcome(SubElement(element, "error", type="input"), result.faults[0].message, map(str, result.faults))
    elif result.doubts:
        said = SubElement(element, "system-out")
        said.text = "\n".join(printable(f"warning: {each.message} [{each.code}]") for each in result.doubts)


def _outcome(element: Element, message: str, lines: Sequence[str] | map[str]) -> None:
    # XML has no way to write most control characters.
    element.set("message", printable(message))
    element.text = "\n".join(printable(line) for line in lines)


def _seconds(seconds: float) -> str:
    return f"{seconds:.6f}"
