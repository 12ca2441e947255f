"""What is advised: the smallest change first, and never what nobody could do."""

from __future__ import annotations

from typing import Any

import pytest

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


S3 = "s3.us-east-1.amazonaws.com"


def texts(scenario: Scenario, action: str = "kms:Decrypt", principal: str = "role/app", **fields: Any) -> list[str]:
    return [change.text for change in scenario.can(principal, action, **fields).changes]


def test_nobody_becomes_an_administrator_of_a_key_to_use_it() -> None:
    admins = {"Principal": {"AWS": "arn:aws:iam::111122223333:role/admins"}, "Action": ["kms:Put*", "kms:Decrypt"]}
    users = {"Principal": {"AWS": "arn:aws:iam::111122223333:role/users"}, "Action": ["kms:Encrypt", "kms:Decrypt"]}
    assert "add-principal" not in kinds(world(policy(admins)))
    changes = world(policy(admins, users)).can("role/app", "kms:Decrypt").changes
    assert [change.statement for change in changes if change.kind == "add-principal"] in ([1], [])


def test_what_is_given_under_conditions_is_not_given_without_them_beside() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    identity = policy({"Action": "kms:Decrypt", "Condition": condition}, {"Action": "kms:DescribeKey"})
    assert "add-action" not in kinds(world(policy(DELEGATION), identity))


def test_a_tag_that_is_missing_on_the_key_is_put_there() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    scenario = world(policy(DELEGATION), policy({"Action": "kms:Decrypt", "Condition": condition}))
    assert texts(scenario)[0] == "tag the key with `team`: `blue`"
    assert scenario.can("role/app", "kms:Decrypt").to_dict()["near_misses"][0]["because"].endswith("no tag `team`")


def test_a_tag_that_is_missing_on_the_caller_is_put_there() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    scenario = world(policy(DELEGATION), policy({"Action": "kms:Decrypt", "Condition": condition}))
    assert kinds(scenario)[0] == "tag-principal"


def test_a_service_name_that_no_call_has_is_written_as_calls_have_it() -> None:
    condition = {"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}}
    scenario = world(policy(DELEGATION), policy({"Action": "kms:Decrypt", "Condition": condition}))
    change = scenario.can("role/app", "kms:Decrypt", context={"kms:ViaService": S3}).changes[0]
    assert (change.kind, change.edit["replace"], change.edit["with"]) == ("replace-value", "s3.amazonaws.com", S3)


def test_a_new_statement_for_a_call_of_a_service_asks_for_the_service_and_says_so() -> None:
    scenario = world(policy(DELEGATION), policy({"Action": "s3:*"}))
    assert texts(scenario, context={"kms:ViaService": S3})[0].endswith(f"under StringEquals kms:ViaService `{S3}`")


def test_a_grant_for_a_role_that_was_deleted_is_made_again() -> None:
    grant = {"GrantId": "g", "GranteePrincipal": "AROAGONEGONEGONEGONE1", "Operations": ["Decrypt"]}
    scenario = world(policy({"Principal": {"AWS": ROLE}, "Action": "kms:Encrypt"}), grants=[grant])
    assert "replace-grantee" in kinds(scenario)
    assert "most likely deleted" in scenario.can("role/app", "kms:Decrypt").explain()


def test_a_grant_on_a_key_of_aws_is_made_again_by_the_service() -> None:
    grant = {"GrantId": "g", "GranteePrincipal": "AROAGONEGONEGONEGONE1", "Operations": ["Decrypt"]}
    through = {"StringEquals": {"kms:ViaService": "lambda.us-east-1.amazonaws.com"}}
    key = policy({"Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Condition": through})
    told = texts(world(key, grants=[grant], manager="AWS", aliases=["alias/aws/lambda"]))
    assert told[0].startswith("have lambda make grant g again for ")


def test_a_deny_about_grants_is_narrowed_by_whom_the_grant_is_for() -> None:
    denying = {"Effect": "Deny", "Action": "kms:CreateGrant",
               "Condition": {"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}}}  # fmt: skip
    scenario = world(policy(DELEGATION), policy({"Action": "kms:*"}, denying))
    linked = "arn:aws:iam::111122223333:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie"
    decision = scenario.can(
        "role/app", "kms:CreateGrant", grant={"GranteePrincipal": linked, "Operations": ["Decrypt"]}
    )
    assert [change.edit["key"] for change in decision.changes] == ["kms:GranteePrincipal"]


def test_a_wildcard_under_string_equals_over_an_arn_wants_arn_like() -> None:
    condition = {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/*"}}
    key = policy(
        {"Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "kms:Decrypt", "Condition": condition}
    )
    arn = "arn:aws:cloudfront::111122223333:distribution/E1"
    change = world(key).can("cloudfront.amazonaws.com", "kms:Decrypt", context={"aws:SourceArn": arn}).changes[0]
    assert change.edit["replace_operator"] == "ArnLike"


def test_the_name_of_a_service_that_is_right_is_not_replaced_by_another_of_it() -> None:
    key = policy({"Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:Decrypt"})
    kind = world(key).can("logs.amazonaws.com", "kms:Decrypt").changes[0].kind
    assert kind == "add-principal"


def test_of_changes_in_one_statement_only_the_smallest_is_said() -> None:
    denying = {"Effect": "Deny", "Action": "kms:Decrypt",
               "Condition": {"ForAllValues:StringLike": {"kms:EncryptionContextKeys": ["x"]}}}  # fmt: skip
    changes = world(policy(DELEGATION), policy({"Action": "kms:*"}, denying)).can("role/app", "kms:Decrypt").changes
    assert [change.kind for change in changes if change.statement == 1] == ["replace-qualifier"]


def test_of_several_values_only_those_that_are_needed_are_added() -> None:
    condition = {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["tenant"]}}
    scenario = world(policy(DELEGATION), policy({"Action": "kms:Decrypt", "Condition": condition}))
    decision = scenario.can("role/app", "kms:Decrypt", encryption_context={"user": "1", "place": "2"})
    added = [change.edit["add"] for change in decision.changes if change.kind == "add-value"]
    assert [len(values) for values in added] == [1]


THEIRS = "arn:aws:iam::444455556666:role/them"


def issuers(key: dict[str, Any]) -> list[str]:
    """The accounts in which grants for a role of another account are advised to be made."""
    people = {THEIRS: {"policies": [policy({"Action": "kms:Decrypt"})]}}
    scenario = Scenario.from_dict({"account": "111122223333", "keys": {"app": {"policy": key}}, "principals": people})
    changes = scenario.can(THEIRS, "kms:Decrypt").changes
    return [change.edit["account"] for change in changes if change.kind == "create-grant"]


def test_a_grant_for_another_account_is_made_by_the_owner() -> None:
    assert issuers(policy(DELEGATION)) == ["111122223333"]


def test_a_grant_is_made_in_the_account_of_the_caller_only_where_somebody_there_may() -> None:
    may = {"Principal": {"AWS": "444455556666"}, "Action": "kms:CreateGrant"}
    scenario = Scenario.from_dict({"account": "111122223333", "keys": {"app": {"policy": policy(DELEGATION, may)}}})
    (grant,) = (each for each in scenario.can(THEIRS, "kms:Decrypt").changes if each.kind == "create-grant")
    assert grant.edit["account"] == "444455556666"


LINKED = "arn:aws:iam::444455556666:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


def test_a_service_linked_role_of_another_account_is_served_by_a_grant_that_its_account_makes() -> None:
    scenario = Scenario.from_dict({"account": "111122223333", "keys": {"app": {"policy": policy(DELEGATION)}}})
    (change,) = scenario.can(LINKED, "kms:Decrypt").changes
    assert [step.kind for step in change.steps] == ["delegate", "create-grant"]
    assert change.steps[0].edit["statement"]["Action"] == "kms:CreateGrant"
    assert change.steps[1].edit["account"] == "444455556666"


def test_a_service_that_no_call_has_limits_no_new_statement() -> None:
    scenario = world(policy({"Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:Decrypt"}))
    decision = scenario.can("role/app", "kms:Decrypt", context={"kms:ViaService": f"{S3}.cn"})
    assert decision.changes
    assert not any("amazonaws.com.cn" in change.text for change in decision.changes)


def test_a_wildcard_that_means_nothing_is_mended_where_nothing_was_sent_either() -> None:
    condition = {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/*"}}
    service = {"Service": "cloudfront.amazonaws.com"}
    key = policy({"Principal": service, "Action": "kms:Decrypt", "Condition": condition})
    first, second = world(key).can("cloudfront.amazonaws.com", "kms:Decrypt").changes
    assert [step.kind for step in first.steps] == ["replace-operator", "add-context"]
    assert second.text.endswith("; the request tells no `aws:SourceArn` to limit it to")


def test_an_alias_as_a_resource_is_said_to_be_none_where_it_came_near() -> None:
    resource = "arn:aws:kms:us-east-1:111122223333:alias/app"
    scenario = world(policy(DELEGATION), policy({"Action": "kms:Decrypt", "Resource": resource}), aliases=["alias/app"])
    (miss,) = scenario.can("role/app", "kms:Decrypt").to_dict()["near_misses"]
    assert miss["because"].endswith("; aliases are no resources of this action")


def test_of_what_came_near_to_a_service_its_other_name_comes_first() -> None:
    named = {"Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:Decrypt"}
    decision = world(policy(DELEGATION, named)).can("logs.amazonaws.com", "kms:Decrypt")
    first, second = (miss["because"] for miss in decision.to_dict()["near_misses"])
    assert first == "it is for `logs.us-east-1.amazonaws.com`, not `logs.amazonaws.com`"
    assert second.startswith("it is for account 111122223333")


def near(scenario: Scenario, action: str = "kms:Decrypt", **fields: Any) -> list[str]:
    return [miss["because"] for miss in scenario.can("role/app", action, **fields).to_dict()["near_misses"]]


PARENT = {
    "GrantId": "parent",
    "GranteePrincipal": ROLE,
    "Operations": ["Decrypt", "CreateGrant"],
    "Constraints": {"EncryptionContextSubset": {"team": "blue"}},
}
CHILD = {"GranteePrincipal": "arn:aws:iam::111122223333:role/other", "Operations": ["Decrypt", "Encrypt"]}


def test_a_grant_that_goes_beyond_the_one_that_lets_it_be_made_is_told_what_is_too_much() -> None:
    scenario = world(policy(DELEGATION), grants=[PARENT])
    (miss,) = near(scenario, "kms:CreateGrant", grant=CHILD)
    assert miss == "the new grant has `Encrypt` among its operations, which this one has not"
    (looser,) = near(scenario, "kms:CreateGrant", grant={**CHILD, "Operations": ["Decrypt"]})
    assert (
        looser == "the constraint of the new grant has to ask for at least {`team`: `blue`}, as its own does: it is {}"
    )
    first = scenario.can("role/app", "kms:CreateGrant", grant=CHILD).changes[0]
    assert first.kind == "narrow-grant"
    assert first.edit["grant"]["Operations"] == ["Decrypt"]
    assert first.edit["grant"]["Constraints"] == PARENT["Constraints"]


def test_no_grant_comes_near_by_an_operation_that_no_grant_can_have() -> None:
    scenario = world(policy(DELEGATION), grants=[{**PARENT, "Constraints": {}}])
    assert near(scenario, "kms:RevokeGrant") == []
    assert near(scenario, "kms:Sign") == ["its operations do not include Sign"]


def test_a_grant_for_another_source_names_both_sources() -> None:
    table = "arn:aws:dynamodb:us-east-1:111122223333:table/"
    grant = {
        "GrantId": "g",
        "GranteeServicePrincipal": "dynamodb.amazonaws.com",
        "RetiringPrincipal": ROLE,
        "Operations": ["Decrypt"],
        "Constraints": {"SourceArn": f"{table}One"},
    }
    scenario = world(policy(DELEGATION), grants=[grant])
    decision = scenario.can("dynamodb.amazonaws.com", "kms:Decrypt", context={"aws:SourceArn": f"{table}Two"})
    assert f"its constraint asks for aws:SourceArn `{table}One`: the request has `{table}Two`" in decision.explain()


def test_where_any_encryption_context_is_wanted_a_pair_is_sent_and_no_switch() -> None:
    condition = {"Null": {"kms:EncryptionContextKeys": "true"}}
    denying = {"Effect": "Deny", "Action": "kms:Decrypt", "Condition": condition}
    first = texts(world(policy(DELEGATION), policy({"Action": "kms:*"}, denying)))[0]
    assert first == "send `name`: `value` in the encryption context: any pair will do"


def test_where_any_value_is_wanted_one_that_the_key_can_have_is_the_example() -> None:
    condition = {"Null": {"aws:SourceVpce": "true"}}
    denying = {"Effect": "Deny", "Action": "kms:Decrypt", "Condition": condition}
    first = texts(world(policy(DELEGATION), policy({"Action": "kms:*"}, denying)))[0]
    assert first == "make the call with a value of aws:SourceVpce, as `vpce-0123456789abcdef0` is one"


def test_a_condition_that_other_actions_of_the_statement_can_meet_is_not_taken_out() -> None:
    condition = {"StringEquals": {"kms:EncryptionContext:team": "blue"}}
    statement = {"Principal": {"AWS": ROLE}, "Condition": condition}
    for actions, removed in ((["kms:Decrypt", "kms:DescribeKey"], False), (["kms:DescribeKey"], True)):
        changes = world(policy({**statement, "Action": actions})).can("role/app", "kms:DescribeKey").changes
        assert ("remove-condition" in [change.kind for change in changes]) is removed


def test_a_deny_by_a_key_that_the_action_never_carries_says_so() -> None:
    condition = {"StringNotEquals": {"kms:EncryptionContext:team": "blue"}}
    denying = {"Effect": "Deny", "Action": "kms:*", "Condition": condition}
    scenario = world(policy(DELEGATION), policy({"Action": "kms:*"}, denying))
    (miss,) = near(scenario, "kms:PutKeyPolicy")
    assert miss.endswith("the request has no value; AWS does not send it with kms:PutKeyPolicy")


def test_a_value_in_other_case_is_said_to_be_one() -> None:
    condition = {"StringEquals": {"kms:EncryptionContext:team": "Blue"}}
    scenario = world(policy(DELEGATION), policy({"Action": "kms:Decrypt", "Condition": condition}))
    (miss,) = near(scenario, encryption_context={"team": "blue"})
    assert miss.endswith("the request has `blue`; only the case differs, which counts under it")


def test_the_action_is_added_to_one_statement_that_of_the_like() -> None:
    administrators = {"Sid": "Administer", "Action": ["kms:Put*", "kms:Disable*"]}
    users = {"Sid": "Use", "Action": ["kms:Encrypt", "kms:Decrypt"]}
    scenario = world(policy(DELEGATION), policy(administrators, users))
    for action, statement in (("kms:Sign", 1), ("kms:EnableKey", 0)):
        changes = scenario.can("role/app", action).changes
        assert [change.statement for change in changes if change.kind == "add-action"] == [statement]


def test_a_switch_is_not_made_to_ask_for_both_of_its_positions() -> None:
    condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    scenario = world(policy({"Principal": {"AWS": ROLE}, "Action": "kms:CreateGrant", "Condition": condition}))
    changes = scenario.can("role/app", "kms:CreateGrant", context={"kms:GrantIsForAWSResource": False}).changes
    assert "add-value" not in [change.kind for change in changes]


MFA = {
    "Effect": "Deny",
    "Action": "kms:Decrypt",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}


@pytest.mark.parametrize("principal", ["role/app", "user/app"])
def test_a_second_factor_is_asked_for_and_its_guard_is_left_alone(principal: str) -> None:
    scenario = Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {"app": {"policy": policy(DELEGATION)}},
            "principals": {principal: {"policies": [policy({"Action": "kms:*"}, MFA)]}},
        }
    )
    changes = scenario.can(principal, "kms:Decrypt").changes
    assert changes[0].edit == {"context": {"aws:MultiFactorAuthPresent": "true"}}
    assert "remove-if-exists" not in [change.kind for change in changes]


def test_an_account_of_no_organization_is_said_to_be_one() -> None:
    condition = {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    denying = {"Effect": "Deny", "Action": "kms:Decrypt", "Condition": condition}
    (miss,) = near(world(policy(DELEGATION), policy({"Action": "kms:*"}, denying)))
    assert miss.endswith("the request has no value; the scenario describes no organization of account 111122223333")


def test_a_tag_that_is_to_be_that_of_the_caller_is_put_on_the_key() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    scenario = Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {"app": {"policy": policy(DELEGATION)}},
            "principals": {
                "role/app": {
                    "policies": [policy({"Action": "kms:Decrypt", "Condition": condition})],
                    "tags": {"team": "blue"},
                }
            },
        }
    )
    assert texts(scenario)[0] == "tag the key with `team`: `blue`"
    assert "the request has no value, aws:PrincipalTag/team `blue`" in near(scenario)[0]
