"""Running tests of scenarios: what passes, what fails, what makes no sense."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.analysis.testing import TestResult, decisive_layers, run_tests

NOW = datetime(2026, 6, 1, tzinfo=UTC)

SCENARIO: dict[str, Any] = {
    "account": "111122223333",
    "keys": {
        "app": {
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                        "Action": "kms:*",
                        "Resource": "*",
                    },
                    {"Effect": "Deny", "Principal": "*", "Action": "kms:DisableKey", "Resource": "*"},
                ],
            }
        }
    },
    "principals": {
        "role/worker": {
            "policies": [
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["kms:Decrypt", "kms:ReEncrypt*"],
                            "Resource": "*",
                            "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
                        },
                        {
                            "Effect": "Allow",
                            "Action": "kms:Encrypt",
                            "Resource": "*",
                            "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}},
                        },
                    ],
                }
            ]
        }
    },
}


def _result(action: str, expect: str, **fields: object) -> TestResult:
    test = {"principal": "role/worker", "action": action, "expect": expect, **fields}
    scenario = Scenario.from_dict({**SCENARIO, "tests": [test]})
    (result,) = run_tests(scenario.evaluator, scenario.tests, now=NOW)
    return result


VIA = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}


@pytest.mark.parametrize(
    ("action", "expect", "fields"),
    [
        ("kms:Decrypt", "allowed", {"context": VIA}),
        ("kms:Decrypt", "denied", {}),
        ("kms:Decrypt", "implicitDeny", {}),
        ("kms:DisableKey", "denied", {}),
        ("kms:DisableKey", "explicitDeny", {}),
        ("kms:DisableKey", "denied", {"expect_layer": "keyPolicy", "expect_reason_code": "explicit-deny"}),
        ("kms:Decrypt", "denied", {"expect_layer": "identityPolicy"}),
        ("kms:Decrypt", "denied", {"expect_reason_code": "no-identity-policy-allows"}),
        ("kms:Decrypt", "denied", {"expect_missing_context": ["KMS:viaservice"]}),
        ("kms:Decrypt", "allowed", {"context": VIA, "expect_layer": "identityPolicy", "expect_missing_context": []}),
        ("kms:Encrypt", "allowed", {}),
        ("kms:Encrypt", "denied", {"at": "2026-08-01T00:00:00Z"}),
    ],
)
def test_what_is_as_expected_passes(action: str, expect: str, fields: dict[str, object]) -> None:
    result = _result(action, expect, **fields)
    assert (result.outcome, result.mismatches, result.faults) == ("passed", (), ())


@pytest.mark.parametrize(
    ("action", "expect", "fields", "mismatches"),
    [
        ("kms:Decrypt", "allowed", {}, ("expected allowed, got implicitDeny",)),
        ("kms:Decrypt", "denied", {"context": VIA}, ("expected denied, got allowed",)),
        ("kms:Decrypt", "explicitDeny", {}, ("expected explicitDeny, got implicitDeny",)),
        ("kms:DisableKey", "implicitDeny", {}, ("expected implicitDeny, got explicitDeny",)),
        (
            "kms:DisableKey",
            "denied",
            {"expect_layer": "identityPolicy"},
            ("expected identityPolicy to decide, got keyPolicy",),
        ),
        (
            "kms:Decrypt",
            "allowed",
            {"expect_reason_code": "grant-allows", "expect_missing_context": ["aws:SourceIp", "aws:SourceVpc"]},
            (
                "expected allowed, got implicitDeny",
                "expected reason grant-allows, got no-identity-policy-allows",
                "expected missing context aws:SourceIp, aws:SourceVpc, got kms:ViaService",
            ),
        ),
        (
            "kms:Decrypt",
            "denied",
            {"expect_missing_context": []},
            ("expected missing context none, got kms:ViaService",),
        ),
    ],
)
def test_what_is_not_fails_with_every_difference(
    action: str, expect: str, fields: dict[str, object], mismatches: tuple[str, ...]
) -> None:
    result = _result(action, expect, **fields)
    assert (result.outcome, result.mismatches) == ("failed", mismatches)
    assert result.explanation is not None


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("kms:Decrpt", {}, "scenario: tests[0]: unknown action `kms:Decrpt`"),
        ("kms:RetireGrant", {"grant": "none"}, "scenario: tests[0]: key `app` has no grant `none`"),
        (
            "kms:Decrypt",
            {"expect_layer": "keypolicy"},
            "scenario: tests[0].expect_layer: unknown layer `keypolicy` (did you mean `keyPolicy`?)",
        ),
        (
            "kms:Decrypt",
            {"expect_reason_code": "explicit-denial"},
            "scenario: tests[0].expect_reason_code: unknown reason code `explicit-denial` (did you mean ",
        ),
        (
            "kms:Decrypt",
            {"expect_reason_code": "key-state"},
            "scenario: tests[0].expect_reason_code: unknown reason code `key-state`",
        ),
    ],
)
def test_what_makes_no_sense_is_neither_passed_nor_failed(action: str, fields: dict[str, object], said: str) -> None:
    result = _result(action, "allowed", **fields)
    assert result.outcome == "invalid"
    assert str(result.faults[0]).startswith(said)


def test_a_grant_may_be_the_layer_that_decides() -> None:
    assert _result("kms:Decrypt", "denied", expect_layer="grant").outcome == "failed"


def test_all_parts_of_an_allowed_call_decide_and_one_of_a_denied_one() -> None:
    allowed = _result("ReEncrypt", "allowed", context=VIA, destination_key="app", expect_layer="identityPolicy")
    assert allowed.outcome == "passed"
    assert allowed.explanation is not None
    assert decisive_layers(allowed.explanation) == ("keyPolicy", "identityPolicy")
    denied = _result("ReEncrypt", "denied", destination_key="app", expect_layer="identityPolicy")
    assert denied.outcome == "passed"
