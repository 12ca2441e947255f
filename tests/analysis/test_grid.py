"""What a grid says in cases with a known answer, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kms_eval.analysis.access.residual_conditions import ResidualConditions
from kms_eval.engine.explanation import Source
from kms_eval.engine.masks import actions_in, bit_of
from tests.analysis.asking_grids import (
    ABROAD,
    ACCOUNT,
    DELEGATES,
    ROOT,
    answer,
    asker,
    document,
    grid,
    grid_cell,
    scenario,
    statement,
)

VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
IN_WORDS = "StringEquals kms:ViaService `s3.us-east-1.amazonaws.com`"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/a"


def role(*statements: object, **more: Any) -> dict[str, Any]:
    return {"role/a": {"policies": [document(*statements)] if statements else [], **more}}


def test_an_allow_without_conditions_is_always() -> None:
    assert answer(scenario(principals=role(statement("kms:Decrypt"))), "role/a", "kms:Decrypt") == "always"


def test_silence_is_never() -> None:
    assert answer(scenario(principals=role()), "role/a", "kms:Decrypt") == "never"


def test_a_deny_is_never_whatever_allows() -> None:
    world = scenario(principals=role(statement("kms:*"), statement("kms:Decrypt", "Deny")))
    assert answer(world, "role/a", "kms:Decrypt") == "never"


def test_a_conditional_deny_of_what_nobody_allows_is_never() -> None:
    world = scenario(principals=role(statement("kms:Decrypt", "Deny", Condition=VIA_S3)))
    assert answer(world, "role/a", "kms:Decrypt") == "never"


def test_a_conditional_allow_is_said_with_its_condition() -> None:
    world = scenario(principals=role(statement("kms:Decrypt", Condition=VIA_S3)))
    assert answer(world, "role/a", "kms:Decrypt") == f"if {IN_WORDS}"


def test_a_conditional_deny_is_said_as_an_exception() -> None:
    world = scenario(principals=role(statement("kms:*"), statement("kms:Decrypt", "Deny", Condition=VIA_S3)))
    assert answer(world, "role/a", "kms:Decrypt") == f"unless {IN_WORDS}"
    assert answer(world, "role/a", "kms:Encrypt") == "always"


def test_conditions_of_two_layers_are_needed_together() -> None:
    world = scenario(
        {**DELEGATES, "Condition": VIA_S3},
        principals=role(statement("kms:Decrypt", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    )
    assert answer(world, "role/a", "kms:Decrypt") == f"if {IN_WORDS} and Bool aws:MultiFactorAuthPresent `true`"


def test_two_ways_are_told_apart_and_one_that_asks_for_more_is_left_out() -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    world = scenario(
        principals=role(
            statement("kms:Decrypt", Condition=VIA_S3),
            statement("kms:Decrypt", Condition=mfa),
            statement("kms:Decrypt", Condition={**VIA_S3, **mfa}),
        )
    )
    assert answer(world, "role/a", "kms:Decrypt") == f"if {IN_WORDS} or if Bool aws:MultiFactorAuthPresent `true`"


def test_a_condition_that_facts_settle_is_not_one() -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    world = scenario(principals=role(statement("kms:Decrypt", Condition=tagged), tags={"team": "blue"}))
    assert answer(world, "role/a", "kms:Decrypt") == "always"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, "always"),
        ({"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}, "always"),
        ({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, "never"),
        ({"StringNotEquals": {"kms:PolicyName": "default"}}, "always"),
    ],
)
def test_what_no_real_request_can_change_is_settled(condition: object, expected: str) -> None:
    world = scenario(principals=role(statement("kms:*"), statement("kms:*", "Deny", Condition=condition)))
    assert answer(world, "role/a", "kms:GetKeyPolicy") == expected


@pytest.mark.parametrize(("year", "expected"), [(2025, "always"), (2027, "never")])
def test_the_clock_is_part_of_the_question(year: int, expected: str) -> None:
    until = {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}
    world = scenario(principals=role(statement("kms:Decrypt", Condition=until)))
    assert answer(world, "role/a", "kms:Decrypt", at=datetime(year, 1, 1, tzinfo=UTC)) == expected


def test_context_that_the_question_gives_is_settled() -> None:
    world = scenario(principals=role(statement("kms:Decrypt", Condition=VIA_S3)))
    given = {"kms:ViaService": ("s3.us-east-1.amazonaws.com",)}
    assert answer(world, "role/a", "kms:Decrypt", context=given) == "always"
    assert answer(world, "role/a", "kms:Decrypt", context={"kms:ViaService": ("other",)}) == "never"


def test_context_that_the_question_gives_wins_over_facts() -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    world = scenario(principals=role(statement("kms:Decrypt", Condition=tagged), tags={"team": "blue"}))
    assert answer(world, "role/a", "kms:Decrypt") == "never"
    assert answer(world, "role/a", "kms:Decrypt", context={"aws:PrincipalTag/team": ("red",)}) == "always"


def test_an_endpoint_is_part_of_the_question() -> None:
    only = document({"Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"})
    world = scenario(principals=role(statement("kms:*")), vpc_endpoints={"vpce-0a": {"policy": only}})
    assert answer(world, "role/a", "kms:Decrypt") == "always"
    assert answer(world, "role/a", "kms:Decrypt", vpc_endpoint="vpce-0a") == "never"


def test_a_principal_that_is_only_named_needs_a_policy_that_nobody_has_described() -> None:
    world = scenario(DELEGATES, {**statement("kms:Encrypt"), "Principal": {"AWS": ROLE}})
    assert answer(world, "role/a", "kms:Encrypt") == "always"
    assert answer(world, "role/a", "kms:Decrypt") == "if an identity policy of its own allows it"


def test_anyone_in_an_account_stands_for_principals_nobody_has_described() -> None:
    world = scenario(DELEGATES, {**statement("kms:Decrypt"), "Principal": {"AWS": ABROAD}})
    name = f"anyone in account {ABROAD}"
    assert answer(world, name, "kms:Decrypt") == "if an identity policy of its own allows it"
    assert answer(world, name, "kms:Encrypt") == "never"


def test_conditions_on_who_asks_stay_open_for_anyone() -> None:
    admins = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/admin-*"}}
    world = scenario({**statement("kms:Decrypt"), "Principal": "*", "Condition": admins}, principals=role())
    words = f"if ArnLike aws:PrincipalArn `arn:aws:iam::{ACCOUNT}:role/admin-*`"
    assert answer(world, f"anyone in account {ACCOUNT}", "kms:Decrypt") == words
    assert answer(world, "role/a", "kms:Decrypt") == "never"


def test_anyone_at_all_is_of_an_account_that_is_not_known() -> None:
    organization = {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}
    world = scenario({**statement("kms:Decrypt"), "Principal": "*", "Condition": organization})
    words = "if an identity policy of its own allows it and StringEquals aws:PrincipalOrgID `o-exampleorgid`"
    assert set(answer(world, "anyone at all", "kms:Decrypt").removeprefix("if ").split(" and ")) == set(
        words.removeprefix("if ").split(" and ")
    )
    here = scenario({**statement("kms:Decrypt"), "Principal": "*"})
    assert answer(here, "anyone at all", "kms:PutKeyPolicy") == "never"
    assert answer(here, f"anyone in account {ACCOUNT}", "kms:Decrypt") == "always"


def grant(identifier: str, **more: object) -> dict[str, object]:
    return {"GrantId": identifier, "GranteePrincipal": ROLE, "Operations": ["Decrypt"], **more}


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ({}, "always"),
        ({"EncryptionContextSubset": {"app": "one"}}, "if the encryption context has `app=one`"),
        ({"EncryptionContextEquals": {"app": "one"}}, "if the encryption context is `app=one`"),
    ],
)
def test_a_grant_says_its_constraints(constraints: object, expected: str) -> None:
    world = scenario(principals=role(), grants=[grant("g1", Constraints=constraints)])
    assert answer(world, "role/a", "kms:Decrypt") == expected


def test_a_grant_to_a_service_says_the_source_it_is_for() -> None:
    source = "arn:aws:s3:us-east-1:111122223333:bucket/one"
    granted = {
        "GrantId": "g1",
        "GranteeServicePrincipal": "s3.amazonaws.com",
        "RetiringServicePrincipal": "s3.amazonaws.com",
        "Operations": ["Decrypt"],
        "Constraints": {"SourceArn": source},
    }
    assert answer(scenario(grants=[granted]), "s3.amazonaws.com", "kms:Decrypt") == f"if aws:SourceArn is `{source}`"


def test_a_grant_that_gives_create_grant_bounds_what_is_made_under_it() -> None:
    world = scenario(principals=role(), grants=[grant("g1", Operations=["Decrypt", "CreateGrant"])])
    assert answer(world, "role/a", "kms:CreateGrant") == "if the new grant stays within grant `g1`"


def test_retiring_depends_on_which_grant_it_is_unless_all_can_be_retired() -> None:
    mine, other = grant("g1", RetiringPrincipal=ROLE), grant("g2", IssuingAccount=ABROAD)
    assert answer(scenario(principals=role(), grants=[mine]), "role/a", "kms:RetireGrant") == "always"
    both = scenario(principals=role(), grants=[mine, {**mine, "GrantId": "g3"}])
    assert answer(both, "role/a", "kms:RetireGrant") == "always"
    some = scenario(principals=role(), grants=[mine, other])
    assert answer(some, "role/a", "kms:RetireGrant") == "if the grant to retire is `g1`"
    assert answer(scenario(principals=role(), grants=[other]), "role/a", "kms:RetireGrant") == "never"


def test_alias_operations_need_the_alias_as_well_as_the_key() -> None:
    on_key = statement("kms:*Alias") | {"Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"}
    on_alias = statement("kms:DeleteAlias") | {"Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"}
    assert answer(scenario(principals=role(on_key)), "role/a", "kms:DeleteAlias") == "never"
    world = scenario(principals=role(on_key, on_alias), aliases=["alias/app"])
    assert answer(world, "role/a", "kms:DeleteAlias") == "always"
    assert answer(world, "role/a", "kms:CreateAlias") == "never"
    # Which of two aliases a request is about, the key does not tell.
    two = scenario(principals=role(on_key, on_alias), aliases=["alias/app", "alias/other"])
    assert answer(two, "role/a", "kms:DeleteAlias") == "never"


def test_conditions_of_both_halves_of_an_alias_operation_are_needed() -> None:
    mine = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/*"
    world = scenario(
        principals=role(
            statement("kms:CreateAlias", Condition=VIA_S3) | {"Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"},
            statement("kms:CreateAlias", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
            | {"Resource": mine},
        )
    )
    assert answer(world, "role/a", "kms:CreateAlias") == f"if {IN_WORDS} and Bool aws:MultiFactorAuthPresent `true`"


def test_an_open_variable_in_a_resource_is_said() -> None:
    pattern = f"arn:aws:kms:*:{ACCOUNT}:key/${{aws:SourceIdentity}}"
    world = scenario(principals=role(statement("kms:Decrypt") | {"Resource": pattern}))
    assert answer(world, "role/a", "kms:Decrypt") == f"if its Resource `{pattern}` covers it"


def test_what_only_looks_like_a_variable_is_told_from_one() -> None:
    same = {"StringEquals": {"kms:ViaService": "${aws:SourceIdentity}"}}
    policies = [
        {**document(statement("kms:Decrypt", Condition=same)), "Version": version}
        for version in ("2008-10-17", "2012-10-17")
    ]
    old, new = (
        answer(scenario(principals={"role/a": {"policies": [each]}}), "role/a", "kms:Decrypt") for each in policies
    )
    assert old == f"{new} (as it is written)"


def test_actions_without_key_are_asked_apart() -> None:
    world = scenario(principals=role(statement("kms:List*")))
    found = grid(world.evaluator).without_key(asker(world.evaluator, "role/a"))
    names = [action.name for action in actions_in(found.always)]
    assert names == ["kms:ListAliases", "kms:ListKeys", "kms:ListRetirableGrants"]


def test_a_reason_names_the_statement_that_decided() -> None:
    world = scenario(principals=role({"Sid": "Use", **statement("kms:Decrypt")}, statement("kms:Encrypt", "Deny")))
    found = grid_cell(world, "role/a")
    table = grid(world.evaluator)
    said = {
        action: str(reason)
        for action in ("kms:Decrypt", "kms:Encrypt", "kms:Sign")
        for _mask, reason in table.reasons(found, bit_of(action))
    }
    assert said == {
        "kms:Decrypt": "the key policy delegates to the account, and an identity policy allows it "
        '(role/a policies[0] "Use")',
        "kms:Encrypt": "a statement of the identity policy denies it (role/a policies[0] statement 1)",
        "kms:Sign": "no identity policy allows it",
    }


def test_a_reason_for_an_alias_operation_is_about_the_half_that_fails() -> None:
    on_key = statement("kms:*Alias") | {"Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"}
    world = scenario(principals=role(on_key))
    ((_mask, reason),) = grid(world.evaluator).reasons(grid_cell(world, "role/a"), bit_of("kms:CreateAlias"))
    assert reason.code == "no-identity-policy-allows"


def test_terms_that_ask_for_more_imply_those_that_ask_for_less() -> None:
    one, both = ResidualConditions((("a",),)), ResidualConditions((("a", "b"),))
    assert both.implies(one)
    assert not one.implies(both)
    assert ResidualConditions((("a",),), ("x",)).implies(one)
    assert not one.implies(ResidualConditions((("a",),), ("x",)))
    assert one.implies(ResidualConditions((("a",), ("b",))))


def test_terms_are_the_same_in_any_order() -> None:
    assert ResidualConditions((("a", "b"), ("c",)), ("x", "y")).same_as(
        ResidualConditions((("c",), ("b", "a")), ("y", "x"), (Source("somewhere", None, 0, "Allow"),))
    )
    assert not ResidualConditions((("a",),)).same_as(ResidualConditions((("b",),)))


def test_root_is_the_account_itself() -> None:
    assert answer(scenario(), ROOT, "kms:PutKeyPolicy") == "always"
