"""Statements, compiled once: the actions as one integer, resource and condition ready for evaluation.

Comes in: parsed policies. Goes out: rules. Never here: callers, requests, layers.
"""

from __future__ import annotations

from kms_eval.documents.model import Effect, Policy, Statement
from kms_eval.engine.conditions import Condition, compile_condition
from kms_eval.engine.context import is_of_caller
from kms_eval.engine.masks import EVERYTHING, UNPUBLISHED, covered
from kms_eval.engine.resources import ResourceTest, resource_test
from kms_eval.formats.unknown import Unknown
from kms_eval.records import record


@record
class Rule:
    """One statement of one policy, compiled. `condition` None means no Condition element.

    `actions` are the published actions that it covers; `covers` says whether it covers an unpublished one. `needs` are
    the condition keys (lower case) of Resource and Condition. `open` holds the unknowns because of which it may or may
    not count.
    """

    policy: Policy
    statement: Statement
    effect: Effect
    actions: int
    resource: ResourceTest | None
    condition: Condition | None
    needs: frozenset[str]
    open: tuple[Unknown, ...]
    named: frozenset[str] | None
    """Everything that its Principal names, None without one: a fast way to see that a rule is not for a caller."""
    of_caller: bool
    """Whether it covers every resource, and needs only condition keys that depend on caller and Region alone."""

    def covers(self, unpublished: str | None) -> int:
        """The actions that it covers, including the unpublished action (lower case) if its patterns cover that."""
        return self.actions if unpublished is None else _actions(self.statement, unpublished)


def compile_policy(policy: Policy) -> tuple[Rule, ...]:
    """All rules of a policy, in its order."""
    return tuple(_compile(policy, statement) for statement in policy.statements)


def _compile(policy: Policy, statement: Statement) -> Rule:
    resource = resource_test(policy, statement)
    condition = compile_condition(policy, statement.condition) if statement.condition is not None else None
    needs = (resource.needs if resource else frozenset()) | (condition.needs if condition else frozenset())
    principals = statement.principals
    named = frozenset(entry.value for entry in principals) if principals is not None else None
    return Rule(
        policy,
        statement,
        statement.effect,
        _actions(statement, None),
        resource,
        condition,
        needs,
        statement.open,
        named,
        of_caller=resource is not None and resource.everything and all(map(is_of_caller, needs)),
    )


def _actions(statement: Statement, unpublished: str | None) -> int:
    if statement.actions is not None:
        return covered(statement.actions, unpublished)
    if statement.not_actions is not None and (statement.not_actions or statement.effect == "Deny"):
        # ASSUMPTION C14: with an empty NotAction an Allow does not apply, and a Deny denies everything.
        everything = EVERYTHING if unpublished is not None else EVERYTHING & ~UNPUBLISHED
        return everything & ~covered(statement.not_actions, unpublished)
    # A key policy statement without Action is stored and has no effect (semantics R7).
    return 0
