"""A comparison of two worlds: as text for a person, as Markdown for a pull request, as JSON.

Comes in: a judged comparison. Goes out: text. Never here: comparing, folding, exit codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kms_eval.analysis.access.access_diff import CHANGE_KINDS, WIDER, Change, ChangeKind
from kms_eval.analysis.access.expected import Judged
from kms_eval.analysis.access.folding import Line, across_keys, folded
from kms_eval.analysis.access.reach import REACHES
from kms_eval.engine.explanation import Source
from kms_eval.render.json_document import json_document
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import markdown_code, markdown_prose, markdown_text, printable

_HEADS: dict[ChangeKind, tuple[str, str]] = {
    "appears": ("appears", "denied"),
    "widens": ("conditions widen", "denied"),
    "differs": ("conditions differ", "label"),
    "unknown": ("cannot be told", "label"),
    "narrows": ("conditions narrow", "label"),
    "disappears": ("disappears", "allowed"),
}
_MOST_NAMES = 6
_MOST_CAUSES = 3
_LONGEST_COMMENT = 60_000  # GitHub takes 65,536 characters


def render(judged: Judged, *, paint: Paint = plain) -> str:
    """The summary, then the changes by principal, starting with those farthest from the key."""
    lines = [summary(judged)]
    for each in judged.locked:
        lines += ["", f"{paint('denied', 'lockout')}  {printable(each.key)}: {printable(each.reason)}"]
    found = folded(judged)
    for reach in REACHES:
        here = across_keys(line for line in found if line.reach == reach)
        if not here:
            continue
        lines += ["", paint("label", reach)]
        for line in here:
            head, colour = _HEADS[line.kind]
            on = f" on {_some(line.keys, printable)}" if line.keys else ""
            listed = " (expected)" if line.expected and line.kind in WIDER else ""
            lines.append(
                f"  {paint(colour, head)}  {_some(line.labels, printable)}{on}: {', '.join(line.actions)}{listed}"
            )
            lines += [f"      {word} {printable(text)}" for word, text in _both(line)]
            lines += [f"      {word} {paint('place', printable(text))}" for word, text in _witnesses(line)]
            lines += [f"      {paint('place', text)}" for text in _causes(line)]
            lines += [f"      hangs on an open question: {code}" for code in line.doubts]
    return "\n".join(lines)


def render_markdown(judged: Judged) -> str:
    """The same as a comment on a pull request: a summary, then a collapsible section for each key."""
    mark = "⚠️" if judged.findings else "✅"
    lines = ["### KMS access", "", f"{mark} {markdown_text(summary(judged))}"]
    lines += [f"\n🔒 {markdown_code(each.key)}: {markdown_prose(each.reason)}" for each in judged.locked]
    found = folded(judged)
    by_key: dict[tuple[str, ...], list[Line]] = {}
    for line in found:
        by_key.setdefault(line.keys, []).append(line)
    without = by_key.pop((), [])
    for (key,), here in by_key.items():
        lines += ["", *_fold(key, f"<code>{markdown_text(key)}</code>", here, judged)]
    if without:
        lines += ["", *_fold(None, "actions without a key", without, judged)]
    text = "\n".join(lines)
    if len(text) <= _LONGEST_COMMENT:
        return text
    kept = text[:_LONGEST_COMMENT].rsplit("\n", 1)[0]
    left = text.count("\n") - kept.count("\n")
    end = "\n\n</details>" if kept.count("<details") > kept.count("</details>") else ""
    return f"{kept}{end}\n\n…cut here: {left} more lines; `--format json` has everything"


def _fold(key: str | None, title: str, lines: list[Line], judged: Judged) -> Iterator[str]:
    """The section of one key, counted as in the summary. It is open if something in it is a finding."""
    findings = any(line.kind in judged.failing and not line.expected for line in lines)
    counts = ", ".join(_counts(change for change in judged.compared.changes if change.key == key))
    yield f"<details{' open' if findings else ''}><summary>{title}: {counts}</summary>"
    yield ""
    yield "| | who | may | before | after | because of |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for line in lines:
        who = _some(line.labels, markdown_code) + (" *(expected)*" if line.expected and line.kind in WIDER else "")
        because = "<br>".join(markdown_text(text) for text in _causes(line))
        actions = ", ".join(markdown_code(each) for each in line.actions)
        head = f"{line.reach}: **{_HEADS[line.kind][0]}**"
        before, after = markdown_prose(line.before), markdown_prose(line.after)
        after += "".join(f"<br>{word.strip()} {markdown_code(text)}" for word, text in _witnesses(line))
        if line.hangs_on:
            before, after = "", f"hangs on {_some(line.hangs_on, markdown_code)}"
        yield f"| {head} | {who} | {actions} | {before} | {after} | {because or '–'} |"
    yield ""
    yield "</details>"


def render_json(judged: Judged) -> str:
    """The same as a JSON object, complete and unfolded."""
    return json_document(to_dict(judged))


def to_dict(judged: Judged) -> dict[str, Any]:
    """The same as plain values."""
    compared = judged.compared
    return {
        "findings": judged.findings,
        "principals": compared.principals,
        "keys": compared.keys,
        "lockouts": [{"key": each.key, "key_arn": each.key_arn, "reason": each.reason} for each in judged.locked],
        "changes": [_row(change, judged) for change in compared.changes],
    }


def _row(change: Change, judged: Judged) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "expected": change in judged.expected,
        "finding": judged.is_finding(change),
        "principal": change.principal,
        "principal_kind": change.principal_kind,
        "account": change.account,
        "reach": change.reach,
        "key": change.key,
        "key_arn": change.key_arn,
        "actions": list(change.actions),
        "before": change.before,
        "after": change.after,
        "hangs_on": list(change.hangs_on),
        "because": [_source(cause, unchanged=change.causes_unchanged) for cause in change.causes],
        "gained": change.gained.to_dict() if change.gained is not None else None,
        "lost": change.lost.to_dict() if change.lost is not None else None,
        "warnings": list(change.doubts),
    }


def _source(cause: Source, *, unchanged: bool) -> dict[str, Any]:
    place = cause.location
    return {
        "policy": cause.policy,
        "sid": cause.sid,
        "statement": cause.index,
        "effect": cause.effect,
        "unchanged": unchanged,
        "file": place.file if place is not None else None,
        "line": place.line if place is not None else None,
        "field": place.field if place is not None else None,
    }


def summary(judged: Judged) -> str:
    """One line: what happens to how many principals, actions and keys."""
    changes = judged.compared.changes
    scale = f"{_counted(judged.compared.principals, 'principal')} and {_counted(judged.compared.keys, 'key')} compared"
    locked = f"{_counted(len(judged.locked), 'key')} locked; " if judged.locked else ""
    if not changes:
        return f"{locked}no access changes ({scale})"
    expected = sum(len(change.actions) for change in judged.expected)
    listed = f"; {expected} of that expected" if expected else ""
    people = _counted(len({change.principal for change in changes}), "principal")
    return f"{locked}access changes for {people}: {', '.join(_counts(changes))}{listed} ({scale})"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' * (number != 1)}"


def _counts(changes: Iterable[Change]) -> list[str]:
    """How many actions each kind of change affects."""
    found: Counter[ChangeKind] = Counter()
    for change in changes:
        found[change.kind] += len(change.actions)
    return [f"{found[kind]} × {_HEADS[kind][0]}" for kind in CHANGE_KINDS if found[kind]]


def _some(names: tuple[str, ...], mark: Callable[[str], str]) -> str:
    """The first few names, each formatted by `mark`, and how many more there are."""
    shown = ", ".join(map(mark, names[:_MOST_NAMES]))
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _causes(line: Line) -> Iterator[str]:
    """Each statement with its place: the file and line, or the address of the resource."""
    unchanged = "unchanged: " if line.causes_unchanged else ""
    for cause in line.causes[:_MOST_CAUSES]:
        place = cause.location
        where = "" if place is None else printable(str(place))
        yield f"{unchanged}{printable(cause.name)}" + (f" ({where})" if where else "")
    if len(line.causes) > _MOST_CAUSES:
        yield f"and {len(line.causes) - _MOST_CAUSES} more statements"


def _both(line: Line) -> Iterator[tuple[str, str]]:
    """Before and after, unless the heading already says both."""
    if line.hangs_on:
        yield "hangs on", ", ".join(line.hangs_on)
        return
    if line.kind == "appears" and line.after == "always":
        return
    if line.kind == "disappears" and line.before == "always":
        return
    if line.kind != "appears":
        yield "before:", line.before
    if line.kind != "disappears":
        yield "after: ", line.after


def _witnesses(line: Line) -> Iterator[tuple[str, str]]:
    """A request for each direction, as the arguments of ``kms-eval can``."""
    if line.gained:
        yield "gained:", line.gained
    if line.lost:
        yield "lost:  ", line.lost
