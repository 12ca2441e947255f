"""The public face: what it is given, and what it says where that makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import InputError, Scenario

ACCOUNT = "111122223333"


def scenario(condition: dict[str, Any], effect: str = "Allow") -> Scenario:
    delegation = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    identity = [{"Effect": effect, "Action": "kms:*", "Resource": "*", "Condition": condition}]
    if effect == "Deny":
        identity.append({"Effect": "Allow", "Action": "kms:*", "Resource": "*"})
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": [delegation]}}},
            "principals": {"role/app": {"policies": [{"Version": "2012-10-17", "Statement": identity}]}},
        }
    )


def test_a_decision_explains_the_question_as_it_was_asked() -> None:
    world = scenario({"Bool": {"kms:GrantIsForAWSResource": "true"}})
    context = {"kms:GrantIsForAWSResource": "true"}
    decision = world.can("role/app", "kms:CreateGrant", context=context)
    context["kms:GrantIsForAWSResource"] = "false"
    assert decision.ruling.outcome == decision.decision == "allowed"
    assert decision.ruling is decision.ruling
    assert not world.can("role/app", "kms:CreateGrant", context=context)
    assert not world.can("role/app", "kms:CreateGrant")


@pytest.mark.parametrize(
    ("one", "other"), [(True, 1), (1, True), ((True,), (1,)), ((1,), (True,)), (0.0, -0.0), ("1", 1), (["true"], ["1"])]
)
def test_values_that_are_equal_in_python_are_different_questions(one: Any, other: Any) -> None:
    world = scenario({"StringEquals": {"example:Key": ["true", "0.0"]}})
    fresh = [scenario({"StringEquals": {"example:Key": ["true", "0.0"]}}) for _ in range(2)]
    for context, new in zip(({"example:Key": one}, {"example:Key": other}), fresh, strict=True):
        asked = world.can("role/app", "kms:Decrypt", context=context)
        assert asked.decision == new.can("role/app", "kms:Decrypt", context=context).decision


def test_a_decision_that_time_can_change_is_made_at_its_time() -> None:
    world = scenario({"DateGreaterThan": {"aws:CurrentTime": "2000-01-01T00:00:00Z"}})
    assert world.can("role/app", "kms:Decrypt").ruling.request.at is not None
    assert not world.can("role/app", "kms:Decrypt", at="1999-01-01T00:00:00Z")
    assert world.allows("role/app", "kms:Decrypt")


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_many_open_questions_in_one_request_are_answered_strictly_and_soon(effect: str) -> None:
    # Trying all combinations of forty keys in two spellings would not come back.
    names = [f"kms:EncryptionContext:k{number}" for number in range(40)]
    world = scenario({"StringEquals": dict.fromkeys(names, "x")}, effect)
    pairs = {name: value for n in range(40) for name, value in ((f"k{n}", "x"), (f"K{n}", "y"))}
    assert not world.can("role/app", "kms:Decrypt", encryption_context=pairs)
    same = {name: "x" for n in range(40) for name in (f"k{n}", f"K{n}")}
    assert world.allows("role/app", "kms:Decrypt", encryption_context=same) is (effect == "Allow")


@pytest.mark.parametrize(
    ("principal", "action", "fields"),
    [
        ("role/app", "kms:Nothing", {}),
        ("group/x", "kms:Decrypt", {}),
        ("role/app", "kms:Decrypt", {"key": "other"}),
        ("role/app", "kms:Decrypt", {"context": {"kms:ViaService": object()}}),
        ("role/app", "kms:Decrypt", {"at": "soon"}),
        (["role/app"], "kms:Decrypt", {}),
        ("role/app", None, {}),
    ],
)
def test_a_question_that_makes_no_sense_is_an_input_error(principal: Any, action: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        scenario({"Bool": {"aws:SecureTransport": "true"}}).can(principal, action, **fields)


@pytest.mark.parametrize(
    ("path", "found"), [(None, "nothing"), (1, "a number"), (b"a.yaml", "something else"), ({}, "a mapping")]
)
def test_what_is_no_path_is_an_input_error(path: Any, found: str) -> None:
    with pytest.raises(InputError, match=f"^expected the path of a scenario, found {found}$"):
        Scenario.load(path)
