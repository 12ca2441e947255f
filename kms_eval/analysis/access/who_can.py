"""Who can: every principal's answer about some actions on some keys.

Comes in: a grid, askers, keys, actions. Goes out: findings, an action and key each, as plain values.
Never here: deciding, text for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kms_eval.analysis.access.access_matrix import Person, Track
from kms_eval.analysis.access.answers import AnswerWord
from kms_eval.analysis.access.doubts import Doubts
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY, Grid, GridCell
from kms_eval.analysis.access.principals import Asker
from kms_eval.analysis.access.residual_conditions import UNKNOWN, ResidualConditions
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.world.model import Key


@dataclass(frozen=True, slots=True)
class Who:
    """One principal's answer. `because` is the reason, or the conditions; empty for `never` unless asked for.

    `by` names the statements and grants behind it, `unknowns` what no source could show and the answer depends on,
    `doubts` the codes of warnings about questions that AWS leaves open and the answer depends on.
    """

    person: Person
    answer: AnswerWord
    because: str = ""
    by: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """All answers about one action on one key; `key` and `key_arn` are None if the action has no key."""

    action: str
    key: str | None
    key_arn: str | None
    answers: tuple[Who, ...]

    def those(self, answer: AnswerWord) -> tuple[Who, ...]:
        """The principals with that answer."""
        return tuple(who for who in self.answers if who.answer == answer)


@dataclass(frozen=True, slots=True)
class WhoCan:
    """The whole answer, and the time it is for."""

    at: datetime | None
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Collected:
    grid: Grid
    denials: bool
    answers: dict[tuple[str, Key | None], list[Who]] = field(default_factory=dict)
    _texts: dict[int, tuple[ResidualConditions, str]] = field(default_factory=dict)
    """Conditions and their words, by the identity of the conditions, which all pairs of a class share."""

    def add(self, cells: Iterable[tuple[Key | None, GridCell]], asker: Asker, person: Person, actions: int) -> None:
        """Add what one asker may do, on several keys or without one; each cell is the one decided for its class."""
        asked = [(action.name, bit_of(action.name)) for action in actions_in(actions)]
        never = Who(person, "never")
        known: dict[int, list[tuple[str, int, AnswerWord, tuple[str, ...]]]] = {}
        for key, alike in cells:
            told = known.get(id(alike))
            if told is None:
                doubts = self.grid.doubts(alike, actions)
                told = known[id(alike)] = [
                    (name, bit, alike.answer(bit), _codes(doubts, bit) if doubts else ()) for name, bit in asked
                ]
            for name, bit, answer, codes in told:
                if answer != "never" or self.denials:
                    who = self._who(self.grid.of_pair(alike, asker, key), person, bit, answer, codes)
                else:
                    who = Who(person, "never", doubts=codes) if codes else never
                # That anyone of many is never allowed is not worth an answer.
                if answer != "never" or asker.is_one:
                    self.answers.setdefault((name, key), []).append(who)

    def _who(self, grid_cell: GridCell, person: Person, bit: int, answer: AnswerWord, codes: tuple[str, ...]) -> Who:
        if grid_cell.sometimes & bit:
            residual, by = self.grid.residual_named(grid_cell, bit)
            said = f"{UNKNOWN}{', '.join(residual.unknowns)}" if answer == "undetermined" else self._text(residual)
            return Who(person, answer, said, by, residual.unknowns, codes)
        sentence, by = self.grid.reason_named(grid_cell, bit)
        return Who(person, answer, sentence, by, (), codes)

    def _text(self, residual: ResidualConditions) -> str:
        known = self._texts.get(id(residual))
        if known is None:
            # They are kept with their words, so that no other object gets their identity.
            known = self._texts[id(residual)] = (residual, str(residual))
        return known[1]


def _codes(doubts: Doubts, bit: int) -> tuple[str, ...]:
    return next((codes for mask, codes in doubts if mask & bit), ())


def who_can(
    grid: Grid,
    askers: Sequence[Asker],
    keys: Sequence[Key],
    actions: int,
    *,
    denials: bool = False,
    track: Track = iter,
) -> WhoCan:
    """Ask the grid about every asker. With `denials`, answers of `never` have their reasons, too."""
    grid = grid.about(actions, keys)
    collected = _Collected(grid, denials)
    for asker in track(askers):
        person = Person(asker.name, asker.label, asker.kind, asker.described)
        if actions & ACTIONS_ON_KEY:
            cells = zip(keys, grid.row(asker, keys), strict=True)
            collected.add(cells, asker, person, actions & ACTIONS_ON_KEY)
        if actions & ACTIONS_WITHOUT_KEY:
            collected.add([(None, grid.without_key(asker))], asker, person, actions & ACTIONS_WITHOUT_KEY)
    nothing: tuple[None] = (None,)
    findings = [
        Finding(
            action.name,
            key.handle if key else None,
            key.arn if key else None,
            tuple(collected.answers.get((action.name, key), ())),
        )
        for action in actions_in(actions)
        for key in (nothing if bit_of(action.name) & ACTIONS_WITHOUT_KEY else keys)
    ]
    return WhoCan(grid.at, tuple(findings))
