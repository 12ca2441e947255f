"""Which condition keys and values a question can bring along."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kms_eval import InputError, Scenario
from kms_eval.analysis.testing import run_tests
from kms_eval.facts.condition_keys import CONDITION_KEYS
from kms_eval.world.context_rules import ContextRules

ACCOUNT = "111122223333"


def _scenario(condition: dict[str, Any] | None = None, resource: str = "*", **said: Any) -> Scenario:
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    own: dict[str, Any] = {"Effect": "Allow", "Action": "kms:*", "Resource": resource}
    own |= {"Condition": condition} if condition else {}
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": statement}}},
            "principals": {"role/admin": {"policies": [{"Version": "2012-10-17", "Statement": own}]}},
        },
        **said,
    )


def _refused(context: dict[str, Any], condition: dict[str, Any] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        _scenario(condition).can("role/admin", "kms:Decrypt", context=context)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("kms:ViaServce", "did you mean `kms:ViaService`?"),
        ("aws:SourceVPCE1", "did you mean `aws:SourceVpce`?"),
        ("aws:PrincipalTags/team", "did you mean `aws:PrincipalTag/team`?"),
        ("kms:EncryptionContex:department", "did you mean `kms:EncryptionContext:department`?"),
        ("aws:PrincipalTag/", "did you mean"),
        ("kms:EncryptionContext:", "did you mean"),
        ("saml:aud", "`--allow-unknown-key`, `allow_unknown_key=True`"),
    ],
)
def test_a_key_that_nobody_knows_is_refused_with_the_nearest(name: str, advice: str) -> None:
    said = _refused({name: "x"})
    assert said.startswith(f"context.{name}: no policy names the condition key `{name}`, and AWS has none (")
    assert advice in said
    assert "\n" not in said


@pytest.mark.parametrize("name", ["example:Team", "EXAMPLE:team"])
def test_a_key_that_a_policy_names_is_known_in_any_case_and_has_any_value(name: str) -> None:
    world = _scenario({"StringEquals": {"example:team": "blue"}})
    assert world.can("role/admin", "kms:Decrypt", context={name: "blue"})
    assert not world.can("role/admin", "kms:Decrypt", context={name: ["red", "green"]})


def test_a_key_that_a_variable_names_is_known() -> None:
    world = _scenario(resource="arn:aws:kms:*:*:key/${example:team}")
    assert not world.can("role/admin", "kms:Decrypt", context={"example:team": "blue"})


def test_a_key_that_a_session_policy_names_is_known() -> None:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    statement |= {"Condition": {"StringEquals": {"example:team": "blue"}}}  # type: ignore[dict-item] # elements differ
    session = {"policies": [{"Version": "2012-10-17", "Statement": statement}]}
    assert _scenario().can("role/admin", "kms:Decrypt", context={"example:team": "blue"}, session=session)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("aws:SecureTransport", "yes", "`yes` is neither true nor false (write `true` or `false`)"),
        ("aws:MultiFactorAuthAge", "soon", "`soon` is not a number (write a number such as `7`)"),
        ("aws:CurrentTime", "tomorrow", "`tomorrow` is neither a date"),
        ("aws:SourceIp", "10.0.0.0/8", "`10.0.0.0/8` is not an IP address (write one address such as"),
        ("aws:SourceArn", "my-bucket", "`my-bucket` is not an ARN (write `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`)"),
        ("kms:CallerAccount", "12345", "`12345` is no account id (an account id has 12 digits)"),
        ("aws:RequestedRegion", "us-esat-1", "there is no Region `us-esat-1` (did you mean `us-east-1`?)"),
        ("kms:ViaService", "s3.us-esat-1.amazonaws.com", "there is no Region `us-esat-1`"),
        ("kms:KeySpec", "RSA_2084", "kms:KeySpec is never `RSA_2084` (did you mean `RSA_2048`?)"),
        ("kms:KeyUsage", "nothing", "kms:KeyUsage is never `nothing` (it is `SIGN_VERIFY`, "),
        ("kms:GrantOperations", ["Decrypt", "Decrpt"], "kms:GrantOperations is never `Decrpt`"),
        ("kms:ViaService", ["a", "b"], "`kms:ViaService` has one value, found 2 (ask once for each value)"),
        ("aws:PrincipalTag/team", ["a", "b"], "`aws:PrincipalTag/team` has one value, found 2"),
    ],
)
def test_a_value_that_a_key_cannot_have_is_refused(name: str, value: object, fault: str) -> None:
    assert f"context.{name}: {fault}" in _refused({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aws:SecureTransport", True),
        ("aws:SecureTransport", "TRUE"),
        ("aws:EpochTime", 1767225600),
        ("aws:EpochTime", "2026-01-01T00:00:00Z"),
        ("aws:SourceIp", "2001:db8::1"),
        ("kms:ViaService", "s3.eu-central-1.amazonaws.com"),
        ("kms:ViaService", "*"),
        ("aws:CalledVia", ["s3.amazonaws.com", "athena.amazonaws.com"]),
        ("aws:TagKeys", []),
        ("kms:ViaService", []),
        ("KMS:viaservice", "s3.eu-central-1.amazonaws.com"),
    ],
)
def test_a_value_that_a_key_can_have_is_taken(name: str, value: Any) -> None:
    assert _scenario().can("role/admin", "kms:Decrypt", context={name: value}) is not None


def test_all_faults_of_a_context_are_said_at_once() -> None:
    assert len(_refused({"kms:ViaServce": "x", "aws:SourceIp": "y"}).splitlines()) == 2


def test_what_aws_may_have_added_since_is_taken_where_that_is_said() -> None:
    world = _scenario(allow_unknown_key=True)
    context = {"kms:New": "x", "kms:KeySpec": "NEW_1", "aws:RequestedRegion": "us-newer-1"}
    assert world.can("role/admin", "kms:Decrypt", context=context)
    # It does not change the type of a key.
    with pytest.raises(InputError, match="is not an IP address"):
        world.can("role/admin", "kms:Decrypt", context={"aws:SourceIp": "x"})


def test_a_region_of_the_world_is_one_even_where_it_is_not_published() -> None:
    described = {"keys": {"app": {"policy": _key_policy(), "region": "us-east-9"}}, "principals": {"role/admin": {}}}
    world = Scenario.from_dict({"account": ACCOUNT, **described})
    assert world.can("role/admin", "kms:Decrypt", context={"kms:ViaService": "s3.us-east-9.amazonaws.com"}) is not None
    with pytest.raises(InputError, match="no Region `us-east-8`"):
        world.can("role/admin", "kms:Decrypt", context={"kms:ViaService": "s3.us-east-8.amazonaws.com"})


def test_every_published_key_with_few_values_takes_them() -> None:
    rules = ContextRules(_scenario().world)
    for row in CONDITION_KEYS:
        assert all(rules.takes(row.name, value) for value in row.values)


def test_in_a_test_the_fault_is_at_its_key() -> None:
    world = _scenario()
    test = {"principal": "role/admin", "action": "kms:Decrypt", "expect": "allowed", "context": {"kms:ViaServce": "x"}}
    described = {"keys": {"app": {"policy": _key_policy()}}, "principals": {"role/admin": {}}, "tests": [test]}
    cases = Scenario.from_dict({"account": ACCOUNT, **described}).tests
    (result,) = run_tests(world.evaluator, cases, now=datetime.now(UTC))
    assert result.outcome == "invalid"
    (fault,) = result.faults
    assert str(fault).startswith("scenario: tests[0].context.kms:ViaServce: no policy names the condition key")


def _key_policy() -> dict[str, Any]:
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": statement}
