"""Which absent condition keys could turn a decision: all of them, and none that could not."""

from __future__ import annotations

from typing import Any

from kms_eval import Scenario

ROOT = "arn:aws:iam::111122223333:root"
VIA = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
ENDPOINT = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
MULTI_FACTOR = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ADDRESS = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


def missing(*statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> tuple[str, ...]:
    def policy(*some: dict[str, Any]) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": [{"Action": "kms:*", "Resource": "*", **each} for each in some]}

    role: dict[str, Any] = {"policies": [policy(*statements)]}
    if boundary is not None:
        role["permissions_boundary"] = policy(boundary)
    delegation = {"Effect": "Allow", "Principal": {"AWS": ROOT}}
    world = Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {"app": {"policy": policy(delegation)}},
            "principals": {"role/app": role},
        }
    )
    return world.can("role/app", "kms:Decrypt").missing_context


def allow(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"Effect": "Allow", "Condition": {name: value for each in conditions for name, value in each.items()}}


def deny(condition: dict[str, Any]) -> dict[str, Any]:
    return {"Effect": "Deny", "Condition": condition}


def test_each_of_several_statements_would_do() -> None:
    assert missing(allow(VIA), allow(ENDPOINT)) == ("kms:ViaService", "aws:SourceVpce")
    assert missing({"Effect": "Allow"}, deny(VIA), deny(ENDPOINT)) == ("kms:ViaService", "aws:SourceVpce")


def test_what_is_needed_beside_is_missing_too() -> None:
    found = missing(allow(VIA), allow(ENDPOINT), boundary=allow(MULTI_FACTOR))
    assert sorted(found) == ["aws:MultiFactorAuthPresent", "aws:SourceVpce", "kms:ViaService"]


def test_of_two_statements_that_both_allow_one_alone_could_not_turn_it() -> None:
    if_exists = [{"StringEqualsIfExists": {key: "x"}} for key in ("aws:SourceVpce", "aws:SourceVpc")]
    assert missing(allow(if_exists[0])) == ("aws:SourceVpce",)
    assert missing(allow(if_exists[0]), allow(if_exists[1])) == ("aws:SourceVpce", "aws:SourceVpc")
    assert missing(allow(if_exists[0]), {"Effect": "Allow"}) == ()


def test_what_holds_without_its_key_needs_no_value() -> None:
    assert missing(allow(VIA, {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})) == ("kms:ViaService",)
    assert missing(allow(VIA, {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})) == ("kms:ViaService",)


def test_what_nothing_could_turn_misses_nothing() -> None:
    assert missing({"Effect": "Deny"}, allow(VIA)) == ()
    assert missing({"Effect": "Allow"}) == ()
    assert missing(allow(VIA), boundary={"Effect": "Allow", "Action": "kms:Encrypt"}) == ()
