"""Equivalence classes of pairs of a caller and a key: decisions about pairs in one class are equal for equal requests.

Comes in: an evaluator, what a question fixes. Goes out: for a caller the class of its pair with each key, and for two
pairs of one class which of their statements correspond to each other. Never here: deciding.

INVARIANT: whatever a layer, a fact or an open question reads from a caller or a key is in its number, or the answer is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, cast

from kms_eval.analysis.classes.caller_classes import Asked, CallerClasses, entries_of, not_shown
from kms_eval.analysis.classes.facts_read import FactsRead
from kms_eval.analysis.classes.key_classes import KeyClasses
from kms_eval.analysis.classes.numbers import Numbers
from kms_eval.analysis.classes.places import Place, Places, place_of_key
from kms_eval.documents.model import Grant
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.layers import GRANT, LAYERS
from kms_eval.engine.resources import Target, no_target, without_key
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import NOTHING_GIVEN, Given, Scope
from kms_eval.world.model import Caller, Key, VpcEndpoint, World

PairClass = tuple[int, int]
"""Numbers for what policies say on the caller's side, and for what they say on the key's side."""

Behind = Rule | Grant
"""What an entry was compiled from."""

Positions = dict[Behind, list[int]]
"""The positions of a statement's or grant's entries among the entries of a pair."""

_ORDER = {name: place for place, name in enumerate((*(layer.name for layer in LAYERS), GRANT))}

Aliases = Callable[[Key], tuple[tuple[int, Target], ...]]


class PairClasses:
    """The classes of one world's pairs, for questions with the same endpoint, time and given context.

    Only these `actions` and `keys` (None is all of them) are asked about. Classes of two worlds that share their
    `numbers` may be compared.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        *,
        aliases: Aliases,
        endpoint: VpcEndpoint | None = None,
        task_only: bool = False,
        given: Given = NOTHING_GIVEN,
        at: datetime | None = None,
        numbers: Numbers | None = None,
        actions: int = ~0,
        keys: Sequence[Key] | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._endpoint = endpoint
        self._task_only = task_only
        self.numbers = numbers if numbers is not None else Numbers()
        world = evaluator.world
        chosen = world.keys.values() if keys is None else keys
        self._of_first: dict[PairClass, Positions] = {}
        self._about: dict[tuple[PairClass, int], tuple[int, ...]] = {}
        self.places = Places([place_of_key(index, key, aliases(key)) for index, key in enumerate(chosen)])
        self.index: Mapping[Key | None, int] = {place.key: place.index for place in self.places.all}
        """The position of each key in rows."""
        facts = FactsRead(self.numbers, frozenset(given.values))
        common = (tuple(sorted(given.values.items(), key=itemgetter(0))), at, _of_endpoint(endpoint, world))
        self._callers = CallerClasses(self.places, facts, self.numbers, common=common, actions=actions)
        self._keys = KeyClasses(evaluator, self.places, facts, self.numbers, actions=actions)

    def asked(self, caller: Caller, *, unknown: tuple[str, ...] = (), own_policies: bool = False) -> Asked:
        """A caller, with the condition keys that are `unknown`, and whether it may have `own_policies` besides."""
        scope = self._scope(caller, no_target(None, "", caller.partition))
        policies = self._evaluator.policies_of_caller(scope)
        where = partial(self._at, caller)
        return Asked(where, policies, unknown, own_policies, not_shown(scope))

    def row(self, asked: Asked) -> list[PairClass]:
        """The class of the caller's pair with each key that is asked about, in order."""
        if not self.places.all:
            return []
        return list(zip(self._callers.row(asked), self._keys.row(asked), strict=True))

    def without_key(self, asked: Asked) -> PairClass:
        """The class of the caller's requests that have no key."""
        caller = asked.caller
        place = Place(-1, None, without_key(caller.account, self._evaluator.world.region, caller.partition))
        kind = (caller.kind, caller.partition, caller.service_linked, self._evaluator.world.region)
        return self._callers.at(asked, place), self.numbers.of((self.numbers.of((*kind, asked.not_shown)),))

    def about(self, pair: PairClass, bit: int) -> tuple[int, ...]:
        """What policies say in pairs of a class about one action, given as its bit: equal if all of it is equal."""
        known = self._about.get((pair, bit))
        if known is None:
            caller, key = (cast("tuple[int, ...]", self.numbers.value(side)) for side in pair)
            known = self._about[pair, bit] = (
                caller[0], key[0], *self._said_about(caller[1:], bit), 0, *self._said_about(key[1:], bit)
            )  # fmt: skip
        return known

    def _said_about(self, numbers: Iterable[int], bit: int) -> Iterator[int]:
        for number in numbers:
            layer, layer_index, actions, *rest = cast("Any", self.numbers.value(number))
            if actions & bit:
                yield self.numbers.of((layer, layer_index, *rest))

    def differing(self, one: PairClass, other: PairClass) -> int:
        """The actions about which policies say different things in two classes, perhaps of two worlds."""
        if one == other:
            return 0
        found = 0
        for side, others in zip(one, other, strict=True):
            mine, its = (cast("tuple[int, ...]", self.numbers.value(number)) for number in (side, others))
            if mine[0] != its[0]:
                return ~0
            for number in set(mine[1:]) ^ set(its[1:]):
                _layer, _layer_index, actions, *_rest = cast("Any", self.numbers.value(number))
                found |= actions
            if Counter(mine) != Counter(its) and not found:
                return ~0
        return found

    def entries(self, asked: Asked, key: Key | None) -> list[Entry]:
        """All statements and grants for the caller and the key, whether or not their Resource covers it, by layers."""
        mine = entries_of(asked.policies)
        if key is None:
            return mine
        both = [*mine, *self._keys.entries(asked, self.places.all[self.index[key]])]
        return sorted(both, key=lambda entry: _ORDER[entry.layer])

    def counterparts(
        self, pair: PairClass, one: Asked, its_key: Key | None, other: Asked, others_key: Key | None
    ) -> Counterparts:
        """What corresponds in another pair to the statements of `one` pair, which is the same for all of its class."""
        known = self._of_first.get(pair)
        if known is None:
            callers, of_key = self._kept(one, its_key)
            known = self._of_first[pair] = _positions([*callers, *of_key()])
        return Counterparts(known, *self._kept(other, others_key))

    def _kept(self, asked: Asked, key: Key | None) -> tuple[list[Entry], Callable[[], list[Entry]]]:
        """The entries behind a pair's class: those of the caller's own policies, and how to get those of the key."""
        if key is None:
            place = Place(
                -1, None, without_key(asked.caller.account, self._evaluator.world.region, asked.caller.partition)
            )
            return self._callers.kept(asked, place), list
        place = self.places.all[self.index[key]]
        return self._callers.kept(asked, place), partial(self._keys.kept, asked, place)

    def _scope(self, caller: Caller, target: Target) -> Scope:
        return Scope(self._evaluator.world, caller, target, self._endpoint, task_only=self._task_only)

    def _at(self, caller: Caller, place: Place) -> Scope:
        return self._scope(caller, place.target)


def _of_endpoint(endpoint: VpcEndpoint | None, world: World) -> Hashable:
    """All that condition keys read from the endpoint that requests come through; its policy is on the caller's side."""
    if endpoint is None:
        return None
    organization = world.organization
    about: Hashable = None
    if organization is not None and endpoint.account is not None:
        member = organization.accounts.get(endpoint.account)
        about = (organization.id, organization.management_account, member and (member.path, member.unknown_path))
    return endpoint.id, endpoint.vpc, endpoint.account, about


def _positions(entries: Iterable[Entry]) -> Positions:
    found: Positions = {}
    for position, entry in enumerate(entries):
        one = behind(entry)
        if one is not None:
            found.setdefault(one, []).append(position)
    return found


class Counterparts:
    """The statements and grants of a pair, found by those of another pair that say the same."""

    def __init__(self, those: Positions, callers: Sequence[Entry], of_key: Callable[[], Sequence[Entry]]) -> None:
        self._those, self._callers = those, callers
        self._find_of_key = of_key
        self._of_key: Sequence[Entry] | None = None

    def of(self, one: Behind) -> Sequence[Behind]:
        """What corresponds to it: several if one policy is attached twice there, and two policies here."""
        positions = self._those.get(one)
        if positions is None:
            return (one,)
        return [stands for each in positions if (stands := behind(self._at(each))) is not None]

    def _at(self, position: int) -> Entry:
        if position < len(self._callers):
            return self._callers[position]
        if self._of_key is None:
            # Finding them takes longer than all else, and what is named is often a statement of the caller's own.
            self._of_key = self._find_of_key()
        return self._of_key[position - len(self._callers)]


def behind(entry: Entry) -> Behind | None:
    """The statement or the grant of an entry; None if it stands for policies that the world does not describe."""
    if entry.rule is not None:
        return entry.rule
    return entry.allowance.grant if entry.allowance is not None else None
