"""What is plainly right is read in one pass, as the thorough reading reads it, and says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy, read_thoroughly
from kms_eval.documents.model import PolicyKind
from kms_eval.documents.plain_policies import plain_statements
from kms_eval.formats.document import Place, SourceFile

HERE = Place(SourceFile("policy.json"))

ACTIONS = ["kms:Decrypt", "kms:*", "*", "s3:Get*", "kms:Decrpyt", "Decrypt", "kms:", 7, "ec2:a:b", " kms:Encrypt"]
RESOURCES = [
    "*", "arn:aws:kms:us-east-1:111122223333:key/1234", "arn:aws:s3:::bucket/${aws:username}", "arn:aws:s3:::${", "key",
    "arn:aws:kms", "arn:awss:kms:::key/1", "arn:aws:s3:::ä", "", None,
]  # fmt: skip
CALLERS = [
    "*",
    "111122223333",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:role/a*",
    "AROAEXAMPLE",
    "x",
]
SERVICES = ["s3.amazonaws.com", "s3.amazonaws.con", "*"]
VALUES = ["true", True, "x", 1, "10.0.0.0/8", "${aws:username}", "${", None]


def one_or_more(values: list[object]) -> st.SearchStrategy[object]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), max_size=3)


PRINCIPAL = st.just("*") | st.fixed_dictionaries(
    {},
    optional={
        "AWS": one_or_more([*CALLERS]),
        "Service": one_or_more([*SERVICES]),
        "Federated": st.just("cognito-identity.amazonaws.com"),
    },
)
CONDITION = st.dictionaries(
    st.sampled_from(["StringEquals", "Bool", "StringEqual", "IpAddress", "ForAllValues:StringLike", "unknown"]),
    st.dictionaries(st.sampled_from(["kms:ViaService", "aws:MultiFactorAuthPresent", "x", "AWS:SourceIp"]),
                    one_or_more([*VALUES]), max_size=2) | st.just("x"),
    max_size=2,
)  # fmt: skip
STATEMENT = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny", "allow", 1])},
    optional={
        "Sid": st.sampled_from(["", "one", "two words", "ä", 1]),
        "Principal": PRINCIPAL,
        "NotPrincipal": PRINCIPAL,
        "Action": one_or_more([*ACTIONS]),
        "NotAction": one_or_more([*ACTIONS]),
        "Resource": one_or_more([*RESOURCES]),
        "Condition": CONDITION,
        "unknown": st.just("a reason"),
    },
)
DOCUMENT = st.fixed_dictionaries(
    {"Version": st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])},
    optional={
        "Id": st.sampled_from(["id", "ä", 7]),
        "Statement": STATEMENT | st.lists(STATEMENT | st.just({"unknown": "x"}), max_size=3),
    },
)


@given(DOCUMENT, st.sampled_from(list(PolicyKind)))
def test_it_reads_as_the_thorough_reading_does(document: dict[object, object], kind: PolicyKind) -> None:
    statements = plain_statements(document, kind)
    if not statements:
        return
    findings = Findings()
    policy = read_thoroughly(document, HERE, kind, findings, name=None, position="p", length=None)
    assert policy is not None
    assert policy.statements == statements
    assert not findings.faults
    assert not findings.warnings


def plain(kind: PolicyKind, **more: object) -> dict[object, object]:
    statement: dict[object, object] = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    if kind in (PolicyKind.KEY, PolicyKind.ENDPOINT):
        statement["Principal"] = {"AWS": "arn:aws:iam::111122223333:root"}
    return {"Version": "2012-10-17", "Statement": [{**statement, **more}]}


@pytest.mark.parametrize("kind", [kind for kind in PolicyKind if kind is not PolicyKind.RCP])
def test_ordinary_documents_are_plain(kind: PolicyKind) -> None:
    assert plain_statements(plain(kind, Condition={"Bool": {"aws:SecureTransport": "true"}}), kind)


@pytest.mark.parametrize(
    ("kind", "document", "code"),
    [
        (PolicyKind.KEY, plain(PolicyKind.KEY, Sid="x" * 40_000), "over-quota"),
        (PolicyKind.IDENTITY, plain(PolicyKind.IDENTITY, Resource=["*"] * 6_000), "over-quota"),
    ],
)
@pytest.mark.parametrize("shown", [True, False])
def test_documents_that_are_plain_are_measured(
    kind: PolicyKind, document: dict[object, object], code: str, shown: bool
) -> None:
    findings = Findings()
    assert read_policy(document, HERE, kind, findings, size=len(repr(document)) if shown else 0) is not None
    assert [warning.code for warning in findings.warnings] == [code]


def test_characters_that_kms_does_not_take_are_found_in_plain_documents() -> None:
    findings = Findings()
    document = plain(PolicyKind.KEY, Sid="a\bb")
    assert read_policy(document, HERE, PolicyKind.KEY, findings, size=len(repr(document))) is None
    assert "control character" in findings.faults[0].message
