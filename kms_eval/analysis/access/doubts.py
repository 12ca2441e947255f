"""Which questions that AWS leaves open an answer depends on: the same ones that a single decision warns about.

Comes in: cells of a grid. Goes out: codes of warnings, with the actions that have the same ones. Never here: which
questions there are, or whether a decision depends on one; the engine knows both. If no statement and no layer of a
cell has two readings, as in nearly all cells, the engine is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_

from kms_eval.analysis.access.open_conditions import equivalent_actions
from kms_eval.analysis.access.partial_evaluation import PartialEvaluation
from kms_eval.documents.model import Grant
from kms_eval.engine.cell import Cell
from kms_eval.engine.conditions import Test
from kms_eval.engine.context import Context, fact_of
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import Evaluator, PartRuling, Ruling
from kms_eval.engine.explain import doubts
from kms_eval.engine.masks import ACROSS_ACCOUNTS, CREATE_GRANT, EVERYTHING, GRANT_BIT, RETIRE_GRANT, actions_in
from kms_eval.engine.plan import Part
from kms_eval.engine.principals import account_of
from kms_eval.engine.readings import NOTHING, Alternatives
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Circumstances, Situation
from kms_eval.facts.condition_keys import find
from kms_eval.language.variables import Template
from kms_eval.world.request import Request

Doubts = tuple[tuple[int, tuple[str, ...]], ...]
"""Masks of actions, each with the codes of the warnings about them."""

_MAY_BE_TWO = (
    "aws:resourcetag/", "aws:principaltag/", "aws:requesttag/", "kms:encryptioncontext:", "kms:resourcealiases",
    "kms:grantisforawsresource", "kms:multiregion", "kms:messagetype", "kms:rotationperiodindays",
    "kms:schedulekeydeletionpendingwindowindays", "aws:userid", "aws:multifactorauth", "aws:calledvia",
)  # fmt: skip
"""Prefixes of condition keys (lower case) that may have two readings even if the question gives them no value."""

_NAMED = ("aws:resourcetag/", "aws:principaltag/", "kms:encryptioncontext:", "kms:resourcealiases")
"""Those of these prefixes whose keys can be looked up to see whether they have two readings."""


@dataclass(slots=True)
class DoubtsFinder:
    """Finds the open questions (doubts) that answers depend on, for the circumstances and request of one question."""

    evaluator: Evaluator
    asked: Request
    circumstances: Circumstances
    _known: dict[Hashable, tuple[str, ...]] = field(default_factory=dict)

    def find(
        self,
        halves: Iterable[tuple[int, PartialEvaluation]],
        mask: int,
        about: Callable[[int], Hashable] | None = None,
        grant: Grant | None = None,
    ) -> Doubts:
        """The doubts about the actions in `mask`; actions without any are left out.

        `about` gives for an action, as its bit, all that policies say about it: if that is equal, so are the doubts.
        `grant` is the one that a RetireGrant on the key means if it names no grant.
        """
        halves = tuple(halves)
        doubtful = 0
        for covered, evaluated in halves:
            doubtful |= self._doubtful(evaluated.cell) & covered
        found: dict[tuple[str, ...], int] = {}
        for piece in _pieces(halves, doubtful & mask):
            codes = self._of(halves, piece, about, grant)
            if codes:
                found[codes] = found.get(codes, 0) | piece
        return tuple((part, codes) for codes, part in found.items())

    def _of(
        self,
        halves: tuple[tuple[int, PartialEvaluation], ...],
        piece: int,
        about: Callable[[int], Hashable] | None,
        grant: Grant | None,
    ) -> tuple[str, ...]:
        if about is None:
            return self._codes(halves, piece, grant)
        bit = piece & -piece
        question = (bit, about(bit))
        codes = self._known.get(question)
        if codes is None:
            codes = self._known[question] = self._codes(halves, piece, grant)
        return codes

    def _codes(
        self, halves: Iterable[tuple[int, PartialEvaluation]], piece: int, grant: Grant | None
    ) -> tuple[str, ...]:
        action, bit = actions_in(piece)[0].name, piece & -piece
        circumstances = replace(self.circumstances, grant=grant) if bit == RETIRE_GRANT else self.circumstances
        rulings = []
        for covered, evaluated in halves:
            if covered & bit:
                part = Part(action, evaluated.cell.scope, circumstances)
                context = Context(part.situation)
                rulings.append(PartRuling(part, evaluated.cell.decide(bit, context), evaluated.cell, context))
        ruling = Ruling(self.asked, rulings[0].outcome, tuple(rulings))
        return tuple(dict.fromkeys(warned.code for warned in doubts(self.evaluator, ruling)))

    def _doubtful(self, cell: Cell) -> int:
        """The actions that depend on something that may have two readings."""
        shape, scope = cell.shape, cell.scope
        key = scope.target.key
        everything = (
            scope.endpoint is not None
            or scope.caller.kind == "service"
            or (shape.root and not shape.own_account)
            or shape.limits != shape.grant_limits
            or (key is not None and any(grant.constraints.source_arn is not None for grant in key.grants))
        )
        if everything:
            return EVERYTHING
        found = 0
        for entry in _speaking(cell):
            if entry.actions & ~found and self._may_differ(entry, cell):
                found |= entry.actions
        return found

    def _may_differ(self, entry: Entry, cell: Cell) -> bool:
        shape = cell.shape
        if entry.rule is None:
            alone = entry.layer_index == LayerIndex.GRANT and not shape.grant_limits
            alone |= entry.layer_index == LayerIndex.RETIRE and not shape.limits and not shape.gates
            return not alone or entry.allowance is None or entry.allowance.holds is not None
        principals = entry.rule.statement.principals or ()
        if entry.layer_index == LayerIndex.DENY and any(account_of(each) is not None for each in principals):
            return True
        if entry.layer_index == LayerIndex.DIRECT and shape.limits and any(each.value == "*" for each in principals):
            return True
        return self._resource_differs(entry.rule, cell) or self._condition_differs(entry.rule, cell)

    def _is_two(self, key: str, cell: Cell) -> bool:
        """Whether a condition key (lower case) has two readings here; True if that cannot be looked up."""
        found = fact_of(key) if key.startswith(_NAMED) else None
        if found is None:
            return True
        value = found[0].derive(Situation(cell.scope, "kms:decrypt", self.circumstances), found[1])
        return isinstance(value, Alternatives)

    @staticmethod
    def _resource_differs(rule: Rule, cell: Cell) -> bool:
        resource = rule.resource
        if resource is None or resource.everything:
            return False
        if resource.needs:
            return True
        return not resource.covers(cell.scope.target, NOTHING, generous=False)

    def _condition_differs(self, rule: Rule, cell: Cell) -> bool:
        condition = rule.condition
        tests = condition.tests if condition is not None else ()
        return condition is not None and (not tests or any(self._test_differs(test, cell) for test in tests))

    def _test_differs(self, test: Test, cell: Cell) -> bool:
        given = self.circumstances.given.values
        if any(key in given for key in test.needs) or test.iam_only_in_key_policy:
            return True
        if any(key.startswith(_MAY_BE_TWO) and self._is_two(key, cell) for key in test.needs):
            return True
        if not test.values or "*" in test.written.values or any(isinstance(each, Template) for each in test.values):
            return True
        row = find(test.key)
        if row is None:
            return False
        # A value that is not of the operator's type has two readings.
        readable = test.operator.type in {"String", "Null", row.type, row.also_type}
        return not readable or (not test.written.qualifier and row.multi_valued)


def _speaking(cell: Cell) -> Iterator[Entry]:
    """The entries that cover the cell's resource in either reading, or may cover it for some requests."""
    target = cell.scope.target
    for entry in cell.entries:
        resource = entry.rule.resource if entry.rule is not None else None
        if resource is None or resource.needs or resource.covers(target, NOTHING, generous=True):
            yield entry


def _pieces(halves: Iterable[tuple[int, PartialEvaluation]], mask: int) -> Iterator[int]:
    """The mask in parts of actions to which the same entries apply in the same way."""
    if not mask:
        return
    cuts: dict[int, None] = {}
    for covered, evaluated in halves:
        cell = evaluated.cell
        cuts[covered] = None
        with_key = cell.shape.target == "key"
        for entry in _speaking(cell):
            cuts[entry.actions] = None
            cuts.update(
                (part, None)
                for part, _action in (equivalent_actions(entry.needs, with_key=with_key) if entry.needs else ())
            )
        cuts.update((total, None) for total in (*cell.sums, cell.by_clock))
        key = cell.scope.target.key
        for grant in key.grants if key is not None else ():
            # A grant that does not work for a user or role because of its SourceArn constraint has no entry.
            operations = (GRANT_BIT.get(name, 0) for name in grant.operations) if grant.constraints.source_arn else ()
            cuts[reduce(or_, operations, 0)] = None
    cuts.update((bits, None) for bits in (ACROSS_ACCOUNTS, RETIRE_GRANT, CREATE_GRANT))
    parts = [mask]
    for cut in cuts:
        parts = [piece for part in parts for piece in (part & cut, part & ~cut) if piece]
    yield from parts
