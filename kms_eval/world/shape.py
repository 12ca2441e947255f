"""Checks the shape of a part of a scenario: turns values into entries, and every mismatch into a fault.

Comes in: a model of `scenario`, a value and its place. Goes out: the entry, or None and faults with file, line, field.
Never here: fields by name; `scenario` and `fields` define what a field is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kms_eval.documents.findings import Findings
from kms_eval.errors import Fault, nearest, quoted
from kms_eval.formats.document import Place
from kms_eval.world.fields import COMPLAINT
from kms_eval.world.values import kind_of, quote_it

_LONGEST_EXAMPLE = 60

_Model = TypeVar("_Model", bound=BaseModel)
_Steps = tuple[str | int, ...]
_Wording = Callable[[ErrorDetails], tuple[str, str | None]]


def validated(model: type[_Model], value: object, place: Place, findings: Findings) -> _Model | None:
    """`value` as a `model`; None where it is invalid, and then everything wrong with it is added to `findings`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        findings.faults.extend(_faults(model, error.errors(include_url=False), place))
        return None


def _faults(model: type[BaseModel], errors: list[ErrorDetails], place: Place) -> list[Fault]:
    meant = {
        (*error["loc"][:-1], name)
        for error in errors
        if error["type"] == "extra_forbidden" and (name := _nearest(model, error["loc"])) is not None
    }
    return [
        _fault(model, error, place)
        for error in errors
        # A field that is present under a misspelt name is not reported as missing as well.
        if error["type"] != "missing" or error["loc"] not in meant
    ]


def _fault(model: type[BaseModel], error: ErrorDetails, place: Place) -> Fault:
    steps: _Steps = tuple(step for step in error["loc"] if step != "[key]")
    location = place.at(*steps).location()
    kind = error["type"]
    if kind == "extra_forbidden":
        name = str(steps[-1])
        near = _nearest(model, steps)
        fields = _fields_at(model, steps[:-1])
        advice = f"did you mean `{near}`?" if near else f"the fields here are {', '.join(f'`{f}`' for f in fields)}"
        return Fault(f"unknown field {quoted(name)}", location, advice)
    wording = _WORDINGS.get(kind)
    # A kind of error that has no row yet still reads as a sentence.
    message, advice_ = wording(error) if wording else (error["msg"][:1].lower() + error["msg"][1:], None)
    return Fault(message, location, advice_)


def _nearest(model: type[BaseModel], steps: _Steps) -> str | None:
    """The field that an unknown one is a misspelling of."""
    return nearest(str(steps[-1]), _fields_at(model, steps[:-1]))


def _fields_at(model: type[BaseModel], steps: _Steps) -> tuple[str, ...]:
    """The fields of the entry that `steps` leads to."""
    here = model
    for step in steps:
        field = here.model_fields.get(str(step))
        # A step that is not a field is an index or a name that the user chose: it leads to an entry of the same model.
        here = (_model_in(field.annotation) if field else None) or here
    return tuple(here.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model of a field's value, or of its members."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _ours(error: ErrorDetails) -> tuple[str, str | None]:
    context = error.get("ctx", {})
    return context["message"], context["help"]


def _missing(error: ErrorDetails) -> tuple[str, str | None]:
    return f"`{error['loc'][-1]}` is missing", None


def _no_string(error: ErrorDetails) -> tuple[str, str | None]:
    return f"expected a string, found {kind_of(error['input'])}", quote_it(error["input"])


def _no_name(error: ErrorDetails) -> tuple[str, str | None]:
    return f"expected a name, found {kind_of(error['loc'][-1])}", quote_it(error["loc"][-1])


def _no_boolean(error: ErrorDetails) -> tuple[str, str | None]:
    return f"expected true or false, found {kind_of(error['input'])}", None


def _no_mapping(error: ErrorDetails) -> tuple[str, str | None]:
    return f"expected a mapping, found {kind_of(error['input'])}", None


def _no_list(error: ErrorDetails) -> tuple[str, str | None]:
    value = error["input"]
    advice = f"write `[{value}]`" if isinstance(value, str) and len(value) < _LONGEST_EXAMPLE else None
    return f"expected a list, found {kind_of(value)}", advice


def _empty(error: ErrorDetails) -> tuple[str, str | None]:
    return "is empty", None


_WORDINGS: Mapping[str, _Wording] = {
    COMPLAINT: _ours,
    "missing": _missing,
    "string_type": _no_string,
    "string_too_short": _empty,
    "invalid_key": _no_name,
    "bool_type": _no_boolean,
    "dict_type": _no_mapping,
    "model_type": _no_mapping,
    "tuple_type": _no_list,
}
