"""Read valid input without pydantic, which takes longer to load than most questions take to answer.

Without forms a whole `can` takes twice as long (a row of `benchmarks/bench_start.py`).

Comes in: forms, each an excerpt of a pydantic model of the input, and plain values. Goes out: the fields that the model
would have, with the same values; or `Unsure`.
Never here: what is wrong with a value. That is for the model to say, which is loaded only where a form is unsure.

INVARIANT: what a form reads, its model reads in the same way. A test derives the forms from the models, and another
test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, KeysView, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final, Generic, TypeVar, cast

Kind = Callable[[Any], Any]
"""Takes the value given for a field. Returns what the model would have there, or raises `Unsure`."""

Model = TypeVar("Model")

NEEDED: Final = object()
"""Stands in place of the default for a field that is required."""


class Unsure(Exception):  # noqa: N818 - nothing is wrong yet
    """The value is not plainly right; its model has to check it."""


class Form(Generic[Model]):
    """The fields of a model, each with its kind and its default. A form is itself a `Kind`: for values of the model."""

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
        """The model, imported on first use."""
        return cast("type[Model]", getattr(import_module(self._module), self._name))

    def __call__(self, value: object) -> Model:
        """The fields of a mapping that is plainly right. Raises Unsure."""
        if type(value) is not dict:
            raise Unsure
        fields, kinds = self._defaults.copy(), self._kinds
        for name in self._mappings:
            # A new mapping for each result, so that none shares it with the defaults.
            fields[name] = {}
        for name, member in value.items():
            kind = kinds.get(name) if type(name) is str else None
            if kind is None:
                raise Unsure
            fields[name] = kind(member)
        if not self._needed <= fields.keys():
            raise Unsure
        # Readers see no difference: the fields have the same names and values.
        return cast("Model", SimpleNamespace(**fields))


def anything(value: object) -> object:
    """Any value, unchecked."""
    return value


def string(value: object) -> str:
    """A string without lone surrogates."""
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
    """A value of one of two kinds; no value is of both."""

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
    """A mapping with names of one kind and values of another, as a new dict."""

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
