"""Any structure as a scenario in memory: InputError, or a world whose tests, checks and lint come to an end.

A structure is what a program can pass: mappings of any class, tuples, dates, paths, lone surrogates, NaN. Only
InputError is raised, and the questions of the world's own tests get the same answers when they are asked again.
"""

from __future__ import annotations

import json
from collections import OrderedDict, UserDict
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from random import Random
from types import MappingProxyType
from typing import Any

from fuzz.asking import OUTCOMES, answers, ask
from fuzz.documents import GRANTS, POLICIES, WORLDS, texts
from fuzz.harness import Harness, choice, demand, fair
from fuzz.mutation import mutated_json
from kms_eval import InputError, Scenario

_TAG = "made of"
"""A mapping with this member stands for a value that JSON does not have."""


class _Text(str):
    """A string of a class defined by the caller."""

    __slots__ = ()


MAKES: dict[str, Callable[[Any], Any]] = {
    "proxy": lambda value: MappingProxyType(value if isinstance(value, dict) else {"a": value}),
    "ordered": lambda value: OrderedDict(value if isinstance(value, dict) else {"a": value}),
    "user dict": lambda value: UserDict(value if isinstance(value, dict) else {"a": value}),
    "numbered": lambda value: {1: value, None: value, ("a",): value},
    "tuple": lambda value: tuple(value) if isinstance(value, list) else (value,),
    "set": lambda value: {str(value)},
    "frozen": lambda value: frozenset([str(value)]),
    "iterator": lambda value: iter([value]),
    "bytes": lambda value: str(value).encode("utf-8", "replace"),
    "decimal": lambda value: Decimal("NaN"),
    "nan": lambda value: float("nan"),
    "infinity": lambda value: float("inf"),
    "complex": lambda value: 1j,
    "date": lambda value: date(2026, 1, 1),
    "naive": lambda value: datetime(2026, 1, 1),  # noqa: DTZ001 - what a program may pass by mistake
    "time": lambda value: datetime(2026, 1, 1, tzinfo=UTC),
    "path": lambda value: PurePosixPath("no/such/file.json"),
    "class": lambda value: dict,
    "object": lambda value: object(),
    "circle": lambda value: _circle(),
    "huge": lambda value: 10**5_000,
    "text": _Text,
}


def _circle() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


def check(data: bytes) -> None:
    """Read the structure as a scenario, and ask the world every kind of question."""
    try:
        structure = json.loads(data, object_hook=_made)
    except (ValueError, RecursionError):
        return
    asked = structure.pop("asked", None) if isinstance(structure, dict) else None
    try:
        world = Scenario.from_dict(structure)
    except InputError as error:
        fair(error)
        return
    if isinstance(asked, dict) and all(isinstance(name, str) for name in asked):
        _ask(world, asked)
    answers(world, next(iter(world.world.keys), None), explained=choice(data, 8) == 1)
    for test in world.tests[:3]:
        first, second = (_decided(world, test.request) for _ in range(2))
        demand(first == second, f"{first} is {second} when it is asked again")
    if choice(data, 16) == 0:
        _gate(world)


def _gate(world: Scenario) -> None:
    """Run its checks, which may name actions and condition keys that do not exist, and lint."""
    try:
        world.run_checks()
    except InputError as error:
        fair(error)
    world.lint()


def _ask(world: Scenario, fields: dict[str, Any]) -> None:
    """Ask the question that is part of the structure, using those fields that a question can have."""
    known = {"principal", "action", "key", *(name for each in FIELDS for name in each)}
    said = {
        "principal": "role/admin",
        "action": "kms:Decrypt",
        **{name: fields[name] for name in known & fields.keys()},
    }
    ask(world, said.pop("principal"), said.pop("action"), said.pop("key", None), **said)


def _decided(world: Scenario, asked: Any) -> str:
    try:
        found = world.decide(asked).decision
    except InputError as error:
        fair(error)
        return str(error)
    demand(found in OUTCOMES, f"the decision is {found!r}")
    return found


def _made(value: dict[str, Any]) -> Any:
    make = MAKES.get(value[_TAG]) if isinstance(value.get(_TAG), str) else None
    return value if make is None else make(value.get("of"))


FIELDS: tuple[dict[str, Any], ...] = (
    {"context": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "aws:SourceIp": ["10.0.0.1"], "aws:TokenAge": 1}},
    {"encryption_context": {"a": "b"}, "vpc_endpoint": "vpce-1", "at": "2026-01-01T00:00:00Z", "alias": "alias/app"},
    {"session": {"name": "s", "policies": [POLICIES[3]], "tags": {"a": "b"}, "source_identity": "x"}},
    {"grant": GRANTS[0][0], "via_grant": "grant-1", "region": "us-west-2", "destination_key": "app"},
    {"grant": "grant-1", "stranger": True},
)
_STRUCTURES = [
    *({**world, "asked": {"principal": "role/admin", "action": "kms:Decrypt", "key": "app"}} for world in WORLDS),
    *({**WORLDS[0], "asked": {"principal": "user/alice", "action": "kms:CreateGrant", **each}} for each in FIELDS),
]
_as_tree = mutated_json(_STRUCTURES)


def _mutated(data: bytes, random: Random) -> bytes:
    if random.random() < 0.7:
        return _as_tree(data, random)
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return _as_tree(data, random)
    if not isinstance(tree, (dict, list)) or not tree:
        return _as_tree(data, random)
    holders = [tree]
    for holder in holders:
        members = holder.values() if isinstance(holder, dict) else holder
        holders += [member for member in members if isinstance(member, (dict, list)) and member]
    holder = random.choice(holders)
    step = random.choice(list(holder)) if isinstance(holder, dict) else random.randrange(len(holder))
    holder[step] = {_TAG: random.choice(list(MAKES)), "of": holder[step]}
    return json.dumps(tree).encode()


HARNESS = Harness("scenarios", texts(_STRUCTURES), check, _mutated)
