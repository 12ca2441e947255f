"""Results of checks: text for a person, JSON, JUnit XML, workflow commands of GitHub Actions.

Comes in: results, file by file. Goes out: text. Never here: running checks, terminals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from kms_eval.analysis.checking.results import CheckResult
from kms_eval.errors import Fault, Location
from kms_eval.render.github import command, of_fault
from kms_eval.render.json_document import json_document
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import printable

_COLOUR = {"holds": "allowed", "fails": "denied", "undetermined": "label"}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """The results of one file's checks; `faults` is for a file that could not be read or checked."""

    file: str
    results: Sequence[CheckResult] = ()
    faults: tuple[Fault, ...] = ()


def render(files: Iterable[CheckedFile], *, paint: Paint = plain) -> str:
    """Every check with its verdict: a failed one with its requests, an undetermined one with what it depends on."""
    found = list(files)
    lines = [line for file in found for result in file.results for line in _lines(result, file.file, paint)]
    return "\n".join([*lines, _summary(found)]) + "\n"


def _lines(result: CheckResult, file: str, paint: Paint) -> Iterator[str]:
    place = _place(result, file)
    yield f"{paint(_COLOUR[result.verdict], result.verdict)}: {printable(f'{place}: {result.check.name}')}"
    if result.verdict == "holds":
        return
    if result.check.name != result.check.sentence:
        yield printable(f"  {result.check.sentence}")
    for each in result.witnesses:
        yield printable(f"  {each.who}: {each.decision} because {each.reason}")
        yield paint("place", printable(f"    {each.command}"))
    yield from (printable(f"  {result.hanging}{reason}") for reason in result.open)


def _place(result: CheckResult, file: str) -> str:
    place = result.check.place.location() if result.check.place is not None else None
    return file if place is None or place.line is None else str(Location(place.file or file, place.line))


def _summary(files: Sequence[CheckedFile]) -> str:
    numbers = Counter(result.verdict for file in files for result in file.results)
    parts = [f"{numbers['holds']} hold" if numbers["holds"] != 1 else "1 holds"]
    parts += [f"{numbers['fails']} fail" + "s" * (numbers["fails"] == 1)] if numbers["fails"] else []
    parts += [f"{numbers['undetermined']} undetermined"] if numbers["undetermined"] else []
    return ", ".join(parts)


def render_json(files: Iterable[CheckedFile]) -> str:
    """One object with a member for each check."""
    checks = [result.to_dict() for file in files for result in file.results]
    return json_document({"checks": checks}) + "\n"


def render_github(files: Iterable[CheckedFile]) -> str:
    """A line for each check that does not hold, and for each fault."""
    lines: list[str] = []
    for file in files:
        for result in file.results:
            if result.verdict != "holds":
                place = result.check.place.location() if result.check.place is not None else Location(file.file)
                kind = "error" if result.verdict == "fails" else "warning"
                lines.append(command(kind, place, result.check.name, "\n".join(_lines(result, file.file, plain))))
        lines += [of_fault(fault) for fault in file.faults]
    return "".join(f"{line}\n" for line in lines)


def render_junit(files: Sequence[CheckedFile]) -> str:
    """The document: a check that fails is a failure; one that is undetermined or could not be read is an error."""
    root = Element("testsuites", name="kms-eval")
    for file in files:
        verdicts = [result.verdict for result in file.results]
        suite = SubElement(root, "testsuite", name=printable(file.file), tests=str(len(verdicts) + bool(file.faults)))
        suite.set("failures", str(verdicts.count("fails")))
        suite.set("errors", str(verdicts.count("undetermined") + bool(file.faults)))
        for result in file.results:
            case = SubElement(suite, "testcase", name=printable(result.check.name), classname=printable(file.file))
            place = result.check.place.location() if result.check.place is not None else None
            case.set("file", printable((place.file if place is not None else None) or file.file))
            if place is not None and place.line is not None:
                case.set("line", str(place.line))
            if result.verdict != "holds":
                tag = "failure" if result.verdict == "fails" else "error"
                _said(SubElement(case, tag, type=result.verdict), list(_lines(result, file.file, plain)))
        if file.faults:
            case = SubElement(suite, "testcase", name="the scenario can be read", classname=printable(file.file))
            _said(SubElement(case, "error", type="input"), [str(fault) for fault in file.faults])
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(each.get(name, "0")) for each in root)))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _said(element: Element, lines: Sequence[str]) -> None:
    # XML has no way to write most control characters.
    element.set("message", printable(lines[0]))
    element.text = "\n".join(map(printable, lines))
