"""The keys of a world as places to ask about, and which of them each Resource element covers.

Comes in: keys, each with the targets that a question about it has; compiled rules. Goes out: for a rule the places it
covers, each with a code that tells which targets in which reading. Never here: conditions, callers.

Most Resource elements are the plain asterisk or name keys by their ARN; these are looked up. Every other one is matched
with each place once, however many statements have it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from kms_eval.engine.masks import ON_ALIAS
from kms_eval.engine.readings import NOTHING
from kms_eval.engine.resources import ResourceTest, Target, key_target
from kms_eval.engine.rules import Rule
from kms_eval.language.pattern import is_wild
from kms_eval.language.variables import Template
from kms_eval.records import record
from kms_eval.world.model import Key

EVERYTHING_COVERED = -1
"""The code of an element that covers every target in either reading."""
_OF_ONE_TARGET = 3


@record
class Place:
    """What a question is about: a key, or the resources of an account's actions without a key.

    `targets` are decided together: for a key the key itself, then the aliases that actions on aliases need besides it,
    each with the mask of these actions.
    """

    index: int
    key: Key | None
    targets: tuple[tuple[int, Target], ...]

    @property
    def target(self) -> Target:
        """The first target."""
        return self.targets[0][1]


def place_of_key(index: int, key: Key, aliases: tuple[tuple[int, Target], ...]) -> Place:
    """The place of a key."""
    return Place(index, key, ((~0, key_target(key)), *aliases))


def code_at(rule: Rule, place: Place) -> int:
    """Which targets of a place are covered by a rule that has no variables in its Resource.

    Two bits for each target: whether it is covered in the strict reading, and whether in the generous one.
    """
    resource = rule.resource
    if resource is None:
        return 0
    targets = place.targets if rule.actions & ON_ALIAS else place.targets[:1]
    if place.key is None:
        targets = place.targets
    return sum(_code(resource, target) << 2 * at for at, (_mask, target) in enumerate(targets))


def _code(resource: ResourceTest, target: Target) -> int:
    generous, strict = (resource.covers(target, NOTHING, generous=each) for each in (True, False))
    return strict + 2 * generous


def within(code: int, actions: int, place: Place) -> int:
    """The part of a code that matters to these actions: only some are asked for on aliases."""
    return code if actions & ON_ALIAS or code < 0 or place.key is None else code & _OF_ONE_TARGET


def may_cover(rule: Rule, place: Place) -> bool:
    """Whether a rule with variables in its Resource covers some target of a place for some values of the variables."""
    resource = rule.resource
    if resource is None or resource.negated:
        return resource is not None
    patterns = tuple(
        each.glob(_anything, wildcards_in_values=True) if isinstance(each, Template) else each
        for each in resource.patterns
    )
    whatever = tuple(each for each in patterns if each is not None)
    widest = replace(resource, patterns=whatever, whole=frozenset(), others=whatever, needs=frozenset())
    return any(widest.covers(target, NOTHING, generous=True) for _mask, target in place.targets)


def _anything(_key: str) -> str:
    return "*"


class Places:
    """All keys of a world, in its order."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.all = tuple(places)
        self._by_arn = {place.target.arn: place.index for place in self.all}
        self._covered: dict[Hashable, Mapping[int, int]] = {}

    def covered(self, rule: Rule) -> Mapping[int, int] | None:
        """The codes of the places that a rule covers, by their index; None: it covers everything.

        Its Resource must have no variables.
        """
        resource = rule.resource
        if resource is None:
            return {}
        if resource.everything:
            return None
        element = (resource.patterns, resource.negated, resource.completes, bool(rule.actions & ON_ALIAS))
        known = self._covered.get(element)
        if known is None:
            known = self._covered[element] = self._find(rule, resource)
        return known

    def _find(self, rule: Rule, resource: ResourceTest) -> dict[int, int]:
        arns = _key_arns(resource.patterns) if not resource.negated else None
        if arns is not None:
            found = (self._by_arn.get(arn) for arn in arns)
            return dict.fromkeys((index for index in found if index is not None), _OF_ONE_TARGET)
        codes = ((place.index, code_at(rule, place)) for place in self.all)
        return {index: code for index, code in codes if code}


def _key_arns(patterns: Iterable[object]) -> list[str] | None:
    """The key ARNs that an element lists; None if it lists anything else."""
    arns = []
    for pattern in patterns:
        if not isinstance(pattern, str) or "\\" in pattern or is_wild(pattern):
            return None
        fields = pattern.split(":", 5)
        if len(fields) < 6 or not fields[5].startswith("key/"):
            return None
        arns.append(pattern)
    return arns
