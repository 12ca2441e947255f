"""A compiled cell under one question: what is allowed always, sometimes and never.

Comes in: a cell, and what the question leaves open. Goes out: masks, and the entries that are still pending.
Never here: rules of AWS: the three answers are `engine.decide`'s, asked with every open Allow off and Deny on, and the
other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from kms_eval.analysis.access.openness import Openness
from kms_eval.engine import decide
from kms_eval.engine.cell import Cell
from kms_eval.engine.context import Context
from kms_eval.engine.decide import Slot
from kms_eval.engine.entries import Entry
from kms_eval.engine.masks import EVERYTHING, RETIRE_GRANT, UNPUBLISHED
from kms_eval.engine.situation import Situation

PUBLISHED = EVERYTHING & ~UNPUBLISHED

OwnPolicy = Literal["none", "perhaps", "certainly"]

OWN_POLICY = Entry("identityPolicy", Slot.IDENTITY, EVERYTHING)
"""Stands for the identity policies of a principal that nobody has described."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Masks of what is allowed in every request (`always`) and in some (`sometimes`); the rest is never allowed."""

    cell: Cell
    unknown: tuple[str, ...]
    sums: list[int]
    pending: tuple[Entry, ...]
    always: int
    sometimes: int
    own_policy: OwnPolicy = "none"

    @property
    def in_words(self) -> Settled:
        """The same where identity policies that are had for certain are no condition worth a word."""
        if self.own_policy != "certainly":
            return self
        others = tuple(entry for entry in self.pending if entry is not OWN_POLICY)
        return replace(self, sums=_with_own_policy(self.sums), pending=others)


def _with_own_policy(sums: list[int]) -> list[int]:
    return [total | OWN_POLICY.actions if slot == OWN_POLICY.slot else total for slot, total in enumerate(sums)]


def settle(cell: Cell, openness: Openness, *, unknown: tuple[str, ...], own_policy: OwnPolicy) -> Settled:
    """The cell with everything settled that the question settles.

    `unknown` are beginnings of condition keys about which nothing is known; `own_policy` says that the caller may have
    identity policies that nobody has described, or for certain has what it takes, like anybody who wants to (S16).
    """
    sums = list(cell.sums)
    pending: list[Entry] = []
    for entry in cell.pending:
        still, holds = openness.split(entry, cell.scope, unknown)
        sums[entry.slot] |= holds
        if still == entry.actions:
            pending.append(entry)
        elif still:
            pending.append(Entry(entry.layer, entry.slot, still, entry.rule, entry.allowance))
    if own_policy != "none":
        pending.append(OWN_POLICY)
    always, possible = _answers(cell, sums, pending)
    retiring = [entry for entry in pending if entry.allowance is not None and entry.actions & RETIRE_GRANT]
    if retiring:
        others = [entry for entry in pending if entry not in retiring]
        pending, retire_always, retire_possible = _retirable(cell, openness, sums, retiring, others)
        always, possible = always & ~RETIRE_GRANT | retire_always, possible & ~RETIRE_GRANT | retire_possible
    if own_policy == "certainly":
        always |= _answers(cell, _with_own_policy(sums), pending)[0] & ~RETIRE_GRANT
    return Settled(cell, unknown, sums, tuple(pending), always & PUBLISHED, possible & ~always & PUBLISHED, own_policy)


def _answers(cell: Cell, sums: list[int], pending: list[Entry]) -> tuple[int, int]:
    """What is allowed whatever the pending entries say, and what is allowed if they say the best."""
    least, most = list(sums), list(sums)
    for entry in pending:
        (least if entry.slot == Slot.DENY else most)[entry.slot] |= entry.actions
    always = decide.allowed(least, cell.shape) & ~least[Slot.DENY]
    return always, decide.allowed(most, cell.shape) & ~sums[Slot.DENY]


def _retirable(
    cell: Cell, openness: Openness, sums: list[int], retiring: list[Entry], others: list[Entry]
) -> tuple[list[Entry], int, int]:
    """RetireGrant grant by grant: which one it is about is the request's choice, and one of the key's grants it is.

    Goes out: the entries that are still pending, and whether RetireGrant is allowed for every grant and for some. What
    holds for every grant goes into `sums`.
    """
    key = cell.scope.target.key
    common: set[int] | None = None
    about: dict[Entry, None] = {}
    always, possible = RETIRE_GRANT, 0
    for grant in key.grants if key is not None else ():
        circumstances = replace(openness.circumstances, grant=grant)
        context = Context(Situation(cell.scope, "kms:retiregrant", circumstances))
        holding = [entry for entry in retiring if entry.applies(context)]
        about.update((entry, None) for entry in holding)
        slots = {entry.slot for entry in holding}
        common = slots if common is None else common & slots
        with_grant = [value | RETIRE_GRANT if slot in slots else value for slot, value in enumerate(sums)]
        least, most = _answers(cell, with_grant, others)
        always &= least
        possible |= most & RETIRE_GRANT
    for slot in common or ():
        sums[slot] |= RETIRE_GRANT
    still = [*others, *(entry for entry in about if entry.slot not in (common or ()))]
    return still, always, possible
