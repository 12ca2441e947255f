"""What speaks to one caller, whatever it asks about: the layers that follow the caller, gathered once.

Comes in: a caller, the endpoint it comes through, compiled rules. Goes out: a Side. Never here: keys, requests.

Most of what there is to compile about a caller and a key is about the caller alone, and is the same for a thousand
keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from kms_eval.documents.model import Policy
from kms_eval.engine.decide import FIRST_FREE_SLOT, Shape, Slot
from kms_eval.engine.entries import Entry, InForce
from kms_eval.engine.layers import LAYERS, Layer, Part
from kms_eval.engine.principals import Grade, grade, names_of, spared
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope
from kms_eval.records import record
from kms_eval.world.model import Caller

Rules = Callable[[Policy], tuple[Rule, ...]]

_SLOT_OF_GRADE = {Grade.DIRECT: Slot.DIRECT, Grade.LIMITED: Slot.LIMITED, Grade.DELEGATED: Slot.DELEGATED}


@record
class Audience:
    """One caller, and how to find what speaks to it. `names` is what a Principal element could call it.

    `unpublished` is the action (lower case) that the extra bit stands for.
    """

    caller: Caller
    names: frozenset[str]
    rules: Rules
    unpublished: str | None

    def entries(self, layer: Layer, policies: Iterable[Policy], slot: int | None = None) -> Iterator[Entry]:
        """What those policies say to the caller; `slot` is where the layer's Allow statements count.

        Without one it depends on how they name the caller.
        """
        for policy in policies:
            for rule in self.rules(policy):
                if rule.named is not None and rule.named.isdisjoint(self.names):
                    continue
                actions = rule.covers(self.unpublished) & layer.actions
                mine = _slot(rule, self.caller, layer, slot) if actions else None
                if mine is not None:
                    yield Entry(layer.name, mine, actions, rule)


@record
class Side:
    """One caller's side.

    `gathered` are the layers in force by name, each with its entries; `sums` is what counts about every resource in
    every request, by slot; `rest` are the entries that are not in the sums.
    """

    audience: Audience
    gathered: Mapping[str, tuple[InForce, tuple[Entry, ...]]]
    sums: tuple[int, ...]
    rest: tuple[Entry, ...]
    limits: tuple[int, ...]
    grant_limits: tuple[int, ...]
    gates: tuple[int, ...]
    shapes: dict[tuple[bool, str, bool, bool], Shape]

    def shape(self, scope: Scope) -> Shape:
        """What the algebra has to know of a scope of the caller; the same object for scopes that are alike."""
        caller, target = scope.caller, scope.target
        kind = (scope.own_account, target.kind, caller.partition == target.partition, scope.task_only)
        shape = self.shapes.get(kind)
        if shape is None:
            own_account, target_kind, same_partition, task_only = kind
            shape = self.shapes[kind] = Shape(
                own_account=own_account,
                root=caller.kind == "root",
                target=target_kind,
                same_partition=same_partition,
                limits=self.limits,
                grant_limits=self.grant_limits,
                gates=self.gates,
                task_only=task_only,
            )
        return shape


def caller_side(scope: Scope, rules: Rules, unpublished: str | None = None) -> Side:
    """The side of the scope's caller, whatever the target."""
    audience = Audience(scope.caller, names_of(scope.caller), rules, unpublished)
    count = int(FIRST_FREE_SLOT)
    bounds: dict[Part, list[int]] = {Part.LIMIT: [], Part.GATE: []}
    void: set[int] = set()
    gathered: dict[str, tuple[InForce, tuple[Entry, ...]]] = {}
    for layer in LAYERS:
        groups = layer.documents(scope) if layer.part.follows_caller else None
        if groups is None:
            continue
        slots: list[int] = []
        for group in groups:
            if layer.part is Part.IDENTITY:
                slots.append(Slot.IDENTITY)
                continue
            slots.append(count)
            bounds[layer.part].append(count)
            if not group:
                void.add(count)
            count += 1
        found = [
            entry for group, slot in zip(groups, slots, strict=True) for entry in audience.entries(layer, group, slot)
        ]
        gathered[layer.name] = (InForce(layer, tuple(slots)), tuple(found))
    sums, rest = _settled((entry for _in_force, entries in gathered.values() for entry in entries), count)
    limits, gates = bounds[Part.LIMIT], bounds[Part.GATE]
    grant_limits = tuple(slot for slot in limits if slot not in void)
    return Side(audience, gathered, sums, rest, tuple(limits), grant_limits, tuple(gates), {})


def _slot(rule: Rule, caller: Caller, layer: Layer, slot: int | None) -> int | None:
    """Where a rule's word counts for the caller; None where it is not for the caller, or void."""
    statement = rule.statement
    if rule.resource is None:
        return None
    if statement.not_principals is not None:
        # Only with Deny; documents with Allow and NotPrincipal are refused (semantics N1).
        return Slot.DENY if rule.effect == "Deny" and not spared(statement.not_principals, caller) else None
    found = Grade.DIRECT
    if statement.principals is not None:
        found = grade(statement.principals, caller, rule.effect)
        if found is Grade.NONE:
            return None
    if rule.effect == "Deny":
        return Slot.DENY
    return _SLOT_OF_GRADE[found] if layer.part is Part.RESOURCE else slot


def _settled(entries: Iterable[Entry], slots: int) -> tuple[tuple[int, ...], tuple[Entry, ...]]:
    """What counts about every resource in every request, and the entries of which that is not known."""
    sums = [0] * slots
    rest = []
    for entry in entries:
        if entry.counts_always:
            sums[entry.slot] |= entry.actions
        else:
            rest.append(entry)
    return tuple(sums), tuple(rest)
