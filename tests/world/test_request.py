"""A question is checked and normalised, or refused with every fault and the field it is in."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kms_eval.documents.model import Grant
from kms_eval.errors import InputError
from kms_eval.world.model import Session
from kms_eval.world.request import Request, request

ALLOWING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}


def faults(**fields: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        request(**{"principal": "role/x", "action": "kms:Decrypt", **fields})
    return [str(fault) for fault in caught.value.faults]


def asked(**fields: Any) -> Request:
    return request("role/x", "kms:Decrypt", **fields)


def test_a_question_may_say_nothing_but_who_and_what() -> None:
    assert asdict(request("role/x", "kms:Decrypt")) == asdict(Request("role/x", "kms:Decrypt"))
    assert asked().context == {}
    assert asked().encryption_context is None


def test_texts_are_kept_as_they_are() -> None:
    read = asked(
        key="alias/a", vpc_endpoint="vpce-1", alias="alias/n", destination_key="k", region="eu-west-1", via_grant="g"
    )
    assert (read.key, read.vpc_endpoint, read.alias) == ("alias/a", "vpce-1", "alias/n")
    assert (read.destination_key, read.region, read.via_grant) == ("k", "eu-west-1", "g")


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("a", ("a",)),
        ("", ("",)),
        (True, ("true",)),
        (False, ("false",)),
        (7, ("7",)),
        (-1.5, ("-1.5",)),
        (Decimal("1.50"), ("1.50",)),
        ([], ()),
        (["a", True, 7], ("a", "true", "7")),
        (("a", "b"), ("a", "b")),
    ],
)
def test_context_values_become_texts(value: Any, texts: tuple[str, ...]) -> None:
    assert asked(context={"aws:X": value}).context == {"aws:X": texts}


@pytest.mark.parametrize(
    ("context", "fault"),
    [
        ({"a": None}, "context.a: expected a value or a list of values, found nothing (an empty list is a key without"),
        ({"a": {}}, "context.a: expected a value or a list of values, found a mapping"),
        ({"a": ["x", []]}, "context.a[1]: expected a value, found a list"),
        ({"a": [None]}, "context.a[0]: expected a value, found nothing"),
        ({"a": float("nan")}, "context.a: expected a value"),
        ({"a": float("inf")}, "context.a: expected a value"),
        ({"a": b"x"}, "context.a: expected a value or a list of values, found something else"),
        ({1: "a"}, "context: expected the name of a condition key, found a number"),
        ({"": "a"}, "context: expected the name of a condition key, found an empty string"),
        ([], "context: expected a mapping, found a list"),
        ("a=b", "context: expected a mapping, found a string"),
    ],
)
def test_other_context_is_refused(context: Any, fault: str) -> None:
    (found,) = faults(context=context)
    assert found.startswith(fault)


def test_an_encryption_context_has_strings_only() -> None:
    assert asked(encryption_context={"a": "b"}).encryption_context == {"a": "b"}
    assert asked(encryption_context={}).encryption_context == {}
    assert faults(encryption_context={"a": 1}) == [
        'encryption_context.a: expected a string, found a number (quote it: `"1"`)'
    ]
    assert faults(encryption_context={1: "a"}) == [
        'encryption_context.1: expected a string, found a number (quote it: `"1"`)'
    ]
    assert faults(encryption_context=[]) == ["encryption_context: expected a mapping, found a list"]


def test_what_the_user_passed_can_change_without_changing_the_question() -> None:
    context: dict[str, str] = {"a": "b"}
    read = asked(context=context, encryption_context=context)
    context["a"] = "c"
    assert read.context == {"a": ("b",)}
    assert read.encryption_context == {"a": "b"}


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "at",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T14:00:00+02:00",
        "2026-01-01 12:00:00+00:00",
        NOON,
        datetime(2026, 1, 1, 7, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_time_has_an_offset(at: str | datetime) -> None:
    read = asked(at=at).at
    assert read == NOON
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("at", "fault"),
    [
        ("2026-01-01T12:00:00", "may be in any time zone (add `Z` or an offset: `2026-01-01T12:00:00Z`)"),
        ("2026-01-01", "add `Z` or an offset: `2026-01-01T00:00:00Z`"),
        (datetime(2026, 1, 1), "may be in any time zone"),  # noqa: DTZ001 - what is refused
        ("yesterday", "`yesterday` is no ISO 8601 time (write `2026-01-01T00:00:00Z`)"),
        ("", "`` is no ISO 8601 time"),
        (1767268800, "expected a time, found a number"),
        ("0001-01-01T00:00:00+23:59", "is out of range"),
        ("9999-12-31T23:59:59-23:59", "is out of range"),
    ],
)
def test_other_times_are_refused(at: Any, fault: str) -> None:
    (found,) = faults(at=at)
    assert found.startswith("at: ")
    assert fault in found


def test_a_session_is_read_with_its_policies(tmp_path: Path) -> None:
    (tmp_path / "narrow.json").write_text('{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}')
    read = asked(
        session={"name": "s", "policies": ["narrow.json", ALLOWING], "tags": {"a": "b"}, "source_identity": "x"},
        base=tmp_path,
    ).session
    assert read is not None
    assert (read.name, read.tags, read.source_identity) == ("s", {"a": "b"}, "x")
    assert [policy.name for policy in read.policies] == ["narrow", "session.policies[1]"]
    assert [policy.statements[0].effect for policy in read.policies] == ["Deny", "Allow"]


def test_a_session_that_is_one_already_is_kept() -> None:
    session = Session(name="s")
    assert asked(session=session).session is session


@pytest.mark.parametrize(
    ("session", "found"),
    [
        ("s1", ["session: expected a mapping, found a string"]),
        ({"nam": "s"}, ["session.nam: unknown field `nam` (did you mean `name`?)"]),
        ({"name": 5}, ['session.name: expected a string, found a number (quote it: `"5"`)']),
        ({"policies": "x.json"}, ["session.policies: expected a list, found a string (write `[x.json]`)"]),
        (
            {"policies": ["x.json"]},
            ["session.policies[0]: `x.json` is a path, and nothing says to what it is relative (give `base`)"],
        ),
        (
            {"nam": "s", "policies": [{"Statement": {"Effect": "Allow", "Action": "kms:*"}}]},
            [
                "session.nam: unknown field `nam` (did you mean `name`?)",
                "session.policies[0].Statement: `Resource` is missing",
            ],
        ),
    ],
)
def test_a_faulty_session_is_refused_with_the_faults_of_its_policies(session: Any, found: list[str]) -> None:
    assert [fault.partition(" (an identity")[0] for fault in faults(session=session)] == found


def test_what_should_be_said_about_a_session_policy_goes_with_the_question() -> None:
    spaced = {
        "Version": "2012-10-17",
        "Statement": {"Sid": "a b", "Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    }
    read = asked(session={"policies": [spaced]})
    assert [warning.code for warning in read.warnings] == ["identity-policy-sid"]
    assert asked(session={"policies": [ALLOWING]}).warnings == ()
    (fault,) = faults(session={"policies": [spaced]}, strict=True)
    assert fault.startswith("session.policies[0].Statement.Sid")


def test_a_grant_is_a_request_or_an_id() -> None:
    assert asked(grant="abc").grant == "abc"
    read = asked(grant={"GranteePrincipal": "arn:aws:iam::111122223333:role/x", "Operations": ["Decrypt"]}).grant
    assert isinstance(read, Grant)
    assert (read.id, read.operations) == ("", ("Decrypt",))
    assert asked(grant=read).grant is read
    (fault,) = faults(grant={"Operations": ["Decrip"]})
    assert fault.startswith("grant.Operations[0]: ")
    assert faults(grant="") == ["grant: is empty"]
    assert faults(grant=5) == ['grant: expected a grant or a grant id, found a number (quote it: `"5"`)']


def test_all_faults_are_raised_together_and_named_by_their_fields() -> None:
    found = faults(principal="", action=None, key=5, vpc_endpoint="", context={"a": None}, at="x")
    assert [fault.partition(":")[0] for fault in found] == [
        "action",
        "principal",
        "key",
        "context.a",
        "vpc_endpoint",
        "at",
    ]


def test_a_plain_question_needs_no_document_reader() -> None:
    code = (
        "import sys; from kms_eval.world.request import request;"
        "request('role/x', 'kms:Decrypt', context={'a': 'b'}, at='2026-01-01T00:00:00Z');"
        "sys.exit('pydantic' in sys.modules or 'yaml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


def outcome(fields: Mapping[str, Any]) -> Request | InputError:
    try:
        return asked(**fields)
    except InputError as error:
        return error


@given(
    st.dictionaries(
        st.sampled_from(
            ["key", "context", "encryption_context", "session", "vpc_endpoint", "at", "alias", "region", "grant"]
        ),
        ANYTHING,
    )
)
def test_whatever_is_passed_is_a_question_or_faults(fields: Mapping[str, Any]) -> None:
    found = outcome(fields)
    if isinstance(found, InputError):
        assert all(fault.location is not None and fault.location.field for fault in found.faults)
    else:
        assert found.principal == "role/x"


def test_a_question_asked_again_says_all_that_it_said() -> None:
    names = [each.name for each in dataclasses.fields(Request)]
    whole: Any = Request(**{name: object() for name in names})  # type: ignore[arg-type]
    same = whole.again(whole.principal, whole.action, whole.key, whole.at)
    assert all(getattr(same, name) is getattr(whole, name) for name in names)
    other = whole.again("role/y", "kms:Encrypt", None, None)
    assert (other.principal, other.action, other.key, other.at) == ("role/y", "kms:Encrypt", None, None)
    assert other.context is whole.context
