"""What is unknown is never shown as allowed to anybody, and never as something that is known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies as st

from kms_eval.analysis.access.principals import Asker
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import bit_of, published
from tests.analysis.asking_grids import grid
from tests.analysis.test_grid_laws import within_the_question
from tests.effort import examples
from tests.laws.test_unknowns import with_unknown
from tests.strategies import asks, worlds
from tests.twins.asking import rule

law = settings(max_examples=examples(150), suppress_health_check=list(HealthCheck), deadline=None)


@law
@given(st.data())
def test_the_answers_about_everybody_agree_with_single_questions(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = within_the_question(world, data.draw(asks(world)))
    if ask.key is None:
        ask = replace(ask, region=None)
    row = published(ask.action)
    # Of an alias operation this asks one half only. Tags of a session are for a question to bring.
    if row is None or "alias" in row.resources or ask.caller.session is not None:
        return
    world, ask = with_unknown(data, world, ask)
    table = grid(Evaluator(world))
    who = Asker(ask.caller.arn, ask.caller.arn, "role", ask.caller)
    found = table.without_key(who) if ask.key is None else table.on(who, ask.key)
    outcome, bit = rule(world, ask).outcome, bit_of(ask.action)
    fitting = {
        "always": {"allowed"},
        "conditional": {"allowed", "undetermined", "explicitDeny", "implicitDeny"},
        "undetermined": {"undetermined", "explicitDeny", "implicitDeny"},
        # The grid knows of conditions that contradict one another; a single question does not look for that.
        "never": {"explicitDeny", "implicitDeny", "undetermined"},
    }
    assert outcome in fitting[found.answer(bit)]
    if found.answer(bit) == "undetermined":
        ((_mask, residual),) = table.residual(found, bit)
        assert residual.unknowns
