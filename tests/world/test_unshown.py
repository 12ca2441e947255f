"""Entries of `principals` called ``*``: everybody of an account whom no source could show."""

from __future__ import annotations

import pytest

from kms_eval import InputError, Scenario
from kms_eval.world.names import resolve_caller

ACCOUNT = "111122223333"
UNKNOWN = {"unknown": "refused: AccessDenied", "address": "users and roles"}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/named"]},
            "Action": "kms:*",
            "Resource": "*",
        },
        {"Effect": "Deny", "Principal": "*", "Action": "kms:DeleteAlias", "Resource": "*"},
    ],
}


def scenario(principals: dict[str, object]) -> Scenario:
    return Scenario.from_dict({"account": ACCOUNT, "keys": {"app": {"policy": POLICY}}, "principals": principals})


@pytest.mark.parametrize("name", ["*", f"arn:aws:iam::{ACCOUNT}:*"])
def test_whoever_is_not_described_may_have_anything(name: str) -> None:
    world = scenario({name: UNKNOWN, "role/plain": {}})
    assert world.can("role/plain", "kms:Decrypt").decision == "implicitDeny"
    for principal in ("role/named", "role/any", "user/any", "assumed-role/any/session"):
        decision = world.can(principal, "kms:Decrypt")
        assert decision.decision == "undetermined"
        assert [each.reason for each in decision.explanation.unknowns] == ["refused: AccessDenied"]
    assert world.can("role/any", "kms:DeleteAlias").decision == "explicitDeny"


def test_their_tags_are_unknown_and_their_names_are_not() -> None:
    world = scenario({"*": UNKNOWN}).world
    person = resolve_caller(world, "role/team/any").principal
    assert person is not None
    assert {*person.unknowns} == {"aws:principaltag/", "aws:userid"}
    assert person.path == "/team/"


@pytest.mark.parametrize("principals", [{"*": {"policies": []}}, {"*": None}])
def test_it_says_nothing_but_that_they_are_unknown(principals: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"principals.\*: nobody is called `\*`"):
        scenario(principals)
