"""The policies that apply to one caller whatever the key is: the layers that follow the caller, gathered once.

Comes in: a caller, its VPC endpoint, compiled rules. Goes out: `CallerPolicies`. Never here: keys, requests.

Most of what has to be compiled for a caller and a key depends on the caller alone, and is the same for all keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from kms_eval.documents.model import Policy
from kms_eval.engine.conditions import Status
from kms_eval.engine.decide import FIRST_FREE_SLOT, LayerIndex, Shape
from kms_eval.engine.entries import Entry, InForce
from kms_eval.engine.layers import LAYERS, Layer, Part
from kms_eval.engine.principals import Grade, grade, is_exempt, names_of
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope
from kms_eval.records import record
from kms_eval.world.model import Caller

Rules = Callable[[Policy], tuple[Rule, ...]]

_LAYER_OF_GRADE = {
    Grade.DIRECT: LayerIndex.DIRECT,
    Grade.LIMITED: LayerIndex.LIMITED,
    Grade.DELEGATED: LayerIndex.DELEGATED,
}


@record
class Audience:
    """One caller, and how to find the statements that apply to it.

    `names` are the texts by which a Principal element can name it. `unpublished` is the action (lower case) that AWS
    has not published and that the extra bit stands for.
    """

    caller: Caller
    names: frozenset[str]
    rules: Rules
    unpublished: str | None

    def entries(self, layer: Layer, policies: Iterable[Policy], layer_index: int | None = None) -> Iterator[Entry]:
        """The entries for those statements of the policies that apply to the caller; see `layer_index_of`."""
        names, unpublished = self.names, self.unpublished
        for policy in policies:
            for rule in self.rules(policy):
                actions = (rule.actions if unpublished is None else rule.covers(unpublished)) & layer.actions
                if not actions or (rule.named is not None and rule.named.isdisjoint(names)):
                    continue
                mine = layer_index_of(rule, self.caller, layer, layer_index)
                if mine is not None:
                    yield Entry(layer.name, mine, actions, rule)


@record
class CallerPolicies:
    """The compiled policies of one caller.

    `gathered` are the layers in force by name, each with its entries; `sums` are, by slot, the masks of the actions
    that count for every resource in every request; `rest` are the entries that are not in the sums. `limits`,
    `grant_limits` and `gates` are slots (see `Shape`). `known_statuses` caches the status of a rule where the caller
    and the Region alone decide it, by the rule, one action (lower case) of those for which it is the same, and the
    Region.
    """

    audience: Audience
    gathered: Mapping[str, tuple[InForce, tuple[Entry, ...]]]
    sums: tuple[int, ...]
    rest: tuple[Entry, ...]
    limits: tuple[int, ...]
    grant_limits: tuple[int, ...]
    gates: tuple[int, ...]
    shapes: dict[tuple[bool, str, bool, bool], Shape]
    known_statuses: dict[tuple[Rule, str, str], Status]

    def shape(self, scope: Scope) -> Shape:
        """What `decide` has to know about a scope of the caller; equivalent scopes share one object."""
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


def caller_policies(scope: Scope, rules: Rules, unpublished: str | None = None) -> CallerPolicies:
    """The compiled policies of the scope's caller, for any target."""
    audience = Audience(scope.caller, names_of(scope.caller), rules, unpublished)
    count = int(FIRST_FREE_SLOT)
    bounds: dict[Part, list[int]] = {Part.LIMIT: [], Part.GATE: []}
    void: set[int] = set()
    gathered: dict[str, tuple[InForce, tuple[Entry, ...]]] = {}
    for layer in LAYERS:
        groups = layer.documents(scope) if layer.part.follows_caller else None
        if groups is None:
            continue
        layer_indexes: list[int] = []
        for group in groups:
            if layer.part is Part.IDENTITY:
                layer_indexes.append(LayerIndex.IDENTITY)
                continue
            layer_indexes.append(count)
            bounds[layer.part].append(count)
            if not group:
                void.add(count)
            count += 1
        found = [
            entry
            for group, layer_index in zip(groups, layer_indexes, strict=True)
            for entry in audience.entries(layer, group, layer_index)
        ]
        gathered[layer.name] = (InForce(layer, tuple(layer_indexes)), tuple(found))
    sums, rest = _unconditional((entry for _in_force, entries in gathered.values() for entry in entries), count)
    limits, gates = bounds[Part.LIMIT], bounds[Part.GATE]
    grant_limits = tuple(layer_index for layer_index in limits if layer_index not in void)
    return CallerPolicies(audience, gathered, sums, rest, tuple(limits), grant_limits, tuple(gates), {}, {})


def layer_index_of(rule: Rule, caller: Caller, layer: Layer, layer_index: int | None = None) -> int | None:
    """The slot in which a rule counts for the caller; None where it does not apply to the caller, or has no effect.

    `layer_index` is the slot of the layer's Allow statements; in key policies it depends on how they name the caller.
    """
    statement = rule.statement
    if rule.resource is None:
        return None
    if statement.not_principals is not None:
        # Only for Deny; documents with Allow and NotPrincipal are refused (semantics N1).
        return LayerIndex.DENY if rule.effect == "Deny" and not is_exempt(statement.not_principals, caller) else None
    found = Grade.DIRECT
    if statement.principals is not None:
        found = grade(statement.principals, caller, rule.effect)
        if found is Grade.NONE:
            return None
    if rule.effect == "Deny":
        return LayerIndex.DENY
    return _LAYER_OF_GRADE[found] if layer.part is Part.RESOURCE else layer_index


def _unconditional(entries: Iterable[Entry], layer_indexes: int) -> tuple[tuple[int, ...], tuple[Entry, ...]]:
    """The masks of what counts for every resource in every request, and the entries that depend on more."""
    sums = [0] * layer_indexes
    rest = []
    for entry in entries:
        if entry.counts_always:
            sums[entry.layer_index] |= entry.actions
        else:
            rest.append(entry)
    return tuple(sums), tuple(rest)
