"""What a comparison of conditions says, held against requests that both worlds decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any

from hypothesis import HealthCheck, event, given, settings, strategies as st

from kms_eval.analysis.access.principals import asker_named
from kms_eval.analysis.checking.comparing import compare_conditions
from kms_eval.engine.masks import bit_of
from kms_eval.errors import InputError
from kms_eval.scenario import Scenario
from tests.analysis.asking_grids import AT, document, grid

ACCOUNT = "123456789012"
DECRYPT = bit_of("kms:Decrypt")
S3, EC2 = "s3.us-east-1.amazonaws.com", "ec2.us-east-1.amazonaws.com"

KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str | None, ...]]] = {
    "kms:ViaService": (
        ("StringEquals", "StringLike", "StringNotLike", "StringEqualsIfExists"),
        (S3, EC2, "s3.*", "*.us-east-1.amazonaws.com", "*", "s3.eu-*"),
        (S3, EC2, "s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com", None),
    ),
    "aws:SourceIp": (
        ("IpAddress", "NotIpAddress", "IpAddressIfExists"),
        ("10.0.0.0/8", "10.1.0.0/16", "10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32", "203.0.113.7"),
        ("10.0.0.1", "10.1.0.1", "10.200.0.1", "2001:db8::1", "203.0.113.7", "192.0.2.1", None),
    ),
    "aws:MultiFactorAuthAge": (
        ("NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals", "NumericLessThanIfExists"),
        ("5", "10", "10.0", "300"),
        ("4", "5", "7", "10", "11", "300", "301", None),
    ),
    "aws:TokenIssueTime": (
        ("DateLessThan", "DateGreaterThan", "DateEquals", "DateNotEquals"),
        ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "1767225600"),
        ("2025-06-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2028-01-01T00:00:00Z", None),
    ),
    "kms:EncryptionContext:team": (
        ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringLike"),
        ("blue", "Blue", "b*", "${aws:PrincipalTag/team}", "${aws:SourceIdentity}"),
        ("blue", "Blue", "brown", "green", "seen", None),
    ),
    "kms:EncryptionContextKeys": (
        ("ForAnyValue:StringEquals", "ForAllValues:StringEquals", "ForAnyValue:StringLike",
         "ForAllValues:StringNotLike"),
        ("team", "app", "t*"),
        (None,),
    ),
    "aws:SourceIdentity": (
        ("StringEquals", "StringNotEquals", "Null"), ("seen", "blue", "true", "false"), ("seen", "blue", None)
    ),
    "aws:MultiFactorAuthPresent": (("Bool", "BoolIfExists", "Null"), ("true", "false"), ("true", "false", None)),
    "aws:SourceVpce": (
        ("StringEquals", "StringNotEquals", "Null"), ("vpce-1", "vpce-2", "true", "false"), ("vpce-1", "vpce-2", None)
    ),
}  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn, keys: tuple[str, ...]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for key in keys:
        operators, values, _said = KEYS[key]
        if draw(st.integers(0, 3)):
            operator = draw(st.sampled_from(operators))
            truths = operator.startswith(("Bool", "Null"))
            choice = [value for value in values if (value in {"true", "false"}) is truths]
            found.setdefault(operator, {})[key] = draw(st.lists(st.sampled_from(choice), min_size=1, max_size=2))
    return found


def world(condition: dict[str, Any], effect: str) -> Scenario:
    plain = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}, "Action": "kms:Decrypt",
             "Resource": "*"}  # fmt: skip
    about = {**plain, "Effect": effect, "Condition": condition} if condition else {**plain, "Effect": effect}
    statements = [about, plain] if effect == "Deny" else [about]
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {"policy": document(*statements)}},
            "principals": {"role/app": {"tags": {"team": "blue"}}},
        }
    )


def requests(keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Contexts in which these keys have every value that is listed."""
    for said in product(*(KEYS[key][2] for key in keys)):
        context = {key: text for key, text in zip(keys, said, strict=True) if text is not None}
        factor = "aws:MultiFactorAuthPresent"
        if factor in keys and "aws:MultiFactorAuthAge" in context and context.get(factor) != "true":
            continue  # only a second factor has an age
        team = context.pop("kms:EncryptionContext:team", None)
        pairs = {} if team is None else {"team": team}
        for more in ({}, {"app": "1"}) if "kms:EncryptionContextKeys" in keys else ({},):
            yield {"context": context, "encryption_context": {**pairs, **more} or None}


def carried(asked: dict[str, Any]) -> bool:
    """Whether one request can have all of it: a call comes through an endpoint, from an address, or by a service."""
    context = asked["context"]
    return sum(key in context for key in ("aws:SourceIp", "aws:SourceVpce")) < 2 and not (
        "kms:ViaService" in context and "aws:SourceVpce" in context
    )


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_a_verdict_agrees_with_every_request_that_is_tried(data: st.DataObject) -> None:
    keys = tuple(data.draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=2, unique=True)))
    effect = data.draw(st.sampled_from(("Allow", "Deny")))
    before, after = data.draw(conditions(keys)), data.draw(conditions(keys))
    one, other = world(before, effect), world(after, effect)
    grids = grid(one.evaluator), grid(other.evaluator)
    cells = [table.on(asker_named(table.evaluator, "role/app"), table.world.keys["app"]) for table in grids]
    compared = compare_conditions((grids[0], cells[0]), (grids[1], cells[1]), DECRYPT, now=datetime.now(UTC))
    event(compared.relation)
    assert compared.relation != "undetermined", (before, after, effect)
    for witness, yes, no in ((compared.gained, other, one), (compared.lost, one, other)):
        if witness is not None:
            assert yes.decide(witness.request)
            assert not no.decide(witness.request)
    gains = losses = False
    for asked in islice(filter(carried, requests(keys)), 200):
        try:
            was, now = (bool(each.can("role/app", "kms:Decrypt", "app", at=AT, **asked)) for each in (one, other))
        except InputError:
            continue
        gains, losses = gains or (now and not was), losses or (was and not now)
    assert not gains or compared.relation in {"widens", "both"}, (before, after, effect)
    assert not losses or compared.relation in {"narrows", "both"}, (before, after, effect)


TIMES = tuple(datetime(year, month, 1, tzinfo=UTC) for year in range(2026, 2034) for month in (1, 6))[1:]
BOUNDS = ("2020-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z", "2031-01-01T00:00:00Z")


@st.composite
def periods(draw: st.DrawFn) -> list[dict[str, dict[str, str]]]:
    """Two conditions on one of the keys that tell the time."""
    key = draw(st.sampled_from(("aws:CurrentTime", "aws:EpochTime")))
    operators = st.sampled_from(("DateLessThan", "DateGreaterThan", "DateNotEquals"))
    bounds = st.dictionaries(operators, st.sampled_from(BOUNDS), max_size=2)
    return [{operator: {key: bound} for operator, bound in draw(bounds).items()} for _side in range(2)]


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(periods(), st.sampled_from(("Allow", "Deny")))
def test_where_no_time_is_asked_about_all_that_are_to_come_count(conditions: list[dict[str, Any]], effect: str) -> None:
    one, other = (world(condition, effect) for condition in conditions)
    grids = grid(one.evaluator, at=None), grid(other.evaluator, at=None)
    cells = [table.on(asker_named(table.evaluator, "role/app"), table.world.keys["app"]) for table in grids]
    compared = compare_conditions((grids[0], cells[0]), (grids[1], cells[1]), DECRYPT, now=TIMES[0])
    event(compared.relation)
    for witness, yes, no in ((compared.gained, other, one), (compared.lost, one, other)):
        if witness is not None:
            asked = witness.request if witness.request.at is not None else replace(witness.request, at=TIMES[0])
            assert asked.at is not None
            assert asked.at >= TIMES[0]
            assert yes.decide(asked)
            assert not no.decide(asked)
    answers = [tuple(bool(each.can("role/app", "kms:Decrypt", "app", at=at)) for each in (one, other)) for at in TIMES]
    assert any(now and not was for was, now in answers) is (compared.relation in {"widens", "both"})
    assert any(was and not now for was, now in answers) is (compared.relation in {"narrows", "both"})
