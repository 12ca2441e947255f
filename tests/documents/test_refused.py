"""What AWS refuses to store and is read all the same: a finding, which strictness makes a fault."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import pytest

from kms_eval import InputError
from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.misplaced import misplaced
from kms_eval.documents.model import PolicyKind
from kms_eval.documents.putting import refusals
from kms_eval.documents.refused import caller_finding
from kms_eval.formats.document import Place, SourceFile
from tests.documents.reading import policy, read

KEY, IDENTITY, SESSION, SCP = PolicyKind.KEY, PolicyKind.IDENTITY, PolicyKind.SESSION, PolicyKind.SCP
ROOT = "arn:aws:iam::111122223333:root"

FINDINGS = [
    (IDENTITY, {"Action": "k ms:Decrypt"}, "malformed-action", "is not the prefix of a service"),
    (IDENTITY, {"Action": " kms:Decrypt"}, "malformed-action", "did you mean `kms:Decrypt`?"),
    (SCP, {"Action": "kms:De:crypt"}, "malformed-action", "more than one colon"),
    (IDENTITY, {"Resource": "arn:mars:kms:*:*:key/*"}, "unknown-partition", "there is no partition `mars`"),
    (IDENTITY, {"Resource": "arn:aws"}, "malformed-resource", "names no service"),
    (IDENTITY, {"Resource": "arn:aws::x"}, "malformed-resource", "names no service"),
    (IDENTITY, {"Resource": "arn:aws:kms:us-east-1:key"}, "malformed-resource", "has 5 fields of six"),
    (SESSION, {"Resource": "arn:aws:kms"}, "malformed-resource", "AWS refuses it in a session policy"),
    (KEY, {"Principal": {"AWS": "arn:aws-mars:iam::111122223333:root"}}, "unknown-partition", "there is no partition `aws-mars`"),
    (KEY, {"Principal": {"Service": "logs.nowhere-9.amazonaws.com"}}, "unknown-service-principal", "there is none"),
    (KEY, {"Principal": {"Service": "s3.amazonaws.co"}}, "unknown-service-principal", "did you mean `s3.amazonaws.com`?"),
    (KEY, {"Principal": {"Service": "clodtrail.amazonaws.com"}}, "unknown-service-principal", "did you mean `cloudtrail.amazonaws.com`?"),
    (KEY, {"Condition": {"StringEquals": {"aws:ResourceTag/team": "x"}}}, "key-policy-condition-key", "AWS KMS refuses `aws:ResourceTag/team`"),
    (KEY, {"Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/x"}}}, "key-policy-condition-key", "AWS KMS refuses"),
    (KEY, {"Condition": {"ForAllValues:StringEquals": {"kms:EncryptionContext:app": "x"}}}, "overly-permissive-condition", "AWS KMS refuses"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "elements", "code", "said"), FINDINGS)
def test_what_aws_refuses_is_a_finding_and_under_strictness_a_fault(
    kind: PolicyKind, elements: dict[str, object], code: str, said: str
) -> None:
    found = read(policy(kind, **elements), kind)
    assert found.faults == []
    assert code in found.codes
    assert any(said in warning for warning in found.warnings if warning.startswith(code))
    findings = Findings()
    read_policy(policy(kind, **elements), Place(SourceFile("f")), kind, findings)
    with pytest.raises(InputError):
        findings.raise_faults(strict=True)


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        (IDENTITY, {"Action": "iam: as written"}),
        (IDENTITY, {"Action": "s3.x-y:Get*"}),
        (IDENTITY, {"Resource": "arn:aws:kms:*"}),
        (IDENTITY, {"Resource": "arn:*:kms:*:*:key/*"}),
        (IDENTITY, {"Resource": "arn:aws-us-gov:kms:*:*:key/*"}),
        (KEY, {"Principal": {"Service": "logs.eu-central-1.amazonaws.com"}}),
        (KEY, {"Principal": {"Service": "replicator.lambda.amazonaws.com"}}),
        (KEY, {"Principal": {"Service": "something-that-came-later.amazonaws.com"}}),
        (KEY, {"Principal": {"Service": "s3.amazonaws.com.cn"}}),
        (IDENTITY, {"Condition": {"StringEquals": {"aws:ResourceTag/team": "x"}}}),
    ],
)
def test_what_aws_takes_is_none(kind: PolicyKind, elements: dict[str, object]) -> None:
    found = read(policy(kind, **elements), kind)
    assert (found.faults, found.codes) == ([], [])


@pytest.mark.parametrize("kind", [IDENTITY, PolicyKind.BOUNDARY, SESSION])
def test_a_policy_of_an_identity_has_a_statement_and_the_current_version(kind: PolicyKind) -> None:
    assert read({"Version": "2012-10-17", "Statement": []}, kind).codes == ["policy-without-statement"]
    assert read({**policy(kind), "Version": "2008-10-17"}, kind).codes == ["policy-version"]
    assert read({"Statement": policy(kind)["Statement"]}, kind).codes == ["policy-version"]


def test_an_incomplete_arn_is_remarked() -> None:
    (said,) = read(policy(IDENTITY, Resource="arn:aws:kms"), IDENTITY).warnings
    assert "AWS puts `*` in each of the others" in said
    (said,) = read(policy(SCP, Resource="arn:aws:kms"), SCP).warnings
    assert "AWS does not say what the others are" in said


@pytest.mark.parametrize("kind", list(PolicyKind))
def test_no_quota_makes_a_document_unreadable(kind: PolicyKind) -> None:
    sids = {} if kind in (IDENTITY, PolicyKind.BOUNDARY, SESSION) else {"Sid": "x" * 40_000}
    actions = ["kms:Decrypt"] * (1 if sids else 4_000)
    found = read(policy(kind, Action=actions, **sids), kind)
    assert found.faults == []
    assert found.codes == ["over-quota"]


def test_white_space_counts_in_a_key_policy_that_is_given_as_text() -> None:
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}'
    found = read(text + " " * 40_000 + "}")
    assert found.codes == ["over-quota"]
    assert found.policy is not None
    assert [each for each in refusals(found.policy) if "bytes" in each]


def test_a_policy_says_nothing_of_another_partition_or_region() -> None:
    entries = {"AWS": [ROOT, "arn:aws-cn:iam::444455556666:root"], "Service": ["logs.us-west-2.amazonaws.com"]}
    key = read(policy(KEY, Principal=entries)).policy
    assert key is not None
    assert [remark.code for remark in misplaced(key, "aws", "us-east-1")] == [
        "other-partition",
        "service-of-another-region",
    ]
    assert next(misplaced(key, "aws", "us-west-2")).code == "other-partition"
    identity = read(
        policy(IDENTITY, Resource=["arn:aws-cn:kms:*:*:key/*", "arn:aws:kms:*:*:key/*", "*"]), IDENTITY
    ).policy
    assert identity is not None
    assert [remark.code for remark in misplaced(identity, "aws")] == ["other-partition"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("s33", "s3"),
        ("clodtrail", "cloudtrail"),
        ("clooudtrail", "cloudtrail"),
        ("cloudtrial", "cloudtrail"),
        ("cloudtraim", "cloudtrail"),
        ("lgs.us-east-1", "logs.us-east-1"),
        ("cloudtrail", None),
        ("logs.us-east-1", None),
        ("mediaconnect", None),
        ("a-service-of-tomorrow", None),
        ("cloudtrails-of-tomorrow", None),
    ],
)
def test_a_service_that_calls_and_is_one_slip_from_another_is_most_likely_none(name: str, meant: str | None) -> None:
    found = caller_finding(f"{name}.amazonaws.com")
    assert (found[1] if found is not None else None) == (f"did you mean `{meant}.amazonaws.com`?" if meant else None)
