"""Whatever a world is like, the lint answers; and what it would take out changes no decision."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval.analysis.linting.fixing import without
from kms_eval.analysis.linting.lint import Linter, lint_scenario
from kms_eval.analysis.linting.rule import ROLE, ROOT
from kms_eval.analysis.linting.subject import alone, subjects
from kms_eval.analysis.linting.table import RULE, RULES
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import published
from kms_eval.scenario import Scenario
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


_KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_ASKED = ("kms:Decrypt", "kms:DescribeKey", "kms:RetireGrant", "kms:PutKeyPolicy")
_STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Principal": st.fixed_dictionaries(
            {
                "AWS": st.lists(
                    st.sampled_from([ROLE, ROOT, "*", "AROAEXAMPLEIDOFNOBODY", "arn:aws:iam::444455556666:root"]),
                    min_size=1,
                    max_size=3,
                )
            }
        ),
        "Action": st.lists(
            st.sampled_from([*_ASKED, "kms:*", "kms:De*", "kms:ListKeys", "s3:GetObject"]), min_size=1, max_size=4
        ),
        "Resource": st.lists(st.sampled_from(["*", _KEY, _KEY.replace("1234a", "9234a")]), min_size=1, max_size=2),
    },
    optional={
        "Condition": st.sampled_from(
            [
                {"StringLike": {"kms:ViaService": ["s3.*", "s3.us-*"]}},
                {"StringNotEquals": {"kms:CallerAccount": ["444455556666", "444455556666"]}},
                {"NumericLessThan": {"aws:MultiFactorAuthAge": ["60", "3600"]}},
            ]
        )
    },
)


@settings(_SLOW, max_examples=examples(60))
@given(st.lists(_STATEMENTS, min_size=1, max_size=5))
def test_a_mended_file_decides_the_same_and_needs_no_mending(statements: list[dict[str, Any]]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1)
    mended, again = _mended(text), None
    while mended != again:  # what was needed beside something else may be so no longer
        mended, again = _mended(mended), mended
    before, after = _world(text), _world(mended)
    for principal in (ROLE, ROOT, "arn:aws:iam::444455556666:role/partner"):
        for action in _ASKED:
            for context in (None, {"kms:ViaService": "s3.us-east-1.amazonaws.com"}, {"aws:MultiFactorAuthAge": "90"}):
                one, other = (world.can(principal, action, context=context) for world in (before, after))
                assert one.decision == other.decision, (principal, action, context, mended)


def _mended(text: str) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "policy.json"
        path.write_text(text, encoding="utf-8")
        linter = Linter()
        linter.scenario(Scenario.from_dict(_described("policy.json"), base=folder).evaluator, ())
        (places,) = linter.removable().values()
        return without(text, places)[0]


def _world(text: str) -> Scenario:
    return Scenario.from_dict(_described(json.loads(text)))


def _described(policy: object) -> dict[str, Any]:
    return {
        "account": "111122223333",
        "keys": {"app": {"arn": _KEY, "policy": policy}},
        "principals": {ROLE: {}, "arn:aws:iam::444455556666:role/partner": {"policies": [_USES_ALL]}},
    }


_USES_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
