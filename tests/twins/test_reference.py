"""The engine and the reference, two readings of the same rules, give the same answers."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, note, settings, strategies as st

from tests.reference import decide
from tests.strategies import asks, worlds
from tests.twins.asking import rule

EXAMPLES = int(os.environ.get("KMS_EVAL_EXAMPLES", "200"))


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_decision_is_the_references(data: st.DataObject) -> None:
    world = data.draw(worlds())
    for _question in range(4):
        ask = data.draw(asks(world))
        ruling = rule(world, ask)
        note(f"{ruling.part.action} on {ruling.part.scope.target.arn} by {ruling.part.scope.caller.arn}")
        assert ruling.outcome == decide(world, ask)
