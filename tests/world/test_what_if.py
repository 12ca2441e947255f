"""Worlds with other policies."""

from __future__ import annotations

import pytest

from kms_eval import InputError
from kms_eval.documents.model import Policy, PolicyKind, Statement
from kms_eval.world.what_if import with_identity_policies, with_key_policies
from tests.analysis.asking_grids import ACCOUNT, document, scenario, statement

NEW = Policy("new", PolicyKind.KEY, None, None, (Statement(0, None, "Allow"),))


def test_a_key_has_the_other_policy_and_the_first_world_stays() -> None:
    world = scenario(aliases=["alias/app"]).world
    for name in ("app", "alias/app", world.keys["app"].arn):
        assert with_key_policies(world, {name: NEW}).keys["app"].policy is NEW
    assert world.keys["app"].policy is not NEW


def test_a_principal_has_those_policies_and_no_others() -> None:
    world = scenario(principals={"role/a": {"policies": [document(statement())], "tags": {"team": "blue"}}}).world
    changed = with_identity_policies(world, {"role/a": (NEW,)}).principals
    assert changed[f"arn:aws:iam::{ACCOUNT}:role/a"].policies == (NEW,)
    assert changed[f"arn:aws:iam::{ACCOUNT}:role/a"].tags == {"team": "blue"}


def test_a_stranger_gets_policies_only_where_strangers_are_meant() -> None:
    principals: dict[str, object] = {"role/admin": {}}
    with pytest.raises(InputError, match="did you mean `role/admin`"):
        with_identity_policies(scenario(principals=principals).world, {"role/admn": (NEW,)})
    world = scenario(principals=principals, strangers=True).world
    changed = with_identity_policies(world, {"user/new": ()}).principals
    assert changed[f"arn:aws:iam::{ACCOUNT}:user/new"].known


@pytest.mark.parametrize("name", ["root", "s3.amazonaws.com", "assumed-role/a/session", "federated-user/x"])
def test_who_has_no_identity_policies_gets_none(name: str) -> None:
    with pytest.raises(InputError, match="only users and roles have identity policies"):
        with_identity_policies(scenario(principals={"role/a": {}}).world, {name: (NEW,)})
