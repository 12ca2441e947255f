"""Findings as SARIF 2.1.0: the schema of the standard, and what it says in words only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from kms_eval.analysis.linting.choosing import Chosen, IgnoredFile
from kms_eval.analysis.linting.finding import Finding, Report
from kms_eval.analysis.linting.lint import Linter
from kms_eval.analysis.linting.table import RULES
from kms_eval.documents.model import PolicyKind
from kms_eval.formats.text import read_text
from kms_eval.render.sarif import Log, render
from kms_eval.scenario import Scenario
from tests.analysis.lint_examples import found, scenario_of
from tests.render.sarif_objects import SCHEMA

FINDING = Finding(
    code="KMS201",
    name="public-access",
    level="warning",
    message="anybody may",
    help="name them",
    file="policies/app key.json",
    line=3,
    column=5,
    end_line=3,
    end_column=9,
    field="Statement[0].Principal",
    policy="app",
    statement=0,
    excerpt='    "*": 1,',
)
NOTE = replace(FINDING, code="KMS202", name="outside-account", level="note", line=None, column=None, excerpt=None)
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


def log_of(report: Report) -> dict[str, Any]:
    """The log as those read it who take the file; it holds to the schema."""
    data: dict[str, Any] = json.loads(render(report, version="1.2.3"))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(data)] == []
    return data


@cache
def every_finding() -> tuple[Finding, ...]:
    """What each rule finds in its own example."""
    return tuple(finding for rule in RULES for finding in found(rule.example, rule.code))


def results(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for run in data["runs"]:
        yield from run["results"]


def test_the_findings_of_every_rule_hold_to_the_schema() -> None:
    data = log_of(Report(every_finding()))
    (run,) = data["runs"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {rule.code for rule in RULES}


def test_a_log_of_nothing_holds_to_the_schema_and_says_that_it_looked() -> None:
    (run,) = log_of(Report(()))["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


def test_every_result_points_at_its_rule_and_has_the_level_of_one_that_failed() -> None:
    data = log_of(Report(every_finding()))
    rules = data["runs"][0]["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in results(data):
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["defaultConfiguration"]["level"] == result["level"]
        assert result["message"]["text"].strip()


def test_rules_have_pages_with_absolute_addresses() -> None:
    driver = log_of(Report(every_finding()))["runs"][0]["tool"]["driver"]
    for address in (driver["informationUri"], *(rule["helpUri"] for rule in driver["rules"])):
        parts = urlsplit(address)
        assert (parts.scheme, bool(parts.netloc)) == ("https", True)


def test_it_names_the_schema_of_its_version() -> None:
    assert log_of(Report(()))["$schema"].endswith("/sarif-schema-2.1.0.json")


def test_findings_in_a_file_have_regions_that_end_after_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text(json.dumps(scenario_of(RULES[0].example) | {"keys": _public_key()}, indent=2), encoding="utf-8")
    scenario = Scenario.load(path)
    linter = Linter(Chosen(()))
    linter.scenario(scenario.evaluator, scenario.loaded.warnings, [path])
    regions = [
        result["locations"][0]["physicalLocation"]["region"]
        for result in results(log_of(linter.report()))
        if "physicalLocation" in result["locations"][0]
    ]
    assert regions
    lines = path.read_text(encoding="utf-8").splitlines()
    for region in regions:
        begin = (region["startLine"], region["startColumn"])
        end = (region["endLine"], region["endColumn"])
        assert begin < end
        assert end[0] <= len(lines)
        assert end[1] <= len(lines[end[0] - 1]) + 1


def _public_key() -> dict[str, Any]:
    return {"app": {"policy": {"Version": "2012-10-17", "Statement": [PUBLIC]}}}


@pytest.mark.parametrize("name", ["key.json", "policies/a key.json", "../up.json", "a:b.json", "50%.json", "é#?.json"])
def test_a_relative_name_of_a_file_is_a_relative_reference_to_it(name: str) -> None:
    (result,) = results(log_of(Report((replace(FINDING, file=name),))))
    address = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote(parts.path) == name
    assert address.isascii()


def test_an_absolute_name_of_a_file_is_a_file_address(tmp_path: Path) -> None:
    (result,) = results(log_of(Report((replace(FINDING, file=str(tmp_path / "a b.json")),))))
    address = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert address.startswith("file:///")
    assert address.endswith("/a%20b.json")


def test_the_rules_that_found_something_are_there_and_results_point_at_them() -> None:
    data = log_of(Report((FINDING, NOTE), (replace(FINDING, reason="meant", by_comment=True),)))
    driver = data["runs"][0]["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("kms-eval", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["KMS201", "KMS202"]
    first, _note, ignored = results(data)
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "policies/app%20key.json"},
        "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9},
    }
    assert "suppressions" not in first
    assert ignored["suppressions"] == [{"kind": "inSource", "justification": "meant"}]


def test_what_settings_ignore_is_suppressed_outside_of_the_source() -> None:
    linter = Linter(Chosen(("KMS201",), files=(IgnoredFile("policy.json".__eq__, "KMS201", "meant"),)))
    policy = read_text(json.dumps(_public_key()["app"]["policy"]), "policy.json", format="json")
    linter.policy(policy, PolicyKind.KEY)
    (result,) = results(log_of(linter.report()))
    assert result["suppressions"] == [{"kind": "external", "justification": "meant"}]


def test_a_finding_without_a_line_has_no_region_and_one_in_memory_no_file() -> None:
    without_line, in_memory = results(log_of(Report((NOTE, replace(NOTE, file=None)))))
    assert "region" not in without_line["locations"][0]["physicalLocation"]
    assert in_memory["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "Statement[0].Principal"}]}]


def test_the_fingerprint_of_a_finding_stays_where_lines_are_inserted_above_it() -> None:
    before, after = results(log_of(Report((FINDING, replace(FINDING, line=30, end_line=30)))))
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert set(before["partialFingerprints"]) == {"kmsEval/v1"}


def test_a_log_is_read_back_by_its_own_models_and_by_no_others() -> None:
    text = render(Report((FINDING,)), version="1")
    assert Log.model_validate_json(text).runs[0].results[0].rule_id == "KMS201"
    with pytest.raises(ValidationError):
        Log.model_validate({**json.loads(text), "extra": 1})
