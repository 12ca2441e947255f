"""The public face beyond single questions: everything that the command line asks, with answers that show themselves."""

from __future__ import annotations

import json
import pickle
import pydoc
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import kms_eval
from kms_eval import Decision, InputError, Scenario

ACCOUNT = "111122223333"
HOSTILE = "<script>alert(1)</script>\u202e"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


DELEGATES = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
READS = {"Sid": "Reads", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
THROUGH_S3 = READS | {"Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}
OPEN = document(READS | {"Principal": {"AWS": "*"}})


def scenario(*, name: str = "small", policies: dict[str, list[dict[str, Any]]] | None = None) -> Scenario:
    attached = policies or {"role/app": [document(READS)], "role/batch": [document(THROUGH_S3)], "user/idle": []}
    return Scenario.from_dict(
        {
            "name": name,
            "account": ACCOUNT,
            "keys": {"app": {"policy": document(DELEGATES)}, "other": {"policy": document(DELEGATES)}},
            "principals": {who: {"policies": each} for who, each in attached.items()},
            "tests": [
                {"name": "reads", "principal": "role/app", "action": "kms:Decrypt", "key": "app", "expect": "allowed"},
                {"name": "idle", "principal": "user/idle", "action": "kms:Decrypt", "key": "app", "expect": "denied"},
            ],
            "checks": [{"name": "nobody outside", "nobody": "outside-account", "may": "kms:Decrypt"}],
        }
    )


WORLD = scenario()


# What is asked.


def test_who_can_names_those_who_may() -> None:
    answer = WORLD.who_can("kms:Decrypt", "app")
    assert set(answer.names("always")) == {f"arn:aws:iam::{ACCOUNT}:{who}" for who in ("role/app", "root")}
    assert f"arn:aws:iam::{ACCOUNT}:role/batch" in answer.names("conditional")
    through = WORLD.who_can("kms:Decrypt", "app", context={"kms:ViaService": "s3.us-east-1.amazonaws.com"})
    assert f"arn:aws:iam::{ACCOUNT}:role/batch" in through.names("always")


def test_the_filters_are_those_of_the_command_line() -> None:
    answer = WORLD.who_can(["kms:Decrypt", "kms:Encrypt"], ["app", "oth*"], principal="role/*")
    assert {(each.action, each.key) for each in answer.findings} == {
        (action, key) for action in ("kms:Decrypt", "kms:Encrypt") for key in ("app", "other")
    }
    assert f"arn:aws:iam::{ACCOUNT}:user/idle" not in answer.names("never")
    assert [key.handle for key in WORLD.matrix("app").keys] == ["app"]
    assert len(WORLD.matrix(principal="role/app").principals) == 1


def test_a_change_of_policies_is_compared_before_it_is_made() -> None:
    after = WORLD.with_policies(keys={"app": OPEN}, principals={"role/app": []})
    changed = WORLD.diff(after, action="kms:Decrypt")
    assert {change.kind for change in changed.changes} >= {"appears", "disappears"}
    assert changed.findings
    assert {change.key for change in WORLD.diff(after, "other").changes} <= {"other", None}
    expected = WORLD.diff(after, "app", action="kms:Decrypt", allow="* kms:Decrypt app", fail_on="appears")
    assert not [change for change in expected.changes if expected.is_finding(change)]
    assert not WORLD.diff(WORLD).changes


def test_a_policy_can_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "open.json").write_text(json.dumps(OPEN))
    assert WORLD.with_policies({"app": tmp_path / "open.json"}).who_can("kms:Decrypt", "app").names("public", "always")


def test_lockout_says_who_could_still_change_a_policy() -> None:
    (app,) = WORLD.with_policies({"app": OPEN}).lockout("app", caller="role/app")
    assert app.found
    assert [each.found for each in WORLD.lockout()] == [False, False]


def test_tests_checks_coverage_and_lint_are_those_of_the_file() -> None:
    assert WORLD.run_tests()
    assert not scenario(policies={"role/app": [], "user/idle": []}).run_tests()
    assert all(WORLD.run_checks())
    assert WORLD.coverage().decisions == 2
    assert WORLD.mutate(["drop-statement"]).tests == 2
    assert WORLD.lint().findings


@pytest.mark.parametrize(
    "ask",
    [
        lambda: WORLD.who_can([]),
        lambda: WORLD.who_can("kms:Nothing"),
        lambda: WORLD.who_can("kms:Decrypt", "missing"),
        lambda: WORLD.who_can("kms:Decrypt", principal=["role/app", ""]),
        lambda: WORLD.matrix(action=1),  # type: ignore[arg-type]
        lambda: WORLD.matrix(at="soon"),
        lambda: WORLD.diff(WORLD, fail_on="grows"),
        lambda: WORLD.diff(WORLD, key="missing"),
        lambda: WORLD.diff(WORLD, allow="role/nobody-has-this-name"),
        lambda: WORLD.diff("missing.yaml"),
        lambda: WORLD.with_policies({"missing": OPEN}),
        lambda: WORLD.with_policies({"app": {"Statement": 1}}),
        lambda: WORLD.lockout(caller="role/stranger"),
        lambda: WORLD.mutate("nothing"),
        lambda: scenario(policies={"role/app": [], "user/idle": []}).mutate(),
    ],
)
def test_what_makes_no_sense_is_an_input_error(ask: Any) -> None:
    with pytest.raises(InputError):
        ask()


# How answers show themselves.


def answers(world: Scenario) -> list[Any]:
    after = world.with_policies({"app": OPEN})
    return [
        world.can("user/idle", "kms:Decrypt", "app"),
        world.who_can("kms:*", "app"),
        world.matrix(),
        world.diff(after),
        *world.lockout(),
        world.run_tests(),
        world.coverage(),
        world.mutate(["drop-statement"]),
        *world.run_checks(),
        world.lint(),
    ]


def test_every_answer_is_short_to_look_at_and_says_itself_in_text_and_as_plain_values() -> None:
    for answer in [WORLD, *WORLD.keys.values(), *WORLD.principals.values(), *WORLD.tests, *answers(WORLD)]:
        assert re.fullmatch(r"<[^\n]{4,198}>", repr(answer))
        assert " at 0x" not in repr(answer)
    for answer in answers(WORLD):
        assert str(answer)
        assert " at 0x" not in str(answer)
        assert json.loads(json.dumps(answer.to_dict())) == answer.to_dict()


def test_a_scenario_shows_its_keys_and_principals_and_lets_nobody_change_them() -> None:
    assert repr(WORLD) == "<Scenario small: 2 keys, 3 principals, 2 tests>"
    assert list(WORLD.keys) == ["app", "other"]
    assert repr(WORLD.principals[f"arn:aws:iam::{ACCOUNT}:role/app"]) == (
        f"<Principal arn:aws:iam::{ACCOUNT}:role/app: 1 policies>"
    )
    with pytest.raises(TypeError):
        WORLD.keys["new"] = WORLD.keys["app"]  # type: ignore[index]


def test_a_notebook_shows_answers_and_runs_nothing_of_what_they_name() -> None:
    hostile = document(
        READS | {"Sid": HOSTILE, "Effect": "Deny", "Condition": {"StringEquals": {"aws:username": HOSTILE}}}
    )
    world = scenario(name=HOSTILE, policies={"role/app": [document(READS), hostile], "user/idle": []})
    shown = [each for each in answers(world) if hasattr(each, "_repr_html_")]
    assert {type(each).__name__ for each in shown} == {"Decision", "WhoCan", "Matrix", "Diff"}
    denied = world.can("role/app", "kms:Decrypt", "app", context={"aws:username": HOSTILE})
    for each in [*shown, denied]:
        html = each._repr_html_()
        assert html.startswith(("<p>", "<svg"))
        assert "<script" not in html
        assert "\u202e" not in html
    assert "&lt;script&gt;" in denied._repr_html_()


# Pickling.


def asked_elsewhere(world: Scenario, action: str) -> tuple[Decision, tuple[str, ...]]:
    return world.can("role/app", action, "app"), world.who_can(action, "app").names()


def test_scenarios_and_answers_come_back_from_other_processes_as_they_were() -> None:
    actions = ["kms:Decrypt", "kms:Encrypt"]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        back = list(pool.map(asked_elsewhere, [WORLD] * len(actions), actions))
    for action, (decision, names) in zip(actions, back, strict=True):
        here = WORLD.can("role/app", action, "app")
        assert (bool(decision), repr(decision), str(decision)) == (bool(here), repr(here), str(here))
        assert decision.to_dict() == here.to_dict()
        assert names == WORLD.who_can(action, "app").names()


def test_every_answer_can_be_pickled() -> None:
    for answer in answers(WORLD):
        again = pickle.loads(pickle.dumps(answer))
        assert type(again) is type(answer)
        assert again.to_dict() == answer.to_dict()


def test_a_pickled_scenario_is_asked_as_the_first_one_was() -> None:
    loose = Scenario.from_dict(
        {"account": ACCOUNT, "keys": {"app": {"policy": document(DELEGATES)}}},
        strangers=True,
        allow_unknown_action=True,
        allow_unknown_key=True,
    )
    again = pickle.loads(pickle.dumps(loose))
    asked = ("role/stranger", "kms:NewAction", "app")
    assert again.can(*asked, context={"kms:NewKey": "x"}).to_dict() == (
        loose.can(*asked, context={"kms:NewKey": "x"}).to_dict()
    )


def test_a_pickled_decision_says_that_it_left_the_ruling_behind() -> None:
    decision = pickle.loads(pickle.dumps(WORLD.can("role/app", "kms:Decrypt", "app")))
    with pytest.raises(AttributeError, match="ask the scenario again"):
        decision.ruling  # noqa: B018 - the point of the test
    assert pickle.loads(pickle.dumps(decision)).to_dict() == decision.to_dict()


# help().

ANSWER_CLASSES = [
    getattr(kms_eval, name)
    for name in kms_eval.__all__
    if name not in {"InputError", "KmsEvalError", "Scenario", "__version__"}
]


@pytest.mark.parametrize("kind", ANSWER_CLASSES, ids=lambda kind: kind.__name__)
def test_help_names_every_field_of_an_answer(kind: type) -> None:
    public = {name for name in dir(kind) if isinstance(getattr(kind, name), property)}
    if is_dataclass(kind):
        public |= {each.name for each in fields(kind)}
    said = pydoc.plain(pydoc.render_doc(kind))
    assert "Attributes:" in (kind.__doc__ or "")
    for name in public - {"decision"} | ({"decision"} if kind is Decision else set()):
        assert re.search(rf"\b{name}: ", said), name


def test_help_names_every_question_of_a_scenario_and_says_what_it_takes() -> None:
    said = pydoc.plain(pydoc.render_doc(Scenario))
    for name in (name for name in dir(Scenario) if not name.startswith("_")):
        assert name in said
        assert getattr(Scenario, name).__doc__
