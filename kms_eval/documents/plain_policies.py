"""A fast path for policies that are plainly right: each distinct part is checked only once.

Comes in: the plain value of a document. Goes out: its statements; or none, where `grammar` has to read it.
Never here: what is wrong with a document, and rules of its own: the checks of `validity` and its neighbours say whether
an action, a principal or a condition is right, and each distinct one is checked once.

In an account with thousands of policies most repeat the same actions, principals and conditions, on different
resources. INVARIANT: what is read here, `grammar` reads with the same result, without a fault or a warning other than
about its length; and all its characters are printable ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from kms_eval.documents.conditions import condition_remarks, condition_tests
from kms_eval.documents.forms import Kind, Unsure, mapping_of, string
from kms_eval.documents.kinds import texts
from kms_eval.documents.model import ConditionTest, PolicyKind, PrincipalEntry, Statement
from kms_eval.documents.principals import aws_remarks, service_remarks
from kms_eval.documents.validity import action_remarks
from kms_eval.facts.partitions import PARTITIONS
from kms_eval.records import record

_CURRENT = "2012-10-17"
_DOCUMENT = frozenset({"Version", "Statement"})
_WITH_ID = frozenset({"Version", "Id", "Statement"})
_ALWAYS = frozenset({"Effect", "Action", "Resource"})
_SOMETIMES = frozenset({"Sid", "Condition"})
_SID = re.compile(r"[A-Za-z0-9]*")
# Six fields, and no characters that could make a policy variable.
_RESOURCE = re.compile(
    rf"arn:(?:{'|'.join(sorted(PARTITIONS))}):[A-Za-z0-9-]+:[a-z0-9*-]*:[0-9*]*:[\w/+=,.@:*?~()!^-]+", re.ASCII
)
_EVERYTHING = ("*",)

OF_RESOURCES = frozenset({PolicyKind.KEY, PolicyKind.ENDPOINT})
OF_IDENTITIES = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION})
_READ = OF_RESOURCES | OF_IDENTITIES | {PolicyKind.SCP}
"""Kinds that are read here. RCPs have a grammar of their own, and are not."""

_MOST = 16_384
"""How many distinct parts of each type are remembered."""


@record
class _Form:
    """What policies of a kind have, and what was found right so far.

    `names` are the elements of the document, `needed` those that each statement needs. `layouts` are sequences of a
    statement's elements, `conditions` the tests of a Condition by its text (None: it is not plainly right).
    """

    kind: PolicyKind
    names: frozenset[str]
    needed: frozenset[str]
    with_principal: bool
    layouts: set[tuple[object, ...]]
    conditions: dict[str, tuple[ConditionTest, ...] | None]


def _form(kind: PolicyKind) -> _Form:
    of_resource = kind in OF_RESOURCES
    names, needed = (_WITH_ID, _ALWAYS | {"Principal"}) if of_resource else (_DOCUMENT, _ALWAYS)
    return _Form(kind, names, needed, of_resource, set(), {})


_FORMS: Mapping[PolicyKind, _Form] = {kind: _form(kind) for kind in PolicyKind if kind in _READ}


def plain_statements(value: Mapping[object, object], kind: PolicyKind) -> tuple[Statement, ...]:
    """The statements of a document that is plainly right; empty where `grammar` has to read it."""
    form = _FORMS.get(kind)
    if form is None or value.get("Version") != _CURRENT or not value.keys() <= form.names:
        return ()
    listed = value.get("Statement")
    if type(listed) is dict:
        listed = [listed]
    if type(listed) is not list:
        return ()
    try:
        _text(value.get("Id", ""))
        statements = tuple([_statement(index, each, form) for index, each in enumerate(listed)])
    except Unsure:
        return ()
    return () if kind in OF_IDENTITIES and not _names_apart(statements) else statements


def _statement(index: int, value: object, form: _Form) -> Statement:
    if type(value) is not dict or not (tuple(value) in form.layouts or _is_layout(value, form)):
        raise Unsure
    effect = value["Effect"]
    if effect != "Allow" and effect != "Deny":  # noqa: PLR1714 - it may be what a set cannot have
        raise Unsure
    return Statement(
        index,
        _text(value["Sid"]) if "Sid" in value else None,
        effect,
        _principals(value["Principal"]) if form.with_principal else None,
        None,
        _actions(value["Action"]),
        None,
        _resources(value["Resource"]),
        None,
        _condition(value["Condition"], form) if "Condition" in value else None,
    )


def _is_layout(statement: dict[object, object], form: _Form) -> bool:
    right = form.needed <= statement.keys() <= form.needed | _SOMETIMES
    if right:
        form.layouts.add(tuple(statement))
    return right


def _text(value: object) -> str:
    if type(value) is str and value.isascii() and value.isprintable():
        return value
    raise Unsure


def _names_apart(statements: tuple[Statement, ...]) -> bool:
    """Whether IAM accepts the Sids: only letters and digits, and no Sid twice."""
    sids = [statement.sid for statement in statements if statement.sid]
    return all(map(_SID.fullmatch, sids)) and len({*sids}) == len(sids)


def _actions(value: object) -> tuple[str, ...]:
    try:
        found = _right_actions(tuple(value) if type(value) is list else (value,))
    except TypeError:  # an item that is not hashable
        raise Unsure from None
    if not found:
        raise Unsure
    return found


@lru_cache(_MOST)
def _right_actions(texts: tuple[object, ...]) -> tuple[str, ...]:
    """The same texts, if all are actions without any remark; otherwise empty."""
    try:
        actions = tuple(map(_text, texts))
    except Unsure:
        return ()
    return () if any(action_remarks("Action", actions)) else actions


def _resources(value: object) -> tuple[str, ...]:
    if value == "*":
        return _EVERYTHING
    texts = tuple(value) if type(value) is list else (value,)
    if not texts:
        raise Unsure
    for text in texts:
        if type(text) is not str or not (text == "*" or _RESOURCE.fullmatch(text)):
            raise Unsure
    return texts


def _principals(value: object) -> tuple[PrincipalEntry, ...]:
    if value == "*":
        return _ANYBODY
    if type(value) is not dict or not value.keys() <= _CALLERS.keys():
        raise Unsure
    entries: list[PrincipalEntry] = []
    for name, right in _CALLERS.items():
        texts = value.get(name, ())
        for text in texts if type(texts) is list else (texts,) if type(texts) is str else ():
            entry = right(text) if type(text) is str else None
            if entry is None:
                raise Unsure
            entries.append(entry)
        if texts == [] or (name in value and type(texts) not in (list, str)):
            raise Unsure
    if not entries:
        raise Unsure
    return tuple(entries)


@lru_cache(_MOST)
def _caller(text: str) -> PrincipalEntry | None:
    right = text.isascii() and text.isprintable() and (text == "*" or not any(aws_remarks(text)))
    return PrincipalEntry("AWS", text) if right else None


@lru_cache(_MOST)
def _service(text: str) -> PrincipalEntry | None:
    return (
        PrincipalEntry("Service", text)
        if text.isascii() and text.isprintable() and not any(service_remarks(text))
        else None
    )


_ANYBODY = (PrincipalEntry("*", "*"),)
_CALLERS = {"AWS": _caller, "Service": _service}


def _condition(value: object, form: _Form) -> tuple[ConditionTest, ...]:
    if type(value) is not dict:
        raise Unsure
    # The repr of a value distinguishes what JSON does: 1, true and "1".
    known, text = form.conditions, repr(value)
    if text not in known:
        if len(known) >= _MOST:
            known.clear()
        known[text] = _right_condition(value, form.kind) if text.isascii() and "\\" not in text else None
    tests = known[text]
    if tests is None:
        raise Unsure
    return tests


def _right_condition(value: object, kind: PolicyKind) -> tuple[ConditionTest, ...] | None:
    """The tests of a Condition without any remark, in which all values are strings; otherwise None."""
    try:
        block = _BLOCK(value)
    except Unsure:
        return None
    return None if any(condition_remarks(block, kind, substitutes=True)) else condition_tests(block)


_BLOCK: Kind = mapping_of(string, mapping_of(string, texts))
