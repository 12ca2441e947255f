"""How a Deny statement could stop matching the request: by changing the request, or by narrowing the statement.

Comes in: a trace and its denying entry. Goes out: options. Never here: deciding; `advise` tries them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kms_eval.analysis.advising.conditions import Subject, fail_test
from kms_eval.analysis.advising.edits import Edit, on_statement, one_less
from kms_eval.analysis.advising.limits import can_edit
from kms_eval.analysis.advising.places import Where, attached
from kms_eval.analysis.advising.proposals import Option, nameable
from kms_eval.documents.model import ConditionTest, Policy, PrincipalEntry, Statement
from kms_eval.engine.entries import Entry
from kms_eval.engine.masks import CREATE_GRANT
from kms_eval.engine.trace import Trace
from kms_eval.language.operators import OPERATORS


def against_deny(trace: Trace, denying: Entry) -> Iterator[Option]:
    """Every way to make one Deny statement not match the request."""
    rule, part = denying.rule, trace.ruling.part
    if rule is None:
        return
    found = next(((w, p) for w, p in attached(part) if p is rule.policy and w.layer == denying.layer), None)
    if found is None:
        return
    where, policy = found
    subject = Subject(trace, where, policy, rule.statement)
    for test in rule.condition.tests if rule.condition is not None else ():
        for edit in fail_test(subject, test):
            yield (edit,)
    if can_edit(policy, part, where.layer):
        for edit in _narrowed(trace, where, policy, rule.statement):
            yield (edit,)


def _narrowed(trace: Trace, where: Where, policy: Policy, statement: Statement) -> Iterator[Edit]:
    part = trace.ruling.part
    caller = part.scope.caller
    entry = nameable(trace)
    if statement.not_principals is not None:
        wanted = {entry.value, caller.arn} if caller.kind != "service" else {entry.value}
        if caller.account is not None:
            wanted.add(f"arn:{caller.partition}:iam::{caller.account}:root")
        missing = sorted(wanted - {each.value for each in statement.not_principals})
        if missing:
            yield _listed(where, policy, statement, entry, tuple(missing))
    grantee = _grantee(trace)
    if grantee is not None and any(each.key.lower().startswith("kms:grant") for each in statement.condition or ()):
        key, name = grantee
        test = ConditionTest("StringNotEquals", "", if_exists=False, key=key, values=(name,))
        if not _excludes_values(statement, key):
            yield _excepting(where, policy, statement, test, 30, f"grants for `{name}`")
    if caller.kind == "service":
        test = ConditionTest("Bool", "", if_exists=True, key="aws:PrincipalIsAWSService", values=("false",))
    else:
        test = ConditionTest("ArnNotEquals", "", if_exists=False, key="aws:PrincipalArn", values=(entry.value,))
    if not _excludes_values(statement, test.key):
        yield _excepting(where, policy, statement, test, 35, "the caller")


def _excludes_values(statement: Statement, key: str) -> bool:
    """Whether the statement already excludes values of the key: then another value is added to that test instead."""
    return any(
        each.key.lower() == key.lower() and OPERATORS[each.operator].negated for each in statement.condition or ()
    )


def _grantee(trace: Trace) -> tuple[str, str] | None:
    """The condition key for the grantee of the grant to be created, and its value; None where there is none."""
    context = trace.ruling.context
    if trace.ruling.bit == CREATE_GRANT:
        for key in ("kms:GranteePrincipal", "kms:GranteeServicePrincipal"):
            value = context.text(key.lower())
            if value is not None and not set(value) & set("*?$"):
                return key, value
    return None


def _listed(
    where: Where, policy: Policy, statement: Statement, entry: PrincipalEntry, missing: tuple[str, ...]
) -> Edit:
    def listed(there: Statement) -> Statement:
        more = tuple(PrincipalEntry(entry.kind, value) for value in missing)
        return replace(there, not_principals=(*(there.not_principals or ()), *more))

    names = ", ".join(f"`{value}`" for value in missing)
    smaller = one_less(missing, lambda fewer: _listed(where, policy, statement, entry, fewer))
    return on_statement(where, policy, statement, "add-not-principal", 25, listed,
                        {"element": "NotPrincipal", "add": list(missing)},
                        f"add {names} to the NotPrincipal of {{it}}", smaller)  # fmt: skip


def _excepting(  # noqa: PLR0917 - the parts of an edit, in its order
    where: Where, policy: Policy, statement: Statement, test: ConditionTest, size: int, whom: str
) -> Edit:
    """The Deny narrowed by a further test."""

    def excepted(there: Statement) -> Statement:
        return replace(there, condition=(*(there.condition or ()), test))

    operator = test.operator + "IfExists" * test.if_exists
    return on_statement(where, policy, statement, "narrow-deny", size, excepted,
                        {"element": "Condition", "operator": operator, "key": test.key, "add": list(test.values)},
                        f"let {{it}} spare {whom}: add {operator} {test.key} `{test.values[0]}`")  # fmt: skip
