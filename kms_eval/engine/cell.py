"""Everything that one caller may do on one resource, for all actions at once.

Comes in: a scope and compiled rules. Goes out: masks of what is settled whatever the request says, and the short
list of rules that still depend on it. Never here: combining (that is `decide`), words.

A rule folds into the masks as far as its principal, resource and conditions need nothing from the request. The same
algebra, run once with every open Allow off and Deny on and once the other way round, tells what is settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal

from kms_eval.documents.model import Policy
from kms_eval.engine import decide
from kms_eval.engine.conditions import Status
from kms_eval.engine.context import Context, carried, is_fixed
from kms_eval.engine.decide import FIRST_FREE_SLOT, Shape, Slot
from kms_eval.engine.grants import Allowance, allowances
from kms_eval.engine.layers import GRANT, LAYERS, Layer, Part
from kms_eval.engine.masks import BIT, EVERYTHING, UNPUBLISHED
from kms_eval.engine.principals import Grade, grade, names_of, spared
from kms_eval.engine.readings import NOTHING
from kms_eval.engine.resources import Target
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope, Situation
from kms_eval.records import record

Outcome = Literal["allowed", "explicitDeny", "implicitDeny"]
Rules = Callable[[Policy], tuple[Rule, ...]]

CLOCK = frozenset({"aws:currenttime", "aws:epochtime"})

_SLOT_OF_GRADE = {Grade.DIRECT: Slot.DIRECT, Grade.LIMITED: Slot.LIMITED, Grade.DELEGATED: Slot.DELEGATED}


@record
class Entry:
    """A rule or grant that speaks to the scope's caller about the scope's resource, and the slot its word counts in."""

    layer: str
    slot: int
    actions: int
    rule: Rule | None = None
    allowance: Allowance | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The condition keys (lower case) its word depends on; a grant's questions are not put in condition keys."""
        return self.rule.needs if self.rule is not None else frozenset()

    def applies(self, context: Context) -> bool:
        """Whether its word counts in this request. A Deny counts under either reading, an Allow under both."""
        if self.allowance is not None:
            return self.allowance.holds is None or self.allowance.holds(context)
        rule = self.rule
        if rule is None or rule.resource is None:
            return False
        generous = rule.effect == "Deny"
        if not rule.resource.covers(context.situation.scope.target, context, generous=generous):
            return False
        return rule.condition is None or rule.condition.holds(context, generous=generous)

    def applies_to_all(self, target: Target) -> bool:
        """Whether a rule that needs no condition key counts: then it does in every request about the target."""
        rule = self.rule
        if rule is None or rule.resource is None:
            return False
        generous = rule.effect == "Deny"
        if not rule.resource.covers(target, NOTHING, generous=generous):
            return False
        # Without a key to ask for, the Condition is absent or empty.
        return rule.condition is None or generous

    def status(self, context: Context, is_open: Callable[[str], bool]) -> Status:
        """What can be said of its word while the keys `is_open` names may still have any value."""
        rule = self.rule
        if rule is None or rule.resource is None:
            return Status.HOLDS if self.applies(context) else Status.FAILS
        generous = rule.effect == "Deny"
        open_resource = any(is_open(key) for key in rule.resource.needs)
        target = context.situation.scope.target
        if not open_resource and not rule.resource.covers(target, context, generous=generous):
            return Status.FAILS
        status = Status.HOLDS if rule.condition is None else rule.condition.status(context, is_open, generous=generous)
        return Status.OPEN if open_resource and status is Status.HOLDS else status


@record
class InForce:
    """A layer that is consulted in a scope, and the slots in which its groups' Allow statements count."""

    layer: Layer
    slots: tuple[int, ...]


@record
class Cell:
    """One caller on one resource, compiled. `folded` are the condition keys whose values went into the masks."""

    scope: Scope
    shape: Shape
    in_force: tuple[InForce, ...]
    entries: tuple[Entry, ...]
    sums: tuple[int, ...]
    pending: tuple[Entry, ...]
    folded: frozenset[str]
    allowed: int
    denied: int
    silent: int
    by_clock: int

    def decide(self, bit: int, context: Context) -> Outcome:
        """The decision about one action, given as its bit."""
        if self.allowed & bit:
            return "allowed"
        if self.denied & bit:
            return "explicitDeny"
        if self.silent & bit:
            return "implicitDeny"
        sums = self.sums_for(bit, lambda entry: entry.applies(context))
        if sums[Slot.DENY] & bit:
            return "explicitDeny"
        return "allowed" if decide.allowed(sums, self.shape) & bit else "implicitDeny"

    def sums_for(self, bit: int, counts: Callable[[Entry], bool]) -> list[int]:
        """The sums with those pending entries about the action that count."""
        sums = list(self.sums)
        for entry in self.pending:
            if entry.actions & bit and not sums[entry.slot] & bit and counts(entry):
                sums[entry.slot] |= bit
        return sums


def compile_cell(
    scope: Scope,
    rules: Rules,
    *,
    unpublished: str | None = None,
    unfolded: frozenset[str] = frozenset(),
    only_grant: str | None = None,
) -> Cell:
    """Compile a scope.

    `unpublished` is the action (lower case) that the extra bit stands for; `unfolded` are keys whose facts the question
    contradicts, so that they must not be folded; `only_grant` lets only that grant allow (Denies still count).
    """
    slots, entries, in_force = _entries(scope, rules, unpublished, only_grant)
    folding = _Folding(scope, unpublished, unfolded, [0] * slots.count, [], set())
    for entry in entries:
        folding.add(entry)
    sums, pending = folding.sums, folding.pending

    least, most = list(sums), list(sums)
    for entry in pending:
        (least if entry.slot == Slot.DENY else most)[entry.slot] |= entry.actions
    shape = Shape(
        own_account=scope.own_account,
        root=scope.caller.kind == "root",
        target=scope.target.kind,
        same_partition=scope.caller.partition == scope.target.partition,
        limits=tuple(slots.limits),
        grant_limits=tuple(slot for slot in slots.limits if slot not in slots.void),
        gates=tuple(slots.gates),
    )
    allowed = decide.allowed(least, shape) & ~least[Slot.DENY]
    silent = ~decide.allowed(most, shape) & ~least[Slot.DENY] & EVERYTHING
    by_clock = 0
    for entry in pending:
        by_clock |= entry.actions if not entry.needs.isdisjoint(CLOCK) else 0
    return Cell(
        scope, shape, tuple(in_force), tuple(entries), tuple(sums), tuple(pending), frozenset(folding.folded),
        allowed, sums[Slot.DENY], silent, by_clock,
    )  # fmt: skip


class _Slots:
    def __init__(self) -> None:
        self.count: int = FIRST_FREE_SLOT
        self.limits: list[int] = []
        self.gates: list[int] = []
        self.void: set[int] = set()

    def for_group(self, layer: Layer, group: tuple[Policy, ...]) -> int | None:
        """The slot in which a group's Allow statements count, whoever they speak to."""
        if layer.part is Part.IDENTITY:
            return Slot.IDENTITY
        if layer.part is Part.LIMIT or layer.part is Part.GATE:
            (self.limits if layer.part is Part.LIMIT else self.gates).append(self.count)
            if not group:
                self.void.add(self.count)
            self.count += 1
            return self.count - 1
        return None


def _entries(
    scope: Scope, rules: Rules, unpublished: str | None, only_grant: str | None
) -> tuple[_Slots, list[Entry], list[InForce]]:
    slots = _Slots()
    names = names_of(scope.caller)
    entries: list[Entry] = []
    in_force: list[InForce] = []
    for layer in LAYERS:
        groups = layer.documents(scope)
        if groups is None:
            continue
        group_slots = [slots.for_group(layer, group) for group in groups]
        in_force.append(InForce(layer, tuple(slot for slot in group_slots if slot is not None)))
        for group, group_slot in zip(groups, group_slots, strict=True):
            for policy in group:
                for rule in rules(policy):
                    if rule.named is not None and rule.named.isdisjoint(names):
                        continue
                    actions = rule.covers(unpublished) & layer.actions
                    slot = _slot(layer, rule, scope, group_slot) if actions else None
                    if slot is None or (only_grant is not None and slot in _SLOT_OF_GRADE.values()):
                        continue
                    entries.append(Entry(layer.name, slot, actions, rule))
    entries += _granted(scope, only_grant)
    return slots, entries, in_force


def _granted(scope: Scope, only_grant: str | None) -> Iterator[Entry]:
    for allowance in allowances(scope):
        if only_grant is None or allowance.grant.id == only_grant:
            yield Entry(GRANT, allowance.slot, allowance.actions, allowance=allowance)


def _slot(layer: Layer, rule: Rule, scope: Scope, group_slot: int | None) -> int | None:
    """Where a rule's word counts for the caller; None where it is not for the caller, or void."""
    statement, caller = rule.statement, scope.caller
    if rule.resource is None:
        return None
    if statement.not_principals is not None:
        # Only with Deny; documents with Allow and NotPrincipal are refused (semantics N1).
        return Slot.DENY if rule.effect == "Deny" and not spared(statement.not_principals, caller) else None
    if statement.principals is None:
        found = Grade.DIRECT
    else:
        found = grade(statement.principals, caller, rule.effect)
        if found is Grade.NONE:
            return None
    if rule.effect == "Deny":
        return Slot.DENY
    return _SLOT_OF_GRADE[found] if layer.part is Part.RESOURCE else group_slot


@record
class _Folding:
    """The masks while they are made: what is settled goes into `sums`, the rest waits in `pending`."""

    scope: Scope
    unpublished: str | None
    unfolded: frozenset[str]
    sums: list[int]
    pending: list[Entry]
    folded: set[str]

    def add(self, entry: Entry) -> None:
        if entry.allowance is not None and entry.allowance.holds is None:
            self.sums[entry.slot] |= entry.actions
        elif entry.rule is None:
            self.pending.append(entry)
        elif not entry.rule.needs:
            if entry.applies_to_all(self.scope.target):
                self.sums[entry.slot] |= entry.actions
        else:
            self._add_rule(entry)

    def _add_rule(self, entry: Entry) -> None:
        waiting = 0
        with_key = self.scope.target.kind == "key"
        for actions, action, fixed in _partition(entry.needs, self.unpublished, with_key=with_key):
            part = actions & entry.actions
            if not part:
                continue
            known = fixed - self.unfolded
            status = entry.status(Context(Situation(self.scope, action)), _outside(known))
            if status is Status.OPEN:
                waiting |= part
                continue
            self.folded.update(known)
            if status is Status.HOLDS:
                self.sums[entry.slot] |= part
        if waiting:
            self.pending.append(Entry(entry.layer, entry.slot, waiting, entry.rule))


def _outside(known: frozenset[str]) -> Callable[[str], bool]:
    return lambda key: key not in known


@lru_cache(maxsize=4096)
def _partition(
    needs: frozenset[str], unpublished: str | None, *, with_key: bool
) -> tuple[tuple[int, str, frozenset[str]], ...]:
    """Actions grouped by what is known of these keys before any request: (mask, one of them, the fixed keys)."""
    names = {**BIT, unpublished: UNPUBLISHED} if unpublished is not None else BIT
    if not needs:
        return ((EVERYTHING, "kms:decrypt", frozenset()),)
    ordered = sorted(needs)
    groups: dict[tuple[tuple[bool, bool], ...], tuple[int, str]] = {}
    for action, bit in names.items():
        signature = tuple((is_fixed(action, key, with_key=with_key), carried(action, key)) for key in ordered)
        mask, first = groups.get(signature, (0, action))
        groups[signature] = (mask | bit, first)
    return tuple(
        (mask, action, frozenset(key for key, (fixed, _carried) in zip(ordered, signature, strict=True) if fixed))
        for signature, (mask, action) in groups.items()
    )
