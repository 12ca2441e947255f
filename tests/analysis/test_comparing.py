"""Which of two conditions is wider, with requests that both worlds decide."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kms_eval.analysis.access.access_diff import compare
from kms_eval.analysis.access.grid import Grid
from kms_eval.scenario import Scenario
from kms_eval.world.request import Request

S3 = "s3.us-east-1.amazonaws.com"
EC2 = "ec2.us-east-1.amazonaws.com"
KINDS = {"narrows": "narrows", "widens": "widens", "both": "differs"}


def world(condition: dict[str, Any], effect: str = "Allow") -> Scenario:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}
    own = {"StringEquals": {"kms:CallerAccount": "123456789012"}}
    statements = [{**statement, "Effect": effect, "Condition": {**own, **condition}}]
    if effect == "Deny":
        statements.append({**statement, "Condition": own})
    policy = {"Version": "2012-10-17", "Statement": statements}
    return Scenario.from_dict(
        {"account": "123456789012", "keys": {"app": {"policy": policy}}, "principals": {"role/app": {}}}
    )


def addresses(*ranges: str) -> dict[str, Any]:
    return {"IpAddress": {"aws:SourceIp": list(ranges)}}


def via(operator: str, *values: str) -> dict[str, Any]:
    return {operator: {"kms:ViaService": list(values)}}


CASES = [
    ("narrows", addresses("10.0.0.0/8"), addresses("10.1.0.0/16")),
    ("same", addresses("10.0.0.0/8"), addresses("10.0.0.0/9", "10.128.0.0/9")),
    ("both", addresses("10.0.0.0/8"), addresses("192.168.0.0/16")),
    ("narrows", via("StringLike", "s3.*"), via("StringLike", "s3.us-*")),
    ("same", via("StringLike", S3), via("StringEquals", S3)),
    ("widens", via("StringEquals", S3), via("StringEquals", S3, EC2)),
    ("both", via("StringEquals", S3), via("StringEquals", EC2)),
    ("both", via("StringLike", "s3.*"), via("StringLike", "*.us-east-1.amazonaws.com")),
    ("widens", via("StringEquals", S3), via("StringEqualsIfExists", S3)),
    ("widens", {"NumericLessThan": {"aws:MultiFactorAuthAge": 9}},
     {"NumericLessThan": {"aws:MultiFactorAuthAge": 99}}),
    ("same", {"NumericEquals": {"aws:MultiFactorAuthAge": "7"}}, {"NumericEquals": {"aws:MultiFactorAuthAge": "7.0"}}),
    ("narrows", addresses("10.0.0.0/8"), {**addresses("10.0.0.0/8"), "NumericLessThan": {"aws:MultiFactorAuthAge": 9}}),
    ("same", via("StringLike", "s3.*", "s3.us-*"), via("StringLike", "s3.*")),
    ("same", {"NumericLessThan": {"aws:MultiFactorAuthAge": 9}},
     {"NumericLessThan": {"aws:MultiFactorAuthAge": 9}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ("narrows", via("StringEquals", S3), {**via("StringEquals", S3), "Bool": {"aws:MultiFactorAuthPresent": "true"}}),
]  # fmt: skip


FREE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("widens", via("StringEquals", S3), {}),
    ("narrows", {}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
]
"""Where one side asks for nothing."""


@pytest.mark.parametrize(("wanted", "before", "after"), [*CASES, *FREE])
def test_conditions_are_compared_as_sets(wanted: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    one, other = world(before), world(after)
    asked = Request("arn:aws:iam::000000000000:root", "kms:ListKeys", at=datetime(2026, 1, 1, tzinfo=UTC))
    changes = [
        each
        for each in compare(Grid(one.evaluator, asked), Grid(other.evaluator, asked), actions=~0).changes
        if each.label == "role/app"
    ]
    assert [each.kind for each in changes] == ([] if wanted == "same" else [KINDS[wanted]])
    for each in changes:
        if each.gained is not None:
            assert other.decide(each.gained.request)
            assert not one.decide(each.gained.request)
        if each.lost is not None:
            assert one.decide(each.lost.request)
            assert not other.decide(each.lost.request)
        assert (each.gained is not None) is (wanted in {"widens", "both"})
        assert (each.lost is not None) is (wanted in {"narrows", "both"})


@pytest.mark.parametrize(("wanted", "before", "after"), [case for case in CASES if case[0] in {"narrows", "widens"}])
def test_a_wider_deny_narrows(wanted: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    one, other = world(before, "Deny"), world(after, "Deny")
    asked = Request("arn:aws:iam::000000000000:root", "kms:ListKeys", at=datetime(2026, 1, 1, tzinfo=UTC))
    changes = compare(Grid(one.evaluator, asked), Grid(other.evaluator, asked), actions=~0).changes
    opposite = {"narrows": "widens", "widens": "narrows"}[wanted]
    assert {each.kind for each in changes if each.label == "role/app"} == {opposite}


@pytest.mark.parametrize(
    "condition",
    [
        via("StringLike", "s3.*"),
        addresses("203.0.113.0/24"),
        {"StringNotEquals": {"kms:ViaService": S3}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": 9}},
        {**via("StringEquals", S3), "Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringLike": {"kms:EncryptionContext:app": "a*"}},
    ],
)
def test_access_that_comes_or_goes_under_conditions_is_shown_by_a_request(condition: dict[str, Any]) -> None:
    with_it, without = world(condition), world({"StringEquals": {"kms:CallerAccount": "444455556666"}})
    asked = Request("arn:aws:iam::000000000000:root", "kms:ListKeys", at=datetime(2026, 1, 1, tzinfo=UTC))
    for one, other, kind in ((without, with_it, "appears"), (with_it, without, "disappears")):
        changes = compare(Grid(one.evaluator, asked), Grid(other.evaluator, asked), actions=~0).changes
        (change,) = (each for each in changes if each.label == "role/app")
        assert change.kind == kind
        shown, hidden = (change.gained, change.lost) if kind == "appears" else (change.lost, change.gained)
        assert hidden is None
        assert shown is not None
        assert with_it.decide(shown.request)
        assert not without.decide(shown.request)


def test_access_to_a_new_key_is_shown_by_a_request_that_only_one_world_knows() -> None:
    after = world(via("StringEquals", S3))
    before = Scenario.from_dict({"account": "123456789012", "keys": {}, "principals": {"role/app": {}}})
    asked = Request("arn:aws:iam::000000000000:root", "kms:ListKeys", at=datetime(2026, 1, 1, tzinfo=UTC))
    changes = compare(Grid(before.evaluator, asked), Grid(after.evaluator, asked), actions=~0).changes
    (change,) = (each for each in changes if each.label == "role/app")
    assert change.gained is not None
    assert after.decide(change.gained.request)
