"""``kms-eval test`` in CI: which tests run, reports for machines, coverage."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kms_eval.doors.cli.keyword_expressions import case_matcher
from kms_eval.errors import InputError
from kms_eval.world.load import Loaded, from_dict
from tests.doors.command_line import SCENARIO, Cli

FAILING = """
  - name: the worker decrypts
    principal: role/worker
    action: kms:Decrypt
    expect: allowed
"""
LINE = SCENARIO.count("\n") + 2


@pytest.fixture
def failing(scenario: Path) -> Path:
    scenario.write_text(SCENARIO + FAILING)
    return scenario


# Which tests.


def test_k_runs_the_tests_with_the_words(cli: Cli, failing: Path) -> None:
    assert cli("test", "-k", "looks").out == "1 passed, 1 not run\n"
    assert cli("test", "-k", "role/worker and not LOOKS").out.endswith("1 failed, 1 not run\n")
    assert cli("test", "--keyword=kms:DescribeKey").out == "1 passed, 1 not run\n"


def test_words_that_no_test_has_are_2(cli: Cli, failing: Path) -> None:
    done = cli("test", "-k", "nothing")
    assert (done.code, done.out, done.err) == (2, "", "kms-eval: no test has the words `nothing`\n")


def loaded(name: str, principal: str = "role/app", action: str = "kms:Decrypt") -> Loaded:
    test = {"name": name, "principal": principal, "action": action, "key": "app", "expect": "allowed"}
    policy = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}
    return from_dict(
        {"account": "111122223333", "keys": {"app": {"policy": policy, "aliases": ["alias/web"]}}, "tests": [test]}
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("reads", True),
        ("READ", True),
        ("role/app", True),
        ("kms:decrypt", True),
        ("reads and writes", False),
        ("reads or writes", True),
        ("not writes", True),
        ("not not writes", False),
        ("not (reads or writes)", False),
        ("writes or reads and the", True),
        ("(writes or reads) and not app", False),
        ("alias/web", True),
        ("alias/other", False),
    ],
)
def test_words_are_joined_as_pytest_users_know(words: str, expected: bool) -> None:
    scenario = loaded("the app reads")
    assert case_matcher(words)(scenario.tests[0], scenario.world) is expected


@pytest.mark.parametrize(
    "words", ["", "a and", "or a", "not", "(a", "a)", "a b", "()", "not " * 60 + "a", "(" * 60 + "a"]
)
def test_words_that_make_no_sense_are_2(cli: Cli, failing: Path, words: str) -> None:
    with pytest.raises(InputError):
        case_matcher(words)
    done = cli("test", f"--keyword={words}")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(("kms-eval: -k: `", "kms-eval: --keyword: is empty\n"))


def test_x_stops_at_the_first_test_that_does_not_pass(cli: Cli, scenario: Path) -> None:
    scenario.write_text(SCENARIO.replace("expect: allowed", "expect: denied") + FAILING)
    assert cli("test").out.endswith("0 passed, 2 failed\n")
    assert cli("test", "-x").out.endswith("0 passed, 1 failed, 1 not run\n")


# What a test may expect.


@pytest.mark.parametrize(
    ("expectation", "mismatch"),
    [
        ("expect_layer: keyPolicy", None),
        ("expect_layer: grant", "expected grant to decide, got keyPolicy, identityPolicy"),
        ("expect_reason_code: identity-policy-allows", None),
        ("expect_reason_code: grant-allows", "expected reason grant-allows, got identity-policy-allows"),
        ("expect_missing_context: []", None),
        ("expect_missing_context: [kms:ViaService]", "expected missing context kms:ViaService, got none"),
    ],
)
def test_layer_reason_and_missing_context_can_be_expected(
    cli: Cli, scenario: Path, expectation: str, mismatch: str | None
) -> None:
    scenario.write_text(f"{SCENARIO}    {expectation}\n")
    done = cli("test")
    assert done.code == (0 if mismatch is None else 1)
    assert mismatch is None or f"  {mismatch}\n" in done.out


# JUnit.


def test_junit_has_a_suite_a_file_and_a_case_a_test(cli: Cli, failing: Path) -> None:
    Path("broken.kms.yaml").write_text("keys: {}\ntets: []\n")
    done = cli("test", ".", "--junit", "results.xml")
    assert done.code == 2
    root = ET.parse("results.xml").getroot()  # noqa: S314 - our own
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    broken, suite = root
    (unread,) = broken
    assert (unread[0].tag, unread[0].get("message")) == ("error", "unknown field `tets`")
    passed, failed = suite
    assert (passed.get("name"), passed.get("classname"), len(passed)) == (
        "the worker looks at the key",
        "kms-eval.yaml",
        0,
    )
    assert (failed.get("file"), failed.get("line")) == ("kms-eval.yaml", str(LINE))
    assert failed[0].get("message") == "expected allowed, got implicitDeny"
    assert "because no identity policy allows it" in (failed[0].text or "")
    assert float(failed.get("time", "")) >= 0


def test_junit_can_hold_whatever_a_name_has(cli: Cli, scenario: Path) -> None:
    scenario.write_text(SCENARIO.replace("the worker looks at the key", '"<&> \\x1b[31m \\u0007 ü ]]>"'))
    assert cli("test", "--junit", "results.xml").code == 0
    root = ET.parse("results.xml").getroot()  # noqa: S314 - our own
    assert root[0][0].get("name") == "<&> \\x1b[31m \\x07 ü ]]>"


def test_junit_in_a_folder_that_is_not_there_is_said_before_any_test_runs(cli: Cli, failing: Path) -> None:
    done = cli("test", "--junit", "no/such/results.xml")
    assert (done.code, done.out) == (2, "")


# GitHub.


def test_github_gets_failures_and_faults_at_their_lines(cli: Cli, failing: Path) -> None:
    Path("broken.kms.yaml").write_text("keys: {}\ntets: []\n")
    failing.write_text(failing.read_text().replace("the worker decrypts", '"100%: a, b"'))
    lines = [line for line in cli("test", ".", "--github").out.splitlines() if line.startswith("::")]
    broken, failed = lines
    assert broken.startswith("::error file=broken.kms.yaml,line=2,title=tets::unknown field `tets`")
    assert failed.startswith(
        f"::error file=kms-eval.yaml,line={LINE},title=100%25%3A a%2C b::failed: kms-eval.yaml:{LINE}: "
    )
    assert "%0A  expected allowed, got implicitDeny%0A" in failed


def test_github_gets_no_control_characters(cli: Cli, failing: Path) -> None:
    failing.write_text(failing.read_text().replace("the worker decrypts", '"\\e[2J\\r::a\\nb\\u202ec"'))
    (line,) = [line for line in cli("test", "--github").out.split("\n") if line.startswith("::")]
    assert r",title=\x1b[2J\r%3A%3Aa%0Ab\u202ec::failed: kms-eval.yaml:" in line
    assert line.isprintable()


def test_github_gets_tests_that_make_no_sense(cli: Cli, failing: Path) -> None:
    failing.write_text(failing.read_text().replace("kms:Decrypt\n    expect", "kms:Decrpt\n    expect"))
    assert f"::error file=kms-eval.yaml,line={LINE},title=tests[1]::unknown action" in cli("test", "--github").out


def test_github_gets_nothing_where_nothing_is_wrong(cli: Cli, scenario: Path) -> None:
    assert cli("test", "--github").out == "1 passed\n"


# Coverage.


def test_coverage_is_a_table_and_what_is_missing(cli: Cli, scenario: Path) -> None:
    done = cli("test", "--coverage")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["policy", "statements", "actions", "principals", "resources", "conditions", "covered"]
    assert lines[1].split() == ["policies/app.json", "1/2", "1/2", "1/2", "1/2", "-", "50%"]
    assert "  policies/app.json:11: app statement 1: no test touches this statement" in lines
    assert lines[-1] == "1 passed"


def test_coverage_goes_into_files(cli: Cli, scenario: Path) -> None:
    assert cli("test", "--coverage-json", "kms.json", "--coverage-html", "kms.html").code == 0
    data = json.loads(Path("kms.json").read_text())
    first = data["policies"][0]["statements"][0]
    assert (first["covered"], first["tests"]) == (True, ["kms-eval.yaml: the worker looks at the key"])
    page = Path("kms.html").read_text()
    assert page.startswith("<!doctype html>")
    assert '<div class="missed" id="file-0-11"><b>11</b>' in page


def test_too_little_coverage_is_1(cli: Cli, scenario: Path) -> None:
    assert cli("test", "--cov-fail-under", "10").code == 0
    done = cli("test", "--cov-fail-under", "90.5")
    assert done.code == 1
    assert done.err.startswith("kms-eval: not enough: ")
    assert done.err.endswith("% is covered, at least 90.5% has to be\n")
    assert done.out.endswith("1 passed\n")


@pytest.mark.parametrize("percent", ["much", "101", "-1", "nan"])
def test_what_is_no_percentage_is_2(cli: Cli, scenario: Path, percent: str) -> None:
    done = cli("test", f"--cov-fail-under={percent}")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"kms-eval: --cov-fail-under: `{percent}` is no percentage (0 to 100)\n"


def test_coverage_without_tests_says_so(cli: Cli, scenario: Path) -> None:
    scenario.write_text(SCENARIO.partition("tests:")[0])
    done = cli("test", "--coverage")
    assert (done.code, done.out) == (2, "")
    assert done.err == "kms-eval: there are no tests in what was named, and without tests there is no coverage\n"


def test_two_scenarios_that_share_a_policy_cover_it_together(cli: Cli, scenario: Path) -> None:
    other = SCENARIO.replace("kms:DescribeKey\n    expect: allowed", "kms:ScheduleKeyDeletion\n    expect: denied")
    Path("more").mkdir()
    Path("more/other.kms.yaml").write_text(other.replace("policies/", "../policies/"))
    out = cli("test", ".", "--coverage").out
    assert [line.split()[1] for line in out.splitlines() if line.startswith("policies/app.json")] == ["2/2"]
