"""Distinct requests are decided once, and every row gets the answer that it would get alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kms_eval import Scenario
from kms_eval.analysis.batching.batch import Answer, Answers, in_one_line, unreadable
from kms_eval.analysis.batching.bounded_cache import BoundedCache
from kms_eval.analysis.batching.rows import fields_among, fields_of, read_value
from kms_eval.engine.evaluator import Evaluator, Ruling
from kms_eval.errors import InputError
from kms_eval.world.model import World
from kms_eval.world.request import Request
from tests.effort import examples
from tests.request_rows import AT, Row, expected, worlds_and_rows

SIMPLE: dict[str, Any] = {
    "account": "111122223333",
    "keys": {
        "app": {
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"},
                    {
                        "Sid": "NotThroughS3",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "kms:Decrypt",
                        "Resource": "*",
                        "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
                    },
                ],
            }
        }
    },
}
PLAIN: Row = {"principal": "role/admin", "action": "kms:Decrypt", "key": "app"}


def columns(answer: Answer) -> tuple[str | None, str | None, str | None, str | None]:
    return answer.decision, answer.reason_code, answer.policy, answer.sid


@pytest.fixture
def answers() -> Answers:
    return Answers(Scenario.from_dict(SIMPLE).evaluator, AT)


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(worlds_and_rows())
def test_every_row_is_answered_as_if_it_were_alone(drawn: tuple[World, list[Row]]) -> None:
    world, rows = drawn
    evaluator = Evaluator(world)
    answers = Answers(evaluator, AT)
    for row in rows:
        answer = answers.of(row)
        assert columns(answer) == expected(evaluator, row)
        assert (answer.error is None) is (answer.decision is not None)


def test_a_request_that_comes_again_is_not_decided_again(answers: Answers) -> None:
    first = answers.of(PLAIN)
    assert answers.of(dict(PLAIN)) is first
    assert answers.decided == 1


def test_what_no_policy_asks_about_makes_no_request_distinct(answers: Answers) -> None:
    for number in range(50):
        answers.of(
            {**PLAIN, "context": {"aws:SourceIp": f"10.0.0.{number}"}, "encryption_context": {"id": str(number)}}
        )
    assert answers.decided == 1


def test_what_a_policy_asks_about_does(answers: Answers) -> None:
    denied = answers.of({**PLAIN, "context": {"KMS:viaservice": "s3.us-east-1.amazonaws.com"}})
    allowed = answers.of({**PLAIN, "context": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}})
    assert columns(denied) == ("explicitDeny", "explicit-deny", "keys.app.policy", "NotThroughS3")
    assert allowed.decision == "allowed"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"context": {"kms:ViaService": True}}, {"context": {"kms:ViaService": 1}}),
        ({"context": {"kms:ViaService": "1"}}, {"context": {"kms:ViaService": ["1", "2"]}}),
        ({"context": {"kms:ViaService": []}}, {"context": {}}),
        ({"key": 1}, {"key": True}),
    ],
)
def test_different_values_are_different_requests(answers: Answers, first: Row, second: Row) -> None:
    assert answers.of({**PLAIN, **first}) is not answers.of({**PLAIN, **second})


def test_a_context_may_be_json_text(answers: Answers) -> None:
    as_text = answers.of({**PLAIN, "context": '{"kms:ViaService": "s3.us-east-1.amazonaws.com"}'})
    assert as_text.decision == "explicitDeny"
    assert answers.of({**PLAIN, "context": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}) is as_text


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({}, "principal: `principal` is missing; action: `action` is missing"),
        (
            {**PLAIN, "action": "kms:Decript"},
            "unknown action `kms:Decript` (did you mean `kms:Decrypt` or `kms:Encrypt`?)",
        ),
        (
            {**PLAIN, "context": '{"a": "b" "c": "d"}'},
            "context: not valid JSON: expecting ',' delimiter at column 11 (a comma is missing before it)",
        ),
        ({**PLAIN, "context": '{"a": "b", "a": "c"}'}, "context.a: duplicate key `a` (the first is on line 1)"),
        ({**PLAIN, "context": "[1]"}, "context: expected a mapping, found a list"),
        ({**PLAIN, "key": 7}, 'key: expected a string, found a number (quote it: `"7"`)'),
        ({**PLAIN, "context": '{"a": ' + "[" * 5000 + "]" * 5000 + "}"}, "context: nested more than 100 levels deep"),
    ],
)
def test_a_row_that_makes_no_sense_says_why_and_is_not_allowed(answers: Answers, row: Row, error: str) -> None:
    answer = answers.of(row)
    assert answer.error == error
    assert columns(answer) == (None, None, None, None)
    assert answer.action == row.get("action")


def test_an_unknown_key_costs_one_search_however_many_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = Scenario.from_dict(SIMPLE).evaluator
    asked: list[object] = []
    rule = evaluator.rule

    def counted(request: Request) -> Ruling:
        asked.append(request)
        return rule(request)

    monkeypatch.setattr(evaluator, "rule", counted)
    answers = Answers(evaluator, AT)
    errors = {answers.of({**PLAIN, "principal": f"role/r{n}", "key": "elsewhere"}).error for n in range(20)}
    assert errors == {"the scenario has no key `elsewhere` (the scenario has `app`)"}
    assert len(asked) == 1
    assert "malformed principal" in str(answers.of({**PLAIN, "principal": "x", "key": "elsewhere"}).error)
    # An action that has no key takes one that exists, and no other: the word is most likely misspelt.
    assert answers.of({"principal": "role/r1", "action": "kms:ListKeys", "key": "app"}).error is None
    assert "no key" in str(answers.of({"principal": "role/r1", "action": "kms:ListKeys", "key": "elsewhere"}).error)


def test_requests_without_a_time_are_made_at_the_batchs() -> None:
    statement = SIMPLE["keys"]["app"]["policy"]["Statement"][0]
    until = {**statement, "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}}}
    evaluator = Scenario.from_dict(
        {**SIMPLE, "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": until}}}}
    ).evaluator
    answers = Answers(evaluator, AT)
    assert answers.of(PLAIN).decision == "allowed"
    assert answers.of({**PLAIN, "at": "2026-07-01T00:00:00Z"}).decision == "implicitDeny"
    assert Answers(evaluator, AT.replace(year=2027)).of(PLAIN).decision == "implicitDeny"


def test_a_row_that_cannot_be_read_repeats_what_can_be_told() -> None:
    answer = unreadable("torn", {"principal": "role/x", "action": 7})
    assert (answer.principal, answer.action, answer.error, answer.decision) == ("role/x", None, "torn", None)


def test_memory_is_bounded_and_keeps_what_is_asked_for() -> None:
    recent: BoundedCache[int] = BoundedCache(10)
    for number in range(100):
        recent.put(number, number)
        assert recent.get(0) == 0
    assert sum(recent.get(number) is not None for number in range(100)) <= 10


def test_memory_is_bounded_by_what_things_weigh_and_keeps_what_is_asked_for() -> None:
    recent: BoundedCache[str] = BoundedCache(1_000, heaviest=100_000)
    for number in range(100):
        recent.put(number, f"{number:010000}")
        assert recent.get(number) is not None
    assert sum(recent.get(number) is not None for number in range(100)) <= 10


def test_what_is_heavier_than_a_memory_is_remembered_alone() -> None:
    recent: BoundedCache[str] = BoundedCache(10, heaviest=1_000)
    recent.put(1, "a" * 10_000)
    assert recent.get(1) is not None
    recent.put(2, "b")
    recent.put(3, "c" * 10_000)
    recent.put(4, "d" * 10_000)
    assert [recent.get(number) is not None for number in range(1, 5)] == [False, False, True, True]


def test_columns_that_are_read_keep_their_order() -> None:
    assert fields_among(["when", "key", "action", "id", "principal"]) == ("key", "action", "id", "principal")


@pytest.mark.parametrize(
    ("names", "faults"),
    [
        (["principal"], ["there is no column `action` (the columns are `principal`)"]),
        (["principal", "action", "contxt"], ["unknown column `contxt` (did you mean `context`?)"]),
        (["Principal", "action"], ["unknown column `Principal` (did you mean `principal`?)"]),
        (["principal", "action", "key", "key"], ["there are two columns `key`"]),
        ([], ["there is no column `principal`", "there is no column `action`"]),
    ],
)
def test_columns_that_make_no_sense_are_refused(names: list[str], faults: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        fields_among(names)
    assert [str(fault) for fault in caught.value.faults] == faults


def test_a_row_with_a_misspelt_field_is_refused_and_others_are_left_out() -> None:
    assert fields_of({"id": 1, "principal": "root", "eventName": "Decrypt"}) == {"principal": "root"}
    with pytest.raises(InputError) as caught:
        fields_of({"principal": "root", "encryption-context": {}})
    assert in_one_line(caught.value) == "unknown column `encryption-context` (did you mean `encryption_context`?)"


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "NaN", "1e999999", "[" * 200 + "]" * 200, '"\\ud800"', ""])
def test_json_that_no_one_means_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_value(text)
