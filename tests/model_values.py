"""Values for models of the input: mostly right, in every way wrong, and what a form and its model make of them.

Comes in: models and forms. Goes out: hypothesis strategies, and `agree`. Never here: any model in particular.
"""

from __future__ import annotations

import types
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import MappingProxyType, SimpleNamespace
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel, TypeAdapter, ValidationError

from kms_eval.documents.forms import Form, Unsure

WORDS = (
    *("alias/app", "o-exampleorgid", "policies/key.json", "{}", "é", "x", "*", "", "kms:Decrypt", "2012-10-17", "Deny"),
    *("123456789012", "12345678901", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", "Enabled", "AWS", "denied"),
)


class _Word(StrEnum):
    ONE = "SYMMETRIC_DEFAULT"
    TWO = "x"
    NONE = ""


class _Text(str):
    __slots__ = ()


class _Name:
    """Not a string, although a dictionary takes it for one."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return other == self.text


SAMPLES: tuple[object, ...] = (
    *WORDS,
    None,
    True,
    False,
    7,
    Decimal("1.5"),
    ["kms:Decrypt", "x"],
    ["x", True],
    {"x": "y"},
    {},
)
SCALARS = st.one_of(
    st.sampled_from(WORDS), st.none(), st.booleans(), st.integers(-1, 10**12), st.decimals(allow_nan=False)
)
PLAIN = st.recursive(
    SCALARS | st.text(st.characters(codec="utf-8"), max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2),
    max_leaves=6,
)
"""What YAML and JSON can hold."""

ODDITIES: tuple[object, ...] = (
    *("\ud800", b"x", float("nan"), float("inf"), 1.5, Decimal("NaN"), _Word.ONE, _Word.TWO, _Word.NONE),
    *(_Text("x"), _Text("AWS"), _Text(""), {"x"}, frozenset({"x"}), deque(["x"]), ("x",), ["\ud800"], range(2)),
    *({1: "x"}, {None: "x"}, {_Text("x"): "x"}, {_Word.TWO: "x"}, {"x": "\ud800"}, {"\ud800": "x"}, {"": "x"}),
    *(OrderedDict(x="x"), MappingProxyType({"x": "x"}), {_Name("policy"): "x"}, {"x": {_Name("x"): "x"}}),
)
"""What only a program can pass."""

ANYTHING: SearchStrategy[object] = PLAIN | st.sampled_from(ODDITIES)


def values_for(form: Form[Any], odd: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Mappings for a model: right ones, those that are `odd` in one place, and whatever is odd as a whole."""
    model: type[BaseModel] = form.model()
    return _values_for(model, odd)


@cache
def _values_for(model: type[BaseModel], odd: SearchStrategy[Any]) -> SearchStrategy[Any]:
    right = _right_for(model, odd)
    spoiled = st.builds(_with, right, st.sampled_from([*model.model_fields, "stranger", *WORDS]), odd)
    return st.one_of(right, right, spoiled, spoiled, odd)


def _with(fields: dict[str, object], name: str, value: object) -> dict[str, object]:
    return {**fields, name: value}


@cache
def _right_for(model: type[BaseModel], odd: SearchStrategy[Any]) -> SearchStrategy[Any]:
    hints = get_type_hints(model, include_extras=True)
    fields = {name: _value_for(hints[name], odd) for name in model.model_fields}
    needed = {name: strategy for name, strategy in fields.items() if model.model_fields[name].is_required()}
    return st.fixed_dictionaries(needed, optional={name: fields[name] for name in fields if name not in needed})


def each_value(form: Form[Any]) -> Iterator[dict[Any, object]]:
    """A right mapping for a model with each sample and each oddity in the place of each field, and with a stranger."""
    model: type[BaseModel] = form.model()
    hints = get_type_hints(model, include_extras=True)
    right: dict[str, object] = {
        name: next(value for value in SAMPLES if _is_right(hints[name], value))
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    for name in (*model.model_fields, "stranger"):
        for value in (*SAMPLES, *ODDITIES, [None], [7], {"x": 7}, {"x": {"x": [True, 7]}}):
            yield {**right, name: value}
            yield {**right, _Name(name): value}
    yield from ({name: right[name] for name in right if name != missing} for missing in right)


def _value_for(hint: Any, odd: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Values of a type; those of an entry inside may be odd in a place, too."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(*(_value_for(part, odd) for part in arguments))
    if origin is tuple:
        members = st.lists(_value_for(arguments[0], odd), max_size=2)
        return members | members.map(tuple)
    if origin is dict:
        return st.dictionaries(_value_for(arguments[0], odd), _value_for(arguments[1], odd), max_size=2)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _right_for(hint, odd) | _values_for(hint, odd)
    samples = [value for value in SAMPLES if _is_right(hint, value)]
    inside = [_value_for(hint.__origin__, odd)] if origin is Annotated and get_origin(hint.__origin__) else []
    return st.one_of(*inside, st.sampled_from(samples) if samples else st.nothing())


def _is_right(hint: Any, value: object) -> bool:
    try:
        TypeAdapter(hint).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def agree(form: Form[Any], value: object, *, plain: bool) -> None:
    """A form that reads a value reads it as its model does; a `plain` value is read by both of them or by neither."""
    try:
        read = form(value)
    except Unsure:
        read = None
    try:
        expected = form.model().model_validate(value)
    except ValidationError:
        assert read is None
    else:
        assert read is not None or not plain
        assert read is None or taken_apart(read) == taken_apart(expected)


def taken_apart(value: object) -> object:
    """Entries as mappings of their fields, all else with its type, so that true is not 1."""
    if isinstance(value, SimpleNamespace):
        return {name: taken_apart(member) for name, member in vars(value).items()}
    if isinstance(value, BaseModel):
        return {name: taken_apart(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return type(value), [(taken_apart(name), taken_apart(member)) for name, member in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [taken_apart(member) for member in value]
    return type(value), value
