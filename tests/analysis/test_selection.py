"""Names and patterns as typed."""

from __future__ import annotations

import pytest

from kms_eval import InputError, Scenario
from kms_eval.analysis.access.partial_evaluation import PUBLISHED
from kms_eval.analysis.access.selection import chosen_actions, chosen_askers, chosen_keys
from kms_eval.engine.masks import actions_in
from tests.analysis.asking_grids import ACCOUNT, DELEGATES, document, scenario


def actions(*names: str) -> list[str]:
    return [action.name for action in actions_in(chosen_actions(names))]


def two_keys() -> Scenario:
    key = {"policy": document(DELEGATES)}
    return Scenario.from_dict({"account": ACCOUNT, "keys": {"app": {**key, "aliases": ["alias/main"]}, "archive": key}})


@pytest.mark.parametrize("name", ["kms:Decrypt", "KMS:decrypt", "Decrypt", "decrypt"])
def test_an_action_in_any_case_with_or_without_prefix(name: str) -> None:
    assert actions(name) == ["kms:Decrypt"]


def test_a_pattern_is_every_action_that_fits() -> None:
    assert actions("*Alias") == ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
    assert actions("kms:Sign", "kms:Verif?") == ["kms:Sign", "kms:Verify"]


def test_no_name_is_every_published_action() -> None:
    assert chosen_actions(()) == PUBLISHED


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kms:Decrpt", "unknown action `kms:Decrpt` (did you mean `kms:Decrypt` or `kms:Encrypt`?)"),
        ("s3:GetObject", "`s3:GetObject` is not an action of AWS KMS"),
        ("kms:Foo*", "no action fits `kms:Foo*`"),
        ("ReEncrypt", "needs several permissions (ask for `kms:ReEncryptFrom` and `kms:ReEncryptTo`)"),
    ],
)
def test_what_is_no_action_is_said(name: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        chosen_actions([name])
    assert words in str(raised.value)


def test_a_call_with_a_permission_of_its_name_is_that_permission() -> None:
    assert actions("CreateKey") == ["kms:CreateKey"]


def test_askers_by_short_name_by_arn_and_by_pattern() -> None:
    evaluator = scenario(principals={"role/app-1": {}, "role/app-2": {}, "user/x": {}}).evaluator

    def labels(*names: str) -> list[str]:
        return [each.label for each in chosen_askers(evaluator, names)]

    assert labels("role/app-1") == labels(f"arn:aws:iam::{ACCOUNT}:role/app-1") == ["role/app-1"]
    assert labels("role/app-*", "role/app-1") == ["role/app-1", "role/app-2"]
    assert labels("anyone*") == [f"anyone in account {ACCOUNT}"]
    assert len(labels()) == 5
    with pytest.raises(InputError, match="did you mean `role/app-1`"):
        labels("role/app-11")
    with pytest.raises(InputError, match="no principal fits `role/b"):
        labels("role/b*")


def test_keys_by_handle_by_alias_and_by_pattern() -> None:
    world = two_keys().world

    def handles(*names: str) -> list[str]:
        return [key.handle for key in chosen_keys(world, names)]

    assert handles() == ["app", "archive"]
    assert handles("alias/main") == ["app"]
    assert handles("a*") == ["app", "archive"]
    assert handles("alias/*", "app") == ["app"]
    with pytest.raises(InputError, match="no key fits `b"):
        handles("b*")
    with pytest.raises(InputError, match="did you mean `app`"):
        handles("ap")
