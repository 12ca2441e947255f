"""Key policies in the place of identity policies, and the other way round."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kms_eval import InputError
from kms_eval.documents.findings import Findings
from kms_eval.documents.model import PolicyKind
from kms_eval.formats.document import Place, SourceFile
from kms_eval.world.attachments import Documents
from kms_eval.world.load import from_dict

ROOT = "arn:aws:iam::123456789012:root"
ROLE = "arn:aws:iam::123456789012:role/reader"
SAID = "this is a key policy: every statement says in `Principal` whom it is about"


def _policy(*principals: Any) -> dict[str, Any]:
    plain = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    statements = [plain if each is None else plain | {"Principal": each} for each in principals]
    return {"Version": "2012-10-17", "Statement": statements}


def _faults(kind: PolicyKind, *principals: Any) -> list[str]:
    findings = Findings()
    Documents(None).policy(_policy(*principals), Place(SourceFile("f")), kind, findings)
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
    assert _faults(PolicyKind.IDENTITY, *principals) == [SAID]
    assert _faults(PolicyKind.KEY, *principals) == []


@pytest.mark.parametrize("principals", [({"AWS": ROLE},), ({"AWS": ROOT}, None), (None,)])
def test_what_a_person_may_mean_by_an_identity_policy_is_read(principals: Any) -> None:
    assert _faults(PolicyKind.IDENTITY, *principals) == []


def test_an_identity_policy_is_no_key_policy() -> None:
    assert _faults(PolicyKind.KEY, None) == ["`Principal` is missing"]


def test_a_file_is_called_a_key_policy_once(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text(json.dumps(_policy({"AWS": ROOT})))
    people = {f"role/{name}": {"policies": ["key.json"]} for name in "abc"}
    with pytest.raises(InputError) as caught:
        from_dict({"account": "123456789012", "principals": people}, base=tmp_path)
    assert [str(fault) for fault in caught.value.faults] == [
        f"{tmp_path}/key.json:1: {SAID} (give it as the `policy` of a key, with `--key-policy` on the command line)"
    ]
