"""Where a changed policy can matter: for every principal it applies to, on every resource it covers.

Comes in: a world, and statements that were changed. Goes out: places, each with a request for it. Never here:
compiling, deciding. A place is left out only if no request there can be decided differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kms_eval.analysis.mutating.requesters import Requester, named_in, requesters
from kms_eval.documents.model import Policy
from kms_eval.engine.context import Context
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.layers import LAYERS
from kms_eval.engine.masks import ON_ALIAS, ON_KEY, UNPUBLISHED
from kms_eval.engine.principals import Grade, grade, is_exempt
from kms_eval.engine.resources import alias_target, key_target, no_target, without_key
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope, Situation
from kms_eval.world.cases import TestCase
from kms_eval.world.identity import is_alias_name
from kms_eval.world.model import Caller, Key
from kms_eval.world.request import Request

_NEW_ALIAS = "alias/new"


@dataclass(frozen=True, slots=True)
class Place:
    """One caller on the resources of one call (key and alias, for alias operations), and the request for it."""

    scopes: tuple[Scope, ...]
    request: Request
    actions: int


@dataclass(frozen=True, slots=True)
class Change:
    """Policies with different rules: `rules` has all rules that are removed and all that replace them."""

    policies: frozenset[Policy]
    rules: tuple[Rule, ...]
    changed: tuple[Policy, ...]

    @property
    def actions(self) -> int:
        """The actions that any of the rules covers; for others nothing changes."""
        mask = 0
        for rule in self.rules:
            mask |= rule.actions
        return mask

    @property
    def aliases(self) -> tuple[str, ...]:
        """The alias names that the rules have in full, whether keys have these aliases or not."""
        texts = (
            text
            for rule in self.rules
            for text in (*(rule.statement.resources or ()), *(rule.statement.not_resources or ()))
        )
        names = (text.split(":", 5)[-1] for text in texts)
        return tuple(dict.fromkeys(name for name in names if is_alias_name(name)))


def change(evaluator: Evaluator, other: Evaluator, changed: Mapping[Policy, Policy]) -> Change:
    """The change between the evaluator's rules for the `changed` policies and those of `other`."""
    rules: list[Rule] = []
    for policy in changed:
        before, after = evaluator.rules(policy), other.rules(policy)
        same = {rule.statement for rule in before} & {rule.statement for rule in after}
        rules += [rule for rule in (*before, *after) if rule.statement not in same]
    return Change(frozenset(changed), tuple(rules), tuple(changed.values()))


class Places:
    """The places of one world. Which policies apply to which caller is computed once."""

    def __init__(self, evaluator: Evaluator, cases: Iterable[TestCase], now: datetime) -> None:
        self._evaluator = evaluator
        self._now = now
        self._everybody = requesters(evaluator, cases)
        self._own: dict[Caller, frozenset[Policy]] = {}
        self._of_key: dict[Key, frozenset[Policy]] = {}

    def concerned(self, change: Change) -> Iterator[Place]:
        """Every place where the change may make a difference, each once."""
        seen: set[Caller] = set()
        # A mistake may name a principal that occurs nowhere else.
        for somebody in (*self._everybody, *named_in(self._evaluator, change.changed)):
            rules = tuple(rule for rule in change.rules if _speaks_to(rule, somebody.caller))
            if rules and somebody.caller not in seen:
                seen.add(somebody.caller)
                for place in self._of(somebody, change):
                    if place.actions & change.actions and any(_covers(rules, scope) for scope in place.scopes):
                        yield place

    def _of(self, somebody: Requester, change: Change) -> Iterator[Place]:
        world, caller = self._evaluator.world, somebody.caller
        everywhere = not change.policies.isdisjoint(self._policies_of(caller))
        endpoints = [each for each in world.vpc_endpoints.values() if each.policy in change.policies]
        for endpoint in (*endpoints, None):
            asking = replace(
                Request(somebody.text, "", session=somebody.session, at=self._now, stranger=caller.stranger),
                vpc_endpoint=endpoint.id if endpoint is not None else None,
            )
            for key in world.keys.values():
                if everywhere or endpoint is not None or self._is_concerned(key, change):
                    yield from _on_key(Scope(world, caller, key_target(key), endpoint), key, asking, change.aliases)
            if everywhere or endpoint is not None:
                for mask, none in without_key(caller.account, world.region, caller.partition):
                    yield Place((Scope(world, caller, none, endpoint),), asking, mask)

    def _policies_of(self, caller: Caller) -> frozenset[Policy]:
        """The policies that apply to the caller, whatever the request is for."""
        known = self._own.get(caller)
        if known is None:
            world = self._evaluator.world
            none = no_target(caller.account, world.region, caller.partition)
            known = self._own[caller] = _in_force(Scope(world, caller, none))
        return known

    def _is_concerned(self, key: Key, change: Change) -> bool:
        """Whether a changed policy applies to the key or its aliases, found for root, who is exempt from none of them.

        Key and alias differ: RCPs do not apply to AWS managed keys.
        """
        known = self._of_key.get(key)
        if known is None:
            root = Caller("root", f"arn:{key.partition}:iam::{key.account}:root", key.account, key.partition)
            alias = alias_target(_NEW_ALIAS, key.account, key.region, key.partition)
            scopes = [Scope(self._evaluator.world, root, target) for target in (key_target(key), alias)]
            known = self._of_key[key] = frozenset().union(*map(_in_force, scopes))
        return not change.policies.isdisjoint(known)


def _on_key(on_key: Scope, key: Key, asking: Request, aliases: Iterable[str]) -> Iterator[Place]:
    about = replace(asking, key=key.handle)
    yield Place((on_key,), about, ON_KEY & ~ON_ALIAS & ~UNPUBLISHED)
    for alias in dict.fromkeys((*key.aliases, *aliases, _NEW_ALIAS)):
        target = alias_target(alias, key.account, key.region, key.partition)
        yield Place((on_key, replace(on_key, target=target)), replace(about, alias=alias), ON_ALIAS)


def _in_force(scope: Scope) -> frozenset[Policy]:
    return frozenset(policy for layer in LAYERS for group in layer.documents(scope) or () for policy in group)


def _speaks_to(rule: Rule, caller: Caller) -> bool:
    statement = rule.statement
    if statement.not_principals is not None:
        return rule.effect == "Deny" and not is_exempt(statement.not_principals, caller)
    return statement.principals is None or grade(statement.principals, caller, rule.effect) is not Grade.NONE


def _covers(rules: Iterable[Rule], scope: Scope) -> bool:
    """Whether any of the rules may cover the resource; a rule with variables may cover any resource."""
    return any(
        rule.resource is not None
        and (
            rule.resource.needs
            # Without variables, this needs no condition key.
            or rule.resource.covers(
                scope.target, Context(Situation(scope, "kms:decrypt")), generous=rule.effect == "Deny"
            )
        )
        for rule in rules
    )
