"""Under which conditions something is allowed, in words.

Comes in: a partially evaluated cell and actions that are allowed in some requests only. Goes out: residual conditions:
the ways in which it is allowed, each a list of conditions, and what rules it out. Never here: combining layers by hand:
`engine.decide` tells of each set of pending entries whether it suffices.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import combinations, islice, product

from kms_eval.analysis.access.open_conditions import OpenConditions, equivalent_actions
from kms_eval.analysis.access.partial_evaluation import OWN_POLICY, PartialEvaluation
from kms_eval.analysis.classes.pairs import Behind, behind
from kms_eval.engine import decide
from kms_eval.engine.conditions import Test
from kms_eval.engine.decide import LayerIndex, Shape
from kms_eval.engine.entries import Entry
from kms_eval.engine.explanation import Source
from kms_eval.engine.grants import Allowance
from kms_eval.engine.masks import CREATE_GRANT, RETIRE_GRANT, actions_in
from kms_eval.engine.near_misses import in_words
from kms_eval.engine.rules import Rule
from kms_eval.engine.trace import source

Way = tuple[str, ...]

_SHAPE = tuple(each.name for each in fields(Shape))
_MOST_WAYS = 64  # more ways than anybody reads; they come from many statements that say nearly the same
_MOST_TRIED = 512  # combinations, before redundant ones are left out
_MOST_KNOWN = 50_000
_OWN_POLICY = "an identity policy of its own allows it"

UNKNOWN = "unknown: "
"""Begins the words for what no source could show; its address follows."""


@dataclass(frozen=True, slots=True)
class ResidualConditions:
    """`ways`: each a list of conditions that together suffice, ``()`` needs none; `unless`: any of these denies.

    `sources` are the statements and grants that have the conditions, `unknowns` what no source could show and the
    conditions depend on. `public`: no condition is about who asks; that an outsider needs an identity policy of its own
    account is no obstacle. If not all ways are listed, `beyond` is all that they are combined from, otherwise None.
    `behind` are the compiled statements and grants that `sources` refer to.
    """

    ways: tuple[Way, ...]
    unless: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    unknowns: tuple[str, ...] = ()
    public: bool = False
    beyond: Hashable = None
    behind: tuple[Behind, ...] = ()

    @property
    def by(self) -> tuple[str, ...]:
        """The names of the sources."""
        return tuple(dict.fromkeys(each.name for each in self.sources))

    def __str__(self) -> str:
        ways = self.ways
        if self.public:
            ways = tuple(tuple(word for word in way if word != _OWN_POLICY) for way in ways)
        some = " or if ".join(" and ".join(way) for way in ways if way)
        if () in ways:
            some = ""
        elif self.beyond is not None:
            some += f" or in more ways than the {len(self.ways)} listed, which were not simplified further"
        parts = ["public"] if self.public else []
        parts += [f"if {some}"] if some else []
        if self.unless:
            parts.append("unless " + " or unless ".join(self.unless))
        return ", ".join(parts)

    def implies(self, other: ResidualConditions) -> bool:
        """Whether all that these conditions allow is allowed by the others, too; False if that is not obvious."""
        if self.beyond is not None:
            return False
        ways = [set(way) for way in other.ways]
        return set(other.unless) <= set(self.unless) and all(
            any(set(way) >= each for each in ways) for way in self.ways
        )

    def same_as(self, other: ResidualConditions) -> bool:
        """Whether they say the same, in whatever order."""
        if set(self.unless) != set(other.unless) or self.beyond != other.beyond:
            return False
        return self.beyond is not None or set(map(frozenset, self.ways)) == set(map(frozenset, other.ways))

    def and_also(self, other: ResidualConditions) -> ResidualConditions:
        """The conditions under which both are met."""
        ways, complete = combined((self.ways, other.ways))
        complete = complete and self.beyond is None and other.beyond is None
        beyond = None if complete else frozenset((_all_of(self), _all_of(other)))
        unless = tuple(dict.fromkeys((*self.unless, *other.unless)))
        sources = tuple(dict.fromkeys((*self.sources, *other.sources)))
        unknowns = tuple(dict.fromkeys((*self.unknowns, *other.unknowns)))
        behind_them = tuple(dict.fromkeys((*self.behind, *other.behind)))
        public = self.public and other.public
        return ResidualConditions(ways, unless, sources, unknowns, public, beyond, behind_them)


UNCONDITIONAL = ResidualConditions(((),))


class ResidualConditionsFinder:
    """Finds residual conditions for one question, and keeps what it has found."""

    def __init__(self, open_conditions: OpenConditions) -> None:
        self._open_conditions = open_conditions
        self._known: dict[tuple[object, ...], tuple[tuple[int, ResidualConditions], ...]] = {}

    def find(self, evaluated: PartialEvaluation, mask: int) -> tuple[tuple[int, ResidualConditions], ...]:
        """The residual conditions of the actions in `mask`, actions with equal conditions together."""
        about = tuple((entry.rule or entry.allowance, entry.layer_index, entry.actions) for entry in evaluated.pending)
        shape = tuple(getattr(evaluated.cell.shape, name) for name in _SHAPE)
        facts = tuple(evaluated.cell.unknown_facts.items())
        question = (mask, about, tuple(evaluated.sums), shape, evaluated.unknown, facts)
        known = self._known.get(question)
        if known is None:
            found: dict[ResidualConditions, int] = {}
            for part in self._classes(evaluated, mask):
                residual = self._residual(evaluated, part)
                found[residual] = found.get(residual, 0) | part
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[question] = tuple((part, residual) for residual, part in found.items())
        return known

    @staticmethod
    def _classes(evaluated: PartialEvaluation, mask: int) -> list[int]:
        """The mask in parts of actions to which the same entries apply in the same way."""
        cuts = {entry.actions for entry in evaluated.pending} | {*evaluated.sums, RETIRE_GRANT, CREATE_GRANT}
        with_key = evaluated.cell.shape.target == "key"
        for entry in evaluated.pending:
            if entry.rule is not None:
                cuts.update(part for part, _action in equivalent_actions(entry.needs, with_key=with_key))
        parts = [mask]
        for cut in cuts:
            parts = [piece for part in parts for piece in (part & cut, part & ~cut) if piece]
        return parts

    def _residual(self, evaluated: PartialEvaluation, mask: int) -> ResidualConditions:
        action = actions_in(mask)[0].name.lower()
        bit = mask & -mask
        about = [entry for entry in evaluated.pending if entry.actions & bit]
        denies = [entry for entry in about if entry.layer_index == LayerIndex.DENY]
        by_layer: dict[int, list[Entry]] = {}
        for entry in about:
            if entry.layer_index != LayerIndex.DENY and not evaluated.sums[entry.layer_index] & bit:
                by_layer.setdefault(entry.layer_index, []).append(entry)
        sets = list(sufficient(evaluated, bit, tuple(by_layer)))
        words = {
            layer_index: [self._words(entry, evaluated, action) for entry in by_layer[layer_index]]
            for layer_index in by_layer
        }
        each_set = [combined([words[layer_index] for layer_index in layer_indexes]) for layer_indexes in sets]
        ways = _fewest(way for ways, _complete in each_set for way in ways)
        beyond: Hashable = None
        if len(ways) > _MOST_WAYS or not all(complete for _ways, complete in each_set):
            ways = ways[:_MOST_WAYS]
            beyond = frozenset(
                frozenset(frozenset(map(frozenset, words[layer_index])) for layer_index in layer_indexes)
                for layer_indexes in sets
            )
        unless = tuple(dict.fromkeys(" and ".join(self._words(entry, evaluated, action)) for entry in denies))
        needed = dict.fromkeys(layer_index for layer_indexes in sets for layer_index in layer_indexes)
        said = [entry for layer_index in needed for entry in by_layer[layer_index]] + denies
        sources = tuple(dict.fromkeys(source(entry) for entry in said if entry is not OWN_POLICY))
        unknowns = tuple(dict.fromkeys(word for entry in said for word in self._unknowns(entry, evaluated, action)))
        behind_them = tuple(dict.fromkeys(each for entry in said if (each := behind(entry)) is not None))
        return ResidualConditions(ways, unless, sources, unknowns, beyond=beyond, behind=behind_them)

    def _words(self, entry: Entry, evaluated: PartialEvaluation, action: str) -> Way:
        left_open = (f"{UNKNOWN}{word}" for word in self._unknowns(entry, evaluated, action))
        return (*left_open, *self._known_words(entry, evaluated, action))

    def _unknowns(self, entry: Entry, evaluated: PartialEvaluation, action: str) -> Way:
        unknowns = self._open_conditions.unknowns(entry, evaluated.cell.scope, action)
        return tuple(each.address or each.reason for each in unknowns)

    def _known_words(self, entry: Entry, evaluated: PartialEvaluation, action: str) -> Way:
        if entry.allowance is not None:
            return _of_grant(entry.allowance)
        if entry.rule is None:
            return (_OWN_POLICY,)
        scope = evaluated.cell.scope
        tests = self._open_conditions.open_tests(entry, scope, evaluated.unknown, action)
        words = [in_words(test) + _literally(test, entry.rule) for test in tests]
        if self._open_conditions.open_variables(entry, scope, evaluated.unknown, action):
            statement = entry.rule.statement
            written = statement.resources if statement.resources is not None else statement.not_resources
            element = "Resource" if statement.resources is not None else "NotResource"
            words.append(f"its {element} {' or '.join(f'`{text}`' for text in written or ())} covers it")
        return tuple(words)


def sufficient(evaluated: PartialEvaluation, bit: int, layer_indexes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The smallest sets of slots whose Allow, added to what is decided, makes the action allowed; smallest first.

    Slots that limit the same things are needed together or not at all, so whole bundles of them are tried. The number
    of bundles does not depend on how many levels of SCPs there are: cost does not double with each level.
    """
    bundles = _bundles(evaluated.cell.shape, layer_indexes)
    found: list[frozenset[int]] = []
    for size in range(len(bundles) + 1):
        for some in combinations(bundles, size):
            chosen = frozenset(layer_index for bundle in some for layer_index in bundle)
            if any(smaller <= chosen for smaller in found):
                continue
            sums = list(evaluated.sums)
            for layer_index in chosen:
                sums[layer_index] |= bit
            if decide.allowed(sums, evaluated.cell.shape) & bit:
                found.append(chosen)
    in_order = [tuple(layer_index for layer_index in layer_indexes if layer_index in chosen) for chosen in found]
    yield from sorted(
        in_order, key=lambda chosen: (len(chosen), [layer_indexes.index(layer_index) for layer_index in chosen])
    )


def _bundles(shape: Shape, layer_indexes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The slots in bundles: those in the same lists of the shape's limits together, every other one alone."""
    limits, grant_limits, gates = set(shape.limits), set(shape.grant_limits), set(shape.gates)
    bundles: dict[Hashable, list[int]] = {}
    for layer_index in layer_indexes:
        bounds = (layer_index in limits, layer_index in grant_limits, layer_index in gates)
        bundles.setdefault(bounds if any(bounds) else layer_index, []).append(layer_index)
    return [tuple(bundle) for bundle in bundles.values()]


def combined(each: Iterable[Sequence[Way]]) -> tuple[tuple[Way, ...], bool]:
    """The ways to meet one way of each list, without redundant ones, and whether these are all."""
    ways: tuple[Way, ...] = ((),)
    complete = True
    for alternatives in each:
        tried = (tuple(dict.fromkeys((*way, *more))) for way, more in product(ways, dict.fromkeys(alternatives)))
        some = _fewest(islice(tried, _MOST_TRIED))
        complete = complete and next(tried, None) is None and len(some) <= _MOST_WAYS
        ways = some[:_MOST_WAYS]
    return ways, complete


def _fewest(ways: Iterable[Way]) -> tuple[Way, ...]:
    """The ways without those that include all conditions of another way."""
    distinct: dict[frozenset[str], Way] = {}
    for way in ways:
        distinct.setdefault(frozenset(way), way)
    return tuple(way for needs, way in distinct.items() if not any(other < needs for other in distinct))


def _all_of(residual: ResidualConditions) -> Hashable:
    """All that the ways of the residual conditions are combined from."""
    return residual.beyond if residual.beyond is not None else frozenset(map(frozenset, residual.ways))


def _of_grant(allowance: Allowance) -> Way:
    """The constraints of a grant as conditions.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
    """
    grant = allowance.grant
    if allowance.unknown is not None:
        return ()
    if allowance.actions & RETIRE_GRANT:
        return (f"the grant to retire is `{grant.id}`",)
    constraints = grant.constraints
    words = [f"aws:SourceArn is `{constraints.source_arn}`"] if constraints.source_arn is not None else []
    if allowance.actions & CREATE_GRANT:
        words.append(f"the new grant stays within grant `{grant.id}`")
    elif constraints.encryption_context_equals is not None:
        words.append(f"the encryption context is {_pairs(constraints.encryption_context_equals)}")
    elif constraints.encryption_context_subset is not None:
        words.append(f"the encryption context has {_pairs(constraints.encryption_context_subset)}")
    return tuple(words)


def _literally(test: Test, rule: Rule) -> str:
    """A note about text that only looks like a policy variable (policies before Version 2012-10-17 have none)."""
    looks_like_variable = any("${" in value for value in test.written.values)
    return " (as it is written)" if looks_like_variable and not rule.policy.variables else ""


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return " and ".join(f"`{name}={value}`" for name, value in pairs) or "nothing"
