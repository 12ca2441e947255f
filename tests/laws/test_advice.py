"""What is true of every change that is advised: made, it allows the request, and nothing less of it would."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval.analysis.advising.advise import Search
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import InputError
from kms_eval.world.request import Request
from tests.effort import examples
from tests.reference import Ask
from tests.strategies import asks, worlds

law = settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))


def asked(ask: Ask) -> Request:
    return Request(
        ask.caller.arn,
        ask.action,
        ask.key.handle if ask.key is not None else None,
        ask.context,
        ask.encryption_context,
        vpc_endpoint=ask.endpoint.id if ask.endpoint is not None else None,
        at=ask.at,
    )


@law
@given(st.data())
def test_every_change_allows_and_nothing_less_of_it_would(data: st.DataObject) -> None:
    world = data.draw(worlds())
    evaluator = Evaluator(world)
    try:
        ruling = evaluator.rule(asked(data.draw(asks(world))))
    except InputError:
        assume(False)
    assume(ruling.outcome != "allowed")
    search = Search(evaluator, ruling)
    for edits in search.found():
        state = search.start
        for edit in edits:
            state = edit.apply(state)
        assert Evaluator(state.world).rule(state.request).outcome == "allowed"
        for left_out in edits:
            state = search.start
            for edit in edits:
                state = edit.apply(state) if edit is not left_out else state
            assert Evaluator(state.world).rule(state.request).outcome != "allowed"
