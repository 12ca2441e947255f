"""Fixes that change no decision: removes elements from the lists of documents, and leaves the rest as it is.

Comes in: the text of a document, places in it. Goes out: the text without them. Never here: files, which places.

Comments stay where they are, including those above an element: readers decide whether they still apply. An element that
cannot be removed without changing anything else stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from kms_eval.formats.document import Steps
from kms_eval.formats.spans import node_at, root_of

_DASH = re.compile(r"[ ]*-[ ]+")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_BLOCK = "|>"


def without(text: str, places: Iterable[Steps], *, comments: bool = False) -> tuple[str, int]:
    """The text without the list elements at these places, and how many were removed.

    `comments`: the text may have comments, as hand-written YAML does. The only element of a list stays, as does
    anything that is not in a list, and a YAML text with aliases stays as it is.
    """
    if comments and _has_aliases(text):
        return text, 0
    removed = 0
    # From the end, so that the places before stay valid.
    for steps in sorted(set(places), key=_from_behind, reverse=True):
        shorter = _without(text, steps, comments=comments)
        removed += shorter is not None
        text = text if shorter is None else shorter
    return text, removed


def _has_aliases(text: str) -> bool:
    try:
        return any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text))
    except yaml.YAMLError:  # the reader of the document reports it
        return True


def _from_behind(steps: Steps) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in steps)


def _without(text: str, steps: Steps, *, comments: bool) -> str | None:
    if not steps or not isinstance(steps[-1], int):
        return None
    root = root_of(text)
    around = node_at(root, steps[:-1])
    index = steps[-1]
    if not isinstance(around, yaml.SequenceNode) or index >= len(around.value) or len(around.value) == 1:
        return None
    span = _in_brackets(around, index) if around.flow_style else _on_lines(text, around.value[index])
    if span is None or (comments and around.flow_style and "#" in text[span[0] : span[1]]):
        return None
    shorter = text[: span[0]] + text[span[1] :]
    # Nothing but the element may be gone, however the text is written.
    del around.value[index]
    return shorter if list(_content(root)) == list(_content(root_of(shorter))) else None


def _in_brackets(around: yaml.SequenceNode, index: int) -> tuple[int, int]:
    elements = around.value
    if index + 1 < len(elements):
        return elements[index].start_mark.index, elements[index + 1].start_mark.index
    return elements[index - 1].end_mark.index, elements[index].end_mark.index


def _on_lines(text: str, element: yaml.Node) -> tuple[int, int] | None:
    """The lines of an element with a dash; None where something else is on them."""
    start = text.rfind("\n", 0, element.start_mark.index) + 1
    end = _end(element)
    rest = _REST_OF_LINE.match(text, end) if end is not None else None
    if rest is None or not _DASH.fullmatch(text, start, element.start_mark.index):
        return None
    return start, rest.end()


def _end(node: yaml.Node) -> int | None:
    """Where a value ends; None for block scalars, whose end is not known exactly."""
    if isinstance(node, yaml.ScalarNode):
        return None if node.style in tuple(_BLOCK) else node.end_mark.index
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _content(node: yaml.Node | None) -> Iterator[Any]:
    """The content of a tree, without its positions."""
    if node is None:
        return
    yield node.tag
    if isinstance(node, yaml.ScalarNode):
        yield node.value
    elif isinstance(node, yaml.SequenceNode):
        yield len(node.value)
        for each in node.value:
            yield from _content(each)
    elif isinstance(node, yaml.MappingNode):
        yield len(node.value)
        for key, value in node.value:
            yield from _content(key)
            yield from _content(value)
