"""Findings as text and annotations; pages of rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kms_eval.analysis.linting.finding import Finding, Report
from kms_eval.analysis.linting.rule import Rule
from kms_eval.analysis.linting.table import RULES
from kms_eval.render.github import of_finding
from kms_eval.render.lint_text import render, summary
from kms_eval.render.rule_page import render as render_page

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


def test_text_has_the_place_the_line_and_a_caret_under_it() -> None:
    assert render(Report((FINDING,))) == (
        "policies/app key.json:3:5: warning: anybody may [KMS201 public-access]\n"
        '  3 |     "*": 1,\n'
        "    |     ^^^^\n"
        "  help: name them\n"
        "1 warning"
    )


def test_a_finding_without_a_line_is_told_by_its_file() -> None:
    assert (
        render(Report((NOTE,))).splitlines()[0] == "policies/app key.json: note: anybody may [KMS202 outside-account]"
    )
    in_memory = replace(NOTE, file=None)
    assert render(Report((in_memory,))).startswith("Statement[0].Principal: note: ")


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    long = replace(FINDING, excerpt="x" * 5_000, column=4_000, end_column=4_003)
    line, carets = render(Report((long,))).splitlines()[1:3]
    assert len(line) < 200
    assert carets.strip("| ") == "^^^"
    assert line[carets.index("^")] == "x"


def test_nothing_found_is_said() -> None:
    assert summary(Report(())) == "nothing found"
    assert summary(Report((FINDING, FINDING, NOTE), (NOTE,))) == "2 warnings, 1 note, 1 ignored"


def test_what_a_document_says_does_not_move_the_cursor() -> None:
    bad = replace(FINDING, message="\x1b[2J", excerpt="    \x1b[2J")
    assert "\x1b" not in render(Report((bad,)))


def test_github_shows_it_beside_its_line() -> None:
    assert of_finding(FINDING) == (
        "::warning file=policies/app key.json,line=3,endLine=3,col=5,endColumn=9,title=KMS201 public-access::"
        "anybody may (name them)"
    )
    assert of_finding(NOTE).startswith("::notice file=policies/app key.json,endLine=3,title=KMS202")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_has_everything_of_its_rule(rule: Rule) -> None:
    text = render_page(rule)
    assert text.startswith(rule.code)
    assert "found in a" in text
    assert "not found in a" in text
    assert "https://docs.aws.amazon.com/" in text
