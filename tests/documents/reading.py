"""How the tests of this folder read documents: from plain values, as if from a file named ``f``."""

from __future__ import annotations

from dataclasses import dataclass

from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.formats.document import Place, SourceFile


@dataclass(frozen=True)
class Reading:
    policy: Policy | None
    faults: list[str]
    warnings: list[str]
    codes: list[str]


def read(value: object, kind: PolicyKind = PolicyKind.KEY) -> Reading:
    findings = Findings()
    policy = read_policy(value, Place(SourceFile("f")), kind, findings)
    return Reading(
        policy,
        [str(fault) for fault in findings.faults],
        [f"{warning.code}: {warning.as_fault()}" for warning in findings.warnings],
        [warning.code for warning in findings.warnings],
    )


# A statement that every kind of policy accepts but for its Principal.
PLAIN: dict[str, object] = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
OF_RESOURCES = frozenset({PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.RCP})


def statement(kind: PolicyKind = PolicyKind.KEY, /, **elements: object) -> dict[str, object]:
    """A valid statement with other elements; an element of None is left out."""
    whole = {**PLAIN, **({"Principal": "*"} if kind in OF_RESOURCES else {}), **elements}
    return {name: value for name, value in whole.items() if value is not None}


def policy(kind: PolicyKind = PolicyKind.KEY, /, **elements: object) -> dict[str, object]:
    """A valid policy of one such statement."""
    return {"Version": "2012-10-17", "Statement": [statement(kind, **elements)]}
