"""``kms-eval mutate``: whether the tests would notice a mistake in the policies.

Comes in: a call. Goes out: the mistakes that no test notices; 1 if there are any, or if tests fail without a mistake.
Never here: making mistakes and testing them (`analysis.mutating`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import option, optional_argument, options, switch
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import AnswerOptions, FindingOptions, SpeakingOptions, WorldOptions

if TYPE_CHECKING:
    from pathlib import Path

    from kms_eval.analysis.mutating.mutation import MutationReport
    from kms_eval.doors.cli.output import Output
    from kms_eval.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(AnswerOptions, FindingOptions, WorldOptions, SpeakingOptions):
    """Change one thing in the policies at a time, and see whether the tests of the scenario notice.

    Lists the mistakes that no test notices, the most dangerous first: those that allow more. Each comes with the change
    and with a request that would tell. Mistakes that make no difference to any request are left out. The exit code is 1
    where there is one, or where tests fail before anything is changed.

    `kms-eval mutate scenarios/app.kms.yaml`
    """

    path: str | None = optional_argument("[PATH]", "The scenario; default: the one that is found.", "files")
    kind: tuple[str, ...] = options(
        "--kind", metavar="KIND", help="Only this kind of mistake; `--kinds` lists them.", complete="kinds of mistake"
    )
    kinds: bool = switch("--kinds", help="List the kinds of mistake.")
    least: str | None = option("--fail-under", metavar="PERCENT", help="Exit with 0 where so many are noticed.")
    most: str | None = option("--most", "-n", metavar="NUMBER", help="Show so many at most; default: 20.")


_SHOWN = 20


def run(call: Call, output: Output) -> ExitCode:
    """Try all mistakes."""
    from datetime import UTC, datetime

    from kms_eval.analysis.mutating.mutants import known_kinds
    from kms_eval.analysis.mutating.mutation import all_mutants, failing_tests, mutate
    from kms_eval.doors.cli.numbers import count, percentage
    from kms_eval.doors.cli.progress import tracking
    from kms_eval.doors.cli.writing import check_output, chosen_format, deliver

    if call.kinds:
        output.answer("\n".join(_kinds()))
        return ExitCode.YES
    path = _path(call)
    check_output(call.output, [path])
    form = chosen_format(call)
    kinds = known_kinds(call.kind, "--kind")
    least = None if call.least is None else percentage(call.least, "--fail-under")
    most = _SHOWN if call.most is None else count(call.most, "--most")
    scenario = _scenario(path, call, output)
    now = datetime.now(UTC).replace(microsecond=0)
    failing = failing_tests(scenario.evaluator, scenario.tests, now)
    if failing:
        for result in failing:
            place = result.case.place.location()
            where = f"{place.file or ''}:{place.line or ''}: {result.case.name}"
            for fault in result.faults:
                output.error(str(fault))
            for mismatch in result.mismatches:
                output.error(f"{where}: does not pass: {mismatch}")
        output.error("the tests have to pass before they can tell anything: see `kms-eval test`")
        return ExitCode.WRONG if any(result.faults for result in failing) else ExitCode.NO
    mutants = all_mutants(scenario.evaluator, kinds)
    track = tracking("Trying mistakes", output)
    report = mutate(scenario.evaluator, scenario.tests, mutants, now, track)
    deliver(
        output,
        call.output,
        [_rendered(report, form, call=call, most=most, output=output, sources=(str(path), *call.scenario[1:]))],
    )
    enough = not report.survivors if least is None else report.score >= least
    return ExitCode.YES if enough else ExitCode.NO


def _rendered(
    report: MutationReport, form: str, *, call: Call, most: int, output: Output, sources: tuple[str, ...]
) -> str:
    from kms_eval.doors.cli.writing import fitted, painting
    from kms_eval.render.mutation import render, render_json

    if form == "json":
        return render_json(report)
    text = render(report, most=most, paint=painting(call.output, output), sources=sources)
    return fitted(text, call.output, output)


def _kinds() -> list[str]:
    from kms_eval.analysis.mutating.mutants import KINDS

    width = max(len(kind.name) for kind in KINDS)
    return [f"{kind.name.ljust(width)}  {kind.summary}" for kind in KINDS]


def _path(call: Call) -> Path:
    from kms_eval.doors.discovery import NO_SCENARIO, find
    from kms_eval.errors import InputError

    if call.path and call.scenario:
        raise InputError("name the scenario as PATH or with `--scenario`, not both")
    found = find(call.path or call.scenario)
    if found is None:
        raise InputError(NO_SCENARIO)
    return found


def _scenario(path: Path, call: Call, output: Output) -> Scenario:
    from kms_eval.doors.cli.document_warnings import document_warning_lines
    from kms_eval.doors.cli.opening import read_scenario, recognised
    from kms_eval.errors import InputError

    scenario = read_scenario([path, *call.scenario[1:]], call)
    for line in recognised(scenario, path) if call.verbose else ():
        output.notice(line)
    for line in document_warning_lines(scenario.loaded.warnings):
        output.notice(line)
    if not scenario.tests:
        raise InputError(f"{path} has no tests, so nothing could be noticed")
    return scenario
