"""The search for changes that make a denied request allowed: each change is applied and the request decided again.

Comes in: an evaluator and its ruling. Goes out: an explanation with changes, smallest first, or why none was found.
Never here: what could help (that is `proposals`), rendering. The work is bounded: at most a fixed number of worlds is
tried.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, islice

from kms_eval.analysis.advising.denies import against_deny
from kms_eval.analysis.advising.edits import Edit
from kms_eval.analysis.advising.granting import by_grant
from kms_eval.analysis.advising.places import State
from kms_eval.analysis.advising.proposals import Option, for_layer
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.evaluator import Evaluator, PartRuling, Ruling
from kms_eval.engine.explanation import Change, Explanation
from kms_eval.engine.layers import Part as LayerPart
from kms_eval.engine.masks import ACROSS_ACCOUNTS, RETIRE_GRANT
from kms_eval.engine.trace import Trace
from kms_eval.errors import InputError

_MOST_TRIALS = 150
_MOST_CHANGES = 3
_MOST_OPTIONS = 12


def advised(evaluator: Evaluator, ruling: Ruling, explanation: Explanation) -> Explanation:
    """The explanation of a denial, with changes that would make the request allowed."""
    changes = tuple(map(_change, Search(evaluator, ruling).found()))
    return replace(explanation, changes=changes, why_unchanged=None if changes else _why_none(ruling))


class Search:
    """One search, starting from the world and request of a ruling. The number of worlds tried is bounded."""

    def __init__(self, evaluator: Evaluator, ruling: Ruling) -> None:
        self._allow_unknown = evaluator.allow_unknown_action
        self._evaluator = evaluator
        self._ruling = ruling
        self._trials = 0
        self.start = State(evaluator.world, ruling.request, ruling.decisive.part.scope.caller)

    def found(self) -> Iterator[Option]:  # noqa: C901 - one loop over one heap
        """Edits that together make the request allowed, best first: the smallest sum of sizes.

        The search continues from a state only if it is nearer to allowed than the one before.
        """
        state = self.start
        order = count()
        heap: list[tuple[int, int, State, Option, Option, tuple[int, ...]]] = []
        seen: set[frozenset[str]] = set()

        def put(before: State, made: Option, ruling: Ruling, evaluator: Evaluator) -> None:
            for option in islice(options(Trace(ruling.decisive, evaluator.rules)), _MOST_OPTIONS):
                edits = (*made, *option)
                name = frozenset(edit.name for edit in edits)
                if name not in seen and len(name) == len(edits):
                    seen.add(name)
                    size = sum(edit.size for edit in edits)
                    heapq.heappush(heap, (size, next(order), before, option, edits, _nearness(ruling)))

        put(state, (), self._ruling, self._evaluator)
        found: list[frozenset[str]] = []
        mended: list[tuple[int, frozenset[_Statement]]] = []
        while heap and self._trials < _MOST_TRIALS and len(found) < _MOST_CHANGES:
            _sum, _order, before, option, edits, near = heapq.heappop(heap)
            name = frozenset(edit.name for edit in edits)
            if any(smaller <= name for smaller in found) or _is_more_than_needed(edits, mended):
                continue
            after = before
            for edit in option:
                after = edit.apply(after)
            ruled = self._rule(after)
            if ruled is None:
                continue
            ruling, evaluator = ruled
            if ruling.outcome != "allowed":
                if _nearness(ruling) > near and len(edits) < len(self._ruling.parts) + 6:
                    put(_now(after, ruling), edits, ruling, evaluator)
                continue
            needed = self._needed(state, edits)
            if needed is None:
                continue
            name = frozenset(edit.name for edit in needed)
            if name not in found and not _is_more_than_needed(needed, mended):
                found.append(name)
                if all(edit.change.statement is not None for edit in needed):
                    mended.append((_size(needed), _statements(needed)))
                yield needed

    def _rule(self, state: State) -> tuple[Ruling, Evaluator] | None:
        self._trials += 1
        # The request has already been accepted; an edit may have removed the only mention of a name in it.
        evaluator = Evaluator(state.world, allow_unknown_action=self._allow_unknown, allow_unknown_key=True)
        try:
            return evaluator.rule(replace(state.request, stranger=True)), evaluator
        except InputError:
            return None

    def _needed(self, state: State, edits: Option) -> Option | None:
        """The edits without those that are not needed; None where they do not help when applied to the first state."""
        for fewer in _less(edits):
            if self._allowed(state, fewer):
                return self._needed(state, fewer)
        return edits if self._allowed(state, edits) else None

    def _allowed(self, state: State, edits: Option) -> bool:
        for edit in edits:
            state = edit.apply(state)
        ruled = self._rule(state)
        return ruled is not None and ruled[0].outcome == "allowed"


_Statement = tuple[str | None, int]


def _statements(edits: Option) -> frozenset[_Statement]:
    """The statements that edits change."""
    changes = (edit.change for edit in edits)
    return frozenset((change.policy, change.statement) for change in changes if change.statement is not None)


def _is_more_than_needed(edits: Option, mended: Iterable[tuple[int, frozenset[_Statement]]]) -> bool:
    """Whether a smaller change of the same statements already makes the request allowed."""
    size, statements = _size(edits), _statements(edits)
    return any(smaller < size and there <= statements for smaller, there in mended)


def _less(edits: Option) -> Iterator[Option]:
    """The edits without one of them, or with one of them made smaller."""
    for place, edit in enumerate(edits):
        if len(edits) > 1:
            yield (*edits[:place], *edits[place + 1 :])
        yield from ((*edits[:place], smaller, *edits[place + 1 :]) for smaller in edit.smaller())


def _now(state: State, ruling: Ruling) -> State:
    return replace(state, caller=ruling.decisive.part.scope.caller)


def _nearness(ruling: Ruling) -> tuple[int, ...]:
    """How near a ruling is to allowed: by allowed parts, then fewer denying statements, then layers that allow."""
    part = ruling.decisive
    counted = [e for e in part.cell.entries if e.actions & part.bit and e.applies(part.context)]
    denies = sum(entry.layer_index == LayerIndex.DENY for entry in counted)
    return (
        sum(each.outcome == "allowed" for each in ruling.parts),
        -denies,
        len({entry.layer_index for entry in counted} - {LayerIndex.DENY}),
    )


def options(trace: Trace) -> Iterator[Option]:  # noqa: C901 - obstacles in AWS's order
    """What could remove the first obstacle, in AWS's evaluation order; where there are several ways, all of them."""
    ruling = trace.ruling
    shape = ruling.cell.shape
    if ruling.outcome == "explicitDeny":
        denying = next(entry for entry in trace.counted if entry.layer_index == LayerIndex.DENY)
        yield from sorted(against_deny(trace, denying), key=_size)
        return
    if not shape.same_partition or _never_abroad(ruling):
        return
    for layer in ruling.cell.in_force:
        if layer.layer.part is LayerPart.GATE and layer.layer.name in trace.silent_gates():
            for level, layer_index in enumerate(layer.layer_indexes):
                if layer_index not in trace.layer_indexes:
                    yield from sorted(for_layer(trace, layer.layer.name, level), key=_size)
                    return
    options: list[Option] = []
    if shape.target == "key" and ruling.bit != RETIRE_GRANT:
        options += for_layer(trace, "keyPolicy")
    if shape.target == "key":
        options += by_grant(trace)
    if not trace.has_identity:
        options += for_layer(trace, "identityPolicy")
    for limit in trace.silent_limits():
        options += for_layer(trace, limit)
    yield from sorted(options, key=_size)


def _size(option: Option) -> int:
    return sum(edit.size for edit in option)


def _never_abroad(ruling: PartRuling) -> bool:
    shape = ruling.cell.shape
    return not shape.own_account and (shape.target != "key" or not ruling.bit & ACROSS_ACCOUNTS)


def _change(edits: tuple[Edit, ...]) -> Change:
    if len(edits) == 1:
        return edits[0].change
    steps = tuple(edit.change for edit in edits)
    return Change("together", None, None, {}, "; and ".join(step.text for step in steps), steps)


def _why_none(ruling: Ruling) -> str:
    part = ruling.decisive
    scope = part.part.scope
    key = scope.target.key
    if not part.cell.shape.same_partition:
        return "principals of one AWS partition never use keys of another"
    if _never_abroad(part):
        return f"AWS KMS supports it only for principals of account {scope.target.account}"
    if key is not None and key.manager == "AWS":
        return "AWS manages this key: nobody can edit its policy. Use a customer managed key"
    if scope.caller.service_linked:
        return "the policies of a service-linked role cannot be edited"
    return "no single change or small set of changes that was tried makes it allowed"
