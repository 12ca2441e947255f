"""Decides one action of one caller on one key directly from the statements and grants for it, without a cell.

Comes in: a scope, an action, the context of a request. Goes out: an outcome, or None where it depends on the time or on
something unknown. Never here: other actions, reasons.

A cell answers for all actions and requests at once. Compiling one takes several times as long as evaluating the
statements for one action, so it pays off only from the second question about a caller and a key.
"""

from __future__ import annotations

from kms_eval.engine import decide
from kms_eval.engine.caller_policies import CallerPolicies, layer_index_of
from kms_eval.engine.cell import CLOCK, Outcome
from kms_eval.engine.conditions import Status
from kms_eval.engine.context import Context
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.grants import allowances
from kms_eval.engine.layers import GRANT, LAYERS, Layer
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope
from kms_eval.engine.unknowns import paths_are_known, unknown_facts
from kms_eval.records import record
from kms_eval.world.model import Key

_ABOUT_THE_KEY = tuple(layer for layer in LAYERS if not layer.part.follows_caller)
_MOST_KEYS = 50_000


@record
class _KeyRule:
    """A rule for a key and an action. `place` is the slot in which it counts, if that is the same for every caller."""

    layer: Layer
    rule: Rule
    named: frozenset[str] | None
    place: LayerIndex | None
    entries: dict[int, Entry]

    def entry(self, place: int, bit: int) -> Entry:
        """The rule as an entry that counts in the slot `place`; the same object for all callers with that slot."""
        entry = self.entries.get(place)
        if entry is None:
            entry = self.entries[place] = Entry(self.layer.name, place, bit, self.rule)
        return entry


class Uncompiled:
    """Decides without cells. What it caches about keys is bounded and can be computed again."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._paths_known = paths_are_known(evaluator.world)
        self._key_rules: dict[tuple[Key | None, int, bool], tuple[_KeyRule, ...]] = {}

    def outcome(self, scope: Scope, bit: int, context: Context) -> Outcome | None:
        """The decision about one action, given as its bit; None where it depends on the time or something unknown."""
        if unknown_facts(scope, paths_known=self._paths_known):
            return None
        side = self._evaluator.policies_of_caller(scope)
        sums = list(side.sums)
        for entry in self._entries(scope, side, bit):
            place = entry.layer_index
            if sums[place] & bit:
                continue
            rule = entry.rule
            if rule is None:
                if entry.unknowns:
                    return None
                counts = entry.applies(context)
            elif rule.open or not CLOCK.isdisjoint(rule.needs):
                return None
            else:
                counts = _applies(entry, rule, side, context)
            if counts:
                sums[place] |= bit
        if sums[LayerIndex.DENY] & bit:
            return "explicitDeny"
        return "allowed" if decide.allowed(sums, side.shape(scope)) & bit else "implicitDeny"

    def _entries(self, scope: Scope, side: CallerPolicies, bit: int) -> list[Entry]:
        entries = [entry for entry in side.rest if entry.actions & bit]
        names, caller = side.audience.names, scope.caller
        for each in self._about(scope, bit):
            if each.named is None or not each.named.isdisjoint(names):
                place = each.place if each.place is not None else layer_index_of(each.rule, caller, each.layer)
                if place is not None:
                    entries.append(each.entry(place, bit))
        key = scope.target.key
        if key is not None and (key.grants or key.open_grants):
            entries += [Entry(GRANT, each.layer_index, bit, allowance=each) for each in allowances(scope, about=bit)]
        return entries

    def _about(self, scope: Scope, bit: int) -> tuple[_KeyRule, ...]:
        # Apart from the key and the action, only `service_linked` affects which documents are in force.
        about = scope.target.key, bit, scope.caller.service_linked
        found = self._key_rules.get(about)
        if found is None:
            if len(self._key_rules) >= _MOST_KEYS:
                self._key_rules.clear()
            found = self._key_rules[about] = tuple(
                _KeyRule(layer, rule, rule.named, _place_for_anybody(rule), {})
                for layer in _ABOUT_THE_KEY
                for group in layer.documents(scope) or ()
                for policy in group
                for rule in self._evaluator.rules(policy)
                if rule.actions & layer.actions & bit and rule.resource is not None
            )
        return found


def _place_for_anybody(rule: Rule) -> LayerIndex | None:
    principals = rule.statement.principals
    if principals is None or all(entry.kind != "*" for entry in principals):
        return None
    return LayerIndex.DENY if rule.effect == "Deny" else LayerIndex.DIRECT


def _applies(entry: Entry, rule: Rule, side: CallerPolicies, context: Context) -> bool:
    situation = context.situation
    if not rule.needs:
        return entry.applies_to_all(situation.scope.target)
    if not rule.of_caller or not rule.needs.isdisjoint(situation.circumstances.given.values):
        return entry.applies(context)
    about = rule, situation.action, situation.scope.target.region
    found = side.known_statuses.get(about)
    if found is None:
        found = side.known_statuses[about] = Status.HOLDS if entry.applies(context) else Status.FAILS
    return found is Status.HOLDS
