"""Explanations as text for a person: the decision first, then the result of each layer, then what would change it.

Comes in: explanations, and optionally a way to mark words. Goes out: text. Never here: deciding, terminals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kms_eval.engine.explanation import Explanation, LayerWord, Source
from kms_eval.safe_text import printable

Paint = Callable[[str, str], str]
"""Marks a text by its kind: ``allowed`` and ``denied`` (decisions), ``label`` (names of layers), ``place`` (lines)."""

_MOST_NEAR = 3
"""The number of near misses shown, unless everything is to be shown."""

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
    """Several lines: the decision and the request in short names, the reason, the full ARNs, then the layers.

    Without `full`, there are only the layers that decided, and only the first of the near misses.
    """
    below = (f"  {line}" for line in reasons(explanation, full=full, names=True, paint=paint))
    return "\n".join((headline(explanation, paint=paint), *below))


def headline(explanation: Explanation, *, paint: Paint = plain) -> str:
    """The decision and the request in one line, in short names."""
    decision = paint("allowed" if explanation.decision == "allowed" else "denied", explanation.decision)
    principal, key = _short_names(explanation)
    on = f" on {key}" if key else ""
    return f"{decision}: {printable(f'{principal} {explanation.action}{on}')}"


def _short_names(explanation: Explanation) -> tuple[str, str | None]:
    """Short names of the principal and the key; the principal keeps its ARN if the key is in a different account."""
    principal, key = explanation.principal, explanation.key
    caller = principal.split(":", 5)
    if key is None:  # no account but the caller's is involved
        return caller[-1], None
    target = key.split(":", 5)
    if len(caller) == len(target) and (caller[1], caller[4]) == (target[1], target[4]):
        principal = caller[5]
    # `key` is the name of a key that is in no scenario.
    return principal, explanation.key_name if explanation.key_name not in (None, "key") else target[-1]


def _in_full(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """The ARNs behind the short names of the headline."""
    principal, key = _short_names(explanation)
    if principal != explanation.principal:
        yield "principal", explanation.principal
    if explanation.key is not None and key != explanation.key:
        yield "key", explanation.key


def reasons(explanation: Explanation, *, full: bool = True, names: bool = False, paint: Paint = plain) -> Iterator[str]:
    """The lines below the headline, without indentation; with `names`, also the ARNs for its short names."""
    yield printable(f"because {explanation.reason}") + f" [{explanation.reason_code}]" * full
    in_full = tuple(_in_full(explanation)) if names else ()
    if explanation.parts:
        yield from (f"  {paint('label', name.ljust(9))}  {printable(arn)}" for name, arn in in_full)
        yield f"the call needs {len(explanation.parts)} permissions:"
        for part in explanation.parts:
            yield f"  {headline(part, paint=paint)}"
            yield from (f"    {line}" for line in reasons(part, full=full, paint=paint))
        yield from _changes(explanation)
        return
    yield from _layers(explanation, in_full, full=full, paint=paint)
    if explanation.near_misses:
        yield "it denies because:" if explanation.decision == "explicitDeny" else "came near, but did not count:"
        for miss in explanation.near_misses if full else explanation.near_misses[:_MOST_NEAR]:
            layer = "" if miss.source.is_grant else f"{layer_name(miss.layer)}, "
            yield f"  {layer}{_where(miss.source, paint)}: {printable(miss.because)}"
    for unknown in explanation.unknowns:
        about = f"{unknown.address}: " if unknown.address else ""
        remedy = f"; {unknown.remedy}" if unknown.remedy else ""
        yield printable(f"unknown: {about}{unknown.reason}{remedy}")
    if explanation.missing_context:
        yield printable(f"missing context that could turn it: {', '.join(explanation.missing_context)}")
    yield from _changes(explanation)


def _changes(explanation: Explanation) -> Iterator[str]:
    """Changes that would make it allowed, smallest first; several steps of one change have a line each."""
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


def _layers(explanation: Explanation, in_full: Sequence[tuple[str, str]], *, full: bool, paint: Paint) -> Iterator[str]:
    """A line for each ARN and each layer; if a layer has several statements, a further line for each but the first."""
    words = [word for word in explanation.layers if full or _decided(word, explanation)]
    heads = (*(name for name, _arn in in_full), *(layer_name(word.layer) for word in words))
    width = max(map(len, heads), default=0)
    yield from (f"  {paint('label', name.ljust(width))}  {printable(arn)}" for name, arn in in_full)
    for word in words:
        said = f"  {paint('label', layer_name(word.layer).ljust(width))}  {_VERBS[word.outcome]}"
        # A statement with unknown parts may allow and deny; its place is still listed only once.
        sources = list(dict.fromkeys(_where(source, paint) for source in word.statements))
        yield f"{said}: {sources[0]}" if sources else said
        indent = " " * (width + 6)
        yield from (f"{indent}{source}" for source in sources[1:])


def _decided(word: LayerWord, explanation: Explanation) -> bool:
    """Whether a layer explains the decision: an implicit deny is explained by silent layers, too."""
    if explanation.decision == "explicitDeny":
        return word.outcome == "denies"
    return bool(word.statements) or (explanation.decision == "implicitDeny" and word.outcome == "silent")


def _where(source: Source, paint: Paint) -> str:
    """A statement by its policy and Sid or position, with its file and line if known."""
    name = source.name
    place = source.location
    if place is None or place.file is None or place.line is None:
        return printable(name)
    return f"{printable(name)} {paint('place', printable(f'({place.file}:{place.line})'))}"
