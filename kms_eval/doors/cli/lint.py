"""``kms-eval lint``: what is wrong with policies and grants, without asking about a request.

Comes in: a call. Goes out: findings as text, JSON, SARIF or GitHub's annotations; 0 if nothing is found, 1 if something
is, 2 if what was named cannot be read. Never here: rules (`analysis.linting`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import arguments, option, options, switch
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import (
    AnswerOptions,
    FindingOptions,
    PlanOptions,
    SourceOptions,
    SpeakingOptions,
    format_option,
)

if TYPE_CHECKING:
    from kms_eval.analysis.linting.finding import Report
    from kms_eval.doors.cli.output import Output

_LEVELS = ("error", "warning", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(AnswerOptions, FindingOptions, SourceOptions, PlanOptions, SpeakingOptions):
    """Find what AWS refuses in policies and grants, what does not do what it says, and what is wider than it looks.

    Each rule has a code, and a page: `kms-eval code KMS201`. `# kms-eval: ignore KMS201 reason` in a YAML file ignores
    what begins on that line, or on the next one; for JSON files there is the table `[tool.kms-eval.lint]` of
    pyproject.toml. The exit code is 1 where something is found.

    `kms-eval lint policies/app.json --format github`
    """

    path: tuple[str, ...] = arguments(
        "[SOURCE]", "Policy files, scenarios, other sources, folders; each by itself.", "files"
    )
    select: tuple[str, ...] = options(
        "--select", metavar="CODES", help="Only rules whose codes begin so.", complete="rules"
    )
    ignore: tuple[str, ...] = options(
        "--ignore", metavar="CODES", help="No rules whose codes begin so.", complete="rules"
    )
    level: str | None = option(
        "--level", metavar="LEVEL", help="Only this level and above: error, warning or note.", choices=_LEVELS
    )
    policy_type: str | None = option(
        "--policy-type",
        metavar="TYPE",
        help="What policy files are: key, identity, boundary, session, scp, rcp or endpoint.",
        choices=("key", "identity", "boundary", "session", "scp", "rcp", "endpoint"),
    )
    baseline: str | None = option(
        "--baseline",
        metavar="FILE",
        help="Leave out what is in this file, which is written where it is not there.",
        complete="files",
    )
    fix: bool = switch("--fix", help="First take out of policy files and scenarios what changes no decision.")
    format: str | None = format_option("text", "json", "sarif", "github")


def run(call: Call, output: Output) -> ExitCode:
    """Look for findings, and report them."""
    from kms_eval.doors.cli.linting import Inputs, LintOptions, lint, named_kind
    from kms_eval.doors.cli.writing import check_output, chosen_format, deliver

    inputs = Inputs.of(call.path, call.scenario, call)
    check_output(call.output, (*inputs.paths, *inputs.together))
    form = chosen_format(call)
    options = LintOptions(call.select, call.ignore, call.level or "note", named_kind(call.policy_type), call.baseline)
    result = lint(inputs, options)
    if call.fix:
        from kms_eval.doors.cli.linting import fix

        fixed = list(fix(result))
        for line in fixed:
            output.notice(line)
        result = lint(inputs, options) if fixed else result
    for line in result.notices:
        output.notice(line)
    for line in result.unreadable:
        output.error(line)
    if result.baseline is not None:
        output.notice(result.baseline.write(result.report))
        return ExitCode.WRONG if result.unreadable else ExitCode.YES
    if result.report or form != "text" or not result.unreadable:
        deliver(output, call.output, [_TEXTS[form](result.report, output, call.output), "\n"])
    if result.unreadable:
        return ExitCode.WRONG
    return ExitCode.NO if result.report else ExitCode.YES


def _text(report: Report, output: Output, path: str | None) -> str:
    from kms_eval.doors.cli.writing import fitted, painting
    from kms_eval.render.lint_text import render

    width = output.width if path is None else None
    return fitted(render(report, paint=painting(path, output), width=width), path, output)


def _json(report: Report, output: Output, path: str | None) -> str:
    from kms_eval.render.json_document import json_document

    return json_document(report.to_dict(), ascii_only=output.ascii_only)


def _sarif(report: Report, output: Output, path: str | None) -> str:
    from kms_eval import __version__
    from kms_eval.render.sarif import render

    return render(report, version=__version__)


def _github(report: Report, output: Output, path: str | None) -> str:
    from kms_eval.render.github import of_finding
    from kms_eval.render.lint_text import summary

    return "\n".join([*map(of_finding, report.findings), summary(report)])


_TEXTS: dict[str, Callable[[Report, Output, str | None], str]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
}
