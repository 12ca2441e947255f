"""Any JSON as a policy, in every place that has one: a refusal, or a policy under which every question has an answer.

However broken the rest of a document is, a statement at its end that denies everything takes effect: nothing is
`allowed`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fuzz.asking import answers
from fuzz.documents import DENY_ALL, POLICIES, scenario, texts
from fuzz.harness import Harness, choice, demand, fair
from fuzz.mutation import mutated_json
from kms_eval import InputError, Scenario

World = dict[str, Any]


def _on_the_key(world: World, policy: object) -> None:
    world["keys"]["app"]["policy"] = policy


def _identity(world: World, policy: object) -> None:
    for principal in world["principals"].values():
        principal["policies"] = [*principal["policies"], policy]


def _boundary(world: World, policy: object) -> None:
    for principal in world["principals"].values():
        principal["permissions_boundary"] = policy


def _member(layer: str) -> Callable[[World, object], None]:
    def put(world: World, policy: object) -> None:
        (member,) = world["organization"]["accounts"].values()
        member[layer] = [*member[layer], [policy]]

    return put


PLACES: tuple[tuple[bool, Callable[[World, object], None]], ...] = (
    (True, _on_the_key),
    (False, _identity),
    (False, _boundary),
    (False, _member("service_control_policies")),
    (True, _member("resource_control_policies")),
)
"""Whether statements in that place name principals, and how a policy is put there."""


def check(data: bytes) -> None:
    """Put the document into one of the places, chosen by the document itself, and ask."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    names, put = PLACES[choice(data, len(PLACES))]
    world = _read(put, document)
    if world is not None:
        answers(world, "app", explained=choice(data, 8) == 1)
        if choice(data, 8) == 0:
            world.lint()
    denied = _denied(document, {**DENY_ALL, "Principal": "*"} if names else DENY_ALL)
    world = _read(put, denied) if denied is not None else None
    for answer in answers(world, "app", explained=False) if world is not None else ():
        demand(not answer, f"allowed in spite of a Deny: {answer!r}")


def _denied(document: object, deny: object) -> object:
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), (dict, list)):
        return None
    said = document["Statement"]
    return {**document, "Statement": [*(said if isinstance(said, list) else [said]), deny]}


def _read(put: Callable[[World, object], None], document: object) -> Scenario | None:
    world = scenario()
    world = json.loads(json.dumps(world))
    put(world, document)
    try:
        return Scenario.from_dict(world)
    except InputError as error:
        fair(error)
        return None


HARNESS = Harness("policies", texts(POLICIES), check, mutated_json(POLICIES))
