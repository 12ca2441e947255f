"""What open decisions depend on: single statements and grants, each evaluated once for equal circumstances.

Comes in: decisions that the request's circumstances could change, and circumstances. Goes out: for each such decision
the statements it depends on, and the outcome for any answers of these. Never here: the meaning of a condition, how
layers combine; the engine knows both.

Whether a statement applies depends on the readings of the condition keys that it names. If these are equal for two
decisions before any circumstances are added (the same tags, the same Region), they are equal in all circumstances, and
one evaluation serves both. That makes the work proportional to circumstances and statements, not to rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kms_eval.engine import decide
from kms_eval.engine.cell import Cell, Outcome
from kms_eval.engine.context import Context, carried, reading
from kms_eval.engine.decide import LayerIndex, Shape
from kms_eval.engine.entries import Entry
from kms_eval.engine.masks import bit_of
from kms_eval.engine.plan import Part
from kms_eval.engine.readings import Alternatives, Reading
from kms_eval.engine.situation import PLAIN, Circumstances, Situation
from kms_eval.facts.actions import ACTION

Numbers = NDArray[np.int32]

OUTCOMES: tuple[Outcome, ...] = ("allowed", "explicitDeny", "implicitDeny")
UNASKED = 255

MOST_AT_ONCE = 8
"""How many statements one decision may depend on; the few that depend on more are decided one by one."""
_MOST_RESIDUAL_ENTRIES = 512
_MOST_OPEN = 30_000
_MOST_SHAPES = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class _ResidualEntry:
    """One statement or grant in one kind of situation."""

    entry: Entry
    before: Situation
    plain: bool

    def holds(self, added: Circumstances) -> bool:
        before = self.before
        if not self.plain:
            added = before.circumstances.with_context(added.given, added.encryption_context, added.at)
        return self.entry.applies(Context(Situation(before.scope, before.action, added)))


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """A decision that is open: the cell and action it belongs to, and the entries it depends on."""

    cell: Cell
    bit: int
    entries: tuple[Entry, ...]

    def outcome(self, answers: int) -> Outcome:
        """The outcome if those entries apply whose bit, by position, is set in `answers`."""
        counting = {entry for position, entry in enumerate(self.entries) if answers >> position & 1}
        sums = self.cell.sums_for(self.bit, counting.__contains__)
        if sums[LayerIndex.DENY] & self.bit:
            return "explicitDeny"
        return "allowed" if decide.allowed(sums, self.cell.shape) & self.bit else "implicitDeny"


class ResidualEntries:
    """Open decisions, numbered, and what they depend on. `room` is how many circumstances there can be."""

    def __init__(self, room: int) -> None:
        self._numbers: dict[Any, int] = {}
        self._residual_entries: list[_ResidualEntry] = []
        self._opens: dict[Any, int] = {}
        self._shapes: dict[Shape, tuple[Any, ...]] = {}
        self._decisions: list[_Open] = []
        # The first row is for the positions that a decision leaves empty: these never apply.
        self._answers = np.full((1, room), 0, np.uint8)
        self._entries_of = np.zeros((0, MOST_AT_ONCE), np.int32)
        self._lengths = np.zeros((0, 1), np.uint8)
        self._outcomes = np.zeros((0, 1 << MOST_AT_ONCE), np.uint8)

    def forget(self) -> None:
        """Forget all circumstances: their numbers start again."""
        self._answers[1:] = UNASKED

    def number(self, part: Part, cell: Cell) -> int | None:
        """The number of the decision about a part, which its cell leaves open; None if it depends on too much."""
        bit = bit_of(part.action)
        if cell.doubtful & bit:
            return None
        entries = tuple(
            entry for entry in cell.pending if entry.actions & bit and not cell.sums[entry.layer_index] & bit
        )
        if len(entries) > MOST_AT_ONCE:
            return None
        before = Situation(part.scope, part.action.lower(), part.circumstances.with_context(PLAIN.given, None, None))
        residual_entries: list[int] = []
        for entry in entries:
            residual_entry = self._residual_entry(entry, before)
            if residual_entry is None:
                return None
            residual_entries.append(residual_entry)
        # Decisions about one action in cells of one shape that depend on the same residual entries are equal.
        sums = tuple([total & bit for total in cell.sums])
        kind = (
            bit,
            self._shape(cell.shape),
            sums,
            tuple([entry.layer_index for entry in entries]),
            tuple(residual_entries),
        )
        number = self._opens.get(kind)
        if number is None and len(self._decisions) < _MOST_OPEN:
            number = self._opens[kind] = len(self._decisions)
            self._decisions.append(_Open(cell, bit, entries))
            self._entries_of = _with_row(self._entries_of, number, 0)
            self._entries_of[number, : len(residual_entries)] = residual_entries
            self._lengths = _with_row(self._lengths, number, len(residual_entries))
            self._outcomes = _with_row(self._outcomes, number, UNASKED)
        return number

    def decide(self, decisions: Numbers, circumstances: Numbers, added: Sequence[Circumstances]) -> NDArray[np.uint8]:
        """The outcome of each open decision in its circumstances, as an index of `OUTCOMES`."""
        places = decisions << MOST_AT_ONCE
        for position in range(self._lengths.take(decisions).max()):
            residual_entries = self._entries_of[:, position].take(decisions)
            places |= self._ask(residual_entries, circumstances, added).astype(np.int32) << position
        outcomes = self._outcomes.reshape(-1)
        found = outcomes.take(places)
        if found.max() == UNASKED:
            for place in np.unique(places[found == UNASKED]).tolist():
                outcome = self._decisions[place >> MOST_AT_ONCE].outcome(place & (1 << MOST_AT_ONCE) - 1)
                outcomes[place] = OUTCOMES.index(outcome)
            found = outcomes.take(places)
        return found

    def _ask(
        self, residual_entries: Numbers, circumstances: Numbers, added: Sequence[Circumstances]
    ) -> NDArray[np.uint8]:
        answers = self._answers.reshape(-1)
        places = residual_entries * self._answers.shape[1] + circumstances
        found = answers.take(places)
        if found.max() == UNASKED:
            for place in np.unique(places[found == UNASKED]).tolist():
                residual_entry, circumstance = divmod(place, self._answers.shape[1])
                answers[place] = self._residual_entries[residual_entry - 1].holds(added[circumstance])
            found = answers.take(places)
        return found

    def _shape(self, shape: Shape) -> tuple[Any, ...]:
        values = self._shapes.get(shape)
        if values is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            values = self._shapes[shape] = _values(shape)
        return values

    def _residual_entry(self, entry: Entry, before: Situation) -> int | None:
        signature = _signature(entry, before)
        number = self._numbers.get(signature)
        if number is None and len(self._residual_entries) < _MOST_RESIDUAL_ENTRIES:
            self._residual_entries.append(
                _ResidualEntry(entry, before, _values(before.circumstances) == _values(PLAIN))
            )
            number = self._numbers[signature] = len(self._residual_entries)
            self._answers = _with_row(self._answers, number, UNASKED)
        return number


def _signature(entry: Entry, before: Situation) -> Any:
    """Equal for entries that apply in the same circumstances, whichever are added to these situations."""
    action, rule = before.action or "", entry.rule
    if rule is None or rule.resource is None:
        return (entry, action, _values(before.circumstances))
    needs = sorted(entry.needs)
    # INVARIANT: the engine treats all cryptographic operations the same, except for which condition keys they carry.
    row = ACTION.get(action)
    kind = tuple(carried(action, key) for key in needs) if row is not None and row.cryptographic else action
    readings = tuple(_comparable(reading(before, key)) for key in needs)
    if rule.resource.needs:
        return (rule, _values(before.scope.target), kind, readings, before.scope.caller.kind)
    # The resource is covered, or the entry would not be open: only the condition matters, wherever it is written.
    written = (rule.statement.condition, rule.effect, rule.policy.kind, rule.policy.variables)
    return (*written, kind, readings, before.scope.caller.kind)


def _comparable(value: Reading) -> object:
    return ("either", value.readings) if isinstance(value, Alternatives) else value


def _values(record: Any) -> tuple[Any, ...]:
    """The fields of an engine record, so that it can be compared by value."""
    return tuple(getattr(record, name) for name in record.__slots__)


def _with_row(table: NDArray[Any], row: int, value: int) -> NDArray[Any]:
    """The table with that row in it, filled with a value; it grows by doubling."""
    if row >= len(table):
        more = np.empty((max(8, len(table)), table.shape[1]), table.dtype)
        table = np.concatenate((table, more))
    table[row] = value
    return table
