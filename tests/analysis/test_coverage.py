"""What counts as covered: statements, their elements, grants; and that *decided* means what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from kms_eval import Scenario
from kms_eval.analysis.covering.coverage import Coverage
from kms_eval.analysis.covering.coverage_report import CoverageReport, ElementCoverage, StatementCoverage, joined
from kms_eval.analysis.covering.written_statements import catalogue
from kms_eval.analysis.mutating.mutation import MutantEvaluator
from kms_eval.engine.evaluator import Evaluator, Ruling
from kms_eval.world.request import Request
from tests.effort import examples
from tests.strategies import asks, worlds
from tests.twins.asking import part_of

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}

law = settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    full = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", **statement} for statement in statements]
    return {
        "Version": "2012-10-17",
        "Statement": [{k: v for k, v in statement.items() if v is not None} for statement in full],
    }


def scenario(key_policy: dict[str, Any], identity: dict[str, Any] | None = None, **more: Any) -> Scenario:
    world = {
        "account": ACCOUNT,
        "keys": {"app": {"policy": key_policy, **more.pop("key", {})}},
        "principals": {"role/app": {"policies": [identity] if identity else []}},
        **more,
    }
    return Scenario.from_dict(world)


def report(asked: Scenario, *questions: dict[str, Any]) -> CoverageReport:
    coverage = Coverage()
    coverage.add(asked.evaluator)
    for number, question in enumerate(questions):
        decision = asked.can(**{"principal": "role/app", "action": "kms:Decrypt", **question})
        coverage.record(asked.evaluator, decision.ruling, f"test {number}")
    return coverage.report()


def only(found: CoverageReport, position: int = 0) -> StatementCoverage:
    return found.statements[position]


def element(statement: StatementCoverage, text: str) -> ElementCoverage:
    (found,) = (each for each in statement.elements if text in each.text)
    return found


def test_a_statement_is_covered_where_it_counted_and_decided_where_it_made_the_decision() -> None:
    delegation = {"Sid": "Delegation", "Principal": {"AWS": ROOT}}
    named = {"Sid": "Named", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}}
    found = report(scenario(policy(delegation, named), policy({"Action": "kms:Decrypt"})), {})
    first, second, identity = found.statements
    assert (first.covered, first.decided) == (True, ("test 0",))
    assert (second.covered, second.decided) == (False, ())
    assert (identity.tests, identity.decided) == (("test 0",), ("test 0",))


def test_of_two_statements_that_allow_the_same_none_decides() -> None:
    twice = policy({"Sid": "One", "Principal": "*"}, {"Sid": "Two", "Principal": "*"})
    found = report(scenario(twice), {})
    assert [one.covered for one in found.statements] == [True, True]
    assert [one.reference.sid for one in found.undecided] == ["One", "Two"]


def test_a_statement_that_counted_without_effect_on_the_decision_is_covered() -> None:
    found = report(scenario(policy({"Principal": {"AWS": ROOT}})), {})
    assert only(found).covered
    assert not only(found).decided


def test_an_action_pattern_is_covered_by_an_action_that_it_fits() -> None:
    actions = ["kms:Decrypt", "kms:Generate*", "kms:Sign"]
    found = only(report(scenario(policy({"Principal": "*", "Action": actions})), {}, {"action": "kms:GenerateDataKey"}))
    assert [each.missing for each in found.elements if each.name == "Action"] == [None, None, "never used"]


def test_a_principal_is_covered_by_a_caller_that_it_is() -> None:
    entries = {
        "AWS": [f"arn:aws:iam::{ACCOUNT}:role/app", f"arn:aws:iam::{ACCOUNT}:role/b"],
        "Service": "s3.amazonaws.com",
    }
    found = only(report(scenario(policy({"Principal": entries})), {}, {"principal": "s3.amazonaws.com"}))
    assert [each.covered for each in found.elements if each.name == "Principal"] == [True, False, True]
    assert element(found, "s3").text == "Service s3.amazonaws.com"


def test_a_resource_is_covered_where_it_alone_would_do() -> None:
    identity = policy({"Resource": ["arn:aws:kms:*:*:key/*", "arn:aws:kms:eu-west-1:*:key/*"]})
    found = report(scenario(policy({"Principal": {"AWS": ROOT}}), identity), {})
    resources = [each for each in only(found, 1).elements if each.name == "Resource"]
    assert [each.covered for each in resources] == [True, False]


def test_a_condition_is_covered_where_it_held_and_where_it_alone_failed() -> None:
    asked = scenario(policy({"Principal": "*", "Condition": {"StringEquals": S3}}))
    held = {"context": S3}
    for questions, missing in (
        ((), "never asked"),
        ((held,), "never failed"),
        (({},), "never held"),
        ((held, {}), None),
    ):
        assert element(only(report(asked, *questions)), "kms:ViaService").missing == missing


def test_two_conditions_that_failed_together_are_not_covered() -> None:
    tests = {"StringEquals": S3, "Bool": {"aws:MultiFactorAuthPresent": "true"}}
    asked = scenario(policy({"Principal": "*", "Condition": tests}))
    everything = {"context": {**S3, "aws:MultiFactorAuthPresent": "true"}}
    found = only(report(asked, everything, {}, {"context": S3}))
    assert element(found, "kms:ViaService").missing == "never failed"
    assert element(found, "aws:MultiFactorAuthPresent").missing is None


def test_a_condition_does_not_fail_where_the_resource_does() -> None:
    identity = policy({"Resource": "arn:aws:kms:eu-west-1:*:key/*", "Condition": {"StringEquals": S3}})
    found = report(scenario(policy({"Principal": {"AWS": ROOT}}), identity), {})
    assert element(only(found, 1), "kms:ViaService").missing == "never asked"


def test_an_excluded_action_is_covered_where_it_alone_keeps_the_statement_out() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": None, "NotAction": ["kms:Decrypt", "kms:Sign"]}
    found = report(scenario(policy({"Principal": "*"}, deny)), {})
    assert element(only(found, 1), "kms:Decrypt").covered
    assert element(only(found, 1), "kms:Sign").missing == "never excluded anything"
    assert not only(found, 1).covered


def test_excluded_principals_are_covered_where_each_is_needed() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s1"
    spared = {"AWS": [ROOT, f"arn:aws:iam::{ACCOUNT}:role/app", session, f"arn:aws:iam::{ACCOUNT}:role/b"]}
    deny = {"Effect": "Deny", "NotPrincipal": spared}
    found = report(scenario(policy({"Principal": "*"}, deny)), {"principal": "assumed-role/app/s1"})
    assert [each.covered for each in only(found, 1).elements if each.name == "NotPrincipal"] == [
        True,
        True,
        True,
        False,
    ]


def test_an_excluded_resource_is_covered_where_it_alone_keeps_the_statement_out() -> None:
    deny = {"Effect": "Deny", "Resource": None, "NotResource": ["arn:aws:kms:*:*:key/*", "arn:aws:s3:::*"]}
    found = report(scenario(policy({"Principal": {"AWS": ROOT}}), policy({}, deny)), {})
    excluded = [each for each in only(found, 2).elements if each.name == "NotResource"]
    assert [each.covered for each in excluded] == [True, False]


def test_a_grant_is_covered_with_its_operations_and_constraints() -> None:
    grant = {
        "GrantId": "g1",
        "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/app",
        "Operations": ["Decrypt", "Encrypt"],
        "Constraints": {"EncryptionContextSubset": {"department": "IT"}},
    }
    asked = scenario(policy({"Principal": {"AWS": ROOT}}), key={"grants": [grant]})
    found = only(report(asked, {"encryption_context": {"department": "IT"}}), 1)
    assert (found.reference.policy, found.reference.kinds, found.decided) == ("grant g1", ("grant",), ("test 0",))
    assert {each.text: each.missing for each in found.elements} == {
        "Decrypt": None,
        "Encrypt": "never used",
        "EncryptionContextSubset department=IT": "never failed",
    }
    both = only(report(asked, {"encryption_context": {"department": "IT"}}, {}), 1)
    assert element(both, "department").covered


def test_what_is_about_another_service_is_not_counted() -> None:
    identity = policy({"Action": ["s3:GetObject", "kms:Decrypt"]}, {"Action": "s3:*"})
    found = report(scenario(policy({"Principal": {"AWS": ROOT}}), identity), {})
    assert len(found.statements) == 2
    assert [each.text for each in only(found, 1).elements if each.name == "Action"] == ["kms:Decrypt"]


def test_a_policy_in_a_file_is_one_however_many_have_it(tmp_path: Any) -> None:
    (tmp_path / "p.json").write_text(json.dumps(policy({"Action": "kms:Decrypt"}, {"Action": "kms:Sign"})))
    world = {
        "account": ACCOUNT,
        "keys": {"app": {"policy": policy({"Principal": {"AWS": ROOT}})}},
        "principals": {"role/app": {"policies": ["p.json"]}, "role/b": {"policies": ["p.json"]}},
    }
    asked = Scenario.from_dict(world, base=tmp_path)
    found = report(asked, {}, {"principal": "role/b", "action": "kms:Sign"})
    assert [one.covered for one in found.statements] == [True, True, True]
    assert found.statements[1].reference.location.line == 1


def test_a_call_of_several_permissions_is_one_decision() -> None:
    asked = scenario(policy({"Principal": "*", "Action": "kms:ReEncrypt*"}))
    found = report(asked, {"action": "ReEncrypt", "destination_key": "app"})
    assert found.decisions == 1
    assert element(only(found), "kms:ReEncrypt*").counted == 2
    assert only(found).decided == ("test 0",)


def test_reports_of_several_processes_are_joined() -> None:
    asked = scenario(policy({"Principal": "*", "Condition": {"StringEquals": S3}}))
    one, two = report(asked, {"context": S3}), report(asked, {})
    together = joined([one, two])
    assert together.decisions == 2
    assert element(only(together), "kms:ViaService").covered
    assert together.share == report(asked, {"context": S3}, {}).share
    assert joined([one, one]).statements[0].tests == ("test 0",)


def test_a_report_survives_the_way_to_another_process() -> None:
    found = report(scenario(policy({"Principal": "*", "Condition": {"StringEquals": S3}})), {})
    assert CoverageReport.from_plain(json.loads(json.dumps(found.to_plain()))) == found


def test_without_tests_nothing_is_covered() -> None:
    found = report(scenario(policy({"Principal": "*"})))
    assert (found.decisions, found.share.covered) == (0, 0)
    assert found.share.all == 4


@law
@given(st.data())
def test_a_statement_decided_exactly_where_its_absence_makes_another_decision(data: st.DataObject) -> None:
    world = data.draw(worlds())
    ask = data.draw(asks(world))
    evaluator = Evaluator(world, allow_unknown_action=True)
    part = part_of(world, ask)
    ruled = evaluator.rule_part(part)
    coverage = Coverage()
    coverage.record(evaluator, Ruling(Request("role/x", part.action), ruled.outcome, (ruled,)), "test")
    decided = {one.reference.id: bool(one.decided) for one in coverage.report().statements}
    for written in catalogue(world, evaluator.rules).all:
        if written.statement is None:
            continue
        changed = {
            each: replace(each, statements=tuple(s for s in each.statements if s.index != written.reference.index))
            for each in written.policies
        }
        without = MutantEvaluator(evaluator, changed).rule_part(part).outcome
        assert decided[written.reference.id] is (without != ruled.outcome)
