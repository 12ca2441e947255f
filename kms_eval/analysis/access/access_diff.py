"""What a change changes: access that appears, disappears or has different conditions, between two worlds.

Comes in: a grid for each side. Goes out: changes as plain values. Never here: deciding, text for people.

Conditions that are met more easily (`widens`) count like access that appears. If neither side's conditions are known
to imply the other's, the change `differs`, and that may be wider as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

from kms_eval.analysis.access.causes import Causes
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY, Grid, GridCell
from kms_eval.analysis.access.partial_evaluation import PUBLISHED
from kms_eval.analysis.access.principals import Asker, AskerKind, asker_named
from kms_eval.analysis.access.reach import Reach, reach_of
from kms_eval.analysis.access.residual_conditions import UNKNOWN, ResidualConditions
from kms_eval.analysis.access.selection import chosen_askers, chosen_keys, chosen_on_either
from kms_eval.analysis.access.unchanged import changed_keys
from kms_eval.analysis.checking.comparing import Comparison, allowed_only_here, compare_conditions
from kms_eval.analysis.checking.results import Witness
from kms_eval.analysis.classes.pairs import PairClass
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explanation import Source
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.world.model import Key, World

ChangeKind = Literal["appears", "widens", "differs", "unknown", "narrows", "disappears"]
CHANGE_KINDS: tuple[ChangeKind, ...] = ("appears", "widens", "differs", "unknown", "narrows", "disappears")
WIDER: frozenset[ChangeKind] = frozenset({"appears", "widens", "differs"})
"""Kinds after which something may be allowed that was not before."""

_Answer = ResidualConditions | Literal["always", "never"]
_Part = tuple[int, _Answer]
NEVER: Final = "never"
ALWAYS: Final = "always"


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to some actions of one principal on one key; `key` None is for actions that have none.

    `before` and `after` are ``never``, ``always`` or the conditions. If there are conditions, `gained` is a request
    that only the world after allows, `lost` one that only the world before allows; of many changes of one class, only
    the first ones have such a request. `account` is the principal's, None for everyone and for a service. `causes` are
    the statements and grants behind the change: those that are new or gone. With `causes_unchanged` they are those
    that allow it and are in both worlds: what they apply to is new, gone or different.
    """

    kind: ChangeKind
    principal: str
    label: str
    key: str | None
    key_arn: str | None
    actions: tuple[str, ...]
    before: str
    after: str
    principal_kind: AskerKind = "role"
    account: str | None = None
    reach: Reach = "inside the account"
    causes: tuple[Source, ...] = ()
    causes_unchanged: bool = False
    hangs_on: tuple[str, ...] = ()
    gained: Witness | None = None
    lost: Witness | None = None
    doubts: tuple[str, ...] = ()
    """Codes of warnings about questions that AWS leaves open and that the answer on either side depends on."""


@dataclass(frozen=True, slots=True)
class Compared:
    """All changes, and how many pairs of principal and key were decided on both sides to find them."""

    changes: tuple[Change, ...]
    principals: int
    keys: int
    decided: int


@dataclass(frozen=True, slots=True)
class _Pair:
    """An asker on both sides; None on a side that does not know it."""

    before: Asker | None
    after: Asker | None

    @property
    def either(self) -> Asker:
        found = self.after or self.before
        if found is None:  # pragma: no cover - pairs are made of what one side has
            raise AssertionError
        return found


def compare(
    before: Grid,
    after: Grid,
    *,
    actions: int,
    principals: Sequence[str] = (),
    keys: Sequence[str] = (),
    track: Callable[[Sequence[_Pair]], Iterable[_Pair]] = iter,
) -> Compared:
    """Compare two worlds. Pairs that have the same class on both sides are not decided, others once for each class.

    `principals` and `keys` are names and patterns of those to compare; if there are none, all are compared. Raises
    InputError for a name that means nothing on either side.
    """
    pairs = _paired(before.evaluator, after.evaluator, principals)
    both_keys = _paired_keys(before.world, after.world, keys)
    changed = changed_keys(before.world, after.world, both_keys)
    if len(changed) < len(both_keys):
        before, after = _about(before, after, PUBLISHED, changed)
    after.count_like(before)
    differing, named = _differing(before, after, pairs, changed)
    actions &= differing
    before, after = _about(before, after, actions, named)
    after.count_like(before)
    comparing = _Comparing(before, after, actions, both_keys)
    sides = _Sides(before, after, named)
    changes: list[Change] = []
    # Classes between which nothing changes: finding that out once is enough.
    equal: set[tuple[PairClass | None, PairClass | None, bool]] = set()
    decided = 0
    for pair in track(pairs):
        if actions & ACTIONS_WITHOUT_KEY:
            one, other = _without_key(before, pair.before), _without_key(after, pair.after)
            if one is None or other is None or one.pair_class != other.pair_class:
                decided += 1
                changes += comparing.changes(pair, one, other)
        everyone = pair.either.kind == "everyone"
        # One by one: a list of all cells of a principal would be a burden for the garbage collector.
        for old, new, (key, its) in sides.differing(pair):
            decided += 1
            if (old, new, everyone) in equal:
                continue
            one, other = _representative(before, pair.before, key, old), _representative(after, pair.after, its, new)
            if comparing.named(one, other):
                mine = _of_pair(before, pair.before, one, key), _of_pair(after, pair.after, other, its)
                changes += comparing.changes(pair, *mine)
            else:
                equal.add((old, new, everyone))
    return Compared(tuple(changes), len(pairs), len(both_keys), decided)


_Keys = tuple[Key | None, Key | None]
_Named = tuple[ChangeKind, int, str, str, tuple[str, ...]]
"""A kind of change, the actions, their answers before and after, and the unknowns that these depend on."""


class _Comparing:
    """Finds the changes between cells; each pair of classes is compared once."""

    def __init__(self, before: Grid, after: Grid, actions: int, keys: Sequence[_Keys]) -> None:
        self._before, self._after = before, after
        self._actions = actions
        self._causes = Causes(before, after, keys)
        self._known: dict[tuple[object, ...], Comparison] = {}
        self._between: dict[tuple[Hashable, Hashable], list[_Named]] = {}
        self._showing: Counter[tuple[Hashable, ...]] = Counter()

    def changes(self, pair: _Pair, one: GridCell | None, other: GridCell | None) -> Iterator[Change]:
        """The changes from one cell to the other, as far as the solver confirms them."""
        key = next((grid_cell.key for grid_cell in (other, one) if grid_cell is not None), None)
        for kind, mask, was, now, hangs_on in self.named(one, other):
            asker = pair.either
            change = Change(
                kind,
                asker.name,
                asker.label,
                key.handle if key is not None else None,
                key.arn if key is not None else None,
                tuple(action.name for action in actions_in(mask)),
                was,
                now,
                asker.kind,
                asker.caller.account if asker.kind not in {"everyone", "service"} else None,
                hangs_on=hangs_on,
            )
            confirmed = self._confirmed(change, one, other)
            if confirmed is not None:
                known = self._after.world if other is not None else self._before.world
                because = self._causes.of(one, other, mask, wider=confirmed.kind in WIDER)
                yield replace(
                    confirmed,
                    reach=reach_of(asker, key, known),
                    causes=because.sources,
                    causes_unchanged=because.unchanged,
                    doubts=_doubts(mask, (self._before, one), (self._after, other)),
                )

    def named(self, one: GridCell | None, other: GridCell | None) -> list[_Named]:
        """What differs between two cells, for any principal and key of their classes."""
        about = tuple(None if each is None else each.pair_class for each in (one, other))
        keyed = (about[0], about[1])
        known = self._between.get(keyed)
        if known is None:
            was, now = _answers(self._before, one, self._actions), _answers(self._after, other, self._actions)
            known = self._between[keyed] = list(_changes(was, now))
        return known

    def _confirmed(self, change: Change, one: GridCell | None, other: GridCell | None) -> Change | None:
        """The change with what the solver finds about it; None if the solver proves that nothing changes."""
        if change.kind == "unknown":
            return change
        if NEVER in {change.before, change.after}:
            return self._shown(change, one, other)
        if one is None or other is None:
            return change
        compared = self._compared(change, one, other)
        if compared.relation == "undetermined":
            return replace(change, gained=compared.gained, lost=compared.lost)
        if compared.relation == "same":
            return None
        return replace(change, kind=_KINDS[compared.relation], gained=compared.gained, lost=compared.lost)

    def _shown(self, change: Change, one: GridCell | None, other: GridCell | None) -> Change | None:
        """Access that appears or disappears under conditions, with a request that shows it; None if none can."""
        question = tuple(None if each is None else each.pair_class for each in (one, other))
        if ALWAYS in {change.before, change.after} or self._showing[question] >= _MOST_SHOWN:
            return change
        self._showing[question] += 1
        before = (self._before, self._before.itself(one)) if one is not None else None
        after = (self._after, self._after.itself(other)) if other is not None else None
        bit, now = bit_of(change.actions[0]), self._after.at or datetime.now(UTC)
        sides = (after, before) if change.before == NEVER else (before, after)
        found = allowed_only_here(sides[0], sides[1], bit, now=now) if sides[0] is not None else ""
        if isinstance(found, Witness):
            return replace(change, gained=found) if change.before == NEVER else replace(change, lost=found)
        return None if found is None else change

    def _compared(self, change: Change, one: GridCell, other: GridCell) -> Comparison:
        question = (one.pair_class, other.pair_class, change.actions[0])
        known = self._known.get(question)
        if known is None:
            bit = bit_of(change.actions[0])
            now = self._after.at or datetime.now(UTC)
            sides = (self._before, self._before.itself(one)), (self._after, self._after.itself(other))
            known = compare_conditions(*sides, bit, now=now)
            if known.gained is None and known.lost is None:
                # A request that shows the change names one pair, so it is not kept for the class.
                self._known[question] = known
        return known


_MOST_SHOWN = 100
"""How many pairs of a class get a request of their own that shows what appears or disappears."""
_KINDS: dict[str, ChangeKind] = {"narrows": "narrows", "widens": "widens", "both": "differs"}


class _Sides:
    """Both worlds, and their keys in pairs."""

    def __init__(self, before: Grid, after: Grid, keys: Sequence[_Keys]) -> None:
        self._before, self._after = before, after
        self.keys = keys
        self._here = [one for one, _other in keys if one is not None]
        self._there = [other for _one, other in keys if other is not None]

    def differing(self, pair: _Pair) -> Iterator[tuple[PairClass | None, PairClass | None, _Keys]]:
        """The classes of a principal's pairs with each key whose answers may differ; None where a side has no pair."""
        was = self._classes(self._before, pair.before, self._here)
        now = self._classes(self._after, pair.after, self._there)
        for one, other in self.keys:
            old = next(was) if one is not None else None
            new = next(now) if other is not None else None
            if old != new or old is None:
                yield old, new, (one, other)

    @staticmethod
    def _classes(grid: Grid, asker: Asker | None, keys: Sequence[Key]) -> Iterator[PairClass | None]:
        return iter(grid.classes_of(asker, keys)) if asker is not None else iter([None] * len(keys))


def _paired(before: Evaluator, after: Evaluator, names: Sequence[str]) -> list[_Pair]:
    """Askers by name. One that only one side knows, and only names, is asked about on both sides.

    A principal that one side describes and the other does not know does not exist on that other side.
    """
    one, other = chosen_on_either(chosen_askers, (before, after), names)
    here = {asker.name: asker for asker in one}
    there = {asker.name: asker for asker in other}
    return [
        _Pair(here.get(name) or _stand_in(there[name], before), there.get(name) or _stand_in(here[name], after))
        for name in {**here, **there}
    ]


def _stand_in(asker: Asker, evaluator: Evaluator) -> Asker | None:
    """The asker to use on a side that does not know it: the same one, unless it exists only if it is described.

    A session that only one side names exists wherever its role is described.
    """
    principal = asker.caller.principal
    if principal is None or not principal.known:
        return asker
    return asker_named(evaluator, asker.name) if principal.arn in evaluator.world.principals else None


def _paired_keys(before: World, after: World, names: Sequence[str]) -> list[tuple[Key | None, Key | None]]:
    """The keys of both sides, matched by handle, else by ARN."""
    one, other = chosen_on_either(chosen_keys, (before, after), names)
    here = {key.handle: key for key in one}
    there = {key.handle: key for key in other}
    by_arn = {key.arn: key for handle, key in there.items() if handle not in here}
    pairs: list[tuple[Key | None, Key | None]] = [
        (key, there.get(handle) or by_arn.pop(key.arn, None)) for handle, key in here.items()
    ]
    return [*pairs, *((None, key) for key in by_arn.values())]


def _about(before: Grid, after: Grid, actions: int, keys: Sequence[_Keys]) -> tuple[Grid, Grid]:
    """Both grids, limited to these actions and keys."""
    return (
        before.about(actions, [one for one, _other in keys if one is not None]),
        after.about(actions, [other for _one, other in keys if other is not None]),
    )


def _differing(before: Grid, after: Grid, pairs: Iterable[_Pair], keys: Sequence[_Keys]) -> tuple[int, Sequence[_Keys]]:
    """The actions and keys whose answers may differ; all of them if a principal or a key is new or gone."""
    here = [one for one, other in keys if one is not None and other is not None]
    there = [other for one, other in keys if one is not None and other is not None]
    if len(here) < len(keys):
        return PUBLISHED, keys
    between: set[tuple[PairClass, PairClass]] = set()
    other_since = bytearray(len(keys))
    for pair in pairs:
        if pair.before is None or pair.after is None:
            return PUBLISHED, keys
        between.add((before.class_without_key(pair.before), after.class_without_key(pair.after)))
        both = zip(before.classes_of(pair.before, here), after.classes_of(pair.after, there), strict=True)
        for place, (one, other) in enumerate(both):
            if one != other:
                other_since[place] = True
                between.add((one, other))
    found = 0
    for one, other in between:
        found |= before.classes.differing(one, other)
    return found & PUBLISHED, [pair for pair, changed in zip(keys, other_since, strict=True) if changed]


def _representative(grid: Grid, asker: Asker | None, key: Key | None, pair_class: PairClass | None) -> GridCell | None:
    if asker is None or key is None or pair_class is None:
        return None
    return grid.representative(asker, key, pair_class)


def _of_pair(grid: Grid, asker: Asker | None, alike: GridCell | None, key: Key | None) -> GridCell | None:
    return grid.of_pair(alike, asker, key) if alike is not None and asker is not None else None


def _without_key(grid: Grid, asker: Asker | None) -> GridCell | None:
    return grid.without_key(asker) if asker is not None else None


def _changes(was: list[_Part], now: list[_Part]) -> Iterator[_Named]:
    for mask, old in was:
        for more, new in now:
            both = mask & more
            kind = _kind(old, new) if both else None
            if kind is not None:
                yield kind, both, _word(old), _word(new), _addresses(old, new) if kind == "unknown" else ()


def _answers(grid: Grid, grid_cell: GridCell | None, actions: int) -> list[_Part]:
    """The actions in parts with one answer each."""
    if grid_cell is None:
        return [(actions, NEVER)]
    kept = actions & (ACTIONS_ON_KEY if grid_cell.key is not None else ACTIONS_WITHOUT_KEY)
    parts: list[_Part] = [
        (kept & grid_cell.always, ALWAYS),
        (kept & ~grid_cell.always & ~grid_cell.sometimes, NEVER),
    ]
    if kept & grid_cell.sometimes:
        parts += grid.residual_of_class(grid_cell, kept)
    return [(mask, answer) for mask, answer in parts if mask]


def _doubts(mask: int, *sides: tuple[Grid, GridCell | None]) -> tuple[str, ...]:
    told = (grid.doubts(grid_cell, mask) for grid, grid_cell in sides if grid_cell is not None)
    return tuple(dict.fromkeys(code for each in told for _mask, codes in each for code in codes))


def _word(answer: _Answer) -> str:
    return answer if isinstance(answer, str) else str(answer)


def _kind(old: _Answer, new: _Answer) -> ChangeKind | None:
    """The kind of a change, whatever the unknowns on either side are; `unknown` if it depends on them."""
    found = _apparent(old, new)
    if found is None or not (_hangs(old) or _hangs(new)):
        return found
    certain = _apparent(_most(old), _least(new)) if found in WIDER else _apparent(_least(old), _most(new))
    return certain if certain is not None and (certain in WIDER) is (found in WIDER) else "unknown"


def _hangs(answer: _Answer) -> bool:
    return bool(_addresses(answer))


def _addresses(*answers: _Answer) -> tuple[str, ...]:
    """The addresses of the unknowns in answers."""
    residual = [answer for answer in answers if not isinstance(answer, str)]
    words = (word for each in residual for way in (*each.ways, each.unless) for word in way)
    # The words for a Deny with conditions begin with its unknown; the conditions follow.
    found = (word.removeprefix(UNKNOWN).partition(" and ")[0] for word in words if word.startswith(UNKNOWN))
    # Ways that are not listed may depend on any of the unknowns that were found.
    beyond = (word for each in residual if each.beyond is not None for word in each.unknowns)
    return tuple(dict.fromkeys((*found, *beyond)))


def _least(answer: _Answer) -> _Answer:
    """The least that the unknowns may turn out to allow."""
    if isinstance(answer, str):
        return answer
    if any(word.startswith(UNKNOWN) for word in answer.unless):
        return NEVER
    ways = tuple(way for way in answer.ways if not any(word.startswith(UNKNOWN) for word in way))
    return _simplified(ResidualConditions(ways, answer.unless, answer.sources)) if ways else NEVER


def _most(answer: _Answer) -> _Answer:
    """The most that the unknowns may turn out to allow."""
    if isinstance(answer, str):
        return answer
    ways = tuple(tuple(word for word in way if not word.startswith(UNKNOWN)) for way in answer.ways)
    unless = tuple(word for word in answer.unless if not word.startswith(UNKNOWN))
    return _simplified(ResidualConditions(ways, unless, answer.sources, beyond=answer.beyond))


def _simplified(residual: ResidualConditions) -> _Answer:
    return ALWAYS if () in residual.ways and not residual.unless else residual


def _apparent(old: _Answer, new: _Answer) -> ChangeKind | None:
    if isinstance(old, str) and isinstance(new, str):
        if old == new:
            return None
        return "appears" if new == ALWAYS else "disappears"
    if isinstance(old, str):
        return "appears" if old == NEVER else "narrows"
    if isinstance(new, str):
        return "disappears" if new == NEVER else "widens"
    if old.same_as(new):
        return None
    narrower, wider = new.implies(old), old.implies(new)
    if narrower:
        return "narrows"
    return "widens" if wider else "differs"
