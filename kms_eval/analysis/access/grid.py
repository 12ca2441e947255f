"""What every principal may do on every key, for all actions at once: always, sometimes, never, with reasons.

Comes in: an evaluator and what the question fixes. Goes out: cells: one asker and one key (or none), all actions.
Never here: deciding. Cells come from the engine, permissions that need two resources from `engine.plan`, and reasons
from the engine's own explanation of a decision.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from operator import is_
from typing import cast

from kms_eval.analysis.access.answers import AnswerWord, answer_word
from kms_eval.analysis.access.definite_reasons import DefiniteReason, Reason, allowing, definite_reasons
from kms_eval.analysis.access.doubts import Doubts, DoubtsFinder
from kms_eval.analysis.access.open_conditions import OpenConditions, matching
from kms_eval.analysis.access.partial_evaluation import PUBLISHED, PartialEvaluation, partially_evaluate, public
from kms_eval.analysis.access.principals import Asker
from kms_eval.analysis.access.residual_conditions import UNCONDITIONAL, ResidualConditions, ResidualConditionsFinder
from kms_eval.analysis.classes.caller_classes import Asked
from kms_eval.analysis.classes.numbers import Numbers
from kms_eval.analysis.classes.pairs import Behind, Counterparts, PairClass, PairClasses, behind
from kms_eval.analysis.proving.possible import Possible
from kms_eval.documents.model import Grant, Policy
from kms_eval.engine.cell import compile_cell
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explanation import Source
from kms_eval.engine.masks import ON_ALIAS, ON_KEY, WITHOUT_KEY, actions_in, bit_of
from kms_eval.engine.plan import grant_meant, parts
from kms_eval.engine.resources import Target, key_target, without_key
from kms_eval.engine.situation import Scope
from kms_eval.engine.trace import grant_name, grant_source, rule_name, rule_source, source
from kms_eval.world.model import Key, World
from kms_eval.world.request import Request

ACTIONS_ON_KEY = ON_KEY & PUBLISHED
ACTIONS_WITHOUT_KEY = WITHOUT_KEY

_MOST_KEPT = 2_000_000
"""How many pairs' classes are kept."""
_MOST_ASKERS = 4_096
"""How many askers' own policies are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class GridCell:
    """One asker on one key; `key` None is for the actions that have none. Masks of published actions.

    `undetermined` and `public` are subsets of `sometimes`: actions for which no request is sure to be allowed, because
    it depends on something that no source could show; and actions with no condition about who asks. Pairs that no
    policy tells apart are decided once: `first` is the pair that was decided, this one or another, and `pair_class` is
    their class.
    """

    asker: Asker
    key: Key | None
    always: int
    sometimes: int
    halves: tuple[tuple[int, PartialEvaluation], ...]
    """The partially evaluated cells of the first pair, each with the actions that need it; alias actions need two."""
    undetermined: int = 0
    public: int = 0
    first: tuple[Asker, Key | None] | None = None
    pair_class: tuple[Hashable, ...] | None = None

    def answer(self, bit: int) -> AnswerWord:
        """The answer about one action."""
        return answer_word(bit, self.always, self.sometimes, self.undetermined, self.public)


class Grid:
    """Answers for all askers and keys of one world, in the circumstances that a question fixes.

    `asked` supplies these: its context, time and VPC endpoint count, its principal, action and key do not. Answers
    cover only `actions`, and pairs with keys outside `keys` (by default all of the world) have no class.
    """

    def __init__(
        self, evaluator: Evaluator, asked: Request, *, actions: int = PUBLISHED, keys: Sequence[Key] | None = None
    ) -> None:
        self.evaluator = evaluator
        self._asked_with = asked
        self._actions = actions
        self._keys = tuple(evaluator.world.keys.values() if keys is None else keys)
        (template,) = parts(evaluator.world, asked)
        evaluator.check_context(asked)
        self._endpoint = template.scope.endpoint
        self._task_only = template.scope.task_only
        self._circumstances = template.circumstances
        self.open_conditions = OpenConditions(template.circumstances, self._endpoint)
        self._said = frozenset(template.circumstances.given.values)
        self._finder = ResidualConditionsFinder(self.open_conditions)
        self._possible = Possible(self.open_conditions)
        self._doubts = DoubtsFinder(evaluator, asked, template.circumstances)
        self._unknown: dict[tuple[str, ...], frozenset[str]] = {}
        self._aliases: dict[Key, tuple[tuple[int, Target], ...]] = {}
        self._numbers = Numbers()
        self._askers: dict[Asker, Asked] = {}
        self._rows: dict[Asker, list[PairClass]] = {}
        self._cells: tuple[dict[PairClass, GridCell], ...] = ({}, {})
        """The cell that was decided for each class: for one principal or anyone in an account, and for everyone."""
        self._said_of: dict[Hashable, tuple[tuple[int, ResidualConditions], ...]] = {}
        self._doubted: dict[Hashable, Doubts] = {}
        self._reasoned: dict[Hashable, tuple[tuple[int, DefiniteReason], ...]] = {}
        self._sources: dict[Behind, Source] = {}

    @property
    def at(self) -> datetime | None:
        """The time the answers are for."""
        return self._circumstances.at

    @property
    def endpoint(self) -> str | None:
        """The VPC endpoint the requests come through."""
        return self._endpoint.id if self._endpoint is not None else None

    @property
    def world(self) -> World:
        """The world the answers are about."""
        return self.evaluator.world

    @cached_property
    def classes(self) -> PairClasses:
        """Which pairs no policy tells apart."""
        return PairClasses(
            self.evaluator,
            aliases=self._alias_targets,
            endpoint=self._endpoint,
            task_only=self._task_only,
            given=self._circumstances.given,
            at=self._circumstances.at,
            numbers=self._numbers,
            actions=self._actions,
            keys=self._keys,
        )

    def about(self, actions: int, keys: Sequence[Key] | None = None) -> Grid:
        """A grid for these actions and keys only: fewer statements matter, so that fewer pairs differ."""
        asked, chosen = actions & self._actions, self._keys if keys is None else tuple(keys)
        if asked == self._actions and chosen == self._keys:
            return self
        return Grid(self.evaluator, self._asked_with, actions=asked, keys=chosen)

    def count_like(self, other: Grid) -> None:
        """Make classes of this grid comparable with those of another: equal if nothing differs."""
        if self._numbers is not other._numbers:
            self._numbers = other._numbers
            self.__dict__.pop("classes", None)
            self._askers.clear()
            self._rows.clear()
            self._forget()

    def _forget(self) -> None:
        self._cells = ({}, {})
        self._said_of.clear()
        self._doubted.clear()
        self._reasoned.clear()

    def entries(self, grid_cell: GridCell) -> list[Entry]:
        """All statements and grants for this asker itself and the key, whether or not their Resource covers the key."""
        return self.classes.entries(self._asked(grid_cell.asker), grid_cell.key)

    def row(self, asker: Asker, keys: Sequence[Key]) -> list[GridCell]:
        """The cells for all actions that have a key, one for each of these keys: the one decided for the class."""
        cells = self._cells[asker.kind == "everyone"]
        classes = self.classes_of(asker, keys)
        found = list(map(cells.get, classes))
        if None in found:
            for place, pair_class in enumerate(classes):
                if found[place] is None:
                    found[place] = self.representative(asker, keys[place], pair_class)
        return cast("list[GridCell]", found)

    def classes_of(self, asker: Asker, keys: Sequence[Key]) -> list[PairClass]:
        """The class of the asker's pair with each of these keys of the grid."""
        row = self._row(asker)
        if len(keys) == len(row) and all(map(is_, keys, self._keys)):
            return row
        return [row[self.classes.index[key]] for key in keys]

    def on(self, asker: Asker, key: Key) -> GridCell:
        """The cell for all actions that have a key."""
        place = self.classes.index.get(key)
        if place is None:
            return self._on(asker, key, None)
        return self.of_pair(self.representative(asker, key, self._row(asker)[place]), asker, key)

    def representative(self, asker: Asker, key: Key, pair_class: PairClass) -> GridCell:
        """The cell that stands for all pairs of a class: this pair's, unless another was decided before."""
        everyone = asker.kind == "everyone"
        cell = self._cells[everyone].get(pair_class)
        if cell is None:
            cell = self._cells[everyone][pair_class] = self._on(asker, key, (*pair_class, everyone))
        return cell

    @staticmethod
    def of_pair(cell: GridCell, asker: Asker, key: Key | None) -> GridCell:
        """The cell of another pair of the same class, as the answers about this pair."""
        if cell.asker is asker and cell.key is key:
            return cell
        # `dataclasses.replace` takes several times as long, and this is done for every pair.
        return GridCell(
            asker,
            key,
            cell.always,
            cell.sometimes,
            cell.halves,
            cell.undetermined,
            cell.public,
            cell.first,
            cell.pair_class,
        )

    def itself(self, grid_cell: GridCell) -> GridCell:
        """The same answers, compiled for this pair itself."""
        if grid_cell.first in (None, (grid_cell.asker, grid_cell.key)):
            return grid_cell
        if grid_cell.key is None:
            return self._without_key(grid_cell.asker, None)
        return self._on(grid_cell.asker, grid_cell.key, None)

    def _row(self, asker: Asker) -> list[PairClass]:
        known = self._rows.get(asker)
        if known is None:
            if len(self._rows) * len(self._keys) >= _MOST_KEPT:
                self._rows.clear()
            known = self._rows[asker] = self.classes.row(self._asked(asker))
        return known

    def _asked(self, asker: Asker) -> Asked:
        known = self._askers.get(asker)
        if known is None:
            if len(self._askers) >= _MOST_ASKERS:
                self._askers.clear()
            known = self.classes.asked(asker.caller, unknown=asker.unknown, own_policies=asker.open_policies)
            self._askers[asker] = known
        return known

    def _on(self, asker: Asker, key: Key, pair_class: tuple[Hashable, ...] | None) -> GridCell:
        whole = self._fixed(asker, key_target(key))
        about = ACTIONS_ON_KEY & self._actions
        always, sometimes = whole.always & about, whole.sometimes & about
        sure = (whole.always | whole.sometimes) & ~whole.undetermined
        halves = [(ACTIONS_ON_KEY, whole)]
        if (always | sometimes) & ON_ALIAS:
            for mask, target in self._alias_targets(key):
                half = self._fixed(asker, target)
                halves.append((mask, half))
                possible = half.always | half.sometimes
                sometimes = sometimes & ~mask | mask & (always | sometimes) & possible
                always &= ~mask | half.always
                sometimes &= ~always
                sure &= ~mask | possible & ~half.undetermined
        if sometimes:
            sometimes &= self._possible.of(halves, sometimes)
        undetermined = sometimes & ~sure
        open_to_all = public(whole, self.open_conditions) & sometimes & ~undetermined if asker.kind == "everyone" else 0
        return GridCell(
            asker, key, always, sometimes, tuple(halves), undetermined, open_to_all, (asker, key), pair_class
        )

    def class_without_key(self, asker: Asker) -> PairClass:
        """The class of the asker's requests without a key."""
        return self.classes.without_key(self._asked(asker))

    def without_key(self, asker: Asker) -> GridCell:
        """The cell for all actions that have no key, in the world's Region."""
        pair_class = self.class_without_key(asker)
        cell = self._cells[False].get(pair_class)
        if cell is None:
            cell = self._cells[False][pair_class] = self._without_key(asker, (*pair_class, None))
        return self.of_pair(cell, asker, None)

    def _without_key(self, asker: Asker, pair_class: tuple[Hashable, ...] | None) -> GridCell:
        caller = asker.caller
        targets = without_key(caller.account, self.world.region, caller.partition)
        kinds = tuple((mask, self._fixed(asker, target)) for mask, target in targets)
        always = sometimes = undetermined = 0
        for covered, evaluated in kinds:
            mask = covered & self._actions
            always |= evaluated.always & mask
            sometimes |= evaluated.sometimes & mask
            undetermined |= evaluated.undetermined & mask
        return GridCell(asker, None, always, sometimes, kinds, undetermined, 0, (asker, None), pair_class)

    def residual(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, ResidualConditions], ...]:
        """The conditions of those actions in `mask` that are sometimes allowed, grouped by equal conditions."""
        found = self.residual_of_class(grid_cell, mask)
        mine = self._counterparts(grid_cell)
        if mine is None:
            return found
        return tuple((part, replace(each, sources=self._sources_of(each.behind, mine))) for part, each in found)

    def residual_of_class(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, ResidualConditions], ...]:
        """The same, with the statements and grants of the pair that was decided."""
        question = ("residual", grid_cell.pair_class, mask)
        found = self._said_of.get(question) if grid_cell.pair_class is not None else None
        if found is None:
            found = self._said_of[question] = self._residual(grid_cell, mask)
        return found

    def _residual(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, ResidualConditions], ...]:
        found = [(mask & grid_cell.sometimes, UNCONDITIONAL)]
        for covered, evaluated in grid_cell.halves:
            # An action that is sometimes allowed on one half is always or sometimes allowed on the other.
            mine = mask & grid_cell.sometimes & covered & evaluated.sometimes
            pieces = (*self._finder.find(evaluated, mine), (~mine, UNCONDITIONAL)) if mine else ((~0, UNCONDITIONAL),)
            found = [
                (part & piece, _both(residual, more))
                for part, residual in found
                for piece, more in pieces
                if part & piece
            ]
        if grid_cell.public & mask:
            cuts = (grid_cell.public, ~grid_cell.public)
            found = [
                (part & cut, _public(residual, cut, grid_cell))
                for part, residual in found
                for cut in cuts
                if part & cut
            ]
        return tuple(found)

    def doubts(self, grid_cell: GridCell, mask: int) -> Doubts:
        """The open questions that plain requests for the actions in `mask` depend on: codes of warnings."""
        mask &= self._actions & (ACTIONS_ON_KEY if grid_cell.key is not None else ACTIONS_WITHOUT_KEY)
        if not grid_cell.asker.is_one:
            return ()
        if grid_cell.pair_class is None:
            return self._doubts.find(grid_cell.halves, mask, grant=_grant_meant(grid_cell))
        question = (grid_cell.pair_class, mask)
        found = self._doubted.get(question)
        if found is None:
            pair = cast("PairClass", grid_cell.pair_class[:2])
            found = self._doubts.find(
                grid_cell.halves, mask, partial(self.classes.about, pair), grant=_grant_meant(grid_cell)
            )
            self._doubted[question] = found
        return found

    def reasons(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, Reason], ...]:
        """Why the actions in `mask` that are not in `sometimes` are always or never allowed, grouped by reason."""
        mine = self._counterparts(grid_cell)
        found: dict[Reason, int] = {}
        for piece, each in self._reasons_of_class(grid_cell, mask):
            named = self._sources_of((each.named,) if each.named is not None else (), mine)
            one = named[0] if named else None
            reason = Reason(each.sentence, each.code, one, self._sources_of(each.behind, mine))
            found[reason] = found.get(reason, 0) | piece
        return tuple((part, reason) for reason, part in found.items())

    def reason_named(self, grid_cell: GridCell, bit: int) -> tuple[str, tuple[str, ...]]:
        """Why one action is always or never allowed, with the statement or grant that the reason names, if any.

        `reasons` finds everything that is behind it and where it stands, which takes several times as long.
        """
        ((_mask, reason),) = self._reasons_of_class(grid_cell, bit)
        return reason.sentence, self._names_of((reason.named,), grid_cell) if reason.named is not None else ()

    def residual_named(self, grid_cell: GridCell, bit: int) -> tuple[ResidualConditions, tuple[str, ...]]:
        """The conditions of one action that is sometimes allowed, and the names of the statements and grants behind.

        The conditions are one object for all pairs of a class; their sources are those of the pair that was decided.
        """
        ((_mask, residual),) = self.residual_of_class(grid_cell, bit)
        return residual, self._names_of(residual.behind, grid_cell)

    def _names_of(self, those: Iterable[Behind], grid_cell: GridCell) -> tuple[str, ...]:
        counterparts = self._counterparts(grid_cell)
        if counterparts is not None:
            those = (mine for each in those for mine in counterparts.of(each))
        return tuple(dict.fromkeys(map(_name_of, those)))

    def _reasons_of_class(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, DefiniteReason], ...]:
        """The reasons, with the statements and grants of the pair that was decided."""
        mask &= self._actions & ~grid_cell.sometimes
        mask &= ACTIONS_ON_KEY if grid_cell.key is not None else ACTIONS_WITHOUT_KEY
        question = (grid_cell.pair_class, mask)
        known = self._reasoned.get(question) if grid_cell.pair_class is not None else None
        if known is None:
            about = (self._circumstances, grid_cell.halves, grid_cell.always, mask)
            known = self._reasoned[question] = tuple(
                definite_reasons(self.evaluator, *about, grant=_grant_meant(grid_cell))
            )
        return known

    def allowing(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, tuple[Source, ...]], ...]:
        """The statements and grants that allow those actions in `mask` in every request; not those that only limit.

        What is allowed under conditions has these behind it as well as the statements that have the conditions.
        """
        mine = self._counterparts(grid_cell)
        found = allowing(self._circumstances, grid_cell.halves, mask)
        return tuple((part, self._sources_of(those, mine)) for part, those in found)

    def _sources_of(self, those: Iterable[Behind], counterparts: Counterparts | None) -> tuple[Source, ...]:
        """Where these statements and grants are written, or their counterparts in another pair of the class."""
        if counterparts is not None:
            those = (mine for each in those for mine in counterparts.of(each))
        return tuple(dict.fromkeys(map(self._source, those)))

    def _source(self, one: Behind) -> Source:
        known = self._sources.get(one)
        if known is None:
            # Looking a place up takes longer than deciding.
            known = self._sources[one] = grant_source(one) if isinstance(one, Grant) else rule_source(one)
        return known

    def _counterparts(self, grid_cell: GridCell) -> Counterparts | None:
        """What in this pair corresponds to the statements of the pair that was decided; None if it is that pair."""
        first, pair_class = grid_cell.first, grid_cell.pair_class
        if first is None or pair_class is None or (first[0] is grid_cell.asker and first[1] is grid_cell.key):
            return None
        asked = (self._asked(first[0]), self._asked(grid_cell.asker))
        pair = cast("PairClass", pair_class[:2])
        return self.classes.counterparts(pair, asked[0], first[1], asked[1], grid_cell.key)

    def _fixed(self, asker: Asker, target: Target) -> PartialEvaluation:
        unfolded = self._said | self._unknown_keys(asker.unknown)
        scope = Scope(self.world, asker.caller, target, self._endpoint, task_only=self._task_only)
        cell = compile_cell(scope, self.evaluator.policies_of_caller(scope), unfolded=unfolded)
        return partially_evaluate(cell, self.open_conditions, unknown=asker.unknown, own_policy=asker.open_policies)

    def _alias_targets(self, key: Key) -> tuple[tuple[int, Target], ...]:
        """The aliases that actions on aliases need besides the key.

        The request chooses the alias, unless the action needs an existing one and the key has only one.
        """
        known = self._aliases.get(key)
        if known is None:
            found: dict[str, tuple[int, Target]] = {}
            for action in actions_in(ON_ALIAS):
                asked = Request(f"arn:{key.partition}:iam::{key.account}:root", action.name, key.arn)
                for part in parts(self.world, asked):
                    target = part.scope.target
                    if target.kind == "alias":
                        mask, _same = found.get(target.arn, (0, target))
                        found[target.arn] = (mask | bit_of(action.name), target)
            known = self._aliases[key] = tuple(found.values())
        return known

    def _unknown_keys(self, prefixes: tuple[str, ...]) -> frozenset[str]:
        """The condition keys in this world's policies that have one of these prefixes."""
        if not prefixes:
            return frozenset()
        known = self._unknown.get(prefixes)
        if known is None:
            rules = (rule for policy in _shared_policies(self.world) for rule in self.evaluator.rules(policy))
            needs = {key for rule in rules for key in rule.needs}
            known = self._unknown[prefixes] = matching(needs, prefixes)
        return known


def _name_of(one: Behind) -> str:
    return grant_name(one) if isinstance(one, Grant) else rule_name(one)


def _public(residual: ResidualConditions, cut: int, grid_cell: GridCell) -> ResidualConditions:
    """The conditions of public actions marked so, with the key policy statements that allow them in every request."""
    if cut != grid_cell.public:
        return residual
    _mask, evaluated = grid_cell.halves[0]
    settled = (
        entry
        for entry in evaluated.cell.entries
        if entry.layer == "keyPolicy" and entry.layer_index != LayerIndex.DENY and entry.actions & cut
    )
    target = evaluated.cell.scope.target
    named = [entry for entry in settled if not entry.needs and entry.applies_to_all(target)]
    sources = tuple(dict.fromkeys((*residual.sources, *map(source, named))))
    those = tuple(dict.fromkeys((*residual.behind, *(each for each in map(behind, named) if each is not None))))
    return replace(residual, public=True, sources=sources, behind=those)


def _grant_meant(grid_cell: GridCell) -> Grant | None:
    """The grant that a RetireGrant on the key means if it names no grant."""
    return grant_meant("kms:retiregrant", grid_cell.key) if grid_cell.key is not None else None


def _both(one: ResidualConditions, two: ResidualConditions) -> ResidualConditions:
    if one is UNCONDITIONAL:
        return two
    return one if two is UNCONDITIONAL else one.and_also(two)


def _shared_policies(world: World) -> Iterator[Policy]:
    """Policies that may apply to a principal that the world does not describe."""
    for key in world.keys.values():
        yield key.policy
    for endpoint in world.vpc_endpoints.values():
        if endpoint.policy is not None:
            yield endpoint.policy
    for account in world.organization.accounts.values() if world.organization is not None else ():
        for level in (*(account.service_control_policies or ()), *account.resource_control_policies):
            yield from level
