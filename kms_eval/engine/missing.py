"""Which context that the request lacks could reverse the decision.

Comes in: a part's ruling. Goes out: the absent condition keys that could reverse it, and a smallest set of entries that
would have to flip. Never here: words.

An entry can flip (count, or no longer count) if it depends on absent condition keys that a request could carry. The
layers are combined again with such entries flipped. Entries in the same slot are considered together: to fill a slot
any one of them is enough, to empty it all of them have to flip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations

from kms_eval.engine import decide
from kms_eval.engine.carrying import can_carry
from kms_eval.engine.conditions import Status
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import PartRuling
from kms_eval.engine.grants import keys_to_supply
from kms_eval.facts.condition_keys import spelled
from kms_eval.records import record

_MOST_TOGETHER = 4
"""No access needs more than two slots that allow and two that limit, besides the gates, all of which are needed."""


@record
class Reversal:
    """What would reverse the decision.

    `keys` are all absent keys that could do so, alone or together; `entries` is a smallest set of entries that would
    have to flip, and `keys_together` are the keys for that set.
    """

    entries: tuple[Entry, ...] = ()
    keys: tuple[str, ...] = ()
    keys_together: tuple[str, ...] = ()


NO_REVERSAL = Reversal()


def reversal(ruling: PartRuling) -> Reversal:
    """What could reverse the decision; empty where no absent key could turn an allow into a deny or back."""
    cell = ruling.cell
    if (cell.allowed | cell.denied | cell.silent | cell.doubtful) & ruling.bit:
        # The decision is the same for all requests; or something is unknown, which cannot be separated from what is
        # absent.
        return NO_REVERSAL
    flips = _Flips(ruling)
    if not flips.reverses(flips.open_entries):
        return NO_REVERSAL
    needed = flips.needed()
    keys = chain.from_iterable(flips.keys[entry] for entry in flips.useful())
    together = chain.from_iterable(flips.keys[entry] for entry in needed)
    return Reversal(needed, tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(together)))


class _Flips:
    """The entries that could flip in favour of the opposite decision, with the keys that would make them do so."""

    def __init__(self, ruling: PartRuling) -> None:
        self._ruling = ruling
        self._now_allowed = ruling.outcome == "allowed"
        self._counting: set[Entry] = set()
        self.keys: dict[Entry, tuple[str, ...]] = {}
        for entry in ruling.cell.pending:
            if not entry.actions & ruling.bit:
                continue
            counts = entry.applies(ruling.context)
            if counts:
                self._counting.add(entry)
            # Towards a deny: more Denies, fewer Allows; towards an allow the other way round.
            helps = (
                counts is self._now_allowed if entry.layer_index != LayerIndex.DENY else counts is not self._now_allowed
            )
            keys = _keys(entry, ruling, counts=counts) if helps else ()
            if keys:
                self.keys[entry] = keys

    @property
    def open_entries(self) -> tuple[Entry, ...]:
        """All of them, in the order of the cell."""
        return tuple(self.keys)

    def reverses(self, flipped: Iterable[Entry]) -> bool:
        """Whether the decision is reversed when these flip."""
        counting = self._counting.symmetric_difference(flipped)
        sums = self._ruling.cell.sums_for(self._ruling.bit, lambda entry: entry in counting)
        allowed = decide.allowed(sums, self._ruling.cell.shape) & ~sums[LayerIndex.DENY] & self._ruling.bit
        return bool(allowed) is not self._now_allowed

    def needed(self) -> tuple[Entry, ...]:
        """A minimal set that reverses the decision: entries that are not needed are dropped one by one."""
        needed = self.open_entries
        for entry in self.open_entries:
            fewer = tuple(other for other in needed if other is not entry)
            if self.reverses(fewer):
                needed = fewer
        return needed

    def useful(self) -> tuple[Entry, ...]:
        """The entries in any minimal set of slots that reverses the decision.

        Slots that reverse it alone, and slots without which it is never reversed, are found one by one. Only the
        few slots that can replace each other are tried in combinations, however many levels of SCPs have conditions.
        """
        layer_indexes = frozenset(entry.layer_index for entry in self.open_entries)
        alone = frozenset(
            layer_index for layer_index in layer_indexes if self.reverses(self._in(frozenset({layer_index})))
        )
        others = layer_indexes - alone
        if not self.reverses(self._in(others)):
            return tuple(self._in(alone))
        needed = frozenset(layer_index for layer_index in others if not self.reverses(self._in(others - {layer_index})))
        smallest = [needed] if self.reverses(self._in(needed)) else []
        for some in _subsets(tuple(sorted(others - needed))) if not smallest else ():
            if not any(found <= some | needed for found in smallest) and self.reverses(self._in(some | needed)):
                smallest.append(some | needed)
        return tuple(self._in(alone.union(*smallest)))

    def _in(self, layer_indexes: frozenset[int]) -> Iterator[Entry]:
        return (entry for entry in self.open_entries if entry.layer_index in layer_indexes)


def _subsets(layer_indexes: tuple[int, ...]) -> Iterator[frozenset[int]]:
    """All non-empty subsets up to a limit, smaller ones first."""
    return (
        frozenset(some)
        for size in range(1, min(len(layer_indexes), _MOST_TOGETHER) + 1)
        for some in combinations(layer_indexes, size)
    )


def _keys(entry: Entry, ruling: PartRuling, *, counts: bool) -> tuple[str, ...]:
    """The absent keys, as AWS spells them, on which the entry depends; empty where it cannot flip.

    For an entry that does not count these are the keys of the tests that fail: a test that holds without a key needs no
    value.
    """
    if entry.allowance is not None:
        return keys_to_supply(entry.allowance, ruling.context)
    rule, situation = entry.rule, ruling.part.situation
    open_keys = frozenset(key for key in entry.needs if can_carry(situation, key))
    if rule is None or rule.resource is None or entry.status(ruling.context, open_keys) is not Status.OPEN:
        return ()
    written = {test.key: test.written.key for test in rule.condition.tests} if rule.condition is not None else {}
    if not counts:
        failing = (test.needs for test in entry.failed_tests(ruling.context))
        open_keys = open_keys & rule.resource.needs.union(*failing) or open_keys
    return tuple(spelled(key, written.get(key)) for key in sorted(open_keys))
