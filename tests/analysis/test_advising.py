"""What is advised: the smallest change first, and never what nobody could do."""

from __future__ import annotations

from typing import Any

from kms_eval import Scenario

ROOT = "arn:aws:iam::111122223333:root"
ROLE = "arn:aws:iam::111122223333:role/app"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    written = [{"Effect": "Allow", "Resource": "*", **each} for each in statements]
    return {"Version": "2012-10-17", "Statement": written}


def world(key: dict[str, Any], identity: dict[str, Any] | None = None, **more: Any) -> Scenario:
    role = {"policies": [identity] if identity is not None else []}
    return Scenario.from_dict(
        {"account": "111122223333", "keys": {"app": {"policy": key, **more}}, "principals": {"role/app": role}}
    )


def kinds(scenario: Scenario, **fields: Any) -> list[str]:
    return [change.kind for change in scenario.can("role/app", "kms:Decrypt", **fields).changes]


DELEGATION = {"Principal": {"AWS": ROOT}, "Action": "kms:*"}


def test_the_action_missing_in_a_statement_for_the_caller_comes_before_new_policies() -> None:
    scenario = world(policy({"Principal": {"AWS": ROLE}, "Action": "kms:Encrypt"}))
    assert kinds(scenario)[0] == "add-action"


def test_what_the_request_could_carry_comes_first() -> None:
    condition = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    scenario = world(policy(DELEGATION), policy({"Action": "kms:Decrypt", "Condition": condition}))
    first = scenario.can("role/app", "kms:Decrypt").changes[0]
    assert first.edit == {"context": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


def test_a_value_that_no_request_has_is_never_asked_for() -> None:
    for key, value in (("kms:ViaService", "s3.us-east-1.amazonaws.com.cn"), ("aws:SourceArn", "arn:aws:s3:::b")):
        scenario = world(policy(DELEGATION), policy({"Action": "kms:*", "Condition": {"StringEquals": {key: value}}}))
        assert "add-context" not in kinds(scenario)


def test_where_two_sides_miss_both_are_changed_together() -> None:
    scenario = world(policy({"Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:Encrypt"}))
    decision = scenario.can("arn:aws:iam::444455556666:role/them", "kms:Decrypt")
    assert decision.changes[0].kind == "together"
    assert [step.kind for step in decision.changes[0].steps] == ["add-action", "add-identity-policy"]


def test_a_deny_that_holds_because_nothing_was_sent_says_so_and_how_it_is_meant() -> None:
    condition = {"ForAllValues:StringLike": {"kms:EncryptionContextKeys": ["x"]}}
    denying = {"Effect": "Deny", "Action": "kms:Decrypt", "Condition": condition}
    decision = world(policy(DELEGATION), policy({"Action": "kms:*"}, denying)).can("role/app", "kms:Decrypt")
    assert "is true because nothing was sent" in decision.to_dict()["near_misses"][0]["because"]
    assert "replace-qualifier" in [change.kind for change in decision.changes]


def test_the_policy_of_a_key_that_aws_manages_is_left_alone() -> None:
    scenario = world(policy({**DELEGATION, "Action": "kms:Describe*"}), policy({"Action": "kms:*"}), manager="AWS")
    decision = scenario.can("role/app", "kms:Decrypt")
    assert not decision.changes
    assert "customer managed key" in decision.to_dict()["why_unchanged"]


def test_the_id_of_a_deleted_role_is_replaced_by_the_role() -> None:
    scenario = world(policy({"Principal": {"AWS": "AROAGONEGONEGONEGONE1"}, "Action": "kms:Decrypt"}))
    decision = scenario.can("role/app", "kms:Decrypt")
    assert decision.changes[0].kind == "replace-principal"
    assert "most likely deleted" in decision.explain()


def test_no_condition_is_removed_that_alone_keeps_a_key_from_being_public() -> None:
    condition = {"Bool": {"kms:AWSAccountId": "true"}}
    scenario = world(policy({"Principal": {"AWS": "*"}, "Action": "kms:*", "Condition": condition}))
    assert "remove-condition" not in kinds(scenario)


def test_an_allowed_request_needs_no_change() -> None:
    decision = world(policy(DELEGATION), policy({"Action": "kms:*"})).can("role/app", "kms:Decrypt")
    assert decision.changes == ()
    assert decision.to_dict()["changes"] == []


def test_many_conditional_levels_of_an_organization_stay_quick() -> None:
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    level = [policy({"Action": "*", "Condition": condition})]
    scenario = Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {"app": {"policy": policy(DELEGATION)}},
            "principals": {"role/app": {"policies": [policy({"Action": "kms:*"})]}},
            "organization": {
                "id": "o-abcdefghij",
                "management_account": "999999999999",
                "accounts": {"111122223333": {"path": "o-abcdefghij/r-ab12/", "service_control_policies": [level] * 6}},
            },
        }
    )
    decision = scenario.can("role/app", "kms:Decrypt")
    assert decision.missing_context == ("aws:SourceVpce",)
    assert decision.changes[0].kind == "add-context"
