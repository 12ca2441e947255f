"""Answers for notebooks: small, self-contained pieces of HTML.

Comes in: answers. Goes out: HTML, in which everything from documents is escaped. Never here: asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kms_eval.analysis.access.access_matrix import Matrix
from kms_eval.analysis.access.expected import Judged
from kms_eval.analysis.access.who_can import WhoCan
from kms_eval.engine.explanation import Explanation, layer_in_words
from kms_eval.render.access_diff import summary
from kms_eval.render.answers import SHOWN, SOMETHING
from kms_eval.render.matrix import MATRIX_FORM
from kms_eval.safe_text import html_text

_ALLOWED, _DENIED = "#1a7f37", "#cf222e"
_MOST_ROWS = 200
_LARGEST_PICTURE = 2_000
"""The most rows of a matrix that a notebook shows as a picture."""


def decision(explanation: Explanation) -> str:
    """The decision, its reasons, and what would change it."""
    colour = _ALLOWED if explanation.decision == "allowed" else _DENIED
    on = f" on {html_text(explanation.key)}" if explanation.key else ""
    asked = f"{html_text(explanation.principal)} {html_text(explanation.action)}{on}"
    said = f'<strong style="color: {colour}">{html_text(explanation.decision)}</strong>'
    parts = [f"<p>{said}: {asked}<br>{html_text(explanation.reason)}</p>"]
    rows = [
        (layer_in_words(word.layer), word.outcome, ", ".join(f"{each.policy} {each.label}" for each in word.statements))
        for word in explanation.layers
    ]
    parts.append(_table(("layer", "says", "statements"), rows))
    parts.append(_list("would be allowed by", [change.text for change in explanation.changes]))
    parts.append(_list("warnings", [f"{each.message} [{each.code}]" for each in explanation.warnings]))
    return "".join(parts)


def who_can(answer: WhoCan) -> str:
    """A table for each action and key, with the principals that some request may allow."""
    parts = []
    for finding in answer.findings:
        on = f" on {html_text(finding.key)}" if finding.key is not None else ""
        rows = [
            (SHOWN[word].head, who.person.label, who.because, "; ".join((*who.by, *who.doubts)))
            for word in SOMETHING
            for who in finding.those(word)
        ]
        never = len(finding.those("never"))
        parts.append(f"<p><strong>{html_text(finding.action)}{on}</strong> (never: {never})</p>")
        parts.append(_table(("answer", "principal", "because", "by"), rows))
    return "".join(parts)


def matrix(answer: Matrix) -> str:
    """The picture; for a large matrix, only its size."""
    if len(answer.rows) > _LARGEST_PICTURE:
        size = f"{len(answer.principals):,} principals on {len(answer.keys):,} keys"
        return f"<p>{html_text(answer.title)}: {size}, too large for a picture here: choose some of them</p>"
    return "".join(MATRIX_FORM["svg"].pieces(answer))


def diff(judged: Judged) -> str:
    """The summary, then a row for each change."""
    rows = [
        (
            change.kind + (" (expected)" if change in judged.expected else ""),
            change.label,
            change.key or "",
            ", ".join(change.actions),
            change.before,
            change.after,
        )
        for change in judged.compared.changes
    ]
    locked = [f"{each.key}: {each.reason}" for each in judged.locked]
    table = _table(("change", "principal", "key", "actions", "before", "after"), rows)
    return f"<p>{html_text(summary(judged))}</p>{_list('lockout', locked)}{table}"


def _list(head: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    return f"<p>{html_text(head)}:</p><ul>{''.join(f'<li>{html_text(item)}</li>' for item in items)}</ul>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    left = len(rows) - _MOST_ROWS
    more = f"<p>and {left:,} more rows</p>" if left > 0 else ""
    body = "".join(_row("td", row) for row in rows[:_MOST_ROWS])
    return f"<table><thead>{_row('th', heads)}</thead><tbody>{body}</tbody></table>{more}"


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html_text(cell)}</{tag}>' for cell in cells)}</tr>"
