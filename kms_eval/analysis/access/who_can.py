"""Who can: every principal's answer about some actions on some keys.

Comes in: a grid, askers, keys, actions. Goes out: findings, an action and key each, as plain values.
Never here: deciding, text for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from kms_eval.analysis.access.access_matrix import Person, Track
from kms_eval.analysis.access.answers import AnswerWord
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY, Grid, Square
from kms_eval.analysis.access.principals import Asker
from kms_eval.analysis.access.terms import UNKNOWN
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.world.model import Key


@dataclass(frozen=True, slots=True)
class Who:
    """One principal's answer. `because` is the reason, or the conditions; empty for `never` unless asked for.

    `by` names the statements and grants behind it, `unknowns` what no source could show, and what it hangs on, `doubts`
    the codes of warnings about questions that AWS leaves open, on which it hangs.
    """

    person: Person
    answer: AnswerWord
    because: str = ""
    by: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """All answers about one action on one key; `key` and `key_arn` None where the action has no key."""

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

    def add(self, square: Square, person: Person, actions: int) -> None:
        doubts = self.grid.doubts(square, actions)
        for action in actions_in(actions):
            bit = bit_of(action.name)
            who = self._who(square, person, bit)
            if doubts:
                who = replace(who, doubts=next((codes for mask, codes in doubts if mask & bit), ()))
            # Nobody in particular, who never may: nothing is said by saying so.
            if who.answer != "never" or square.asker.is_one:
                self.answers.setdefault((action.name, square.key), []).append(who)

    def _who(self, square: Square, person: Person, bit: int) -> Who:
        answer = square.answer(bit)
        if square.sometimes & bit:
            ((_mask, terms),) = self.grid.terms(square, bit)
            said = f"{UNKNOWN}{', '.join(terms.unknowns)}" if answer == "undetermined" else str(terms)
            return Who(person, answer, said, terms.by, terms.unknowns)
        if answer == "never" and not self.denials:
            return Who(person, answer)
        ((_mask, reason),) = self.grid.reasons(square, bit)
        return Who(person, answer, reason.sentence, (reason.by,) if reason.by else ())


def who_can(
    grid: Grid,
    askers: Sequence[Asker],
    keys: Sequence[Key],
    actions: int,
    *,
    denials: bool = False,
    track: Track = iter,
) -> WhoCan:
    """Ask the grid about every asker. With `denials` the reason why somebody never may is looked for as well."""
    collected = _Collected(grid, denials)
    for asker in track(askers):
        person = Person(asker.name, asker.label, asker.kind, asker.described)
        if actions & ACTIONS_ON_KEY:
            for key in keys:
                collected.add(grid.on(asker, key), person, actions & ACTIONS_ON_KEY)
        if actions & ACTIONS_WITHOUT_KEY:
            collected.add(grid.without_key(asker), person, actions & ACTIONS_WITHOUT_KEY)
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
