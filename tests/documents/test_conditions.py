"""Operators that AWS does not have, keys that requests do not carry and values that cannot be read are found."""

from __future__ import annotations

import pytest

from kms_eval.documents.conditions import OperatorName, split
from kms_eval.documents.model import PolicyKind
from kms_eval.language.operators import OPERATORS
from tests.documents.reading import policy, read


def faults(condition: object, kind: PolicyKind = PolicyKind.KEY) -> list[str]:
    prefix = "f: Statement[0].Condition."
    found = read(policy(kind, Condition=condition), kind).faults
    assert all(fault.startswith(prefix) for fault in found)
    return [fault.removeprefix(prefix) for fault in found]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("StringLike", OperatorName("", "StringLike", if_exists=False)),
        ("StringLikeIfExists", OperatorName("", "StringLike", if_exists=True)),
        ("ForAnyValue:StringLike", OperatorName("ForAnyValue", "StringLike", if_exists=False)),
        ("ForAllValues:BoolIfExists", OperatorName("ForAllValues", "Bool", if_exists=True)),
        ("forallvalues:Bool", OperatorName("", "forallvalues:Bool", if_exists=False)),
    ],
)
def test_an_operator_has_three_parts(text: str, name: OperatorName) -> None:
    assert split(text) == name


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("qualifier", ["", "ForAllValues:", "ForAnyValue:"])
@pytest.mark.parametrize("suffix", ["", "IfExists"])
def test_every_operator_may_be_qualified_but_null_not_if_exists(operator: str, qualifier: str, suffix: str) -> None:
    written = f"{qualifier}{operator}{suffix}"
    expected = (
        [f"{written}: `{written}` does not exist: `Null` tests whether the key exists"]
        if operator == "Null" and suffix
        else []
    )
    assert faults({written: {"aws:PrincipalTag/x": []}}) == expected


@pytest.mark.parametrize(
    ("operator", "advice"),
    [
        ("StringEqual", " (did you mean `StringEquals`?)"),
        ("stringequals", " (did you mean `StringEquals`?)"),
        ("IPAddress", " (did you mean `IpAddress`?)"),
        ("ForAllvalues:StringLike", " (did you mean `ForAllValues:StringLike`?)"),
        ("StringLikeIfExist", " (did you mean `StringLikeIfExists`?)"),
        ("ForAnyValue:", ""),
        ("IfExists", ""),
        ("", ""),
        ("Whatever", ""),
    ],
)
def test_what_is_no_operator(operator: str, advice: str) -> None:
    (fault,) = faults({operator: {"kms:ViaService": "x"}})
    assert f"unknown condition operator `{operator}`" in fault
    assert fault.endswith(advice)


@pytest.mark.parametrize(
    ("operator", "value", "message"),
    [
        ("Bool", "yes", "`yes` is neither true nor false"),
        ("Null", "", "`` is neither true nor false"),
        ("NumericEquals", "many", "`many` is not a number"),
        ("DateLessThan", "2026-*", "`2026-*` is neither a date (YYYY-MM-DDThh:mm:ssZ) nor epoch seconds"),
        ("DateLessThan", "2026-02-30", "`2026-02-30` is neither a date (YYYY-MM-DDThh:mm:ssZ) nor epoch seconds"),
        ("IpAddress", "10.0.0.0/33", "`10.0.0.0/33` is not an IP address or CIDR range"),
        ("NotIpAddress", "*", "`*` is not an IP address or CIDR range"),
        ("BinaryEquals", "%%%", "`%%%` is not base64"),
        ("NumericEquals", "${aws:username}", "`${aws:username}` is not a number"),
        ("BoolIfExists", "maybe", "`maybe` is neither true nor false"),
        ("ForAnyValue:NumericLessThan", "", "`` is not a number"),
    ],
)
@pytest.mark.parametrize("kind", [PolicyKind.KEY, PolicyKind.SCP])
def test_a_value_suits_its_operator(kind: PolicyKind, operator: str, value: str, message: str) -> None:
    assert faults({operator: {"aws:PrincipalTag/x": value}}, kind) == [f"{operator}.aws:PrincipalTag/x: {message}"]


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("Bool", True),
        ("Bool", "TRUE"),
        ("Bool", "${aws:MultiFactorAuthPresent}"),
        ("Null", "false"),
        ("NumericLessThanEquals", 30),
        ("NumericLessThanEquals", "-7.5"),
        ("DateGreaterThan", "2026-01-01T00:00:00Z"),
        ("DateGreaterThan", 1767225600),
        ("IpAddress", ["10.0.0.1", "10.0.0.1/8", "2001:db8::/32"]),
        ("BinaryEquals", "QmluYXJ5"),
        ("StringEquals", "${aws:username}"),
        ("StringLike", "${*}${aws:username, 'x'}*"),
        ("ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:role/*"),
        ("ArnEquals", "*"),
    ],
)
def test_values_that_can_be_read_are(operator: str, value: object) -> None:
    assert faults({operator: {"aws:PrincipalTag/x": value}}) == []


def test_a_bool_has_no_variable_where_there_are_none() -> None:
    value = {**policy(Condition={"Bool": {"aws:SecureTransport": "${aws:x}"}}), "Version": "2008-10-17"}
    assert read(value).policy is None


def test_two_spellings_of_a_key_in_one_operator_are_refused() -> None:
    condition = {"StringEquals": {"kms:ViaService": "a", "KMS:viaservice": "b"}}
    assert faults(condition) == [
        "StringEquals.KMS:viaservice: `KMS:viaservice` and `kms:ViaService` are the same condition key (write it once)"
    ]


def test_in_two_operators_they_are_not() -> None:
    assert faults({"StringEquals": {"kms:ViaService": "a"}, "StringLike": {"KMS:viaservice": "b"}}) == []


@pytest.mark.parametrize("key", ["ViaService", "", ":x", "kms:"])
def test_a_key_without_a_service_is_stored_and_no_request_carries_it(key: str) -> None:
    assert faults({"StringEquals": {key: "a"}}) == []
    (said,) = read(policy(PolicyKind.KEY, Condition={"StringEquals": {key: "a"}}), PolicyKind.KEY).notices
    assert f"condition key `{key}` has no service before a colon" in said


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("kms:ViaServce", " (did you mean `kms:ViaService`?)"),
        ("kms:EncryptionContext:", ""),
        ("aws:RequestTag/", ""),
        ("aws:Nothing", ""),
        ("kms:Qqqqqqq", ""),
    ],
)
def test_a_key_that_no_request_carries_is_said(key: str, advice: str) -> None:
    found = read(policy(Condition={"StringEquals": {key: "a"}}))
    assert found.policy is not None
    (notice,) = found.notices
    assert notice.startswith("unknown-condition-key: ")
    assert f"`{key}` is not a condition key that requests to AWS KMS carry" in notice
    assert notice.endswith(advice)


@pytest.mark.parametrize(
    "key", ["KMS:viaservice", "kms:EncryptionContext:a", "aws:PrincipalTag/x", "s3:prefix", "aws:SourceIp"]
)
def test_keys_that_requests_carry_and_those_of_other_services_are_not(key: str) -> None:
    assert read(policy(Condition={"StringEquals": {key: "a"}})).notices == []


@pytest.mark.parametrize("operator", ["Bool", "Null", "BoolIfExists"])
def test_several_booleans_are_said(operator: str) -> None:
    written = operator if operator != "Null" else "Null"
    found = read(policy(Condition={written: {"kms:MultiRegion": ["true", "false"]}}))
    assert found.policy is not None
    assert found.codes == ["several-booleans"]


@pytest.mark.parametrize(
    ("kind", "operator", "key", "said"),
    [
        (PolicyKind.KEY, "ForAllValues:StringEquals", "kms:EncryptionContext:a", True),
        (PolicyKind.KEY, "ForAllValues:StringLikeIfExists", "aws:requesttag/a", True),
        (PolicyKind.KEY, "ForAllValues:StringEquals", "kms:EncryptionContextKeys", False),
        (PolicyKind.KEY, "ForAnyValue:StringEquals", "kms:EncryptionContext:a", False),
        (PolicyKind.KEY, "StringEquals", "kms:EncryptionContext:a", False),
        (PolicyKind.IDENTITY, "ForAllValues:StringEquals", "kms:EncryptionContext:a", False),
    ],
)
def test_what_kms_calls_overly_permissive_is_said(kind: PolicyKind, operator: str, key: str, *, said: bool) -> None:
    found = read(policy(kind, Condition={operator: {key: "a"}}), kind)
    assert found.policy is not None
    assert found.codes == (["overly-permissive-condition"] if said else [])
