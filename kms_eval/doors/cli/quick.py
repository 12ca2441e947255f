"""Reads a command line that is obviously correct, without typer.

Comes in: words. Goes out: a verb's call, or None for everything else: help, completion, mistakes, rare spellings.
Never here: a message. Loading typer takes longer than most answers: without this reader a whole `can` takes twice as
long (a row of `benchmarks/bench_start.py`). `application` reads everything else, and says what is wrong with it.
INVARIANT: whatever is read here, `application` would read as the same call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kms_eval.doors.cli.arguments import Described, described
from kms_eval.doors.cli.shared_options import SpeakingOptions
from kms_eval.doors.cli.verbs import VERB, Verb


def read(words: Sequence[str]) -> tuple[Verb, SpeakingOptions] | None:
    """The verb and its call, or None if this reader is not sure."""
    verb = VERB.get(words[0]) if words else None
    if verb is None:
        return None
    call = verb.module().Call
    known = described(call)
    sorted_words = _sorted(words[1:], known)
    if sorted_words is None:
        return None
    options, rest = sorted_words
    placed = _placed(rest, [each for each in known if not each.argument.names])
    return None if placed is None else (verb, call(**options, **placed))


def _sorted(words: Iterable[str], known: Sequence[Described]) -> tuple[dict[str, Any], list[str]] | None:
    """The values of the options, and the positional arguments; None if this reader is not sure."""
    by_name = {name: each for each in known for name in each.argument.names}
    options: dict[str, Any] = {}
    lists: dict[str, list[str]] = {}
    rest: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if not word.startswith("-"):
            rest.append(word)
            continue
        name, equals, value = word.partition("=")
        each = by_name.get(name)
        if each is None or (equals and (each.argument.kind == "switch" or not name.startswith("--"))):
            return None
        if each.argument.kind == "switch":
            options[each.name] = True
            continue
        if not equals:
            value = next(remaining, "-")
            if value.startswith("-"):
                return None
        if each.argument.kind == "many":
            lists.setdefault(each.name, []).append(value)
        else:
            options[each.name] = value
    return options | {name: tuple(values) for name, values in lists.items()}, rest


def _placed(words: list[str], known: Sequence[Described]) -> dict[str, Any] | None:
    """The positional arguments by their fields; None if there are too few or too many."""
    placed: dict[str, Any] = {}
    for each in known:
        if each.argument.kind == "many":
            placed[each.name], words = tuple(words), []
        elif words:
            placed[each.name], words = words[0], words[1:]
        elif each.required:
            return None
    return None if words else placed
