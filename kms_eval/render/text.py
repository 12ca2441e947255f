"""Explanations as text for a person: the decision first, then who said what, then what would change it.

Comes in: explanations, and perhaps a way to mark words. Goes out: text. Never here: deciding, terminals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kms_eval.engine.explanation import Explanation, LayerWord, Source
from kms_eval.safe_text import printable

Paint = Callable[[str, str], str]
"""Marks a text as of a kind: ``allowed`` and ``denied`` (decisions), ``label`` (names of layers), ``place`` (lines)."""

_MOST_NEAR = 3
"""So many near misses are shown where not everything is asked for."""

_VERBS = {
    "allows": "allows it",
    "delegates": "delegates it to the account",
    "denies": "denies it",
    "silent": "does not allow it",
    "unknown": "is not known in full",
}


def plain(kind: str, text: str) -> str:
    """Marks nothing."""
    return text


def render(explanation: Explanation, *, full: bool = True, paint: Paint = plain) -> str:
    """Several lines; the first has the decision and the question, the second the reason.

    Without `full` there are only the layers that decided, and nothing about statements that came near.
    """
    below = (f"  {line}" for line in reasons(explanation, full=full, paint=paint))
    return "\n".join((headline(explanation, paint=paint), *below))


def wrapped(text: str, width: int | None) -> str:
    """The text in lines of at most so many columns as far as its words let it, each going on further to the right."""
    if width is None:
        return text
    from textwrap import fill  # noqa: PLC0415 - only terminals need it

    def one(line: str) -> str:
        indent = " " * (len(line) - len(line.lstrip()))
        return fill(
            line.strip(),
            max(width, 40),
            initial_indent=indent,
            subsequent_indent=f"{indent}    ",
            break_long_words=False,
            break_on_hyphens=False,
        )

    return "\n".join(map(one, text.split("\n")))


def headline(explanation: Explanation, *, paint: Paint = plain) -> str:
    """The decision and the question in one line."""
    decision = paint("allowed" if explanation.decision == "allowed" else "denied", explanation.decision)
    on = f" on {explanation.key}" if explanation.key else ""
    return f"{decision}: {printable(f'{explanation.principal} {explanation.action}{on}')}"


def reasons(explanation: Explanation, *, full: bool = True, paint: Paint = plain) -> Iterator[str]:
    """The lines below the headline, without indentation."""
    yield printable(f"because {explanation.reason}") + f" [{explanation.reason_code}]" * full
    if explanation.parts:
        yield f"the call needs {len(explanation.parts)} permissions:"
        for part in explanation.parts:
            yield from (f"  {line}" for line in render(part, full=full, paint=paint).split("\n"))
        yield from _changes(explanation)
        return
    yield from _layers(explanation, full=full, paint=paint)
    if explanation.near_misses:
        yield "it denies because:" if explanation.decision == "explicitDeny" else "came near, but did not count:"
        for miss in explanation.near_misses if full else explanation.near_misses[:_MOST_NEAR]:
            layer = "" if _is_grant(miss.source) else f"{layer_name(miss.layer)}, "
            yield f"  {layer}{_where(miss.source, paint)}: {printable(miss.because)}"
    for unknown in explanation.unknowns:
        about = f"{unknown.address}: " if unknown.address else ""
        remedy = f"; {unknown.remedy}" if unknown.remedy else ""
        yield printable(f"unknown: {about}{unknown.reason}{remedy}")
    if explanation.missing_context:
        yield printable(f"missing context that could turn it: {', '.join(explanation.missing_context)}")
    yield from _changes(explanation)


def _changes(explanation: Explanation) -> Iterator[str]:
    """What would make it allowed, the smallest first; several steps of one change have a line each."""
    if explanation.changes:
        many = len(explanation.changes) > 1
        yield "any of these changes makes it allowed:" if many else "this change makes it allowed:"
    for change in explanation.changes:
        first, *rest = change.steps or (change,)
        yield printable(f"  - {first.text}")
        yield from (printable(f"    and {step.text}") for step in rest)
    if explanation.why_unchanged is not None:
        yield printable(f"no change makes it allowed: {explanation.why_unchanged}")


def layer_name(layer: str) -> str:
    """A layer in words: ``keyPolicy`` as ``key policy``."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", layer).replace("vpc", "VPC")


def _layers(explanation: Explanation, *, full: bool, paint: Paint) -> Iterator[str]:
    """A line for each layer; where several statements spoke for one, a line for each behind the first."""
    words = [word for word in explanation.layers if full or _decided(word, explanation)]
    width = max((len(layer_name(word.layer)) for word in words), default=0)
    for word in words:
        said = f"  {paint('label', layer_name(word.layer).ljust(width))}  {_VERBS[word.outcome]}"
        sources = [_where(source, paint) for source in word.statements]
        yield f"{said}: {sources[0]}" if sources else said
        indent = " " * (width + 6)
        yield from (f"{indent}{source}" for source in sources[1:])


def _decided(word: LayerWord, explanation: Explanation) -> bool:
    """Whether a layer is needed to understand the decision: what is silent explains a deny, what spoke an allow."""
    if explanation.decision == "explicitDeny":
        return word.outcome == "denies"
    return bool(word.statements) or (explanation.decision == "implicitDeny" and word.outcome == "silent")


def _where(source: Source, paint: Paint) -> str:
    """A statement by its policy and Sid or position, and its line where there is one."""
    name = source.policy if _is_grant(source) else f"{source.policy} {source.label}"
    place = source.location
    if place is None or place.file is None or place.line is None:
        return printable(name)
    return f"{printable(name)} {paint('place', printable(f'({place.file}:{place.line})'))}"


def _is_grant(source: Source) -> bool:
    """A grant has neither Sid nor position, and its name says that it is one."""
    return source.policy.startswith("grant ")
