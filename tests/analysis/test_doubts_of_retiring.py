"""A plain RetireGrant means the one grant of its key: doubts and reasons of a grid hang on that grant, too."""

from __future__ import annotations

from kms_eval import Scenario
from kms_eval.analysis.access.who_can import who_can
from kms_eval.engine.explain import doubts
from kms_eval.engine.masks import RETIRE_GRANT
from kms_eval.world.request import Request
from tests.analysis.asking_grids import ACCOUNT, AT, DELEGATES, asker, document, grid, statement

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
WITHOUT_TYPE = {"Null": {"kms:GrantConstraintType": "true"}}


def grant(name: str, **more: object) -> dict[str, object]:
    return {"GrantId": name, "GranteePrincipal": ALICE, "Operations": ["Decrypt"], **more}


def two_keys() -> Scenario:
    constrained = grant("0" * 64, Constraints={"EncryptionContextEquals": {"app": "web"}})
    keys = {
        name: {"policy": document(DELEGATES), "grants": grants}
        for name, grants in (("plain", [grant("1" * 64)]), ("constrained", [constrained]))
    }
    policies = [document(statement("*")), document(statement("kms:*", "Deny", Condition=WITHOUT_TYPE))]
    boundary = document(statement("kms:*", Condition={}))
    alice = {"policies": policies, "permissions_boundary": boundary}
    return Scenario.from_dict({"account": ACCOUNT, "keys": keys, "principals": {"user/alice": alice}})


def test_the_grant_that_a_plain_request_means_is_looked_at_where_open_questions_are_looked_for() -> None:
    world = two_keys()
    table, who = grid(world.evaluator), asker(world.evaluator, "user/alice")
    said = {}
    for key in world.world.keys.values():
        alone = {
            warned.code
            for warned in doubts(
                world.evaluator, world.evaluator.rule(Request(ALICE, "kms:RetireGrant", key.arn, at=AT))
            )
        }
        told = table.doubts(table.on(who, key), RETIRE_GRANT)
        said[key.handle] = {code for _mask, codes in told for code in codes}
        assert said[key.handle] == alone
    assert said == {"plain": set(), "constrained": {"empty-condition", "retirement-limited"}}


def test_who_can_says_of_each_key_what_hangs_on_its_own_grant() -> None:
    world = two_keys()
    who = asker(world.evaluator, "user/alice")
    found = who_can(grid(world.evaluator), [who], list(world.world.keys.values()), RETIRE_GRANT, denials=True)
    doubtful = {each.key: set(each.answers[0].doubts) for each in found.findings}
    assert doubtful == {"plain": set(), "constrained": {"empty-condition", "retirement-limited"}}
    assert len({each.answers[0].because for each in found.findings}) == 2


def test_the_reason_why_nothing_is_retired_is_that_of_the_one_grant() -> None:
    world = two_keys()
    table, who = grid(world.evaluator), asker(world.evaluator, "user/alice")
    said = {}
    for key in world.world.keys.values():
        ((_mask, reason),) = table.reasons(table.on(who, key), RETIRE_GRANT)
        alone = world.can(ALICE, "kms:RetireGrant", key=key.arn, at=AT)
        said[key.handle] = reason.code
        assert reason.code == alone.reason_code
    assert said["plain"] != said["constrained"]
