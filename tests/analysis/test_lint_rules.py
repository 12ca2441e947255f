"""Where rules stay silent, and what else they find than their examples show."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.analysis.linting.choosing import Chosen
from kms_eval.analysis.linting.lint import kind_of_policy, lint_scenario
from kms_eval.analysis.linting.rule import ACCOUNT, DELEGATION, ROLE, Members, allow, deny
from kms_eval.documents.model import PolicyKind
from kms_eval.scenario import Scenario
from tests.analysis.lint_examples import alone

APP = {"AWS": ROLE}
VIA = "kms:ViaService"
S3 = "s3.us-east-1.amazonaws.com"
EVERYBODY_IN = {"StringEquals": {"kms:CallerAccount": ACCOUNT}}


def when(condition: Members, effect: str = "Allow", *actions: str) -> Members:
    return {**allow(APP, *(actions or ("kms:Decrypt",)), Condition=condition), "Effect": effect}


def world(*statements: Members, **key: Any) -> list[str]:
    """The codes of what is found in a scenario with one key."""
    policy = {"Version": "2012-10-17", "Statement": [DELEGATION, *statements]}
    data = {"account": ACCOUNT, "keys": {"app": {"policy": policy, **key}}, "principals": {"role/app": {}}}
    scenario = Scenario.from_dict(data)
    return [finding.code for finding in lint_scenario(scenario.evaluator).findings]


@pytest.mark.parametrize(
    "statement",
    [
        allow("*", "kms:Decrypt", Condition=EVERYBODY_IN),
        allow({"AWS": "*"}, "kms:Decrypt", Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}),
        allow("*", "kms:Decrypt", Condition={"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}),
        deny("*", "kms:ScheduleKeyDeletion"),
    ],
)
def test_a_wildcard_that_is_limited_or_denies_is_not_public(statement: Members) -> None:
    assert "KMS201" not in alone(DELEGATION, statement)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"aws:PrincipalOrgID": "*"}},
        {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}},
        {"StringNotEquals": {"kms:CallerAccount": "444455556666"}},
        {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-0a1b2c3d"}},
        {"StringEquals": {VIA: S3}},
        {"Null": {"aws:PrincipalOrgID": "false"}},
    ],
)
def test_a_condition_that_limits_nobody_leaves_it_public(condition: Members) -> None:
    assert "KMS201" in alone(DELEGATION, allow({"AWS": "*"}, "kms:Decrypt", Condition=condition))


def test_accounts_of_the_organization_are_not_outside() -> None:
    partner = "444455556666"
    statement = allow({"AWS": partner}, "kms:Decrypt")
    policy = {"Version": "2012-10-17", "Statement": [DELEGATION, statement]}
    data: dict[str, Any] = {"account": ACCOUNT, "keys": {"app": {"policy": policy}}}
    assert "KMS202" in {each.code for each in Scenario.from_dict(data).lint().findings}
    data["organization"] = {
        "id": "o-exampleorgid",
        "management_account": "999999999999",
        "accounts": {each: {"path": "o-exampleorgid/r-ab12"} for each in (ACCOUNT, partner)},
    }
    assert "KMS202" not in {each.code for each in Scenario.from_dict(data).lint().findings}


def test_a_service_is_told_apart_by_the_encryption_context_too() -> None:
    logs = {"Service": "logs.us-east-1.amazonaws.com"}
    group = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:*"}}
    assert "KMS203" in alone(DELEGATION, allow(logs, "kms:Decrypt"))
    assert "KMS203" not in alone(DELEGATION, allow(logs, "kms:Decrypt", Condition=group))
    assert "KMS203" not in alone(DELEGATION, allow({"Service": "unheard-of.amazonaws.com"}, "kms:Decrypt"))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {VIA: "s3.*"}},
        {"StringLike": {VIA: "*.us-east-1.amazonaws.com"}},
        {"StringLike": {VIA: ["secretsmanager.*.amazonaws.com", "?3.us-east-1.amazonaws.com"]}},
        {"StringEquals": {VIA: ["brand-new.us-east-1.amazonaws.com"]}},
        {"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}},
        {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}},
        {"StringEqualsIgnoreCase": {"kms:EncryptionAlgorithm": "symmetric_default"}},
    ],
)
def test_conditions_that_can_hold_are_left_alone(condition: Members) -> None:
    assert [code for code in alone(DELEGATION, when(condition)) if code.startswith("KMS30")] == []


@pytest.mark.parametrize(
    ("code", "condition"),
    [
        ("KMS302", {"StringLike": {VIA: "s3*.com.cn"}}),
        ("KMS302", {"StringEquals": {VIA: "s3.us-east-1.amazonaws.com.cn"}}),
        ("KMS304", {"StringEquals": {"kms:CallerAccount": "11112222333"}}),
        ("KMS304", {"StringEquals": {"aws:PrincipalOrgID": "exampleorgid"}}),
        ("KMS305", {"Null": {VIA: "true"}, "StringEquals": {VIA: S3}}),
        ("KMS305", {"StringEquals": {VIA: S3}, "StringNotEquals": {VIA: [S3, "ec2.us-east-1.amazonaws.com"]}}),
        ("KMS301", {"StringNotEquals": {"aws:PrincipalTag/team": "guest*"}}),
    ],
)
def test_conditions_that_cannot_hold_are_found(code: str, condition: Members) -> None:
    assert code in alone(DELEGATION, when(condition))


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}, "StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}},
        {"StringEquals": {VIA: S3, "aws:SourceVpce": "vpce-0a1b2c3d"}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "5"}, "NumericGreaterThan": {"aws:MultiFactorAuthAge": "5"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"},
         "DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        {"StringLike": {VIA: "s3.*"}, "StringNotLike": {VIA: "*.amazonaws.com"}},
        {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "app"},
         "Null": {"kms:EncryptionContextKeys": "true"}},
        {"Null": {"kms:EncryptionContextKeys": "true"}, "StringEquals": {"kms:EncryptionContext:app": "pay"}},
    ],
)  # fmt: skip
def test_tests_that_no_request_meets_together_are_found_by_proof(condition: Members) -> None:
    assert "KMS305" in alone(DELEGATION, when(condition))


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddressIfExists": {"aws:SourceIp": "198.51.100.0/24"},
         "StringEqualsIfExists": {"aws:SourceVpce": "vpce-0a1b2c3d"}},
        {"NumericLessThanEquals": {"aws:MultiFactorAuthAge": "5"},
         "NumericGreaterThanEquals": {"aws:MultiFactorAuthAge": "5"}},
        {"StringLike": {VIA: "s3.*"}, "StringNotLike": {VIA: "*.eu-west-1.amazonaws.com"}},
        {"StringEquals": {"aws:SourceVpc": "vpc-0123", "aws:SourceVpce": "vpce-0a1b2c3d"}},
        {"StringEquals": {"kms:EncryptionContext:app": "${aws:PrincipalTag/app}", VIA: S3}},
    ],
)  # fmt: skip
def test_tests_that_some_request_meets_are_no_contradiction(condition: Members) -> None:
    assert "KMS305" not in alone(DELEGATION, when(condition))


def test_a_service_in_its_own_name_does_not_call_through_another() -> None:
    condition = {"StringEquals": {VIA: S3, "aws:SourceAccount": ACCOUNT}}
    assert "KMS305" in alone(DELEGATION, allow({"Service": "s3.amazonaws.com"}, "kms:Decrypt", Condition=condition))


def test_a_deny_that_no_request_meets_is_a_contradiction_too() -> None:
    never = {"StringEquals": {VIA: S3}, "Null": {VIA: "true"}}
    network = {"NotIpAddressIfExists": {"aws:SourceIp": "198.51.100.0/24"},
               "StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-0a1b2c3d"}}  # fmt: skip
    assert "KMS305" in alone(DELEGATION, when(never, "Deny"))
    assert "KMS305" not in alone(DELEGATION, when(network, "Deny"))


def test_a_service_of_another_region_is_found_where_the_region_is_known_and_no_value_fits() -> None:
    elsewhere, here = "s3.eu-west-1.amazonaws.com", S3
    assert "KMS303" in world(when({"StringEquals": {VIA: elsewhere}}))
    assert "KMS303" not in world(when({"StringEquals": {VIA: [elsewhere, here]}}))
    assert "KMS303" not in alone(DELEGATION, when({"StringEquals": {VIA: elsewhere}}))


@pytest.mark.parametrize(
    "statement",
    [
        when({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}, "Allow", "kms:CreateGrant"),
        when({"StringEqualsIfExists": {"kms:CallerAccount": ACCOUNT}}),
        when({"StringEqualsIfExists": {VIA: S3}}, "Deny"),
        when({"StringNotEquals": {VIA: S3}, "Null": {VIA: "false"}}),
        when({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}),
    ],
)
def test_what_demands_the_key_or_denies_does_not_always_hold(statement: Members) -> None:
    assert {"KMS311", "KMS312", "KMS313"} & set(alone(DELEGATION, statement)) == set()


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ((allow(APP, "kms:Decrypt"), allow(APP, "kms:Decrypt", "kms:Encrypt")), ["KMS412"]),
        ((allow(APP, "kms:Decrypt", "kms:Encrypt"), allow(APP, "kms:D*", Sid="B")), []),
        ((deny(APP, "kms:Decrypt"), deny("*", "kms:Decrypt")), ["KMS412"]),
        ((allow(APP, "kms:Decrypt"), when({"StringEquals": {VIA: S3}})), ["KMS412"]),
        ((when({"StringEquals": {VIA: S3}}), allow(APP, "kms:Encrypt")), []),
        ((allow({"AWS": ROLE}, "kms:Decrypt"), allow({"AWS": f"{ROLE}2"}, "kms:Decrypt")), []),
    ],
)
def test_statements_that_make_no_difference_are_found_and_no_others(
    statements: tuple[Members, ...], expected: list[str]
) -> None:
    assert [code for code in alone(DELEGATION, *statements) if code.startswith("KMS41")] == expected


def test_a_role_that_the_key_policy_names_needs_no_identity_policy_so_its_statement_makes_a_difference() -> None:
    assert alone(DELEGATION, allow(APP, "kms:Decrypt")) == []


def test_one_of_two_statements_that_say_the_same_is_found() -> None:
    assert alone(DELEGATION, allow(APP, "kms:Decrypt"), allow(APP, "KMS:decrypt", Sid="Again")) == ["KMS411"]


def test_attestation_is_bypassed_by_the_wildcard_too() -> None:
    enclave = {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR0": "ab" * 48}}
    open_to_all = allow("*", "kms:Decrypt", Condition=EVERYBODY_IN)
    assert "KMS431" in alone(DELEGATION, when(enclave), open_to_all)
    assert "KMS431" not in alone(DELEGATION, when(enclave), allow({"AWS": f"{ROLE}2"}, "kms:Decrypt"))


def test_aws_managed_keys_are_not_asked_who_could_change_them() -> None:
    policy = {"Version": "2012-10-17", "Statement": [allow("*", "kms:Decrypt", Condition=EVERYBODY_IN)]}
    data: dict[str, Any] = {"account": ACCOUNT, "keys": {"app": {"policy": policy, "manager": "AWS"}}}
    assert "KMS501" not in {each.code for each in Scenario.from_dict(data).lint().findings}
    data["keys"]["app"]["manager"] = "CUSTOMER"
    assert "KMS501" in {each.code for each in Scenario.from_dict(data).lint().findings}


def test_grants_and_actions_that_do_not_suit_the_key_are_found() -> None:
    grant = {"GrantId": "g", "GranteePrincipal": ROLE, "RetiringPrincipal": ROLE, "Operations": ["Sign"]}
    assert "KMS511" in world(grants=[grant])
    assert "KMS511" not in world(grants=[grant], spec="RSA_2048", usage="SIGN_VERIFY")
    assert "KMS511" not in world(allow(APP, "kms:*", Sid="All"))


def test_principals_are_unknown_only_where_their_account_is_described() -> None:
    assert "KMS422" in world(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}, "kms:Decrypt"))
    assert "KMS422" not in world(allow({"AWS": "arn:aws:iam::444455556666:role/other"}, "kms:Decrypt"))
    linked = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"
    assert "KMS422" not in world(allow({"AWS": linked}, "kms:Decrypt"))


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (allow(APP, "kms:Decrypt"), PolicyKind.KEY),
        ({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}, PolicyKind.IDENTITY),
        (deny("*", "s3:GetObject", "kms:Decrypt"), PolicyKind.RCP),
        (deny("*", "kms:Decrypt"), PolicyKind.RCP),
        (allow("*", "s3:GetObject"), PolicyKind.ENDPOINT),
    ],
)
def test_a_policy_is_taken_for_what_it_looks_like(statement: Members, kind: PolicyKind) -> None:
    assert kind_of_policy({"Statement": [dict(statement)]}) is kind
    assert kind_of_policy({"Statement": dict(statement)}) is kind
    assert kind_of_policy({"keys": {}}) is None


def test_a_selected_rule_finds_nothing_in_a_default_policy() -> None:
    scenario = Scenario.from_dict(
        {"account": ACCOUNT, "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": [dict(DELEGATION)]}}}}
    )
    assert lint_scenario(scenario.evaluator, (), Chosen()).findings == ()


def test_a_key_policy_that_aws_publishes_for_a_service_is_not_said_to_be_useless() -> None:
    condition = {"StringEquals": {VIA: "sns.us-east-1.amazonaws.com"}}
    service = {"Service": "codestar-notifications.amazonaws.com"}
    assert alone(DELEGATION, allow(service, "kms:Decrypt", "kms:GenerateDataKey*", Condition=condition)) == []


def test_what_only_principals_have_is_never_there_for_a_service() -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}
    found = alone(DELEGATION, allow({"Service": "cloudfront.amazonaws.com"}, "kms:Decrypt", Condition=condition))
    assert "KMS305" in found
    assert "KMS412" not in found


@pytest.mark.parametrize(
    ("operator", "key", "code", "message"),
    [
        ("StringLikeIfExists", VIA, "KMS322", "always holds"),
        ("ForAllValues:StringLike", "kms:EncryptionContextKeys", "KMS322", "always holds"),
        ("StringNotLike", VIA, "KMS322", "holds only where the key is absent"),
        ("ForAnyValue:StringNotLike", "kms:EncryptionContextKeys", "KMS322", "never holds"),
        ("StringLike", "kms:KeyOrigin", "KMS322", "always holds"),
    ],
)
def test_a_lone_asterisk_is_found_once_and_said_for_what_it_does(
    operator: str, key: str, code: str, message: str
) -> None:
    policy = {"Version": "2012-10-17", "Statement": [DELEGATION, when({operator: {key: "*"}})]}
    scenario = Scenario.from_dict({"account": ACCOUNT, "keys": {"app": {"policy": policy}}})
    (finding,) = lint_scenario(scenario.evaluator).findings
    assert finding.code == code
    assert message in finding.message


def test_a_bound_within_another_of_its_kind_is_redundant() -> None:
    assert world(when({"NumericLessThan": {"aws:MultiFactorAuthAge": ["2700", "3600"]}})) == ["KMS414"]
    assert world(when({"DateGreaterThan": {"aws:CurrentTime": ["2026-01-01", "2027-01-01"]}})) == ["KMS414"]
    assert world(when({"NumericEquals": {"aws:MultiFactorAuthAge": ["2700", "3600"]}})) == []


def test_services_of_one_statement_that_send_a_source_are_one_finding() -> None:
    services = {"Service": ["guardduty.amazonaws.com", "guardduty.af-south-1.amazonaws.com", "events.amazonaws.com"]}
    assert alone(DELEGATION, allow(services, "kms:GenerateDataKey")).count("KMS203") == 1


def test_a_key_policy_that_is_not_known_may_delegate() -> None:
    key = {"policy": {"unknown": "not read", "address": "GetKeyPolicy", "remedy": "allow kms:GetKeyPolicy"}}
    scenario = Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key}})
    assert lint_scenario(scenario.evaluator).findings == ()


def _control(*actions: str, **condition: Members) -> list[str]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": [*actions], "Resource": "*", "Condition": condition}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    organization = {
        "id": "o-exampleorgid",
        "management_account": "999999999999",
        "accounts": {ACCOUNT: {"resource_control_policies": [[policy]]}},
    }
    key = {"policy": {"Version": "2012-10-17", "Statement": [DELEGATION]}}
    scenario = Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key}, "organization": organization})
    return [finding.code for finding in lint_scenario(scenario.evaluator).findings]


def test_a_resource_control_policy_that_asks_for_a_source_is_about_services() -> None:
    outside = {"aws:PrincipalOrgID": "o-exampleorgid"}
    assert _control("kms:*", StringNotEqualsIfExists=outside) == ["KMS441"]
    assert _control("sts:*", StringNotEqualsIfExists=outside) == []
    assert _control("kms:*", StringNotEqualsIfExists={"aws:SourceOrgID": "o-exampleorgid", **outside}) == ["KMS442"]
    assert _control("kms:*", StringEquals={"aws:PrincipalOrgID": "o-otherorgidxx"}) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}},
        {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
        {"StringEquals": {"kms:KeySpec": "RSA_2048"}},
        {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        {"StringEquals": {VIA: "s3.eu-west-1.amazonaws.com"}},
    ],
)
def test_a_policy_by_itself_does_not_tell_the_organization_or_the_key(condition: Members) -> None:
    assert alone(DELEGATION, when(condition)) == []


def test_a_deny_for_outsiders_makes_nothing_useless() -> None:
    outsiders = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"}}
    named = allow({"AWS": "arn:aws:iam::444455556666:role/partner"}, "kms:Decrypt")
    assert alone(DELEGATION, named, deny("*", "kms:*", Condition=outsiders)) == ["KMS202"]


def test_the_account_that_may_change_the_policy_has_the_key() -> None:
    partner = allow({"AWS": "arn:aws:iam::444455556666:root"}, "kms:Decrypt")
    assert alone(DELEGATION, partner) == ["KMS202"]
    assert alone(partner, DELEGATION) == ["KMS202"]
    assert alone(partner, allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:Encrypt")) == []


def test_a_bypassed_attestation_is_one_finding() -> None:
    attested = when({"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "a" * 96}})
    assert world(attested, allow(APP, "kms:Decrypt")) == ["KMS431"]
