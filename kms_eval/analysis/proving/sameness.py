"""Which searches have the same outcome, judged by the content of conditions, not by the statements that have them.

Comes in: partially evaluated cells of one question, actions. Goes out: values that are equal only if a search for
request values finds the same. Never here: searching.

INVARIANT: whatever a search reads from a cell, the caller or the key is in the value, or there is no value. If each
principal of an organization has its own policy, most of these have equal conditions; what was proved for one then holds
for all.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from kms_eval.analysis.access.open_conditions import OpenConditions
from kms_eval.analysis.access.partial_evaluation import OWN_POLICY, PartialEvaluation
from kms_eval.engine.conditions import Test
from kms_eval.engine.context import Context
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.masks import ACROSS_ACCOUNTS, CREATE_GRANT, ON_ALIAS, RETIRE_GRANT, actions_in
from kms_eval.engine.readings import Alternatives
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Situation
from kms_eval.language.variables import Template


class Sameness:
    """Compares searches for one question, whose `open_conditions` these are."""

    def __init__(self, open_conditions: OpenConditions) -> None:
        self._open_conditions = open_conditions
        self._numbers: dict[Hashable, int] = {}
        self._rules: dict[Rule, int | None] = {}
        self._tests: dict[Test, int] = {}

    def of_actions(self, halves: Sequence[tuple[int, PartialEvaluation]], mask: int) -> Hashable | None:
        """A value that is equal for equal searches for these actions; None if it depends on facts of the caller or key.

        Each half comes with the actions that need it.
        """
        said: list[Hashable] = [mask]
        for covered, evaluated in halves:
            if evaluated.cell.unknown_facts:
                return None
            said.append(covered & mask)
            said += _outline(evaluated)
            said += [value & mask for value in evaluated.sums]
            speaking: dict[Hashable, None] = {}
            for entry in evaluated.pending:
                if entry.actions & mask:
                    about = self._entry(entry)
                    if about is None:
                        return None
                    speaking[entry.layer_index, entry.actions & mask, about] = None
            said.append(tuple(speaking))
        return tuple(said)

    def of_action(self, halves: Sequence[PartialEvaluation], bit: int) -> Hashable:
        """A value that is equal for equal searches for one action, even if they are for different actions."""
        action = actions_in(bit)[0].name.lower()
        said: list[Hashable] = [bool(bit & kind) for kind in _DECISIVE]
        for evaluated in halves:
            said += _outline(evaluated)
            said += [bool(value & bit) for value in evaluated.sums]
            speaking: dict[Hashable, None] = {}
            for entry in evaluated.pending:
                # An Allow adds nothing if its layer allows already.
                if entry.actions & bit and (
                    entry.layer_index == LayerIndex.DENY or not evaluated.sums[entry.layer_index] & bit
                ):
                    speaking[entry.layer_index, self._open(entry, evaluated, action)] = None
            said.append(tuple(speaking))
        return tuple(said)

    def _entry(self, entry: Entry) -> Hashable | None:
        if entry.rule is None:
            return _without_rule(entry)
        if entry.rule not in self._rules:
            self._rules[entry.rule] = self._rule(entry.rule)
        return self._rules[entry.rule]

    def _rule(self, rule: Rule) -> int | None:
        tests = rule.condition.tests if rule.condition is not None else ()
        if rule.open or (rule.resource is not None and rule.resource.needs) or any(map(_has_variables, tests)):
            return None
        return self._number(("rule", *map(self._test, tests)))

    def _open(self, entry: Entry, evaluated: PartialEvaluation, action: str) -> Hashable:
        """What is open in an entry, with the values of what is not."""
        if entry.rule is None:
            return _without_rule(entry)
        scope, unknown = evaluated.cell.scope, evaluated.unknown
        tests = tuple(self._open_conditions.open_tests(entry, scope, unknown, action))
        resource = self._open_conditions.open_variables(entry, scope, unknown, action)
        facts: list[Hashable] = []
        for test in tests:
            if _has_variables(test):
                context = Context(Situation(scope, action, self._open_conditions.circumstances))
                still = self._open_conditions.open_among(test.needs, scope, unknown, action)
                facts += [_hashable(context, key) for key in sorted(test.needs - still)]
                facts += sorted(still)
        return (bool(entry.unknowns), resource, tuple(map(self._test, tests)), tuple(facts))

    def _test(self, test: Test) -> int:
        known = self._tests.get(test)
        if known is None:
            variables = _has_variables(test)
            said = (test.written, tuple(sorted(test.iam_only_in_key_policy)), variables)
            known = self._tests[test] = self._number(said)
        return known

    def _number(self, said: Hashable) -> int:
        return self._numbers.setdefault(said, len(self._numbers))


_DECISIVE = (ON_ALIAS, ACROSS_ACCOUNTS, RETIRE_GRANT, CREATE_GRANT)
"""The differences between actions that matter when layers are combined."""


def _outline(evaluated: PartialEvaluation) -> Iterator[Hashable]:
    """The other differences between cells, whatever the action."""
    shape = evaluated.cell.shape
    yield from (shape.own_account, shape.root, shape.target, shape.same_partition, shape.task_only)
    yield from (shape.limits, shape.grant_limits, shape.gates, evaluated.cell.scope.caller.kind, evaluated.unknown)


def _without_rule(entry: Entry) -> Hashable:
    allowance = entry.allowance
    if allowance is None:
        return "own policy" if entry is OWN_POLICY else id(entry)
    grant, itself = allowance.grant, allowance.actions & (RETIRE_GRANT | CREATE_GRANT)
    return ("grant", id(grant) if itself else grant.constraints, itself, bool(entry.unknowns))


def _has_variables(test: Test) -> bool:
    return any(isinstance(value, Template) for value in test.values)


def _hashable(context: Context, key: str) -> Hashable:
    found = context.get(key)
    return (key, found.readings) if isinstance(found, Alternatives) else (key, found)
