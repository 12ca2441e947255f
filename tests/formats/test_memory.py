"""Structures in memory are read like files: any mapping is a mapping, and what no file can hold is a fault."""

from __future__ import annotations

from collections import ChainMap, UserDict
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest
from hypothesis import given, strategies as st

from kms_eval import InputError, Scenario
from kms_eval.formats.document import SourceFile
from kms_eval.formats.memory import plain

ACCOUNT = "111122223333"
READER = f"arn:aws:iam::{ACCOUNT}:role/reader"
KINDS: tuple[Callable[[dict[str, object]], Mapping[str, object]], ...] = (MappingProxyType, UserDict, ChainMap)
HALF = "\ud800"

plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


def scenario(make: Callable[[dict[str, object]], Mapping[str, object]] = dict) -> Mapping[str, object]:
    statement = make({"Effect": "Allow", "Principal": make({"AWS": READER}), "Action": "kms:Decrypt", "Resource": "*"})
    policy = make({"Version": "2012-10-17", "Statement": [statement]})
    return make(
        {
            "account": ACCOUNT,
            "region": "eu-west-1",
            "keys": make({"app": make({"policy": policy, "tags": make({"project": "app"})})}),
            "principals": make({"role/reader": make({"policies": []})}),
        }
    )


def renamed(value: object, old: str, new: str) -> object:
    if isinstance(value, Mapping):
        return {renamed(name, old, new): renamed(member, old, new) for name, member in value.items()}
    if isinstance(value, list):
        return [renamed(member, old, new) for member in value]
    return value.replace(old, new) if isinstance(value, str) else value


@pytest.mark.parametrize("make", KINDS)
def test_any_mapping_is_read_as_a_mapping(make: Callable[[dict[str, object]], Mapping[str, object]]) -> None:
    world = Scenario.from_dict(scenario(make))
    assert world.can("role/reader", "kms:Decrypt", context=make({"aws:SecureTransport": "true"}))  # type: ignore[arg-type]
    assert world.can("role/reader", "kms:Decrypt", session=make({"name": "night"}))


@pytest.mark.parametrize(
    "word", ["app", "project", READER, "kms:Decrypt", "eu-west-1", ACCOUNT, "role/reader", "2012-10-17", "keys"]
)
def test_half_a_surrogate_pair_is_a_fault_wherever_it_stands(word: str) -> None:
    data = renamed(scenario(), word, word + HALF)
    assert isinstance(data, dict)
    with pytest.raises(InputError, match="surrogate"):
        Scenario.from_dict(data)


@pytest.mark.parametrize(
    "asked",
    [
        {"context": {HALF: "a"}},
        {"context": {"aws:SourceIp": HALF}},
        {"context": {"aws:TagKeys": ["a", HALF]}},
        {"encryption_context": {"a": HALF}},
        {"encryption_context": {HALF: "a"}},
        {"session": {"name": HALF}},
        {"session": {"name": "night", "tags": {"a": HALF}}},
        {"alias": f"alias/{HALF}"},
        {"key": HALF},
        {"grant": {"GrantId": HALF}},
        {"via_grant": HALF},
        {"region": HALF},
        {"vpc_endpoint": HALF},
    ],
    ids=str,
)
def test_half_a_surrogate_pair_in_a_question_is_a_fault(asked: dict[str, object]) -> None:
    with pytest.raises(InputError, match="surrogate"):
        Scenario.from_dict(scenario()).can("role/reader", "kms:Decrypt", **asked)  # type: ignore[arg-type]


def test_what_contains_itself_is_a_fault() -> None:
    data = dict(scenario())
    data["keys"] = {"app": data}
    with pytest.raises(InputError, match="nested more than 100 levels deep"):
        Scenario.from_dict(data)


@given(plain_values)
def test_what_is_plain_stays_itself(value: object) -> None:
    assert plain(value, SourceFile("memory")) is value
