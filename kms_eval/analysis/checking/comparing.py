"""Which of two conditions is wider: a request that only one of them allows, or a proof that there is none.

Comes in: the same action of the same principal on a key in two worlds, as cells of two grids. Goes out: a
comparison. Never here: sets of values (`analysis.proving`), words for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Literal as OneOf

from kms_eval.analysis.access.grid import Grid, GridCell
from kms_eval.analysis.access.partial_evaluation import OWN_POLICY, PartialEvaluation
from kms_eval.analysis.checking.demands import Clock
from kms_eval.analysis.checking.everybody import Someone, someone_of
from kms_eval.analysis.checking.replaying import Asking, names_in, opened
from kms_eval.analysis.checking.results import Witness
from kms_eval.analysis.proving.dependent_keys import has_pair
from kms_eval.analysis.proving.request_paths import request_paths
from kms_eval.analysis.proving.requirements import MOST_WAYS, Found, Search, pairs_of, sufficient_allows
from kms_eval.analysis.proving.solving import Literal
from kms_eval.engine.cell import CLOCK
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.masks import actions_in

Relation = OneOf["same", "narrows", "widens", "both", "undetermined"]
_MOST_TRIED = 8


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the conditions after a change relate to those before.

    `gained` is a request that only the world after allows, `lost` one that only the world before allows; both are
    decided by the engine in both worlds.
    """

    relation: Relation
    gained: Witness | None = None
    lost: Witness | None = None


def allowed_only_here(
    side: tuple[Grid, GridCell], other: tuple[Grid, GridCell] | None, bit: int, *, now: datetime
) -> Witness | str | None:
    """A request that one world allows under conditions, and the other never; None: proved that there is none.

    Otherwise a text that says why none was found. `other` None: there is no such principal or no such key there. That
    the caller needs an identity policy of its own is no condition of a request: if nothing else is open, there is no
    search.
    """
    pending = (entry for half in _Side(*side).halves(bit) for entry in half.pending if entry.actions & bit)
    if all(entry is OWN_POLICY for entry in pending):
        return "it hangs on identity policies only"
    return _only(_Side(*side), _Side(*other) if other is not None else None, bit, now)


@dataclass(frozen=True, slots=True)
class _Side:
    grid: Grid
    grid_cell: GridCell

    def halves(self, bit: int) -> list[PartialEvaluation]:
        return [evaluated for covered, evaluated in self.grid_cell.halves if covered & bit]


def compare_conditions(
    before: tuple[Grid, GridCell], after: tuple[Grid, GridCell], bit: int, *, now: datetime
) -> Comparison:
    """Compare under which conditions an action (given as its bit) is allowed in two worlds."""
    one, other = _Side(*before), _Side(*after)
    gained = _only(other, one, bit, now)
    lost = _only(one, other, bit, now)
    if isinstance(gained, Witness):
        if isinstance(lost, Witness):
            return Comparison("both", gained, lost)
        return Comparison("widens" if lost is None else "undetermined", gained)
    if isinstance(lost, Witness):
        return Comparison("narrows" if gained is None else "undetermined", None, lost)
    return Comparison("same" if gained is None and lost is None else "undetermined")


def _only(side: _Side, other: _Side | None, bit: int, now: datetime) -> Witness | str | None:
    """A request that this side allows and the other does not; None: proved that there is none; else why not found."""
    if not (side.grid_cell.always | side.grid_cell.sometimes) & bit:
        return None
    if other is not None and other.grid_cell.always & bit:
        return None
    search = _WitnessSearch(side, other, bit, now)
    unsettled = ""
    for own in (True, False) if OWN_POLICY in search.pending else (None,):
        # With the pairs that grants require, a request is found more often; if none is, only the search without
        # them may be a proof.
        for by_grants in (True, False) if search.meets_grants else (False,):
            refusals = _refusals(other, bit, own_policy=own is not False, by_grants=by_grants)
            found = search.among(refusals, own_policy=own)
            if isinstance(found, Witness):
                return found
            if by_grants and not found and search.grants_prove:
                break
            unsettled = found or unsettled if not by_grants else unsettled
    return unsettled or None


class _WitnessSearch:
    """Looks for requests about one action that one side allows and the other, if there is one, refuses."""

    def __init__(self, side: _Side, other: _Side | None, bit: int, now: datetime) -> None:
        self._side, self._other, self._now, self._bit = side, other, now, bit
        self._someone = someone_of(side.grid_cell.asker, side.grid.world)
        self._action = actions_in(bit)[0].name
        self._asking = Asking(side.grid.evaluator, side.grid.at or now)
        self.halves, self.others = side.halves(bit), other.halves(bit) if other is not None else []
        self.pending = {entry for half in (*self.halves, *self.others) for entry in half.pending}
        # If the question fixes no time, any time from now on counts, and the past does not.
        needs = frozenset(key for entry in self.pending if entry.actions & bit for key in entry.needs)
        self._clock = list(Clock(now).of(needs)) if side.grid.at is None else []
        self._names = {**names_in(self.halves), **names_in(self.others)}

    @property
    def meets_grants(self) -> bool:
        """Whether the other side may allow it by a grant that depends on the request."""
        return any(entry.allowance is not None for half in self.others for entry in half.pending)

    @property
    def grants_prove(self) -> bool:
        """Whether these grants fail only for lack of a pair that they require, so that literals can prove it.

        That is not so if a grant allows no other pairs or has a SourceArn, or if a condition of this side tests a pair
        of that name: grants compare the names of pairs with their case, conditions without.
        """
        given = [each.allowance.grant.constraints for half in self.others for each in half.pending if each.allowance]
        if any(each.encryption_context_equals or each.source_arn is not None for each in given):
            return False
        asked = {key for half in self.halves for each in half.pending if each.allowance is None for key in each.needs}
        pairs = (pair for each in given for pair in each.encryption_context_subset or ())
        return not any(f"kms:encryptioncontext:{name.lower()}" in asked for name, _value in pairs)

    def among(self, refusals: Refusals | None, *, own_policy: bool | None) -> Witness | str:
        """A request that the other side refuses in one of these ways; else why there is no proof, empty if there is."""
        if refusals is None:
            return "there are too many ways in which it may be allowed"
        unsettled = ""
        for extra in refusals:
            search = self.search(extra, own_policy=own_policy)
            tried = False
            for found in islice(search.find(self.halves, self._bit), _MOST_TRIED):
                tried = True
                witness = self.witness(found)
                if witness is not None:
                    return witness
            if tried or search.unsettled:
                unsettled = "; ".join(search.unsettled) or "the engine did not agree"
        return unsettled

    def search(self, extra: Sequence[Sequence[Literal]], *, own_policy: bool | None) -> Search:
        """A search for values with which this side allows it, and `extra` is met."""
        domains = partial(self._someone.domain, world=self._side.grid.world)
        paths = request_paths(service=self._side.grid_cell.asker.kind == "service")
        extra = [*extra, *self._clock]
        return Search(self._side.grid.open_conditions, domains, paths, extra, own_policy=own_policy)

    def witness(self, found: Found) -> Witness | None:
        """A request with these values that both engines decide as expected; if possible one that is made now."""
        chosen = opened(self._side.grid.open_conditions, found.model.values, self.halves[0], self._action)
        today = {key: values for key, values in chosen.items() if key not in CLOCK}
        for values in (today, chosen) if len(today) < len(chosen) else (chosen,):
            narrowed = replace(found, model=replace(found.model, values=values))
            key = self._side.grid_cell.key
            witness = self._asking.witness(self._someone, self._action, key, narrowed, self._names)
            if witness is None:
                continue
            own_policy = found.own_policy
            if self._other is None or _refused(
                self._other, self._someone, witness, own_policy=own_policy, now=self._now
            ):
                return witness
        return None


def _refused(other: _Side, someone: Someone, witness: Witness, *, own_policy: bool, now: datetime) -> bool:
    asking = Asking(other.grid.evaluator, other.grid.at or now)
    asked = witness.request
    return asking.decided(someone, asked, other.grid_cell.key, own_policy=own_policy, allowed=False) is not None


Refusals = list[list[list[Literal]]]
"""Ways to be refused: each is a list of choices; one literal of each choice has to be met."""


def _refusals(side: _Side | None, bit: int, *, own_policy: bool, by_grants: bool) -> Refusals | None:
    """How a request may be refused; in any way, if there is no such principal or key. None: there are too many ways.

    What is no condition (a constraint of a grant) is assumed to fail; with `by_grants`, only for lack of a pair that it
    requires.
    """
    if side is None:
        return [[]]
    action = actions_in(bit)[0].name.lower()
    found: Refusals = []
    for evaluated in side.halves(bit):
        if evaluated.sums[LayerIndex.DENY] & bit:
            return [[]]
        allowing = list(islice(sufficient_allows(evaluated, bit), MOST_WAYS + 1))
        if len(allowing) > MOST_WAYS:
            return None
        open_ways = (way for way in allowing if own_policy or OWN_POLICY not in way)
        choices = [_failing(side, evaluated, way, action, by_grants=by_grants) for way in open_ways]
        if [] not in choices:
            found.append([each for each in choices if each is not None])
        for entry in evaluated.pending:
            if entry.actions & bit and entry.layer_index == LayerIndex.DENY:
                applies = _literals(side, evaluated, entry, action, generous=True)
                found += [[[each] for each in applies]]
    return found


def _failing(
    side: _Side, evaluated: PartialEvaluation, way: tuple[Entry, ...], action: str, *, by_grants: bool
) -> list[Literal] | None:
    """Literals any of which makes the way fail; None if the way may fail without any of them."""
    literals: list[Literal] = []
    for entry in way:
        if entry is OWN_POLICY:
            continue
        pairs = pairs_of(entry.allowance) if entry.allowance is not None else ()
        if entry.unknowns or (entry.allowance is not None and not (by_grants and pairs)):
            return None
        if side.grid.open_conditions.open_variables(entry, evaluated.cell.scope, evaluated.unknown, action):
            return None
        if pairs:
            literals += [has_pair(name, value, present=True) for name, value in pairs]
        else:
            literals += _literals(side, evaluated, entry, action, generous=False)
    return [replace(each, holds=False) for each in literals]


def _literals(
    side: _Side, evaluated: PartialEvaluation, entry: Entry, action: str, *, generous: bool
) -> Iterator[Literal]:
    tests = side.grid.open_conditions.open_tests(entry, evaluated.cell.scope, evaluated.unknown, action)
    return (Literal(test, holds=True, generous=generous) for test in tests)
