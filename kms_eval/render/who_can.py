"""Who can: the answer as text for a person, as JSON, as CSV.

Comes in: findings. Goes out: text. Never here: asking, terminals.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

from kms_eval.analysis.access.who_can import Finding, Who, WhoCan
from kms_eval.render.answers import SHOWN, SOMETHING
from kms_eval.render.json_document import json_document
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import csv_cell, printable

_MOST_NAMED = 12  # of those who are never allowed, and have no notes
_WIDEST = 44


def render(answer: WhoCan, *, paint: Paint = plain, width: int | None = None) -> str:
    """A block for each action and key: always, public, only under conditions (which are shown), undetermined, never.

    `width` is that of the terminal; in a narrow one, long names are on a line of their own, above the reasons.
    """
    widest = _WIDEST if width is None else min(_WIDEST, width // 3)
    return "\n\n".join("\n".join(_block(finding, paint, widest)) for finding in answer.findings)


def to_dict(answer: WhoCan) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "at": answer.at.isoformat().replace("+00:00", "Z") if answer.at is not None else None,
        "findings": [
            {
                "action": finding.action,
                "key": finding.key,
                "key_arn": finding.key_arn,
                **{word: [_dict(who) for who in finding.those(word)] for word in (*SOMETHING, "never")},
            }
            for finding in answer.findings
        ],
    }


def render_json(answer: WhoCan) -> str:
    """The same as a JSON object."""
    return json_document(to_dict(answer))


def render_csv(answer: WhoCan) -> str:
    """The same, a line for each principal, action and key."""
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(("action", "key", "principal", "kind", "answer", "because", "by", "warnings"))
    for finding in answer.findings:
        for who in finding.answers:
            by = "; ".join(who.by)
            lines.writerow(
                map(
                    csv_cell,
                    (
                        finding.action,
                        finding.key or "",
                        who.person.name,
                        who.person.kind,
                        who.answer,
                        who.because,
                        by,
                        " ".join(who.doubts),
                    ),
                )
            )
    return text.getvalue().rstrip("\r\n")


def _block(finding: Finding, paint: Paint, widest: int) -> Iterator[str]:
    on = f" on {printable(finding.key)}" if finding.key is not None else ""
    yield paint("label", f"{finding.action}{on}")
    for shown in (SHOWN[word] for word in SOMETHING):
        those = list(finding.those(shown.word))
        if not those and not shown.usual:
            continue
        yield f"  {paint(shown.paint, shown.head) if those else shown.head}: {len(those) or 'nobody'}"
        yield from _listed(those, widest)
    never = finding.those("never")
    if any(who.because for who in never):
        yield f"  never: {len(never)}"
        yield from _listed(list(never), widest)
        return
    doubtful = [who for who in never if who.doubts]
    never = tuple(who for who in never if not who.doubts)
    if doubtful:
        yield f"  never, but for an open question: {len(doubtful)}"
        yield from _listed(doubtful, widest)
    if not never and doubtful:
        return
    if not never:
        yield "  never: nobody"
    else:
        names = [printable(who.person.label) for who in never[:_MOST_NAMED]]
        more = f" and {len(never) - len(names)} more" if len(never) > len(names) else ""
        yield f"  never: {len(never)} ({', '.join(names)}{more})"


def _listed(those: list[Who], widest: int) -> Iterator[str]:
    longest = max((len(who.person.label) for who in those), default=0)
    # If a name is too long to leave room beside it, all reasons are below their names.
    width = min(longest, widest) if longest <= widest or widest == _WIDEST else 0
    for who in those:
        because = f"{who.because} [{'; '.join(who.by)}]" if who.by else who.because
        because += f" (open question: {', '.join(who.doubts)})" if who.doubts else ""
        name = printable(who.person.label)
        if len(name) > width:
            yield f"    {name}"
            name = ""
        yield f"    {name.ljust(width)}  {printable(because)}".rstrip()


def _dict(who: Who) -> dict[str, Any]:
    person = who.person
    said: dict[str, Any] = {"principal": person.name, "kind": person.kind, "described": person.described}
    if who.because:
        said |= {"reason" if who.answer in ("always", "never") else "conditions": who.because, "by": list(who.by)}
    if who.doubts:
        said["warnings"] = list(who.doubts)
    if who.unknowns:
        said["unknowns"] = list(who.unknowns)
    return said
