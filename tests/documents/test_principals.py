"""Only what AWS takes for a principal is one."""

from __future__ import annotations

import pytest

from kms_eval.documents.model import PolicyKind, PrincipalEntry
from tests.documents.reading import policy, read, statement

ACCOUNT = "123456789012"


@pytest.mark.parametrize("kind", [PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.IDENTITY])
@pytest.mark.parametrize(
    "text",
    [
        "*",
        ACCOUNT,
        "012345678901",
        f"arn:aws:iam::{ACCOUNT}:root",
        f"arn:aws-cn:iam::{ACCOUNT}:root",
        f"arn:aws-us-gov:iam::{ACCOUNT}:role/x",
        f"arn:aws-iso-b:iam::{ACCOUNT}:role/x",
        f"arn:aws:iam::{ACCOUNT}:user/alice",
        f"arn:aws:iam::{ACCOUNT}:user/a/deep/path/alice@example.com",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
        f"arn:aws:iam::{ACCOUNT}:role/group/x",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/session-1",
        f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        "AIDAEXAMPLEID",
        "AROA1234567890EXAMPLE",
    ],
)
def test_principals(kind: PolicyKind, text: str) -> None:
    # Where every statement is about a whole account, it is plainly a key policy.
    further = [statement(kind)] if kind is PolicyKind.IDENTITY else []
    found = read({"Version": "2012-10-17", "Statement": [statement(kind, Principal={"AWS": text}), *further]}, kind)
    assert found.faults == []
    assert found.policy is not None
    assert found.policy.statements[0].principals == (PrincipalEntry("AWS", text),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1234567890123", "is not an account id: those have 12 digits"),
        ("12345", "is not an account id: those have 12 digits"),
        ("١٢٣٤٥٦٧٨٩٠١٢", "is not an account id: those have 12 digits"),
        ("admin", "is not a principal (a principal is an ARN of an account, user, role or session"),
        ("", "is not a principal"),
        ("**", "is not a principal"),
        ("s3.amazonaws.com", "is not a principal (services stand under `Service`)"),
        ("AGPAEXAMPLE", "is a group, and groups are never principals"),
        ("arn:aws:iam", "is not an ARN: it has not six parts"),
        (f"arn:aws:iam::{ACCOUNT}:", "is not an ARN: it has not six parts"),
        (f"arn:aws:iam::{ACCOUNT}:user/*", "has a wildcard, and AWS takes none inside a principal"),
        (f"arn:aws:iam::{ACCOUNT}:role/x?", "has a wildcard, and AWS takes none inside a principal"),
        ("arn:aws:iam::*:root", "has a wildcard, and AWS takes none inside a principal"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/*", "has a wildcard, and AWS takes none inside a principal"),
        (f"arn:amazon:iam::{ACCOUNT}:root", "has no partition that AWS has"),
        (f"arn:aws:iam:us-east-1:{ACCOUNT}:root", "is not the ARN of a principal"),
        ("arn:aws:iam::12345:root", "has no account id of 12 digits"),
        ("arn:aws:iam::1234567890123:root", "has no account id of 12 digits"),
        ("arn:aws:iam:::root", "has no account id of 12 digits"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "has no account id of 12 digits"),
        (f"arn:aws:iam::{ACCOUNT}:group/developers", "is a group, and that is never a principal"),
        (f"arn:aws:iam::{ACCOUNT}:policy/p", "is a policy, and that is never a principal"),
        (f"arn:aws:iam::{ACCOUNT}:instance-profile/p", "is an instance profile, and that is never a principal"),
        (f"arn:aws:iam::{ACCOUNT}:Role/x", "is not the ARN of a principal"),
        (f"arn:aws:iam::{ACCOUNT}:role/", "is not the ARN of a principal"),
        (f"arn:aws:iam::{ACCOUNT}:role/a b", "is not the ARN of a principal"),
        (f"arn:aws:iam::{ACCOUNT}:role/x\n", "is not the ARN of a principal"),
        (f"arn:aws:iam::{ACCOUNT}:user", "is not the ARN of a principal"),
        (f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}", "is not the ARN of a principal"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/admin", "names no session"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/path/admin/s", "names no session"),
        (f"arn:aws:sts::{ACCOUNT}:role/admin", "is not the ARN of a principal"),
        (f"arn:aws:iam::{ACCOUNT}:assumed-role/admin/s", "names no session"),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/x", "is not the ARN of a principal"),
        ("ARN:aws:iam::123456789012:root", "is not a principal"),
    ],
)
def test_what_is_no_principal(text: str, message: str) -> None:
    (fault,) = read(policy(Principal={"AWS": ["*", text]})).faults
    assert fault.startswith("f: Statement[0].Principal.AWS[1]: `")
    assert message in fault


def test_not_principal_is_checked_alike() -> None:
    (fault,) = read(policy(Principal=None, NotPrincipal={"AWS": "admin"})).faults
    assert fault.startswith("f: Statement[0].NotPrincipal.AWS: `admin` is not a principal")


@pytest.mark.parametrize("text", ["s3.amazonaws.com", "logs.us-east-1.amazonaws.com", "ec2.amazonaws.com.cn"])
def test_service_principals(text: str) -> None:
    assert read(policy(Principal={"Service": text})).faults == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*", "has a wildcard, and AWS takes none in a service principal (name each service)"),
        ("*.amazonaws.com", "has a wildcard, and AWS takes none in a service principal (name each service)"),
        ("s3", "is not a service principal (they look like `s3.amazonaws.com`)"),
        ("amazonaws.com", "is not a service principal (they look like `s3.amazonaws.com`)"),
        ("", "is not a service principal (they look like `s3.amazonaws.com`)"),
        (f"arn:aws:iam::{ACCOUNT}:root", "is not a service principal (they look like `s3.amazonaws.com`)"),
        ("s3.amazonaws.com\n", "is not a service principal (they look like `s3.amazonaws.com`)"),
    ],
)
def test_what_is_no_service_principal(text: str, message: str) -> None:
    (fault,) = read(policy(Principal={"Service": text})).faults
    assert message in fault


@pytest.mark.parametrize(
    ("member", "code"), [("Federated", "federated-principal"), ("CanonicalUser", "canonical-user-principal")]
)
def test_principals_of_other_services_are_said(member: str, code: str) -> None:
    found = read(policy(Principal={member: "x", "AWS": "*"}))
    assert found.policy is not None
    assert found.codes == [code]
    assert PrincipalEntry(member, "x") in (found.policy.statements[0].principals or ())  # type: ignore[arg-type] # two of the five
