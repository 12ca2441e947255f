"""Key policies in the place of identity policies, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.model import PolicyKind
from kms_eval.formats.document import Place, SourceFile

ROOT = "arn:aws:iam::123456789012:root"
ROLE = "arn:aws:iam::123456789012:role/reader"


def _faults(kind: PolicyKind, *principals: Any) -> list[str]:
    plain = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    statements = [plain if each is None else plain | {"Principal": each} for each in principals]
    findings = Findings()
    read_policy({"Version": "2012-10-17", "Statement": statements}, Place(SourceFile("f")), kind, findings)
    return [fault.message for fault in findings.faults]


@pytest.mark.parametrize(
    "principals",
    [
        ({"AWS": ROOT},),
        ({"AWS": "123456789012"},),
        ("*",),
        ({"AWS": "*"},),
        ({"AWS": ROLE}, {"AWS": [ROLE, ROOT]}),
        ({"Service": "s3.amazonaws.com"},),
    ],
)
def test_statements_about_accounts_services_and_everybody_make_a_key_policy(principals: Any) -> None:
    assert _faults(PolicyKind.IDENTITY, *principals) == [
        "this is a key policy: every statement says in `Principal` whom it is about"
    ]
    assert _faults(PolicyKind.KEY, *principals) == []


@pytest.mark.parametrize("principals", [({"AWS": ROLE},), ({"AWS": ROOT}, None), (None,)])
def test_what_a_person_may_mean_by_an_identity_policy_is_read(principals: Any) -> None:
    assert _faults(PolicyKind.IDENTITY, *principals) == []


def test_an_identity_policy_is_no_key_policy() -> None:
    assert _faults(PolicyKind.KEY, None) == ["`Principal` is missing"]
