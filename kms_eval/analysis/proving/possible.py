"""Which conditional answers any request can meet at all: contradictory conditions let nobody in.

Comes in: settled cells, and actions that are allowed under conditions. Goes out: those of them for which there may be
such a request; what is left out is proved. Never here: who asks, which requests a caller could make beyond that.
"""

from __future__ import annotations

from collections.abc import Sequence

from kms_eval.analysis.access.openness import Openness
from kms_eval.analysis.access.settled import Settled
from kms_eval.analysis.proving.callings import Calling
from kms_eval.analysis.proving.domains import Domain
from kms_eval.analysis.proving.requirements import Search, identity
from kms_eval.engine.masks import ACROSS_ACCOUNTS, CREATE_GRANT, ON_ALIAS, RETIRE_GRANT, actions_in, bit_of
from kms_eval.facts.condition_keys import find

_ANY_WAY = (Calling(frozenset()),)
_MOST_KNOWN = 50_000


class Possible:
    """Answers for one question; what was found out once is remembered."""

    def __init__(self, openness: Openness) -> None:
        self._openness = openness
        self._known: dict[tuple[object, ...], int] = {}

    def of(self, halves: Sequence[tuple[int, Settled]], mask: int) -> int:
        """The actions of the mask that some request may be allowed."""
        same = identity([settled for _covered, settled in halves], ~0)
        question = None if same is None else (*same, mask, halves[0][1].unknown, halves[0][1].cell.scope.target.kind)
        if question is None:
            return self._among(halves, mask)
        known = self._known.get(question)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[question] = self._among(halves, mask)
        return known

    def _among(self, halves: Sequence[tuple[int, Settled]], mask: int) -> int:
        found = 0
        alike: dict[tuple[object, ...], bool] = {}
        for action in actions_in(mask):
            bit = bit_of(action.name)
            needed = [settled for covered, settled in halves if covered & bit]
            if sum(bool(entry.actions & bit) for half in needed for entry in half.pending) < 2 and _plain(needed, bit):
                found |= bit  # one test of one entry is no contradiction
                continue
            kind = self._kind(needed, bit, action.name.lower())
            if kind not in alike:
                alike[kind] = self._is_possible(needed, bit)
            found |= bit if alike[kind] else 0
        return found

    def _kind(self, halves: Sequence[Settled], bit: int, action: str) -> tuple[object, ...]:
        """What two actions have in common that are possible alike: the same tests of the same entries are open."""
        said: list[object] = []
        for settled in halves:
            scope, unknown = settled.cell.scope, settled.unknown
            said += [bool(value & bit) for value in settled.sums]
            for entry in settled.pending:
                if entry.actions & bit:
                    tests = self._openness.open_tests(entry, scope, unknown, action)
                    said.append((id(entry), *(id(test) for test in tests)))
        return (_decisive(bit), *said)

    def _is_possible(self, halves: Sequence[Settled], bit: int) -> bool:
        search = Search(self._openness, _any_values, _ANY_WAY)
        return any(True for _found in search.find(halves, bit)) or bool(search.unsettled)


def _decisive(bit: int) -> tuple[bool, ...]:
    """What else tells actions apart where layers are combined."""
    return tuple(bool(bit & mask) for mask in (ON_ALIAS, ACROSS_ACCOUNTS, RETIRE_GRANT, CREATE_GRANT))


def _plain(halves: Sequence[Settled], bit: int) -> bool:
    """Whether each pending entry has at most one test."""
    conditions = (
        entry.rule.condition
        for half in halves
        for entry in half.pending
        if entry.rule is not None and entry.actions & bit
    )
    return all(condition is None or len(condition.tests) < 2 for condition in conditions)


def _any_values(key: str) -> Domain:
    row = find(key)
    return Domain(multi_valued=row is None or row.multi_valued)
