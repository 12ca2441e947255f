"""A plan within an account: what it attaches is there already, and what it has for itself alone takes others away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kms_eval import Scenario
from kms_eval.errors import InputError
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

_MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/sign"
_KEY = change("aws_kms_key.k", {"policy": policy(statement(ROOT, "kms:*"))})


def _allows(action: str) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


_DETAILS = {
    "UserDetailList": [],
    "GroupDetailList": [],
    "RoleDetailList": [
        {
            "RoleName": "r",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/r",
            "RolePolicyList": [
                {"PolicyName": "old", "PolicyDocument": _allows("kms:Decrypt")},
                {"PolicyName": "kept", "PolicyDocument": _allows("kms:Encrypt")},
            ],
            "AttachedManagedPolicies": [{"PolicyName": "sign", "PolicyArn": _MANAGED}],
        }
    ],
    "Policies": [
        {
            "Arn": _MANAGED,
            "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "Document": _allows("kms:Sign")}],
        }
    ],
}
_ROLE = {"name": "r", "id": "r", "arn": f"arn:aws:iam::{ACCOUNT}:role/r"}


def _both(folder: Path, value: object) -> Scenario:
    (folder / "account.json").write_text(json.dumps(_DETAILS), encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps(value), encoding="utf-8")
    return Scenario.load([folder / "account.json", folder / "plan.json"])


def _allowed(scenario: Scenario, principal: str = "role/r") -> set[str]:
    actions = ("kms:Decrypt", "kms:Encrypt", "kms:Sign")
    return {action for action in actions if scenario.can(principal, action, key="aws_kms_key.k")}


@pytest.mark.parametrize(
    ("more", "allowed"),
    [
        ([], {"kms:Decrypt", "kms:Encrypt", "kms:Sign"}),
        ([change("aws_iam_role_policies_exclusive.e", {"role_name": "r", "policy_names": ["kept"]})],
         {"kms:Encrypt", "kms:Sign"}),
        ([change("aws_iam_role_policy_attachments_exclusive.e", {"role_name": "r", "policy_arns": []})],
         {"kms:Decrypt", "kms:Encrypt"}),
        ([change("aws_iam_role_policies_exclusive.e", {"role_name": "r", "policy_names": []}),
          change("aws_iam_role_policy_attachments_exclusive.f", {"role_name": "r", "policy_arns": [_MANAGED]})],
         {"kms:Sign"}),
    ],
)  # fmt: skip
def test_what_is_exclusive_takes_away_others_of_its_kind(
    tmp_path: Path, more: list[dict[str, object]], allowed: set[str]
) -> None:
    assert _allowed(_both(tmp_path, plan(_KEY, change("aws_iam_role.r", _ROLE, before=_ROLE), *more))) == allowed


@pytest.mark.parametrize(
    ("member", "allowed"),
    [
        ({"managed_policy_arns": []}, {"kms:Decrypt", "kms:Encrypt"}),
        ({"inline_policy": [{"name": "kept", "policy": json.dumps(_allows("kms:Encrypt"))}]},
         {"kms:Encrypt", "kms:Sign"}),
    ],
)  # fmt: skip
def test_members_of_a_role_that_are_exclusive_do_so_where_they_are_configured(
    tmp_path: Path, member: dict[str, object], allowed: set[str]
) -> None:
    role = change("aws_iam_role.r", {**_ROLE, **member}, before=_ROLE)
    resources = [configured("aws_iam_role.r", **{name: {} for name in member})]  # type: ignore[arg-type]  # expressions
    assert _allowed(_both(tmp_path, plan(_KEY, role, resources=resources))) == allowed


def test_an_inline_policy_that_stays_and_that_nothing_shows_is_unknown() -> None:
    exclusive = change("aws_iam_role_policies_exclusive.e", {"role_name": "r", "policy_names": ["elsewhere"]})
    raw = read(plan(_KEY, change("aws_iam_role.r", _ROLE), exclusive))
    policies = raw.section("principals")[str(_ROLE["arn"])]["policies"]  # type: ignore[index]  # made by the reader
    assert {name: each.address for name, each in policies.beside({}).items()} == {"elsewhere": "r elsewhere"}


@pytest.mark.parametrize("name", ["attached", "boundary"])
def test_a_managed_policy_that_the_account_shows_is_known_to_the_plan(tmp_path: Path, name: str) -> None:
    role: dict[str, object] = {"name": "n"}
    more = [change("aws_iam_role_policy_attachment.a", {"role": "n", "policy_arn": _MANAGED})]
    if name == "boundary":
        role["permissions_boundary"] = _MANAGED
        more.append(change("aws_iam_role_policy.p", {"name": "p", "role": "n", "policy": json.dumps(_allows("kms:*"))}))
    scenario = _both(tmp_path, plan(_KEY, change("aws_iam_role.n", role), *more))
    assert _allowed(scenario, "role/n") == {"kms:Sign"}
    decision = scenario.can("role/n", "kms:Sign", key="aws_kms_key.k")
    said = [each for layer in decision.explanation.layers for each in layer.statements if each.policy == "sign"]
    assert {each.location.file for each in said if each.location} == {str(tmp_path / "account.json")}


def test_a_policy_of_a_role_that_cannot_be_told_may_be_that_of_any_role_that_is_not_made_yet() -> None:
    unknown = {"id": True, "arn": True}
    changes = [
        _KEY,
        change("aws_iam_role.new", {"name": "new"}, unknown=unknown),
        change("aws_iam_role.r", _ROLE, before=_ROLE),
        change(
            "aws_iam_role_policy.p", {"name": "p", "policy": json.dumps(_allows("kms:Decrypt"))}, unknown={"role": True}
        ),
    ]
    raw = read(plan(*changes, resources=[configured("aws_iam_role_policy.p", role=refers("local.role"), policy={})]))
    assert "aws_iam_role_policy.p.role is not known before apply: whose policy it is, cannot be told" in raw.notices
    asked = world(raw)
    decision = asked.can("role/new", "kms:Decrypt", key="aws_kms_key.k")
    assert [each.address for each in decision.explanation.unknowns] == ["aws_iam_role_policy.p.role"]
    assert asked.can("role/new", "kms:Encrypt", key="aws_kms_key.k").decision == "implicitDeny"
    assert asked.can("role/r", "kms:Decrypt", key="aws_kms_key.k").decision == "implicitDeny"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([change("aws_iam_role.a", {"name": "x"}), change("aws_iam_role.b", {"name": "X"})],
         "aws_iam_role.b.name: `X` is the name of aws_iam_role.a already"),
        ([change("aws_kms_key.k", {"policy": "plan.json"})],
         "aws_kms_key.k.policy: is no policy: expected the text of one"),
    ],
)  # fmt: skip
def test_what_aws_would_refuse_is_one_line(changes: list[dict[str, object]], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(plan(*changes))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
