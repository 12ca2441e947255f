"""Which changes somebody has said may happen."""

from __future__ import annotations

import pytest

from kms_eval import InputError
from kms_eval.analysis.access.access_diff import Change, ChangeKind, Compared
from kms_eval.analysis.access.expected import Judged, expectation, judge

ARN = "arn:aws:iam::111122223333:role/ci"


def change(*actions: str, kind: ChangeKind = "appears", key: str | None = "app") -> Change:
    return Change(kind, ARN, "role/ci", key, f"arn:of:{key}" if key else None, actions, "never", "always")


def judged(*texts: str, changes: tuple[Change, ...] = (change("kms:Decrypt", "kms:Encrypt"),)) -> Judged:
    return judge(Compared(changes, 1, 1, 1), [expectation(text) for text in texts])


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("role/ci", 0),
        (ARN, 0),
        ("role/*", 0),
        ("*", 0),
        ("role/other", 1),
        ("role/ci kms:*", 0),
        ("role/ci kms:Decrypt", 1),
        ("role/ci * app", 0),
        ("role/ci * arn:of:*", 0),
        ("role/ci * other", 1),
    ],
)
def test_an_expectation_names_principal_action_and_key(text: str, findings: int) -> None:
    assert judged(text).findings == findings


def test_a_change_is_split_where_only_some_of_its_actions_are_expected() -> None:
    found = judged("role/ci decrypt")
    assert [(each.actions, each in found.expected) for each in found.compared.changes] == [
        (("kms:Encrypt",), False),
        (("kms:Decrypt",), True),
    ]


def test_several_expectations_add_up() -> None:
    assert judged("role/ci kms:Decrypt", "role/ci kms:Encrypt").findings == 0


@pytest.mark.parametrize(("kind", "findings"), [("widens", 1), ("differs", 1), ("narrows", 0), ("disappears", 0)])
def test_what_cannot_allow_more_is_no_finding(kind: ChangeKind, findings: int) -> None:
    assert judged(changes=(change("kms:Sign", kind=kind),)).findings == findings


def test_an_expectation_of_which_nothing_came_is_idle() -> None:
    assert judged("role/ci", "role/gone kms:Sign").idle == ("role/gone kms:Sign",)


def test_an_expectation_for_any_key_speaks_of_actions_without_key_too() -> None:
    keyless = (change("kms:ListKeys", key=None),)
    assert judged("role/ci", changes=keyless).findings == 0
    assert judged("role/ci * app", changes=keyless).findings == 1


@pytest.mark.parametrize("text", ["", "a b c d"])
def test_something_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not of the form"):
        expectation(text)


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(InputError, match="unknown action"):
        expectation("role/ci kms:Decrpt")
