"""Plain questions: what is decided straight from words, and what has to take the long way."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import InputError, Scenario
from kms_eval.engine.plain_questions import PlainQuestions
from kms_eval.world.request import request

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VERSION = "2012-10-17"


def world(condition: dict[str, Any] | None = None, effect: str = "Allow", **options: Any) -> Scenario:
    """A key that delegates to its account, a role with one conditional statement, and a grant that it may retire."""
    delegation = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    statements: list[dict[str, Any]] = [
        {"Effect": effect, "Action": "kms:*", "Resource": "*", **({"Condition": condition} if condition else {})}
    ]
    if effect == "Deny":
        statements.append({"Effect": "Allow", "Action": "kms:*", "Resource": "*"})
    role = f"arn:aws:iam::{ACCOUNT}:role/other"
    grant = {"GrantId": "g", "GranteePrincipal": role, "RetiringPrincipal": role, "Operations": ["Decrypt"]}
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {
                "app": {
                    "arn": KEY,
                    "policy": {"Version": VERSION, "Statement": [delegation]},
                    "aliases": ["alias/app"],
                    "grants": [grant],
                }
            },
            "principals": {
                "role/app": {"policies": [{"Version": VERSION, "Statement": statements}]},
                "role/other": {},
            },
        },
        **options,
    )


def plain(asked: Scenario, *words: Any) -> tuple[str | None, ...]:
    """What is answered at first sight, and when caller and key have been compiled."""
    principal, action, key, context = (*words, None, None, None, None)[:4]
    questions = PlainQuestions(asked.evaluator)
    return tuple(questions.outcome(principal, action, key, context) for _ in range(3))


TRUE, FALSE = {"aws:MultiFactorAuthPresent": "true"}, {"aws:MultiFactorAuthPresent": "false"}
SECOND_FACTOR = {"Bool": TRUE}
S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
BY_ALIAS = {"StringEquals": {"kms:RequestAlias": "alias/app"}}
BY_SERVICE = {"Bool": {"aws:ViaAWSService": "true"}}


@pytest.mark.parametrize(
    ("asked", "words", "outcome"),
    [
        (world(), ("role/app", "kms:Decrypt", "app"), "allowed"),
        (world(), ("role/app", "Decrypt"), "allowed"),
        (world(), ("role/app", "kms:decrypt", "alias/app", {}), "allowed"),
        (world(), (f"arn:aws:iam::{ACCOUNT}:role/other", "kms:Encrypt", KEY), "implicitDeny"),
        (world(), ("role/other", "kms:RetireGrant", "app"), "allowed"),
        (world(SECOND_FACTOR), ("role/app", "kms:Decrypt"), "implicitDeny"),
        (world(SECOND_FACTOR), ("role/app", "kms:Decrypt", "app", TRUE), "allowed"),
        (world(SECOND_FACTOR), ("role/app", "kms:Decrypt", "app", FALSE), "implicitDeny"),
        (world({"Bool": FALSE}, "Deny"), ("role/app", "kms:Decrypt", "app"), "explicitDeny"),
        (world({"Bool": FALSE}, "Deny"), ("role/app", "kms:Decrypt", "app", TRUE), "allowed"),
        (world({"StringEquals": S3}), ("role/app", "kms:Decrypt", "app", S3), "allowed"),
        (world({"StringEquals": S3}), ("role/app", "kms:Decrypt", "app", TRUE), "implicitDeny"),
        # What the question says makes another fact true.
        (world(BY_SERVICE), ("role/app", "kms:Decrypt"), "implicitDeny"),
        (world(BY_SERVICE), ("role/app", "kms:Decrypt", "app", S3), "allowed"),
        (world(BY_ALIAS), ("role/app", "kms:Decrypt", "alias/app"), "allowed"),
        (world(BY_ALIAS), ("role/app", "kms:Decrypt", "app"), "implicitDeny"),
    ],
)
def test_a_plain_question_is_decided_from_its_words(asked: Scenario, words: tuple[Any, ...], outcome: str) -> None:
    principal, action, key, context = (*words, None, None, None, None)[:4]
    assert plain(asked, *words) == (outcome, outcome, outcome)
    assert asked.decide(request(principal, action, key, context=context)).decision == outcome
    assert asked.can(principal, action, key, context=context).decision == outcome


CLOCK = {"DateGreaterThan": {"aws:CurrentTime": "2000-01-01T00:00:00Z"}}
ROOTS = {"Bool": {"aws:AssumedRoot": "true"}}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (world(CLOCK), ("role/app", "kms:Decrypt", "app")),
        (world(), ("role/app", "kms:ListKeys")),
        (world(), ("role/app", "ReEncrypt", "app")),
        (world(), ("role/app", "UpdatePrimaryRegion", "app")),
        (world(), ("role/stranger", "kms:Decrypt", "app")),
        (world(), ("role/app", "kms:Decript", "app")),
        (world(), ("role/app", "kms:Decrypt", "no-such-key")),
        (world(), ("", "kms:Decrypt", "app")),
        (world(), (["role/app"], "kms:Decrypt", "app")),
        (world(), ("role/app", "kms:Decrypt", "app", {"no:Such": "x"})),
        (world(), ("role/app", "kms:Decrypt", "app", {"aws:MultiFactorAuthPresent": "perhaps"})),
        (world(), ("role/app", "kms:Decrypt", "app", {"aws:SourceArn": "\ud800"})),
        (world(), ("role/app", "kms:Decrypt", "app", {"kms:ViaService": "a", "kms:viaservice": "b"})),
        (world(SECOND_FACTOR), ("role/app", "kms:Decrypt", "app", {"aws:MultiFactorAuthPresent": True})),
        (world(ROOTS), ("role/app", "kms:Decrypt", "app", ROOTS["Bool"])),
        (world(strict=True), ("role/app", "kms:Decrypt", "app", TRUE)),
        # The question contradicts a fact that went into the masks.
        (
            world({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
            ("role/app", "kms:Decrypt", "app", {"aws:PrincipalAccount": "444455556666"}),
        ),
    ],
)
def test_everything_else_takes_the_long_way(asked: Scenario, words: tuple[Any, ...]) -> None:
    first, second, third = plain(asked, *words)
    assert second is third is None
    assert first is None or first == asked.can(*words[:3], context=words[3]).decision


def test_the_long_way_follows_where_the_short_one_ends() -> None:
    assert world(CLOCK).allows("role/app", "kms:Decrypt", "app")
    assert world(SECOND_FACTOR).allows("role/app", "kms:Decrypt", context={"aws:MultiFactorAuthPresent": True})
    with pytest.raises(InputError, match="nothing in the scenario mentions"):
        world().can("role/stranger", "kms:Decrypt")


def test_all_is_forgotten_before_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kms_eval.engine.plain_questions._MOST_PAIRS", 2)
    monkeypatch.setattr("kms_eval.engine.plain_questions._MOST_NAMES", 1)
    asked = world()
    for _ in range(2):
        for principal in ("role/app", "role/other"):
            for key in ("app", KEY, "alias/app"):
                assert asked.allows(principal, "kms:Encrypt", key) is (principal == "role/app")
                assert asked.allows(principal, "kms:Sign", key, context=TRUE) is (principal == "role/app")
