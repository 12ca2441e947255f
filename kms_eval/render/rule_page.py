"""The page of a lint rule: what it says, why, what triggers it, and what does not.

Comes in: rules. Goes out: text. Never here: rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kms_eval.analysis.linting.rule import Example, Rule
from kms_eval.documents.model import PolicyKind
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import json_text

_LEVELS = {
    "error": "an error: AWS refuses it",
    "warning": "a warning: it does not do what it says",
    "note": "a note: it is wider than it needs to be",
}
_LONGEST = 2_000


def render(rule: Rule, *, paint: Paint = plain) -> str:
    """The whole page."""
    return "\n".join(_lines(rule, paint))


def _lines(rule: Rule, paint: Paint) -> Iterator[str]:
    yield f"{paint('label', f'{rule.code} {rule.name}')}: {_LEVELS[rule.level]}"
    yield ""
    yield f"  {rule.title}"
    yield ""
    yield f"  {rule.why}"
    if rule.optional:
        yield f"  It runs only with `--select {rule.code}`."
    for title, example in (("found in", rule.example), ("not found in", rule.mended)):
        yield ""
        yield f"  {title} {example.kind.phrase}:"
        yield ""
        yield from (f"    {line}" for line in shown(example).split("\n"))
    yield ""
    yield f"  AWS: {rule.page}"


def shown(example: Example) -> str:
    """The relevant parts of an example, as JSON: its statements, and other fields of the key and the document."""
    parts: list[Any] = [*example.statements]
    if example.kind is PolicyKind.KEY and example.key:
        parts.append(_readable(example.key))
    if example.document:
        parts.append(dict(example.document))
    lines = [example.comment] if example.comment else []
    return _short("\n".join([*lines, *(json_text(part, indent=2) for part in parts)]) or "{}")


def _readable(members: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": dict(members)}


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:200]}…"
