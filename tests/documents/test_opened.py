"""Policies with unknown parts are read as what is certain of them, and as the widest they may be."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.model import Policy, PolicyKind, Statement
from kms_eval.formats.document import Place, SourceFile
from kms_eval.formats.unknown import Unknown

UNKNOWN = Unknown("known after apply", "aws_kms_key.app")
ROOT = "arn:aws:iam::111122223333:root"


def read(statement: object, *, version: object = "2012-10-17", kind: PolicyKind = PolicyKind.KEY) -> Policy:
    findings = Findings()
    policy = read_policy({"Version": version, "Statement": [statement]}, Place(SourceFile("p.json")), kind, findings)
    assert policy is not None, findings.faults
    return policy


def split(**changes: Any) -> tuple[list[Statement], list[Statement]]:
    statement = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:Decrypt", "Resource": "*", **changes}
    statements = read(statement).statements
    return [each for each in statements if not each.open], [each for each in statements if each.open]


def test_a_list_with_an_unknown_entry_certainly_has_the_others() -> None:
    (certain,), (widest,) = split(Action=["kms:Decrypt", UNKNOWN])
    assert (certain.actions, widest.actions) == (("kms:Decrypt",), ("*",))
    assert widest.open == (UNKNOWN,)


def test_an_unknown_principal_may_be_anybody() -> None:
    certain, (widest,) = split(Principal={"AWS": UNKNOWN})
    assert (certain, widest.principals) == ([], None)


def test_an_unknown_effect_may_be_either() -> None:
    certain, widest = split(Effect=UNKNOWN)
    assert (certain, [each.effect for each in widest]) == ([], ["Allow", "Deny"])


def test_an_exclusion_with_an_unknown_entry_is_certain_of_nothing() -> None:
    certain, (widest,) = split(
        Condition={"StringNotEquals": {"kms:ViaService": ["s3.us-east-1.amazonaws.com", UNKNOWN]}}
    )
    assert certain == []
    assert widest.condition is not None
    assert widest.condition[0].values == ("s3.us-east-1.amazonaws.com",)


def test_a_condition_with_an_unknown_value_may_always_hold() -> None:
    (certain,), (widest,) = split(Condition={"StringEquals": {"kms:CallerAccount": ["111122223333", UNKNOWN]}})
    assert certain.condition is not None
    assert certain.condition[0].values == ("111122223333",)
    assert widest.condition is None


def test_an_unknown_version_leaves_variables_open() -> None:
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:*:key/${aws:username}"}
    (widest,) = read(statement, version=UNKNOWN, kind=PolicyKind.IDENTITY).statements
    assert (widest.resources, widest.open) == (("*",), (UNKNOWN,))


def test_an_unknown_sid_is_no_doubt() -> None:
    (certain,), widest = split(Sid=UNKNOWN)
    assert (certain.sid, widest) == (None, [])


@pytest.mark.parametrize("value", [UNKNOWN, UNKNOWN.written()])
def test_an_unknown_policy_may_allow_and_deny_everything(value: object) -> None:
    findings = Findings()
    policy = read_policy(value, Place(SourceFile("p.json")), PolicyKind.KEY, findings)
    assert policy is not None
    assert [(each.effect, each.open) for each in policy.statements] == [("Allow", (UNKNOWN,)), ("Deny", (UNKNOWN,))]


def test_faults_of_known_parts_are_said_once_at_the_places_of_the_user() -> None:
    findings = Findings()
    statements = [
        {"Effect": UNKNOWN, "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"},
        {"Effect": UNKNOWN, "Principal": "*", "Action": "Decrypt", "Resource": "*"},
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    assert read_policy(document, Place(SourceFile("p.json")), PolicyKind.KEY, findings) is None
    assert [fault.location.field for fault in findings.faults if fault.location] == ["Statement[1].Action"]
