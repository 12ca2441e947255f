"""How a statement that denies could spare the request: by the request itself, or by narrowing the statement.

Comes in: a trace and its denying entry. Goes out: options. Never here: deciding; `advise` tries them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kms_eval.analysis.advising.conditions import Subject, spare
from kms_eval.analysis.advising.edits import Edit, on_statement
from kms_eval.analysis.advising.limits import can_edit
from kms_eval.analysis.advising.places import Where, attached
from kms_eval.analysis.advising.proposals import Option, nameable
from kms_eval.documents.model import ConditionTest, Policy, PrincipalEntry, Statement
from kms_eval.engine.entries import Entry
from kms_eval.engine.trace import Trace


def against_deny(trace: Trace, denying: Entry) -> Iterator[Option]:
    """Every way to make one denying statement spare the request."""
    rule, part = denying.rule, trace.ruling.part
    if rule is None:
        return
    found = next(((w, p) for w, p in attached(part) if p is rule.policy and w.layer == denying.layer), None)
    if found is None:
        return
    where, policy = found
    subject = Subject(trace, where, policy, rule.statement)
    for test in rule.condition.tests if rule.condition is not None else ():
        for edit in spare(subject, test):
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

        def listed(there: Statement) -> Statement:
            more = tuple(PrincipalEntry(entry.kind, value) for value in missing)
            return replace(there, not_principals=(*(there.not_principals or ()), *more))

        names = ", ".join(f"`{value}`" for value in missing)
        if missing:
            yield on_statement(where, policy, statement, "add-not-principal", 25, listed,
                               {"element": "NotPrincipal", "add": missing},
                               f"add {names} to the NotPrincipal of {{it}}")  # fmt: skip
    if caller.kind == "service":
        test = ConditionTest("Bool", "", if_exists=True, key="aws:PrincipalIsAWSService", values=("false",))
    else:
        test = ConditionTest("ArnNotEquals", "", if_exists=False, key="aws:PrincipalArn", values=(entry.value,))
    if any(
        each.operator == test.operator and each.key.lower() == test.key.lower() for each in statement.condition or ()
    ):
        return

    def excepted(there: Statement) -> Statement:
        return replace(there, condition=(*(there.condition or ()), test))

    operator = test.operator + "IfExists" * test.if_exists
    yield on_statement(where, policy, statement, "narrow-deny", 35, excepted,
                       {"element": "Condition", "operator": operator, "key": test.key, "add": list(test.values)},
                       f"let {{it}} spare the caller: add {operator} {test.key} `{test.values[0]}`")  # fmt: skip
