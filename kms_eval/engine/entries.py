"""A statement or grant that applies to one caller and may apply to one resource, and the slot in which it counts.

Comes in: compiled rules and grants. Goes out: entries that can be evaluated for a request. Never here: which of them
apply (`caller_policies` and `cell` gather them), combining.
"""

from __future__ import annotations

from kms_eval.engine.conditions import Status, Test, condition_of
from kms_eval.engine.context import Context
from kms_eval.engine.grants import Allowance
from kms_eval.engine.layers import Layer
from kms_eval.engine.readings import NOTHING
from kms_eval.engine.resources import Target
from kms_eval.engine.rules import Rule
from kms_eval.formats.unknown import Unknown
from kms_eval.records import record


@record
class Entry:
    """A rule or grant for the scope's caller: its layer, the slot in which it counts, and the actions it covers."""

    layer: str
    layer_index: int
    actions: int
    rule: Rule | None = None
    allowance: Allowance | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The condition keys (lower case) that its rule depends on; always empty for a grant, even with constraints."""
        return self.rule.needs if self.rule is not None else frozenset()

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns because of which it may or may not count; empty where nothing about it is unknown."""
        if self.allowance is not None:
            return () if self.allowance.unknown is None else (self.allowance.unknown,)
        return self.rule.open if self.rule is not None else ()

    @property
    def counts_always(self) -> bool:
        """Whether it counts for every resource in every request."""
        rule = self.rule
        if rule is None or rule.resource is None or rule.needs or rule.open or not rule.resource.everything:
            return False
        # Without a key to ask for, the Condition is absent or empty.
        return rule.condition is None or rule.effect == "Deny"

    def applies(self, context: Context) -> bool:
        """Whether it counts in this request: a Deny if it applies in either reading, an Allow if in both."""
        if self.allowance is not None:
            return self.allowance.holds is None or self.allowance.holds(context)
        rule = self.rule
        if rule is None or rule.resource is None:
            return False
        generous, resource = rule.effect == "Deny", rule.resource
        if not resource.everything and not resource.covers(context.situation.scope.target, context, generous=generous):
            return False
        return rule.condition is None or rule.condition.holds(context, generous=generous)

    def applies_to_all(self, target: Target) -> bool:
        """Whether a rule that needs no condition key applies to the target, and so in every request about it."""
        rule = self.rule
        if rule is None or rule.resource is None:
            return False
        generous = rule.effect == "Deny"
        if not rule.resource.covers(target, NOTHING, generous=generous):
            return False
        # Without a key to ask for, the Condition is absent or empty.
        return rule.condition is None or generous

    def failed_tests(self, context: Context) -> tuple[Test, ...]:
        """The tests of its condition that do not hold in the request, each evaluated separately."""
        if self.rule is None or self.rule.condition is None:
            return ()
        generous = self.rule.effect == "Deny"
        tests = self.rule.condition.tests
        return tuple(test for test in tests if not condition_of((test,)).holds(context, generous=generous))

    def status(self, context: Context, open_keys: frozenset[str]) -> Status:
        """Whether it applies while these keys (lower case) may still have any value."""
        rule = self.rule
        if rule is None or rule.resource is None:
            return Status.HOLDS if self.applies(context) else Status.FAILS
        generous = rule.effect == "Deny"
        open_resource = not open_keys.isdisjoint(rule.resource.needs)
        target = context.situation.scope.target
        if not open_resource and not rule.resource.covers(target, context, generous=generous):
            return Status.FAILS
        status = Status.HOLDS
        if rule.condition is not None:
            status = rule.condition.status(context, open_keys, generous=generous)
        return Status.OPEN if open_resource and status is Status.HOLDS else status


@record
class InForce:
    """A layer that is in force in a scope, and the slots in which its groups' Allow statements count."""

    layer: Layer
    layer_indexes: tuple[int, ...]
