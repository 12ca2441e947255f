"""The tests of a scenario become cases: a request each, and what is expected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kms_eval.documents.model import Grant
from kms_eval.errors import InputError
from kms_eval.world.cases import TestCase
from kms_eval.world.load import from_dict

POLICY = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}
SESSION_POLICY = {"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
PLAIN = {"name": "t", "principal": "role/x", "action": "kms:Decrypt", "expect": "allowed"}


def scenario(*tests: Any) -> dict[str, Any]:
    return {
        "account": "111122223333",
        "keys": {"app": {"policy": POLICY, "aliases": ["alias/app"]}, "other": {"policy": POLICY}},
        "vpc_endpoints": {"vpce-1": {}},
        "tests": list(tests),
    }


def cases(**fields: Any) -> tuple[TestCase, ...]:
    return from_dict(scenario({**PLAIN, **fields})).tests


def faults(*tests: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        from_dict(scenario(*tests))
    return [str(fault).removeprefix("scenario: ") for fault in caught.value.faults]


def test_a_test_is_a_request_and_an_expectation() -> None:
    (case,) = cases()
    assert (case.name, case.expect) == ("t", "allowed")
    assert (case.request.principal, case.request.action, case.request.key) == ("role/x", "kms:Decrypt", None)
    assert (case.expect_layer, case.expect_reason_code, case.expect_missing_context) == (None, None, None)
    assert str(case.place.location()) == "scenario: tests[0]"


def test_every_field_of_a_test_reaches_the_request() -> None:
    (case,) = cases(
        key="alias/app",
        context={"kms:ViaService": "s3.us-east-1.amazonaws.com", "aws:MultiFactorAuthPresent": True, "aws:TagKeys": []},
        encryption_context={"department": "IT"},
        session={"name": "s1", "policies": [SESSION_POLICY], "tags": {"a": "b"}, "source_identity": "x"},
        alias="alias/new",
        destination_key="other",
        region="eu-west-1",
        grant={"Operations": ["Decrypt"]},
        via_grant="g1",
        vpc_endpoint="vpce-1",
        at="2026-01-01T00:00:00Z",
    )
    request = case.request
    assert request.context == {
        "kms:ViaService": ("s3.us-east-1.amazonaws.com",),
        "aws:MultiFactorAuthPresent": ("true",),
        "aws:TagKeys": (),
    }
    assert request.encryption_context == {"department": "IT"}
    assert request.session is not None
    assert (request.session.name, request.session.source_identity) == ("s1", "x")
    assert request.session.policies[0].name == "tests[0].session.policies[0]"
    assert (request.key, request.alias, request.destination_key) == ("alias/app", "alias/new", "other")
    assert (request.region, request.via_grant, request.vpc_endpoint) == ("eu-west-1", "g1", "vpce-1")
    assert isinstance(request.grant, Grant)
    assert request.at == datetime(2026, 1, 1, tzinfo=UTC)


def test_further_expectations_are_kept() -> None:
    (case,) = cases(
        expect="implicitDeny",
        expect_layer="keyPolicy",
        expect_reason_code="no-identity-policy-allows",
        expect_missing_context=["kms:ViaService"],
    )
    assert (case.expect_layer, case.expect_reason_code) == ("keyPolicy", "no-identity-policy-allows")
    assert case.expect_missing_context == ("kms:ViaService",)


def test_each_action_is_a_case_that_says_so() -> None:
    found = cases(action=["kms:Decrypt", "kms:Encrypt"], context={"a": "b"})
    assert [case.name for case in found] == ["t (kms:Decrypt)", "t (kms:Encrypt)"]
    assert [case.request.action for case in found] == ["kms:Decrypt", "kms:Encrypt"]
    assert {case.request.context["a"] for case in found} == {("b",)}
    assert [case.name for case in cases(action=["kms:Decrypt"])] == ["t"]


def test_a_test_without_a_name_goes_by_who_does_what() -> None:
    found = cases(name=None, action=["kms:Decrypt", "kms:Encrypt"])
    assert [case.name for case in found] == ["role/x kms:Decrypt", "role/x kms:Encrypt"]


def test_a_faulty_test_of_several_actions_is_faulty_once() -> None:
    assert faults({**PLAIN, "action": ["kms:Decrypt", "kms:Encrypt"], "at": "noon"}) == [
        "tests[0].at: `noon` is no ISO 8601 time (write `2026-01-01T00:00:00Z`)"
    ]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"expect": "allow"}, "expect: unknown expectation `allow` (did you mean `allowed`?)"),
        ({"expect": True}, "expect: expected a string, found true or false"),
        ({"principal": "rol/x"}, "principal: malformed principal `rol/x` (did you mean `role/x`?)"),
        ({"principal": ""}, "principal: is empty"),
        ({"action": []}, "action: an action is missing"),
        ({"action": ["kms:Decrypt", ""]}, "action: an action is missing"),
        ({"action": [5]}, "action: expected an action, found a number"),
        ({"action": {}}, "action: expected an action or a list of actions, found a mapping"),
        ({"key": "apps"}, "key: the scenario has no key `apps` (did you mean `app`?)"),
        ({"key": 5}, "key: expected a string, found a number"),
        ({"destination_key": "othe"}, "destination_key: the scenario has no key `othe` (did you mean `other`?)"),
        ({"vpc_endpoint": "vpce-2"}, "vpc_endpoint: unknown VPC endpoint `vpce-2` (did you mean `vpce-1`?)"),
        (
            {"vpc_endpoint": "x"},
            "vpc_endpoint: unknown VPC endpoint `x` (describe it in `vpc_endpoints`, or give its id",
        ),
        ({"at": 5}, "at: expected a time, found a number"),
        ({"context": []}, "context: expected a mapping, found a list"),
        ({"encryption_context": {"a": 1}}, "encryption_context.a: expected a string, found a number"),
        ({"session": {"nam": "x"}}, "session.nam: unknown field `nam` (did you mean `name`?)"),
        ({"session": {"policies": [{}]}}, "session.policies[0]: `Statement` is missing"),
        ({"principal": "root", "session": {"name": "x"}}, "principal: the root user"),
        ({"grant": []}, "grant: expected a grant or a grant id, found a list"),
        ({"contxt": {}}, "contxt: unknown field `contxt` (did you mean `context`?)"),
        ({"expect_missing_context": "x"}, "expect_missing_context: expected a list, found a string (write `[x]`)"),
    ],
)
def test_a_test_that_cannot_be_run_is_a_fault_of_the_scenario(fields: dict[str, Any], found: str) -> None:
    (message,) = faults({**PLAIN, **fields})
    assert message.startswith(f"tests[0].{found}")


def test_a_test_says_what_it_expects() -> None:
    assert faults({"principal": "role/x", "action": "kms:Decrypt"}) == ["tests[0].expect: `expect` is missing"]
    assert faults(PLAIN, 5) == ["tests[1]: expected a mapping, found a number"]


def test_pytest_does_not_take_the_class_for_tests() -> None:
    assert not TestCase.__test__
