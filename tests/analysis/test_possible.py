"""Conditional answers that no request can meet are none."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.analysis.access.grid import Grid
from kms_eval.analysis.access.principals import asker_named
from kms_eval.engine.masks import bit_of
from kms_eval.scenario import Scenario
from kms_eval.world.request import Request

DECRYPT = bit_of("kms:Decrypt")


def answer(*statements: tuple[str, dict[str, Any]]) -> str:
    written = [
        {"Effect": effect, "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": "kms:Decrypt",
         "Resource": "*", "Condition": condition}
        for effect, condition in statements
    ]  # fmt: skip
    scenario = Scenario.from_dict(
        {
            "account": "123456789012",
            "keys": {"key": {"policy": {"Version": "2012-10-17", "Statement": written}}},
            "principals": {"role/app": {}},
        }
    )
    grid = Grid(scenario.evaluator, Request("arn:aws:iam::000000000000:root", "kms:ListKeys"))
    grid_cell = grid.on(asker_named(scenario.evaluator, "role/app"), scenario.world.keys["key"])
    return "always" if grid_cell.always & DECRYPT else "conditional" if grid_cell.sometimes & DECRYPT else "never"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, {"StringLike": {"kms:ViaService": "e*"}}),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/7"}}),
        ({"Null": {"aws:SourceVpce": "true"}}, {"StringLike": {"aws:SourceVpce": "vpce-*"}}),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": 5}}, {"NumericGreaterThan": {"aws:MultiFactorAuthAge": 5}}),
    ],
)  # fmt: skip
def test_a_condition_that_contradicts_itself_lets_nobody_in(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert answer(("Allow", {**one, **other})) == "never"
    assert answer(("Allow", one)) == "conditional"
    assert answer(("Allow", one), ("Allow", other)) == "conditional"


def test_a_deny_of_all_that_is_allowed_leaves_nothing() -> None:
    within = {"StringLike": {"kms:ViaService": "s3.us-*"}}
    around = {"StringLike": {"kms:ViaService": "s3.*"}}
    assert answer(("Allow", within), ("Deny", around)) == "never"
    assert answer(("Allow", around), ("Deny", within)) == "conditional"


def test_a_variable_that_the_caller_does_not_have_lets_nobody_in() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::123456789012:role/app", "arn:aws:iam::123456789012:user/alice"]},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:owner": "${aws:username}"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    world = Scenario.from_dict(
        {
            "account": "123456789012",
            "keys": {"app": {"policy": policy}},
            "principals": {"role/app": {}, "user/alice": {}},
        }
    )
    listed = str(world.who_can("kms:Decrypt", "app"))
    assert "user/alice  if StringEquals" in listed
    assert "role/app  if" not in listed
