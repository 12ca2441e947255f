"""Findings of the lint as text for a person: the place first, so that editors can jump there, then the marked line.

Comes in: reports. Goes out: text. Never here: running rules, terminals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kms_eval.analysis.linting.finding import Finding, Report
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import printable

_COLOUR = {"error": "denied", "warning": "label", "note": "place"}
_WIDEST = 160
_MARGIN, _NARROWEST = 9, 30


def render(report: Report, *, paint: Paint = plain, width: int | None = None) -> str:
    """Every finding, and a line that counts them; quoted lines are cut to `width`, that of the terminal."""
    widest = _WIDEST if width is None else min(_WIDEST, max(width - _MARGIN, _NARROWEST))
    lines = [line for finding in report.findings for line in _lines(finding, paint, widest)]
    return "\n".join([*lines, summary(report)])


def summary(report: Report) -> str:
    """How many findings there are at each level."""
    numbers = Counter[str](finding.level for finding in report.findings)
    parts = [f"{count} {level}{'s' if count != 1 else ''}" for level in _COLOUR if (count := numbers[level])]
    text = ", ".join(parts) if parts else "nothing found"
    return text + (f", {len(report.ignored)} ignored" if report.ignored else "")


def _lines(finding: Finding, paint: Paint, widest: int) -> Iterator[str]:
    what = printable(f"{finding.message} [{finding.code} {finding.name}]")
    where = printable(finding.where or finding.field or "")
    yield f"{paint('place', where)}: {paint(_COLOUR[finding.level], finding.level)}: {what}"
    if finding.excerpt is not None and finding.line is not None and finding.column is not None:
        yield from _excerpt(finding.excerpt, finding.line, finding.column, _end(finding), widest)
    if finding.help:
        yield printable(f"  help: {finding.help}")


def _end(finding: Finding) -> int:
    """The column after the last marked one, on the line of the finding."""
    if finding.end_line == finding.line and finding.end_column is not None:
        return finding.end_column
    return len((finding.excerpt or "").rstrip()) + 1


def _excerpt(line: str, number: int, column: int, end: int, widest: int) -> Iterator[str]:
    # A whole policy may be on one line: of a long line, only the part around the place is shown.
    start = max(0, column - 1 - widest // 2) if len(line) > widest else 0
    shown = line[start : start + widest]
    marks = max(1, min(end - column, len(shown) - (column - 1 - start)))
    margin = " " * len(str(number))
    text = "".join(character if character.isprintable() else " " for character in shown)
    yield f"  {number} | {text}".rstrip()
    yield f"  {margin} | {' ' * (column - 1 - start)}{'^' * marks}"
