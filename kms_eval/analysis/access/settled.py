"""A compiled cell under one question: what is allowed always, sometimes and never.

Comes in: a cell, and what the question leaves open. Goes out: masks, and the entries that are still pending.
Never here: rules of AWS: the three answers are `engine.decide`'s, asked with every open Allow off and Deny on, and the
other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kms_eval.analysis.access.openness import ABOUT_WHO, Openness
from kms_eval.engine import decide
from kms_eval.engine.cell import Cell
from kms_eval.engine.context import Context
from kms_eval.engine.decide import Slot
from kms_eval.engine.entries import Entry
from kms_eval.engine.masks import EVERYTHING, RETIRE_GRANT, UNPUBLISHED
from kms_eval.engine.situation import Situation

PUBLISHED = EVERYTHING & ~UNPUBLISHED

OWN_POLICY = Entry("identityPolicy", Slot.IDENTITY, EVERYTHING)
"""Stands for the identity policies of a principal that nobody has described."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Masks of what is allowed in every request (`always`) and in some (`sometimes`); the rest is never allowed.

    `undetermined` are those of `sometimes` of which no request is sure to be allowed: something unknown decides.
    """

    cell: Cell
    unknown: tuple[str, ...]
    sums: list[int]
    pending: tuple[Entry, ...]
    always: int
    sometimes: int
    undetermined: int = 0


def settle(cell: Cell, openness: Openness, *, unknown: tuple[str, ...], own_policy: bool) -> Settled:
    """The cell with everything settled that the question settles.

    `unknown` are beginnings of condition keys about which nothing is known; `own_policy` says that the caller may have
    identity policies that nobody has described.
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
    if own_policy:
        pending.append(OWN_POLICY)
    sure = _surely_possible(cell, openness, sums, pending)
    pending, always, possible = _with_retiring(cell, openness, sums, pending)
    sometimes = possible & ~always & PUBLISHED
    return Settled(cell, unknown, sums, tuple(pending), always & PUBLISHED, sometimes, sometimes & ~sure)


def public(settled: Settled, openness: Openness) -> int:
    """What anybody may do who has an identity policy for it, whoever it is: nothing that is asked is about who asks.

    What a request carries, of the service it comes through to its encryption context, whoever asks can choose.
    """
    sums, about_who = list(settled.sums), (*settled.unknown, *ABOUT_WHO)
    for entry in settled.pending:
        who = openness.doubtful(entry, settled.cell.scope)
        if any(key.startswith(about_who) for key in openness.left(entry, settled.cell.scope, settled.unknown)):
            who = entry.actions
        if entry.slot == Slot.DENY:
            sums[Slot.DENY] |= who
        else:
            sums[entry.slot] |= entry.actions & ~who
    return decide.allowed(sums, settled.cell.shape) & ~sums[Slot.DENY] & settled.sometimes


def _surely_possible(cell: Cell, openness: Openness, sums: list[int], pending: list[Entry]) -> int:
    """What some request is allowed whatever the unknowns are: what hangs on them allows nothing, and denies."""
    doubtful = [openness.doubtful(entry, cell.scope) for entry in pending]
    if not any(doubtful):
        return EVERYTHING
    least, others = list(sums), []
    for entry, doubt in zip(pending, doubtful, strict=True):
        if entry.slot == Slot.DENY:
            least[Slot.DENY] |= doubt
        if entry.actions & ~doubt:
            others.append(Entry(entry.layer, entry.slot, entry.actions & ~doubt, entry.rule, entry.allowance))
    _pending, _always, possible = _with_retiring(cell, openness, least, others)
    return possible


def _with_retiring(
    cell: Cell, openness: Openness, sums: list[int], pending: list[Entry]
) -> tuple[list[Entry], int, int]:
    """The entries that are still pending, what is allowed whatever they say, and what is if they say the best."""
    always, possible = _answers(cell, sums, pending)
    retiring = [entry for entry in pending if entry.allowance is not None and entry.actions & RETIRE_GRANT]
    if not retiring:
        return pending, always, possible
    others = [entry for entry in pending if entry not in retiring]
    pending, retire_always, retire_possible = _retirable(cell, openness, sums, retiring, others)
    return pending, always & ~RETIRE_GRANT | retire_always, possible & ~RETIRE_GRANT | retire_possible


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
    for entry in (entry for entry in retiring if entry.unknowns):
        # There may be such a grant, and it may be the one to retire.
        about[entry], common, always = None, set(), 0
        with_grant = [value | RETIRE_GRANT if slot == entry.slot else value for slot, value in enumerate(sums)]
        possible |= _answers(cell, with_grant, others)[1] & RETIRE_GRANT
    for slot in common or ():
        sums[slot] |= RETIRE_GRANT
    still = [*others, *(entry for entry in about if entry.slot not in (common or ()))]
    return still, always, possible
