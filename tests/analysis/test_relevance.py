"""What is dropped from a request's context could not have mattered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kms_eval import Scenario
from kms_eval.analysis.batching.relevance import ALWAYS, DERIVED_FROM, Relevance
from kms_eval.engine.context import FACTS
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.resources import key_target
from kms_eval.engine.situation import Circumstances, Given, Scope, Situation
from kms_eval.world.model import World
from tests.effort import examples
from tests.request_rows import AT, Row, expected, worlds_and_rows

POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:Team": "${aws:PrincipalTag/team}"}},
    },
}


def relevance(**more: object) -> Relevance:
    key = {"policy": POLICY, **more}
    return Relevance(Scenario.from_dict({"account": "111122223333", "keys": {"app": key}}).world)


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(worlds_and_rows())
def test_what_is_left_is_answered_like_the_whole(drawn: tuple[World, list[Row]]) -> None:
    world, rows = drawn
    relevant, evaluator = Relevance(world), Evaluator(world)
    for row in rows:
        assert expected(evaluator, dict(relevant.of(row))) == expected(evaluator, row)


def test_keys_of_conditions_and_variables_are_left_in_any_case() -> None:
    asked = {"KMS:EncryptionContext:team": "a", "aws:principaltag/team": "b"}
    assert relevance().of({"context": {**asked, "aws:SourceIp": "203.0.113.7"}}) == {"context": asked}


@pytest.mark.parametrize("context", [{"aws:SourceIp": "c"}, {"kms:ViaServise": "s3.us-east-1.amazonaws.com"}])
def test_keys_and_values_that_make_no_sense_are_left_for_others_to_refuse(context: dict[str, str]) -> None:
    assert relevance().of({"context": context}) == {"context": context}


def test_pairs_that_a_policy_asks_about_are_left_and_beside_a_grant_that_there_are_any() -> None:
    of = relevance().of
    assert of({"encryption_context": {"TEAM": "a", "id": "1"}}) == {"encryption_context": {"TEAM": "a"}}
    assert of({"encryption_context": {"id": "1"}}) == {}
    request = {"encryption_context": {"id": "1"}, "grant": {"Operations": ["Decrypt"]}}
    assert of(request) == {**request, "encryption_context": {}}


def test_a_grant_may_ask_for_pairs_and_whether_there_are_others() -> None:
    grant = {
        "GrantId": "g",
        "GranteePrincipal": "arn:aws:iam::111122223333:role/x",
        "Operations": ["Decrypt", "CreateGrant"],
        "Constraints": {"EncryptionContextEquals": {"a": "b"}, "SourceArn": "arn:aws:sns:us-east-1:111122223333:topic"},
    }
    of = relevance(grants=[grant]).of
    assert of({"encryption_context": {"a": "c"}}) == {"encryption_context": {"a": "c"}}
    other = of({"encryption_context": {"a": "b", "id": "1"}})
    assert other == of({"encryption_context": {"a": "b", "id": "2", "more": "3"}})
    assert other != of({"encryption_context": {"a": "b"}})
    context = {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:topic", "kms:GrantOperations": "Decrypt"}
    assert of({"context": context}) == {"context": context}
    assert relevance().of({"context": context}) == {}


def test_a_service_is_left_where_an_endpoint_is_named() -> None:
    context = {"kms:viaservice": "s3.us-east-1.amazonaws.com"}
    assert relevance().of({"context": context}) == {}
    assert relevance().of({"context": context, "vpc_endpoint": "v"}) == {"context": context, "vpc_endpoint": "v"}


def test_tags_of_the_request_are_left() -> None:
    context = {"aws:RequestTag/a": "b", "aws:TagKeys": ["a"]}
    assert relevance().of({"context": context}) == {"context": context}


@pytest.mark.parametrize("value", [7, None, {}, [1, {}], True])
def test_values_that_are_no_texts_are_left_for_others_to_judge(value: object) -> None:
    assert relevance().of({"context": {"aws:SourceIp": value}}) == {"context": {"aws:SourceIp": value}}


@pytest.mark.parametrize("text", ["{", "[]", '{"a": "b", "a": "c"}', "null"])
def test_texts_that_are_no_mapping_are_left(text: str) -> None:
    assert relevance().of({"context": text}) == {"context": text}


def test_a_session_may_ask_for_anything() -> None:
    fields = {"session": {"name": "s"}, "context": {"aws:SourceIp": "1.2.3.4"}}
    assert relevance().of(fields) == fields


class Recording(Mapping[str, Any]):
    """A mapping that has nothing and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize("action", ["kms:decrypt", "kms:createkey", "kms:creategrant", "kms:retiregrant"])
def test_every_key_from_which_the_engine_derives_another_is_known(action: str) -> None:
    scenario = Scenario.from_dict({"account": "111122223333", "keys": {"app": {"policy": POLICY}}})
    caller = scenario.evaluator.caller("role/x")
    scope = Scope(scenario.world, caller, key_target(scenario.world.keys["app"]))
    keyless = Scope(scenario.world, caller, type(scope.target)("none", "*", None, "us-east-1", "aws"))
    for fact in FACTS:
        for each in (scope, keyless):
            values = Recording()
            situation = Situation(each, action, Circumstances(Given(values), at=AT))
            fact.derive(situation, "x" if fact.key[-1] in "/:" else "")
            known = {fact.key, *DERIVED_FROM.get(fact.key, ())}
            assert not {name for name in values.asked - known if not name.startswith(ALWAYS)}, fact.key
