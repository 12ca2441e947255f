"""Checks the shape of a document from elsewhere before it is read: where its mappings, lists and strings are.

Comes in: a document and its shape. Goes out: nothing, or InputError with every place that has another shape.
Never here: what members mean, which of them are required. A field that is null counts as left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal

from kms_eval.errors import Fault, InputError
from kms_eval.formats.document import Place
from kms_eval.records import record

_WORDS = {"mapping": "a mapping", "list": "a list", "text": "a string", "scalar": "a string or a number"}


@record
class Shape:
    """The shape of one place. In a mapping, `fields` are the shapes of some members, and `each` that of all others.

    In a list, `each` is the shape of its items. None allows anything.
    """

    kind: Literal["mapping", "list", "text", "scalar"]
    each: Shape | None = None
    fields: dict[str, Shape] = field(default_factory=dict)


TEXT = Shape("text")
SCALAR = Shape("scalar")


def mapping(each: Shape | None = None, **fields: Shape) -> Shape:
    """A mapping in which these members have these shapes, and all others the shape `each`."""
    return Shape("mapping", each, fields)


def items(each: Shape | None = None) -> Shape:
    """A list whose items have the shape `each`."""
    return Shape("list", each)


def check_shape(value: object, shape: Shape, place: Place) -> None:
    """Raise InputError if the value has another shape."""
    faults = list(_faults(value, shape, place))
    if faults:
        raise InputError(faults)


def _faults(value: object, shape: Shape, place: Place) -> Iterator[Fault]:
    if not _is(value, shape.kind):
        yield Fault(f"expected {_WORDS[shape.kind]}", place.location())
    elif isinstance(value, Mapping):
        for name, member in value.items():
            inner = shape.fields.get(name, shape.each)
            if inner is not None and not (member is None and name in shape.fields):
                yield from _faults(member, inner, place.at(name))
    elif isinstance(value, list) and shape.each is not None:
        for index, item in enumerate(value):
            yield from _faults(item, shape.each, place.at(index))


def _is(value: object, kind: str) -> bool:
    if kind == "mapping":
        return isinstance(value, Mapping)
    if kind == "list":
        return isinstance(value, list)
    return isinstance(value, str) or (kind == "scalar" and not isinstance(value, (Mapping, list)))
