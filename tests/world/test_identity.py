"""A principal's name is taken apart, or refused with what was meant."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from kms_eval.errors import InputError
from kms_eval.world.identity import Identity, is_account, is_service, read_identity

ARABIC = "\u0661" * 12  # digits to Python, not to AWS


def identity(text: str) -> tuple[str, str, str | None, str, str, str]:
    found = read_identity(text, account="111122223333", partition="aws")
    return found.kind, found.arn, found.account, found.name, found.path, found.session


def refusal(text: str, account: str | None = "111122223333") -> str:
    with pytest.raises(InputError) as caught:
        read_identity(text, account=account, partition="aws")
    (fault,) = caught.value.faults
    return str(fault)


@pytest.mark.parametrize(
    ("text", "kind", "arn", "name", "path", "session"),
    [
        ("role/admin", "role", "arn:aws:iam::111122223333:role/admin", "admin", "/", ""),
        ("role/a/b/admin", "role", "arn:aws:iam::111122223333:role/a/b/admin", "admin", "/a/b/", ""),
        ("user/alice", "user", "arn:aws:iam::111122223333:user/alice", "alice", "/", ""),
        ("user/x@y.z+=,_-", "user", "arn:aws:iam::111122223333:user/x@y.z+=,_-", "x@y.z+=,_-", "/", ""),
        ("root", "root", "arn:aws:iam::111122223333:root", "", "/", ""),
        ("assumed-role/r/s", "assumed-role", "arn:aws:sts::111122223333:assumed-role/r/s", "r", "/", "s"),
        ("federated-user/bob", "federated-user", "arn:aws:sts::111122223333:federated-user/bob", "bob", "/", ""),
    ],
)
def test_a_short_name_stands_for_an_arn(*, text: str, kind: str, arn: str, name: str, path: str, session: str) -> None:
    assert identity(text) == (kind, arn, "111122223333", name, path, session)
    assert identity(arn) == identity(text)


def test_an_arn_keeps_its_own_account_and_partition() -> None:
    found = read_identity("arn:aws-cn:iam::999999999999:role/x", account="111122223333", partition="aws")
    assert (found.partition, found.account, found.arn) == (
        "aws-cn",
        "999999999999",
        "arn:aws-cn:iam::999999999999:role/x",
    )


def test_a_short_name_takes_the_partition_of_the_scenario() -> None:
    found = read_identity("federated-user/bob", account="111122223333", partition="aws-us-gov")
    assert found.arn == "arn:aws-us-gov:sts::111122223333:federated-user/bob"


@pytest.mark.parametrize(
    "text", ["s3.amazonaws.com", "logs.us-east-1.amazonaws.com", "a.b.cn-north-1.amazonaws.com.cn", "lex.aws.internal"]
)
def test_a_service_has_no_account(text: str) -> None:
    assert identity(text) == ("service", text, None, text, "/", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rol/admin", "malformed principal `rol/admin` (did you mean `role/admin`?)"),
        ("Role/admin", "malformed principal `Role/admin` (did you mean `role/admin`?)"),
        ("users/a/b", "malformed principal `users/a/b` (did you mean `user/a/b`?)"),
        ("Root", "malformed principal `Root` (did you mean `root`?)"),
        ("assumedrole/a/b", "malformed principal `assumedrole/a/b` (did you mean `assumed-role/a/b`?)"),
        ("group/dev", "`group/dev` is a group, which is never a principal (name one of its users: `user/NAME`)"),
        ("arn:aws:iam::111122223333:group/dev", "is a group, which is never a principal"),
        ("111122223333", "(name a user or role, or `arn:aws:iam::111122223333:root` for the root user)"),
        ("*", "`*` is not one principal"),
        ("S3.amazonaws.com", "did you mean `s3.amazonaws.com`?"),
        ("assumed-role/r", "names no session (write `assumed-role/r/SESSION`, or `role/r` for any session)"),
        ("assumed-role/path/r/s", "without the path of its role: `assumed-role/r/s`"),
        ("assumed-role/r/", "a name has ASCII letters"),
        ("federated-user/a/b", "a federated user has no path: `federated-user/b`"),
        ("role/", "a name has ASCII letters"),
        ("role/a*", "and no wildcard"),
        ("role/*/a", "and no wildcard"),
        ("role/?/a", "and no wildcard"),
        ("role/ä", "a name has ASCII letters"),
        ("role/a b", "a name has ASCII letters"),
        ("role/a\n", "a name has ASCII letters"),
        ("", "malformed principal `` (a principal is"),
        ("admin", "a principal is `role/NAME`"),
        ("arn:aws:iam", "malformed ARN `arn:aws:iam`"),
        ("arn:AWS:iam::111122223333:role/a", "malformed ARN"),
        ("arn:aws:kms:us-east-1:111122223333:key/a", "is no principal"),
        ("arn:aws:iam:us-east-1:111122223333:role/a", "did you mean `arn:aws:iam::111122223333:role/a`?"),
        ("arn:aws:iam::11112222333:role/a", "`11112222333` in"),
        (f"arn:aws:iam::{ARABIC}:role/a", "an account id has 12 digits"),
        ("arn:aws:sts::111122223333:role/a", "did you mean `arn:aws:iam::111122223333:role/a`?"),
        ("arn:aws:iam::111122223333:assumed-role/a/b", "did you mean `arn:aws:sts::111122223333:assumed-role/a/b`?"),
        ("arn:aws:iam::111122223333:rol/a", "did you mean `arn:aws:iam::111122223333:role/a`?"),
        ("arn:aws:iam::111122223333:policy/a", "malformed principal"),
    ],
)
def test_what_is_no_principal_is_refused_with_what_was_meant(text: str, message: str) -> None:
    assert message in refusal(text)


def test_without_an_account_a_short_name_belongs_nowhere() -> None:
    assert refusal("role/admin", account=None) == (
        "the short name `role/admin` belongs to no account "
        "(set `account` in the scenario, give `--account`, or write `arn:aws:iam::ACCOUNT:role/admin`)"
    )
    assert read_identity("s3.amazonaws.com", account=None, partition="aws").kind == "service"


@pytest.mark.parametrize(
    ("text", "answer"), [("012345678901", True), ("12345678901", False), ("1234567890123", False), (ARABIC, False)]
)
def test_an_account_id_has_twelve_digits(text: str, *, answer: bool) -> None:
    assert is_account(text) is answer


def test_a_service_is_no_other_host() -> None:
    assert not is_service("s3.example.com")
    assert not is_service("amazonaws.com")


def outcome(text: str) -> Identity | InputError:
    try:
        return read_identity(text, account="111122223333", partition="aws")
    except InputError as error:
        return error


@given(
    st.text(max_size=60) | st.from_regex(r"(arn:aws:(iam|sts):[a-z]*:[0-9]*:)?(user|role|root|assumed-role)[/a-z*:]*")
)
def test_any_text_is_a_principal_or_one_fault(text: str) -> None:
    found = outcome(text)
    if isinstance(found, InputError):
        assert len(found.faults) == 1
        assert "\n" not in str(found)
    else:
        assert read_identity(found.arn, account=None, partition="aws") == found
