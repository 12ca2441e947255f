"""Searches that are taken to be the same find the same."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from hypothesis import HealthCheck, given, settings

from kms_eval.analysis.checking.everybody import everybody
from kms_eval.analysis.proving.domains import Domain
from kms_eval.analysis.proving.request_paths import request_paths
from kms_eval.analysis.proving.requirements import Search
from kms_eval.analysis.proving.sameness import Sameness
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.world.model import World
from tests.analysis.asking_grids import grid, scenario, statement
from tests.strategies import worlds

law = settings(max_examples=40, suppress_health_check=list(HealthCheck))
ACTIONS = ("kms:Decrypt", "kms:CreateGrant", "kms:ReEncryptFrom", "kms:UpdateAlias", "kms:RetireGrant")


@law
@given(worlds())
def test_what_was_found_for_one_holds_for_all_that_are_alike(world: World) -> None:
    evaluator = Evaluator(world)
    table = grid(evaluator)
    sameness = Sameness(table.open_conditions)
    found: dict[Hashable, bool] = {}
    for someone in everybody(evaluator):
        for key in world.keys.values():
            grid_cell = table.on(someone.asker, key)
            for name in ACTIONS:
                bit = bit_of(name)
                if not (grid_cell.always | grid_cell.sometimes) & bit:
                    continue
                halves = [evaluated for covered, evaluated in grid_cell.halves if covered & bit]
                paths = request_paths(service=someone.asker.kind == "service")
                search = Search(table.open_conditions, lambda _key: Domain(multi_valued=True), paths)
                possible = any(True for _found in search.find(halves, bit))
                same = sameness.of_action(halves, bit)
                assert found.setdefault(same, possible) is possible, (someone.asker.label, actions_in(bit))


def test_the_same_condition_in_two_statements_is_the_same_and_another_is_not() -> None:
    def cell(*conditions: Mapping[str, object]) -> list[Hashable]:
        people = [f"role/{index}" for index, _condition in enumerate(conditions)]
        statements = [
            {**statement("kms:Decrypt", Condition=condition), "Principal": {"AWS": f"arn:aws:iam::111122223333:{name}"}}
            for name, condition in zip(people, conditions, strict=True)
        ]
        world = scenario(*statements, principals={name: {} for name in people})
        table = grid(world.evaluator)
        sameness = Sameness(table.open_conditions)
        askers = [each.asker for each in everybody(world.evaluator) if each.asker.label in people]
        cells = [table.on(asker, world.world.keys["app"]) for asker in askers]
        return [sameness.of_actions(each.halves, bit_of("kms:Decrypt")) for each in cells]

    through_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    through_ec2 = {"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}}
    one, two, three = cell(through_s3, through_s3, through_ec2)
    assert one is not None
    assert one == two
    assert one != three
