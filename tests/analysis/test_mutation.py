"""What becomes of mutants: noticed, equivalent, or reported with a request that tells them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval import Scenario
from kms_eval.analysis.covering.written_statements import catalogue
from kms_eval.analysis.mutating.mutants import Mutant, mutants
from kms_eval.analysis.mutating.mutation import MutantEvaluator, MutationReport, all_mutants, failing_tests, mutate
from kms_eval.analysis.mutating.witnesses import Witnesses
from kms_eval.documents.model import Policy
from kms_eval.engine import conditions
from kms_eval.engine.context import is_fixed
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import InputError
from kms_eval.world.model import World
from kms_eval.world.request import Request
from tests.effort import examples
from tests.strategies import worlds
from tests.vocabulary import GHOST, REQUESTS, ROOTS, SERVICES, VOCABULARY

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
DELEGATION = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
DECRYPT = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}

law = settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))


def scenario(*tests: dict[str, Any], key: dict[str, Any] = DELEGATION, identity: dict[str, Any] = DECRYPT) -> Scenario:
    document = {"Version": "2012-10-17", "Statement": [key]}
    own = {"Version": "2012-10-17", "Statement": [identity]}
    plain = {"principal": "role/app", "action": "kms:Decrypt", "expect": "allowed"}
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {"policy": document, "aliases": ["alias/app"]}},
            "principals": {"role/app": {"policies": [own]}, "role/other": {}},
            "tests": [{**plain, **test} for test in tests],
        }
    )


def tried(asked: Scenario, *kinds: str) -> MutationReport:
    chosen = all_mutants(asked.evaluator, kinds or None)
    return mutate(asked.evaluator, asked.tests, chosen, NOW)


def test_a_mistake_that_a_test_notices_is_not_reported() -> None:
    report = tried(scenario({}), "drop-statement", "drop-delegation", "flip-effect")
    assert (report.killed, report.survivors, report.score) == (4, (), 100.0)


def test_a_mistake_that_no_test_notices_comes_with_a_telling_request() -> None:
    report = tried(scenario({}), "widen-action")
    (survivor,) = report.survivors
    asked, witness = survivor.witness.request, survivor.witness
    assert (asked.principal, asked.key) == ("role/app", "app")
    assert asked.action != "kms:Decrypt"
    assert (witness.before, witness.after) == ("implicitDeny", "allowed")


def test_a_further_test_makes_it_noticed() -> None:
    report = tried(scenario({}, {"action": "kms:PutKeyPolicy", "expect": "implicitDeny"}), "widen-action")
    assert (report.killed, report.survivors) == (1, ())


def test_a_test_may_notice_by_layer_reason_or_missing_context() -> None:
    condition = {**DECRYPT, "Condition": {"StringEquals": S3}}
    denied = {"expect": "denied"}
    for blind, seeing in (
        (denied, {**denied, "expect_reason_code": "no-identity-policy-allows"}),
        (denied, {**denied, "expect_missing_context": ["kms:ViaService"]}),
    ):
        assert tried(scenario(blind, identity=condition), "drop-delegation").survivors
        assert not tried(scenario(seeing, identity=condition), "drop-delegation").survivors
    everyone = {**DELEGATION, "Principal": {"AWS": [ROOT, f"arn:aws:iam::{ACCOUNT}:role/app"]}}
    assert tried(scenario({}, key=everyone), "drop-principal").killed == 0
    assert tried(scenario({"expect_layer": "keyPolicy"}, key=everyone), "drop-principal").killed == 0
    reason = {"expect_reason_code": "key-policy-allows"}
    assert tried(scenario(reason, key=everyone), "drop-principal").killed == 1
    layer = {"expect_layer": "identityPolicy"}
    without_layer = tried(scenario({}, key={**everyone, "Principal": "*"}), "drop-statement")
    with_layer = tried(scenario(layer, key={**everyone, "Principal": "*"}), "drop-statement")
    assert (without_layer.killed, with_layer.killed) == (1, 2)


def test_a_mistake_that_makes_no_difference_is_equivalent() -> None:
    # Everybody whom the account principal lets use IAM policies is named already.
    identity = {**DECRYPT, "Resource": "arn:aws:kms:us-east-1:111122223333:key/*"}
    report = tried(scenario({}, identity=identity), "add-every-resource")
    assert (report.equivalent, report.survivors, report.unsettled) == (1, (), ())


def test_a_dead_statement_may_say_anything() -> None:
    nobody = {**DECRYPT, "Resource": "arn:aws:kms:us-east-1:999999999999:key/none"}
    report = tried(scenario({"expect": "denied"}, identity=nobody), "drop-statement")
    assert (report.equivalent, report.survivors) == (1, ())


def test_the_half_of_a_call_that_the_other_half_denies_anyway_makes_no_difference() -> None:
    alias_side = {**DECRYPT, "Action": "kms:CreateAlias", "Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/*"}
    report = tried(scenario({"expect": "denied"}, identity=alias_side), "drop-statement")
    assert (report.equivalent, report.survivors) == (1, ())


def test_what_a_test_contradicts_is_not_taken_for_granted() -> None:
    tagged = {**DECRYPT, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}
    # As the world is the role has no tag, and the statement is dead, whatever its actions are.
    assert tried(scenario({"expect": "denied"}, identity=tagged), "widen-action").equivalent == 1
    tag = {"context": {"aws:PrincipalTag/team": "blue"}}
    (survivor,) = tried(scenario(tag, identity=tagged), "widen-action").survivors
    assert survivor.witness.request.context == {"aws:PrincipalTag/team": ("blue",)}


def test_what_allows_more_comes_first_and_most_of_it_before_the_rest() -> None:
    condition = {**DECRYPT, "Action": ["kms:Decrypt", "kms:Generate*"], "Condition": {"StringEquals": S3}}
    report = tried(scenario({"context": S3}, identity=condition))
    effects = [survivor.danger for survivor in report.survivors]
    assert effects == sorted(effects, reverse=True)
    assert report.survivors[0].witness.allows_more
    assert report.survivors[-1].witness.allows_less


def test_anyone_else_is_the_witness_where_anyone_is_let_in() -> None:
    named = {**DELEGATION, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}}
    report = tried(scenario({}, key=named), "add-anyone")
    (survivor,) = report.survivors
    assert survivor.witness.request.principal == "role/anyone-else"
    assert survivor.witness.after == "allowed"


def test_a_condition_is_told_apart_by_values_made_for_it() -> None:
    for condition, context in (
        ({"StringEquals": S3}, S3),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, {"aws:MultiFactorAuthAge": "1"}),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "203.0.113.9"}),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"aws:MultiFactorAuthPresent": "true"}),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::a*"}}, {"aws:SourceArn": "arn:aws:s3:::ab"}),
        ({"ForAnyValue:StringLike": {"aws:TagKeys": ["a*", "b"]}}, {"aws:TagKeys": ["abc"]}),
    ):
        asked = scenario({"context": context}, identity={**DECRYPT, "Condition": condition})
        (survivor,) = tried(asked, "drop-condition").survivors
        assert survivor.witness.allows_more


def test_time_and_encryption_context_have_their_own_places_in_a_witness() -> None:
    until = {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}
    (survivor,) = tried(scenario({}, identity={**DECRYPT, "Condition": until}), "drop-condition").survivors
    assert survivor.witness.request.at is not None
    assert survivor.witness.request.at >= datetime(2030, 1, 1, tzinfo=UTC)
    assert not survivor.witness.request.context
    pairs = {"StringEquals": {"kms:EncryptionContext:Department": "IT"}}
    asked = scenario({"expect": "denied"}, identity={**DECRYPT, "Condition": pairs})
    (survivor,) = tried(asked, "drop-statement").survivors
    assert survivor.witness.request.encryption_context == {"Department": "IT"}
    assert survivor.witness.request.at is None


def test_tests_that_fail_as_it_is_are_named() -> None:
    asked = scenario({}, {"action": "kms:Sign", "name": "wrong"})
    assert [result.case.name for result in failing_tests(asked.evaluator, asked.tests, NOW)] == ["wrong"]


def test_whoever_tracks_sees_every_mutant() -> None:
    asked = scenario({})
    chosen = all_mutants(asked.evaluator)
    seen = []

    def track(items: Sequence[Mutant]) -> Iterator[Mutant]:
        for each in items:
            seen.append(each)
            yield each

    mutate(asked.evaluator, asked.tests, chosen, NOW, track)
    assert tuple(seen) == chosen


def test_nothing_to_try_is_all_noticed() -> None:
    assert mutate(scenario({}).evaluator, (), (), NOW).score == 100.0


def test_a_policy_that_is_in_force_for_the_aliases_of_a_key_alone_has_a_say() -> None:
    # RCPs spare AWS managed keys, and not the aliases of their account.
    rcp = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"},
    }
    world = Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"s3": {"policy": {"Version": "2012-10-17", "Statement": DELEGATION}, "manager": "AWS"}},
            "principals": {"role/app": {}},
            "organization": {
                "id": "o-exampleorgid",
                "management_account": "999999999999",
                "accounts": {ACCOUNT: {"path": "o-exampleorgid/r-ab12/", "resource_control_policies": [[rcp]]}},
            },
        }
    )
    dropped = next(
        one for one in all_mutants(world.evaluator, ("drop-statement",)) if "resource" in one.written.reference.kinds[0]
    )
    other = MutantEvaluator(world.evaluator, dropped.policies())
    witness = Witnesses(world.evaluator, (), NOW).between(other, dropped.policies()).witness
    assert witness is not None
    assert (witness.request.action, witness.before) == ("kms:CreateAlias", "explicitDeny")


# Laws: an evaluator of a mutant decides as a world does in which the mutant is written.


def rebuilt(world: World, changed: Mapping[Policy, Policy]) -> World:
    """The world with other policies in the place of some."""

    def of(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
        return tuple(changed.get(each, each) for each in policies)

    organization = world.organization
    if organization is not None:
        accounts = {
            name: replace(
                account,
                service_control_policies=None
                if account.service_control_policies is None
                else tuple(map(of, account.service_control_policies)),
                resource_control_policies=tuple(map(of, account.resource_control_policies)),
            )
            for name, account in organization.accounts.items()
        }
        organization = replace(organization, accounts=accounts)
    return replace(
        world,
        keys={name: replace(key, policy=changed.get(key.policy, key.policy)) for name, key in world.keys.items()},
        principals={
            name: replace(each, policies=of(each.policies), boundary=of((each.boundary,))[0] if each.boundary else None)
            for name, each in world.principals.items()
        },
        organization=organization,
        vpc_endpoints={
            name: replace(each, policy=of((each.policy,))[0] if each.policy else None)
            for name, each in world.vpc_endpoints.items()
        },
    )


@st.composite
def requests(draw: st.DrawFn, world: World) -> Request:
    who = st.sampled_from((*world.principals, *world.principals, *ROOTS, *SERVICES, GHOST))
    statements = [one.statement for one in catalogue(world, Evaluator(world).rules).all if one.statement is not None]
    known = {test.key for statement in statements for test in statement.condition or ()}
    rows = [row for row in VOCABULARY if known & set(row.names)] or list(VOCABULARY[:1])
    said = draw(st.lists(st.sampled_from(rows), max_size=2, unique=True))
    action = draw(st.sampled_from(REQUESTS))
    return Request(
        principal=draw(who),
        action=action,
        key=draw(st.sampled_from(list(world.keys))),
        alias=draw(st.sampled_from((None, "alias/app", "alias/new"))) if "Alias" in action else None,
        context={row.names[0]: (draw(st.sampled_from(row.values)),) for row in said},
        vpc_endpoint=draw(st.sampled_from((None, *world.vpc_endpoints))),
        at=NOW,
    )


def as_the_world_is(request: Request) -> Request:
    """The request without what contradicts the facts: they decide what is equivalent."""
    action = request.action.lower()
    context = {
        name: values
        for name, values in request.context.items()
        if not any(is_fixed(action, name.lower(), with_key=with_key) for with_key in (True, False))
    }
    return replace(request, context=context)


def outcome(evaluator: Evaluator, request: Request) -> str:
    try:
        return evaluator.rule(request).outcome
    except InputError as error:
        return f"refused: {error}"


def a_mutant(data: st.DataObject, world: World) -> Mapping[Policy, Policy]:
    evaluator = Evaluator(world)
    found = list(mutants(catalogue(world, evaluator.rules).all, world.principals))
    assume(found)
    return data.draw(st.sampled_from(found)).policies()


@law
@given(st.data())
def test_a_mutants_evaluator_decides_as_a_world_that_has_it(data: st.DataObject) -> None:
    world = data.draw(worlds())
    changed = a_mutant(data, world)
    other = MutantEvaluator(Evaluator(world, allow_unknown_action=True), changed)
    real = Evaluator(rebuilt(world, changed), allow_unknown_action=True)
    for _ in range(5):
        request = data.draw(requests(world))
        assert outcome(other, request) == outcome(real, request)


@law
@given(st.data())
def test_a_witness_really_tells_a_mutant_apart(data: st.DataObject) -> None:
    world = data.draw(worlds())
    changed = a_mutant(data, world)
    evaluator = Evaluator(world)
    found = Witnesses(evaluator, (), NOW).between(MutantEvaluator(evaluator, changed), changed)
    if found.witness is None:
        return
    request = replace(found.witness.request, at=found.witness.request.at or NOW)
    before, after = Evaluator(world).rule(request).outcome, Evaluator(rebuilt(world, changed)).rule(request).outcome
    assert (before, after) == (found.witness.before, found.witness.after)
    assert before != after


@law
@given(st.data())
def test_no_request_tells_an_equivalent_mutant_apart(data: st.DataObject) -> None:
    world = data.draw(worlds())
    changed = a_mutant(data, world)
    evaluator = Evaluator(world)
    found = Witnesses(evaluator, (), NOW).between(MutantEvaluator(evaluator, changed), changed)
    assume(found.none)
    real = Evaluator(rebuilt(world, changed))
    for _ in range(10):
        request = as_the_world_is(data.draw(requests(world)))
        assert outcome(evaluator, request) == outcome(real, request)


@pytest.mark.parametrize("kinds", [("drop-statement",), ("widen-action", "add-anyone")])
def test_only_the_kinds_that_are_asked_for_are_tried(kinds: tuple[str, ...]) -> None:
    assert {mutant.kind for mutant in all_mutants(scenario({}).evaluator, kinds)} <= set(kinds)


def under_levels(levels: int) -> Scenario:
    """A caller that needs one of two conditions of each of so many SCPs, and a test that meets them all."""
    path = [
        [
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        **DECRYPT,
                        "Action": "*",
                        "Condition": {"StringEquals": {f"kms:EncryptionContext:l{level}": f"v{number}"}},
                    }
                    for number in range(2)
                ],
            }
        ]
        for level in range(levels)
    ]
    member = {"path": "o-example/r-ab12/", "service_control_policies": path}
    case = {"principal": "role/app", "action": "kms:Decrypt", "key": "app", "expect": "allowed"}
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "organization": {"id": "o-example", "management_account": "999999999999", "accounts": {ACCOUNT: member}},
            "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": [DELEGATION]}}},
            "principals": {"role/app": {"policies": [{"Version": "2012-10-17", "Statement": [DECRYPT]}]}},
            "tests": [{"name": "may", **case, "encryption_context": {f"l{level}": "v0" for level in range(levels)}}],
        }
    )


@pytest.mark.parametrize("kind", ["drop-statement", "drop-condition", "negate-operator", "flip-effect"])
def test_the_cost_of_a_mistake_grows_with_the_levels_and_does_not_double_with_each(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    asked = 0
    holds = conditions.Condition.holds

    def counted(self: conditions.Condition, *arguments: Any, **named: Any) -> bool:
        nonlocal asked
        asked += 1
        return holds(self, *arguments, **named)

    monkeypatch.setattr(conditions.Condition, "holds", counted)
    costs, numbers = [], []
    for levels in (8, 16, 32):
        world = under_levels(levels)
        chosen = all_mutants(world.evaluator, [kind])
        asked = 0
        mutate(world.evaluator, world.tests, chosen[-1:], NOW)
        costs.append(asked)
        numbers.append(len(chosen))
    assert costs[0] > 100
    # All there is: so many mistakes, each at such a cost. Both are linear, and so together they are quadratic.
    assert all(after <= 2.5 * before for before, after in pairwise(costs)), costs
    assert all(after <= 2.5 * before for before, after in pairwise(numbers)), numbers
