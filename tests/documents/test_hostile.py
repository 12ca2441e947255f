"""Whatever stands in a document, reading it ends in a document or in faults that can be shown."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.grants import read_grants
from kms_eval.documents.model import PolicyKind
from kms_eval.errors import InputError
from kms_eval.formats.text import Format, read_text
from tests.documents.reading import policy, read

ELEMENTS = [
    "Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
    "NotResource", "Condition", "AWS", "Service", "Federated", "StringEquals", "ForAllValues:NullIfExists", "Bool",
    "kms:ViaService", "kms:EncryptionContext:a", "Grants", "GrantId", "GranteePrincipal", "Operations", "Constraints",
    "EncryptionContextSubset", "SourceArn", "IssuingAccount", "Efect", "",
]  # fmt: skip
TEXTS = [
    "2012-10-17", "Allow", "Deny", "*", "kms:*", "kms:Decrypt", "arn:aws:iam::123456789012:root", "arn:aws:kms:*:*:key/*",
    "true", "${aws:username}", "${", "Decrypt", "123456789012", "s3.amazonaws.com", "\ud800", "\0", "a\nb", "",
]  # fmt: skip

SCALARS = (
    st.sampled_from(TEXTS)
    | st.text(max_size=6)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.just(Decimal("1E+400"))
)
NAMES = st.sampled_from(ELEMENTS) | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.integers() | st.none(), inner, max_size=5),
    max_leaves=25,
)
# Right enough to come past the shape, in every direction.
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]) | SCALARS},
    optional={name: st.sampled_from(TEXTS) | VALUES for name in ELEMENTS[5:12]},
)
POLICIES = st.fixed_dictionaries(
    {"Statement": STATEMENTS | st.lists(STATEMENTS, max_size=3)},
    optional={"Version": SCALARS, "Id": SCALARS},
)


@given(VALUES | POLICIES, st.sampled_from(PolicyKind))
def test_any_value_is_a_policy_or_has_faults(value: object, kind: PolicyKind) -> None:
    found = read(value, kind)
    assert (found.policy is None) == bool(found.faults)
    assert all(line.isprintable() for line in [*found.faults, *found.warnings])
    assert not any("pydantic" in line or "Shape" in line for line in found.faults)


GRANTS = st.dictionaries(st.sampled_from(ELEMENTS[20:]), st.sampled_from(TEXTS) | VALUES, max_size=6)


@given(VALUES | GRANTS | st.lists(GRANTS, max_size=3))
def test_any_value_is_grants_or_has_faults(value: object) -> None:
    findings = Findings()
    place = read_text("{}", "f", format="json").place
    read_grants(value, place, findings)
    assert all(str(fault).isprintable() for fault in findings.faults)


WHOLE = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "a", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::123456789012:root"], "Service": "s3.amazonaws.com"},
     "Action": ["kms:Encrypt", "kms:ReEncrypt*"], "Resource": "*",
     "Condition": {"StringEquals": {"kms:ViaService": ["a", "b"]}, "Bool": {"kms:MultiRegion": true}}}
  ]
}
"""


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_damaged_policy_is_a_policy_or_has_faults(form: Format) -> None:
    chance = random.Random(7)  # noqa: S311 - not a secret
    for _ in range(400):
        at, length = chance.randrange(len(WHOLE)), chance.randrange(4)
        damaged = (
            WHOLE[:at] + "".join(chance.choices('{}[],:"\\*$ \n0aé', k=length)) + WHOLE[at + chance.randrange(6) :]
        )
        try:
            document = read_text(damaged, "f", format=form)
        except InputError as error:
            assert str(error).isprintable() or len(error.faults) > 1  # noqa: PT017 - either answer will do
            continue
        findings = Findings()
        found = read_policy(document.value, document.place, PolicyKind.KEY, findings)
        assert (found is None) == bool(findings.faults)


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: dict[str, object] = {}
    endless["Statement"] = [endless]
    assert read(endless).policy is None
    looping: list[object] = []
    looping.append(looping)
    assert read(policy(Action=looping, Condition={"Bool": {"kms:MultiRegion": looping}})).policy is None


def test_a_huge_text_is_cut_in_messages() -> None:
    (fault,) = read(policy(Action="x" * 1_000_000)).faults
    assert len(fault) < 400


def test_a_huge_number_of_members_is_read() -> None:
    found = read(policy(Action=["kms:Decrypt"] * 2000))
    assert found.policy is not None
