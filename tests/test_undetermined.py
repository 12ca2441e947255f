"""A decision that hangs on something unknown is undetermined, says on what, and is never taken for allowed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.analysis.batching.batch import Answers
from kms_eval.analysis.testing import run_tests
from kms_eval.formats.unknown import Unknown

ACCOUNT = "111122223333"
UNKNOWN = Unknown("known after apply", "aws_kms_key.app.policy", "apply the plan first")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def policy(**statement: Any) -> dict[str, Any]:
    whole = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **statement}
    return {"Version": "2012-10-17", "Statement": [whole]}


DELEGATES = policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
DENIES = policy(Effect="Deny")


def world(*, key: object = None, tests: object = (), **principal: object) -> Scenario:
    fields = key if isinstance(key, dict) else {}
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {"policy": DELEGATES, **fields}},
            "principals": {"role/a": principal},
            "tests": tests,
        }
    )


def decided(scenario: Scenario, **fields: Any) -> str:
    return scenario.can("role/a", "kms:Decrypt", key="app", **fields).decision


def test_an_unknown_key_policy_leaves_a_decision_undetermined() -> None:
    decision = world(key={"policy": UNKNOWN}, policies=[policy()]).can("role/a", "kms:Decrypt", key="app")
    assert not decision
    assert (decision.decision, decision.reason_code) == ("undetermined", "undetermined")
    assert decision.to_dict()["unknowns"] == [
        {"reason": UNKNOWN.reason, "address": UNKNOWN.address, "remedy": UNKNOWN.remedy}
    ]
    assert "apply the plan first" in decision.explain()


def test_a_policy_that_is_unknown_as_a_whole_is_named_once() -> None:
    decision = world(key={"policy": UNKNOWN}, policies=[policy()]).can("role/a", "kms:Decrypt", key="app")
    assert decision.explain().count("keys.app.policy statement 0") == 1


def test_what_is_denied_whatever_the_unknown_is_stays_denied() -> None:
    assert decided(world(key={"policy": UNKNOWN}, policies=[DENIES])) == "explicitDeny"


def test_what_is_allowed_whatever_the_unknown_is_stays_allowed() -> None:
    tags = UNKNOWN.written()
    assert decided(world(key={"tags": tags}, policies=[policy()])) == "allowed"


@pytest.mark.parametrize("holder", ["key", "principal"])
def test_tags_that_are_written_as_unknown_are_no_tags_of_that_name(holder: str) -> None:
    tag = "aws:ResourceTag/project" if holder == "key" else "aws:PrincipalTag/project"
    tagged = policy(Condition={"StringEquals": {tag: "a"}})
    tags = {"tags": UNKNOWN.written()}
    scenario = world(key=tags, policies=[tagged]) if holder == "key" else world(policies=[tagged], **tags)
    assert decided(scenario) == "undetermined"


def test_a_silent_denial_says_that_an_unknown_policy_might_deny_explicitly() -> None:
    scenario = world(policies=[])
    assert decided(scenario) == "implicitDeny"
    hidden = Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {"policy": policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/b"})}},
            "principals": {"role/a": {"policies": [UNKNOWN]}},
        }
    ).can("role/a", "kms:Decrypt", key="app")
    assert hidden.decision == "implicitDeny"
    assert "unknown-may-deny" in [warned.code for warned in hidden.warnings]


@pytest.mark.parametrize(
    "principal",
    [
        {"policies": UNKNOWN.written()},
        {"policies": [UNKNOWN]},
        {"policies": [policy()], "permissions_boundary": UNKNOWN},
        {"policies": [policy(Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})], "tags": UNKNOWN},
        {
            "policies": [policy(Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})],
            "tags": {"team": UNKNOWN},
        },
    ],
)
def test_every_part_of_a_principal_may_be_unknown(principal: dict[str, object]) -> None:
    assert decided(world(**principal)) == "undetermined"


@pytest.mark.parametrize(
    "key",
    [
        {"policy": policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/b"}), "grants": UNKNOWN},
        {
            "policy": policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/b"}),
            "grants": [{"GranteePrincipal": UNKNOWN, "Operations": ["Decrypt"]}],
        },
    ],
)
def test_grants_may_be_unknown(key: dict[str, object]) -> None:
    assert decided(world(key=key)) == "undetermined"


def test_a_grant_whose_id_alone_is_unknown_is_known() -> None:
    grant = {"GrantId": UNKNOWN, "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/a", "Operations": ["Decrypt"]}
    assert decided(world(key={"grants": [grant]})) == "allowed"


def test_unknown_aliases_leave_their_condition_open() -> None:
    by_alias = policy(Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/app"}})
    assert decided(world(key={"aliases": UNKNOWN}, policies=[by_alias])) == "undetermined"


def test_context_that_the_question_gives_takes_the_place_of_an_unknown_tag() -> None:
    tagged = policy(Condition={"StringEquals": {"aws:ResourceTag/project": "x"}})
    scenario = world(key={"tags": {"project": UNKNOWN}}, policies=[tagged])
    assert decided(scenario) == "undetermined"
    assert decided(scenario, context={"aws:ResourceTag/project": "x"}) == "allowed"


def test_a_test_may_expect_undetermined_and_denied_is_something_else() -> None:
    asked = {"principal": "role/a", "action": "kms:Decrypt"}
    tests = [{**asked, "expect": expectation} for expectation in ("undetermined", "denied", "allowed")]
    scenario = world(key={"policy": UNKNOWN}, policies=[policy()], tests=tests)
    results = run_tests(scenario.evaluator, scenario.tests, now=NOW)
    assert [result.outcome for result in results] == ["passed", "failed", "failed"]


def test_an_undetermined_row_of_a_batch_has_no_decision_and_says_on_what_it_hangs() -> None:
    scenario = world(key={"policy": UNKNOWN}, policies=[policy()])
    answer = Answers(scenario.evaluator, NOW).of({"principal": "role/a", "action": "kms:Decrypt", "key": "app"})
    assert (answer.decision, answer.reason_code) == (None, "undetermined")
    assert answer.error == "undetermined: aws_kms_key.app.policy: known after apply"
