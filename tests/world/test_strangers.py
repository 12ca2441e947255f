"""Users and roles that nothing in a world mentions."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import InputError, Scenario

ACCOUNT, ABROAD = "111122223333", "444455556666"
HERE = f"arn:aws:iam::{ACCOUNT}:"
SSO = f"{HERE}role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x"


def _policy(*principals: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """The default key policy, and a statement for those principals."""
    allow = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    statements: list[dict[str, Any]] = [allow | {"Principal": {"AWS": f"{HERE}root"}}]
    if principals or condition:
        statements.append(allow | {"Principal": {"AWS": list(principals) or "*"}})
        statements[-1] |= {"Condition": condition} if condition else {}
    return {"Version": "2012-10-17", "Statement": statements}


def _data(
    *principals: str,
    described: tuple[str, ...] = ("role/admin", "user/alice"),
    condition: dict[str, Any] | None = None,
    grants: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    key = {"policy": _policy(*principals, condition=condition), "grants": list(grants)}
    return {"account": ACCOUNT, "keys": {"app": key}, "principals": {name: {} for name in described}}


def _refused(data: dict[str, Any], principal: str, **fields: Any) -> str:
    with pytest.raises(InputError) as caught:
        Scenario.from_dict(data).can(principal, "kms:Decrypt", **fields)
    return str(caught.value)


@pytest.mark.parametrize(
    ("principal", "advice"),
    [
        ("role/admni", "did you mean `role/admin`?"),
        (f"{HERE}role/admni", "did you mean `role/admin`?"),
        ("role/Admin", "did you mean `role/admin`?"),
        ("role/path/admin", "did you mean `role/admin`?"),
        ("user/admin", "did you mean `role/admin`?"),
        ("assumed-role/admni/session", "did you mean `role/admin`?"),
        ("user/alic", "did you mean `user/alice`?"),
        ("role/AWSReservedSSO_x", f"did you mean `{SSO.removeprefix(HERE)}`?"),
        ("role/quite-another", "of that account it has `role/admin`, `user/alice`"),
    ],
)
def test_a_stranger_is_a_typing_error_with_the_nearest_names(principal: str, advice: str) -> None:
    said = _refused(_data(SSO), principal)
    assert "nothing in the scenario mentions `" in said
    assert advice in said
    assert "`--stranger`, `stranger: true`, `stranger=True`" in said
    assert "\n" not in said


def test_a_federated_user_is_a_stranger_if_the_user_who_makes_the_session_is() -> None:
    assert "did you mean `user/alice`?" in _refused(_data(), "user/alise", session={"name": "bob"})


@pytest.mark.parametrize(
    "principal",
    [
        "root",
        f"arn:aws:iam::{ABROAD}:root",
        "s3.amazonaws.com",
        "federated-user/bob",
        f"arn:aws:iam::{ABROAD}:role/somebody",
        f"arn:aws:iam::{ABROAD}:user/somebody",
        "assumed-role/admin/any-session",
        "assumed-role/ADMIN/any-session",
    ],
)
def test_root_users_services_outsiders_and_sessions_are_no_strangers(principal: str) -> None:
    assert Scenario.from_dict(_data()).can(principal, "kms:Decrypt", "app") is not None


@pytest.mark.parametrize(
    "data",
    [
        _data(f"{HERE}role/reader"),
        _data(f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/session"),
        _data(condition={"ArnEquals": {"aws:PrincipalArn": f"{HERE}role/reader"}}),
        _data(grants=({"GrantId": "g", "GranteePrincipal": f"{HERE}role/reader", "Operations": ["Decrypt"]},)),
    ],
    ids=["principal", "session", "condition", "grant"],
)
def test_whoever_a_policy_or_a_grant_names_in_full_is_no_stranger(data: dict[str, Any]) -> None:
    decision = Scenario.from_dict(data).can("role/reader", "kms:GetKeyPolicy")
    assert "principal-not-described" in [warned.code for warned in decision.warnings]


def test_whom_only_an_identity_policy_names_is_no_stranger() -> None:
    data = _data()
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"{HERE}role/reader"}
    data["principals"]["role/admin"] = {"policies": [{"Version": "2012-10-17", "Statement": statement}]}
    assert not Scenario.from_dict(data).can("role/reader", "kms:Decrypt")


def test_a_pattern_mentions_nobody() -> None:
    data = _data(condition={"ArnLike": {"aws:PrincipalArn": f"{HERE}role/read*"}})
    assert "nothing in the scenario mentions `role/reader`" in _refused(data, "role/reader")


def test_where_nobody_is_described_nobody_is_a_stranger() -> None:
    assert not Scenario.from_dict(_data(described=())).can("role/reader", "kms:Decrypt")


def test_a_name_belongs_to_one_role_of_an_account_whoever_is_described() -> None:
    """Role names are unique whatever their paths."""
    assert f"did you mean `{SSO.removeprefix(HERE)}`?" in _refused(_data(SSO, described=()), "role/AWSReservedSSO_x")


def test_a_misspelt_account_is_found_where_its_principals_are_described() -> None:
    data = _data(described=("role/admin", f"arn:aws:iam::{ABROAD}:role/partner"))
    assert f"did you mean `arn:aws:iam::{ABROAD}:role/partner`?" in _refused(data, "role/partner")


def test_a_stranger_who_is_meant_is_asked_about() -> None:
    asked = Scenario.from_dict(_data())
    decision = asked.can("role/nobody", "kms:Decrypt", stranger=True)
    assert decision.decision == "implicitDeny"
    assert [warned.code for warned in decision.warnings] == ["principal-not-described"]
    # That one was meant once does not make the next question one about a stranger.
    with pytest.raises(InputError):
        asked.can("role/nobody", "kms:Decrypt")


@pytest.mark.parametrize("by_field", [True, False])
def test_a_scenario_may_let_anybody_be_asked_about(by_field: bool) -> None:
    data = _data() | ({"strangers": True} if by_field else {})
    assert not Scenario.from_dict(data, strangers=not by_field).can("role/nobody", "kms:Decrypt")


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_whether_a_stranger_is_meant_is_true_or_false(value: object) -> None:
    tests = [{"principal": "role/x", "action": "kms:Decrypt", "expect": "denied", "stranger": value}]
    with pytest.raises(InputError, match=r"tests\[0\].stranger: expected true or false"):
        Scenario.from_dict(_data() | {"tests": tests})


@pytest.mark.parametrize("said", [{}, {"stranger": False}])
def test_a_test_about_a_stranger_is_a_fault_at_its_principal(said: dict[str, Any]) -> None:
    tests = [{"principal": "role/admni", "action": "kms:Decrypt", "expect": "denied", **said}]
    with pytest.raises(InputError, match=r"scenario: tests\[0\].principal: nothing .* \(did you mean `role/admin`\?"):
        Scenario.from_dict(_data() | {"tests": tests})


def test_a_test_may_mean_a_stranger() -> None:
    tests = [{"principal": "role/admni", "action": "kms:Decrypt", "expect": "denied", "stranger": True}]
    (case,) = Scenario.from_dict(_data() | {"tests": tests}).tests
    assert case.request.stranger


def test_while_principals_cannot_be_read_nobody_is_called_a_stranger() -> None:
    tests = [{"principal": "role/reader", "action": "kms:Decrypt", "expect": "denied"}]
    data = _data() | {"tests": tests}
    data["principals"] |= {"role/reader": {"polices": []}}
    with pytest.raises(InputError) as caught:
        Scenario.from_dict(data)
    assert [fault.message for fault in caught.value.faults] == ["unknown field `polices`"]


def test_a_name_that_only_begins_like_others_is_near_to_none() -> None:
    assert _refused(_data(described=("role/cd",)), "role/ab").startswith(
        "nothing in the scenario mentions `role/ab` (of that account it has `role/cd`;"
    )


def test_a_service_whose_name_is_nearly_another_is_asked_about_where_something_names_it() -> None:
    assert "did you mean `cloudtrail.amazonaws.com`?" in _refused(_data(), "cloudtrial.amazonaws.com")
    condition = {"StringEquals": {"aws:PrincipalServiceName": "cloudtrial.amazonaws.com"}}
    named = Scenario.from_dict(_data(condition=condition))
    assert not named.evaluator.caller("cloudtrial.amazonaws.com").stranger
    assert Scenario.from_dict(_data()).can("new-in-2031.amazonaws.com", "kms:Decrypt").decision == "implicitDeny"
