"""Principals between whom nothing in a world tells apart but their names: one of them answers for all.

Comes in: people. Goes out: the first of each kind. Never here: deciding.
INVARIANT: whatever a layer or a fact reads of a caller is compared, or keeps the caller from being grouped at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from kms_eval.analysis.checking.everybody import Someone
from kms_eval.documents.model import Policy
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.principals import names_of
from kms_eval.world.model import Caller, policies_of

_OF_ONE = frozenset({"aws:principalarn", "aws:userid", "aws:username"})


class Alike:
    """Tells principals of one world apart."""

    def __init__(self, evaluator: Evaluator) -> None:
        rules = [rule for policy in policies_of(evaluator.world) for rule in evaluator.rules(policy)]
        self._told_apart = any(not _OF_ONE.isdisjoint(rule.needs) for rule in rules)
        statements = [rule.statement for rule in rules]
        entries = [each for statement in statements for each in (statement.principals or ())]
        entries += [each for statement in statements for each in (statement.not_principals or ())]
        self._named = {entry.value for entry in entries}
        for key in evaluator.world.keys.values():
            for grant in key.grants:
                self._named |= {text for text in (grant.grantee_principal, grant.retiring_principal) if text}

    def first_ones(self, people: Sequence[Someone]) -> tuple[Someone, ...]:
        """One of each kind, in their order."""
        if self._told_apart:
            return tuple(people)
        found: dict[Hashable, Someone] = {}
        for someone in people:
            found.setdefault(self._kind(someone), someone)
        return tuple(found.values())

    def _kind(self, someone: Someone) -> Hashable:
        caller = someone.asker.caller
        principal = caller.principal
        plain = someone.arns is None and principal is not None and caller.arn == principal.arn
        if not plain or principal is None or self._names(caller):
            return someone
        return (
            (caller.kind, caller.account, caller.partition, caller.service_linked, principal.path, principal.known),
            (someone.asker.described, someone.asker.open_policies, someone.asker.unknown),
            tuple(map(_said, principal.policies)),
            _said(principal.boundary) if principal.boundary is not None else None,
            tuple(sorted(principal.tags.items())),
        )

    def _names(self, caller: Caller) -> bool:
        own = names_of(caller) - {"*", caller.account, f"arn:{caller.partition}:iam::{caller.account}:root"}
        return not own.isdisjoint(self._named)


def _said(policy: Policy) -> Hashable:
    return policy.kind, policy.variables, policy.statements
