"""Condition elements: operator names are split into their parts, and values are parsed once to check them.

Comes in: the shape of a Condition. Goes out: its tests, and remarks. Never here: requests, and whether a test holds.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kms_eval.documents.findings import Remark
from kms_eval.documents.model import ConditionTest, PolicyKind, Qualifier
from kms_eval.errors import did_you_mean, nearest, quoted
from kms_eval.facts.condition_keys import CONDITION_KEYS, find
from kms_eval.language import variables
from kms_eval.language.operators import OPERATORS, Operator

Block = Mapping[str, Mapping[str, tuple[str, ...]]]

_QUALIFIERS: tuple[Qualifier, ...] = ("ForAllValues", "ForAnyValue")
_IF_EXISTS = "IfExists"
_ONE_VALUE = frozenset({"Bool", "Null"})
# Keys that a caller may leave out at will, so that ForAllValues requires nothing (semantics C11).
_OPTIONAL_FAMILIES = ("kms:encryptioncontext:", "aws:requesttag/")
_ONLY_IN_IAM = ("aws:resourcetag/", "kms:resourcetag/", "kms:resourcealiases")


class OperatorName(NamedTuple):
    """An operator as written, split into its three parts."""

    qualifier: Qualifier
    operator: str
    if_exists: bool


def split(text: str) -> OperatorName:
    """``ForAllValues:StringLikeIfExists`` in its parts; the middle part may be an unknown operator."""
    qualifier: Qualifier = ""
    for prefix in _QUALIFIERS:
        if text.startswith(f"{prefix}:"):
            qualifier, text = prefix, text.removeprefix(f"{prefix}:")
            break
    return OperatorName(qualifier, text.removesuffix(_IF_EXISTS), text.endswith(_IF_EXISTS))


def condition_tests(block: Block) -> tuple[ConditionTest, ...]:
    """The tests of a Condition in which no fault was found."""
    return tuple(
        ConditionTest(name.operator, name.qualifier, name.if_exists, key, values)
        for written, keys in block.items()
        for name in (split(written),)
        for key, values in keys.items()
    )


def condition_remarks(block: Block, kind: PolicyKind, *, substitutes: bool) -> Iterator[Remark]:
    """What is wrong with a Condition. `substitutes`: the document's version has policy variables (semantics W1)."""
    for written, keys in block.items():
        name = split(written)
        operator = OPERATORS.get(name.operator)
        if operator is None:
            yield Remark((written,), f"unknown condition operator {quoted(written)}", _meant(written))
        elif operator.name == "Null" and name.if_exists:
            yield Remark((written,), f"{quoted(written)} does not exist: `Null` tests whether the key exists")
        yield from (remark.under(written) for remark in _key_remarks(keys))
        for key, values in keys.items():
            if operator is not None:
                for index, value in enumerate(values):
                    if complaint := _value_complaint(value, operator, substitutes=substitutes):
                        yield Remark((written, key, index), complaint)
                if operator.type in _ONE_VALUE and len(values) > 1:
                    message = f"`{operator.name}` with several values holds if any of them does"
                    yield Remark((written, key), message, code="several-booleans")
            if kind is PolicyKind.KEY:
                yield from (remark.under(written, key) for remark in _refused_by_kms(name, key))


def _refused_by_kms(name: OperatorName, key: str) -> Iterator[Remark]:
    """What AWS KMS refuses in key policies, as conditions on this key (semantics S13)."""
    if name.qualifier == "ForAllValues" and is_optional(key):
        message = f"AWS KMS refuses `ForAllValues` with {quoted(key)}: it also holds where the key is absent"
        yield Remark((), message, code="overly-permissive-condition", strict=True)
    if only_in_iam(key):
        message = f"AWS KMS refuses {quoted(key)} in a key policy"
        advice = "move the statement to an IAM policy, or use `kms:RequestAlias`"
        yield Remark((), message, advice, code="key-policy-condition-key", strict=True)


def _key_remarks(keys: Mapping[str, tuple[str, ...]]) -> Iterator[Remark]:
    first: dict[str, str] = {}
    for key in keys:
        other = first.setdefault(key.lower(), key)
        if other != key:
            # Semantics C3.
            yield Remark((key,), f"{quoted(key)} and {quoted(other)} are the same condition key", "write it once")
        service, colon, name = key.partition(":")
        if not (service and colon and name):
            # Compared without the prefix `kms:`, which would make all names look similar.
            near = nearest(key, _names_of_kms())
            advice = f"did you mean `kms:{near}`?" if near is not None else "as in `kms:ViaService`"
            message = f"condition key {quoted(key)} has no service before a colon: no request carries it"
            yield Remark((key,), message, advice, code="unknown-condition-key")
        elif service.lower() in {"kms", "aws"} and (key.endswith((":", "/")) or find(key) is None):
            # Semantics C5: AWS treats it as a key that no request carries.
            message = f"{quoted(key)} is not a condition key that requests to AWS KMS carry"
            yield Remark((key,), message, did_you_mean(key, _known()), code="unknown-condition-key")


def _names_of_kms() -> Iterator[str]:
    return (row.name.removeprefix("kms:") for row in CONDITION_KEYS if row.name.startswith("kms:"))


def _known() -> Iterator[str]:
    return (row.name for row in CONDITION_KEYS)


def is_optional(key: str) -> bool:
    """Whether callers may leave the condition key out: AWS KMS refuses ``ForAllValues`` over such keys (semantics C11).

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    return key.lower().startswith(_OPTIONAL_FAMILIES)


def only_in_iam(key: str) -> bool:
    """Whether AWS KMS does not permit the condition key in a key policy (semantics S13).

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    return key.lower().startswith(_ONLY_IN_IAM)


def _value_complaint(value: str, operator: Operator, *, substitutes: bool) -> str | None:
    try:
        if substitutes and operator.variables != "no" and variables.has_variables(value):
            variables.parse(value)
        else:
            operator.read_text(value)
    except ValueError as error:
        return str(error)
    return None


def _meant(written: str) -> str | None:
    """Advice for an operator that does not exist."""
    spellings = (
        f"{qualifier}{operator}{suffix}"
        for operator in OPERATORS
        for qualifier in ("", *(f"{prefix}:" for prefix in _QUALIFIERS))
        for suffix in ("", _IF_EXISTS)
        if operator != "Null" or not suffix
    )
    return did_you_mean(written, spellings)
