"""A comparison of two worlds: as text for a person, as Markdown for a pull request, as JSON.

Comes in: a comparison, judged. Goes out: text. Never here: comparing, exit codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kms_eval.analysis.access.access_diff import CHANGE_KINDS, WIDER, Change, ChangeKind
from kms_eval.analysis.access.expected import Judged
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import json_text, markdown_code, markdown_text, printable

_HEADS: dict[ChangeKind, tuple[str, str]] = {
    "appears": ("appears", "denied"),
    "widens": ("conditions widen", "denied"),
    "differs": ("conditions differ", "label"),
    "narrows": ("conditions narrow", "label"),
    "disappears": ("disappears", "allowed"),
}
_MOST_NAMES = 6
_LONGEST_COMMENT = 60_000  # GitHub takes 65,536 characters


@dataclass(frozen=True, slots=True)
class _Line:
    """Changes that differ in nothing but the principal."""

    first: Change
    labels: tuple[str, ...]
    expected: bool

    def who(self, mark: Callable[[str], str]) -> str:
        """The first few principals, each marked, and how many more there are."""
        shown = ", ".join(map(mark, self.labels[:_MOST_NAMES]))
        more = len(self.labels) - _MOST_NAMES
        return f"{shown} and {more} more" if more > 0 else shown

    @property
    def what(self) -> str:
        return ", ".join(name.partition(":")[2] for name in self.first.actions)


def render(judged: Judged, *, paint: Paint = plain) -> str:
    """The summary, then the changes by kind."""
    lines = [summary(judged)]
    for kind in CHANGE_KINDS:
        found = _lines(judged, kind)
        if not found:
            continue
        head, colour = _HEADS[kind]
        lines += ["", paint(colour, head)]
        for line in found:
            on = f" on {printable(line.first.key)}" if line.first.key is not None else ""
            listed = " (expected)" if line.expected and kind in WIDER else ""
            lines.append(f"  {line.who(printable)}{on}: {line.what}{listed}")
            lines += [f"      {word} {printable(text)}" for word, text in _both(line.first)]
    return "\n".join(lines)


def render_markdown(judged: Judged) -> str:
    """The same as a comment on a pull request."""
    number = judged.findings
    mark = "⚠️" if number else "✅"
    lines = ["### KMS access", "", f"{mark} {summary(judged)}"]
    for kind in CHANGE_KINDS:
        found = _lines(judged, kind)
        if not found:
            continue
        rows = [f"#### {_HEADS[kind][0].capitalize()}", "", "| who | key | actions | before | after |"]
        rows += ["| --- | --- | --- | --- | --- |", *(_row(line, kind) for line in found)]
        lines += ["", *rows]
    text = "\n".join(lines)
    if len(text) <= _LONGEST_COMMENT:
        return text
    kept = text[:_LONGEST_COMMENT].rsplit("\n", 1)[0]
    return (
        f"{kept}\n\n…cut here: {text.count(chr(10)) - kept.count(chr(10))} more lines; `--format json` has everything"
    )


def render_json(judged: Judged) -> str:
    """The same as a JSON object, nothing folded or cut."""
    compared = judged.compared
    data: dict[str, Any] = {
        "findings": judged.findings,
        "principals": compared.principals,
        "keys": compared.keys,
        "changes": [
            {
                "kind": change.kind,
                "expected": change in judged.expected,
                "principal": change.principal,
                "key": change.key,
                "key_arn": change.key_arn,
                "actions": list(change.actions),
                "before": change.before,
                "after": change.after,
            }
            for change in compared.changes
        ],
    }
    return json_text(data, indent=2)


def summary(judged: Judged) -> str:
    """One line: what happens to how many principals, actions and keys."""
    changes = judged.compared.changes
    scale = f"{_counted(judged.compared.principals, 'principal')} and {_counted(judged.compared.keys, 'key')} compared"
    if not changes:
        return f"no access changes ({scale})"
    parts = [f"{count} × {_HEADS[kind][0]}" for kind in CHANGE_KINDS if (count := _count(changes, kind))]
    expected = sum(len(change.actions) for change in judged.expected)
    listed = f"; {expected} of that expected" if expected else ""
    people = _counted(len({change.principal for change in changes}), "principal")
    return f"access changes for {people}: {', '.join(parts)}{listed} ({scale})"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' * (number != 1)}"


def _count(changes: Iterable[Change], kind: ChangeKind) -> int:
    return sum(len(change.actions) for change in changes if change.kind == kind)


def _lines(judged: Judged, kind: ChangeKind) -> list[_Line]:
    alike: dict[tuple[object, ...], list[Change]] = {}
    for change in judged.compared.changes:
        if change.kind == kind:
            expected = change in judged.expected
            about = (change.key, change.actions, change.before, change.after, expected)
            alike.setdefault(about, []).append(change)
    return [
        _Line(changes[0], tuple(change.label for change in changes), changes[0] in judged.expected)
        for changes in alike.values()
    ]


def _both(change: Change) -> Iterator[tuple[str, str]]:
    """Before and after, where not both are plain from the heading."""
    if change.kind == "appears" and change.after == "always":
        return
    if change.kind == "disappears" and change.before == "always":
        return
    if change.kind != "appears":
        yield "before:", change.before
    if change.kind != "disappears":
        yield "after: ", change.after


def _row(line: _Line, kind: ChangeKind) -> str:
    first = line.first
    who = line.who(markdown_code) + (" *(expected)*" if line.expected and kind in WIDER else "")
    cells: Sequence[str] = (
        who,
        markdown_code(first.key) if first.key is not None else "–",
        ", ".join(markdown_code(name.partition(":")[2]) for name in first.actions),
        markdown_text(first.before),
        markdown_text(first.after),
    )
    return f"| {' | '.join(cells)} |"
