"""Everybody who may, sorted by answer."""

from __future__ import annotations

from kms_eval import Scenario
from kms_eval.analysis.access.principals import askers
from kms_eval.analysis.access.selection import chosen_actions
from kms_eval.analysis.access.who_can import Finding, who_can
from tests.analysis.asking_grids import ABROAD, ACCOUNT, DELEGATES, document, grid, scenario, statement

VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


def world() -> Scenario:
    return scenario(
        DELEGATES,
        {"Sid": "Abroad", **statement("kms:Decrypt"), "Principal": {"AWS": ABROAD}},
        principals={
            "role/plain": {"policies": [document(statement("kms:Decrypt"))]},
            "role/via": {"policies": [document({"Sid": "Via", **statement("kms:Decrypt", Condition=VIA_S3)})]},
            "role/none": {},
        },
    )


def findings(*names: str, denials: bool = False) -> tuple[Finding, ...]:
    found = world()
    requesters = askers(found.evaluator)
    keys = list(found.world.keys.values())
    return who_can(grid(found.evaluator), requesters, keys, chosen_actions(names), denials=denials).findings


def labels(finding: Finding) -> dict[str, list[str]]:
    return {
        "always": [who.person.label for who in finding.those("always")],
        "conditional": [who.person.label for who in finding.those("conditional")],
        "never": [who.person.label for who in finding.those("never")],
    }


def test_everybody_is_in_one_of_three_lists() -> None:
    (finding,) = findings("kms:Decrypt")
    assert labels(finding) == {
        "always": ["role/plain", "root", f"arn:aws:iam::{ABROAD}:root"],
        "conditional": ["role/via", f"anyone in account {ACCOUNT}", f"anyone in account {ABROAD}"],
        "never": ["role/none"],
    }


def test_conditions_come_with_the_statements_they_stand_in() -> None:
    (finding,) = findings("kms:Decrypt")
    (via, *_anyone) = finding.those("conditional")
    assert via.because == "if StringEquals kms:ViaService `s3.us-east-1.amazonaws.com`"
    assert via.by == ('role/via policies[0] "Via"',)


def test_anyone_who_never_may_is_not_listed() -> None:
    (finding,) = findings("kms:Encrypt")
    assert f"anyone in account {ABROAD}" not in {who.person.label for who in finding.answers}


def test_why_not_is_said_on_demand() -> None:
    ((silent,), (said,)) = (findings("kms:Decrypt", denials=wanted)[0].those("never") for wanted in (False, True))
    assert silent.because == ""
    assert said.because == "no identity policy allows it"


def test_every_action_and_key_is_a_finding_and_actions_without_key_have_none() -> None:
    found = findings("kms:Decrypt", "kms:ListKeys")
    assert [(each.action, each.key) for each in found] == [("kms:Decrypt", "app"), ("kms:ListKeys", None)]
    assert [who.person.label for who in found[1].those("always")] == ["root", f"arn:aws:iam::{ABROAD}:root"]
