"""Putting the reference's questions to the engine.

Comes in: an `Ask`. Goes out: the part that asks the same of the engine. Never here: right answers.
"""

from __future__ import annotations

from kms_eval.engine.evaluator import Evaluator, PartRuling
from kms_eval.engine.masks import published
from kms_eval.engine.plan import Part
from kms_eval.engine.resources import Target, key_target, no_target, retiring_target
from kms_eval.engine.situation import Circumstances, Scope, given
from kms_eval.world.model import World
from tests.reference import Ask


def part_of(world: World, ask: Ask) -> Part:
    row = published(ask.action)
    action = row.name if row is not None else ask.action
    circumstances = _circumstances(ask, action)
    task_only = circumstances.given.assumed_root
    scope = Scope(world, ask.caller, _target(world, ask, action), ask.endpoint, task_only=task_only)
    return Part(action, scope, circumstances)


def rule(world: World, ask: Ask) -> PartRuling:
    return Evaluator(world).rule_part(part_of(world, ask))


def _circumstances(ask: Ask, action: str) -> Circumstances:
    grant = ask.grant
    if grant is None and action == "kms:RetireGrant" and ask.key is not None and len(ask.key.grants) == 1:
        grant = ask.key.grants[0]
    return Circumstances(
        given=given(ask.context),
        encryption_context=ask.encryption_context,
        request_alias=ask.request_alias,
        at=ask.at,
        region=ask.region,
        grant=grant,
        via_grant=ask.via_grant,
    )


def _target(world: World, ask: Ask, action: str) -> Target:
    row = published(ask.action)
    if action == "kms:ListRetirableGrants":
        named = ask.grant.retiring_principal if ask.grant is not None else None
        return retiring_target(named, ask.caller.account, ask.region or world.region, ask.caller.partition)
    if row is not None and not row.resources:
        return no_target(ask.caller.account, ask.region or world.region, ask.caller.partition)
    if ask.key is not None:
        return key_target(ask.key)
    if ask.alias_arn is not None:
        _arn, partition, _kms, region, account, _alias = ask.alias_arn.split(":", 5)
        return Target("alias", ask.alias_arn, account, region, partition)
    return no_target(ask.caller.account, ask.region or world.region, ask.caller.partition)
