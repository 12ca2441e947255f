"""Coverage as table, page and data."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.analysis.covering.coverage import Coverage
from kms_eval.analysis.covering.coverage_report import CoverageReport
from kms_eval.errors import Location
from kms_eval.render import coverage_html, coverage_json, coverage_text

POLICY = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Use <b>",
      "Effect": "Allow",
      "Principal": {"AWS": ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/other"]},
      "Action": [
        "kms:Decrypt",
        "kms:Sign"
      ],
      "Resource": "*"
    },
    {"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*"},
    {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
  ]
}
"""


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CoverageReport:
    monkeypatch.chdir(tmp_path)
    Path("app.json").write_text(POLICY)
    return covered({"principal": "role/app", "action": "kms:Decrypt"})


def covered(*questions: dict[str, Any]) -> CoverageReport:
    world = {"account": "111122223333", "keys": {"app": {"policy": "app.json"}}}
    asked = Scenario.from_dict(world, base=Path())
    coverage = Coverage()
    coverage.add(asked.evaluator)
    for question in questions:
        coverage.record(asked.evaluator, asked.can(**question).ruling, "a test <i>")
    return coverage.report()


def page(report: CoverageReport, **texts: str) -> str:
    return coverage_html.render(report, texts or {"app.json": POLICY})


def test_the_table_and_what_is_missing(report: CoverageReport) -> None:
    assert coverage_text.render(report) == (
        "policy    statements  actions  principals  resources  conditions  covered\n"
        "app.json         2/3      2/4         2/4        2/3           -      57%\n"
        "total            2/3      2/4         2/4        2/3           -      57%\n"
        "\n"
        "not covered:\n"
        "  app.json:7: Principal arn:aws:iam::111122223333:role/other: never used\n"
        "  app.json:10: Action kms:Sign: never used\n"
        "  app.json:14: app statement 1: no test touches this statement\n"
        "\n"
        "no test would be decided differently without:\n"
        '  app.json:4: app "Use <b>"\n'
        "  app.json:15: app statement 2"
    )


def test_the_table_alone(report: CoverageReport) -> None:
    assert coverage_text.render(report, missing=False).count("\n") == 2


def test_nearly_everything_is_not_everything(report: CoverageReport) -> None:
    many = CoverageReport(report.statements[2:] * 400 + report.statements[1:2], 1)
    assert 99 < many.share.percent < 100
    assert coverage_text.percent(many.share) == "99%"


def test_without_tests_every_form_says_so(report: CoverageReport) -> None:
    nothing = covered()
    assert coverage_text.render(nothing) == "no test asked anything, so there is nothing to report"
    assert "no test asked anything" in page(nothing)
    assert coverage_json.as_dict(nothing)["decisions"] == 0


def test_the_data_has_every_element(report: CoverageReport) -> None:
    data = json.loads(coverage_json.render(report))
    assert (data["covered"], data["all"], data["percent"]) == (8, 14, 57.1)
    (policy,) = data["policies"]
    first, second, third = policy["statements"]
    assert (first["sid"], first["line"], first["covered"], first["decided"]) == ("Use <b>", 4, True, False)
    assert first["elements"][3] == {"element": "Action", "text": "kms:Sign", "line": 10, "covered": False,
                                    "missing": "never used"}  # fmt: skip
    assert (second["covered"], second["tests"]) == (False, [])
    assert third["tests"] == ["a test <i>"]


def test_the_page_shows_the_policy_with_its_lines(report: CoverageReport) -> None:
    lines = {
        int(number): state
        for state, number in re.findall(r'<div class="(\w+)" id="file-0-\d+"><b>(\d+)</b>', page(report))
    }
    assert lines == {4: "idle", 7: "missed", 9: "covered", 10: "missed", 12: "covered", 14: "missed", 15: "idle"}
    assert "<em>never used</em>" in page(report)


def test_the_page_begins_with_what_is_missing_and_leads_to_its_line(report: CoverageReport) -> None:
    text = page(report)
    gaps = re.findall(r'<li class="(\w+)"><a href="#([\w-]+)"><code>(.*?)</code></a>(.*?)</li>', text)
    assert gaps == [
        ("idle", "file-0-4", "app.json:4", "app &quot;Use &lt;b&gt;&quot;: decides no test"),
        ("missed", "file-0-7", "app.json:7", "Principal arn:aws:iam::111122223333:role/other: never used"),
        ("missed", "file-0-10", "app.json:10", "Action kms:Sign: never used"),
        ("missed", "file-0-14", "app.json:14", "app statement 1: no test touches this statement"),
        ("idle", "file-0-15", "app.json:15", "app statement 2: decides no test"),
    ]
    assert all(f'id="{target}"' in text for _state, target, _where, _what in gaps)


def test_the_page_is_whole_safe_and_for_both_backgrounds(report: CoverageReport) -> None:
    text = page(report)
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"https?://|<script|<link|@import|url\(", text)
    assert '<b>"' not in text.replace("<b>1", "")
    assert "&lt;i&gt;" in text
    assert "Use &lt;b&gt;" in text
    assert text.count("<div") == text.count("</div>")


def test_a_policy_without_its_text_has_its_statements_listed(report: CoverageReport) -> None:
    text = page(report, other="x")
    assert '<div class="source">' not in text
    assert "Action kms:Sign: never used" in text


def test_a_policy_in_memory_goes_by_its_name(report: CoverageReport) -> None:
    nowhere = tuple(
        replace(one, reference=replace(one.reference, location=Location(), within="#app.1"))
        for one in report.statements
    )
    text = coverage_text.render(CoverageReport(nowhere, 1))
    assert text.splitlines()[1].startswith("app  ")
    assert "without a file" in page(CoverageReport(nowhere, 1))
