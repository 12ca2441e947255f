"""A question that is decided straight from its words is decided as the engine decides it part by part."""

from __future__ import annotations

from itertools import groupby, product
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explain import explain
from kms_eval.engine.masks import BIT
from kms_eval.engine.plain_questions import PlainQuestions
from kms_eval.engine.plan import Part, grant_meant
from kms_eval.engine.resources import key_target
from kms_eval.engine.situation import Circumstances, Scope
from kms_eval.errors import InputError
from kms_eval.facts.actions import ACTIONS
from kms_eval.world.request import request
from tests.reference import Ask, decide
from tests.request_rows import AT, row_of
from tests.strategies import asks, questions, worlds

law = settings(max_examples=60, suppress_health_check=list(HealthCheck))

ACTION_WORDS = (*(action.name for action in ACTIONS), "Decrypt", "UpdatePrimaryRegion", "KMS:decrypt", "ReEncrypt", "x")
ODD_CONTEXTS: tuple[Any, ...] = (
    *(None, {}, {"": "x"}, {"no:Such": "x"}, {"kms:ViaService": "s3"}, {"aws:SourceIp": "x"}),
    *({"aws:assumedroot": "true"}, {"kms:KeySpec": "\ud800"}, {"aws:SourceArn": ["a"]}),
)


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
        # At first sight, then compiled.
        for _ in range(2):
            found = plain.outcome(*words)
            assert found in (None, _part_by_part(evaluator, *words)), words


def test_what_waits_for_context_is_decided_as_part_by_part_and_as_by_the_reference() -> None:
    turned = 0
    for world, some in groupby(questions(11, worlds=60), key=lambda question: question[0]):
        put = [ask for _world, ask in some]
        contexts = [{name: values for name, values in ask.context.items() if len(values) == 1} for ask in put]
        evaluator = Evaluator(world, allow_unknown_key=True)
        plain = PlainQuestions(evaluator)
        for ask, key in product(put[:3], world.keys.values()):
            caller = evaluator.caller(ask.caller.arn)
            cell = evaluator.cell(Part("kms:Decrypt", Scope(world, caller, key_target(key)), Circumstances()))
            waiting = [
                action for action in ACTIONS if any(entry.actions & BIT[action.name.lower()] for entry in cell.pending)
            ]
            for action, context in product(waiting[::9], (*contexts, contexts[0] | contexts[-1])):
                words = (ask.caller.arn, action.name, key.handle, {name: text for name, (text,) in context.items()})
                found = plain.outcome(*words)
                if found is None or found == "undetermined":
                    continue
                turned += found != plain.outcome(*words[:3], None)
                assert found == _part_by_part(evaluator, *words), words
                assert found == decide(
                    world, Ask(caller, action.name, key, context=context, grant=grant_meant(action.name.lower(), key))
                ), words
    assert turned > 50


def _part_by_part(evaluator: Evaluator, principal: Any, action: Any, key: Any, context: Any) -> str | None:
    try:
        ruling = evaluator.rule(request(principal, action, key, context=context, at=AT))
    except InputError:
        return "refused"
    explanation = explain(evaluator, ruling)
    assert explanation.decision == ruling.outcome
    return ruling.outcome
