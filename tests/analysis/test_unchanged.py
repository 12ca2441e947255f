"""Keys that are the same in another world are passed over by diff, and no others."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.analysis.access.unchanged import changed_keys
from kms_eval.world.model import Key, World

ALLOW: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


def world(**more: Any) -> World:
    policy = {"Version": "2012-10-17", "Statement": [ALLOW]}
    grant = {"GrantId": "g", "GranteePrincipal": "arn:aws:iam::111122223333:role/reader", "Operations": ["Decrypt"]}
    keys = {name: {"policy": policy, "grants": [grant], "aliases": [f"alias/{name}"]} for name in ("app", "logs")}
    principals = {"role/reader": {"tags": {"team": "a"}}}
    return Scenario.from_dict({"account": "111122223333", "keys": keys, "principals": principals, **more}).world


def pairs(before: World, after: World) -> list[tuple[Key | None, Key | None]]:
    return [(before.keys.get(name), after.keys.get(name)) for name in {**before.keys, **after.keys}]


def changed(before: World, after: World) -> list[str]:
    found = [one or other for one, other in changed_keys(before, after, pairs(before, after))]
    return [key.handle for key in found if key is not None]


def with_key(before: World, key: Key) -> World:
    return replace(before, keys={**before.keys, key.handle: key})


def test_nothing_has_changed_in_the_same_documents() -> None:
    assert changed(world(), world()) == []


def test_a_key_whose_policy_has_a_statement_more_is_another() -> None:
    before, after = world(), world()
    key = after.keys["app"]
    policy = replace(key.policy, statements=(*key.policy.statements, replace(key.policy.statements[0], effect="Deny")))
    assert changed(before, with_key(after, replace(key, policy=policy))) == ["app"]


def test_what_a_policy_is_called_and_where_it_stands_makes_no_other_key() -> None:
    before, after = world(), world()
    key = after.keys["app"]
    policy = replace(key.policy, name="renamed", place=None, length=None)
    assert changed(before, with_key(after, replace(key, policy=policy))) == []


@pytest.mark.parametrize("name", [each.name for each in fields(Key) if each.name not in {"policy", "handle"}])
def test_a_key_with_any_other_field_is_another(name: str) -> None:
    before = world()
    key = before.keys["app"]
    value = getattr(key, name)
    others: dict[type, Any] = {str: f"{value}-other", bool: not value, tuple: (), dict: {"new": "value"}}
    other = (replace(key.grants[0], operations=("Encrypt",)),) if name == "grants" else others.get(type(value), "x")
    if other == value:
        other = ("x",)
    field: dict[str, Any] = {name: other}
    assert changed(before, with_key(before, replace(key, **field))) == ["app"]


def test_a_key_that_comes_or_goes_is_another() -> None:
    before = world()
    fewer = replace(before, keys={"logs": before.keys["logs"]})
    assert changed(before, fewer) == changed(fewer, before) == ["app"]


@pytest.mark.parametrize(
    "more",
    [
        {"principals": {"role/reader": {"tags": {"team": "b"}}}},
        {"principals": {"role/reader": {"tags": {"team": "a"}}, "role/other": {}}},
        {"organization": {"id": "o-exampleorgid", "management_account": "999999999999"}},
        {"vpc_endpoints": {"vpce-1": {}}},
        {"region": "eu-west-1"},
        {"strangers": True},
    ],
)
def test_every_key_may_be_another_where_anything_else_is(more: dict[str, Any]) -> None:
    assert changed(world(), world(**more)) == ["app", "logs"]
