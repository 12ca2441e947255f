"""Under which conditions something is allowed, in words.

Comes in: a settled cell and actions that are allowed in some requests only. Goes out: terms: the ways in which it is
allowed, each a list of conditions, and what rules it out. Never here: combining layers by hand: which pending entries
suffice is asked of `engine.decide`, set by set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import combinations, islice, product

from kms_eval.analysis.access.openness import Openness, alike
from kms_eval.analysis.access.settled import OWN_POLICY, Settled
from kms_eval.engine import decide
from kms_eval.engine.conditions import Test
from kms_eval.engine.decide import Shape, Slot
from kms_eval.engine.entries import Entry
from kms_eval.engine.grants import Allowance
from kms_eval.engine.masks import CREATE_GRANT, RETIRE_GRANT, actions_in
from kms_eval.engine.near_misses import in_words
from kms_eval.engine.rules import Rule
from kms_eval.engine.trace import source

Way = tuple[str, ...]

_SHAPE = tuple(each.name for each in fields(Shape))
_MOST_WAYS = 64  # more ways than anybody reads; they come from many statements that say nearly the same
_MOST_KNOWN = 50_000


@dataclass(frozen=True, slots=True)
class Terms:
    """`ways`: each a list of conditions that together suffice, ``()`` needs none; `unless`: any of it denies.

    `by` names the statements and grants that the conditions stand in.
    """

    ways: tuple[Way, ...]
    unless: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    def __str__(self) -> str:
        some = " or if ".join(" and ".join(way) for way in self.ways if way)
        if () in self.ways:
            some = ""
        parts = [f"if {some}"] if some else []
        if self.unless:
            parts.append("unless " + " or unless ".join(self.unless))
        return ", ".join(parts)

    def implies(self, other: Terms) -> bool:
        """Whether nothing is allowed on these terms that is not on the others; False where that is not plain to see."""
        ways = [set(way) for way in other.ways]
        return set(other.unless) <= set(self.unless) and all(
            any(set(way) >= each for each in ways) for way in self.ways
        )

    def same_as(self, other: Terms) -> bool:
        """Whether they say the same, in whatever order."""
        return set(self.unless) == set(other.unless) and {frozenset(way) for way in self.ways} == {
            frozenset(way) for way in other.ways
        }

    def and_also(self, other: Terms) -> Terms:
        """What has to be met where both have to be met."""
        ways = [tuple(dict.fromkeys((*one, *two))) for one, two in product(self.ways, other.ways)]
        unless = tuple(dict.fromkeys((*self.unless, *other.unless)))
        return Terms(_fewest(ways), unless, tuple(dict.fromkeys((*self.by, *other.by))))


NO_TERMS = Terms(((),))


class TermsFinder:
    """Finds terms for one question; what is found once is kept."""

    def __init__(self, openness: Openness) -> None:
        self._openness = openness
        self._known: dict[tuple[object, ...], tuple[tuple[int, Terms], ...]] = {}

    def find(self, settled: Settled, mask: int) -> tuple[tuple[int, Terms], ...]:
        """The terms of the actions in `mask`, actions with equal terms together."""
        about = tuple((entry.rule or entry.allowance, entry.slot, entry.actions) for entry in settled.pending)
        shape = tuple(getattr(settled.cell.shape, name) for name in _SHAPE)
        question = (mask, about, tuple(settled.sums), shape, settled.unknown)
        known = self._known.get(question)
        if known is None:
            found: dict[Terms, int] = {}
            for part in self._classes(settled, mask):
                terms = self._terms(settled, part)
                found[terms] = found.get(terms, 0) | part
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[question] = tuple((part, terms) for terms, part in found.items())
        return known

    @staticmethod
    def _classes(settled: Settled, mask: int) -> list[int]:
        """The mask in parts of actions to which the same entries speak in the same way."""
        cuts = {entry.actions for entry in settled.pending} | {*settled.sums, RETIRE_GRANT, CREATE_GRANT}
        with_key = settled.cell.shape.target == "key"
        for entry in settled.pending:
            if entry.rule is not None:
                cuts.update(part for part, _action in alike(entry.needs, with_key=with_key))
        parts = [mask]
        for cut in cuts:
            parts = [piece for part in parts for piece in (part & cut, part & ~cut) if piece]
        return parts

    def _terms(self, settled: Settled, mask: int) -> Terms:
        action = actions_in(mask)[0].name.lower()
        bit = mask & -mask
        about = [entry for entry in settled.pending if entry.actions & bit]
        denies = [entry for entry in about if entry.slot == Slot.DENY]
        by_slot: dict[int, list[Entry]] = {}
        for entry in about:
            if entry.slot != Slot.DENY and not settled.sums[entry.slot] & bit:
                by_slot.setdefault(entry.slot, []).append(entry)
        sets = list(sufficient(settled, bit, tuple(by_slot)))
        ways = (
            tuple(dict.fromkeys(word for part in chosen for word in part))
            for slots in sets
            for chosen in product(*([self._words(entry, settled, action) for entry in by_slot[slot]] for slot in slots))
        )
        unless = tuple(dict.fromkeys(" and ".join(self._words(entry, settled, action)) for entry in denies))
        needed = dict.fromkeys(slot for slots in sets for slot in slots)
        said = [entry for slot in needed for entry in by_slot[slot]] + denies
        by = tuple(dict.fromkeys(_where(entry) for entry in said if entry is not OWN_POLICY))
        return Terms(_fewest(islice(ways, _MOST_WAYS)), unless, by)

    def _words(self, entry: Entry, settled: Settled, action: str) -> Way:
        left_open = tuple(f"unknown: {each.address or each.reason}" for each in entry.unknowns)
        return (*left_open, *self._known_words(entry, settled, action))

    def _known_words(self, entry: Entry, settled: Settled, action: str) -> Way:
        if entry.allowance is not None:
            return _of_grant(entry.allowance)
        if entry.rule is None:
            return ("an identity policy of its own allows it",)
        scope = settled.cell.scope
        tests = self._openness.open_tests(entry, scope, settled.unknown, action)
        words = [in_words(test) + _literally(test, entry.rule) for test in tests]
        if self._openness.open_variables(entry, scope, settled.unknown, action):
            statement = entry.rule.statement
            written = statement.resources if statement.resources is not None else statement.not_resources
            element = "Resource" if statement.resources is not None else "NotResource"
            words.append(f"its {element} {' or '.join(f'`{text}`' for text in written or ())} covers it")
        return tuple(words)


def sufficient(settled: Settled, bit: int, slots: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The smallest sets of slots whose Allow, added to what is settled, makes the action allowed."""
    found: list[frozenset[int]] = []
    for size in range(len(slots) + 1):
        for chosen in combinations(slots, size):
            if any(smaller <= set(chosen) for smaller in found):
                continue
            sums = list(settled.sums)
            for slot in chosen:
                sums[slot] |= bit
            if decide.allowed(sums, settled.cell.shape) & bit:
                found.append(frozenset(chosen))
                yield chosen


def _fewest(ways: Iterable[Way]) -> tuple[Way, ...]:
    """Without the ways that ask for all that another asks for."""
    distinct: dict[frozenset[str], Way] = {}
    for way in ways:
        distinct.setdefault(frozenset(way), way)
    return tuple(way for needs, way in distinct.items() if not any(other < needs for other in distinct))


def _of_grant(allowance: Allowance) -> Way:
    """The constraints of a grant as conditions.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
    """
    grant = allowance.grant
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
    """What tells variables from text that only looks like them (policies before Version 2012-10-17 have none)."""
    looks_like_variable = any("${" in value for value in test.written.values)
    return " (as it is written)" if looks_like_variable and not rule.policy.variables else ""


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return " and ".join(f"`{name}={value}`" for name, value in pairs) or "nothing"


def _where(entry: Entry) -> str:
    where = source(entry)
    return where.policy if entry.allowance is not None else f"{where.policy} {where.label}"
