"""``kms-eval test``: the tests in scenario files.

Comes in: a call. Goes out: failures and a summary, reports; 0 if all passed, 1 if one failed or too little is covered,
2 if a file or a test makes no sense. Never here: what passing means (that is in `analysis.testing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import arguments, option, switch
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import (
    AnswerOptions,
    FindingOptions,
    SpeakingOptions,
    WorldOptions,
    format_option,
    words_option,
)

if TYPE_CHECKING:
    from kms_eval.analysis.testing import TestResult
    from kms_eval.doors.cli.coverage import CoverageRecorder
    from kms_eval.doors.cli.output import Output
    from kms_eval.errors import Fault
    from kms_eval.scenario import Scenario
    from kms_eval.world.cases import TestCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(AnswerOptions, FindingOptions, WorldOptions, SpeakingOptions):
    """Run the tests in scenario files, or in all scenario files of folders.

    Failures name the file and line of the test. The exit code is 0 where all tests passed, 1 where one failed or too
    little is covered, 2 where a file or a test makes no sense.

    `kms-eval test`

    `kms-eval test policies/ -k "decrypt and not admin" --junit results.xml`

    `kms-eval test --coverage --cov-fail-under 90`
    """

    path: tuple[str, ...] = arguments(
        "PATH", "Scenario files or folders; default: the scenario that is found.", "files"
    )
    keyword: str | None = words_option("tests")
    first: bool = switch("--exitfirst", "-x", help="Stop at the first test that does not pass.")
    junit: str | None = option("--junit", metavar="FILE", help="Also write the results as JUnit XML.", complete="files")
    github: bool = switch("--github", help="Also show failures beside their lines on GitHub.")
    coverage: bool = switch("--coverage", help="Show which statements and elements no test touches.")
    coverage_json: str | None = option(
        "--coverage-json", metavar="FILE", help="Also write coverage as JSON.", complete="files"
    )
    coverage_html: str | None = option(
        "--coverage-html", metavar="FILE", help="Also write coverage as a page.", complete="files"
    )
    cov_fail_under: str | None = option(
        "--cov-fail-under", metavar="PERCENT", help="Exit with 1 where less than this is covered."
    )
    format: str | None = format_option("text", "json", "junit", "github")


@dataclass(slots=True)
class _File:
    """One scenario file: the scenario, or its faults; and the results, each with the seconds it took."""

    path: Path
    scenario: Scenario | None = None
    faults: tuple[Fault, ...] = ()
    results: list[tuple[TestResult, float]] = field(default_factory=list)


def run(call: Call, output: Output) -> ExitCode:
    """Run the tests of every file; the other files are run even if one has faults."""
    from kms_eval.doors.cli.coverage import CoverageRecorder
    from kms_eval.doors.cli.gathering import named_paths
    from kms_eval.doors.cli.writing import check_output, chosen_format, deliver
    from kms_eval.errors import InputError

    form = chosen_format(call)
    recorder = CoverageRecorder.from_options(call.coverage, call.coverage_json, call.coverage_html, call.cov_fail_under)
    paths = named_paths(call.path, call.scenario)
    for written in (call.output, call.junit, call.coverage_json, call.coverage_html):
        check_output(written, paths)
    files = [_read(path, output, call) for path in paths]
    chosen = list(_chosen(files, call))
    wrong = any(file.faults for file in files)
    if not chosen and not wrong:
        raise InputError(_no_tests(call, files))
    for file in files:
        if file.scenario is not None and recorder is not None:
            recorder.coverage.add(file.scenario.evaluator)
    _run(chosen, call, recorder, output)
    results = [result for file in files for result, _seconds in file.results]
    _say_words(results, output)
    if call.junit is not None:
        _write_junit(call.junit, files)
    width = output.width if call.output is None else None
    table, enough = ("", True) if recorder is None else recorder.write(output, width)
    deliver(output, call.output, [_rendered(form, files, results, table, call=call, output=output), "\n"])
    outcomes = {result.outcome for result in results}
    if wrong or "invalid" in outcomes:
        return ExitCode.WRONG
    return ExitCode.NO if "failed" in outcomes or not enough else ExitCode.YES


def _read(path: Path, output: Output, call: Call) -> _File:
    from kms_eval.doors.cli.document_warnings import document_warning_lines
    from kms_eval.doors.cli.opening import read_scenario, recognised
    from kms_eval.errors import InputError

    try:
        scenario = read_scenario([path, *call.scenario[1:]], call)
    except InputError as error:
        output.error(str(error))
        return _File(path, faults=error.faults)
    for line in recognised(scenario, path) if call.verbose else ():
        output.notice(line)
    for line in document_warning_lines(scenario.loaded.warnings):
        output.notice(line)
    return _File(path, scenario)


def _chosen(files: Iterable[_File], call: Call) -> Iterator[tuple[_File, Scenario, TestCase]]:
    from kms_eval.doors.cli.keyword_expressions import case_matcher

    selected = case_matcher(call.keyword) if call.keyword is not None else None
    for file in files:
        for case in file.scenario.tests if file.scenario is not None else ():
            if file.scenario is not None and (selected is None or selected(case, file.scenario.world)):
                yield file, file.scenario, case


def _no_tests(call: Call, files: Iterable[_File]) -> str:
    from kms_eval.errors import quoted

    if call.keyword is not None and any(file.scenario is not None and file.scenario.tests for file in files):
        return f"no test has the words {quoted(call.keyword)}"
    uncovered = call.coverage or call.coverage_json or call.coverage_html or call.cov_fail_under
    return "there are no tests in what was named" + (", and without tests there is no coverage" if uncovered else "")


def _run(
    chosen: Sequence[tuple[_File, Scenario, TestCase]], call: Call, recorder: CoverageRecorder | None, output: Output
) -> None:
    from datetime import UTC, datetime
    from time import perf_counter

    from kms_eval.analysis.testing import run_test
    from kms_eval.doors.cli.progress import tracking

    now = datetime.now(UTC)
    for file, scenario, case in tracking("Running tests", output)(chosen):
        started = perf_counter()
        result = run_test(scenario.evaluator, case, now=now)
        file.results.append((result, perf_counter() - started))
        if recorder is not None and result.outcome != "invalid":
            recorder.record(scenario.evaluator, case, file.path, now)
        if call.first and result.outcome != "passed":
            break


def _say_words(results: Iterable[TestResult], output: Output) -> None:
    from kms_eval.render.results import render_doubts

    for result in results:
        for line in render_doubts(result):
            output.notice(f"warning: {line}")
        for fault in result.faults:
            output.error(str(fault))


def _rendered(
    form: str, files: Sequence[_File], results: Sequence[TestResult], table: str, *, call: Call, output: Output
) -> str:
    from kms_eval.doors.cli.writing import fitted, painting
    from kms_eval.render.github import of_fault, of_result
    from kms_eval.render.results import render_failure, render_json, summary

    left = sum(len(file.scenario.tests) for file in files if file.scenario is not None) - len(results)
    if form == "json":
        faults = [fault for file in files for fault in file.faults]
        return render_json(results, faults, left, ascii_only=output.ascii_only)
    if form == "junit":
        return _junit(files)
    lines: list[str] = []
    if form == "github" or call.github:
        lines += [of_fault(fault) for file in files for fault in file.faults]
    for result in results:
        if form == "text" and result.outcome == "failed":
            failure = render_failure(result, paint=painting(call.output, output))
            lines.append(fitted(failure, call.output, output))
        if form == "github" or call.github:
            lines += of_result(result)
    if table and form == "text":
        lines.append(table)
    return "\n".join([*lines, summary(results) + (f", {left} not run" if left else "")])


def _junit(files: Iterable[_File]) -> str:
    from kms_eval.render.junit import Suite, render

    return render([Suite(str(file.path), file.results, file.faults) for file in files]).removesuffix("\n")


def _write_junit(path: str, files: Iterable[_File]) -> None:
    from kms_eval.doors.output_files import write_whole

    write_whole(Path(path), [_junit(files), "\n"])
