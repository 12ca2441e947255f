"""Whatever a world is like, the lint answers; and what it would take out changes no decision."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval.analysis.linting.lint import lint_scenario
from kms_eval.analysis.linting.subject import alone, subjects
from kms_eval.analysis.linting.table import RULE, RULES
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import published
from kms_eval.world.model import World
from tests.effort import examples
from tests.strategies import asks, policies, worlds
from tests.twins.asking import rule

_SLOW = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_SLOW
@given(worlds())
def test_every_world_has_a_report_and_the_same_one_each_time(world: World) -> None:
    report = lint_scenario(Evaluator(world))
    assert {finding.code for finding in report.findings} <= {rule.code for rule in RULES}
    assert lint_scenario(Evaluator(world)).findings == report.findings


@_SLOW
@given(st.sampled_from(list(PolicyKind)).flatmap(policies))
def test_every_rule_answers_about_every_policy_that_stands_alone(policy: Policy) -> None:
    subject = alone(policy)
    for row in RULES:
        for found in row.check(subject) if row.check is not None else ():
            assert found.message


@_SLOW
@given(st.data())
def test_what_is_taken_out_of_a_key_policy_changes_no_decision(data: st.DataObject) -> None:
    world = data.draw(worlds())
    fewer = world
    for subject in subjects(Evaluator(world)):
        if subject.key is not None:
            # By identity: generated statements may share an index, which those of a document never do.
            gone = {
                id(found.statement)
                for code in ("KMS411", "KMS412")
                for found in (RULE[code].check or (lambda _subject: iter(())))(subject)
                if found.removable and found.statement is not None
            }
            kept = tuple(each for each in subject.policy.statements if id(each) not in gone)
            key = replace(subject.key, policy=replace(subject.policy, statements=kept))
            fewer = replace(fewer, keys={**fewer.keys, key.handle: key})
    ask = data.draw(asks(world))
    assume(published(ask.action) is not None)
    moved = ask if ask.key is None else replace(ask, key=fewer.keys[ask.key.handle])
    assert rule(fewer, moved).outcome == rule(world, ask).outcome
