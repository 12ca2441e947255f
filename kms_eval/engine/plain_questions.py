"""A fast path for the common question: one permission on one key with plain context, and nothing else.

Comes in: the texts of a question. Goes out: an outcome, or None for a question that has to be decided part by part
(`Evaluator.rule`), which also gives faults, reasons and warnings. Never here: faults, reasons, warnings, the clock.

Names are resolved once, by the same functions as for any question. A question then takes two lookups, a bit and, where
the masks do not decide, the pending entries. Which condition keys such an entry reads without any context is recorded
once: a request that has none of those keys is decided like one without context.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, TypeGuard

from kms_eval.engine.action_words import action_name
from kms_eval.engine.cell import Cell, Outcome
from kms_eval.engine.conditions import Condition
from kms_eval.engine.context import Context, carried
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import BIT, NAME, published
from kms_eval.engine.plan import grant_meant
from kms_eval.engine.resources import Target, key_target
from kms_eval.engine.situation import ASSUMED_ROOT, NOTHING_GIVEN, Circumstances, Given, Scope, Situation
from kms_eval.engine.uncompiled import Uncompiled
from kms_eval.errors import InputError
from kms_eval.facts.condition_keys import canonical
from kms_eval.formats.memory import half_pair
from kms_eval.records import record
from kms_eval.world.model import Caller, Key
from kms_eval.world.names import refuse_stranger, resolve_key

_MOST_PAIRS = 50_000
_MOST_NAMES = 10_000
_MOST_VALUES = 1_000
_MOST_COMBINATIONS = 64

_Said = dict[str, tuple[str, ...]]


@record
class _Name:
    """A condition key, for one spelling in questions. `fitting` are values that were found valid; None: all are."""

    key: str
    fitting: set[str] | None


@record
class _PendingEntry:
    """A pending entry, which counts for some requests only, for one action.

    `without_context` says whether it counts in a request without context; `asked` are the condition keys (lower case)
    that were read to find out (None: all of them). `condition` has to hold where the request has all of its keys; None
    where the condition alone does not decide.
    """

    entry: Entry
    generous: bool
    without_context: bool
    asked: frozenset[str] | None
    condition: Condition | None


@record
class _PendingEntries:
    """The pending entries of a cell, for one action.

    `without_context` is the decision about a request without context. `decided` caches decisions by the entries that
    count, given as a mask of their positions.
    """

    bit: int
    action: str
    entries: tuple[_PendingEntry, ...]
    without_context: Outcome
    decided: dict[int, Outcome] = field(default_factory=dict)


@record
class _CompiledPair:
    """One caller and one key, each as a question names them, and their cell.

    The masks are those of the cell, without the actions whose decision may depend on the time.
    """

    scope: Scope
    alias: str | None
    cell: Cell
    allowed: int
    denied: int
    silent: int
    pending: dict[int, _PendingEntries | None]


class PlainQuestions:
    """Decides plain questions about one world. Safe to share; its caches are bounded and can be computed again."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._bits: dict[str, int] = {}
        self._pairs: dict[str, dict[str | None, _CompiledPair]] = {}
        self._uncompiled = Uncompiled(evaluator)
        self._once: set[tuple[Caller, Target]] = set()
        self._pair_count = 0
        self._age = evaluator.age
        self._names: dict[str, _Name | None] = {}
        self._targets: dict[Key, Target] = {}

    def outcome(
        self, principal: str, action: str, key: str | None, context: Mapping[str, object] | None
    ) -> Outcome | None:
        """The decision; None where the question is not plain or makes no sense, which is for `Evaluator.rule`."""
        try:
            compiled = self._pairs[principal][key]
            bit = self._bits[action]
        except (KeyError, TypeError):
            return self._outcome_of_new(principal, action, key, context)
        said = None
        if context is not None:
            said = self._said(context)
            if said is None:
                return None
            folded = compiled.cell.folded
            if not folded.keys().isdisjoint(said) and any(folded.get(each, 0) & bit for each in said):
                return None
        if compiled.allowed & bit:
            return "allowed"
        if compiled.denied & bit:
            return "explicitDeny"
        if compiled.silent & bit:
            return "implicitDeny"
        pending = compiled.pending[bit] if bit in compiled.pending else self._find_pending(compiled, bit)
        if pending is None:
            return None
        return _decide(compiled, pending, said, context or ()) if said else pending.without_context

    def _outcome_of_new(
        self, principal: str, action: str, key: str | None, context: Mapping[str, object] | None
    ) -> Outcome | None:
        """As `outcome`, where a name is new, or principal and key have not been compiled together yet."""
        if not (_is_word(principal) and _is_word(action) and (key is None or _is_word(key))):
            return None
        bit = self._bits.get(action)
        if bit is None:
            if len(self._bits) >= _MOST_NAMES:
                self._bits.clear()
            bit = self._bits[action] = _bit_of_word(action)
        if not bit:
            return None
        if key not in self._pairs.get(principal, ()):
            try:
                scope, alias = self._resolve(principal, key)
            except InputError:
                return None
            pair = scope.caller, scope.target
            if pair not in self._once:
                self._make_room()
                self._once.add(pair)
                return self._decide_uncompiled(scope, alias, bit, context)
            self._keep(principal, key, scope, alias)
        return self.outcome(principal, action, key, context)

    def _resolve(self, principal: str, key: str | None) -> tuple[Scope, str | None]:
        world = self._evaluator.world
        caller = self._evaluator.caller(principal)
        refuse_stranger(world, caller)
        reference = resolve_key(world, key, caller=caller)
        target = self._targets.get(reference.key)
        if target is None:
            target = self._targets[reference.key] = key_target(reference.key)
        return Scope(world, caller, target), reference.alias

    def _decide_uncompiled(
        self, scope: Scope, alias: str | None, bit: int, context: Mapping[str, object] | None
    ) -> Outcome | None:
        given = NOTHING_GIVEN
        if context is not None:
            said = self._said(context)
            if said is None:
                return None
            given = Given(said, dict(zip(said, context, strict=True)))
        return self._uncompiled.outcome(scope, bit, _context(scope, alias, NAME[bit], given))

    def _keep(self, principal: str, key: str | None, scope: Scope, alias: str | None) -> None:
        cell = self._evaluator.cell_of(scope)
        self._make_room()
        timeless = ~cell.by_clock
        self._pairs.setdefault(principal, {})[key] = _CompiledPair(
            scope, alias, cell, cell.allowed & timeless, cell.denied & timeless, cell.silent & timeless, {}
        )
        self._pair_count += 1

    def _make_room(self) -> None:
        """Empty the caches where they are full, or where the evaluator has dropped the cells that they refer to."""
        aged = self._age != self._evaluator.age
        if aged or self._pair_count >= _MOST_PAIRS or len(self._once) >= _MOST_PAIRS:
            self._pairs.clear()
            self._once.clear()
            self._targets.clear()
            self._pair_count, self._age = 0, self._evaluator.age

    def _said(self, context: Mapping[str, object]) -> _Said | None:
        """The values by condition key; None where one of them has to be checked by `Evaluator.rule`."""
        if context.__class__ is not dict or self._evaluator.strict:
            return None
        said: _Said = {}
        for name, value in context.items():
            if value.__class__ is not str:
                return None
            try:
                known = self._names[name]
            except (KeyError, TypeError):
                known = self._name(name)
            if known is None or known.key in said:
                return None
            if known.fitting is None:
                if not value.isascii() and half_pair(value):
                    return None
            elif value not in known.fitting and not self._fits(known, name, value):
                return None
            said[known.key] = (value,)
        return said

    def _name(self, name: object) -> _Name | None:
        if not _is_word(name):
            return None
        rules, key = self._evaluator.context_rules, canonical(name)
        anything = rules.anything_goes(name)
        known = _Name(key, None if anything else set()) if key != ASSUMED_ROOT else None
        if len(self._names) < _MOST_NAMES:
            self._names[name] = known
        return known

    def _fits(self, known: _Name, name: str, value: str) -> bool:
        if half_pair(value) or not self._evaluator.context_rules.takes(name, value):
            return False
        if known.fitting is not None and len(known.fitting) < _MOST_VALUES:
            known.fitting.add(value)
        return True

    @staticmethod
    def _find_pending(compiled: _CompiledPair, bit: int) -> _PendingEntries | None:
        plain = bit & ~(compiled.cell.by_clock | compiled.cell.doubtful)
        pending = _pending_entries(compiled, bit) if plain else None
        compiled.pending[bit] = pending
        return pending


def _decide(compiled: _CompiledPair, pending: _PendingEntries, said: _Said, spelled: Iterable[str]) -> Outcome:
    """The decision about a request with this context; `spelled` are its keys as the question spells them."""
    counted, position, context = 0, 1, None
    for each in pending.entries:
        asked, condition = each.asked, each.condition
        if asked is not None and asked.isdisjoint(said):
            counts = each.without_context
        elif condition is not None and condition.needs.issubset(said):
            counts = condition.holds(said, generous=each.generous)
        else:
            if context is None:
                context = _context(
                    compiled.scope, compiled.alias, pending.action, Given(said, dict(zip(said, spelled, strict=True)))
                )
            counts = each.entry.applies(context)
        if counts:
            counted |= position
        position <<= 1
    outcome = pending.decided.get(counted)
    if outcome is None:
        outcome = _outcome(compiled.cell, pending.bit, pending.entries, counted)
        if len(pending.decided) < _MOST_COMBINATIONS:
            pending.decided[counted] = outcome
    return outcome


def _context(scope: Scope, alias: str | None, action: str, given: Given) -> Context:
    key = scope.target.key
    grant = grant_meant(action, key) if key is not None else None
    return Context(Situation(scope, action, Circumstances(given, request_alias=alias, grant=grant)))


def _outcome(cell: Cell, bit: int, entries: tuple[_PendingEntry, ...], counted: int) -> Outcome:
    counting = {each.entry for place, each in enumerate(entries) if counted >> place & 1}
    return cell.outcome(bit, counting.__contains__)


def _pending_entries(compiled: _CompiledPair, bit: int) -> _PendingEntries:
    cell, action = compiled.cell, NAME[bit]
    entries = tuple(_pending_entry(entry, compiled, action) for entry in cell.pending if entry.actions & bit)
    without_context = {each.entry: each.without_context for each in entries}
    return _PendingEntries(bit, action, entries, cell.outcome(bit, without_context.__getitem__))


def _pending_entry(entry: Entry, compiled: _CompiledPair, action: str) -> _PendingEntry:
    watch, rule = _Watch(), entry.rule
    without_context = entry.applies(_context(compiled.scope, compiled.alias, action, Given(watch, watch)))
    asked = frozenset(watch.asked) if watch.asked is not None else None
    # A pending entry whose Resource needs no condition key covers the cell's key: otherwise it would not be pending.
    alone = rule is not None and rule.resource is not None and not rule.resource.needs
    condition = rule.condition if rule is not None and alone else None
    if condition is not None and not all(carried(action, key) for key in condition.needs):
        condition = None
    return _PendingEntry(entry, rule is not None and rule.effect == "Deny", without_context, asked, condition)


def _is_word(value: object) -> TypeGuard[str]:
    return value.__class__ is str and value != "" and not half_pair(value)


def _bit_of_word(action: str) -> int:
    """The bit of a permission on one key; 0 for anything else, and for a call that needs more than the key."""
    try:
        name = action_name(action)
    except InputError:
        return 0
    row = published(name if ":" in name else f"kms:{name}")
    # The call UpdatePrimaryRegion, unlike the permission, needs a Region.
    plain = row is not None and row.resources == ("key",) and name != "UpdatePrimaryRegion"
    return BIT[row.name.lower()] if row is not None and plain else 0


class _Watch(Mapping[str, Any]):
    """An empty mapping that records the keys it is asked for; `asked` is None once all of them were asked for."""

    def __init__(self) -> None:
        self.asked: set[str] | None = set()

    def __getitem__(self, key: str) -> Any:
        if self.asked is not None:
            self.asked.add(key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        self.asked = None
        return iter(())

    def __len__(self) -> int:
        self.asked = None
        return 0

    def __bool__(self) -> bool:
        # True, because code that finds an empty mapping would not look up any key.
        return True
