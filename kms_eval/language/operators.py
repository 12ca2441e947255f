"""Condition operators, one row each: how a policy value is read and how a request value is compared with it.

Comes in: texts. Goes out: true or false for one policy value and one request value, without negation; negation, set
qualifiers, IfExists, missing keys and policy variables are handled once, by the compiler of conditions.
Never here: contexts, statements, effects.

`generous` chooses between two readings where AWS leaves the meaning open: False requires a match in both readings, True
in either (semantics §0, the two-readings rule). To add an operator, add a row.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator as compare
from collections.abc import Callable, Mapping
from typing import Any, Literal

from kms_eval.language import values
from kms_eval.language.arn import field_matcher
from kms_eval.language.pattern import Matcher, compile_glob, only_stars, wild
from kms_eval.records import record

ValueType = Literal["String", "Numeric", "Date", "Bool", "Binary", "IPAddress", "ARN", "Null"]

# Each operator turns a policy value into a type of its own, hence Any.
Prepared = Any


@record
class Operator:
    """One operator.

    `read` turns a policy value into what `matches` compares with (ValueError: malformed, message fit to be shown);
    for operators with `wildcards` it takes a glob. `parse` turns the request's text into a value (ValueError: the text
    is not of the type, semantics C19). `variables` says whether ``${…}`` is substituted; "uncertain" that AWS
    documents both (semantics Z21).
    """

    name: str
    type: ValueType
    read: Callable[[str], Prepared]
    parse: Callable[[str], Any]
    matches: Callable[[Prepared, Any, bool], bool]
    negated: bool = False
    wildcards: bool = False
    variables: Literal["yes", "no", "uncertain"] = "no"

    def read_text(self, text: str) -> Prepared:
        """A policy value as written, without variables. Raises ValueError where it is malformed."""
        return self.read(wild(text)) if self.wildcards else self.read(text)


@record
class _ArnPattern:
    """A value of an ARN operator."""

    match: Matcher | None
    bare_star: bool


def _arn_pattern(glob: str) -> _ArnPattern:
    return _ArnPattern(field_matcher(glob), only_stars(glob))


def _arn_matches(pattern: _ArnPattern, text: str, generous: bool) -> bool:
    if pattern.bare_star:
        # AWS does not say whether a lone `*` is an ARN pattern (semantics Z15).
        return generous
    return pattern.match is not None and pattern.match(text)


def same(prepared: Prepared, value: Any, _generous: bool) -> bool:
    """Whether the two values are equal, whatever their type."""
    return bool(prepared == value)


def _like(prepared: Matcher, text: str, _generous: bool) -> bool:
    return prepared(text)


def _in_network(prepared: values.Networks, address: values.Address, generous: bool) -> bool:
    return prepared.contains(address, generous=generous)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Prepared, Any, bool], bool]:
    # The operator's name reads "request value OP policy value".
    return lambda prepared, value, _generous: test(value, prepared)


def _text(
    name: str, read: Callable[[str], Prepared], matches: Callable[[Prepared, Any, bool], bool], **more: Any
) -> Operator:
    return Operator(name, "String", read, more.pop("parse", str), matches, variables="yes", **more)


def _arn(name: str, *, negated: bool = False) -> Operator:
    return Operator(name, "ARN", _arn_pattern, str, _arn_matches, negated=negated, wildcards=True, variables="yes")


def _number(name: str, test: Callable[[Any, Any], bool], *, negated: bool = False) -> Operator:
    return Operator(name, "Numeric", values.number, values.number, _ordered(test), negated=negated)


def _date(name: str, test: Callable[[Any, Any], bool], *, negated: bool = False) -> Operator:
    return Operator(name, "Date", values.instant, values.instant, _ordered(test), negated=negated)


def _ip(name: str, *, negated: bool = False) -> Operator:
    return Operator(name, "IPAddress", values.networks, values.address, _in_network, negated=negated)


ROWS: tuple[Operator, ...] = (
    _text("StringEquals", str, same),
    _text("StringNotEquals", str, same, negated=True),
    _text("StringEqualsIgnoreCase", str.lower, same, parse=str.lower),
    _text("StringNotEqualsIgnoreCase", str.lower, same, parse=str.lower, negated=True),
    _text("StringLike", compile_glob, _like, wildcards=True),
    _text("StringNotLike", compile_glob, _like, wildcards=True, negated=True),
    _number("NumericEquals", compare.eq),
    _number("NumericNotEquals", compare.eq, negated=True),
    _number("NumericLessThan", compare.lt),
    _number("NumericLessThanEquals", compare.le),
    _number("NumericGreaterThan", compare.gt),
    _number("NumericGreaterThanEquals", compare.ge),
    _date("DateEquals", compare.eq),
    _date("DateNotEquals", compare.eq, negated=True),
    _date("DateLessThan", compare.lt),
    _date("DateLessThanEquals", compare.le),
    _date("DateGreaterThan", compare.gt),
    _date("DateGreaterThanEquals", compare.ge),
    Operator("Bool", "Bool", values.boolean, values.boolean, same, variables="uncertain"),
    Operator("BinaryEquals", "Binary", values.binary, values.binary, same),
    _ip("IpAddress"),
    _ip("NotIpAddress", negated=True),
    _arn("ArnEquals"),
    _arn("ArnNotEquals", negated=True),
    _arn("ArnLike"),
    _arn("ArnNotLike", negated=True),
    # Tests presence, not a value: the compiler of conditions uses only `read`.
    Operator("Null", "Null", values.boolean, str, same),
)

OPERATORS: Mapping[str, Operator] = {row.name: row for row in ROWS}
if len(OPERATORS) != len(ROWS):
    message = "an operator is listed twice"
    raise AssertionError(message)
