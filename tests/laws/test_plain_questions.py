"""A question that is decided straight from its words is decided as the engine decides it part by part."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explain import explain
from kms_eval.engine.plain import PlainQuestions
from kms_eval.errors import InputError
from kms_eval.facts.actions import ACTIONS
from kms_eval.world.request import request
from tests.request_rows import AT, row_of
from tests.strategies import asks, worlds

law = settings(max_examples=100, suppress_health_check=list(HealthCheck))

ACTION_WORDS = (*(action.name for action in ACTIONS), "Decrypt", "UpdatePrimaryRegion", "KMS:decrypt", "ReEncrypt", "x")
ODD_CONTEXTS: tuple[Any, ...] = (None, {}, {"": "x"}, {"no:Such": "x"}, {"kms:ViaService": "s3"}, {"aws:SourceIp": "x"},
                                 {"aws:assumedroot": "true"}, {"kms:KeySpec": "\ud800"}, {"aws:SourceArn": ["a"]})  # fmt: skip


@law
@given(st.data())
def test_a_plain_question_is_decided_as_part_by_part(data: st.DataObject) -> None:
    world = data.draw(worlds())
    rows = [row_of(data.draw(asks(world))) for _ in range(4)]
    principals = [*dict.fromkeys(row["principal"] for row in rows), "role/stranger"]
    keys = [*world.keys, *dict.fromkeys(row.get("key") for row in rows), None]
    contexts = [*(row["context"] for row in rows), *ODD_CONTEXTS]
    actions = [*(row["action"] for row in rows), *ACTION_WORDS]
    evaluator = Evaluator(world, strict=data.draw(st.booleans()) and data.draw(st.booleans()))
    plain = PlainQuestions(evaluator)
    for _ in range(12):
        words = tuple(data.draw(st.sampled_from(each)) for each in (principals, actions, keys, contexts))
        found = plain.outcome(*words)
        assert found in (None, _part_by_part(evaluator, *words)), words


@law
@given(st.data())
def test_what_the_documents_are_about_is_plain(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    row = row_of(ask)
    context = {name: value for name, value in row["context"].items() if isinstance(value, str)}
    evaluator = Evaluator(world, allow_unknown_key=True)
    found = PlainQuestions(evaluator).outcome(row["principal"], row["action"], row.get("key"), context)
    assert found in (None, _part_by_part(evaluator, row["principal"], row["action"], row.get("key"), context))


def _part_by_part(evaluator: Evaluator, principal: Any, action: Any, key: Any, context: Any) -> str | None:
    try:
        ruling = evaluator.rule(request(principal, action, key, context=context, at=AT))
    except InputError:
        return "refused"
    explanation = explain(evaluator, ruling)
    assert explanation.decision == ruling.outcome
    return ruling.outcome
