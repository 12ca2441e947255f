"""The shape a document of somebody else's has to have before it is read: where mappings, lists and texts are.

Comes in: a document and its shape. Goes out: nothing, or InputError with every place that is something else.
Never here: what members mean, which of them there have to be. A field that is null counts as left out.
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
    """What stands in one place. Of a mapping `fields` are some members, and `each` what every other one is.

    Of a list `each` is what its items are. None is anything.
    """

    kind: Literal["mapping", "list", "text", "scalar"]
    each: Shape | None = None
    fields: dict[str, Shape] = field(default_factory=dict)


TEXT = Shape("text")
SCALAR = Shape("scalar")


def mapping(each: Shape | None = None, **fields: Shape) -> Shape:
    """A mapping with these members, and others that are `each`."""
    return Shape("mapping", each, fields)


def items(each: Shape | None = None) -> Shape:
    """A list of these."""
    return Shape("list", each)


def check_shape(value: object, shape: Shape, place: Place) -> None:
    """Raise InputError where the value has another shape."""
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
