"""Grants that are plainly right are read in one pass, as the thorough reading reads them."""

from __future__ import annotations

from hypothesis import given, strategies as st

from kms_eval.documents.findings import Findings
from kms_eval.documents.grants import read_thoroughly
from kms_eval.documents.plain_grants import plain_grant
from kms_eval.formats.document import Place, SourceFile

HERE = Place(SourceFile("grants.json"))
PEOPLE = st.sampled_from(
    ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:root", "s3.amazonaws.com", "AWS Internal",
     "AROAEXAMPLE", "arn:aws:iam::1:role/x", "", None, 7]
)  # fmt: skip
PAIRS = st.dictionaries(st.sampled_from(["a", "ä", ""]), st.sampled_from(["b", "", "x" * 400, 1]), max_size=3)
GRANT = st.fixed_dictionaries(
    {"GranteePrincipal": PEOPLE},
    optional={
        "Operations": st.lists(st.sampled_from(["Decrypt", "CreateGrant", "decrypt", 1]), max_size=3)
        | st.just("Decrypt"),
        "GrantId": st.sampled_from(["g1", "", 3]),
        "Name": st.sampled_from(["", "name", "two words", None, 1]),
        "KeyId": st.sampled_from(["k", 1]),
        "CreationDate": st.sampled_from([1.5, "now"]),
        "RetiringPrincipal": PEOPLE,
        "IssuingAccount": st.sampled_from(["arn:aws:iam::111122223333:root", "111122223333", "x", "", "AWS Internal"]),
        "Constraints": st.dictionaries(
            st.sampled_from(["EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"]), PAIRS, max_size=2
        ),
        "Unknown": st.just(1),
    },
)


@given(GRANT)
def test_it_reads_as_the_thorough_reading_does(entry: dict[object, object]) -> None:
    grant = plain_grant(entry, HERE, "grant-0")
    if grant is not None:
        findings = Findings()
        assert read_thoroughly(entry, HERE, findings, partial=False, otherwise="grant-0") == grant
        assert not findings.faults
        assert not findings.warnings


def test_an_ordinary_grant_is_plain() -> None:
    entry: dict[object, object] = {
        "GrantId": "g1", "Name": "", "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
        "Operations": ["Decrypt"], "IssuingAccount": "arn:aws:iam::111122223333:root",
        "Constraints": {"EncryptionContextSubset": {"aws:ebs:id": "vol-1"}},
    }  # fmt: skip
    grant = plain_grant(entry, HERE, "")
    assert grant is not None
    assert grant.issuing_account == "111122223333"
