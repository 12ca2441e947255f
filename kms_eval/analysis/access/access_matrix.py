"""The matrix: principals by actions by keys, each allowed always, only under conditions or never.

Comes in: a grid and what to show of it. Goes out: a `Matrix` of plain values, for renderers.
Never here: deciding, text.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import overload

from kms_eval.analysis.access.answers import AnswerWord, answer_word
from kms_eval.analysis.access.doubts import Doubts
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY, Grid, GridCell
from kms_eval.analysis.access.principals import Asker
from kms_eval.analysis.access.reach import Reach, reach_of
from kms_eval.documents.model import Grant, Statement
from kms_eval.engine.explanation import Source
from kms_eval.engine.trace import grant_source, statement_source
from kms_eval.world.model import Key, World, policies_of

Track = Callable[[Sequence[Asker]], Iterable[Asker]]
"""Passes the askers on one by one, and may report progress."""


class Notes(IntEnum):
    """How much is said about each answer."""

    NONE = 0
    CONDITIONS = 1
    """The conditions of what is sometimes allowed."""
    ALLOWED = 2
    """Those, and the reasons for what is always allowed; with the statements behind both."""
    REASONS = 3
    """All that, and the reasons for what is never allowed: that takes ten times as long."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is said about an answer: the conditions or the reason, and the statements and grants behind it."""

    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A principal as the matrix names it."""

    name: str
    label: str
    kind: str
    described: bool


@dataclass(frozen=True, slots=True)
class KeyName:
    """A key as the matrix names it."""

    handle: str
    arn: str


@dataclass(frozen=True, slots=True)
class Row:
    """One principal on one key: positions in the matrix's lists, masks, and notes, each with the mask it is about.

    `key` None: the actions that have no key. `undetermined` and `public` are subsets of `sometimes`. `doubts`: codes
    of warnings about questions that AWS leaves open, with the actions whose answers depend on them. `reach`: how far
    the principal is from the key.
    """

    principal: int
    key: int | None
    always: int
    sometimes: int
    notes: tuple[tuple[int, Note], ...] = ()
    undetermined: int = 0
    public: int = 0
    doubts: Doubts = ()
    reach: Reach = "inside the account"

    def answer(self, bit: int) -> AnswerWord:
        """The answer about one action."""
        return answer_word(bit, self.always, self.sometimes, self.undetermined, self.public)

    def mask(self, answer: AnswerWord) -> int:
        """The actions with that answer; 0 for `never`, since a row does not know which actions were asked about."""
        conditional = self.sometimes & ~self.undetermined & ~self.public
        masks = {"always": self.always, "public": self.public, "undetermined": self.undetermined}
        return masks.get(answer, conditional if answer == "conditional" else 0)

    def note(self, bit: int) -> Note | None:
        """What is said about one action; None if nothing is."""
        return next((note for mask, note in self.notes if mask & bit), None)

    def open_questions(self, bit: int) -> tuple[str, ...]:
        """The codes of the questions that AWS leaves open and that the answer about one action depends on."""
        return tuple(code for mask, codes in self.doubts if mask & bit for code in codes)


class Folded(Sequence[Row]):
    """Rows, principal by principal; equal rows are stored once, and so are equal lists of rows.

    `lines` has the rows as they are stored, for callers that write many of them: the principal's position, and a row
    for each key, whose `principal` and `key` are to be ignored. A row without a key comes first.
    """

    def __init__(self) -> None:
        self._kept: list[Row] = []
        self._numbers: dict[Row, int] = {}
        self._by_id: dict[int, int] = {}
        self._lists: dict[bytes, array[int]] = {}
        self._lines: list[array[int]] = []
        self._ends: list[int] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Add the rows of one more principal, first the one without a key."""
        line = array("I", [self._number(row) for row in rows])
        self._lines.append(self._lists.setdefault(line.tobytes(), line))
        self._ends.append((self._ends[-1] if self._ends else 0) + len(line))

    def _number(self, row: Row) -> int:
        number = self._by_id.get(id(row))
        if number is None:
            kept = replace(row, principal=0, key=0) if row.principal or row.key else row
            number = self._numbers.setdefault(kept, len(self._kept))
            if number == len(self._kept):
                self._kept.append(kept)
                # The object stays alive, so that no other object gets its identity.
                self._by_id[id(kept)] = number
        return number

    def lines(self) -> Iterator[tuple[int, list[Row]]]:
        """Each principal's rows as they are stored."""
        for place, line in enumerate(self._lines):
            yield place, [self._kept[number] for number in line]

    def looks(self) -> Iterator[tuple[Row, int]]:
        """The distinct rows, and how often each of them occurs."""
        counts = Counter(number for line in self._lines for number in line)
        return ((self._kept[number], times) for number, times in counts.items())

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Row]:
        for place, rows in self.lines():
            first = bool(rows) and rows[0].key is None
            for position, row in enumerate(rows):
                yield _of(row, place, position - first)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        """A row, or several."""
        if isinstance(index, slice):
            return tuple(self[each] for each in range(*index.indices(len(self))))
        at = range(len(self))[index]
        place = bisect_right(self._ends, at)
        line = self._lines[place]
        position = at - (self._ends[place] - len(line))
        first = self._kept[line[0]].key is None
        return _of(self._kept[line[position]], place, position - first)


def _of(row: Row, principal: int, key: int) -> Row:
    """A stored row, with its principal and key filled in."""
    return Row(
        principal,
        None if row.key is None else key,
        row.always,
        row.sometimes,
        row.notes,
        row.undetermined,
        row.public,
        row.doubts,
        row.reach,
    )


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole answer. `actions` is the mask of those asked for; `at` the time the answers are for.

    `source` names what the answers are about, as the user did: the scenario's file. `written` has the statements and
    grants that notes refer to. `keys_left_out` counts the keys that were asked for and that the output format has no
    room for. Rows come principal by principal, first the one without a key. If there is one key, both are one row.
    """

    title: str
    at: datetime | None
    actions: int
    principals: tuple[Person, ...]
    keys: tuple[KeyName, ...]
    rows: Sequence[Row]
    keys_left_out: int = 0
    source: str = ""
    written: Mapping[Source, Statement | Grant] = field(default_factory=dict)
    notes: Notes = Notes.NONE

    @property
    def doubts(self) -> Mapping[str, int]:
        """How many answers depend on each open question, by the code of its warning."""
        counts: Counter[str] = Counter()
        for row, times in self.rows.looks() if isinstance(self.rows, Folded) else ((row, 1) for row in self.rows):
            for mask, codes in row.doubts:
                counts.update(dict.fromkeys(codes, mask.bit_count() * times))
        return counts

    def actions_of(self, row: Row) -> int:
        """The actions that a row answers about."""
        if len(self.keys) == 1:
            return self.actions
        return self.actions & (ACTIONS_WITHOUT_KEY if row.key is None else ACTIONS_ON_KEY)


def matrix(
    grid: Grid,
    askers: Sequence[Asker],
    keys: Sequence[Key],
    actions: int,
    *,
    title: str,
    notes: Notes = Notes.NONE,
    keys_left_out: int = 0,
    source: str = "",
    track: Track = iter,
) -> Matrix:
    """Ask the grid about every asker and key."""
    grid = grid.about(actions, keys)
    writing = _Writing(grid, actions, notes, keys)
    rows = Folded()
    for asker in track(askers):
        rows.add(writing.rows(asker))
    return Matrix(
        title,
        grid.at,
        actions,
        tuple(Person(each.name, each.label, each.kind, each.described) for each in askers),
        tuple(KeyName(key.handle, key.arn) for key in keys),
        rows,
        keys_left_out,
        source,
        dict(
            _written(
                grid.world, {each for row, _times in rows.looks() for _mask, note in row.notes for each in note.sources}
            )
        ),
        notes,
    )


@dataclass(slots=True)
class _Writing:
    grid: Grid
    actions: int
    notes: Notes
    keys: Sequence[Key]
    known: dict[Note, Note] = field(default_factory=dict)
    _rows: dict[Hashable, Row] = field(default_factory=dict)
    _looks: dict[Row, Row] = field(default_factory=dict)

    def rows(self, asker: Asker) -> list[Row]:
        """The asker's rows. Equal rows are one shared object, whose `principal` and `key` are placeholders."""
        own: list[Row] = []
        if self.actions & ACTIONS_WITHOUT_KEY:
            own.append(self._row(self.grid.without_key(asker), None, reach_of(asker, None, self.grid.world)))
        if self.actions & ACTIONS_ON_KEY:
            reaches: dict[str, Reach] = {}
            for key, cell in zip(self.keys, self.grid.row(asker, self.keys), strict=True):
                reach = reaches.get(key.account)
                if reach is None:
                    reach = reaches[key.account] = reach_of(asker, key, self.grid.world)
                pair = cell if self.notes < Notes.ALLOWED else self.grid.of_pair(cell, asker, key)
                own.append(self._row(pair, 0, reach))
        return [_joined(own)] if len(self.keys) == 1 else own

    def _row(self, grid_cell: GridCell, key: int | None, reach: Reach) -> Row:
        """The row shared by all pairs of this class and reach; if statements are named, a row of its own."""
        if self.notes >= Notes.ALLOWED:
            return self._written(grid_cell, key, reach)
        about = (grid_cell.pair_class, reach)
        row = self._rows.get(about)
        if row is None:
            row = self._written(grid_cell, key, reach)
            row = self._rows[about] = self._looks.setdefault(row, row)
        return row

    def _written(self, grid_cell: GridCell, key: int | None, reach: Reach) -> Row:
        said: list[tuple[int, Note]] = []
        if self.notes >= Notes.CONDITIONS and grid_cell.sometimes & self.actions:
            said += self._condition_notes(grid_cell)
        if self.notes >= Notes.ALLOWED:
            about = self.actions if self.notes >= Notes.REASONS else self.actions & grid_cell.always
            for mask, reason in self.grid.reasons(grid_cell, about):
                said.append((mask, Note(reason.sentence, reason.sources)))
        # Thousands of rows have the same notes: each note is kept once.
        kept = tuple((mask, self.known.setdefault(note, note)) for mask, note in said)
        asked = self.actions
        masks = (grid_cell.always & asked, grid_cell.sometimes & asked)
        doubts = self.grid.doubts(grid_cell, asked)
        return Row(0, key, *masks, kept, grid_cell.undetermined & asked, grid_cell.public & asked, doubts, reach)

    def _condition_notes(self, grid_cell: GridCell) -> Iterator[tuple[int, Note]]:
        for mask, residual in self.grid.residual(grid_cell, self.actions):
            text = str(residual)
            if self.notes < Notes.ALLOWED:
                yield mask, Note(text)
                continue
            for part, sources in self.grid.allowing(grid_cell, mask):
                yield part, Note(text, tuple(dict.fromkeys((*residual.sources, *sources))))


def _joined(rows: list[Row]) -> Row:
    """The row without a key and the row with the key in one; no action is in both."""
    first, last = rows[0], rows[-1]
    if first is last:
        return first
    return Row(
        last.principal,
        last.key,
        first.always | last.always,
        first.sometimes | last.sometimes,
        (*last.notes, *first.notes),
        first.undetermined | last.undetermined,
        first.public | last.public,
        (*last.doubts, *first.doubts),
        last.reach,
    )


def _written(world: World, sources: set[Source]) -> Iterator[tuple[Source, Statement | Grant]]:
    """The statements and grants that sources refer to, without statements that are partly unknown."""
    if not sources:
        return
    for policy in policies_of(world):
        for statement in policy.statements:
            found = statement_source(policy, statement)
            if found in sources and not statement.open:
                yield found, statement
    for key in world.keys.values():
        for grant in key.grants:
            found = grant_source(grant)
            if found in sources:
                yield found, grant
