"""A compiled cell under one question: what is allowed always, sometimes and never.

Comes in: a cell, and what the question leaves open. Goes out: masks, and the entries that are still pending.
Never here: rules of AWS: the three answers come from `engine.decide`, asked once with every open Allow off and every
open Deny on, and once the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kms_eval.analysis.access.open_conditions import ABOUT_WHO, OpenConditions
from kms_eval.engine import decide
from kms_eval.engine.cell import Cell
from kms_eval.engine.context import Context
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.masks import EVERYTHING, RETIRE_GRANT, UNPUBLISHED
from kms_eval.engine.situation import Situation

PUBLISHED = EVERYTHING & ~UNPUBLISHED

OWN_POLICY = Entry("identityPolicy", LayerIndex.IDENTITY, EVERYTHING)
"""Stands for the identity policies of a principal that the world does not describe."""


@dataclass(frozen=True, slots=True, eq=False)
class PartialEvaluation:
    """Masks of what is allowed in every request (`always`) and in some (`sometimes`); the rest is never allowed.

    `undetermined` are those of `sometimes` for which no request is sure to be allowed: it depends on an unknown.
    """

    cell: Cell
    unknown: tuple[str, ...]
    sums: list[int]
    pending: tuple[Entry, ...]
    always: int
    sometimes: int
    undetermined: int = 0


def partially_evaluate(
    cell: Cell, open_conditions: OpenConditions, *, unknown: tuple[str, ...], own_policy: bool
) -> PartialEvaluation:
    """The cell, evaluated as far as the question allows.

    `unknown` are prefixes of condition keys about which nothing is known; `own_policy` says that the caller may have
    identity policies that the world does not describe.
    """
    sums = list(cell.sums)
    pending: list[Entry] = []
    for entry in cell.pending:
        still, holds = open_conditions.split(entry, cell.scope, unknown)
        sums[entry.layer_index] |= holds
        if still == entry.actions:
            pending.append(entry)
        elif still:
            pending.append(Entry(entry.layer, entry.layer_index, still, entry.rule, entry.allowance))
    if own_policy:
        pending.append(OWN_POLICY)
    sure = _surely_possible(cell, open_conditions, sums, pending, unknown)
    pending, always, possible = _with_retiring(cell, open_conditions, sums, pending)
    sometimes = possible & ~always & PUBLISHED
    return PartialEvaluation(cell, unknown, sums, tuple(pending), always & PUBLISHED, sometimes, sometimes & ~sure)


def public(evaluated: PartialEvaluation, open_conditions: OpenConditions) -> int:
    """What anybody with an identity policy for it may do: no condition is about who asks.

    Callers can choose the rest of a request, from the service it comes through to its encryption context.
    """
    sums, about_who = list(evaluated.sums), (*evaluated.unknown, *ABOUT_WHO)
    for entry in evaluated.pending:
        who = open_conditions.doubtful(entry, evaluated.cell.scope)
        if any(
            key.startswith(about_who) for key in open_conditions.left(entry, evaluated.cell.scope, evaluated.unknown)
        ):
            who = entry.actions
        if entry.layer_index == LayerIndex.DENY:
            sums[LayerIndex.DENY] |= who
        else:
            sums[entry.layer_index] |= entry.actions & ~who
    return decide.allowed(sums, evaluated.cell.shape) & ~sums[LayerIndex.DENY] & evaluated.sometimes


def _surely_possible(
    cell: Cell, open_conditions: OpenConditions, sums: list[int], pending: list[Entry], unknown: tuple[str, ...]
) -> int:
    """What some request is allowed whatever the unknowns are: an Allow that depends on them is off, a Deny on.

    A Deny that depends on the request as well is none that every request meets.
    """
    doubtful = [open_conditions.doubtful(entry, cell.scope) for entry in pending]
    if not any(doubtful):
        return EVERYTHING
    least, others = list(sums), []
    for entry, doubt in zip(pending, doubtful, strict=True):
        by_unknowns = doubt
        if entry.layer_index == LayerIndex.DENY:
            by_unknowns &= ~open_conditions.avoidable(entry, cell.scope, unknown)
            least[LayerIndex.DENY] |= by_unknowns
        if entry.actions & ~by_unknowns:
            others.append(
                Entry(entry.layer, entry.layer_index, entry.actions & ~by_unknowns, entry.rule, entry.allowance)
            )
    _pending, _always, possible = _with_retiring(cell, open_conditions, least, others)
    return possible


def _with_retiring(
    cell: Cell, open_conditions: OpenConditions, sums: list[int], pending: list[Entry]
) -> tuple[list[Entry], int, int]:
    """The entries that are still pending, what is allowed whether or not they apply, and what at best is allowed."""
    always, possible = _answers(cell, sums, pending)
    retiring = [entry for entry in pending if entry.allowance is not None and entry.actions & RETIRE_GRANT]
    if not retiring:
        return pending, always, possible
    others = [entry for entry in pending if entry not in retiring]
    pending, retire_always, retire_possible = _retirable(cell, open_conditions, sums, retiring, others)
    return pending, always & ~RETIRE_GRANT | retire_always, possible & ~RETIRE_GRANT | retire_possible


def _answers(cell: Cell, sums: list[int], pending: list[Entry]) -> tuple[int, int]:
    """What is allowed whether or not the pending entries apply, and what at best is allowed."""
    least, most = list(sums), list(sums)
    for entry in pending:
        (least if entry.layer_index == LayerIndex.DENY else most)[entry.layer_index] |= entry.actions
    always = decide.allowed(least, cell.shape) & ~least[LayerIndex.DENY]
    return always, decide.allowed(most, cell.shape) & ~sums[LayerIndex.DENY]


def _retirable(
    cell: Cell, open_conditions: OpenConditions, sums: list[int], retiring: list[Entry], others: list[Entry]
) -> tuple[list[Entry], int, int]:
    """RetireGrant, grant by grant: a request retires one of the key's grants, and chooses which.

    Goes out: the entries that are still pending, and whether RetireGrant is allowed for every grant and for some. What
    holds for every grant is added to `sums`.
    """
    key = cell.scope.target.key
    common: set[int] | None = None
    about: dict[Entry, None] = {}
    always, possible = RETIRE_GRANT, 0
    for grant in key.grants if key is not None else ():
        circumstances = replace(open_conditions.circumstances, grant=grant)
        context = Context(Situation(cell.scope, "kms:retiregrant", circumstances))
        holding = [entry for entry in retiring if entry.applies(context)]
        about.update((entry, None) for entry in holding)
        layer_indexes = {entry.layer_index for entry in holding}
        common = layer_indexes if common is None else common & layer_indexes
        with_grant = [
            value | RETIRE_GRANT if layer_index in layer_indexes else value for layer_index, value in enumerate(sums)
        ]
        least, most = _answers(cell, with_grant, others)
        always &= least
        possible |= most & RETIRE_GRANT
    for entry in (entry for entry in retiring if entry.unknowns):
        # There may be such a grant, and it may be the one to retire.
        about[entry], common, always = None, set(), 0
        with_grant = [
            value | RETIRE_GRANT if layer_index == entry.layer_index else value
            for layer_index, value in enumerate(sums)
        ]
        possible |= _answers(cell, with_grant, others)[1] & RETIRE_GRANT
    for layer_index in common or ():
        sums[layer_index] |= RETIRE_GRANT
    still = [*others, *(entry for entry in about if entry.layer_index not in (common or ()))]
    return still, always, possible
