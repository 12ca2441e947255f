"""Users and roles get all of their identity policies, and entries for anyone else are refused."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.errors import InputError
from kms_eval.world.load import Loaded, from_dict
from kms_eval.world.model import Principal

HERE, THERE = "111122223333", "999999999999"


def allow(action: str, **more: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Allow", "Action": action, "Resource": "*", **more}}


def loaded(**sections: Any) -> Loaded:
    return from_dict({"account": HERE, **sections})


def principal(text: str, **sections: Any) -> Principal:
    return loaded(**sections).world.principals[text]


def fault(**sections: Any) -> str:
    with pytest.raises(InputError) as caught:
        loaded(**sections)
    (found,) = caught.value.faults
    return str(found).removeprefix("scenario: ")


def actions(of: Principal) -> list[str]:
    return [action for policy in of.policies for statement in policy.statements for action in statement.actions or ()]


@pytest.mark.parametrize(
    ("text", "arn", "kind", "name", "path"),
    [
        ("role/admin", f"arn:aws:iam::{HERE}:role/admin", "role", "admin", "/"),
        ("role/a/b/admin", f"arn:aws:iam::{HERE}:role/a/b/admin", "role", "admin", "/a/b/"),
        ("user/alice", f"arn:aws:iam::{HERE}:user/alice", "user", "alice", "/"),
        (f"arn:aws:iam::{THERE}:user/bob", f"arn:aws:iam::{THERE}:user/bob", "user", "bob", "/"),
    ],
)
def test_a_principal_is_known_by_its_arn(text: str, arn: str, kind: str, name: str, path: str) -> None:
    found = principal(arn, principals={text: {"tags": {"Team": "blue"}, "id": "AROAEXAMPLE"}})
    assert (found.arn, found.kind, found.name, found.path, found.known) == (arn, kind, name, path, True)
    assert found.account == arn.split(":")[4]
    assert (found.tags, found.id) == ({"Team": "blue"}, "AROAEXAMPLE")


def test_a_principal_may_have_nothing() -> None:
    found = principal(f"arn:aws:iam::{HERE}:role/x", principals={"role/x": {}})
    assert (found.policies, found.boundary, found.tags, found.id) == ((), None, {}, None)


def test_a_user_has_its_own_policies_then_those_of_its_groups_then_those_attached_to_it() -> None:
    alice = f"arn:aws:iam::{HERE}:user/alice"
    found = principal(
        alice,
        principals={"user/alice": {"policies": [allow("kms:A"), allow("kms:B")], "groups": ["two", "one"]}},
        groups={"one": {"policies": [allow("kms:E")]}, "two": {"policies": [allow("kms:C"), allow("kms:D")]}},
        attached_by_principal=[allow("kms:F", Principal={"AWS": alice})],
    )
    assert actions(found) == ["kms:A", "kms:B", "kms:C", "kms:D", "kms:E", "kms:F"]


def test_users_of_a_group_share_its_policies() -> None:
    world = loaded(
        principals={"user/a": {"groups": ["all"]}, "user/b": {"groups": ["all"]}},
        groups={"all": {"policies": [allow("kms:Decrypt")]}},
    ).world
    first, second = world.principals.values()
    assert first.policies[0] is second.policies[0]


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("root", {"policies": []}, "principals.root: the root user has no policies, groups, boundary or tags"),
        ("root", {"tags": {"a": "b"}}, "principals.root: the root user has no policies"),
        ("assumed-role/a/b", {}, "is a session, not a role (describe `role/a`; what a session has of its own"),
        (
            f"arn:aws:sts::{HERE}:federated-user/a",
            {},
            "is a federated user, who has no policies (describe the user who",
        ),
        ("s3.amazonaws.com", {}, "is an AWS service, which has no identity policies (leave it out)"),
        ("group/dev", {}, "is a group, which is never a principal"),
        ("admin", {}, "malformed principal `admin`"),
        ("role/*", {}, "and no wildcard"),
        ("role/x", {"groups": ["dev"]}, "principals.role/x.groups: a role is in no group"),
        ("user/x", {"groups": ["dev"]}, "principals.user/x.groups[0]: unknown group `dev` (did you mean `devs`?)"),
        ("user/x", {"groups": ["xyz"]}, "unknown group `xyz` (describe it in `groups`)"),
        ("role/x", {"id": 5}, "principals.role/x.id: expected a string"),
        ("role/x", {"permissions_boundary": ["a.json"]}, "permissions_boundary: expected a path, a policy document"),
        ("role/x", {"policy": []}, "unknown field `policy` (did you mean `policies`?)"),
    ],
)
def test_other_entries_are_refused(text: str, entry: Any, found: str) -> None:
    assert found in fault(principals={text: entry}, groups={"devs": {}})


def test_root_may_be_listed_with_nothing() -> None:
    assert loaded(principals={"root": {}}).world.principals == {}


def test_a_principal_is_described_once() -> None:
    text = f"arn:aws:iam::{HERE}:role/x"
    assert (
        fault(principals={"role/x": {}, text: {}}) == f"principals.{text}: `{text}` is described twice (it is `{text}`)"
    )


def test_names_that_cannot_both_exist_are_noticed() -> None:
    found = loaded(
        principals={"role/admin": {}, "role/team/Admin": {}, "user/admin": {}, f"arn:aws:iam::{THERE}:role/admin": {}}
    )
    (notice,) = found.notices
    assert notice.code == "principal-name-twice"
    assert "role/team/Admin` and `" in notice.message
    assert len(found.world.principals) == 4


# attached_by_principal


def test_a_statement_goes_to_those_its_principal_names_and_keeps_its_index() -> None:
    alice, admin = f"arn:aws:iam::{HERE}:user/alice", f"arn:aws:iam::{THERE}:role/a/admin"
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": [alice, admin]}, "Action": "kms:A", "Resource": "*"},
            {"Effect": "Deny", "Principal": {"AWS": [admin, admin]}, "Action": "kms:B", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": alice}, "Action": "kms:C", "Resource": "*"},
        ],
    }
    principals = loaded(attached_by_principal=[document]).world.principals
    assert actions(principals[alice]) == ["kms:A", "kms:C"]
    assert actions(principals[admin]) == ["kms:A", "kms:B"]
    (policy,) = principals[alice].policies
    assert [statement.index for statement in policy.statements] == [0, 2]
    assert all(statement.principals is None for statement in policy.statements)
    assert (policy.name, policy.version) == ("attached_by_principal[0]", "2012-10-17")
    assert principals[admin].known


def test_principals_with_the_same_statements_share_them() -> None:
    names = [f"arn:aws:iam::{HERE}:role/{name}" for name in "abc"]
    principals = loaded(attached_by_principal=[allow("kms:A", Principal={"AWS": names})]).world.principals
    assert len({id(found.policies[0]) for found in principals.values()}) == 1


def test_the_principal_is_said_to_be_odd_there_too() -> None:
    document = allow("kms:Sign", Principal={"AWS": f"arn:aws:iam::{HERE}:role/a"})
    assert [notice.code for notice in loaded(attached_by_principal=[document]).notices] == ["identity-policy-principal"]
    with pytest.raises(InputError):
        from_dict({"attached_by_principal": [document]}, strict=True)


def test_a_principal_elsewhere_also_has_to_match() -> None:
    role = f"arn:aws:iam::{HERE}:role/a"
    found = loaded(principals={"role/a": {"policies": [allow("kms:Sign", Principal={"AWS": role})]}})
    (statement,) = found.world.principals[role].policies[0].statements
    assert [entry.value for entry in statement.principals or ()] == [role]
    assert [notice.code for notice in found.notices] == ["identity-policy-principal"]


@pytest.mark.parametrize(
    ("element", "found"),
    [
        (
            {"AWS": f"arn:aws:sts::{HERE}:assumed-role/r/s"},
            "is a session, which has no identity policies (name its role `r`;",
        ),
        ({"AWS": f"arn:aws:sts::{HERE}:federated-user/b"}, "is a federated user, who has no identity policies"),
        ({"AWS": "AROAEXAMPLEID"}, "`AROAEXAMPLEID` is not the ARN of a user or role"),
        ({}, "the statement does not say in `Principal` whose it is"),
        (None, "the statement does not say in `Principal` whose it is"),
    ],
)
def test_a_statement_that_cannot_be_attached_is_refused(element: Any, found: str) -> None:
    document = allow("kms:A") if element is None else allow("kms:A", Principal=element)
    message = fault(attached_by_principal=[document])
    assert message.startswith("attached_by_principal[0].Statement")
    assert found in message


@pytest.mark.parametrize(
    "element", ["*", {"AWS": "*"}, {"AWS": HERE}, {"AWS": f"arn:aws:iam::{HERE}:root"}, {"Service": "s3.amazonaws.com"}]
)
def test_a_key_policy_is_not_attached_by_its_principals(element: Any) -> None:
    message = fault(attached_by_principal=[allow("kms:A", Principal=element)])
    assert message.startswith("attached_by_principal[0]: this is a key policy")


@pytest.mark.parametrize(
    ("element", "found"),
    [
        ("*", "the statement is for everyone, and cannot be attached (name users and roles, or attach"),
        ({"AWS": HERE}, f"`{HERE}` is a whole account, and a policy is attached to one user or role"),
        ({"Service": "s3.amazonaws.com"}, "the Service principal `s3.amazonaws.com` has no identity policies"),
    ],
)
def test_a_statement_for_somebody_else_is_refused_where_not_all_are_of_a_key_policy(element: Any, found: str) -> None:
    statements = [{"Effect": "Allow", "Action": "kms:A", "Resource": "*", "Principal": element}]
    statements.append({"Effect": "Allow", "Action": "kms:A", "Resource": "*"})
    with pytest.raises(InputError) as caught:
        loaded(attached_by_principal=[{"Version": "2012-10-17", "Statement": statements}])
    assert any(found in str(each) for each in caught.value.faults)
