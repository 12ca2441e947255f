"""Context that a caller cannot bring along: it counts with a warning, is never suggested, and strictness refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import InputError, Scenario

ROOT = "arn:aws:iam::111122223333:root"


def world(*statements: dict[str, Any], strict: bool = False) -> Scenario:
    rules = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", **statement} for statement in statements]
    return Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": rules}}},
            "principals": {"role/app": {}, "user/ann": {}},
            "vpc_endpoints": {"vpce-1": {"vpc": "vpc-0a", "account": "111122223333"}},
        },
        strict=strict,
    )


VALUES = {
    "aws:SourceIp": "203.0.113.7",
    "aws:SourceArn": "arn:aws:s3:::bucket",
    "aws:SourceAccount": "111122223333",
}
THROUGH_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
CASES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"Service": "s3.amazonaws.com"}, {"principal": "s3.amazonaws.com"}, "kms:ViaService"),
    ({"Service": "s3.amazonaws.com"}, {"principal": "s3.amazonaws.com"}, "aws:PrincipalOrgID"),
    ({"AWS": "*"}, {"principal": "role/app"}, "aws:SourceArn"),
    ({"AWS": "*"}, {"principal": "user/ann"}, "aws:SourceAccount"),
    ({"AWS": "*"}, {"principal": "role/app", "context": THROUGH_S3}, "aws:SourceVpce"),
    ({"AWS": "*"}, {"principal": "role/app", "vpc_endpoint": "vpce-1"}, "aws:SourceIp"),
]  # fmt: skip


@pytest.mark.parametrize(("named", "asked", "key"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_what_a_caller_cannot_bring_counts_with_a_warning(named: Any, asked: Any, key: str) -> None:
    value = VALUES.get(key, "x")
    rule = {"Principal": named, "Condition": {"StringEquals": {key: value}}}
    without = world(rule).can(action="kms:Decrypt", **asked)
    assert without.decision == "implicitDeny"
    assert key not in without.missing_context
    context = {**asked.get("context", {}), key: value}
    brought = world(rule).can(action="kms:Decrypt", **{**asked, "context": context})
    assert brought.decision == "allowed"
    assert "context-not-carried" in {warned.code for warned in brought.warnings}
    with pytest.raises(InputError, match=f"cannot bring {key}"):
        world(rule, strict=True).can(action="kms:Decrypt", **{**asked, "context": context})


@pytest.mark.parametrize(
    "context",
    [
        {"kms:ViaService": "s3"},
        {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"},
        {"kms:ViaService": "s3.us-east-1.amazonaws.com", "aws:ViaAWSService": "false"},
    ],
    ids=str,
)
def test_a_value_that_no_request_has_is_warned_of(context: dict[str, str]) -> None:
    decision = world({"Principal": {"AWS": "*"}}).can("role/app", "kms:Decrypt", context=context)
    assert decision.decision == "allowed"
    assert "context-not-carried" in {warned.code for warned in decision.warnings}


def test_what_real_requests_have_is_not() -> None:
    strict = world({"Principal": {"AWS": "*"}}, {"Principal": {"Service": "s3.amazonaws.com"}}, strict=True)
    for principal, context in (
        ("role/app", {"kms:ViaService": "s3.cn-north-1.amazonaws.com", "aws:ViaAWSService": "true"}),
        ("role/app", {"aws:SourceIp": "203.0.113.7", "aws:PrincipalOrgID": "o-1"}),
        ("s3.amazonaws.com", {"aws:SourceArn": "arn:aws:s3:::bucket", "aws:SourceAccount": "111122223333"}),
    ):
        decision = strict.can(principal, "kms:Decrypt", context=context)
        assert "context-not-carried" not in {warned.code for warned in decision.warnings}


def test_a_key_that_the_action_does_not_have_allows_nothing_and_denies() -> None:
    key = {"kms:RecipientAttestation:ImageSha384": "aa"}
    allow = {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": key}}
    signed = world(allow).can("role/app", "kms:Sign", context=key)
    assert signed.decision == "implicitDeny"
    assert "context-not-carried-by-action" in {warned.code for warned in signed.warnings}
    assert world(allow).can("role/app", "kms:Decrypt", context=key)
    denied = world({"Principal": {"AWS": "*"}}, {**allow, "Effect": "Deny"}).can("role/app", "kms:Sign", context=key)
    assert denied.decision == "explicitDeny"


@pytest.mark.parametrize(
    ("statement", "asked", "code"),
    [
        ({"Condition": {"StringLike": {"aws:userid": "AROAX0000000000000001:a*"}}}, {}, "session-name-not-told"),
        ({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, {}, "mfa-not-told"),
        (
            {"Condition": {"StringEquals": {"kms:EncryptionContextKeys": "a"}}},
            {"encryption_context": {"a": "b"}},
            "multi-valued-without-set-operator",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_open_question_is_said(statement: dict[str, Any], asked: dict[str, Any], code: str) -> None:
    rule = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "*"}, **statement}
    asking = Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": [rule]}}},
            "principals": {"role/app": {"id": "AROAX0000000000000001"}},
        }
    )
    decision = asking.can("role/app", "kms:Decrypt", **asked)
    assert decision.decision == "implicitDeny"
    assert code in {warned.code for warned in decision.warnings}
