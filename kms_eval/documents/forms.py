"""Reading what is plainly right without pydantic, which takes longer to load than most questions take to answer.

Without forms a whole `can` takes twice as long (a row of `benchmarks/bench_start.py`).

Comes in: forms, each an excerpt of a model of the input, and plain values. Goes out: the fields that the model would
have, with the values it would give them; or `Unsure`.
Never here: what is wrong with a value. That is for the model to say; it is loaded where a form is unsure of anything.

INVARIANT: what a form reads, its model reads as the same. The forms are derived from the models by a test, and another
test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, KeysView, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final, Generic, TypeVar, cast

Kind = Callable[[Any], Any]
"""Takes a value in the place of a field. Gives what the model would have there, or raises `Unsure`."""

Model = TypeVar("Model")

NEEDED: Final = object()
"""Stands for the default of a field that has none."""


class Unsure(Exception):  # noqa: N818 - nothing is wrong yet
    """The value is not plainly right; its model has to look at it."""


class Form(Generic[Model]):
    """The fields of a model, each with its kind and its default. It is the kind of the model's own values, too."""

    def __init__(self, module: str, name: str, fields: Mapping[str, tuple[Kind, object]]) -> None:
        self._module, self._name = module, name
        self._kinds = {field: kind for field, (kind, _default) in fields.items()}
        self._defaults = {field: default for field, (_kind, default) in fields.items() if default is not NEEDED}
        self._mappings = [field for field, default in self._defaults.items() if default == {}]
        self._needed = fields.keys() - self._defaults.keys()

    @property
    def names(self) -> KeysView[str]:
        """The names of the fields, in the order of the model."""
        return self._kinds.keys()

    def model(self) -> type[Model]:
        """The model, loaded when first asked for."""
        return cast("type[Model]", getattr(import_module(self._module), self._name))

    def __call__(self, value: object) -> Model:
        """The fields of a mapping that is plainly right. Raises Unsure."""
        if type(value) is not dict:
            raise Unsure
        fields, kinds = self._defaults.copy(), self._kinds
        for name in self._mappings:
            # Of its own, whoever may write to it.
            fields[name] = {}
        for name, member in value.items():
            kind = kinds.get(name) if type(name) is str else None
            if kind is None:
                raise Unsure
            fields[name] = kind(member)
        if not self._needed <= fields.keys():
            raise Unsure
        # To whoever reads it there is no difference: the fields have the same names and values.
        return cast("Model", SimpleNamespace(**fields))


def anything(value: object) -> object:
    """A value that is not looked at here."""
    return value


def string(value: object) -> str:
    """A string, if it is text: halves of surrogate pairs are not."""
    if type(value) is str and (value.isascii() or _encodable(value)):
        return value
    raise Unsure


def boolean(value: object) -> bool:
    """True or false."""
    if type(value) is bool:
        return value
    raise Unsure


def one_of(*words: str) -> Kind:
    """One of these words."""
    known = frozenset(words)

    def word(value: object) -> str:
        if type(value) is str and value in known:
            return value
        raise Unsure

    return word


def optional(kind: Kind) -> Kind:
    """A value that may be None."""
    return lambda value: None if value is None else kind(value)


def either(one: Kind, other: Kind) -> Kind:
    """A value of one of two kinds, which have none in common."""

    def value_of_either(value: object) -> object:
        try:
            return one(value)
        except Unsure:
            return other(value)

    return value_of_either


def list_of(kind: Kind) -> Kind:
    """A list, as a tuple."""

    def members(value: object) -> tuple[Any, ...]:
        if type(value) is list or type(value) is tuple:
            return tuple(map(kind, value))
        raise Unsure

    return members


def mapping_of(name: Kind, kind: Kind) -> Kind:
    """A mapping with names of one kind and values of another, as a new one."""

    def members(value: object) -> dict[Any, Any]:
        if type(value) is dict:
            return {name(key): kind(member) for key, member in value.items()}
        raise Unsure

    return members


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
