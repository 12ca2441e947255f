"""Mends that change no decision: elements taken out of the lists of JSON documents, the rest left letter by letter.

Comes in: the text of a document, places in it. Goes out: the text without them. Never here: files, which places.
"""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from kms_eval.formats.document import Steps
from kms_eval.formats.spans import node_at, root_of


def without(text: str, places: Iterable[Steps]) -> tuple[str, int]:
    """The text without the elements of lists at these places, and how many were taken out.

    What is the only element of its list stays, and so does what is in none.
    """
    removed = 0
    # From behind, so that the places before it stay where they are.
    for steps in sorted(set(places), key=_from_behind, reverse=True):
        shorter = _without(text, steps)
        removed += shorter is not None
        text = text if shorter is None else shorter
    return text, removed


def _from_behind(steps: Steps) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in steps)


def _without(text: str, steps: Steps) -> str | None:
    if not steps or not isinstance(steps[-1], int):
        return None
    around = node_at(root_of(text), steps[:-1])
    index = steps[-1]
    if not isinstance(around, yaml.SequenceNode) or index >= len(around.value) or len(around.value) == 1:
        return None
    elements = around.value
    if index + 1 < len(elements):
        start, end = elements[index].start_mark.index, elements[index + 1].start_mark.index
    else:
        start, end = elements[index - 1].end_mark.index, elements[index].end_mark.index
    return text[:start] + text[end:]
