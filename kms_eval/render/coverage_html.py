"""Coverage as one self-contained HTML page: the policies as they are written, with marks where no test covers them.

Comes in: a coverage report, and the texts of the files it is about. Goes out: the page. Never here: reading files. For
a file whose text is not given, only its statements are listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kms_eval.analysis.covering.coverage_report import CoverageReport, PolicyCoverage, Share, StatementCoverage
from kms_eval.render.coverage_text import COLUMNS, NO_TESTS, element_in_words, percent, policy_name, statement_lacks
from kms_eval.render.page import asset, content_security_policy, produced_by
from kms_eval.render.palette import THEMES
from kms_eval.safe_text import html_source, html_text

_State = Literal["covered", "idle", "missed"]

_MARKS: Mapping[_State, str] = {"covered": "+", "idle": "~", "missed": "-"}
_MEANINGS: Mapping[_State, str] = {
    "covered": "covered",
    "idle": "covered, but no test would be decided differently without it",
    "missed": "not covered",
}
_MOST_GAPS = 100
_NONE = ' class="none"'


@dataclass(slots=True)
class _Line:
    """What begins on one line of a file: its worst state, and the notes on it."""

    state: _State = "covered"
    notes: list[str] = field(default_factory=list)

    def add(self, state: _State, note: str | None) -> None:
        order: tuple[_State, ...] = ("covered", "idle", "missed")
        self.state = max(self.state, state, key=order.index)
        if note is not None:
            self.notes.append(note)


def render(report: CoverageReport, texts: Mapping[str, str], *, title: str = "kms-eval coverage") -> str:
    """The page. `texts` has the files by the names that the report gives them."""
    style = THEMES + asset("coverage.css")
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{content_security_policy(style)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{html_text(title)}</title>",
            f"<style>{style}</style></head>",
            "<body>",
            *_body(report, texts, title),
            "</body>",
            "</html>",
            "",
        )
    )


def _body(report: CoverageReport, texts: Mapping[str, str], title: str) -> Iterator[str]:
    share = report.share
    yield f'<p class="over">{html_text(title)}</p>'
    if not report.decisions:
        yield f'<h1>nothing to report</h1><p class="about">{html_text(NO_TESTS)}</p>'
        return
    yield f"<h1>{percent(share)} covered</h1>"
    yield (
        f'<p class="about">{share.covered} of {share.all} statements, action patterns, principals, resources and '
        f"conditions, by {report.decisions} decisions · {html_text(produced_by())}</p>"
    )
    files: dict[str, list[PolicyCoverage]] = {}
    for policy in report.policies:
        files.setdefault(policy.file, []).append(policy)
    anchors = {file: f"file-{number}" for number, file in enumerate(files)}
    yield from _gaps(report, anchors, texts)
    yield "<h2>Policies</h2>"
    yield from _summary(report, anchors)
    yield '<ul class="legend">'
    yield from (
        f'<li class="{state}"><u>{_MARKS[state]}</u>{html_text(words)}</li>' for state, words in _MEANINGS.items()
    )
    yield "</ul>"
    for file, policies in files.items():
        yield f'<h2 id="{anchors[file]}">{html_text(file or "without a file")}</h2>'
        if file in texts:
            yield from _source(texts[file], policies, anchors[file])
        yield from _statements(policies)


def _gaps(report: CoverageReport, anchors: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[str]:
    """What is missing, at the top: each with a link to its line, if the page has the line."""
    found = [
        (policy, line, state, what, note)
        for policy in report.policies
        for statement in policy.statements
        for line, state, what, note in _states(statement)
        if note is not None
    ]
    if not found:
        return
    yield '<h2>What no test shows</h2><ul class="gaps">'
    for policy, line, state, what, note in found[:_MOST_GAPS]:
        anchor = anchors[policy.file]
        target = f"{anchor}-{line}" if policy.file in texts else anchor
        where = f"{policy.file}:{line}" if policy.file else policy.name
        link = f'<a href="#{target}"><code>{html_text(where)}</code></a>'
        yield f'<li class="{state}">{link}{html_text(f"{what}: {note}")}</li>'
    if len(found) > _MOST_GAPS:
        yield f'<li class="quiet">and {len(found) - _MOST_GAPS} more, marked below</li>'
    yield "</ul>"


def _summary(report: CoverageReport, anchors: Mapping[str, str]) -> Iterator[str]:
    names = ("statements", *(name for name, _elements in COLUMNS))
    heads = "".join(f"<th>{name}</th>" for name in ("policy", "kind", *names, "covered", ""))
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for policy in report.policies:
        shares = [policy.of_statements, *(policy.of_elements(*elements) for _name, elements in COLUMNS)]
        cells = "".join(
            f'<td data-name="{name}"{"" if share.all else _NONE}>{_share(share)}</td>'
            for name, share in zip(names, shares, strict=True)
        )
        yield (
            f'<tr><td><a href="#{anchors[policy.file]}">{html_text(policy_name(policy))}</a></td>'
            f'<td class="quiet">{html_text(", ".join(policy.kinds))}</td>{cells}<td>{percent(policy.share)}</td>'
            f'<td><svg class="bar" viewBox="0 0 100 9" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect width="{policy.share.percent:.0f}" height="9"/></svg></td></tr>'
        )
    yield "</tbody></table>"


def _share(share: Share) -> str:
    return f"{share.covered}/{share.all}" if share.all else "–"


def _source(text: str, policies: list[PolicyCoverage], anchor: str) -> Iterator[str]:
    lines: dict[int, _Line] = {}
    for policy in policies:
        for statement in policy.statements:
            for place, state, _what, note in _states(statement):
                lines.setdefault(place, _Line()).add(state, note)
    yield '<div class="source">'
    for number, content in enumerate(text.splitlines(), start=1):
        line = lines.get(number)
        shown = html_source(content) or " "
        if line is None:
            yield f"<div><b>{number}</b><u></u><span>{shown}</span></div>"
        else:
            notes = f"<em>{html_text('; '.join(line.notes))}</em>" if line.notes else ""
            mark = f"<b>{number}</b><u>{_MARKS[line.state]}</u>"
            yield f'<div class="{line.state}" id="{anchor}-{number}">{mark}<span>{shown}</span>{notes}</div>'
    yield "</div>"


def _states(statement: StatementCoverage) -> Iterator[tuple[int, _State, str, str | None]]:
    """The lines on which a statement and its elements begin, each with its state, what begins there, and a note."""
    reference, line = statement.reference, statement.reference.location.line
    name = f"{reference.policy} {reference.label}".strip()
    if line is not None:
        if not statement.covered:
            yield line, "missed", name, statement_lacks(statement)
        elif not statement.decided:
            yield line, "idle", name, "decides no test"
        else:
            yield line, "covered", name, None
    for element in statement.elements:
        if element.line is not None:
            missing = element.missing
            # For a statement that no test covers, its elements need no notes.
            said = missing if missing is not None and statement.covered else None
            yield element.line, "covered" if missing is None else "missed", element_in_words(element), said


def _statements(policies: list[PolicyCoverage]) -> Iterator[str]:
    for policy in policies:
        for statement in policy.statements:
            reference = statement.reference
            name = f"{policy.name} {reference.label}" if policy.name == reference.policy else reference.policy
            yield f"<details><summary>{html_text(name.strip())}: {_verdict(statement)}</summary><ul>"
            for element in statement.elements:
                yield f"<li>{html_text(element_in_words(element))}: {html_text(element.missing or 'covered')}</li>"
            for test in statement.tests:
                decided = "" if test in statement.decided else " (would be decided the same without it)"
                yield f"<li>test: {html_text(test)}{decided}</li>"
            yield "</ul></details>"


def _verdict(statement: StatementCoverage) -> str:
    if not statement.covered:
        return "not covered"
    number = len(statement.tests)
    return f"{number} test{'s' * (number != 1)}, decides {len(statement.decided)}"
