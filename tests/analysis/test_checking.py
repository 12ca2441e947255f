"""Checks on small worlds: what holds, what fails with which request, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from kms_eval.errors import InputError
from kms_eval.scenario import Scenario

OWN = "123456789012"
OTHER = "444455556666"
DELEGATES = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}, "Action": "kms:*", "Resource": "*"}


def allow(action: str, principal: object = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return {**statement, "Condition": condition} if condition else statement


def deny(action: str, **condition: Any) -> dict[str, Any]:
    return {**allow(action, "*", **condition), "Effect": "Deny"}


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def identity(*actions: str) -> dict[str, Any]:
    return document({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


def world(*statements: Mapping[str, Any], grants: Sequence[Mapping[str, Any]] = (), **more: Any) -> Scenario:
    return Scenario.from_dict(
        {
            "account": OWN,
            "keys": {"app": {"policy": document(*statements), "grants": list(grants)}},
            "principals": {"role/reader": {"policies": [identity("kms:Decrypt")]}, "role/idle": {}},
            **more,
        }
    )


def test_a_delegated_action_is_for_those_whose_policies_allow_it_and_for_root() -> None:
    scenario = world(DELEGATES)
    assert scenario.check(only=["role/reader", "root"], may="kms:Decrypt")
    found = scenario.check(only=["role/reader"], may="kms:Decrypt")
    assert found.verdict == "fails"
    assert [each.who for each in found.witnesses] == ["root"]


def test_an_account_that_the_policy_names_is_outside() -> None:
    scenario = world(DELEGATES, allow("kms:Encrypt", {"AWS": OTHER}))
    assert scenario.check(nobody="outside-account", may="kms:Decrypt")
    found = scenario.check(nobody="outside-account", may="kms:*")
    assert found.verdict == "fails"
    assert {each.request.action for each in found.witnesses} == {"kms:Encrypt"}
    assert found.witnesses[0].request.principal == f"arn:aws:iam::{OTHER}:root"


def test_services_that_nothing_names_are_let_in_by_an_asterisk() -> None:
    services: dict[str, Any] = {"Bool": {"aws:PrincipalIsAWSService": "true"}}
    scenario = world(DELEGATES, allow("kms:Decrypt", **services))
    assert scenario.check(only=["role/reader", "root"], may="kms:Decrypt").verdict == "fails"
    assert scenario.check(nobody="events.amazonaws.com", may="kms:Decrypt").verdict == "fails"
    assert scenario.check(nobody="outside-account", may="kms:Decrypt")
    named: dict[str, Any] = {"StringEquals": {"aws:PrincipalServiceName": "glacier.amazonaws.com"}}
    found = world(DELEGATES, allow("kms:Decrypt", **named)).check(only=["role/reader", "root"], may="kms:Decrypt")
    assert [each.who for each in found.witnesses] == ["glacier.amazonaws.com"]


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ({"StringLike": "kinesis*"}, "kinesis.amazonaws.com"),
        ({"StringLike": "f?rehose.amazonaws.com"}, "firehose.amazonaws.com"),
        ({"StringLike": "nobody-has-heard-of-*.amazonaws.com"}, "nobody-has-heard-of-.amazonaws.com"),
        ({"StringLike": "*.us-west-2.amazonaws.com"}, "sns.us-west-2.amazonaws.com"),
        ({"StringEqualsIgnoreCase": "Glacier.amazonaws.com"}, "glacier.amazonaws.com"),
        ({"StringNotLike": "s*"}, "ec2.amazonaws.com"),
        ({"StringNotLike": ["s*", "e*"], "StringLike": "*c*"}, "lambda.amazonaws.com"),
    ],
)
def test_a_condition_on_the_name_of_a_service_lets_in_one_that_meets_it(condition: dict[str, Any], who: str) -> None:
    conditions = {name: {"aws:PrincipalServiceName": value} for name, value in condition.items()}
    found = world(DELEGATES, allow("kms:Decrypt", **conditions)).check(only=["role/reader", "root"], may="kms:Decrypt")
    assert who in [each.who for each in found.witnesses]


def test_a_service_that_is_nearly_another_one_is_a_witness_all_the_same() -> None:
    of_identity = {"StringEquals": {"aws:PrincipalServiceName": "snss.amazonaws.com"}}
    policy = document({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": of_identity})
    scenario = world(allow("kms:Decrypt"), principals={"role/reader": {"policies": [policy]}})
    found = scenario.check(only=["role/reader"], may="kms:Decrypt")
    assert "snss.amazonaws.com" in [each.who for each in found.witnesses]


@pytest.mark.parametrize("who", [f"arn:aws:iam::{OTHER}:root", "arn:aws:iam::999999999999:root"])
def test_a_root_user_of_another_account_may_what_anybody_may(who: str) -> None:
    partner: dict[str, Any] = {f"arn:aws:iam::{OTHER}:role/partner": {}}
    scenario = world(DELEGATES, allow("kms:Decrypt"), principals=partner)
    found = scenario.check(nobody=who, may="kms:Decrypt")
    assert [each.who for each in found.witnesses] == [who]


def test_one_of_several_whom_no_policy_tells_apart_is_named_beside_those_outside() -> None:
    twins = {f"role/{name}": {"policies": [identity("kms:Decrypt")]} for name in ("first", "second")}
    scenario = world(DELEGATES, principals=twins)
    assert scenario.check(nobody="outside-account", may="kms:Decrypt")
    found = scenario.check(nobody=["outside-account", "role/second"], may="kms:Decrypt")
    assert found.verdict == "fails"
    assert [each.who for each in found.witnesses] == ["role/second"]


def test_a_role_of_an_account_that_nobody_describes_may_have_any_identity_policy() -> None:
    scenario = world(allow("kms:Encrypt", {"AWS": f"arn:aws:iam::{OTHER}:role/partner"}))
    found = scenario.check(nobody="outside-account", may="kms:Encrypt")
    assert found.witnesses[0].policy is not None
    assert "--policy" in found.witnesses[0].command


def test_a_witness_has_a_service_that_there_is() -> None:
    scenario = world(
        allow("kms:Decrypt", StringLike={"kms:ViaService": "s3.*"}, StringEquals={"kms:CallerAccount": OWN})
    )
    found = scenario.check(only=["role/reader"], may="kms:Decrypt")
    assert found.witnesses[0].request.context == {"kms:ViaService": ("s3.us-east-1.amazonaws.com",)}
    assert scenario.check(only=["role/reader"], may="kms:Decrypt", unless={"kms:ViaService": "s3.*"})


def test_everyone_in_the_organization_is_nobody_outside_it() -> None:
    organization = {"id": "o-exampleorgid", "management_account": "999999999999"}
    inside = allow("kms:Encrypt", StringEquals={"aws:PrincipalOrgID": "o-exampleorgid"})
    scenario = world(inside, organization=organization)
    assert scenario.check(nobody="outside-organization", may="kms:*")
    assert not scenario.check(nobody="outside-account", may="kms:*")
    wider = world(allow("kms:Encrypt", StringLike={"aws:PrincipalOrgID": "o-*"}), organization=organization)
    assert wider.check(nobody="outside-organization", may="kms:*").verdict == "fails"


@pytest.mark.parametrize(
    ("needed", "kept_away"),
    [
        ({"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        ({"StringLike": {"kms:ViaService": "s3.us-*"}}, {"StringLike": {"kms:ViaService": "s3.*"}}),
        ({"StringEquals": {"kms:EncryptionContext:a": "b"}}, {"Null": {"kms:EncryptionContext:a": "false"}}),
        ({"Bool": {"aws:ViaAWSService": "false"}}, {"Null": {"kms:ViaService": "true"}}),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}}, {"StringLike": {"aws:PrincipalArn": "*/a*"}}),
        (
            {"DateGreaterThan": {"aws:TokenIssueTime": "2026-06-01T00:00:00Z"}},
            {"DateGreaterThanEquals": {"aws:TokenIssueTime": "2026-06-01T00:00:00Z"}},
        ),
        (
            {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
            {"ForAnyValue:StringLike": {"aws:CalledVia": "athena.*"}},
        ),
    ],
)
def test_a_deny_of_all_that_a_condition_lets_in_is_a_proof(needed: dict[str, Any], kept_away: dict[str, Any]) -> None:
    assert world(allow("kms:Decrypt", **needed), deny("kms:Decrypt", **kept_away)).check(nobody="*", may="kms:Decrypt")
    assert not world(allow("kms:Decrypt", **kept_away), deny("kms:Decrypt", **needed)).check(
        nobody=["*", "public"], may="kms:Decrypt"
    )


def test_a_statement_that_has_run_out_lets_nobody_in() -> None:
    past = allow("kms:Decrypt", DateLessThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"})
    future = allow("kms:Decrypt", DateGreaterThan={"aws:CurrentTime": "2999-01-01T00:00:00Z"})
    assert world(past).check(nobody="public", may="kms:Decrypt")
    found = world(future).check(nobody="public", may="kms:Decrypt")
    assert found.verdict == "fails"
    assert "--at 2999-01-0" in found.witnesses[0].command


def test_a_grant_is_used_with_the_encryption_context_that_it_asks_for() -> None:
    grant = {
        "GranteePrincipal": f"arn:aws:iam::{OWN}:role/idle",
        "Operations": ["Decrypt", "CreateGrant"],
        "Constraints": {"EncryptionContextSubset": {"Department": "IT"}},
    }
    scenario = world(DELEGATES, grants=[grant])
    found = scenario.check(nobody="role/idle", may="kms:Decrypt")
    assert found.witnesses[0].request.encryption_context == {"Department": "IT"}
    assert scenario.check(nobody="role/idle", may="kms:Decrypt", unless={"kms:EncryptionContext:Department": "IT"})
    assert scenario.check(nobody="role/idle", may="kms:CreateGrant").verdict == "fails"


def test_variables_of_the_request_are_filled_in() -> None:
    tagged = allow("kms:Decrypt", StringEquals={"kms:EncryptionContext:team": "${aws:PrincipalTag/team}"})
    found = world(tagged).check(nobody="public", may="kms:Decrypt")
    assert found.verdict == "fails"


def test_somebody_has_to_be_able_to_do_each_of_the_actions() -> None:
    scenario = world(DELEGATES)
    assert scenario.check(somebody={"in": ["role/reader", "root"]}, may=["kms:PutKeyPolicy", "kms:Decrypt"])
    found = scenario.check(somebody={"in": "role/reader"}, may=["kms:PutKeyPolicy"])
    assert found.verdict == "fails"
    assert found.witnesses[0].decision == "implicitDeny"


def test_a_glob_is_about_principals_that_nobody_has_described_too() -> None:
    scenario = world(allow("kms:Decrypt", {"AWS": "*"}, StringEquals={"kms:CallerAccount": OWN}))
    found = scenario.check(only=["role/*"], may="kms:Decrypt")
    assert any(":user/" in each.request.principal for each in found.witnesses)
    narrow = world(allow("kms:Decrypt", {"AWS": "*"}, ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/app-*"}))
    assert narrow.check(only="role/app-*", may="kms:Decrypt")
    assert narrow.check(only="role/app-a*", may="kms:Decrypt").verdict == "fails"


def test_every_witness_is_what_the_engine_says() -> None:
    scenario = world(
        DELEGATES,
        allow("kms:Decrypt", StringLike={"kms:ViaService": "*.us-*"}, IpAddress={"aws:SourceIp": "203.0.113.0/24"}),
        deny("kms:Decrypt", StringLike={"kms:ViaService": "s3.*"}),
    )
    found = scenario.check(only="root", may="kms:*")
    assert found.verdict == "fails"
    for each in found.witnesses:
        if each.policy is None:
            assert scenario.decide(each.request)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"may": "kms:Decrypt"}, "says `only`, `nobody` or `somebody`"),
        ({"only": [], "nobody": "root", "may": "kms:Decrypt"}, "several checks"),
        ({"nobody": "outside-organization", "may": "kms:Decrypt"}, "describes no organization"),
        ({"only": "public", "may": "kms:Decrypt"}, "goes with `nobody`"),
        ({"nobody": [], "may": "kms:Decrypt"}, "names nobody"),
        ({"nobody": "root", "may": "kms:Dekrypt"}, "unknown action"),
        ({"nobody": "root", "may": "kms:Decrypt", "on": "nokey"}, "nokey"),
        ({"somebody": "root", "may": "kms:Decrypt"}, "expected a mapping with `in`"),
        ({"nobody": "root", "may": "kms:Decrypt", "unless": {"aws:SourceIp": "here"}}, "`here`"),
    ],
)
def test_what_means_nothing_is_said(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        world(DELEGATES).check(**fields)
