"""Every kind of mistake, on the statement it is made in."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.analysis.mutating.mutants import KINDS, Mutant
from kms_eval.analysis.mutating.mutation import all_mutants
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.render.policy_json import difference, statement_as_dict

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
APP, ADMIN = f"arn:aws:iam::{ACCOUNT}:role/app", f"arn:aws:iam::{ACCOUNT}:role/admin"
PLAIN = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


def scenario(statement: dict[str, Any], **more: Any) -> Scenario:
    key_policy = {"Version": "2012-10-17", "Statement": [statement]}
    return Scenario.from_dict({"account": ACCOUNT, "keys": {"app": {"policy": key_policy}}, **more})


def mutants(kind: str, **elements: Any) -> list[Mutant]:
    statement = {**PLAIN, **elements}
    asked = scenario({name: value for name, value in statement.items() if value is not None})
    return list(all_mutants(asked.evaluator, [kind]))


def after(kind: str, element: str, **elements: Any) -> list[Any]:
    """What the element is in each mutant; None where the statement is gone or has no such element."""
    return [
        None if mutant.after is None else statement_as_dict(mutant.after).get(element)
        for mutant in mutants(kind, **elements)
    ]


def test_every_kind_has_a_name_and_a_sentence() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.summary for kind in KINDS)


def test_drop_statement() -> None:
    (mutant,) = mutants("drop-statement")
    assert mutant.after is None
    (changed,) = mutant.policies().values()
    assert changed.statements == ()


def test_flip_effect() -> None:
    assert after("flip-effect", "Effect") == ["Deny"]
    assert after("flip-effect", "Effect", Effect="Deny") == ["Allow"]


def test_an_effect_that_aws_would_refuse_is_no_mutant() -> None:
    named = {"Principal": None, "NotPrincipal": {"AWS": [ROOT, APP]}, "Effect": "Deny"}
    assert after("flip-effect", "Effect", **named) == []


def test_drop_condition() -> None:
    tests = {"StringEquals": {"kms:ViaService": "x", "aws:userid": "y"}}
    assert after("drop-condition", "Condition", Condition=tests) == [
        {"StringEquals": {"aws:userid": "y"}},
        {"StringEquals": {"kms:ViaService": "x"}},
    ]
    assert after("drop-condition", "Condition", Condition={"Bool": {"aws:SecureTransport": "true"}}) == [None]


@pytest.mark.parametrize(
    ("before", "opposite"),
    [
        ({"StringEquals": {"kms:ViaService": "x"}}, {"StringNotEquals": {"kms:ViaService": "x"}}),
        ({"StringNotLikeIfExists": {"kms:ViaService": "x"}}, {"StringLikeIfExists": {"kms:ViaService": "x"}}),
        (
            {"NumericLessThan": {"aws:MultiFactorAuthAge": "9"}},
            {"NumericGreaterThanEquals": {"aws:MultiFactorAuthAge": "9"}},
        ),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026"}}, {"DateLessThanEquals": {"aws:CurrentTime": "2026"}}),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, {"ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"Bool": {"aws:SecureTransport": "false"}}),
        ({"Null": {"kms:ViaService": "false"}}, {"Null": {"kms:ViaService": "true"}}),
        (
            {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]}},
            {"ForAllValues:StringNotEquals": {"kms:EncryptionContextKeys": ["a", "b"]}},
        ),
    ],
)
def test_negate_operator(before: dict[str, Any], opposite: dict[str, Any]) -> None:
    assert after("negate-operator", "Condition", Condition=before) == [opposite]


def test_a_binary_condition_has_no_opposite() -> None:
    assert mutants("negate-operator", Condition={"BinaryEquals": {"example:Key": "QQ=="}}) == []


def test_add_if_exists_where_it_makes_a_difference() -> None:
    assert after("add-if-exists", "Condition", Condition={"StringEquals": {"kms:ViaService": "x"}}) == [
        {"StringEqualsIfExists": {"kms:ViaService": "x"}}
    ]
    for anyway in (
        {"StringNotEquals": {"kms:ViaService": "x"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}},
        {"Null": {"kms:ViaService": "true"}},
        {"DateLessThan": {"aws:CurrentTime": "2026"}},
    ):
        assert after("add-if-exists", "Condition", Condition=anyway) == []


def test_swap_qualifier() -> None:
    tests = {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}
    assert after("swap-qualifier", "Condition", Condition=tests) == [{"ForAnyValue:StringEquals": {"aws:TagKeys": "x"}}]


def test_widen_action_by_a_star_at_its_end_and_to_all_actions() -> None:
    actions = ["kms:GenerateDataKey", "kms:Decrypt"]
    assert after("widen-action", "Action", Action=actions) == [
        ["kms:GenerateDataKey*", "kms:Decrypt"],
        ["kms:*", "kms:Decrypt"],
    ]
    assert after("widen-action", "Action", Action="kms:*") == []


def test_narrow_action_to_one_that_its_pattern_covers() -> None:
    assert after("narrow-action", "Action", Action="kms:ReEncrypt*") == ["kms:ReEncryptFrom"]
    assert after("narrow-action", "Action", Action="kms:Decrypt") == []


def test_drop_action_but_not_the_last_one() -> None:
    assert after("drop-action", "Action", Action=["kms:Decrypt", "kms:Sign"]) == ["kms:Sign", "kms:Decrypt"]
    assert after("drop-action", "Action") == []


def test_a_pattern_that_others_make_up_for_is_not_dropped() -> None:
    assert after("drop-action", "Action", Action=["kms:*", "kms:Decrypt"]) == ["kms:Decrypt"]


def test_excluded_actions_are_changed_as_well() -> None:
    excluded = {"Action": None, "NotAction": ["kms:Decrypt", "kms:Sign"], "Effect": "Deny"}
    assert after("drop-action", "NotAction", **excluded) == ["kms:Sign", "kms:Decrypt"]


def test_add_anyone_to_named_principals_only() -> None:
    assert after("add-anyone", "Principal", Principal={"AWS": APP}) == [{"AWS": [APP, "*"]}]
    assert after("add-anyone", "Principal") == []


def test_drop_principal_but_not_the_last_one() -> None:
    assert after("drop-principal", "Principal", Principal={"AWS": [APP, ADMIN]}) == [{"AWS": ADMIN}, {"AWS": APP}]
    assert after("drop-principal", "Principal", Principal={"AWS": APP}) == []


def test_drop_delegation_and_not_the_other_principals() -> None:
    assert after("drop-delegation", "Principal", Principal={"AWS": [ROOT, APP]}) == [{"AWS": APP}]
    (alone,) = mutants("drop-delegation", Principal={"AWS": ACCOUNT})
    assert alone.after is None
    assert mutants("drop-statement", Principal={"AWS": ACCOUNT}) == []
    assert mutants("drop-delegation", Principal={"AWS": APP}) == []


@pytest.mark.parametrize(
    ("principal", "other"),
    [
        ({"AWS": APP}, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/somebody-else"}),
        ({"AWS": ROOT}, {"AWS": "arn:aws:iam::000000000000:root"}),
        ({"AWS": ACCOUNT}, {"AWS": "000000000000"}),
        ({"Service": "s3.amazonaws.com"}, {"Service": "lambda.amazonaws.com"}),
        (
            {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"},
            {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/somebody-else/somebody-else"},
        ),
    ],
)
def test_swap_principal_for_one_like_it(principal: dict[str, str], other: dict[str, str]) -> None:
    assert after("swap-principal", "Principal", Principal=principal) == [other]


def test_a_principal_of_the_world_is_taken_first() -> None:
    asked = scenario({**PLAIN, "Principal": {"AWS": APP}}, principals={"user/a": {}, "role/app": {}, "role/admin": {}})
    (mutant,) = all_mutants(asked.evaluator, ["swap-principal"])
    assert mutant.what == f"`{APP}` becomes `{ADMIN}`"


def test_add_every_resource_where_the_element_means_something() -> None:
    assert mutants("add-every-resource", Resource="arn:aws:kms:*:*:key/*") == []
    identity = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:*:*:key/*"},
    }
    asked = scenario(PLAIN, principals={"role/app": {"policies": [identity]}})
    (mutant,) = all_mutants(asked.evaluator, ["add-every-resource"])
    assert mutant.after is not None
    assert mutant.after.resources == ("arn:aws:kms:*:*:key/*", "*")


def test_two_mutants_with_one_meaning_are_one() -> None:
    widened = after("widen-action", "Action", Action=["kms:Decrypt", "kms:Encrypt", "kms:Sign"])
    assert widened == [["kms:*", "kms:Encrypt", "kms:Sign"]]


def test_a_resource_control_policy_stays_one() -> None:
    denying = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"},
    }
    organization = {
        "id": "o-exampleorgid",
        "management_account": "999999999999",
        "accounts": {ACCOUNT: {"path": "o-exampleorgid/r-ab12/", "resource_control_policies": [[denying]]}},
    }
    asked = scenario(PLAIN, organization=organization)
    found = [
        mutant for mutant in all_mutants(asked.evaluator) if PolicyKind.RCP.value in mutant.written.reference.kinds
    ]
    assert {mutant.kind for mutant in found} == {"drop-statement", "narrow-action"}


def test_every_attachment_of_a_statement_is_changed() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{**PLAIN, "Principal": {"AWS": [APP, ADMIN]}}, {**PLAIN, "Principal": {"AWS": APP}}],
    }
    asked = scenario(PLAIN, attached_by_principal=[document])
    dropped = [
        m for m in all_mutants(asked.evaluator, ["drop-statement"]) if m.written.reference.kinds == ("identity policy",)
    ]
    shared, _own = dropped
    changes: list[tuple[Policy, Policy]] = list(shared.policies().items())
    assert sorted(len(policy.statements) for policy, _changed in changes) == [1, 2]
    assert sorted(len(changed.statements) for _policy, changed in changes) == [0, 1]


def test_the_difference_shows_the_changed_lines_with_their_neighbours() -> None:
    (mutant,) = mutants("flip-effect")
    assert list(difference(mutant.before, mutant.after)) == [
        " {",
        '-  "Effect": "Allow",',
        '+  "Effect": "Deny",',
        '   "Principal": "*",',
    ]
    assert all(line.startswith("-") for line in difference(mutant.before, None))


def test_a_statement_with_something_unknown_has_no_mutants() -> None:
    unknown = {"unknown": "known after apply", "address": "aws_iam_policy.app"}
    assert mutants("drop-statement", Action=["kms:Decrypt", unknown]) == []
    assert mutants("drop-statement", Resource=unknown) == []
