"""Coverage as one HTML page that needs nothing else: the policies as they are written, what no test touches marked.

Comes in: a coverage report, and the texts of the files it speaks of. Goes out: the page. Never here: reading files.
A file whose text is not given has its statements listed instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kms_eval.analysis.covering.coverage_report import CoverageReport, PolicyCoverage, Share, StatementCoverage
from kms_eval.render.coverage_text import COLUMNS, NO_TESTS, element_in_words, percent, policy_name, statement_lacks
from kms_eval.safe_text import html_source, html_text

_State = Literal["covered", "idle", "missed"]

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1f2328; --faint: #656d76; --line: #d0d7de;
  --good: #dafbe1; --bad: #ffe3e0; --some: #fff3c4; --mark-good: #1a7f37; --mark-bad: #cf222e; --mark-some: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --faint: #8d96a0; --line: #30363d;
  --good: #12361f; --bad: #4a1a1c; --some: #3f3108; --mark-good: #3fb950; --mark-bad: #f85149; --mark-some: #d29922; } }
body { background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 2.5rem 0 .6rem; overflow-wrap: anywhere; }
p, .faint { color: var(--faint); } a { color: inherit; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem;
  text-align: right; white-space: nowrap; } th { font-weight: 600; } th:first-child, td:first-child { text-align: left;
  white-space: normal; overflow-wrap: anywhere; }
.bar { background: var(--bad); display: inline-block; height: .6rem; vertical-align: middle; width: 6rem; }
.bar i { background: var(--mark-good); display: block; height: 100%; }
.source { border: 1px solid var(--line); font: 13px/1.55 ui-monospace, monospace; overflow-x: auto; padding: .5rem 0; }
.source div { display: flex; min-width: max-content; padding-right: 1rem; white-space: pre; }
.source b { color: var(--faint); flex: none; font-weight: 400; padding-right: .8rem; text-align: right; width: 3.2rem; }
.source u { flex: none; text-decoration: none; width: 1.4rem; }
.source em { color: var(--faint); font-style: normal; padding-left: 2rem; }
.covered { background: var(--good); } .missed { background: var(--bad); } .idle { background: var(--some); }
.covered u { color: var(--mark-good); } .missed u { color: var(--mark-bad); } .idle u { color: var(--mark-some); }
details { margin: .4rem 0; } summary { cursor: pointer; } li { overflow-wrap: anywhere; }
""".strip()

_MARKS: Mapping[_State, str] = {"covered": "+", "idle": "~", "missed": "-"}


@dataclass(slots=True)
class _Line:
    """What begins on one line of a file: the worst state of it, and what is to be said."""

    state: _State = "covered"
    notes: list[str] = field(default_factory=list)

    def add(self, state: _State, note: str | None) -> None:
        order: tuple[_State, ...] = ("covered", "idle", "missed")
        self.state = max(self.state, state, key=order.index)
        if note is not None:
            self.notes.append(note)


def render(report: CoverageReport, texts: Mapping[str, str], *, title: str = "kms-eval coverage") -> str:
    """The page. `texts` has the files by the names that the report gives them."""
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html_text(title)}</title>",
            f"<style>{_STYLE}</style></head>",
            "<body>",
            *_body(report, texts, title),
            "</body>",
            "</html>",
            "",
        )
    )


def _body(report: CoverageReport, texts: Mapping[str, str], title: str) -> Iterator[str]:
    share = report.share
    yield f"<h1>{html_text(title)}: {percent(share)}</h1>"
    if not report.decisions:
        yield f"<p>{html_text(NO_TESTS)}</p>"
        return
    yield (
        f"<p>{share.covered} of {share.all} statements, action patterns, principals, resources and conditions are "
        f"covered by {report.decisions} decisions.</p>"
    )
    files: dict[str, list[PolicyCoverage]] = {}
    for policy in report.policies:
        files.setdefault(policy.file, []).append(policy)
    yield from _summary(report, {file: f"file-{number}" for number, file in enumerate(files)})
    yield (
        '<p><span class="covered">+ covered</span> <span class="idle">~ covered, but no test would be decided '
        'differently without it</span> <span class="missed">- not covered</span></p>'
    )
    for number, (file, policies) in enumerate(files.items()):
        yield f'<h2 id="file-{number}">{html_text(file or "without a file")}</h2>'
        if file in texts:
            yield from _source(texts[file], policies)
        yield from _statements(policies)


def _summary(report: CoverageReport, anchors: Mapping[str, str]) -> Iterator[str]:
    yield '<div class="wide"><table><thead><tr><th>policy</th><th>kind</th><th>statements</th>'
    yield "".join(f"<th>{name}</th>" for name, _elements in COLUMNS) + "<th>covered</th><th></th></tr></thead><tbody>"
    for policy in report.policies:
        shares = [policy.of_statements, *(policy.of_elements(*names) for _name, names in COLUMNS)]
        cells = "".join(f"<td>{_share(share)}</td>" for share in shares)
        yield (
            f'<tr><td><a href="#{anchors[policy.file]}">{html_text(policy_name(policy))}</a></td>'
            f'<td class="faint">{html_text(", ".join(policy.kinds))}</td>{cells}<td>{percent(policy.share)}</td>'
            f'<td><span class="bar"><i style="width:{policy.share.percent:.0f}%"></i></span></td></tr>'
        )
    yield "</tbody></table></div>"


def _share(share: Share) -> str:
    return f"{share.covered}/{share.all}" if share.all else "–"


def _source(text: str, policies: list[PolicyCoverage]) -> Iterator[str]:
    lines: dict[int, _Line] = {}
    for policy in policies:
        for statement in policy.statements:
            for place, state, note in _states(statement):
                lines.setdefault(place, _Line()).add(state, note)
    yield '<div class="source">'
    for number, content in enumerate(text.splitlines(), start=1):
        line = lines.get(number)
        shown = html_source(content) or " "
        if line is None:
            yield f"<div><b>{number}</b><u></u>{shown}</div>"
        else:
            notes = f"<em>{html_text('; '.join(line.notes))}</em>" if line.notes else ""
            yield f'<div class="{line.state}"><b>{number}</b><u>{_MARKS[line.state]}</u>{shown}{notes}</div>'
    yield "</div>"


def _states(statement: StatementCoverage) -> Iterator[tuple[int, _State, str | None]]:
    """The lines on which a statement and its elements begin."""
    line = statement.reference.location.line
    if line is not None:
        if not statement.covered:
            yield line, "missed", statement_lacks(statement)
        elif not statement.decided:
            yield line, "idle", "decides no test"
        else:
            yield line, "covered", None
    for element in statement.elements:
        if element.line is not None:
            missing = element.missing
            # Under a statement that no test touches there is nothing more to say.
            said = f"{element.name}: {missing}" if missing is not None and statement.covered else None
            yield element.line, "covered" if missing is None else "missed", said


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
