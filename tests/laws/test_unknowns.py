"""What is unknown never turns a decision into another definite one, and is never taken for allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval import Scenario
from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.model import Grant, OpenGrant, Policy
from kms_eval.documents.opened import open_policy
from kms_eval.formats.document import Place, SourceFile
from kms_eval.formats.unknown import Unknown
from kms_eval.render.policy_json import statement_as_dict
from kms_eval.world.model import World
from tests.effort import examples
from tests.reference import Ask
from tests.strategies import asks, worlds
from tests.twins.asking import rule

UNKNOWN = Unknown("known after apply", "aws_kms_key.app")
HERE = Place(SourceFile("law"))
law = settings(max_examples=examples(150), suppress_health_check=list(HealthCheck), deadline=None)

Steps = tuple[Any, ...]


def places(value: object, around: Steps = ()) -> Iterator[Steps]:
    """Every place in a document that something unknown may stand in."""
    if around:
        yield around
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from places(member, (*around, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places(member, (*around, index))


def put(value: Any, steps: Steps, member: object) -> Any:
    if not steps:
        return member
    first, *rest = steps
    if isinstance(value, list):
        return [put(each, tuple(rest), member) if index == first else each for index, each in enumerate(value)]
    return {name: put(each, tuple(rest), member) if name == first else each for name, each in value.items()}


def opened(data: st.DataObject, policy: Policy) -> Policy:
    """The policy with something in it unknown, or everything."""
    if data.draw(st.integers(0, 5)) == 0:
        return open_policy(UNKNOWN, policy.kind, HERE, policy.name)
    written: Any = {"Version": policy.version, "Statement": [statement_as_dict(each) for each in policy.statements]}
    if policy.version is None:
        del written["Version"]
    for _ in range(data.draw(st.integers(1, 3))):
        found = [steps for steps in places(written) if steps != ("Statement",)]
        assume(found)
        written = put(written, data.draw(st.sampled_from(found)), UNKNOWN)
    read = read_policy(written, HERE, policy.kind, Findings())
    assume(read is not None)
    assert read is not None
    return read


def with_unknown(data: st.DataObject, world: World, ask: Ask) -> tuple[World, Ask]:
    """The same question where some part of what decides is unknown."""
    key, caller, principal = ask.key, ask.caller, ask.caller.principal
    ways = ["policies"] if principal is not None and principal.policies else []
    ways += ["boundary"] if principal is not None and principal.boundary is not None else []
    ways += ["principal tags"] if principal is not None else []
    ways += ["key policy", "grants", "tags", "aliases"] if key is not None else []
    assume(ways)
    way = data.draw(st.sampled_from(ways))
    if principal is not None:
        if way == "policies":
            position = data.draw(st.integers(0, len(principal.policies) - 1))
            policies = list(principal.policies)
            policies[position] = opened(data, policies[position])
            principal = replace(principal, policies=tuple(policies))
        if way == "boundary" and principal.boundary is not None:
            principal = replace(principal, boundary=opened(data, principal.boundary))
        if way == "principal tags":
            principal = replace(principal, tags={}, unknowns={"aws:principaltag/": UNKNOWN})
    if key is not None:
        if way == "key policy":
            key = replace(key, policy=opened(data, key.policy))
        if way == "grants":
            kept = tuple(grant for grant in key.grants if data.draw(st.booleans()) or grant.id in used(ask))
            key = replace(key, grants=kept, open_grants=(OpenGrant(UNKNOWN, Grant("")),))
        if way == "tags":
            key = replace(key, tags={}, unknowns={"aws:resourcetag/": UNKNOWN})
        if way == "aliases":
            key = replace(key, aliases=(), unknowns={"kms:resourcealiases": UNKNOWN})
        world = replace(world, keys={**world.keys, key.handle: key})
    return world, replace(ask, key=key, caller=replace(caller, principal=principal))


def used(ask: Ask) -> set[str | None]:
    return {ask.via_grant, ask.grant.id if ask.grant is not None else None}


@law
@given(st.data())
def test_an_unknown_never_turns_a_decision_into_another_definite_one(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    before = rule(world, ask).outcome
    after = rule(*with_unknown(data, world, ask))
    if after.outcome == "undetermined":
        assert after.cell.hangs_on(after.bit, after.context)
    else:
        assert (after.outcome == "allowed") is (before == "allowed")
        assert before == "explicitDeny" or after.outcome != "explicitDeny"


def test_an_unknown_variable_makes_no_difference_where_its_test_has_no_value() -> None:
    """IfExists holds without a value of the key, whatever the tag in the policy's value stands for."""
    condition = {"ArnEqualsIfExists": {"aws:SourceArn": "${aws:PrincipalTag/team}"}}
    deny = {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": condition}
    allow = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    root = {**allow, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    hidden = {"tags": {"unknown": "AccessDenied"}, "policies": [{"Version": "2012-10-17", "Statement": [allow, deny]}]}
    world = {
        "account": "111122223333",
        "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": [root]}}},
        "principals": {"user/bob": hidden},
    }
    assert Scenario.from_dict(world).can("user/bob", "kms:Decrypt").decision == "explicitDeny"
