"""Requests that a service makes with the caller's credentials, and keys that an operation creates."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import InputError, Scenario

ROOT = "arn:aws:iam::111122223333:root"
ALL = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def world(*statements: dict[str, Any], **key: Any) -> Scenario:
    delegation = {**ALL, "Principal": {"AWS": ROOT}}
    return Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {"app": {"policy": policy(delegation), **key}},
            "principals": {"user/app": {"policies": [policy(*statements)]}},
            "vpc_endpoints": {"vpce-1": {"policy": policy({**ALL, "Effect": "Deny", "Principal": "*"})}},
        }
    )


def deny(action: str, operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    "context",
    [
        {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
        {"aws:CalledVia": ["cloudformation.amazonaws.com"]},
        {"aws:CalledViaLast": "cloudformation.amazonaws.com"},
        {"AWS:ViaAWSService": "True"},
    ],
    ids=str,
)
def test_a_forward_access_session_is_told_by_any_of_its_keys(context: dict[str, Any]) -> None:
    through = world(ALL).can("user/app", "kms:Decrypt", context=context, vpc_endpoint="vpce-1")
    assert through.decision == "explicitDeny", "it may pass the caller's endpoint again"
    assert "endpoint-not-passed" in {warned.code for warned in through.warnings}
    via = world(ALL, deny("kms:*", "Bool", "aws:ViaAWSService", "true"))
    assert via.can("user/app", "kms:Decrypt", context=context).decision == "explicitDeny"


@pytest.mark.parametrize("context", [{}, {"aws:CalledVia": []}, {"aws:ViaAWSService": "false"}], ids=str)
def test_anything_else_is_a_call_of_the_callers_own(context: dict[str, Any]) -> None:
    through = world(ALL).can("user/app", "kms:Decrypt", context=context, vpc_endpoint="vpce-1")
    assert through.decision == "explicitDeny"


@pytest.mark.parametrize(
    ("context", "decision"), [({"kms:MultiRegion": "true"}, "explicitDeny"), ({}, "allowed")], ids=str
)
def test_a_multi_region_key_that_is_created_is_a_primary(context: dict[str, str], decision: str) -> None:
    asked = world(ALL, deny("kms:CreateKey", "StringEquals", "kms:MultiRegionKeyType", "PRIMARY"))
    assert asked.can("user/app", "kms:CreateKey", context=context).decision == decision


@pytest.mark.parametrize(
    ("operator", "key", "value", "decision"),
    [
        ("Bool", "kms:MultiRegion", "true", "explicitDeny"),
        ("StringEquals", "kms:MultiRegionKeyType", "REPLICA", "explicitDeny"),
        ("StringEquals", "kms:KeySpec", "RSA_2048", "explicitDeny"),
        ("StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT", "allowed"),
        ("StringEquals", "kms:KeyUsage", "SIGN_VERIFY", "explicitDeny"),
    ],
)
def test_a_replica_is_what_its_primary_is(operator: str, key: str, value: str, decision: str) -> None:
    asked = world(
        ALL, deny("kms:CreateKey", operator, key, value), multi_region=True, spec="RSA_2048", usage="SIGN_VERIFY"
    )
    assert asked.can("user/app", "ReplicateKey", region="eu-west-1").decision == decision


@pytest.mark.parametrize(
    ("resource", "action", "decision"),
    [
        ("arn:aws:iam::111122223333:user/retiring", "kms:ListRetirableGrants", "explicitDeny"),
        ("arn:aws:*::111122223333:*", "kms:ListRetirableGrants", "explicitDeny"),
        ("arn:aws:iam::444455556666:user/retiring", "kms:ListRetirableGrants", "allowed"),
        ("arn:aws:s3:::bucket", "kms:ListRetirableGrants", "allowed"),
        ("arn:aws:iam::111122223333:user/retiring", "kms:ListKeys", "allowed"),
    ],
)
def test_a_deny_about_the_retiring_principal_counts(resource: str, action: str, decision: str) -> None:
    denying = {"Effect": "Deny", "Action": "kms:*", "Resource": resource}
    assert world(ALL, denying).can("user/app", action).decision == decision


def test_a_grant_that_the_key_does_not_have_and_an_alias_that_is_none_are_mistakes() -> None:
    with pytest.raises(InputError, match="has no grant `g1`"):
        world(ALL).can("user/app", "kms:CreateGrant", via_grant="g1")
    with pytest.raises(InputError, match=r"malformed alias name `foo` .did you mean `alias/foo`"):
        world(ALL).can("user/app", "kms:CreateAlias", alias="foo")
