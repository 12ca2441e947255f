"""The shape of AWS's documents: which elements exist, and which type their values have.

Comes in: plain values. Goes out: models whose fields have AWS's names of the elements; remarks on values that do not
have the right shape. Never here: which elements a kind of policy needs or forbids, and what their texts say; that is in
`validity`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from kms_eval.documents.findings import Remark
from kms_eval.documents.kinds import value_text
from kms_eval.documents.written import written
from kms_eval.errors import did_you_mean, quoted
from kms_eval.formats.document import Steps

# The type of errors whose message can be shown to users.
_OURS = "kms_eval"
_TEXT = "must be a string"
_TEXTS = "must be a string or a list of strings"


def _given(value: object) -> object:
    """An element that is present has a value: null does not mean that it is absent."""
    if value is None:
        raise PydanticCustomError(_OURS, "is null: leave it out or give it a value")
    return value


def _texts(value: object) -> object:
    if isinstance(value, (str, list, tuple)):
        return (value,) if isinstance(value, str) else tuple(value)
    raise PydanticCustomError(_OURS, _TEXTS)


def _list(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return tuple(value)
    raise PydanticCustomError(_OURS, "must be a list")


def _values(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return tuple(value_text(item) for item in value)
    text = value_text(value)
    if isinstance(text, str):
        return (text,)
    raise PydanticCustomError(_OURS, "must be a string, true, false, a number or a list of these")


Given = BeforeValidator(_given)
AsTuple = BeforeValidator(_list)
Text = Annotated[str | None, Given]
# For what AWS returns, where null means that there is no value (semantics S14).
NullableText = str | None
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Values = Annotated[tuple[str, ...], BeforeValidator(_values)]


class Shape(BaseModel):
    """An object with known members, all of them optional here."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PrincipalShape(Shape):
    """The members of Principal or NotPrincipal."""

    AWS: Annotated[Texts | None, Given] = None
    Service: Annotated[Texts | None, Given] = None
    Federated: Annotated[Texts | None, Given] = None
    CanonicalUser: Annotated[Texts | None, Given] = None


Everyone = Literal["*"]
# The parentheses distinguish the tags from names of members in the place that a pydantic error gives.
_Principal = Annotated[
    Annotated[Everyone, Tag("(text)")] | Annotated[PrincipalShape, Tag("(object)")],
    Discriminator(lambda value: "(text)" if isinstance(value, str) else "(object)"),
]


class StatementShape(Shape):
    """One statement."""

    Sid: Text = None
    Effect: Annotated[Literal["Allow", "Deny"] | None, Given] = None
    Principal: Annotated[_Principal | None, Given] = None
    NotPrincipal: Annotated[_Principal | None, Given] = None
    Action: Annotated[Texts | None, Given] = None
    NotAction: Annotated[Texts | None, Given] = None
    Resource: Annotated[Texts | None, Given] = None
    NotResource: Annotated[Texts | None, Given] = None
    Condition: Annotated[dict[str, dict[str, Values]] | None, Given] = None


class PolicyShape(Shape):
    """A whole policy; a single statement has been put into a list before."""

    Version: Annotated[Literal["2012-10-17", "2008-10-17"] | None, Given] = None
    Id: Text = None
    Statement: Annotated[tuple[StatementShape, ...] | None, AsTuple, Given] = None


class ConstraintsShape(Shape):
    """Grant constraints."""

    EncryptionContextEquals: Annotated[dict[str, str] | None, Given] = None
    EncryptionContextSubset: Annotated[dict[str, str] | None, Given] = None
    SourceArn: Text = None


class GrantShape(Shape):
    """An entry of ListGrants or a request of CreateGrant; members of type `Any` have no effect on decisions."""

    GrantId: Text = None
    Name: NullableText = None
    KeyId: Text = None
    CreationDate: Any = None
    GranteePrincipal: Text = None
    GranteeServicePrincipal: Text = None
    RetiringPrincipal: NullableText = None
    RetiringServicePrincipal: Text = None
    IssuingAccount: Text = None
    Operations: Annotated[tuple[str, ...] | None, AsTuple, Given] = None
    Constraints: Annotated[ConstraintsShape | None, Given] = None
    GrantTokens: Any = None
    DryRun: Any = None


class GrantListShape(Shape):
    """The output of ListGrants; members of type `Any`, other than those of Grants, are ignored."""

    Grants: Annotated[tuple[Any, ...] | None, AsTuple, Given] = None
    NextMarker: Any = None
    Truncated: Any = None
    ResponseMetadata: Any = None


Model = TypeVar("Model", bound=Shape)

_INSIDE: Mapping[str, type[Shape]] = {
    "Statement": StatementShape,
    "Principal": PrincipalShape,
    "NotPrincipal": PrincipalShape,
    "Constraints": ConstraintsShape,
}
_STATEMENTS: Steps = ("Statement",)
# Steps to a condition key, the deepest member of a document.
_DEEPEST_MEMBER = len(("Statement", 0, "Condition", "StringEquals", "kms:ViaService"))
_OBJECT = "must be an object"
_EVERYONE_OR_OBJECT = "must be `*` or an object"
_MESSAGES: Mapping[str, str] = {
    "string_type": _TEXT,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "invalid_key": "names must be strings",
}


def read_shape(model: type[Model], value: Mapping[object, object]) -> tuple[Model, list[Remark]]:
    """The shape of an object without its faulty members, and what is wrong with those.

    That way the rules still see all the rest, and everything is found at once.
    """
    try:
        return model.model_validate(dict(value)), []
    except ValidationError as error:
        found = [_remark(detail, model, value) for detail in error.errors(include_url=False)]
    return model.model_validate(_without({_member(remark.steps) for remark in found}, value)), found


def _member(steps: Steps) -> Steps:
    """The place without indexes at its end: a list with a wrong item is wrong as a whole, except that of statements."""
    while steps and isinstance(steps[-1], int) and steps[:-1] != _STATEMENTS:
        steps = steps[:-1]
    return steps


def _without(wrong: set[Steps], value: Mapping[object, object], around: Steps = ()) -> dict[str, object]:
    """The object without the places in `wrong`. Statements keep their index: what is not an object becomes empty."""
    kept: dict[str, object] = {}
    for name, member in value.items():
        if not isinstance(name, str):
            continue
        here = (*around, name)
        if here in wrong:
            continue
        if here == _STATEMENTS and isinstance(member, (list, tuple)):
            kept[name] = [
                _without(wrong, statement, (*here, index)) if isinstance(statement, Mapping) else {}
                for index, statement in enumerate(member)
            ]
        elif isinstance(member, Mapping) and len(here) < _DEEPEST_MEMBER:
            kept[name] = _without(wrong, member, here)
        else:
            kept[name] = member
    return kept


def _remark(detail: ErrorDetails, model: type[Shape], raw: object) -> Remark:
    steps = written(detail["loc"], raw)
    kind, value = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        name = str(steps[-1])
        known = _around(steps, model).model_fields
        return Remark(steps, f"unknown element {quoted(name)}", did_you_mean(name, known))
    if kind == "literal_error":
        allowed = [part.strip("'") for part in str(detail["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
        if allowed == ["*"]:
            return Remark(steps, _EVERYONE_OR_OBJECT, f'write `{{"AWS": "{value}"}}`')
        expected = " or ".join(quoted(text) for text in allowed)
        if isinstance(value, str):
            return Remark(steps, f"{quoted(value)} is not {expected}", did_you_mean(value, allowed))
        return Remark(steps, f"must be {expected}")
    if _MESSAGES.get(kind) == _OBJECT and steps and _INSIDE.get(str(steps[-1])) is PrincipalShape:
        return Remark(steps, _EVERYONE_OR_OBJECT)
    message = detail["msg"] if kind == _OURS else _MESSAGES.get(kind, "has the wrong form")
    unquoted = message in {_TEXT, _TEXTS} and isinstance(value, (int, float, Decimal))
    return Remark(steps, message, "write it in quotes" if unquoted else None)


def _around(steps: Steps, model: type[Shape]) -> type[Shape]:
    """The model of the object that contains the member at `steps`."""
    around = [step for step in steps[:-1] if isinstance(step, str)]
    return _INSIDE.get(around[-1], model) if around else model
