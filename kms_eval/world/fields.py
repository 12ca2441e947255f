"""Types of values that scenario fields hold, each with the message for a value that is not of that type.

Comes in: nothing (types only). Goes out: annotated types for the models of `scenario`.
Never here: fields, and checks that need more than the one value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from kms_eval.errors import did_you_mean, quoted
from kms_eval.facts.enums import KEY_SPECS, KEY_STATES, KEY_USAGES, ORIGINS
from kms_eval.world.identity import is_account
from kms_eval.world.kinds import EXPECTATIONS, MANAGERS
from kms_eval.world.values import grants_source_complaint, kind_of, policy_source_complaint

COMPLAINT = "kms_eval"
"""The error type of every complaint worded here; the context has its `help`."""

DEFINITION = "kms_eval.definition"
"""In a schema, stands for a reference to a definition; pydantic refuses references to foreign definitions."""


def complain(message: str, advice: str | None = None) -> NoReturn:
    """Refuse the current value with a message of our own."""
    # pydantic fills in {…} in the message; our message is passed as a value, so that braces in it are kept.
    raise PydanticCustomError(COMPLAINT, "{message}", {"message": message, "help": advice})


def _account(value: object) -> object:
    if isinstance(value, str):
        if not is_account(value):
            complain(f"{quoted(value)} is no account id", "an account id has 12 digits")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        digits = f"{value:012d}" if value >= 0 else str(value)
        complain(f"the account id was read as the number `{value}`", f'quote it: `"{digits}"`')
    return value


def _word(words: tuple[str, ...], what: str) -> tuple[AfterValidator, WithJsonSchema]:
    def check(value: str) -> str:
        if value not in words:
            listed = ", ".join(f"`{word}`" for word in words)
            complain(f"unknown {what} {quoted(value)}", did_you_mean(value, words) or f"one of {listed}")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": list(words)})


def _source(complaint_about: Callable[[object], str | None]) -> PlainValidator:
    def check(value: object) -> object:
        complaint = complaint_about(value)
        if complaint is not None:
            complain(complaint)
        return value

    return PlainValidator(check)


def _actions(value: object) -> object:
    actions = [value] if isinstance(value, str) else value
    if not isinstance(actions, (list, tuple)):
        complain(f"expected an action or a list of actions, found {kind_of(value)}")
    for action in actions:
        if not isinstance(action, str):
            complain(f"expected an action, found {kind_of(action)}")
    if not actions or "" in actions:
        complain("an action is missing", "write one, such as `kms:Decrypt`")
    return tuple(actions)


def _names(value: object) -> object:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)):
        complain(f"expected a name or a list of names, found {kind_of(value)}")
    for name in names:
        if not isinstance(name, str):
            complain(f"expected a name, found {kind_of(name)}")
    if "" in names:
        complain("a name is empty")
    return tuple(names)


Text = Annotated[str, Field(min_length=1)]
"""A string that is not empty."""

AccountId = Annotated[
    str,
    BeforeValidator(_account),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{12}$", "examples": ["123456789012"]}),
]
"""Twelve digits, as a string: a number would lose its leading zeros."""

KeySpec = Annotated[str, *_word(KEY_SPECS, "key spec")]
KeyUsage = Annotated[str, *_word(KEY_USAGES, "key usage")]
Origin = Annotated[str, *_word(ORIGINS, "key origin")]
KeyState = Annotated[str, *_word(KEY_STATES, "key state")]
Manager = Annotated[str, *_word(MANAGERS, "key manager")]
Expectation = Annotated[str, *_word(EXPECTATIONS, "expectation")]

PolicySource = Annotated[object, _source(policy_source_complaint), WithJsonSchema({DEFINITION: "Policy"})]
"""A path relative to the scenario, a policy document, or AWS's JSON text of one; its content is not checked here."""

GrantsSource = Annotated[object, _source(grants_source_complaint), WithJsonSchema({DEFINITION: "Grants"})]
_NAME_SCHEMA = {"type": "string", "minLength": 1}
Names = Annotated[
    Any,
    PlainValidator(_names),
    WithJsonSchema({"anyOf": [_NAME_SCHEMA, {"type": "array", "items": _NAME_SCHEMA}]}),
]
"""One name, or a list of them."""

Requester = Annotated[
    object,
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"in": {"anyOf": [_NAME_SCHEMA, {"type": "array", "items": _NAME_SCHEMA}]}},
            "required": ["in"],
            "additionalProperties": False,
        }
    ),
]
"""Checked where checks are read."""

Actions = Annotated[Any, PlainValidator(_actions), WithJsonSchema({DEFINITION: "Actions"})]

Context = Annotated[object, WithJsonSchema({DEFINITION: "Context"})]
EncryptionContext = Annotated[object, WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}})]
Time = Annotated[object, WithJsonSchema({"type": "string", "format": "date-time"})]
GrantRequest = Annotated[object, WithJsonSchema({"anyOf": [{"type": "string"}, {DEFINITION: "Grant"}]})]
"""Context, EncryptionContext, Time and GrantRequest are checked where requests are read, as in the Python API."""

Texts = Annotated[tuple[Text, ...], Field(strict=False)]
Policies = Annotated[tuple[PolicySource, ...], Field(strict=False)]
Levels = Annotated[tuple[Policies, ...], Field(strict=False)]
Tags = Annotated[dict[Text, str], Field(strict=False)]
