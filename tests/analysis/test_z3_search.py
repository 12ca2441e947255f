"""Values of one condition key that are compared with those of another."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from kms_eval.scenario import Scenario

TEAM = "kms:EncryptionContext:team"
SAME = {"StringEquals": {TEAM: "${aws:SourceIdentity}"}}


def verdict(*statements: tuple[str, dict[str, Any]]) -> Any:
    written = [
        {"Effect": effect, "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}
        for effect, condition in statements
    ]
    scenario = Scenario.from_dict(
        {
            "account": "123456789012",
            "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": written}}},
            "principals": {"role/app": {}},
        }
    )
    return scenario.check(nobody="role/app", may="kms:Decrypt")


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        ([("Allow", SAME), ("Deny", SAME)], "holds"),
        ([("Allow", {**SAME, "StringLike": {TEAM: "a*", "aws:SourceIdentity": "b*"}})], "holds"),
        ([("Allow", {**SAME, "StringLike": {TEAM: "q?zz", "aws:SourceIdentity": "*f*"}})], "fails"),
        ([("Allow", {"StringLike": {TEAM: "x${aws:SourceIdentity}"}}),
          ("Deny", {"StringLike": {TEAM: "x*"}})], "holds"),
    ],
)  # fmt: skip
def test_the_solver_settles_what_hangs_on_the_same_value(statements: list[Any], wanted: str) -> None:
    pytest.importorskip("z3", reason="the extra `proofs` is not installed")
    assert verdict(*statements).verdict == wanted


def test_without_the_solver_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    found = verdict(("Allow", SAME), ("Deny", SAME))
    assert found.verdict == "undetermined"
    assert "kms-eval[proofs]" in found.open[0]
    assert "\n" not in found.open[0]
    assert verdict(("Allow", SAME)).verdict == "fails"
