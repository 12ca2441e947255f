"""What an evaluator keeps is bounded by what it weighs, and forgetting changes no answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.analysis.batching.batch import Answers
from kms_eval.engine import weights

ACCOUNT = "111122223333"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DELEGATES = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
AT = datetime(2026, 1, 1, tzinfo=UTC)


def world(statements: int) -> Scenario:
    denies = [
        {**ALLOW, "Effect": "Deny", "Condition": {"StringEquals": {f"kms:EncryptionContext:c{number}": "v"}}}
        for number in range(statements)
    ]
    level = {"Version": "2012-10-17", "Statement": [ALLOW, *denies]}
    account: dict[str, Any] = {"path": "o-example/r-ab12/", "service_control_policies": [[level]]}
    organization = {"id": "o-example", "management_account": "999999999999", "accounts": {ACCOUNT: account}}
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "region": "us-east-1",
            "organization": organization,
            "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": [DELEGATES]}}},
            "principals": {"role/admin": {"policies": [{"Version": "2012-10-17", "Statement": [ALLOW]}]}},
        }
    )


def session(number: int) -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/session-{number}"


def test_distinct_callers_are_forgotten_by_what_they_weigh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "HEAVIEST", 200_000)
    light, heavy = world(1), world(60)
    for number in range(40):
        for each in (light, heavy):
            assert each.can(session(number), "kms:Decrypt", "app").decision == "allowed"
    assert 2 * light.evaluator.age < heavy.evaluator.age


def test_what_is_forgotten_is_decided_again_and_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"action": "kms:Decrypt", "key": "app"}
    rows = [
        {**fields, "principal": session(number % 7), "encryption_context": {f"c{number % 11}": "v"}}
        for number in range(100)
    ]
    wanted = [Answers(world(10).evaluator, AT).of(row).decision for row in rows]
    monkeypatch.setattr(weights, "HEAVIEST", 1)
    forgetful = Answers(world(10).evaluator, AT)
    assert [forgetful.of(row).decision for row in rows] == wanted
    assert set(wanted) == {"allowed", "explicitDeny"}


def test_compiled_pairs_are_forgotten_together_with_the_cells_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "HEAVIEST", 20_000)
    asked = world(5)
    for number in range(100):
        for _again in range(2):
            assert asked.can(session(number), "kms:Decrypt", "app")
    plain = asked._plain  # noqa: SLF001 - what is kept is the subject
    assert plain is not None
    assert len(plain._pairs) < 20  # noqa: SLF001 - likewise
    assert asked.evaluator.age > 5
