"""IAM groups of the same name in several accounts keep their own policies, whatever source they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.sources.groups import Groups
from kms_eval.sources.raw import Raw
from tests.sources.terraform.plans import ACCOUNT, change, configured, plan, policy, read, statement, world

OTHER = "444455556666"
KEY_ARN = "arn:aws:kms:eu-west-1:{}:key/11112222-3333-4444-5555-666677778888"


def authorization_details(account: str, action: str, *, group: str = "admins") -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    return {
        "UserDetailList": [
            {
                "UserName": "bob",
                "Path": "/",
                "UserId": "AIDAEXAMPLEBOB",
                "Arn": f"arn:aws:iam::{account}:user/bob",
                "GroupList": [group],
                "AttachedManagedPolicies": [],
            }
        ],
        "GroupDetailList": [
            {
                "GroupName": group,
                "Path": "/",
                "GroupId": "AGPAEXAMPLE",
                "Arn": f"arn:aws:iam::{account}:group/{group}",
                "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": document}],
                "AttachedManagedPolicies": [],
            }
        ],
        "RoleDetailList": [],
        "Policies": [],
    }


def key_of(account: str) -> dict[str, Any]:
    delegates = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [delegates]}
    return {"account": account, "keys": {f"of-{account}": {"arn": KEY_ARN.format(account), "policy": document}}}


def allowed(scenario: Scenario, key: str) -> dict[str, set[str]]:
    """What the user of each account may do with the key of that account."""
    return {
        account: {
            action
            for action in ("kms:Decrypt", "kms:Encrypt")
            if scenario.can(f"arn:aws:iam::{account}:user/bob", action, key=key.format(account))
        }
        for account in (ACCOUNT, OTHER)
    }


@pytest.mark.parametrize("first", [ACCOUNT, OTHER])
def test_groups_of_two_accounts_are_two_groups(tmp_path: Path, first: str) -> None:
    second = OTHER if first == ACCOUNT else ACCOUNT
    sources = []
    for account, action in ((first, "kms:Decrypt"), (second, "kms:Encrypt")):
        for name, value in (("iam", authorization_details(account, action)), ("key", key_of(account))):
            path = tmp_path / f"{account}-{name}.json"
            path.write_text(json.dumps(value), encoding="utf-8")
            sources.append(path)
    scenario = Scenario.load(sources)
    assert allowed(scenario, "of-{}") == {first: {"kms:Decrypt"}, second: {"kms:Encrypt"}}


def test_groups_of_two_accounts_in_one_plan_are_two_groups() -> None:
    changes, resources = [], []
    for provider, account, action in (("aws", ACCOUNT, "kms:Decrypt"), ("aws.other", OTHER, "kms:Encrypt")):
        told: dict[str, dict[str, object]] = {
            f"aws_iam_group.of{account}": _of(account, "group", "devs"),
            f"aws_iam_user.of{account}": _of(account, "user", "bob"),
            f"aws_iam_group_policy.of{account}": {"group": "devs", "name": "own", "policy": policy(_allows(action))},
            f"aws_iam_group_membership.of{account}": {"group": "devs", "users": ["bob"]},
            f"aws_kms_key.of{account}": {"arn": KEY_ARN.format(account), "policy": policy(_delegates(account))},
        }
        changes += [change(address, after) for address, after in told.items()]
        resources += [configured(address, provider) for address in told]
    value = plan(*changes, resources=resources)
    value["configuration"]["provider_config"]["aws.other"] = {
        "name": "aws",
        "alias": "other",
        "expressions": {"allowed_account_ids": {"constant_value": [OTHER]}},
    }
    assert allowed(world(read(value)), "aws_kms_key.of{}") == {ACCOUNT: {"kms:Decrypt"}, OTHER: {"kms:Encrypt"}}


def test_groups_of_two_accounts_in_two_states_are_two_groups(tmp_path: Path) -> None:
    sources = []
    for account, action in ((ACCOUNT, "kms:Decrypt"), (OTHER, "kms:Encrypt")):
        attributes = {
            "aws_iam_group": _of(account, "group", "devs"),
            "aws_iam_user": _of(account, "user", "bob"),
            "aws_iam_group_policy": {"group": "devs", "name": "own", "policy": policy(_allows(action))},
            "aws_iam_group_membership": {"group": "devs", "users": ["bob"]},
            "aws_kms_key": {"arn": KEY_ARN.format(account), "policy": policy(_delegates(account))},
        }
        resources = [
            {
                "mode": "managed",
                "type": kind,
                "name": f"of{account}",
                "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                "instances": [{"attributes": each}],
            }
            for kind, each in attributes.items()
        ]
        state = {"version": 4, "terraform_version": "1.9", "serial": 1, "lineage": "x", "resources": resources}
        sources.append(tmp_path / f"{account}.tfstate")
        sources[-1].write_text(json.dumps(state), encoding="utf-8")
    found = allowed(Scenario.load(sources), "aws_kms_key.of{}")
    assert found == {ACCOUNT: {"kms:Decrypt"}, OTHER: {"kms:Encrypt"}}


def _of(account: str, kind: str, name: str) -> dict[str, object]:
    return {"name": name, "arn": f"arn:aws:iam::{account}:{kind}/{name}"}


def _allows(action: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": "*"}


def _delegates(account: str) -> dict[str, object]:
    return statement(f"arn:aws:iam::{account}:root", "kms:*")


@pytest.mark.parametrize(
    "name", ["admins", f"arn:aws:iam::{ACCOUNT}:group/admins", f"arn:aws:iam::{ACCOUNT}:group/x/Admins"]
)
def test_a_group_is_the_same_by_its_name_in_any_case_and_by_its_arn(name: str) -> None:
    groups, first = Groups(), Raw()
    first.value |= {"account": ACCOUNT, "groups": {"Admins": {}}}
    groups.rename(first)
    later = Raw()
    later.value |= {"account": ACCOUNT, "groups": {name: {}}, "principals": {"user/bob": {"groups": [name]}}}
    groups.rename(later)
    assert later.value["groups"] == {"Admins": {}}
    assert later.section("principals") == {"user/bob": {"groups": ["Admins"]}}


@pytest.mark.parametrize(
    ("accounts", "names"),
    [
        ((ACCOUNT, None), ("admins", "admins")),
        ((None, ACCOUNT), ("admins", "admins")),
        ((None, ACCOUNT, OTHER), ("admins", "admins", f"admins ({OTHER})")),
        ((ACCOUNT, None, OTHER, None), ("admins", "admins", f"admins ({OTHER})", "admins")),
        ((ACCOUNT, OTHER, ACCOUNT, OTHER), ("admins", f"admins ({OTHER})", "admins", f"admins ({OTHER})")),
    ],
)
def test_a_source_without_an_account_is_about_the_first_account_that_has_the_group(
    accounts: tuple[str | None, ...], names: tuple[str, ...]
) -> None:
    groups, found = Groups(), []
    for account in accounts:
        raw = Raw()
        raw.value |= {"groups": {"admins": {}}} | ({"account": account} if account else {})
        groups.rename(raw)
        found += list(raw.section("groups"))
    assert tuple(found) == names


def test_what_a_program_passes_is_left_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "iam.json"
    source.write_text(json.dumps(authorization_details(OTHER, "kms:Encrypt")), encoding="utf-8")
    told: dict[str, Any] = {
        **key_of(ACCOUNT),
        "sources": [str(source)],
        "groups": {"ADMINS": {"policies": []}},
        "principals": {"user/eve": {"groups": ["ADMINS"]}},
    }
    before = json.dumps(told)
    Scenario.from_dict(told)
    assert json.dumps(told) == before
