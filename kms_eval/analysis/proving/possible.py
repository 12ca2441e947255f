"""Which conditional answers any request can meet at all: contradictory conditions allow nothing.

Comes in: partially evaluated cells, and actions that are allowed under conditions. Goes out: the actions for which
there may be such a request; for the others it is proved that there is none. Never here: who asks, and which of these
requests a caller could really make.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from kms_eval.analysis.access.open_conditions import OpenConditions
from kms_eval.analysis.access.partial_evaluation import PartialEvaluation
from kms_eval.analysis.proving.domains import Domain
from kms_eval.analysis.proving.request_paths import RequestPath
from kms_eval.analysis.proving.requirements import Search
from kms_eval.analysis.proving.sameness import Sameness
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.facts.condition_keys import find

_ANY_PATH = (RequestPath(frozenset()),)
_MOST_KNOWN = 50_000


class Possible:
    """Answers for one question; what was found once is kept."""

    def __init__(self, open_conditions: OpenConditions) -> None:
        self._open_conditions = open_conditions
        self._sameness = Sameness(open_conditions)
        self._known: dict[Hashable, int] = {}
        self._of_action: dict[Hashable, bool] = {}

    def of(self, halves: Sequence[tuple[int, PartialEvaluation]], mask: int) -> int:
        """The actions of the mask that some request may be allowed."""
        question = self._sameness.of_actions(halves, mask)
        if question is None:
            return self._among(halves, mask)
        known = self._known.get(question)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[question] = self._among(halves, mask)
        return known

    def _among(self, halves: Sequence[tuple[int, PartialEvaluation]], mask: int) -> int:
        found = 0
        for action in actions_in(mask):
            bit = bit_of(action.name)
            needed = [evaluated for covered, evaluated in halves if covered & bit]
            if sum(bool(entry.actions & bit) for half in needed for entry in half.pending) < 2 and _plain(needed, bit):
                found |= bit  # one test of one entry is no contradiction
                continue
            found |= bit if self._may_be(needed, bit) else 0
        return found

    def _may_be(self, halves: Sequence[PartialEvaluation], bit: int) -> bool:
        question = self._sameness.of_action(halves, bit)
        known = self._of_action.get(question)
        if known is None:
            if len(self._of_action) >= _MOST_KNOWN:
                self._of_action.clear()
            search = Search(self._open_conditions, _any_values, _ANY_PATH)
            known = any(True for _found in search.find(halves, bit)) or bool(search.unsettled)
            self._of_action[question] = known
        return known


def _plain(halves: Sequence[PartialEvaluation], bit: int) -> bool:
    """Whether each pending entry has at most one test, and none with variables, whose values may be missing."""
    conditions = (
        entry.rule.condition
        for half in halves
        for entry in half.pending
        if entry.rule is not None and entry.actions & bit
    )
    return all(
        condition is None or (len(condition.tests) < 2 and all(len(test.needs) < 2 for test in condition.tests))
        for condition in conditions
    )


def _any_values(key: str) -> Domain:
    row = find(key)
    return Domain(multi_valued=row is None or row.multi_valued)
