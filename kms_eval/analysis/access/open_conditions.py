"""What is open in a question about any request: which condition keys may still have any value.

Comes in: the circumstances that the question fixes, and a pending entry of a compiled cell. Goes out: for which
actions the entry is decided after all, and which of its tests are open.
Never here: combining entries (that is `engine.decide`).

A cell leaves open what may differ from request to request. A question asked now has its time, and three condition keys
can only have one value in real requests, so entries that depend on nothing else are decided.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import lru_cache

from kms_eval.engine.cell import CLOCK
from kms_eval.engine.conditions import Status, Test
from kms_eval.engine.context import Context, carried, is_fixed
from kms_eval.engine.entries import Entry
from kms_eval.engine.hindrances import hindrance
from kms_eval.engine.masks import BIT, EVERYTHING, UNPUBLISHED
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Circumstances, Scope, Situation
from kms_eval.engine.unknowns import Facts, unknown_facts, unknown_keys, unknown_of
from kms_eval.formats.unknown import Unknown
from kms_eval.world.model import VpcEndpoint

FIXED_IN_PRACTICE = frozenset({"aws:securetransport", "aws:requestedregion", "kms:policyname"})
"""KMS endpoints speak TLS only, a key is reached in its own Region only, and a key policy has one name.

https://docs.aws.amazon.com/kms/latest/developerguide/data-protection.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""
_OF_THE_ENDPOINT = frozenset(
    {"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"}
)

ABOUT_WHO = (
    "aws:principal", "aws:userid", "aws:username", "aws:sourceidentity", "aws:federatedprovider", "kms:calleraccount",
    "aws:sourceaccount", "aws:sourcearn", "aws:sourceorg", "aws:sourceowner", "aws:sourceip", "aws:sourcevpc",
    "aws:vpc", "aws:ec2instancesource", "kms:recipientattestation:",
)  # fmt: skip
"""Prefixes of condition keys (lower case) that tell who asks, or from where: callers cannot choose them at will.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html has nearly the same list.
"""


@lru_cache(maxsize=4096)
def equivalent_actions(needs: frozenset[str], *, with_key: bool) -> tuple[tuple[int, str], ...]:
    """Published actions in classes that treat these condition keys equally: (mask, one action in lower case)."""
    if not needs:
        return ((EVERYTHING & ~UNPUBLISHED, "kms:decrypt"),)
    ordered = sorted(needs)
    groups: dict[tuple[tuple[bool, bool], ...], tuple[int, str]] = {}
    for action, bit in BIT.items():
        known = tuple((is_fixed(action, key, with_key=with_key), carried(action, key)) for key in ordered)
        mask, first = groups.get(known, (0, action))
        groups[known] = (mask | bit, first)
    return tuple(groups.values())


class OpenConditions:
    """Tells what is open for one question: its circumstances, and the endpoint the requests come through."""

    def __init__(self, circumstances: Circumstances, endpoint: VpcEndpoint | None) -> None:
        self.circumstances = circumstances
        fixed = FIXED_IN_PRACTICE | frozenset(circumstances.given.values)
        if circumstances.at is not None:
            fixed |= CLOCK
        if endpoint is not None:
            fixed |= _OF_THE_ENDPOINT
        self._fixed = fixed
        self._known: dict[tuple[Rule, str, str, int], tuple[int, int]] = {}
        self._open: dict[Hashable, frozenset[str]] = {}

    def split(self, entry: Entry, scope: Scope, unknown: tuple[str, ...]) -> tuple[int, int]:
        """The actions for which a pending entry is still open, and those for which it holds."""
        rule = entry.rule
        if rule is None:
            return entry.actions, 0
        if entry.needs.isdisjoint(self._fixed):
            situation = Situation(scope, "", self.circumstances)
            hindered = not _is_anyone(unknown) and any(hindrance(situation, key) for key in entry.needs)
            return self._split(entry, scope, unknown) if hindered else (entry.actions, 0)
        if not entry.needs <= self._fixed:
            return self._split(entry, scope, unknown)
        # Nothing about the caller matters: the answer is the same for all callers.
        about = (rule, scope.target.kind, scope.target.region, entry.actions)
        known = self._known.get(about)
        if known is None:
            known = self._known[about] = self._split(entry, scope, unknown)
        return known

    def doubtful(self, entry: Entry, scope: Scope) -> int:
        """The actions for which an entry depends on something that no source could show, not on requests alone."""
        if entry.unknowns:
            return entry.actions
        facts, needs = unknown_facts(scope), entry.needs - self._fixed
        if not facts or not needs:
            return 0
        found = 0
        for actions, action in equivalent_actions(needs, with_key=scope.target.kind == "key"):
            if unknown_keys(needs, facts, action):
                found |= actions
        return found & entry.actions

    def avoidable(self, entry: Entry, scope: Scope, unknown: tuple[str, ...]) -> int:
        """The actions for which it depends on the request as well whether an entry applies, not on unknowns alone."""
        facts, found = unknown_facts(scope), 0
        for actions, action in equivalent_actions(entry.needs, with_key=scope.target.kind == "key"):
            if self.open_among(entry.needs, scope, unknown, action) - unknown_keys(entry.needs, facts, action):
                found |= actions
        return found & entry.actions

    def left(self, entry: Entry, scope: Scope, unknown: tuple[str, ...]) -> frozenset[str]:
        """The condition keys (lower case) of an entry that are open for any of its actions."""
        kinds = equivalent_actions(entry.needs, with_key=scope.target.kind == "key")
        left = (self.open_among(entry.needs, scope, unknown, action) for mask, action in kinds if mask & entry.actions)
        return frozenset().union(*left)

    def unknowns(self, entry: Entry, scope: Scope, action: str) -> tuple[Unknown, ...]:
        """What no source could show and the entry's effect on the action (lower case) depends on."""
        facts = unknown_facts(scope)
        keys = sorted(unknown_keys(entry.needs - self._fixed, facts, action)) if facts else ()
        found = (unknown_of(key, facts) for key in keys)
        return (*entry.unknowns, *(each for each in found if each is not None))

    def open_tests(self, entry: Entry, scope: Scope, unknown: tuple[str, ...], action: str) -> Iterator[Test]:
        """The tests of a pending entry's condition that are open for the action (lower case)."""
        condition = entry.rule.condition if entry.rule is not None else None
        for test in condition.tests if condition is not None else ():
            if self.open_among(test.needs, scope, unknown, action):
                yield test

    def open_variables(self, entry: Entry, scope: Scope, unknown: tuple[str, ...], action: str) -> bool:
        """Whether the entry's Resource element has variables that are open for the action (lower case)."""
        resource = entry.rule.resource if entry.rule is not None else None
        return resource is not None and bool(self.open_among(resource.needs, scope, unknown, action))

    def _split(self, entry: Entry, scope: Scope, unknown: tuple[str, ...]) -> tuple[int, int]:
        still, holds = 0, 0
        for actions, action in equivalent_actions(entry.needs, with_key=scope.target.kind == "key"):
            part = actions & entry.actions
            if part:
                context = Context(Situation(scope, action, self.circumstances))
                status = entry.status(context, self.open_among(entry.needs, scope, unknown, action))
                sure = not entry.unknowns
                still |= part if status is Status.OPEN or (status is Status.HOLDS and not sure) else 0
                holds |= part if status is Status.HOLDS and sure else 0
        return still, holds

    def open_among(self, keys: frozenset[str], scope: Scope, unknown: tuple[str, ...], action: str) -> frozenset[str]:
        """Those of the condition keys (lower case) whose values are open in requests for the action (lower case)."""
        facts = unknown_facts(scope)
        if facts:
            return self._open_among(keys, scope, unknown, action, facts)
        # Callers of one kind have the same condition keys.
        question = (keys, unknown, action, scope.target.kind, scope.caller.kind, scope.endpoint is None)
        known = self._open.get(question)
        if known is None:
            known = self._open[question] = self._open_among(keys, scope, unknown, action, facts)
        return known

    def _open_among(
        self, keys: frozenset[str], scope: Scope, unknown: tuple[str, ...], action: str, facts: Facts
    ) -> frozenset[str]:
        with_key = scope.target.kind == "key"
        situation = Situation(scope, action, self.circumstances)
        anyone = _is_anyone(unknown)
        return unknown_keys(keys - self._fixed, facts, action) | frozenset(
            key
            for key in keys - self._fixed
            if key.startswith(unknown)
            or (not is_fixed(action, key, with_key=with_key) and (anyone or hindrance(situation, key) is None))
        )


def _is_anyone(unknown: tuple[str, ...]) -> bool:
    """Whether the caller is anyone at all, and so may be a service as well."""
    return "aws:principalorgid" in unknown


def matching(keys: Iterable[str], prefixes: tuple[str, ...]) -> frozenset[str]:
    """The condition keys (lower case) that begin with one of `prefixes`."""
    return frozenset(key for key in keys if key.startswith(prefixes))
