"""What is true of every decision, whatever the policies say."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.engine.carrying import can_carry
from kms_eval.engine.cell import Outcome
from kms_eval.engine.context import is_suppliable
from kms_eval.engine.evaluator import Evaluator, Ruling
from kms_eval.engine.explain import explain
from kms_eval.engine.masks import BIT
from kms_eval.engine.missing import reversal
from kms_eval.world.model import Caller, World
from kms_eval.world.request import Request
from tests.effort import examples
from tests.reference import Ask
from tests.strategies import VOCABULARY, asks, policies, statements, worlds
from tests.twins.asking import part_of, rule

RANK: dict[Outcome, int] = {"explicitDeny": 0, "implicitDeny": 1, "allowed": 2}

# The worlds are drawn small; that some are slow to draw says nothing about the law.
law = settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))


def with_statement(policy: Policy, statement: object) -> Policy:
    return replace(policy, statements=(*policy.statements, statement))  # type: ignore[arg-type]


def changed(world: World, ask: Ask, kind: PolicyKind, statement: object) -> tuple[World, Ask] | None:
    """The same question where one policy of the kind has one more statement; None where there is no such policy."""
    if kind is PolicyKind.KEY and ask.key is not None:
        key = replace(ask.key, policy=with_statement(ask.key.policy, statement))
        return replace(world, keys={**world.keys, key.handle: key}), replace(ask, key=key)
    principal = ask.caller.principal
    if principal is None:
        return None
    if kind is PolicyKind.IDENTITY and principal.policies:
        first, *rest = principal.policies
        principal = replace(principal, policies=(with_statement(first, statement), *rest))
    elif kind is PolicyKind.BOUNDARY and principal.boundary is not None:
        principal = replace(principal, boundary=with_statement(principal.boundary, statement))
    else:
        return None
    return world, replace(ask, caller=replace(ask.caller, principal=principal))


@law
@given(st.data())
def test_one_more_deny_never_allows(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    kind = data.draw(st.sampled_from((PolicyKind.KEY, PolicyKind.IDENTITY, PolicyKind.BOUNDARY)))
    statement = data.draw(statements(kind, 9, substitutes=False).filter(lambda drawn: drawn.effect == "Deny"))
    after = changed(world, ask, kind, statement)
    assume(after is not None)
    assert after is not None
    assert RANK[rule(*after).outcome] <= RANK[rule(world, ask).outcome]


@law
@given(st.data())
def test_one_more_allow_never_denies(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    kind = data.draw(st.sampled_from((PolicyKind.KEY, PolicyKind.IDENTITY, PolicyKind.BOUNDARY)))
    statement = data.draw(statements(kind, 9, substitutes=False).filter(lambda drawn: drawn.effect == "Allow"))
    after = changed(world, ask, kind, statement)
    assume(after is not None)
    assert after is not None
    assert RANK[rule(*after).outcome] >= RANK[rule(world, ask).outcome]


@law
@given(st.data())
def test_one_more_limit_never_widens(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    principal = ask.caller.principal
    assume(principal is not None and principal.boundary is None)
    assert principal is not None
    bounded = replace(principal, boundary=data.draw(policies(PolicyKind.BOUNDARY)))
    after = rule(world, replace(ask, caller=replace(ask.caller, principal=bounded)))
    assert RANK[after.outcome] <= RANK[rule(world, ask).outcome]


@law
@given(st.data())
def test_the_order_of_policies_and_statements_never_matters(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    before = rule(world, ask).outcome

    def shuffled(policy: Policy) -> Policy:
        return replace(policy, statements=tuple(data.draw(st.permutations(policy.statements))))

    principal = ask.caller.principal
    if principal is not None:
        turned = replace(
            principal, policies=tuple(data.draw(st.permutations([shuffled(p) for p in principal.policies])))
        )
        ask = replace(ask, caller=replace(ask.caller, principal=turned))
    if ask.key is not None:
        grants = tuple(data.draw(st.permutations(ask.key.grants)))
        ask = replace(ask, key=replace(ask.key, policy=shuffled(ask.key.policy), grants=grants))
    assert rule(world, ask).outcome == before


@law
@given(st.data())
def test_learning_a_key_never_reverses_what_is_settled(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = replace(data.draw(asks(world)), context={})
    before = rule(world, ask)
    evaluated = before.cell.allowed | before.cell.denied | before.cell.silent
    assume(evaluated & before.bit)
    row = data.draw(st.sampled_from(VOCABULARY))
    # Contradicting a fact is another matter; what the request may bring along is learning. A session of sts:AssumeRoot
    # is another caller (semantics S12).
    assume(is_suppliable(before.part.situation, row.names[0].lower()) and row.names[0] != "aws:AssumedRoot")
    learnt = replace(ask, context={row.names[0]: (data.draw(st.sampled_from(row.values)),)})
    assume(not any(name.lower() == "kms:viaservice" for name in learnt.context) or ask.endpoint is None)
    assert rule(world, learnt).outcome == before.outcome


@law
@given(st.data())
def test_what_has_no_turn_stays_whatever_absent_key_is_given(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = replace(data.draw(asks(world)), context={}, endpoint=None)
    before = rule(world, ask)
    row = data.draw(st.sampled_from(VOCABULARY))
    key = row.names[0].lower()
    assume(can_carry(before.part.situation, key) and key not in {"kms:viaservice", "aws:assumedroot"})
    after = rule(world, replace(ask, context={row.names[0]: (data.draw(st.sampled_from(row.values)),)}))
    if (after.outcome == "allowed") is not (before.outcome == "allowed"):
        assert reversal(before).keys


@law
@given(st.data())
def test_masks_say_what_single_decisions_say(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    ruling = rule(world, ask)
    cell = ruling.cell
    assert not cell.allowed & (cell.denied | cell.silent)
    assert not cell.denied & cell.silent
    if ask.context:
        return
    evaluator = Evaluator(world)
    for action, bit in list(BIT.items())[:: data.draw(st.integers(1, 9))]:
        other = part_of(world, replace(ask, action=action, via_grant=None))
        if other.scope.target == ruling.part.scope.target:
            outcome = evaluator.rule_part(other).outcome
            assert bool(cell.allowed & bit) <= (outcome == "allowed")
            assert bool(cell.denied & bit) <= (outcome == "explicitDeny")
            assert bool(cell.silent & bit) <= (outcome == "implicitDeny")


@law
@given(st.data())
def test_an_explanation_says_the_decision_it_explains(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    part = part_of(world, ask)
    evaluator = Evaluator(world)
    found = evaluator.rule_part(part)
    request = Request(part.scope.caller.arn, part.action)
    told = explain(evaluator, Ruling(request, found.outcome, (found,)))
    assert told.decision == found.outcome
    words = {word.layer: word.outcome for word in told.layers}
    assert ("denies" in words.values()) is (found.outcome == "explicitDeny")
    if found.outcome == "allowed" and found.cell.shape.target == "key":
        assert {"allows", "delegates"} & {
            words.get("keyPolicy"),
            words.get("grant"),
        } or part.action == "kms:RetireGrant"


@law
@given(st.data())
def test_the_callers_own_object_does_not_matter(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    caller = ask.caller
    twin = Caller(caller.kind, caller.arn, caller.account, caller.partition, caller.principal, caller.session)
    assert rule(world, replace(ask, caller=twin)).outcome == rule(world, ask).outcome
