"""The matrix: principals by actions by keys, each allowed always, only under conditions or never.

Comes in: a grid and what to show of it. Goes out: a `Matrix` of plain values, for renderers.
Never here: deciding, text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from kms_eval.analysis.access.answers import AnswerWord, answer_word
from kms_eval.analysis.access.doubts import Doubts
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY, Grid, Square
from kms_eval.analysis.access.principals import Asker
from kms_eval.analysis.access.terms import Terms
from kms_eval.world.model import Key

Track = Callable[[Sequence[Asker]], Iterable[Asker]]
"""Passes the askers on one by one, and may tell somebody how far it is."""


class Notes(IntEnum):
    """How much is said about each answer."""

    NONE = 0
    CONDITIONS = 1
    """The conditions of what is sometimes allowed."""
    REASONS = 2
    """Those, and why the rest is or is not allowed."""


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
    """One principal on one key: positions in the matrix's lists, masks, and notes: (mask, text) each.

    `key` None: the actions that have no key. `undetermined` and `public` are of those in `sometimes`. `doubts`: codes
    of warnings about questions that AWS leaves open, each with the actions whose answers hang on them.
    """

    principal: int
    key: int | None
    always: int
    sometimes: int
    notes: tuple[tuple[int, str], ...] = ()
    undetermined: int = 0
    public: int = 0
    doubts: Doubts = ()

    def answer(self, bit: int) -> AnswerWord:
        """The answer about one action."""
        return answer_word(bit, self.always, self.sometimes, self.undetermined, self.public)

    def mask(self, answer: AnswerWord) -> int:
        """The actions with that answer; of `never` there is none, since a row does not know what is asked."""
        conditional = self.sometimes & ~self.undetermined & ~self.public
        masks = {"always": self.always, "public": self.public, "undetermined": self.undetermined}
        return masks.get(answer, conditional if answer == "conditional" else 0)

    def note(self, bit: int) -> str:
        """What is said about one action; empty where nothing is."""
        said = [text for mask, text in self.notes if mask & bit][:1]
        said += [f"open question: {code}" for mask, codes in self.doubts if mask & bit for code in codes]
        return "; ".join(said)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole answer. `actions` is the mask of those asked for; `at` the time the answers are for.

    `keys_left_out` counts the keys that were asked for and that the form has no room for.
    Rows come principal by principal, first that without a key. Where there is one key both are one row.
    """

    title: str
    at: datetime | None
    actions: int
    principals: tuple[Person, ...]
    keys: tuple[KeyName, ...]
    rows: tuple[Row, ...]
    keys_left_out: int = 0

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
    )


@dataclass(slots=True)
class _Writing:
    grid: Grid
    actions: int
    notes: Notes
    texts: dict[str, str] = field(default_factory=dict)

    def row(self, square: Square, place: int, key: int | None) -> Row:
        said: list[tuple[int, str]] = []
        if self.notes >= Notes.CONDITIONS and square.sometimes & self.actions:
            said += [(mask, self._words(terms)) for mask, terms in self.grid.terms(square, self.actions)]
        if self.notes >= Notes.REASONS:
            said += [(mask, str(reason)) for mask, reason in self.grid.reasons(square, self.actions)]
        # Thousands of rows say the same: each text is kept once.
        kept = tuple((mask, self.texts.setdefault(text, text)) for mask, text in said)
        asked = self.actions
        masks = (square.always & asked, square.sometimes & asked)
        doubts = self.grid.doubts(square, asked)
        return Row(place, key, *masks, kept, square.undetermined & asked, square.public & asked, doubts)

    def _words(self, terms: Terms) -> str:
        where = f" ({'; '.join(terms.by)})" if self.notes >= Notes.REASONS and terms.by else ""
        return f"{terms}{where}"


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
    )
