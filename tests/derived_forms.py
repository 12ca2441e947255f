"""Derives forms from the models they are excerpts of: the text of the modules `shape_forms` and `entry_forms`."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Discriminator, Strict, Tag, WithJsonSchema
from pydantic.fields import FieldInfo

from kms_eval.documents.shapes import AsTuple, Given

GENERIC = ("NEEDED", "Form", "anything", "boolean", "either", "list_of", "mapping_of", "one_of", "optional", "string")


def text_of_forms(what: str, test: str, *, models: ModuleType, aliases: ModuleType, kinds: ModuleType) -> str:
    """The module that has a form for each model of `models`, which describe `what`; `test` is to hold it to them.

    A type that has a name in `aliases` is of the kind of that name in `kinds`; all others are taken apart.
    """
    known = {
        kind: annotation
        for alias, annotation in vars(aliases).items()
        if hasattr(kinds, kind := _snake(alias)) and get_origin(annotation) is Annotated
    }
    classes = [each for each in vars(models).values() if _is_model(each) and each.__module__ == models.__name__]
    forms = [_form(model, known) for model in classes if model.model_fields]
    names = sorted(model.__name__ for model in classes if model.model_fields)
    body, module = "\n\n".join(forms), models.__name__.rpartition(".")[2]
    return "\n".join(
        [
            f'"""{what} in short: what is plainly right is read by these forms, without loading the models.',
            "",
            f"Comes in: nothing. Goes out: a form for each model of `{module}`. Never here: what those do not say.",
            f"This text is derived from them. After a change of theirs `{test}` fails and shows the new one.",
            '"""',
            "",
            "from __future__ import annotations",
            "",
            "from typing import TYPE_CHECKING",
            "",
            *_import("kms_eval.documents.forms", [name for name in GENERIC if _is_used(name, body)]),
            *_import(kinds.__name__, [name for name in sorted(known) if _is_used(name, body)]),
            "",
            "if TYPE_CHECKING:",
            *(f"    {line}" for line in _import(models.__name__, names)),
            "",
            f'_MODELS = "{models.__name__}"',
            "",
            body,
            "",
        ]
    )


def form_name(model: type[BaseModel]) -> str:
    """What the form of a model is called."""
    return _snake(model.__name__).upper()


def _form(model: type[BaseModel], known: Mapping[str, object]) -> str:
    rows = [f'        "{name}": ({_kind(hint, known)}, {_default(field)}),' for name, hint, field in _fields(model)]
    head = f'{form_name(model)}: Form[{model.__name__}] = Form(\n    _MODELS,\n    "{model.__name__}",'
    return "\n".join([head, "    {", *rows, "    },", ")"])


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, object, FieldInfo]]:
    hints = get_type_hints(model, include_extras=True)
    return ((name, hints[name], field) for name, field in model.model_fields.items())


def _default(field: FieldInfo) -> str:
    default = "NEEDED" if field.is_required() else repr(field.default)
    return default.replace("'", '"')


def _kind(hint: Any, known: Mapping[str, object]) -> str:
    """The expression for the kind of a type. An AssertionError where there is no rule for the type."""
    named = next((kind for kind, alias in known.items() if alias == hint), None)
    if named is not None:
        return named
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(hint.__origin__, hint.__metadata__, known) if _are_harmless(hint.__metadata__) else _no(hint)
    if origin in (Union, types.UnionType):
        return _union(hint, known)
    if origin is Literal:
        return f"one_of({', '.join(_quoted(word) for word in arguments)})"
    if origin is tuple and arguments[1:] == (...,):
        return f"list_of({_kind(arguments[0], known)})"
    if origin is dict:
        return f"mapping_of({_kind(arguments[0], known)}, {_kind(arguments[1], known)})"
    if _is_model(hint):
        return form_name(hint)
    return _PLAIN.get(hint) or _no(hint)


_PLAIN: dict[Any, str] = {str: "string", bool: "boolean", Any: "anything", object: "anything"}


def _no(hint: object) -> str:
    raise AssertionError(f"no form can read {hint}: give the type a name, and a kind of that name")


def _annotated(hint: object, extras: tuple[object, ...], known: Mapping[str, object]) -> str:
    # An element that is given has a value.
    return _kind(_without_none(hint) if Given in extras else hint, known)


def _union(hint: object, known: Mapping[str, object]) -> str:
    rest = _without_none(hint)
    if rest != hint:
        return f"optional({_kind(rest, known)})"
    one, other = get_args(hint)
    return f"either({_kind(one, known)}, {_kind(other, known)})"


def _without_none(hint: object) -> object:
    rest = tuple(part for part in get_args(hint) if part is not type(None))
    return Union[rest] if get_origin(hint) in (Union, types.UnionType) else hint  # noqa: UP007 - made, not written


def _are_harmless(extras: tuple[object, ...]) -> bool:
    """Whether what a type is annotated with lets everything through that the type itself does."""
    return all(
        extra in (Given, AsTuple)
        or isinstance(extra, (Discriminator, Tag, WithJsonSchema))
        or (isinstance(extra, FieldInfo) and extra.metadata == [Strict(strict=False)])
        for extra in extras
    )


def _is_model(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, BaseModel)


def _is_used(name: str, text: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _import(module: str, names: list[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 116:
        return [line]
    return [f"from {module} import (", *(f"    {name}," for name in names), ")"]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _quoted(word: object) -> str:
    return f'"{word}"'
