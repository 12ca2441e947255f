"""``kms-eval check``: what has to stay true, for every request that could be made.

Comes in: a call. Goes out: a verdict for each check; 0 if all hold, 1 if one fails, 3 if one is undetermined (and none
fails), 2 if a file or a check makes no sense. Never here: proving (`analysis.checking`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import arguments
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
    from kms_eval.doors.cli.output import Output
    from kms_eval.render.checks import CheckedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(AnswerOptions, FindingOptions, WorldOptions, SpeakingOptions):
    """Prove the checks in scenario files: sentences about everybody that have to stay true.

    A check is about all principals, those that nobody has described included, all keys and all requests that they
    could make. It holds, or it fails with a request that the engine has decided, or it is undetermined with what it
    hangs on. The exit code is 0 where all hold, 1 where one fails, 3 where one is undetermined.

    `kms-eval check`

    `kms-eval check policies/ --format github`
    """

    path: tuple[str, ...] = arguments(
        "PATH", "Scenario files or folders; default: the scenario that is found.", "files"
    )
    keyword: str | None = words_option("checks")
    format: str | None = format_option("text", "json", "junit", "github")


def run(call: Call, output: Output) -> ExitCode:
    """Run the checks of every file; the other files are checked even if one has faults."""
    from kms_eval.doors.cli.gathering import named_paths
    from kms_eval.doors.cli.writing import check_output, chosen_format, deliver, fitted, painting
    from kms_eval.errors import InputError
    from kms_eval.render import checks

    paths = named_paths(call.path, call.scenario)
    check_output(call.output, paths)
    form = chosen_format(call)
    files = [_checked(path, call, output) for path in paths]
    if not any(file.results or file.faults for file in files):
        raise InputError(
            f"no check has the words `{call.keyword}`" if call.keyword else "there are no checks in what was named"
        )
    texts = {
        "text": lambda: fitted(checks.render(files, paint=painting(call.output, output)), call.output, output),
        "json": lambda: checks.render_json(files),
        "junit": lambda: checks.render_junit(files),
        "github": lambda: checks.render_github(files),
    }
    if form != "text" or any(file.results for file in files):
        deliver(output, call.output, [texts[form]()])
    verdicts = {result.verdict for file in files for result in file.results}
    if any(file.faults for file in files):
        return ExitCode.WRONG
    if "fails" in verdicts:
        return ExitCode.NO
    return ExitCode.OPEN if "undetermined" in verdicts else ExitCode.YES


def _checked(path: Path, call: Call, output: Output) -> CheckedFile:
    from datetime import UTC, datetime

    from kms_eval.analysis.checking.checking import run_checks
    from kms_eval.doors.cli.document_warnings import document_warning_lines
    from kms_eval.doors.cli.keyword_expressions import keyword_matcher
    from kms_eval.doors.cli.opening import read_scenario, recognised
    from kms_eval.errors import InputError
    from kms_eval.render.checks import CheckedFile

    selected = keyword_matcher(call.keyword) if call.keyword is not None else None
    try:
        named: tuple[str | Path, ...] = (path, *call.scenario[1:])
        scenario = read_scenario(named, call)
        if call.verbose:
            for line in recognised(scenario, path):
                output.notice(line)
        for line in document_warning_lines(scenario.loaded.warnings):
            output.notice(line)
        chosen = [
            each
            for each in scenario.loaded.checks
            if selected is None or selected(f"{each.name} {each.sentence}".lower())
        ]
        return CheckedFile(
            str(path),
            list(run_checks(scenario.evaluator, chosen, now=datetime.now(UTC), sources=tuple(map(str, named)))),
        )
    except InputError as error:
        output.error(str(error))
        return CheckedFile(str(path), faults=error.faults)
