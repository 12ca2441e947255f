"""Statements of a key policy without which everybody may do the same: asked of the engine.

Comes in: subjects. Goes out: indexes of statements. Never here: what is to be said about them.

The policy is taken by itself: of nobody it is known which identity policies, boundaries and grants there are, so that a
statement is useless only if it is so whatever these say.
"""

from __future__ import annotations

from dataclasses import replace

from kms_eval.analysis.access.access_diff import compare
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, Grid
from kms_eval.analysis.linting.subject import Subject
from kms_eval.documents.model import Policy, PolicyKind, Statement
from kms_eval.engine.evaluator import Evaluator
from kms_eval.world.model import Key, World
from kms_eval.world.request import Request

_MOST_STATEMENTS = 100


def useless_allows(subject: Subject) -> frozenset[int] | None:
    """The Allow statements without which nothing changes, each with those after it gone that are useless as well.

    None where the engine is not asked: of other kinds of policy, of one with unknown parts, of very long ones.
    """
    policy, key = subject.policy, subject.key
    if key is None or policy.kind is not PolicyKind.KEY or len(policy.statements) > _MOST_STATEMENTS:
        return None
    if any(statement.open for statement in policy.statements):
        return None
    useless: set[int] = set()
    kept = policy
    for statement in reversed(policy.statements):
        if statement.effect != "Allow" or _names_sessions(statement):
            continue
        fewer = replace(kept, statements=tuple(each for each in kept.statements if each is not statement))
        if not _differ(key, kept, fewer):
            useless.add(statement.index)
            kept = fewer
    return frozenset(useless)


def _names_sessions(statement: Statement) -> bool:
    """What names a session is not limited by the boundary of its role, which is not known here (semantics E8)."""
    return any(":sts:" in entry.value for entry in statement.principals or ())


def _differ(key: Key, one: Policy, other: Policy) -> bool:
    return bool(compare(_grid(key, one), _grid(key, other), actions=ACTIONS_ON_KEY).changes)


def _grid(key: Key, policy: Policy) -> Grid:
    alone = replace(key, policy=policy, grants=(), open_grants=())
    world = World(
        account=key.account, region=key.region, partition=key.partition, keys={key.handle: alone}, principals={}
    )
    root = f"arn:{key.partition}:iam::{key.account}:root"
    return Grid(Evaluator(world), Request(root, "kms:ListKeys"))
