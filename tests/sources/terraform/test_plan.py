"""What a plan tells: keys, principals, policies, before and after; what is not known yet and what is taken away."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.errors import InputError
from kms_eval.formats.unknown import Unknown, unknown_in
from kms_eval.sources.merging import merged
from tests.sources.terraform.plans import (
    ACCOUNT,
    ROOT,
    change,
    configured,
    plan,
    policy,
    read,
    refers,
    statement,
    world,
)

KEY = "aws_kms_key.app"
KEY_ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
USE = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}


def test_a_key_without_a_policy_has_the_default_one() -> None:
    raw = read(plan(change(KEY, {}, unknown={"arn": True, "policy": True}), resources=[configured(KEY)]))
    assert world(raw).can("root", "kms:PutKeyPolicy", key=KEY)


def test_a_policy_known_only_after_apply_is_no_default_policy() -> None:
    value = plan(
        change(KEY, {}, unknown={"policy": True}),
        change("aws_iam_role.r", {"name": "r"}, unknown={"arn": True}),
        resources=[configured(KEY, policy=refers("aws_iam_role.r.arn", "aws_iam_role.r"))],
    )
    found: Any = read(value).value["keys"]
    unknown = found[KEY]["policy"]
    assert isinstance(unknown, Unknown)
    assert unknown.address == "aws_kms_key.app.policy"
    assert "jsonencode" in unknown.remedy


def test_a_policy_resource_replaces_the_policy_of_its_key() -> None:
    value = plan(
        change(KEY, {}, unknown={"arn": True, "policy": True}),
        change("aws_kms_key_policy.p", {"policy": policy(statement(ROOT, "kms:Decrypt"))}, unknown={"key_id": True}),
        resources=[
            configured(KEY),
            configured("aws_kms_key_policy.p", key_id=refers("aws_kms_key.app.id", "aws_kms_key.app")),
        ],
    )
    found = world(read(value))
    assert found.can("root", "kms:Decrypt", key=KEY)
    assert not found.can("root", "kms:PutKeyPolicy", key=KEY)


def test_decisions_from_a_plan_equal_those_from_a_scenario_by_hand() -> None:
    value = plan(
        change(KEY, {"tags": {"team": "blue"}}, unknown={"arn": True, "key_id": True, "policy": True}),
        change("aws_kms_alias.a", {"name": "alias/app"}, unknown={"target_key_id": True}),
        change("aws_iam_role.worker", {"name": "worker", "path": "/", "tags": {"team": "blue"}}, unknown={"arn": True}),
        change("aws_iam_role_policy.use", {"name": "use", "policy": policy(USE)}, unknown={"role": True}),
        change("aws_iam_user.alice", {"name": "alice", "path": "/"}, unknown={"arn": True}),
        change(
            "aws_kms_grant.g",
            {"operations": ["Encrypt"], "constraints": [{"encryption_context_equals": {"a": "b"}}]},
            unknown={"key_id": True, "grantee_principal": True, "grant_id": True, "id": True, "constraints": [{}]},
        ),
        resources=[
            configured(KEY),
            configured("aws_kms_alias.a", target_key_id=refers("aws_kms_key.app.key_id", "aws_kms_key.app")),
            configured("aws_iam_role_policy.use", role=refers("aws_iam_role.worker.id", "aws_iam_role.worker")),
            configured(
                "aws_kms_grant.g",
                key_id=refers("aws_kms_key.app.key_id", "aws_kms_key.app"),
                grantee_principal=refers("aws_iam_user.alice.arn", "aws_iam_user.alice"),
            ),
        ],
    )
    by_hand = Scenario.from_dict(
        {
            "account": ACCOUNT,
            "region": "eu-west-1",
            "keys": {
                KEY: {
                    "policy": {
                        "Version": "2012-10-17",
                        "Statement": [statement(ROOT, "kms:*")],
                    },
                    "aliases": ["alias/app"],
                    "tags": {"team": "blue"},
                    "grants": [
                        {
                            "GrantId": "aws_kms_grant.g",
                            "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:user/alice",
                            "Operations": ["Encrypt"],
                            "Constraints": {"EncryptionContextEquals": {"a": "b"}},
                        }
                    ],
                }
            },
            "principals": {
                "role/worker": {
                    "policies": [{"Version": "2012-10-17", "Statement": [USE]}],
                    "tags": {"team": "blue"},
                },
                "user/alice": {},
            },
        }
    )
    found = world(read(value))
    for who in ("role/worker", "user/alice", "root"):
        for action in ("kms:Decrypt", "kms:Encrypt", "kms:PutKeyPolicy"):
            for context in ({}, {"a": "b"}):
                mine = found.can(who, action, key="alias/app", encryption_context=context)
                theirs = by_hand.can(who, action, key="alias/app", encryption_context=context)
                assert (mine.decision, mine.reason_code) == (theirs.decision, theirs.reason_code)


def test_a_document_read_during_apply_is_put_together_from_its_statements() -> None:
    data = "data.aws_iam_policy_document.p"
    value = plan(
        change(KEY, {}, unknown={"arn": True, "policy": True}),
        change("aws_iam_role.worker", {"name": "worker", "path": "/app/"}, unknown={"arn": True}),
        change(
            data,
            {
                "statement": [
                    {
                        "sid": "Use",
                        "actions": ["kms:Decrypt"],
                        "resources": ["*"],
                        "principals": [{"type": "AWS", "identifiers": [None, ROOT]}],
                        "condition": [
                            {
                                "test": "StringEquals",
                                "variable": "kms:EncryptionContext:a",
                                "values": ["&{aws:username}"],
                            }
                        ],
                    }
                ]
            },
            unknown={"json": True, "statement": [{"principals": [{"identifiers": [True, False]}]}]},
            mode="data",
        ),
        resources=[
            configured(KEY, policy=refers(f"{data}.json", data)),
            configured(
                data,
                statement=[{"principals": [{"identifiers": refers("aws_iam_role.worker.arn", "aws_iam_role.worker")}]}],
            ),
        ],
    )
    raw = read(value)
    found: Any = raw.value["keys"]
    assert found[KEY]["policy"]["Statement"] == [
        {
            "Sid": "Use",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": ["*"],
            "Principal": {"AWS": [ROOT, f"arn:aws:iam::{ACCOUNT}:role/app/worker"]},
            "Condition": {"StringEquals": {"kms:EncryptionContext:a": ["${aws:username}"]}},
        }
    ]
    assert any("aws_iam_role.worker.arn is taken to be" in word for word in raw.notices)


def test_a_part_of_a_document_that_nothing_tells_is_unknown_by_its_path() -> None:
    data = "data.aws_iam_policy_document.p"
    value = plan(
        change(KEY, {}, unknown={"policy": True}),
        change(
            data,
            {"statement": [{"actions": ["kms:Decrypt"], "principals": [{"type": "AWS", "identifiers": [None]}]}]},
            unknown={"json": True, "statement": [{"principals": [{"identifiers": [True]}]}]},
            mode="data",
        ),
        resources=[
            configured(KEY, policy=refers(f"{data}.json", data)),
            configured(data, statement=[{"principals": [{"identifiers": refers("local.who")}]}]),
        ],
    )
    found: Any = read(value).value["keys"]
    (entry,) = found[KEY]["policy"]["Statement"][0]["Principal"]["AWS"]
    assert isinstance(entry, Unknown)
    assert entry.address == "data.aws_iam_policy_document.p.statement[0].principals[0].identifiers"


def test_before_is_what_was_there_and_after_takes_it_away() -> None:
    was = {"role": "worker", "policy_arn": f"arn:aws:iam::{ACCOUNT}:policy/use"}
    value = plan(
        change(KEY, None, before={"arn": KEY_ARN, "policy": policy(statement(ROOT, "kms:*"))}),
        change("aws_iam_role.worker", {"name": "worker", "arn": ROLE}, before={"name": "worker", "arn": ROLE}),
        change("aws_iam_role_policy_attachment.a", None, before=was),
    )
    before: Any = read(value, before=True).value
    after: Any = read(value).value
    assert "state" not in before["keys"][KEY]
    assert after["keys"][KEY]["state"] == "PendingDeletion"
    assert isinstance(before["principals"][ROLE]["policies"][was["policy_arn"]], Unknown)
    assert after["principals"][ROLE]["policies"] == {was["policy_arn"]: None}


def test_a_role_that_is_managed_elsewhere_only_loses_what_the_plan_attached() -> None:
    was = {"name": "use", "role": "worker", "policy": policy(USE)}
    raw = read(plan(change("aws_iam_role_policy.use", None, before=was)))
    assert raw.value["principals"] == {ROLE: {"policies": {"use": None}}}
    assert raw.gaps["principals", ROLE, "policies"].reason == "not in this plan or state"


def test_a_sensitive_policy_is_unknown_and_says_how_to_show_it() -> None:
    value = plan(change(KEY, {"arn": KEY_ARN, "policy": policy()}, sensitive={"policy": True}))
    found: Any = read(value).value["keys"]
    assert found[KEY]["policy"].reason == "marked sensitive"
    assert "nonsensitive" in found[KEY]["policy"].remedy


def test_references_go_through_modules_both_ways() -> None:
    key = 'module.keys["a"].aws_kms_key.this[0]'
    value = plan(
        change(key, {}, unknown={"arn": True, "policy": True}),
        change("module.use.aws_kms_alias.a", {"name": "alias/app"}, unknown={"target_key_id": True}),
    )
    value["configuration"]["root_module"] = {
        "module_calls": {
            "keys": {
                "module": {
                    "outputs": {"id": {"expression": refers("aws_kms_key.this[0].id", "aws_kms_key.this[0]")}},
                    "resources": [configured("aws_kms_key.this")],
                }
            },
            "use": {
                "expressions": {"key": refers('module.keys["a"].id', 'module.keys["a"]')},
                "module": {"resources": [configured("aws_kms_alias.a", target_key_id=refers("var.key"))]},
            },
        }
    }
    found: Any = read(value).value["keys"]
    assert found[key]["aliases"] == {"alias/app": True}


def test_objects_that_moved_go_by_their_new_address_and_deposed_ones_are_only_before() -> None:
    old = {"arn": KEY_ARN, "policy": policy(statement(ROOT, "kms:*"))}
    value = plan(
        change(KEY, old, before=old, previous_address="aws_kms_key.old"),
        change("aws_iam_role.r", None, before={"name": "gone", "arn": f"{ROLE}2"}, deposed="abcd1234"),
    )
    before: Any = read(value, before=True).value
    after: Any = read(value).value
    assert list(before["keys"]) == list(after["keys"]) == [KEY]
    assert before["principals"].keys() == {f"{ROLE}2"}
    assert after["principals"] == {f"{ROLE}2": None}


def test_every_provider_has_its_account_and_region() -> None:
    value = plan(
        change("aws_kms_key.west", {}, unknown={"arn": True, "policy": True}),
        resources=[configured("aws_kms_key.west", provider="aws.west")],
    )
    value["configuration"]["provider_config"]["aws.west"] = {
        "name": "aws",
        "alias": "west",
        "expressions": {
            "region": refers("var.region"),
            "assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::111122223333:role/deploy"}}],
        },
    }
    value["variables"] = {"region": {"value": "us-west-2"}}
    found: Any = read(value).value["keys"]
    entry = found["aws_kms_key.west"]
    assert (entry["account"], entry["region"]) == ("111122223333", "us-west-2")


def test_where_nothing_tells_the_account_another_stands_in_and_that_is_said() -> None:
    value = plan(change(KEY, {}, unknown={"arn": True, "policy": True}))
    value["configuration"] = {}
    assert any("stands in" in word for word in read(value).notices)
    assert not any("account" in word for word in read(value, account="111122223333").notices)


def test_managed_policies_reach_roles_users_and_groups() -> None:
    policy_arn = f"arn:aws:iam::{ACCOUNT}:policy/use"
    known = {"name": "use", "arn": policy_arn, "policy": policy(USE)}
    value = plan(
        change("aws_iam_policy.use", known),
        change("aws_iam_role.worker", {"name": "worker", "arn": ROLE}),
        change("aws_iam_group.g", {"name": "devs"}),
        change("aws_iam_user.u", {"name": "bob", "arn": f"arn:aws:iam::{ACCOUNT}:user/bob"}),
        change("aws_iam_user_group_membership.m", {"user": "bob", "groups": ["devs"]}),
        change("aws_iam_policy_attachment.a", {"roles": ["worker"], "groups": ["devs"], "policy_arn": policy_arn}),
        change(KEY, {"arn": KEY_ARN, "policy": policy(statement(ROOT, "kms:*"))}),
    )
    found = world(read(value))
    assert found.can("role/worker", "kms:Decrypt", key=KEY)
    assert found.can("user/bob", "kms:Decrypt", key=KEY)


def test_inline_policy_blocks_and_boundaries_count() -> None:
    role = {
        "name": "worker",
        "arn": ROLE,
        "inline_policy": [{"name": "use", "policy": policy(USE)}],
        "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/b",
    }
    boundary = {"name": "b", "arn": f"arn:aws:iam::{ACCOUNT}:policy/b", "policy": policy({**USE, "Action": "s3:*"})}
    value = plan(
        change("aws_iam_role.worker", role),
        change("aws_iam_policy.b", boundary),
        change(KEY, {"arn": KEY_ARN, "policy": policy(statement(ROOT, "kms:*"))}),
    )
    decision = world(read(value)).can("role/worker", "kms:Decrypt", key=KEY)
    assert decision.reason_code == "no-permissions-boundary-allows"


def test_organization_policies_stand_at_the_level_of_their_target() -> None:
    deny = policy({"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"})
    value = plan(
        change(
            "aws_organizations_organization.o",
            {
                "id": "o-exampleorgid",
                "master_account_id": "999999999999",
                "roots": [{"id": "r-ab12"}],
                "accounts": [{"id": ACCOUNT}, {"id": "999999999999"}],
            },
        ),
        change("aws_organizations_account.a", {"id": ACCOUNT, "parent_id": "ou-ab12-11111111"}),
        change("aws_organizations_organizational_unit.u", {"id": "ou-ab12-11111111", "parent_id": "r-ab12"}),
        change("aws_organizations_policy.p", {"id": "p-1", "content": deny, "type": "SERVICE_CONTROL_POLICY"}),
        change("aws_organizations_policy_attachment.x", {"policy_id": "p-1", "target_id": "ou-ab12-11111111"}),
    )
    found: Any = merged([read(value)]).value["organization"]
    entry = found["accounts"][ACCOUNT]
    assert entry["path"] == "o-exampleorgid/r-ab12/ou-ab12-11111111/"
    # What else hangs there no plan tells: AWS Organizations attaches FullAWSAccess by itself, and people detach it.
    levels = entry["service_control_policies"]
    assert [[unknown_in(each) is not None for each in level] for level in levels] == [[True], [True, False], [True]]
    assert levels[1][1] == deny


def test_endpoints_of_other_services_are_left_out() -> None:
    value = plan(
        change(
            "aws_vpc_endpoint.kms",
            {"id": "vpce-1", "service_name": "com.amazonaws.eu-west-1.kms", "policy": policy(USE)},
        ),
        change("aws_vpc_endpoint.s3", {"id": "vpce-2", "service_name": "com.amazonaws.eu-west-1.s3"}),
    )
    found: Any = read(value).value["vpc_endpoints"]
    assert found == {"vpce-1": {"policy": policy(USE)}}


def test_a_place_in_a_plan_is_called_by_its_address() -> None:
    raw = read(plan(change(KEY, {"arn": KEY_ARN, "policy": policy()})))
    origin = raw.origins.nearest(("keys", KEY, "policy"))
    assert origin is not None
    assert origin.place.location().field == "aws_kms_key.app.policy"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"format_version": "2.0", "resource_changes": []}, "format version `2.0`"),
        ({"format_version": "1.2", "errored": True, "resource_changes": []}, "a run that failed"),
        ({"encrypted_data": "x", "serial": 1, "lineage": "a"}, "encrypted state"),
        ({"version": 3, "serial": 1, "lineage": "a", "modules": []}, "version `3`"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(value: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_policy_of_a_key_that_is_only_looked_up_is_left_out_and_said() -> None:
    looked_up = change("data.aws_kms_key.k", {"key_id": "alias/app"}, unknown={"arn": True, "id": True}, mode="data")
    changes = [looked_up, change("aws_kms_key_policy.p", {"policy": policy()}, unknown={"key_id": True})]
    resources = [configured("aws_kms_key_policy.p", key_id=refers("data.aws_kms_key.k.id", "data.aws_kms_key.k"))]
    raw = read(plan(*changes, resources=resources))
    assert not raw.value.get("keys")
    assert "aws_kms_key_policy.p.key_id is not known before apply: aws_kms_key_policy.p is left out" in raw.notices


@pytest.mark.parametrize("key", ["alias/theirs", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/theirs"])
def test_a_grant_on_a_key_that_only_an_alias_elsewhere_names_is_left_out_and_that_is_said(key: str) -> None:
    grant = {"name": "g", "key_id": key, "grantee_principal": ROLE, "operations": ["Decrypt"]}
    raw = read(plan(change("aws_kms_grant.g", grant)))
    assert not raw.section("keys")
    assert f"aws_kms_grant.g: the key of `{key}` is not in this plan: aws_kms_grant.g is left out" in raw.notices
