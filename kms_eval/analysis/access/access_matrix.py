"""The matrix: principals by actions by keys, each allowed always, only under conditions or never.

Comes in: a grid and what to show of it. Goes out: a `Matrix` of plain values, for renderers.
Never here: deciding, text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

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
"""Passes the askers on one by one, and may tell somebody how far it is."""


class Notes(IntEnum):
    """How much is said about each answer."""

    NONE = 0
    CONDITIONS = 1
    """The conditions of what is sometimes allowed."""
    ALLOWED = 2
    """Those, and why the rest of what is allowed is; with the statements behind it."""
    REASONS = 3
    """All that, and why the rest is not allowed: that takes ten times as long."""


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

    `key` None: the actions that have no key. `undetermined` and `public` are of those in `sometimes`. `doubts`: codes
    of warnings about questions that AWS leaves open, each with the actions whose answers hang on them. `reach`: how far
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
        """The actions with that answer; of `never` there is none, since a row does not know what is asked."""
        conditional = self.sometimes & ~self.undetermined & ~self.public
        masks = {"always": self.always, "public": self.public, "undetermined": self.undetermined}
        return masks.get(answer, conditional if answer == "conditional" else 0)

    def note(self, bit: int) -> Note | None:
        """What is said about one action; None where nothing is."""
        return next((note for mask, note in self.notes if mask & bit), None)

    def open_questions(self, bit: int) -> tuple[str, ...]:
        """The codes of the questions that AWS leaves open and that the answer about one action hangs on."""
        return tuple(code for mask, codes in self.doubts if mask & bit for code in codes)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole answer. `actions` is the mask of those asked for; `at` the time the answers are for.

    `source` is what the answers are about, as it was named: the scenario's file. `written` has the text of what notes
    refer to, where they do. `keys_left_out` counts the keys that were asked for and that the form has no room for.
    Rows come principal by principal, first that without a key. Where there is one key both are one row.
    """

    title: str
    at: datetime | None
    actions: int
    principals: tuple[Person, ...]
    keys: tuple[KeyName, ...]
    rows: tuple[Row, ...]
    keys_left_out: int = 0
    source: str = ""
    written: Mapping[Source, Statement | Grant] = field(default_factory=dict)
    notes: Notes = Notes.NONE

    @property
    def doubts(self) -> Mapping[str, int]:
        """How many answers hang on which open question, by the code of its warning."""
        counts: Counter[str] = Counter()
        for row in self.rows:
            for mask, codes in row.doubts:
                counts.update(dict.fromkeys(codes, mask.bit_count()))
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
    writing = _Writing(grid, actions, notes)
    rows: list[Row] = []
    for place, asker in enumerate(track(askers)):
        own: list[Row] = []
        if actions & ACTIONS_WITHOUT_KEY:
            own.append(writing.row(grid.without_key(asker), place, None))
        if actions & ACTIONS_ON_KEY:
            own += [writing.row(grid.on(asker, key), place, index) for index, key in enumerate(keys)]
        rows += [_joined(own)] if len(keys) == 1 else own
    return Matrix(
        title,
        grid.at,
        actions,
        tuple(Person(each.name, each.label, each.kind, each.described) for each in askers),
        tuple(KeyName(key.handle, key.arn) for key in keys),
        tuple(rows),
        keys_left_out,
        source,
        dict(_written(grid.world, {each for row in rows for _mask, note in row.notes for each in note.sources})),
        notes,
    )


@dataclass(slots=True)
class _Writing:
    grid: Grid
    actions: int
    notes: Notes
    known: dict[Note, Note] = field(default_factory=dict)

    def row(self, grid_cell: GridCell, place: int, key: int | None) -> Row:
        said: list[tuple[int, Note]] = []
        if self.notes >= Notes.CONDITIONS and grid_cell.sometimes & self.actions:
            said += self._terms(grid_cell)
        if self.notes >= Notes.ALLOWED:
            about = self.actions if self.notes >= Notes.REASONS else self.actions & grid_cell.always
            for mask, reason in self.grid.reasons(grid_cell, about):
                said.append((mask, Note(reason.sentence, reason.sources)))
        # Thousands of rows say the same: each note is kept once.
        kept = tuple((mask, self.known.setdefault(note, note)) for mask, note in said)
        asked = self.actions
        masks = (grid_cell.always & asked, grid_cell.sometimes & asked)
        doubts = self.grid.doubts(grid_cell, asked)
        reach = reach_of(grid_cell.asker, grid_cell.key, self.grid.world)
        return Row(place, key, *masks, kept, grid_cell.undetermined & asked, grid_cell.public & asked, doubts, reach)

    def _terms(self, grid_cell: GridCell) -> Iterator[tuple[int, Note]]:
        for mask, residual in self.grid.residual(grid_cell, self.actions):
            text = str(residual)
            if self.notes < Notes.ALLOWED:
                yield mask, Note(text)
                continue
            for part, sources in self.grid.allowing(grid_cell, mask):
                yield part, Note(text, tuple(dict.fromkeys((*residual.sources, *sources))))


def _joined(rows: list[Row]) -> Row:
    """What has a key and what has none in one row; their actions are different ones."""
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
    """The statements and grants that sources stand for, without those of which a part is unknown."""
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
