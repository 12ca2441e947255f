"""Who is asked about, and what is known of them."""

from __future__ import annotations

import pytest

from kms_eval import InputError
from kms_eval.analysis.access.principals import asker_named, askers
from tests.analysis.asking_grids import ABROAD, ACCOUNT, DELEGATES, document, scenario, statement

S3 = "s3.amazonaws.com"


def names(*statements: object, **more: object) -> list[str]:
    return [each.label for each in askers(scenario(*statements, **more).evaluator)]  # type: ignore[arg-type]


def to(principal: object, effect: str = "Allow", **more: object) -> dict[str, object]:
    return {**statement("kms:Decrypt", effect, **more), "Principal": principal}


def test_described_principals_come_first_in_the_order_of_the_scenario() -> None:
    described: dict[str, object] = {"user/b": {}, "role/a": {}}
    assert names(DELEGATES, principals=described) == ["user/b", "role/a", "root", f"anyone in account {ACCOUNT}"]


@pytest.mark.parametrize(
    ("principal", "label"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/path/x", "role/path/x"),
        (f"arn:aws:iam::{ABROAD}:user/x", f"arn:aws:iam::{ABROAD}:user/x"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/x/s", "assumed-role/x/s"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/x", "federated-user/x"),
        (f"arn:aws:iam::{ABROAD}:root", f"arn:aws:iam::{ABROAD}:root"),
        (ABROAD, f"anyone in account {ABROAD}"),
        ("*", "anyone at all"),
    ],
)
def test_principals_of_key_policies_are_asked_about(principal: str, label: str) -> None:
    assert label in names(to({"AWS": principal}))


def test_services_are_asked_about() -> None:
    assert S3 in names(to({"Service": S3}))


def test_grantees_and_who_may_retire_are_asked_about() -> None:
    grants = [
        {
            "GrantId": "g1",
            "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/grantee",
            "RetiringPrincipal": f"arn:aws:iam::{ACCOUNT}:role/retiring",
            "Operations": ["Decrypt"],
        }
    ]
    assert {"role/grantee", "role/retiring"} <= set(names(DELEGATES, grants=grants))


def test_exact_names_in_conditions_are_asked_about_and_patterns_are_not() -> None:
    exact = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/x"}}
    pattern = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/y-*"}}
    found = names(to("*", Condition=exact), to("*", Condition=pattern))
    assert "role/x" in found
    assert not any("role/y" in name for name in found)


def test_accounts_in_conditions_are_asked_about() -> None:
    found = names(to("*", Condition={"StringEquals": {"kms:CallerAccount": ABROAD}}))
    assert f"anyone in account {ABROAD}" in found


def test_only_an_allow_speaks_to_anyone() -> None:
    found = names(DELEGATES, to("*", "Deny"), to({"AWS": ABROAD}, "Deny"))
    assert "anyone at all" not in found
    assert f"anyone in account {ABROAD}" not in found
    assert f"arn:aws:iam::{ABROAD}:root" in found


def test_ids_of_deleted_principals_are_nobody() -> None:
    assert names(to({"AWS": "AIDADELETED"})) == ["root"]


def test_nobody_is_listed_twice() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/a"
    found = names(to({"AWS": [arn, arn]}), principals={"role/a": {}})
    assert found.count("role/a") == 1


def test_only_described_principals_are_known() -> None:
    evaluator = scenario(to({"AWS": f"arn:aws:iam::{ACCOUNT}:role/b"}), principals={"role/a": {}}).evaluator
    known = {each.label: each.described for each in askers(evaluator)}
    assert known == {"role/a": True, "role/b": False, "root": True}


def test_a_principal_can_be_asked_about_that_nothing_mentions() -> None:
    evaluator = scenario().evaluator
    found = asker_named(evaluator, "role/new")
    assert (found.label, found.kind, found.described) == ("role/new", "role", False)
    with pytest.raises(InputError):
        asker_named(evaluator, "group/x")


def test_anyone_at_all_is_of_no_account_of_the_world() -> None:
    world = scenario(to("*"), principals={"arn:aws:iam::000000000000:role/a": {"policies": [document(statement())]}})
    anyone = next(each for each in askers(world.evaluator) if each.kind == "everyone")
    assert anyone.caller.account not in {ACCOUNT, "000000000000"}
