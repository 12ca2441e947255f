"""Everything that one caller may do on one resource, for all actions at once, by partial evaluation.

Comes in: a scope and compiled rules. Goes out: masks of the actions that are decided whatever the request is, and the
short list of entries that still depend on it. Never here: combining layers (that is `decide`), words.

An entry is folded into the masks as far as its principal, resource and conditions need nothing from the request. To
find the actions that are decided, `decide` combines the layers twice: with no pending Allow and all pending Denies
counted, and the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Literal

from kms_eval.engine import decide
from kms_eval.engine.caller_policies import CallerPolicies
from kms_eval.engine.conditions import Status
from kms_eval.engine.context import Context, carried, is_fixed
from kms_eval.engine.decide import LayerIndex, Shape
from kms_eval.engine.entries import Entry, InForce
from kms_eval.engine.grants import allowances
from kms_eval.engine.layers import GRANT, LAYERS
from kms_eval.engine.masks import BIT, EVERYTHING, UNPUBLISHED
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope, Situation
from kms_eval.engine.unknowns import Facts, counts, decisive_unknowns, status, unknown_facts, unknown_keys
from kms_eval.formats.unknown import Unknown
from kms_eval.records import record

Outcome = Literal["allowed", "explicitDeny", "implicitDeny", "undetermined"]

CLOCK = frozenset({"aws:currenttime", "aws:epochtime"})


@record
class Cell:
    """One caller on one resource, compiled.

    `pending` are the entries that depend on the request; `allowed`, `denied` (explicitly) and `silent` (denied
    implicitly) the actions that are decided without one; `by_clock` those with a pending entry that depends on the
    time. `folded` are the condition keys whose values went into the masks, each with the actions for which they did.
    `doubtful` are the actions for which a pending entry or a condition key it needs is not fully known;
    `unknown_facts` are those condition keys.
    """

    scope: Scope
    shape: Shape
    in_force: tuple[InForce, ...]
    entries: tuple[Entry, ...]
    sums: tuple[int, ...]
    pending: tuple[Entry, ...]
    folded: Mapping[str, int]
    allowed: int
    denied: int
    silent: int
    by_clock: int
    doubtful: int
    unknown_facts: Facts

    def decide(self, bit: int, context: Context) -> Outcome:
        """The decision about one action, given as its bit."""
        if self.allowed & bit:
            return "allowed"
        if self.denied & bit:
            return "explicitDeny"
        if self.silent & bit:
            return "implicitDeny"
        if self.doubtful & bit:
            return self._decide_in_doubt(bit, context)
        return self.outcome(bit, lambda entry: entry.applies(context))

    def outcome(self, bit: int, counts: Callable[[Entry], bool]) -> Outcome:
        """The decision about one action if exactly those pending entries count, and nothing is unknown."""
        sums = self.sums_for(bit, counts)
        if sums[LayerIndex.DENY] & bit:
            return "explicitDeny"
        return "allowed" if decide.allowed(sums, self.shape) & bit else "implicitDeny"

    def _decide_in_doubt(self, bit: int, context: Context) -> Outcome:
        found = dict(self.statuses(bit, context))
        if self._allows(bit, lambda entry: counts(entry, found[entry], hopeful=False)):
            return "allowed"
        sums = self.sums_for(bit, lambda entry: counts(entry, found[entry], hopeful=True))
        if sums[LayerIndex.DENY] & bit:
            return "explicitDeny"
        return "undetermined" if decide.allowed(sums, self.shape) & bit else "implicitDeny"

    def _allows(self, bit: int, counting: Callable[[Entry], bool]) -> bool:
        sums = self.sums_for(bit, counting)
        return bool(decide.allowed(sums, self.shape) & ~sums[LayerIndex.DENY] & bit)

    def statuses(self, bit: int, context: Context) -> list[tuple[Entry, Status]]:
        """The pending entries for the action, each with its status in view of the unknowns."""
        about = (entry for entry in self.pending if entry.actions & bit)
        return [(entry, status(entry, self.unknown_facts, context)) for entry in about]

    def hangs_on(self, bit: int, context: Context) -> tuple[Unknown, ...]:
        """The unknowns on which an undetermined decision depends."""
        statuses = self.statuses(bit, context)
        return decisive_unknowns(statuses, self.unknown_facts, context, lambda counting: self._allows(bit, counting))

    def sums_for(self, bit: int, counts: Callable[[Entry], bool]) -> list[int]:
        """The sums, with those pending entries for the action that count."""
        sums = list(self.sums)
        for entry in self.pending:
            if entry.actions & bit and not sums[entry.layer_index] & bit and counts(entry):
                sums[entry.layer_index] |= bit
        return sums


def compile_cell(
    scope: Scope,
    policies_of_caller: CallerPolicies,
    *,
    unfolded: frozenset[str] = frozenset(),
    only_grant: str | None = None,
) -> Cell:
    """Compile a scope.

    `policies_of_caller` are the layers that follow the caller; `unfolded` are condition keys for which the question
    contradicts the facts, so that they must not be folded; with `only_grant` only that grant allows (Denies still
    count).
    """
    in_force: list[InForce] = []
    entries: list[Entry] = []
    here: list[Entry] = []
    for layer, follows_caller in _LAYERS:
        if follows_caller:
            known = policies_of_caller.gathered.get(layer.name)
            if known is not None:
                in_force.append(known[0])
                entries += known[1]
            continue
        groups = layer.documents(scope)
        if groups is not None:
            in_force.append(_WITHOUT_SLOTS[layer.name])
            found = policies_of_caller.audience.entries(layer, chain.from_iterable(groups))
            mine = [entry for entry in found if only_grant is None or entry.layer_index == LayerIndex.DENY]
            entries += mine
            here += mine
    granted = list(_granted(scope, only_grant))
    folding = _Folding(scope, policies_of_caller, unfolded)
    for entry in chain(here, policies_of_caller.rest, granted):
        folding.add(entry)
    return _cell(scope, policies_of_caller.shape(scope), in_force, (*entries, *granted), folding)


def _cell(scope: Scope, shape: Shape, in_force: list[InForce], entries: tuple[Entry, ...], folding: _Folding) -> Cell:
    sums, pending = folding.sums, folding.pending
    least, most = list(sums), list(sums)
    by_clock = 0
    for entry in pending:
        (least if entry.layer_index == LayerIndex.DENY else most)[entry.layer_index] |= entry.actions
        by_clock |= entry.actions if not entry.needs.isdisjoint(CLOCK) else 0
    certain = decide.allowed(least, shape)
    return Cell(
        scope=scope,
        shape=shape,
        in_force=tuple(in_force),
        entries=entries,
        sums=tuple(sums),
        pending=tuple(pending),
        folded=folding.folded,
        allowed=certain & ~least[LayerIndex.DENY],
        denied=sums[LayerIndex.DENY],
        silent=~(decide.allowed(most, shape) if pending else certain) & ~least[LayerIndex.DENY] & EVERYTHING,
        by_clock=by_clock,
        doubtful=folding.doubtful,
        unknown_facts=folding.unknown_facts,
    )


_LAYERS = tuple((layer, layer.part.follows_caller) for layer in LAYERS)
_WITHOUT_SLOTS = {layer.name: InForce(layer, ()) for layer in LAYERS if not layer.part.follows_caller}


def _granted(scope: Scope, only_grant: str | None) -> Iterator[Entry]:
    for allowance in allowances(scope):
        if only_grant is None or allowance.grant.id == only_grant:
            yield Entry(GRANT, allowance.layer_index, allowance.actions, allowance=allowance)


class _Folding:
    """Builds the masks: what is decided goes into `sums`, the rest waits in `pending`."""

    def __init__(self, scope: Scope, policies_of_caller: CallerPolicies, unfolded: frozenset[str]) -> None:
        self.sums = list(policies_of_caller.sums)
        self.pending: list[Entry] = []
        self.folded: dict[str, int] = {}
        self.doubtful = 0
        self.unknown_facts = unknown_facts(scope)
        self._scope = scope
        self._with_key = scope.target.kind == "key"
        self._unpublished = policies_of_caller.audience.unpublished
        self._known_statuses = policies_of_caller.known_statuses
        self._unfolded = unfolded
        self._contexts: dict[str, Context] = {}

    def add(self, entry: Entry) -> None:
        """Take an entry into account."""
        rule = entry.rule
        if rule is None:
            allowance = entry.allowance
            if allowance is None or allowance.holds is not None or allowance.unknown is not None:
                self._wait(entry, doubtful=allowance is not None and allowance.unknown is not None)
            else:
                self.sums[entry.layer_index] |= entry.actions
        elif rule.needs:
            self._add_rule(entry, rule)
        elif entry.applies_to_all(self._scope.target):
            if rule.open:
                self._wait(entry, doubtful=True)
            else:
                self.sums[entry.layer_index] |= entry.actions

    def _wait(self, entry: Entry, *, doubtful: bool) -> None:
        self.pending.append(entry)
        if doubtful:
            self.doubtful |= entry.actions

    def _add_rule(self, entry: Entry, rule: Rule) -> None:
        waiting = 0
        facts, needs, doubtful = self.unknown_facts, rule.needs, bool(rule.open)
        for actions, action, open_keys, closed in _partition(needs, self._unpublished, self._with_key):
            part = actions & entry.actions
            if not part:
                continue
            still_open, settled = open_keys, closed
            if self._unfolded or facts:
                still_open |= self._unfolded & needs
                unknown = unknown_keys(needs, facts, action)
                if unknown:
                    still_open |= unknown
                    self.doubtful |= part
                settled = needs - still_open
            found = self._status(entry, rule, action, still_open)
            if found is Status.OPEN or (found is Status.HOLDS and doubtful):
                waiting |= part
                continue
            for key in settled:
                self.folded[key] = self.folded.get(key, 0) | part
            if found is Status.HOLDS:
                self.sums[entry.layer_index] |= part
        if waiting == entry.actions:
            self._wait(entry, doubtful=doubtful)
        elif waiting:
            self._wait(Entry(entry.layer, entry.layer_index, waiting, rule), doubtful=doubtful)

    def _status(self, entry: Entry, rule: Rule, action: str, open_keys: frozenset[str]) -> Status:
        if open_keys or not rule.of_caller:
            return entry.status(self._context(action), open_keys)
        about = rule, action, self._scope.target.region
        found = self._known_statuses.get(about)
        if found is None:
            found = self._known_statuses[about] = entry.status(self._context(action), open_keys)
        return found

    def _context(self, action: str) -> Context:
        context = self._contexts.get(action)
        if context is None:
            context = self._contexts[action] = Context(Situation(self._scope, action))
        return context


@lru_cache(maxsize=4096)
def _partition(
    needs: frozenset[str],
    unpublished: str | None,
    with_key: bool,  # noqa: FBT001 - part of the cache's key
) -> tuple[tuple[int, str, frozenset[str], frozenset[str]], ...]:
    """Actions grouped by which of these condition keys are known before any request.

    For each group: the mask, one of its actions, the keys that are open, and those that are not.
    """
    names = {**BIT, unpublished: UNPUBLISHED} if unpublished is not None else BIT
    ordered = sorted(needs)
    groups: dict[tuple[tuple[bool, bool], ...], tuple[int, str]] = {}
    for action, bit in names.items():
        signature = tuple((is_fixed(action, key, with_key=with_key), carried(action, key)) for key in ordered)
        mask, first = groups.get(signature, (0, action))
        groups[signature] = (mask | bit, first)
    found = []
    for signature, (mask, action) in groups.items():
        closed = frozenset(key for key, (fixed, _carried) in zip(ordered, signature, strict=True) if fixed)
        found.append((mask, action, needs - closed, closed))
    return tuple(found)
