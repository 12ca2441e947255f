"""A check hangs on what no source could show: it is undetermined, and holds only where it holds whatever that is."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import Scenario
from tests.analysis.asking_grids import ACCOUNT, DELEGATES, document, statement

UNKNOWN = {"unknown": "known after apply", "address": "aws_kms_key.app"}
APP = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}
DECRYPTS = statement("kms:Decrypt")
DENIES = statement("kms:Decrypt", "Deny")


def world(
    *statements: dict[str, Any], key: dict[str, Any] | None = None, scp: object = None, **principal: object
) -> Scenario:
    policy = {"policy": document(*(statements or (DELEGATES,)))}
    levels = {"service_control_policies": [[scp]]} if scp is not None else {}
    member = {"path": "o-exampleorgid/r-ab12/", **levels}
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {**policy, **(key or {})}},
            "principals": {"role/app": principal},
            "organization": {
                "id": "o-exampleorgid", "management_account": "999999999999", "accounts": {ACCOUNT: member}
            },
        }
    )  # fmt: skip


def tagged(name: str) -> dict[str, Any]:
    return {**DECRYPTS, "Condition": {"StringEquals": {name: "blue"}}}


HANGING = {
    "the key policy": world(key={"policy": UNKNOWN}),
    "its grants": world(key={"grants": UNKNOWN}),
    "all identity policies": world(policies=UNKNOWN),
    "one identity policy": world(policies=[UNKNOWN]),
    "the boundary": world(policies=[document(DECRYPTS)], permissions_boundary=UNKNOWN),
    "a service control policy": world(policies=[document(DECRYPTS)], scp=UNKNOWN),
    "the tags of the principal": world({**tagged("aws:PrincipalTag/team"), "Principal": APP}, tags=UNKNOWN),
    "the tags of the key": world(policies=[document(tagged("aws:ResourceTag/team"))], key={"tags": UNKNOWN}),
    "whom a statement names": world({**DECRYPTS, "Principal": UNKNOWN}),
    "whom a Deny names": world({**DECRYPTS, "Principal": APP}, {**DENIES, "Principal": UNKNOWN}),
}


@pytest.mark.parametrize("scenario", HANGING.values(), ids=HANGING)
def test_what_hangs_on_an_unknown_neither_holds_nor_fails(scenario: Scenario) -> None:
    for check in ({"nobody": "role/app"}, {"only": ["root"]}, {"somebody": {"in": "role/app"}}):
        found = scenario.check(may="kms:Decrypt", **check)
        assert (found.verdict, bool(found)) == ("undetermined", False)
        assert found.open
        assert "aws_kms_key.app" in str(found)


def test_what_is_the_same_whatever_the_unknown_is_holds_or_fails() -> None:
    denied = world({**DELEGATES, "Effect": "Deny", "Principal": "*"}, policies=UNKNOWN)
    assert denied.check(nobody="role/app", may="kms:Decrypt").verdict == "holds"
    elsewhere = {"NotResource": "arn:aws:kms:*:*:key/*", "Effect": "Deny", "Action": "kms:*"}
    allowed = world({**DECRYPTS, "Principal": APP}, policies=[document(elsewhere)], key={"aliases": UNKNOWN})
    assert allowed.check(nobody="role/app", may="kms:Decrypt").verdict == "fails"
    assert allowed.check(somebody={"in": "role/app"}, may="kms:Decrypt").verdict == "holds"


@pytest.mark.parametrize("known", [[], [document(DECRYPTS)], [document(DECRYPTS, DENIES)]])
@pytest.mark.parametrize("beside", [[], [document(DENIES)], [document(DECRYPTS)]])
def test_a_settled_verdict_stays_when_the_unknown_becomes_known(known: list[Any], beside: list[Any]) -> None:
    before, after = world(policies=[UNKNOWN, *beside]), world(policies=[*known, *beside])
    for check in ({"nobody": "role/app"}, {"somebody": {"in": "role/app"}}):
        verdict = before.check(may="kms:Decrypt", **check).verdict
        assert verdict in {"undetermined", after.check(may="kms:Decrypt", **check).verdict}


def test_an_unknown_is_said_once_with_its_reason_its_address_and_its_remedy() -> None:
    unread = {"unknown": "not read", "address": "GetKeyPolicy of app", "remedy": "allow kms:GetKeyPolicy"}
    found = world(key={"policy": unread}).check(only="root", may="kms:Decrypt")
    assert found.open == ("GetKeyPolicy of app: not read; allow kms:GetKeyPolicy",)


def test_a_check_shows_in_one_line_what_to_look_at() -> None:
    failing = world({**DECRYPTS, "Principal": APP}).check(nobody="role/app", may="kms:Decrypt")
    assert f"kms-eval can {APP['AWS']} kms:Decrypt --key app" in repr(failing)
    assert "aws_kms_key.app: known after apply" in repr(HANGING["the key policy"].check(nobody="role/app", may="kms:*"))
