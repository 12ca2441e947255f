"""What a denial says of the statements and grants that came near, and of what a Deny saw."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import Decision, Scenario

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
EVERYTHING = {"Action": "kms:*"}
DELEGATION = {"Principal": {"AWS": ROOT}, **EVERYTHING}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **each} for each in statements]}


def world(key: dict[str, Any], *identity: dict[str, Any], **more: Any) -> Scenario:
    people = {"role/app": {"policies": [policy(*identity)] if identity else []}}
    return Scenario.from_dict({"account": ACCOUNT, "keys": {"k": {"policy": key, **more}}, "principals": people})


def because(decision: Decision) -> list[str]:
    assert not decision
    return [miss["because"] for miss in decision.to_dict()["near_misses"]]


ABSENT: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
    ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, {"context": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
     "a call that a service makes does not have it"),
    ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {}, "only services that call in their own name have it"),
    ({"StringEquals": {"kms:RecipientAttestation:PCR0": "aa"}}, {"action": "kms:Sign"},
     "AWS does not send it with kms:Sign"),
    ({"StringEquals": {"aws:ResourceTag/team": "blue"}}, {}, "the key has no tag `team`"),
    ({"StringEquals": {"aws:PrincipalTag/team": "blue"}}, {}, "`app` has no tag `team`"),
    ({"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}}, {},
     "its values are `SERVICE.REGION.amazonaws.com`, in every partition"),
    ({"StringEquals": {"kms:EncryptionContext:path": "in/*"}}, {"encryption_context": {"path": "in/1"}},
     "wildcards mean nothing under it"),
    ({"Bool": {"kms:AWSAccountId": "true"}}, {}, "AWS has no such condition key"),
)  # fmt: skip


@pytest.mark.parametrize(("condition", "fields", "why"), ABSENT, ids=[why for *_rest, why in ABSENT])
def test_a_near_miss_says_why_its_condition_could_not_be_met(
    condition: dict[str, Any], fields: dict[str, Any], why: str
) -> None:
    scenario = world(policy(DELEGATION), {"Action": ["kms:Decrypt", "kms:Sign"], "Condition": condition})
    fields = dict(fields)
    told = because(scenario.can("role/app", fields.pop("action", "kms:Decrypt"), **fields))
    assert told[0].endswith(f"; {why}")


def test_a_condition_key_that_key_policies_do_not_take_is_named_as_the_cause() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    key = policy({"Principal": {"AWS": ROLE}, "Action": "kms:Decrypt", "Condition": condition})
    told = because(world(key, tags={"team": "blue"}).can("role/app", "kms:Decrypt"))
    assert told[0].endswith("AWS KMS takes it in IAM policies only (Z30)")


def test_a_statement_for_the_caller_that_lists_other_actions_came_near() -> None:
    scenario = world(policy({"Principal": {"AWS": ROLE}, "Action": "kms:Encrypt"}))
    assert because(scenario.can("role/app", "kms:Decrypt")) == ["its Action does not list `kms:Decrypt`"]
    scenario = world(policy(DELEGATION), {"NotAction": "kms:Decrypt"})
    assert because(scenario.can("role/app", "kms:Decrypt")) == ["its NotAction excepts `kms:Decrypt`"]


def test_a_grant_for_the_caller_with_other_operations_came_near() -> None:
    grant = {"GrantId": "g", "GranteePrincipal": ROLE, "Operations": ["Encrypt"]}
    scenario = world(policy({"Principal": {"AWS": ROLE}, "Action": "kms:List*"}), grants=[grant])
    assert "its operations do not include Decrypt" in because(scenario.can("role/app", "kms:Decrypt"))


def test_a_deny_without_a_condition_says_what_it_lists() -> None:
    scenario = world(policy(DELEGATION), EVERYTHING, {"Effect": "Deny", "Action": "kms:De*"})
    assert because(scenario.can("role/app", "kms:Decrypt")) == ["it has no condition, and its Action is kms:De*"]


def test_a_deny_with_not_principal_says_whom_it_does_not_spare() -> None:
    denying = {"Effect": "Deny", "NotPrincipal": {"AWS": ROOT}, "Action": "kms:Decrypt"}
    told = because(world(policy(DELEGATION, denying), EVERYTHING).can("role/app", "kms:Decrypt"))
    assert told == [f"its NotPrincipal does not spare `{ROLE}`"]


def test_what_delegates_to_the_account_is_no_help_to_a_service() -> None:
    told = because(world(policy(DELEGATION)).can("logs.us-east-1.amazonaws.com", "kms:Encrypt"))
    assert told == [
        f"it is for account {ACCOUNT}, whose identity policies then decide: services have none, and are named"
    ]


def retirable(**grant: Any) -> Scenario:
    given = {"GrantId": "g", "GranteePrincipal": "arn:aws:iam::444455556666:role/them", "Operations": ["Decrypt"]}
    return world(policy(DELEGATION), {"Action": "kms:Decrypt"}, grants=[{**given, **grant}])


def test_who_may_retire_a_grant_by_an_identity_policy_is_told_of_it() -> None:
    decision = retirable(IssuingAccount=ROOT).can("role/app", "kms:RetireGrant", grant="g")
    assert decision.reason_code == "retirement-needs-identity-policy"
    assert because(decision)[0].startswith(f"account {ACCOUNT} made it")
    assert [word.outcome for word in decision.layers if word.layer == "grant"] == ["delegates"]
    assert "keyPolicy" not in [word.layer for word in decision.layers]


def test_who_may_not_retire_a_grant_is_told_who_may() -> None:
    scenario = retirable(IssuingAccount="arn:aws:iam::444455556666:root", RetiringPrincipal=ROLE)
    decision = scenario.can("arn:aws:iam::777788889999:role/other", "kms:RetireGrant", grant="g")
    assert decision.reason_code == "not-retirable"
    assert f"its retiring principal `{ROLE}`" in because(decision)[0]
    assert "principals of account 444455556666" in because(decision)[0]


def test_a_grant_by_the_owner_of_a_key_says_what_it_lacks_abroad() -> None:
    abroad = "arn:aws:iam::444455556666:role/them"
    scenario = retirable(GranteePrincipal=abroad, IssuingAccount=ROOT)
    assert "(Z2)" in because(scenario.can(abroad, "kms:Decrypt"))[0]


def test_a_layer_that_allows_has_no_near_miss() -> None:
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    scenario = world(
        policy({"Principal": {"AWS": ROOT}, "Action": "kms:Encrypt"}),
        EVERYTHING,
        {**EVERYTHING, "Condition": condition},
    )
    assert because(scenario.can("role/app", "kms:Decrypt")) == ["its Action does not list `kms:Decrypt`"]
