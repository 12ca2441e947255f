"""``--kms-cov`` in real runs of pytest, with one process and with several."""

from __future__ import annotations

import json

import pytest

from tests.doors.command_line import SCENARIO
from tests.doors.test_pytest_plugin import FAILING, TESTS, Project, loaded, project

__all__ = ["loaded", "project"]  # the fixtures

pytest_plugins = ["pytester"]


def table(result: pytest.RunResult) -> list[str]:
    """The lines of the report."""
    start = next(number for number, line in enumerate(result.outlines) if "kms-eval coverage" in line)
    end = next(number for number, line in enumerate(result.outlines) if number > start and line.startswith("="))
    return result.outlines[start + 1 : end]


def test_the_table_has_what_tests_of_both_kinds_touch(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO)
    project.write("test_it.py", TESTS)
    result = project.run("--kms-cov")
    result.assert_outcomes(passed=3)
    assert [line.split() for line in table(result)[:6]] == [
        ["policy", "statements", "actions", "principals", "resources", "conditions", "covered"],
        ["policies/app.json", "1/2", "1/2", "1/2", "1/2", "-", "50%"],
        ["app.kms.yaml", "(role/admin", "policies[0])", "0/1", "0/1", "-", "0/1", "-", "0%"],
        ["policies/worker.json", "1/2", "1/3", "-", "1/2", "0/1", "37%"],
        ["app.kms.yaml", "(grant", "grant-1)", "0/1", "0/2", "-", "-", "0/1", "0%"],
        ["kms-eval.yaml", "(role/admin", "policies[0])", "1/1", "1/1", "-", "1/1", "-", "100%"],
    ]
    result.stdout.fnmatch_lines(["*policies/app.json:11: app statement 1: no test touches this statement"])


def test_workers_are_counted_together(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO)
    project.write("test_it.py", TESTS)
    alone = table(project.run("--kms-cov"))
    assert table(project.run_apart("--kms-cov", "-n", "2")) == alone


def test_without_the_option_there_is_no_report(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO)
    assert "coverage" not in project.run().stdout.str()
    assert "coverage" not in project.run("--kms-cov", "--collect-only").stdout.str()


def test_json_and_html_are_written(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO)
    result = project.run_apart("--kms-cov-report=json:out/kms.json", "--kms-cov-report", "html:out/kms.html", "-n", "2")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["json report: out/kms.json", "html report: out/kms.html"])
    assert "statements" not in result.stdout.str()
    data = json.loads((project.pytester.path / "out" / "kms.json").read_text())
    assert data["decisions"] == 1
    assert data["policies"][0]["file"] == "policies/app.json"
    page = (project.pytester.path / "out" / "kms.html").read_text()
    assert "&quot;Action&quot;: &quot;kms:ScheduleKeyDeletion&quot;" in page


def test_a_report_that_cannot_be_written_is_said_and_fails_the_run(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO)
    result = project.run("--kms-cov-report=json:app.kms.yaml/kms.json")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["app.kms.yaml/kms.json: cannot be written: *"])


@pytest.mark.parametrize("kind", ["xml", "json", "html:", "term:file"])
def test_an_unknown_kind_of_report_is_a_usage_error(project: Project, kind: str) -> None:
    result = project.run(f"--kms-cov-report={kind}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*`{kind}` is none of `term`, `json:FILE` and `html:FILE`"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_too_little_fails_the_run(project: Project, workers: tuple[str, ...]) -> None:
    project.write("app.kms.yaml", SCENARIO)
    assert project.run("--kms-cov-fail-under=10", *workers).ret == pytest.ExitCode.OK
    result = project.run("--kms-cov-fail-under=90", *workers)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["not enough: *% is covered, at least 90% has to be"])


def test_a_run_without_tests_says_so(project: Project) -> None:
    project.write("test_it.py", "def test_it(): ...\n")
    result = project.run("--kms-cov", "--kms-cov-fail-under=1")
    result.stdout.fnmatch_lines(["no test asked anything, so there is nothing to report", "not enough: nothing is *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_failed_tests_and_broken_files_are_no_obstacle(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO + FAILING)
    project.write("broken.kms.yaml", "keys: [")
    result = project.run("--kms-cov")
    result.assert_outcomes(passed=1, failed=2)
    assert table(result)[1].startswith("policies/app.json")


def test_it_goes_together_with_pytest_cov(project: Project) -> None:
    pytest.importorskip("pytest_cov")
    project.write("app.kms.yaml", SCENARIO)
    project.write("test_it.py", "def test_it(): ...\n")
    result = project.run("--cov", "--cov-fail-under=1", "--kms-cov", "--kms-cov-fail-under=1")
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
