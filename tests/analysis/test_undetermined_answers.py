"""Whole-organization questions where something cannot be shown, or is open to everybody."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.analysis.access.grid import GridCell
from kms_eval.engine.masks import bit_of
from tests.analysis.asking_grids import (
    ABROAD,
    ACCOUNT,
    DELEGATES,
    answer,
    document,
    grid,
    grid_cell,
    scenario,
    statement,
)

REFUSED = {"unknown": "AccessDenied", "address": "kms:ListGrants"}
UNKNOWN = {"unknown": "known after apply", "address": "aws_iam_role.reader.arn"}
DECRYPTS = {"role/a": {"policies": [document(statement("kms:Decrypt"))]}}
VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


def said(found: GridCell, action: str = "kms:Decrypt") -> str:
    return found.answer(bit_of(action))


def with_grants(grants: object, principals: dict[str, Any] | None = None) -> Scenario:
    key = {"policy": document(DELEGATES), "grants": grants}
    return Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key}, "principals": principals or {"role/a": {}}})


def test_who_may_only_by_a_grant_that_is_unknown_is_undetermined() -> None:
    found = grid_cell(with_grants(REFUSED), "role/a")
    assert said(found) == "undetermined"
    assert said(found, "kms:PutKeyPolicy") == "never"


def test_who_may_whatever_is_unknown_may_always() -> None:
    assert said(grid_cell(with_grants(REFUSED, DECRYPTS), "role/a")) == "always"


def test_a_retirement_of_an_unknown_grant_is_undetermined() -> None:
    assert said(grid_cell(with_grants(REFUSED), "role/a"), "kms:RetireGrant") == "undetermined"


def test_an_unknown_policy_that_may_deny_leaves_nothing_allowed() -> None:
    policies = [document(statement("kms:Decrypt")), {"unknown": "AccessDenied", "address": "iam:GetRolePolicy"}]
    assert said(grid_cell(scenario(principals={"role/a": {"policies": policies}}), "role/a")) == "undetermined"


def test_a_condition_on_an_unknown_tag_is_undetermined_and_one_on_the_request_beside_it_a_condition() -> None:
    tagged = statement("kms:Decrypt", Condition={"StringEquals": {"aws:ResourceTag/project": "a"}})
    through = statement("kms:Encrypt", Condition=VIA_S3)
    principals = {"role/a": {"policies": [document(tagged, through)]}}
    key = {"policy": document(DELEGATES), "tags": {"unknown": "known after apply", "address": "aws_kms_key.app.tags"}}
    world = Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key}, "principals": principals})
    found = grid_cell(world, "role/a")
    assert (said(found), said(found, "kms:Encrypt")) == ("undetermined", "conditional")
    assert answer(world, "role/a", "kms:Decrypt").startswith("if unknown: aws_kms_key.app.tags and ")


def test_the_unknowns_of_keys_are_not_mixed_up() -> None:
    tagged = statement("kms:Decrypt", Condition={"StringEquals": {"aws:ResourceTag/project": "a"}})
    keys = {
        name: {"policy": document(DELEGATES), "tags": {"unknown": "known after apply", "address": f"key {name}"}}
        for name in ("one", "two")
    }
    principals = {"role/a": {"policies": [document(tagged)]}}
    world = Scenario.from_dict({"account": ACCOUNT, "keys": keys, "principals": principals})
    table, bit = grid(world.evaluator), bit_of("kms:Decrypt")
    who = grid_cell(world, "role/a", "one").asker
    residual = [table.residual(table.on(who, key), bit)[0][1] for key in world.world.keys.values()]
    assert [each.unknowns for each in residual] == [("key one",), ("key two",)]


def requesters(*statements: dict[str, Any]) -> Scenario:
    return scenario(DELEGATES, *({**each, "Principal": "*"} for each in statements))


def test_a_key_for_everybody_is_public_and_not_under_conditions() -> None:
    world = requesters(statement("kms:Decrypt"))
    assert said(grid_cell(world, "anyone at all")) == "public"
    assert answer(world, "anyone at all", "kms:Decrypt") == "public"


def test_what_is_asked_of_the_call_keeps_nobody_out() -> None:
    world = requesters(statement("kms:Decrypt", Condition=VIA_S3))
    assert said(grid_cell(world, "anyone at all")) == "public"
    assert answer(world, "anyone at all", "kms:Decrypt").startswith("public, if StringEquals kms:ViaService")


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-example"}},
        {"StringEquals": {"aws:SourceVpce": "vpce-0a"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    ],
)
def test_what_is_asked_of_who_asks_is_a_condition(condition: dict[str, Any]) -> None:
    world = requesters(statement("kms:Decrypt", Condition=condition))
    assert said(grid_cell(world, "anyone at all")) == "conditional"


def test_a_deny_for_outsiders_keeps_a_key_for_everybody_from_being_public() -> None:
    outside = {"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}}
    world = requesters(statement("kms:Decrypt"), statement("kms:Decrypt", "Deny", Condition=outside))
    assert said(grid_cell(world, "anyone at all")) == "conditional"


def test_a_foreign_account_is_not_the_public() -> None:
    world = scenario(DELEGATES, {**statement("kms:Decrypt"), "Principal": {"AWS": ABROAD}})
    assert said(grid_cell(world, f"anyone in account {ABROAD}")) == "conditional"


@pytest.mark.parametrize("principal", [UNKNOWN, {"AWS": UNKNOWN}, {"AWS": [UNKNOWN]}])
def test_whoever_an_unknown_principal_may_be_is_anyone_at_all(principal: object) -> None:
    key = {"policy": document(DELEGATES, statement("kms:Decrypt", Principal=principal))}
    world = Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key}, "principals": {"role/a": {}}})
    for finding in world.who_can("kms:Decrypt").findings:
        assert {each.person.label: each.answer for each in finding.answers}["anyone at all"] == "undetermined"


def test_an_unknown_principal_that_is_denied_adds_nobody() -> None:
    denied = {**statement("kms:Decrypt", Principal=UNKNOWN), "Effect": "Deny"}
    key = {"policy": document(DELEGATES, denied)}
    world = Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key}, "principals": {"role/a": {}}})
    assert "anyone at all" not in str(world.who_can("kms:Decrypt"))


@pytest.mark.parametrize("condition", [VIA_S3, {"StringEquals": {"aws:SourceVpc": "vpc-1"}}])
def test_a_deny_that_is_perhaps_there_is_avoided_by_requests_that_do_not_meet_its_condition(
    condition: dict[str, Any],
) -> None:
    perhaps = {**statement("kms:Decrypt", Principal="*", Condition=condition), "Effect": UNKNOWN}
    world = scenario(DELEGATES, perhaps, principals=DECRYPTS)
    assert world.can("role/a", "kms:Decrypt")
    assert said(grid_cell(world, "role/a")) == "conditional"
    without = {**statement("kms:Decrypt", Principal="*"), "Effect": UNKNOWN}
    assert said(grid_cell(scenario(DELEGATES, without, principals=DECRYPTS), "role/a")) == "undetermined"
