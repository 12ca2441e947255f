"""Where values begin and end in a text, to the character.

Comes in: the text of a YAML or JSON document. Goes out: the span of a place in it; None where the text cannot be read.
Never here: values. The readers know the lines of values; this is for output that marks the exact text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from kms_eval.formats.document import Steps

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Span(NamedTuple):
    """From the first character to the one after the last; lines and columns count from 1, columns in characters."""

    line: int
    column: int
    end_line: int
    end_column: int


def spans(text: str) -> Callable[[Steps], Span | None]:
    """The function from a place to the span of the value there, or of the nearest one around it.

    The span of a mapping's member includes its key. JSON is read as YAML; where that fails (rare escapes), there are no
    spans.
    """
    root = root_of(text)
    return lambda steps: None if root is None else _span(root, steps)


def root_of(text: str) -> yaml.Node | None:
    """The tree of YAML nodes of a text; None where it cannot be read as YAML."""
    try:
        # A tab counts as one column, and between the values of JSON it is white space like a blank.
        root: yaml.Node | None = yaml.compose(text.replace("\t", " "), Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return root


def node_at(root: yaml.Node | None, steps: Steps) -> yaml.Node | None:
    """The node at exactly this place; None where there is no such place."""
    here = root
    for step in steps:
        found = None if here is None else next(_members(here, step), None)
        here = None if found is None else found[1]
    return here


def _span(root: yaml.Node, steps: Steps) -> Span:
    start, here = root, root
    for step in steps:
        found = next(_members(here, step), None)
        if found is None:
            if step == 0:
                continue  # step 0 also leads to a single value that stands in place of a list
            break
        start, here = found
    return Span(
        start.start_mark.line + 1, start.start_mark.column + 1, here.end_mark.line + 1, here.end_mark.column + 1
    )


def _members(node: yaml.Node, step: str | int) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The node at which the member begins (in a mapping, its key), and the member."""
    if isinstance(node, yaml.MappingNode):
        yield from ((key, value) for key, value in node.value if key.value == step)
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        yield node.value[step], node.value[step]
