"""What the three answers promise, held against the engine in worlds of every kind."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from kms_eval import Scenario
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY
from kms_eval.analysis.access.open_conditions import FIXED_IN_PRACTICE
from kms_eval.analysis.access.principals import asker_named, askers
from kms_eval.engine.cell import CLOCK
from kms_eval.engine.context import is_fixed
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.hindrances import uncarried
from kms_eval.engine.masks import actions_in, bit_of, published
from kms_eval.facts.condition_keys import canonical
from kms_eval.world.model import World
from tests.analysis.asking_grids import AT, DELEGATES, document, grid, scenario, statement
from tests.effort import examples
from tests.reference import Ask
from tests.strategies import asks, worlds
from tests.twins.asking import part_of, rule

law = settings(max_examples=examples(80), suppress_health_check=list(HealthCheck))
SERVICES = ("s3.us-east-1.amazonaws.com", "ec2.us-east-1.amazonaws.com")


def within_the_question(world: World, ask: Ask) -> Ask:
    """The same question without a session, at the grid's time, without what contradicts facts or nobody could bring.

    Access that needs context which its caller cannot carry is not listed (semantics S10). A session of sts:AssumeRoot
    is another caller than the one that the grid is about (semantics S12).
    """
    action = ask.action.lower()
    with_key = ask.key is not None
    context = {
        name: values
        for name, values in ask.context.items()
        # A synonym says what the key of today's name says: `kms:CustomerMasterKeySpec` contradicts the key's own spec.
        if canonical(name) not in FIXED_IN_PRACTICE | CLOCK | {"aws:assumedroot"}
        and not is_fixed(action, canonical(name), with_key=with_key)
    }
    asked = replace(ask, context=context, at=AT, endpoint=None, via_grant=None)
    odd = {key for key, _why in uncarried(part_of(world, asked).situation)}
    return replace(asked, context={name: values for name, values in context.items() if canonical(name) not in odd})


@law
@given(st.data())
def test_always_and_never_hold_whatever_the_request_carries(data: st.DataObject) -> None:
    world = data.draw(worlds())
    evaluator = Evaluator(world)
    table = grid(evaluator)
    for arn in world.principals:
        who = asker_named(evaluator, arn)
        for _question in range(5):
            ask = within_the_question(world, replace(data.draw(asks(world)), caller=who.caller))
            if ask.key is None:
                # Without a key the grid answers for the scenario's own Region.
                ask = replace(ask, region=None)
            row = published(ask.action)
            # Of an alias operation this asks one half only; whole calls are asked below.
            if row is None or "alias" in row.resources:
                continue
            found = table.without_key(who) if ask.key is None else table.on(who, ask.key)
            outcome = rule(world, ask).outcome
            bit = bit_of(ask.action)
            if found.always & bit:
                assert outcome == "allowed"
            elif not found.sometimes & bit:
                assert outcome != "allowed"


@law
@given(st.data())
def test_what_is_sometimes_allowed_has_terms_and_the_rest_has_reasons(data: st.DataObject) -> None:
    world = data.draw(worlds())
    evaluator = Evaluator(world)
    table = grid(evaluator)
    for who in askers(evaluator):
        for found in (table.without_key(who), *(table.on(who, key) for key in world.keys.values())):
            about = ACTIONS_WITHOUT_KEY if found.key is None else ACTIONS_ON_KEY
            assert not found.always & found.sometimes
            assert not (found.always | found.sometimes) & ~about
            residual = table.residual(found, about)
            reasons = table.reasons(found, about)
            assert sum(mask for mask, _residual in residual) == found.sometimes
            assert sum(mask for mask, _reason in reasons) == about & ~found.sometimes
            assert all(str(each) for _mask, each in residual)


ROOT = Path(__file__).parents[2]
SCENARIOS = [
    "aws-managed-key", "combined-key-policy", "cross-account", "default-key-policy", "encryption-context", "grants",
    "multi-region", "organization", "permissions-boundaries-and-sessions", "service-restricted-key", "tags-and-aliases",
    "vpc-endpoint",
]  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenarios_agree_with_single_questions(name: str) -> None:
    world = Scenario.load(ROOT / "scenarios" / f"{name}.yaml")
    table = grid(world.evaluator)
    for who in askers(world.evaluator):
        if not who.is_one:
            continue
        for found in (table.without_key(who), *(table.on(who, key) for key in world.world.keys.values())):
            key = found.key.handle if found.key is not None else None
            for action in actions_in(ACTIONS_WITHOUT_KEY if key is None else ACTIONS_ON_KEY):
                bit = bit_of(action.name)
                allowed = world.allows(who.name, action.name, key, at=AT)
                if found.always & bit:
                    assert allowed, (who.name, action.name, key)
                elif not found.sometimes & bit:
                    assert not allowed, (who.name, action.name, key)


# Each condition key stands in one statement only, so that no two conditions exclude each other.
TESTS = {
    "kms:ViaService": SERVICES,
    "aws:SourceVpce": ("vpce-0a", "vpce-0b"),
    "aws:SourceIp": ("203.0.113.7", "198.51.100.1"),
    "aws:MultiFactorAuthPresent": ("true", "false"),
}
OPERATORS = {"aws:SourceIp": "IpAddress", "aws:MultiFactorAuthPresent": "Bool"}


@law
@given(st.data())
def test_an_answer_is_what_trying_every_context_says(data: st.DataObject) -> None:
    names = data.draw(st.permutations(list(TESTS)))
    actions = ("kms:Decrypt", "kms:De*", "kms:Encrypt", "kms:*")

    def written(name: str) -> dict[str, object]:
        effect = data.draw(st.sampled_from(("Allow", "Allow", "Deny")))
        if not data.draw(st.booleans()):
            return statement(data.draw(st.sampled_from(actions)), effect)
        condition = {OPERATORS.get(name, "StringEquals"): {name: TESTS[name][0]}}
        return statement(data.draw(st.sampled_from(actions)), effect, Condition=condition)

    key = [DELEGATES, {**written(names[0]), "Principal": "*"}]
    own = [written(names[1]), written(names[2])]
    world = scenario(*key, principals={"role/a": {"policies": [document(*own)]}})
    found = grid(world.evaluator).on(askers(world.evaluator)[0], world.world.keys["app"])
    contexts = [
        {name: value for name, value in zip(TESTS, values, strict=True) if value is not None}
        for values in product(*((*values, None) for values in TESTS.values()))
    ]
    for action in ("kms:Decrypt", "kms:Encrypt", "kms:Sign"):
        outcomes = {world.allows("role/a", action, context=context, at=AT) for context in contexts}
        bit = bit_of(action)
        said = {True} if found.always & bit else {True, False} if found.sometimes & bit else {False}
        assert outcomes == said
