"""What context the request lacks that could turn the decision.

Comes in: a part's ruling. Goes out: the entries that would have to flip, and the absent condition keys behind them.
Never here: words.

The algebra of `decide` is run again with every entry that absent, suppliable keys leave open flipped to the other side;
what is not needed for the turn is dropped one by one.
"""

from __future__ import annotations

from kms_eval.engine import decide
from kms_eval.engine.conditions import Status
from kms_eval.engine.context import is_suppliable
from kms_eval.engine.decide import Slot
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import PartRuling
from kms_eval.engine.grants import keys_to_supply
from kms_eval.facts.condition_keys import find
from kms_eval.records import record


@record
class Turn:
    """The entries that would turn the decision if they counted (or, for those that count, if they did not)."""

    entries: tuple[Entry, ...] = ()
    keys: tuple[str, ...] = ()


NO_TURN = Turn()


def turn(ruling: PartRuling) -> Turn:
    """The smallest set found; empty where no absent key could turn an allow into a deny or back."""
    if (ruling.cell.allowed | ruling.cell.denied | ruling.cell.silent) & ruling.bit:
        return NO_TURN
    now_allowed = ruling.outcome == "allowed"
    open_entries: list[Entry] = []
    counting: set[Entry] = set()
    for entry in ruling.cell.pending:
        if not entry.actions & ruling.bit:
            continue
        counts = entry.applies(ruling.context)
        if counts:
            counting.add(entry)
        # Towards a deny: more Denies, fewer Allows; towards an allow the other way round.
        helps = counts is now_allowed if entry.slot != Slot.DENY else counts is not now_allowed
        if helps and _keys(entry, ruling):
            open_entries.append(entry)
    if not open_entries or _allowed(ruling, counting.symmetric_difference(open_entries)) is now_allowed:
        return NO_TURN
    needed = list(open_entries)
    for entry in open_entries:
        fewer = [other for other in needed if other is not entry]
        if fewer and _allowed(ruling, counting.symmetric_difference(fewer)) is not now_allowed:
            needed = fewer
    keys = {key: None for entry in needed for key in _keys(entry, ruling)}
    return Turn(tuple(needed), tuple(keys))


def _allowed(ruling: PartRuling, counting: set[Entry]) -> bool:
    sums = ruling.cell.sums_for(ruling.bit, lambda entry: entry in counting)
    return bool(decide.allowed(sums, ruling.cell.shape) & ~sums[Slot.DENY] & ruling.bit)


def _keys(entry: Entry, ruling: PartRuling) -> tuple[str, ...]:
    """The absent keys, as AWS spells them, that leave the entry open; empty where it is settled."""
    if entry.allowance is not None:
        return keys_to_supply(entry.allowance, ruling.context)
    situation = ruling.part.situation
    open_keys = frozenset(key for key in entry.needs if is_suppliable(situation, key))
    if entry.rule is None or entry.status(ruling.context, open_keys) is not Status.OPEN:
        return ()
    written = {}
    if entry.rule.condition is not None:
        written = {test.key: test.written.key for test in entry.rule.condition.tests}
    return tuple(spelled(key, written.get(key)) for key in sorted(open_keys))


def spelled(key: str, written: str | None = None) -> str:
    """A condition key as AWS spells it, or as the policy does where its name holds a value of the user's."""
    row = find(key)
    if row is None or row.name.lower() != key:
        return written or key
    return row.name
