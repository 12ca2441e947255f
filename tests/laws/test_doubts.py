"""Every door says the same of open questions: who-can and the matrix what a single decision says, and batches too."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings, strategies as st

from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY, Grid
from kms_eval.analysis.access.principals import askers
from kms_eval.analysis.batching.batch import Answers
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explain import doubts
from kms_eval.engine.masks import ON_ALIAS, actions_in, bit_of
from kms_eval.facts.open_questions import QUESTIONS_BEHIND
from kms_eval.world.model import World
from kms_eval.world.request import Request
from tests.analysis.asking_grids import AT, grid
from tests.effort import examples
from tests.strategies import worlds

law = settings(max_examples=examples(60), suppress_health_check=list(HealthCheck), deadline=None)


def said_by_grid(table: Grid, world: World) -> dict[tuple[str, str | None, str], frozenset[str]]:
    found = {}
    for who in askers(table.evaluator):
        if not who.is_one:
            continue
        for grid_cell in (table.without_key(who), *(table.on(who, key) for key in world.keys.values())):
            about = ACTIONS_WITHOUT_KEY if grid_cell.key is None else ACTIONS_ON_KEY
            # Where the key's half denies, the grid does not look at the alias's, and a single decision tells of both.
            about &= ~ON_ALIAS
            told = table.doubts(grid_cell, about)
            for action in actions_in(about):
                codes = frozenset(code for mask, each in told if mask & bit_of(action.name) for code in each)
                found[who.name, grid_cell.key.arn if grid_cell.key else None, action.name] = codes
    return found


@law
@given(st.data())
def test_all_doors_agree_on_open_questions(data: st.DataObject) -> None:
    world = data.draw(worlds())
    evaluator = Evaluator(world)
    everything = said_by_grid(grid(evaluator), world)
    answers = Answers(evaluator, AT)
    for (principal, key, action), codes in everything.items():
        request = Request(principal, action, key, at=AT)
        alone = frozenset(warned.code for warned in doubts(evaluator, evaluator.rule(request)))
        assert codes == alone, (principal, key, action)
        row = {"principal": principal, "action": action} | ({"key": key} if key is not None else {})
        answer = answers.of(row)
        if answer.error is None:
            assert frozenset((answer.warnings or "").split()) & QUESTIONS_BEHIND.keys() == codes
