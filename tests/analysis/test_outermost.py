"""The most that somebody may do is never less than what the engine decides."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from kms_eval.analysis.checking.everybody import everybody
from kms_eval.analysis.checking.outermost import Outermost
from kms_eval.engine.evaluator import Evaluator
from kms_eval.world.model import World
from tests.analysis.asking_grids import ACCOUNT, asker, document, grid, scenario, statement
from tests.strategies import worlds

law = settings(max_examples=30, suppress_health_check=list(HealthCheck))


@law
@given(worlds())
def test_nothing_is_allowed_beyond_the_outermost(world: World) -> None:
    evaluator = Evaluator(world)
    table, outermost = grid(evaluator), Outermost(evaluator)
    for someone in everybody(evaluator):
        for key in world.keys.values():
            found = table.on(someone.asker, key)
            assert not (found.always | found.sometimes) & ~outermost.of(someone.asker, key)


def test_an_identity_policy_for_another_key_leaves_nothing() -> None:
    elsewhere = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
    policies = [document({**statement("kms:Decrypt"), "Resource": elsewhere})]
    found = scenario(principals={"role/app": {"policies": policies}})
    app = asker(found.evaluator, "role/app")
    assert Outermost(found.evaluator).of(app, found.world.keys["app"]) == 0
