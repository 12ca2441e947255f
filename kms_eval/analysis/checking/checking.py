"""Running checks: for everybody, every key and every request that could be made.

Comes in: an evaluator, checks, a time. Goes out: a result for each. Never here: files, printing, a clock.

A check `nobody` or `only` *holds* if for each principal the grid answers *never* or the solver proves that no request
meets the conditions; it *fails* if the engine has allowed a request; otherwise it is *undetermined*.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice

from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY, Grid, GridCell
from kms_eval.analysis.access.selection import chosen_actions, chosen_keys, is_pattern
from kms_eval.analysis.checking.demands import Clock, not_excused
from kms_eval.analysis.checking.everybody import Someone, everybody, is_subject, is_subject_in_own_account, subjects_of
from kms_eval.analysis.checking.outermost import Outermost
from kms_eval.analysis.checking.replaying import Asking, names_in, opened
from kms_eval.analysis.checking.results import CheckResult, Verdict, Witness
from kms_eval.analysis.proving.request_paths import request_paths
from kms_eval.analysis.proving.requirements import Search
from kms_eval.analysis.proving.sameness import Sameness
from kms_eval.analysis.proving.solving import Literal
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.errors import Fault, InputError, Location
from kms_eval.formats.unknown import Unknown
from kms_eval.world.checks import Check
from kms_eval.world.model import Key
from kms_eval.world.request import Request

MOST_WITNESSES = 5
_MOST_TRIED = 16
_MOST_REASONS = 8
_ANYTHING = Request("arn:aws:iam::000000000000:root", "kms:ListKeys")


def run_checks(
    evaluator: Evaluator, checks: Iterable[Check], *, now: datetime, sources: tuple[str, ...] = ()
) -> Iterator[CheckResult]:
    """Run check after check; `sources` are what commands name as the scenario.

    Raises InputError with the faults of all checks before it runs the first one.
    """
    listed = tuple(checks)
    faults = [fault for check in listed for fault in _faults(check, evaluator)]
    if faults:
        raise InputError(faults)
    running = Checking(evaluator, now=now, sources=sources)
    return (running.run(check) for check in listed)


@dataclass(slots=True)
class _SearchResult:
    """The outcome of a search for one request."""

    witness: Witness | None = None
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class Checking:
    """Runs checks on one world, and keeps what it has found."""

    evaluator: Evaluator
    now: datetime
    sources: tuple[str, ...] = ()
    _grid: Grid = field(init=False)
    _people: tuple[Someone, ...] = field(init=False)
    _sameness: Sameness = field(init=False)
    _outermost: Outermost = field(init=False)
    _proved: dict[Hashable, tuple[str, ...]] = field(default_factory=dict)
    """The searches that found nothing, with the reasons why that is no proof."""

    def __post_init__(self) -> None:
        self._grid = Grid(self.evaluator, _ANYTHING)
        self._sameness = Sameness(self._grid.open_conditions)
        self._outermost = Outermost(self.evaluator)
        self._people = everybody(self.evaluator)

    def run(self, check: Check) -> CheckResult:
        """The result of the check. Raises InputError if its words mean nothing."""
        faults = tuple(_faults(check, self.evaluator))
        if faults:
            raise InputError(faults)
        world = self.evaluator.world
        keys = chosen_keys(world, check.on)
        actions, keyless = _asked(check)
        people = subjects_of(check, self._people, self.evaluator)
        extra = not_excused(check.unless)
        running = _CheckRun(self, check, extra)
        if check.kind == "somebody":
            return running.somebody(people, keys, actions, keyless)
        return running.nobody(people, keys, actions, keyless)

    @property
    def grid(self) -> Grid:
        """Answers about everybody at any time."""
        return self._grid

    @property
    def sameness(self) -> Sameness:
        """Tells which searches have the same outcome."""
        return self._sameness

    @property
    def outermost(self) -> Outermost:
        """Upper bounds on what a principal may do on a key."""
        return self._outermost

    @property
    def proved(self) -> dict[Hashable, tuple[str, ...]]:
        """The searches that have found nothing so far, with the reasons why that is no proof."""
        return self._proved


def _faults(check: Check, evaluator: Evaluator) -> Iterator[Fault]:
    """Actions that do not exist, and condition keys of `unless` that do not exist or cannot have such a value."""
    try:
        chosen_actions(check.may)
    except InputError as error:
        yield from (_at(fault, check, "may") for fault in error.faults)
    for name, values in check.unless.items():
        # Several values of a single-valued condition key are alternatives.
        for value in values:
            try:
                evaluator.context_rules.check({name: (value,)})
            except InputError as error:
                yield from (_at(fault, check, "unless", name) for fault in error.faults)


def _said(unknown: Unknown) -> str:
    """An unknown in the words of an answer about one request."""
    remedy = f"; {unknown.remedy}" if unknown.remedy else ""
    return f"{unknown.address}: {unknown.reason}{remedy}" if unknown.address else f"{unknown.reason}{remedy}"


def _at(fault: Fault, check: Check, *steps: str) -> Fault:
    where = check.place.at(*steps).location() if check.place is not None else Location(field=".".join(steps))
    return replace(fault, location=where)


def _asked(check: Check) -> tuple[int, int]:
    """The actions on keys, and those without a key; these have to be named one by one, in a check without `on`."""
    mask = chosen_actions(check.may)
    named = 0
    for name in check.may:
        named |= 0 if is_pattern(name) or check.on else chosen_actions([name])
    return mask & ACTIONS_ON_KEY, named & ACTIONS_WITHOUT_KEY


@dataclass(slots=True)
class _CheckRun:
    """One check that is being run."""

    checking: Checking
    check: Check
    extra: Sequence[Literal]
    _clock: Clock = field(init=False)
    _asking: Asking = field(init=False)

    def __post_init__(self) -> None:
        self._clock = Clock(self.checking.now)
        self._asking = Asking(self.checking.evaluator, self.checking.now, self.checking.sources)

    def nobody(self, people: Sequence[Someone], keys: Sequence[Key], actions: int, keyless: int) -> CheckResult:
        """Whether none of them may do any of the actions."""
        witnesses: list[Witness] = []
        reasons: dict[str, None] = {}
        failing = 0
        for someone in self._of_each_class(people, keys, keyless):
            for grid_cell in self._grid_cells(someone, keys, actions, keyless):
                mask = (grid_cell.always | grid_cell.sometimes) & (actions if grid_cell.key is not None else keyless)
                if not mask:
                    continue
                if failing >= MOST_WITNESSES:
                    return CheckResult(self.check, "fails", tuple(witnesses), failing)
                result = self._search_any(someone, grid_cell, mask)
                reasons |= dict.fromkeys(result.reasons)
                if result.witness is not None:
                    failing += 1
                    witnesses.append(result.witness)
                    break
        verdict: Verdict = "fails" if witnesses else "undetermined" if reasons else "holds"
        shown = () if witnesses else tuple(islice(reasons, _MOST_REASONS))
        return CheckResult(self.check, verdict, tuple(witnesses), failing, shown)

    def somebody(self, people: Sequence[Someone], keys: Sequence[Key], actions: int, keyless: int) -> CheckResult:
        """Whether for each key and action at least one of them may, with the policies that are known."""
        known = [replace(each, asker=replace(each.asker, described=True, open_policies=False)) for each in people]
        witnesses: list[Witness] = []
        reasons: dict[str, None] = {}
        wanted: list[tuple[Key | None, int]] = []
        for each in keys:
            wanted += [(each, bit_of(action.name)) for action in actions_in(actions)]
        wanted += [(None, bit_of(action.name)) for action in actions_in(keyless)]
        for key, bit in wanted:
            found, why = self._anybody(known, key, bit)
            reasons |= dict.fromkeys(why)
            if not found and not why:
                witnesses += self._refused(known, key, bit)
                name = actions_in(bit)[0].name
                reasons[f"nobody of them may {name}" + (f" on {key.handle}" if key is not None else "")] = None
                return CheckResult(self.check, "fails", tuple(witnesses), 1, tuple(reasons))
        return CheckResult(self.check, "undetermined" if reasons else "holds", (), 0, tuple(reasons))

    def _anybody(self, people: Sequence[Someone], key: Key | None, bit: int) -> tuple[bool, tuple[str, ...]]:
        reasons: list[str] = []
        for someone in people:
            if key is not None and not self.checking.outermost.of(someone.asker, key) & bit:
                continue
            grid_cell = self._grid_cell(someone, key)
            if (grid_cell.always | grid_cell.sometimes) & bit:
                result = self._search_one(someone, grid_cell, bit)
                if result.witness is not None:
                    return True, ()
                reasons += result.reasons
        return False, tuple(reasons)

    def _refused(self, people: Sequence[Someone], key: Key | None, bit: int) -> Iterator[Witness]:
        for someone in people[:1]:
            arn = someone.arn()
            if arn is not None:
                asked = Request(arn, actions_in(bit)[0].name, key.handle if key is not None else None)
                decided = self._asking.decided(someone, asked, key, allowed=False)
                if decided is not None:
                    yield decided

    def _of_each_class(self, people: Sequence[Someone], keys: Sequence[Key], keyless: int) -> Iterator[Someone]:
        """The first of those that no policy tells apart on any of the keys, and that the check treats equally."""
        known: set[Hashable] = set()
        grid = self.checking.grid
        for someone in people:
            asker = someone.asker
            if someone.arns is None and asker.kind != "everyone":
                alone = grid.class_without_key(asker) if keyless else None
                in_own_account = is_subject_in_own_account(self.check, someone, grid.world)
                kind = (asker.kind, someone.account, in_own_account, alone, *grid.classes_of(asker, keys))
                if kind in known:
                    continue
                known.add(kind)
            yield someone

    def _grid_cells(self, someone: Someone, keys: Sequence[Key], actions: int, keyless: int) -> Iterator[GridCell]:
        world = self.checking.evaluator.world
        if actions:
            for key in keys:
                may = self.checking.outermost.of(someone.asker, key)
                if may & actions and is_subject(self.check, someone, key, world):
                    yield self._grid_cell(someone, key)
        if keyless:
            yield self._grid_cell(someone, None)

    def _grid_cell(self, someone: Someone, key: Key | None) -> GridCell:
        grid = self.checking.grid
        return grid.on(someone.asker, key) if key is not None else grid.without_key(someone.asker)

    def _search_any(self, someone: Someone, grid_cell: GridCell, mask: int) -> _SearchResult:
        """The same as `_search_one`, for any of the actions."""
        same = self.checking.sameness.of_actions(grid_cell.halves, mask)
        question = (same, *self._search_key(someone))
        if same is not None and question in self.checking.proved:
            return _SearchResult(None, self.checking.proved[question])
        reasons: dict[str, None] = {}
        for action in actions_in(mask):
            result = self._search_one(someone, grid_cell, bit_of(action.name))
            if result.witness is not None:
                return result
            reasons |= dict.fromkeys(result.reasons)
        if same is not None:
            self.checking.proved[question] = tuple(reasons)
        return _SearchResult(None, tuple(reasons))

    def _search_key(self, someone: Someone) -> tuple[Hashable, ...]:
        """What a search depends on besides the cell: which of many callers it is about, and what the check excuses."""
        return (someone if someone.arns is not None else None, self.extra)

    def _search_one(self, someone: Someone, grid_cell: GridCell, bit: int) -> _SearchResult:
        """A request that the engine allows, or why none was found; if there is neither, no request is allowed."""
        halves = [evaluated for covered, evaluated in grid_cell.halves if covered & bit]
        question = (self.checking.sameness.of_action(halves, bit), *self._search_key(someone))
        if question in self.checking.proved:
            return _SearchResult(None, self.checking.proved[question])
        service = someone.asker.kind == "service"
        world = self.checking.evaluator.world
        needs = frozenset(
            key for half in halves for entry in half.pending if entry.actions & bit for key in entry.needs
        )
        extra = [*self._clock.of(needs), *([self.extra] if self.extra else [])]
        domains = partial(someone.domain, world=world)
        search = Search(self.checking.grid.open_conditions, domains, request_paths(service=service), extra)
        names = names_in(halves, self.extra)
        action = actions_in(bit)[0].name
        tried = 0
        for found in islice(search.find(halves, bit), _MOST_TRIED):
            tried += 1
            chosen = opened(self.checking.grid.open_conditions, found.model.values, halves[0], action)
            narrowed = replace(found, model=replace(found.model, values=chosen))
            witness = self._asking.witness(someone, action, grid_cell.key, narrowed, names)
            if witness is not None:
                return _SearchResult(witness)
        reasons = tuple(f"{someone.asker.label}, {action}: {reason}" for reason in search.unsettled)
        unknowns = dict.fromkeys(
            _said(unknown)
            for half in halves
            for entry in half.pending
            if entry.actions & bit
            for unknown in entry.unknowns
        )
        if tried and unknowns:
            reasons = (*reasons, *unknowns)
        elif tried:
            where = f" on {grid_cell.key.handle}" if grid_cell.key is not None else ""
            residual = next((str(each) for _mask, each in self.checking.grid.residual(grid_cell, bit) if str(each)), "")
            reasons = (
                *reasons,
                f"whether {someone.asker.label} can make a request for {action}{where} {residual}".rstrip(),
            )
        self.checking.proved[question] = reasons
        return _SearchResult(None, reasons)
