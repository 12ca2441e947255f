"""Statements of a key policy that make no difference to anybody's access, as decided by the engine.

Comes in: subjects. Goes out: indexes of statements. Never here: messages about them.

The policy is looked at by itself. Identity policies, boundaries and grants are not known, so that a statement is
useless only if it is so whatever these say.
"""

from __future__ import annotations

from dataclasses import replace

from kms_eval.analysis.access.grid import Grid
from kms_eval.analysis.access.principals import askers
from kms_eval.analysis.linting.contradicting import published
from kms_eval.analysis.linting.subject import Subject
from kms_eval.documents.model import Policy, PolicyKind, Statement
from kms_eval.engine.conditions import compile_condition
from kms_eval.engine.evaluator import Evaluator
from kms_eval.facts.condition_keys import canonical
from kms_eval.records import record
from kms_eval.world.model import Key, World
from kms_eval.world.request import Request

_MOST_STATEMENTS = 100
_OF_ORGANIZATIONS = frozenset(
    f"aws:{whose}{what}" for whose in ("principal", "resource", "source") for what in ("orgid", "orgpaths")
)
_OF_THE_KEY = (
    *("kms:key", "kms:customermasterkey", "kms:multiregion", "kms:resourcealiases", "kms:viaservice"),
    *("aws:requestedregion", "aws:resourceaccount", "aws:resourcetag/"),
)


@record
class Difference:
    """Indexes of Allow statements.

    `useless`: removing them changes nothing, each after the useless ones behind it have been removed. `unsettled`: the
    policy by itself does not say whether they make a difference.
    """

    useless: frozenset[int]
    unsettled: frozenset[int]


def difference(subject: Subject) -> Difference | None:
    """Which Allow statements make no difference.

    None where the engine is not asked: for other kinds of policy, for policies with unknown parts, for very long ones.
    """
    policy, key = subject.policy, subject.key
    if key is None or policy.kind is not PolicyKind.KEY or len(policy.statements) > _MOST_STATEMENTS:
        return None
    if any(statement.open for statement in policy.statements):
        return None
    unsettled = {id(each) for each in policy.statements if hangs_on_facts(subject, each)}
    # A Deny that may or may not apply takes the same from both sides: what makes no difference without it makes none.
    certain = (each for each in policy.statements if each.effect != "Deny" or id(each) not in unsettled)
    kept = replace(policy, statements=tuple(certain))
    grid = _grid(key, kept)
    useless: set[int] = set()
    for statement in reversed(kept.statements):
        if statement.effect != "Allow" or id(statement) in unsettled:
            continue
        if _names_sessions(statement) or _is_published(statement):
            continue
        fewer = replace(kept, statements=tuple(each for each in kept.statements if each is not statement))
        without = _grid(key, fewer)
        if not _differ(grid, without):
            useless.add(statement.index)
            kept, grid = fewer, without
    open_ones = (each.index for each in policy.statements if id(each) in unsettled)
    return Difference(frozenset(useless), frozenset(open_ones))


def _names_sessions(statement: Statement) -> bool:
    """Whether it names a session: then the boundary of the role, unknown here, does not limit it (semantics E8)."""
    return any(":sts:" in entry.value for entry in statement.principals or ())


def hangs_on_facts(subject: Subject, statement: Statement) -> bool:
    """Whether a condition depends on what a policy does not say: on organizations, and on a key that is not known."""
    if not statement.condition:
        return False
    needs = (key for test in compile_condition(subject.policy, statement.condition).tests for key in test.needs)
    return any(key in _OF_ORGANIZATIONS or (subject.alone and key.startswith(_OF_THE_KEY)) for key in needs)


def _is_published(statement: Statement) -> bool:
    """Whether it tests a condition key that AWS publishes for a service, although services are assumed to lack it."""
    keys = published(statement)
    return any(canonical(test.key) in keys for test in statement.condition or ())


def _differ(one: Grid, other: Grid) -> bool:
    """Whether the second policy gives a different answer to any principal that the first applies to.

    Conditions that are written differently count as different, even if they are equivalent.
    """
    (key,), (same_key,) = one.world.keys.values(), other.world.keys.values()
    for asker in askers(one.evaluator):
        here, there = one.on(asker, key), other.on(asker, same_key)
        if here.always != there.always or here.sometimes != there.sometimes:
            return True
        for mask, residual in one.residual(here, here.sometimes) if here.sometimes else ():
            if any(mask & part and not residual.same_as(more) for part, more in other.residual(there, mask)):
                return True
    return False


def _grid(key: Key, policy: Policy) -> Grid:
    alone = replace(key, policy=policy, grants=(), open_grants=())
    world = World(
        account=key.account, region=key.region, partition=key.partition, keys={key.handle: alone}, principals={}
    )
    root = f"arn:{key.partition}:iam::{key.account}:root"
    return Grid(Evaluator(world), Request(root, "kms:ListKeys"))
