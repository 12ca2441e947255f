"""Pairs that are said to be told apart by no policy are decided alike, and explained each for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY, Grid, GridCell
from kms_eval.analysis.access.principals import askers
from kms_eval.engine.evaluator import Evaluator
from kms_eval.world.model import World
from tests.analysis.asking_grids import grid
from tests.laws.test_unknowns import with_unknown
from tests.strategies import asks, worlds

law = settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)


def everything(table: Grid, cell: GridCell) -> Any:
    """Masks, conditions, reasons and open questions, action by action."""
    about = ACTIONS_WITHOUT_KEY if cell.key is None else ACTIONS_ON_KEY
    said: list[set[object]] = [set(), set(), set()]
    for place, found in enumerate((table.residual(cell, about), table.reasons(cell, about), table.doubts(cell, about))):
        for mask, each in found:
            words = (str(each), each.by, each.unknowns) if place == 0 else each  # type: ignore[attr-defined]
            said[place] |= {(bit, words) for bit in range(mask.bit_length()) if mask >> bit & 1}
    return (cell.always, cell.sometimes, cell.undetermined, cell.public, *said)


def check(world: World, endpoint: str | None) -> None:
    evaluator = Evaluator(world)
    table = grid(evaluator, vpc_endpoint=endpoint)

    def alone(cell: GridCell) -> Any:
        """What another grid says, which knows of nothing like it."""
        return everything(
            grid(evaluator, vpc_endpoint=endpoint), replace(table.itself(cell), first=None, pair_class=None)
        )

    for who in askers(evaluator):
        row = table.row(who, tuple(world.keys.values()))
        for key, alike in zip(world.keys.values(), row, strict=True):
            cell = table.on(who, key)
            assert (cell.always, cell.sometimes) == (alike.always, alike.sometimes)
            assert everything(table, cell) == alone(cell)
        cell = table.without_key(who)
        assert everything(table, cell) == alone(cell)


@law
@given(st.data())
def test_a_pair_decided_like_another_is_decided_as_if_it_were_alone(data: st.DataObject) -> None:
    world = data.draw(worlds())
    check(world, data.draw(st.sampled_from((None, *world.vpc_endpoints))))


@law
@given(st.data())
def test_the_same_with_something_that_no_source_could_show(data: st.DataObject) -> None:
    world = data.draw(worlds())
    world, _ask = with_unknown(data, world, data.draw(asks(world)))
    check(world, None)
