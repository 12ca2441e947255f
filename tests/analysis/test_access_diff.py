"""What appears, disappears and gets other conditions, between two worlds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval import Scenario
from kms_eval.analysis.access.access_diff import Change, Compared, compare
from kms_eval.analysis.access.grid import Grid
from kms_eval.analysis.access.partial_evaluation import PUBLISHED
from kms_eval.documents.model import PolicyKind, PrincipalEntry
from kms_eval.engine.evaluator import Evaluator
from kms_eval.world.model import World
from tests.analysis.asking_grids import ABROAD, ACCOUNT, DELEGATES, document, grid, scenario, statement
from tests.effort import examples
from tests.strategies import statements, worlds
from tests.vocabulary import HOME

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.worlds import organization

law = settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
VIA_EC2 = {"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}}
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def between(before: Scenario | World, after: Scenario | World) -> Compared:
    sides = [Evaluator(each) if isinstance(each, World) else each.evaluator for each in (before, after)]
    return compare(grid(sides[0]), grid(sides[1]), actions=PUBLISHED)


def about(changes: tuple[Change, ...], label: str) -> list[tuple[str, tuple[str, ...], str, str]]:
    return [(each.kind, each.actions, each.before, each.after) for each in changes if each.label == label]


def with_role(*written: object) -> Scenario:
    return scenario(principals={"role/a": {"policies": [document(*written)] if written else []}})


def changed(before: object, after: object) -> list[tuple[str, tuple[str, ...], str, str]]:
    sides = [with_role(*([each] if each else [])) for each in (before, after)]
    return about(between(*sides).changes, "role/a")


@law
@given(st.data())
def test_a_world_and_itself_have_no_difference(data: st.DataObject) -> None:
    world = data.draw(worlds())
    assert between(world, replace(world)).changes == ()


@law
@given(st.data())
def test_nothing_is_different_even_where_everything_is_decided_again(data: st.DataObject) -> None:
    world = data.draw(worlds())
    with pytest.MonkeyPatch.context() as patch:
        _nothing_is_alike(patch)
        found = between(world, replace(world))
    assert found.changes == ()


@law
@given(st.data())
def test_one_more_allow_in_a_key_policy_only_makes_access_appear(data: st.DataObject) -> None:
    world = data.draw(worlds())
    kinds = {change.kind for change in _with_statement(world, data, "Allow").changes}
    assert kinds <= {"appears", "widens", "differs"}


@law
@given(st.data())
def test_one_more_deny_in_a_key_policy_only_takes_access_away(data: st.DataObject) -> None:
    world = data.draw(worlds())
    kinds = {change.kind for change in _with_statement(world, data, "Deny").changes}
    assert kinds <= {"disappears", "narrows", "differs"}


def _with_statement(world: World, data: st.DataObject, effect: str) -> Compared:
    key = next(iter(world.keys.values()))
    drawn = data.draw(statements(PolicyKind.KEY, 9, substitutes=key.policy.variables))
    assume(drawn.effect == effect)
    # Naming a role for the first time tells whose its sessions are, which may change their access by itself.
    whom = data.draw(st.sampled_from([*world.principals, HOME, "*"]))
    drawn = replace(drawn, principals=(PrincipalEntry("AWS", whom),), not_principals=None)
    policy = replace(key.policy, statements=(*key.policy.statements, drawn))
    return between(world, replace(world, keys={**world.keys, key.handle: replace(key, policy=policy)}))


def test_a_session_that_one_side_alone_names_asks_on_both_sides() -> None:
    """Naming it, in a Deny at that, gives it nothing: its role has what it had."""
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/a/night"
    may = {"role/a": {"policies": [document(statement("kms:Decrypt"))]}}
    named = {"StringEquals": {"aws:PrincipalArn": session}}
    before = scenario(principals=may)
    after = scenario(DELEGATES, statement("kms:Encrypt", "Deny", Principal="*", Condition=named), principals=may)
    assert [each.kind for each in between(before, after).changes if each.label.startswith("assumed-role")] == []


class _Unlike(tuple[int, int]):
    """A class of pairs that is like no other."""

    __slots__ = ()
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


def _nothing_is_alike(patch: pytest.MonkeyPatch) -> None:
    really = Grid.classes_of
    patch.setattr(Grid, "classes_of", lambda *asked: [_Unlike(each) for each in really(*asked)])


def _every(section: str, **values: object) -> Callable[[Any], object]:
    """Every second entry of a section gets these values."""
    return lambda world: [entry.update(values) for entry in list(world[section].values())[::2]]


def _each_account(**values: object) -> Callable[[Any], object]:
    return lambda world: [entry.update(values) for entry in world["organization"]["accounts"].values()]


CHANGES: list[Callable[[Any], object]] = [
    lambda world: [key["policy"]["Statement"].pop(0) for key in world["keys"].values()],
    _every("keys", grants=[]),
    _every("keys", tags={"team": "another"}),
    _every("principals", policies=[]),
    _every("principals", tags={"team": "another"}),
    _every("principals", permissions_boundary=document(statement("kms:DescribeKey"))),
    lambda world: world["groups"]["violet"].update(policies=[]),
    _each_account(service_control_policies=[[]]),
    _each_account(resource_control_policies=[[document({**statement("kms:Decrypt", "Deny"), "Principal": "*"})]]),
    lambda world: world["organization"].update(id="o-another", accounts={}),
    lambda world: world.pop("organization"),
]


@pytest.mark.parametrize("change", range(len(CHANGES)))
def test_what_is_skipped_is_really_the_same(change: int) -> None:
    made = organization(40, 11, accounts=2)
    other = deepcopy(made)
    CHANGES[change](other)
    sides = Scenario.from_dict(made), Scenario.from_dict(other)
    found = between(*sides)
    with pytest.MonkeyPatch.context() as patch:
        _nothing_is_alike(patch)
        everything = between(*sides)
    assert found.changes == everything.changes
    assert found.changes
    assert found.decided <= everything.decided


def test_the_order_of_keys_is_no_difference() -> None:
    made = organization(12, 4)
    other = {**made, "keys": dict(reversed(made["keys"].items()))}
    found = between(Scenario.from_dict(made), Scenario.from_dict(other))
    assert (found.changes, found.decided) == ((), 0)


def test_only_what_may_differ_is_decided() -> None:
    made = organization(12, 4)
    other = deepcopy(made)
    other["keys"]["key-0"]["policy"]["Statement"].pop()
    found = between(Scenario.from_dict(made), Scenario.from_dict(other))
    assert 0 < found.decided < found.principals


def test_access_appears_and_disappears() -> None:
    allow = statement("kms:Decrypt")
    assert changed(None, allow) == [("appears", ("kms:Decrypt",), "never", "always")]
    assert changed(allow, None) == [("disappears", ("kms:Decrypt",), "always", "never")]


def test_access_under_conditions_appears_and_disappears_with_them() -> None:
    allow = statement("kms:Decrypt", Condition=VIA_S3)
    words = "if StringEquals kms:ViaService `s3.us-east-1.amazonaws.com`"
    assert changed(None, allow) == [("appears", ("kms:Decrypt",), "never", words)]
    assert changed(allow, None) == [("disappears", ("kms:Decrypt",), words, "never")]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (VIA_S3, None, "widens"),
        (None, VIA_S3, "narrows"),
        ({**VIA_S3, **WITH_MFA}, VIA_S3, "widens"),
        (VIA_S3, {**VIA_S3, **WITH_MFA}, "narrows"),
        (VIA_S3, VIA_EC2, "differs"),
    ],
)
def test_conditions_get_wider_or_narrower_or_other(before: object, after: object, kind: str) -> None:
    one, other = (
        statement("kms:Decrypt") | ({} if condition is None else {"Condition": condition})
        for condition in (before, after)
    )
    assert [change[0] for change in changed(one, other)] == [kind]


def test_a_condition_written_in_another_order_is_the_same() -> None:
    one = statement("kms:Decrypt", Condition={**VIA_S3, **WITH_MFA})
    other = statement("kms:Decrypt", Condition={**WITH_MFA, **VIA_S3})
    assert changed(one, other) == []


def test_text_that_becomes_a_variable_is_noticed() -> None:
    same = {"StringEquals": {"kms:ViaService": "${aws:SourceIdentity}"}}
    sides = [
        scenario(
            principals={"role/a": {"policies": [{**document(statement("kms:Sign", Condition=same)), "Version": v}]}}
        )
        for v in ("2008-10-17", "2012-10-17")
    ]
    assert [change[0] for change in about(between(*sides).changes, "role/a")] == ["differs"]


def test_opening_a_key_is_access_for_anyone() -> None:
    opened = {**statement("kms:Decrypt"), "Principal": "*"}
    found = between(scenario(), scenario(DELEGATES, opened)).changes
    assert about(found, "anyone at all") == [("appears", ("kms:Decrypt",), "never", "public")]
    assert about(found, f"anyone in account {ACCOUNT}") == [
        ("widens", ("kms:Decrypt",), "if an identity policy of its own allows it", "always")
    ]


def test_whom_one_side_only_names_both_sides_are_asked_about() -> None:
    named = {**statement("kms:Decrypt"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"}}
    assert about(between(scenario(), scenario(DELEGATES, named)).changes, "role/ci") == [
        ("widens", ("kms:Decrypt",), "if an identity policy of its own allows it", "always")
    ]


def test_who_is_described_on_one_side_only_does_not_exist_on_the_other() -> None:
    found = between(scenario(), scenario(principals={"role/new": {"policies": [document(statement("kms:Sign"))]}}))
    assert about(found.changes, "role/new") == [("appears", ("kms:Sign",), "never", "always")]


def test_a_key_that_is_new_brings_all_its_access_and_one_that_goes_takes_it() -> None:
    key = {"policy": document(DELEGATES)}
    one = Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key}})
    two = Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key, "new": key}})
    assert {(each.kind, each.key) for each in between(one, two).changes} == {("appears", "new")}
    assert {(each.kind, each.key) for each in between(two, one).changes} == {("disappears", "new")}


def test_a_key_that_only_has_another_name_is_the_same_key() -> None:
    key = {"policy": document(DELEGATES), "key_id": "1234abcd-12ab-34cd-56ef-1234567890ab"}
    sides = [Scenario.from_dict({"account": ACCOUNT, "keys": {name: key}}) for name in ("old", "new")]
    assert between(*sides).changes == ()


def test_actions_without_key_are_compared_as_well() -> None:
    before, after = with_role(), with_role(statement("kms:ListKeys"))
    (change,) = between(before, after).changes
    assert (change.actions, change.key) == (("kms:ListKeys",), None)


def test_only_the_actions_asked_for_are_compared() -> None:
    before, after = with_role(), with_role(statement("kms:*"))
    found = compare(grid(before.evaluator), grid(after.evaluator), actions=1)
    assert {action for change in found.changes for action in change.actions} == {"kms:CancelKeyDeletion"}


def test_another_account_gets_access() -> None:
    named = {**statement("kms:Decrypt"), "Principal": {"AWS": ABROAD}}
    found = between(scenario(), scenario(DELEGATES, named)).changes
    assert about(found, f"arn:aws:iam::{ABROAD}:root") == [("appears", ("kms:Decrypt",), "never", "always")]


def causes(before: Scenario, after: Scenario, label: str) -> tuple[list[str], bool]:
    """The Sids behind the one change for a principal, and whether they are on both sides."""
    (change,) = (each for each in between(before, after).changes if each.label == label and each.key is not None)
    return [each.sid or "" for each in change.causes], change.causes_unchanged


USES: dict[str, Any] = {"policies": [document({**statement("kms:Decrypt"), "Sid": "Use"})]}


def test_the_policy_of_a_key_is_no_cause_where_a_principal_is_new() -> None:
    before, after = scenario(), scenario(principals={"role/b": USES})
    assert causes(before, after, "role/b") == (["Use"], False)
    assert causes(after, before, "role/b") == (["Use"], False)


def test_the_policies_of_a_principal_are_no_cause_where_a_key_is_new() -> None:
    new = document({**DELEGATES, "Sid": "Home"})
    before = scenario(principals={"role/b": USES})
    keys = {"app": {"policy": document(DELEGATES)}, "new": {"policy": new}}
    after = scenario(keys=keys, principals={"role/b": USES})
    assert causes(before, after, "role/b") == (["Home"], False)


def test_statements_that_are_on_both_sides_are_said_to_be_unchanged() -> None:
    everyone = {**statement("kms:Decrypt"), "Sid": "Home", "Principal": {"AWS": "*"}}
    before, after = scenario(everyone), scenario(everyone, principals={"role/b": {}})
    assert causes(before, after, "role/b") == (["Home"], True)
