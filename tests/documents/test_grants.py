"""Grants are read as ListGrants returns them and as CreateGrant takes them."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import pytest

from kms_eval.documents.findings import Findings
from kms_eval.documents.grants import read_grant, read_grants
from kms_eval.documents.model import Constraints, Grant
from kms_eval.facts.enums import GRANT_OPERATIONS
from kms_eval.formats.document import Place, SourceFile

ROLE = "arn:aws:iam::123456789012:role/worker"
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
PLAIN = {"GranteePrincipal": ROLE, "Operations": ["Decrypt"]}
TO_SERVICE = {
    "GranteeServicePrincipal": "sns.amazonaws.com",
    "RetiringPrincipal": ROLE,
    "Operations": ["Decrypt"],
    "Constraints": {"SourceArn": TOPIC},
}


def read(value: object) -> tuple[tuple[Grant, ...], list[str]]:
    findings = Findings()
    grants = read_grants(value, Place(SourceFile("f")), findings)
    assert findings.warnings == []
    return grants, [str(fault) for fault in findings.faults]


def with_fields(**fields: object) -> dict[str, object]:
    return {name: value for name, value in {**PLAIN, **fields}.items() if value is not None}


def test_an_entry_of_list_grants_is_what_it_is() -> None:
    (grant,), faults = read(
        {
            "Grants": [
                {
                    "KeyId": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                    "GrantId": "0123",
                    "Name": "batch",
                    "CreationDate": "2026-01-01T00:00:00Z",
                    "GranteePrincipal": ROLE,
                    "RetiringPrincipal": "arn:aws:iam::123456789012:root",
                    "IssuingAccount": "arn:aws:iam::111122223333:root",
                    "Operations": ["Decrypt", "GenerateDataKey"],
                    "Constraints": {"EncryptionContextSubset": {"b": "2", "a": "1"}, "SourceArn": TOPIC},
                }
            ],
            "Truncated": False,
            "NextMarker": "x",
            "ResponseMetadata": {},
        }
    )
    assert faults == []
    assert grant.place is not None
    assert grant.place.location().field == "Grants[0]"
    assert grant == Grant(
        id="0123",
        name="batch",
        grantee_principal=ROLE,
        retiring_principal="arn:aws:iam::123456789012:root",
        issuing_account="111122223333",
        operations=("Decrypt", "GenerateDataKey"),
        constraints=Constraints(encryption_context_subset=(("b", "2"), ("a", "1")), source_arn=TOPIC),
        place=grant.place,
    )


def test_constraints_are_absent_or_empty() -> None:
    (absent, empty, equals), faults = read(
        [PLAIN, with_fields(Constraints={}), with_fields(Constraints={"EncryptionContextEquals": {}})]
    )
    assert faults == []
    assert absent.constraints == empty.constraints == Constraints()
    assert equals.constraints == Constraints(encryption_context_equals=())


def test_a_list_an_entry_and_json_text_are_grants_too() -> None:
    assert [grant.id for grant in read([PLAIN, with_fields(GrantId="x"), PLAIN])[0]] == ["grant-0", "x", "grant-2"]
    assert [grant.id for grant in read(PLAIN)[0]] == ["grant-0"]
    assert [grant.operations for grant in read('{"Grants": [{"GranteePrincipal": "AROAX", "Operations": ["Sign"]}]}')[0]] == [("Sign",)]  # fmt: skip
    assert read([]) == ((), [])
    assert read({"Grants": []}) == ((), [])


def test_an_empty_name_is_none() -> None:
    assert read(with_fields(Name=""))[0][0].name is None


@pytest.mark.parametrize("operation", GRANT_OPERATIONS)
def test_every_operation_of_grants_is_one(operation: str) -> None:
    assert read(with_fields(Operations=[operation]))[1] == []


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/a/b",
        "arn:aws:sts::123456789012:assumed-role/a/b",
        "arn:aws:sts::123456789012:federated-user/a",
        "AROAEXAMPLE",
        # ListGrants shows older grants to services so.
        "dynamodb.us-west-1.amazonaws.com",
    ],
)
def test_grantees(principal: str) -> None:
    (grant,), faults = read(with_fields(GranteePrincipal=principal, RetiringPrincipal=principal))
    assert faults == []
    assert (grant.grantee_principal, grant.retiring_principal) == (principal, principal)


def test_a_grant_to_a_service() -> None:
    (grant,), faults = read(TO_SERVICE)
    assert faults == []
    assert (grant.grantee_principal, grant.grantee_service_principal) == (None, "sns.amazonaws.com")


@pytest.mark.parametrize(
    "account", ["123456789012", "arn:aws:iam::123456789012:root", "arn:aws-cn:iam::123456789012:root"]
)
def test_the_issuing_account_is_an_id_or_a_root_arn(account: str) -> None:
    assert read(with_fields(IssuingAccount=account))[0][0].issuing_account == "123456789012"


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        (7, ["f: grants are a list, or the output of ListGrants"]),
        (None, ["f: grants are a list, or the output of ListGrants"]),
        ("x", ["f: line 1 of the text: not valid JSON: expecting value at column 1"]),
        ([1], ["f: [0]: a grant is an object (as ListGrants returns it: `GranteePrincipal`, `Operations` …)"]),
        ({"Grants": 1}, ["f: Grants: must be a list"]),
        ({"Grants": [], "Next": 1}, ["f: Next: unknown element `Next`"]),
        (with_fields(Statement=[]), ["f: Statement: unknown element `Statement`"]),
        ({"Grants": None}, ["f: Grants: is null: leave it out or give it a value"]),
        ({}, ["f: `GranteePrincipal` is missing", "f: `Operations` is missing"]),
        ([with_fields(GrantId="a"), with_fields(GrantId="a")], ["f: [1].GrantId: two grants have the id `a`"]),
        ([PLAIN, with_fields(GrantId="grant-0")], ["f: [1].GrantId: two grants have the id `grant-0`"]),
        ({1: 2, "GranteePrincipal": ROLE, "Operations": ["Sign"]}, ["f: [1]: names must be strings"]),
        (with_fields(GranteePrincipal=None, GrantePrincipal=ROLE), ["f: GrantePrincipal: unknown element `GrantePrincipal` (did you mean `GranteePrincipal`?)"]),
        (with_fields(GranteePrincipal=123456789012), ["f: GranteePrincipal: must be a string (write it in quotes)"]),
        (with_fields(GranteePrincipal="123456789012"), ["f: GranteePrincipal: `123456789012` is not an ARN (the account is `arn:aws:iam::123456789012:root`)"]),
        (with_fields(GranteePrincipal="role/worker"), ["f: GranteePrincipal: `role/worker` is not an ARN"]),
        (with_fields(GranteePrincipal="*"), ["f: GranteePrincipal: `*` is not an ARN"]),
        (with_fields(GranteePrincipal="arn:aws:iam::123456789012:group/x"), ["f: GranteePrincipal: `arn:aws:iam::123456789012:group/x` is a group, and that is never a principal"]),
        (with_fields(RetiringPrincipal="arn:aws:iam::12:root"), ["f: RetiringPrincipal: `arn:aws:iam::12:root` has no account id of 12 digits"]),
        (with_fields(RetiringPrincipal=ROLE, RetiringServicePrincipal="s3.amazonaws.com"), ["f: RetiringServicePrincipal: `RetiringPrincipal` and `RetiringServicePrincipal` exclude each other"]),
        ({**TO_SERVICE, "GranteePrincipal": ROLE}, ["f: GranteeServicePrincipal: `GranteePrincipal` and `GranteeServicePrincipal` exclude each other"]),
        ({**TO_SERVICE, "GranteeServicePrincipal": "sns"}, ["f: GranteeServicePrincipal: `sns` is not a service principal (they look like `s3.amazonaws.com`)"]),
        ({**TO_SERVICE, "Constraints": {}}, ["f: a grant to a service needs the constraint `SourceArn`"]),
        ({name: value for name, value in TO_SERVICE.items() if name != "RetiringPrincipal"}, ["f: a grant to a service needs `RetiringPrincipal` or `RetiringServicePrincipal`"]),
        (with_fields(Operations=None), ["f: `Operations` is missing"]),
        (with_fields(Operations=[]), ["f: Operations: a grant allows at least one operation"]),
        (with_fields(Operations="Decrypt"), ["f: Operations: must be a list"]),
        (with_fields(Operations=["Decrypt", "decrypt"]), ["f: Operations[1]: `decrypt` is not an operation that a grant can allow (did you mean `Decrypt`?)"]),
        (with_fields(Operations=["kms:Encrypt"]), ["f: Operations[0]: `kms:Encrypt` is not an operation that a grant can allow (did you mean `Encrypt`?)"]),
        (with_fields(Operations=["*"]), ["f: Operations[0]: `*` is not an operation that a grant can allow"]),
        (with_fields(Operations=["RevokeGrant"]), ["f: Operations[0]: `RevokeGrant` is not an operation that a grant can allow (did you mean `RetireGrant`?)"]),
        (with_fields(IssuingAccount="12345"), ["f: IssuingAccount: `12345` is not an account (12 digits, or `arn:aws:iam::ACCOUNT:root`)"]),
        (with_fields(IssuingAccount=ROLE), [f"f: IssuingAccount: `{ROLE}` is not an account (12 digits, or `arn:aws:iam::ACCOUNT:root`)"]),
        (with_fields(Name="a b"), ["f: Name: has up to 256 ASCII letters, digits and `:/_-`"]),
        (with_fields(Name="a" * 257), ["f: Name: has up to 256 ASCII letters, digits and `:/_-`"]),
        (with_fields(Constraints={"SourceARN": TOPIC}), ["f: Constraints.SourceARN: unknown element `SourceARN` (did you mean `SourceArn`?)"]),
        (with_fields(Constraints={"SourceArn": "arn:aws:s3:::bucket-of-mine"}), ["f: Constraints.SourceArn: `arn:aws:s3:::bucket-of-mine` is not an ARN with an account id of 12 digits"]),
        (with_fields(Constraints={"SourceArn": TOPIC + "x" * 512}), ["f: Constraints.SourceArn: has 552 characters; a source ARN has 20 to 512"]),
        (with_fields(Constraints={"EncryptionContextEquals": {}, "EncryptionContextSubset": {}}), ["f: Constraints.EncryptionContextSubset: `EncryptionContextEquals` and `EncryptionContextSubset` exclude each other"]),
        (with_fields(Constraints={"EncryptionContextEquals": {str(number): "" for number in range(9)}}), ["f: Constraints.EncryptionContextEquals: has 9 pairs, more than 8"]),
        (with_fields(Constraints={"EncryptionContextSubset": {"a": "x" * 385}}), ["f: Constraints.EncryptionContextSubset.a: has 385 characters, more than 384"]),
        (with_fields(Constraints={"EncryptionContextSubset": {"a": 1}}), ["f: Constraints.EncryptionContextSubset.a: must be a string (write it in quotes)"]),
        (with_fields(Constraints=[]), ["f: Constraints: must be an object"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_grants(value: object, faults: list[str]) -> None:
    assert read(value)[1] == faults


def test_one_faulty_grant_does_not_hide_the_others() -> None:
    grants, faults = read([with_fields(Operations=["x"], Foo=1), PLAIN, with_fields(Name=1)])
    assert [grant.id for grant in grants] == ["grant-1"]
    assert len(faults) == 3


@pytest.mark.parametrize(
    "value", [{}, {"Operations": ["Decrypt"]}, {"GranteePrincipal": ROLE}, {"GranteeServicePrincipal": "s3.amazonaws.com"}, {"Constraints": {"EncryptionContextEquals": {"a": "b"}}}, {"DryRun": True, "GrantTokens": ["x"]}]
)  # fmt: skip
def test_a_request_may_leave_out_what_the_question_does_not_need(value: object) -> None:
    findings = Findings()
    grant = read_grant(value, Place(SourceFile("f")), findings, partial=True)
    assert findings.faults == []
    assert grant is not None
    assert grant.id == ""


@pytest.mark.parametrize(
    "value", [{"Operation": ["Decrypt"]}, {"Operations": ["x"]}, {"GranteePrincipal": "x"}, [], None, "x"]
)
def test_a_request_is_checked_all_the_same(value: object) -> None:
    findings = Findings()
    assert read_grant(value, Place(SourceFile("f")), findings, partial=True) is None
    assert len(findings.faults) == 1
