"""``kms-eval who-can``: everybody who may perform an action, always or under conditions.

Comes in: a call. Goes out: principals with their reasons and conditions; 0.
Never here: finding them (`analysis.who_can`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import (
    account_option,
    arguments,
    before_option,
    options,
    parameter_option,
    region_option,
    scenario_option,
    strict_option,
    switch,
    unknown_key_option,
    verbose_option,
)
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.grids import (
    at_option,
    chosen_format,
    circumstances,
    context_option,
    endpoint_option,
    format_option,
    grid_of,
    output_option,
)

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output
    from kms_eval.scenario import Scenario

_FORMS = ("text", "json", "csv")


@dataclass(frozen=True, slots=True)
class Call:
    """List every principal that may perform ACTION: always, only under conditions (with them), or never.

    Principals are those the scenario describes and those its policies and grants name, with *anyone in account X* and
    *anyone at all* where a policy speaks to them. Where nobody has described a principal's identity policies, that one
    of them allows it is a condition. `*` is a wildcard in actions and keys. The exit code is 0; with `--fail-if` it is
    1 where one of those may in any request at all, and 3 where that cannot be established.

    `kms-eval who-can kms:Decrypt --key app`
    """

    action: tuple[str, ...] = arguments("ACTION...", "What: kms:Decrypt, or a pattern such as `kms:*Key`.")
    key: tuple[str, ...] = options("--key", "-k", metavar="KEY", help="On which key; default: all.")
    context: tuple[str, ...] = context_option()
    at: str | None = at_option()
    vpc_endpoint: str | None = endpoint_option()
    why_not: bool = switch("--why-not", help="Also why each of the others never may.")
    fail_if: tuple[str, ...] = options(
        "--fail-if",
        metavar="WHO",
        help="Exit with 1 where WHO may: outside-account, outside-organization, public, a principal or a glob.",
    )
    format: str | None = format_option(*_FORMS)
    json: bool = switch("--json", help="One JSON object.")
    output: str | None = output_option("")
    scenario: tuple[str, ...] = scenario_option()
    account: str | None = account_option()
    region: str | None = region_option()
    before: bool = before_option()
    parameter: tuple[str, ...] = parameter_option()
    verbose: bool = verbose_option()
    strict: bool = strict_option()
    allow_unknown_key: bool = unknown_key_option()


def run(call: Call, output: Output) -> ExitCode:
    """Answer the call."""
    from kms_eval.analysis.access.selection import chosen_actions, chosen_askers, chosen_keys
    from kms_eval.analysis.access.who_can import who_can
    from kms_eval.doors.cli.opening import Sources, open_scenario
    from kms_eval.doors.cli.progress import tracking
    from kms_eval.doors.cli.writing import check_output, deliver, painting
    from kms_eval.doors.discovery import find
    from kms_eval.errors import InputError
    from kms_eval.render.who_can import render, render_csv, render_json

    check_output(call.output, [find(call.scenario)])
    form = chosen_format(call.format, call.output, _FORMS, json=call.json)
    if not call.action:
        raise InputError("name at least one action: `kms-eval who-can kms:Decrypt`")
    actions = chosen_actions(call.action)
    asked = circumstances(call.context, call.at, call.vpc_endpoint)
    opened = open_scenario(
        call.scenario, sources=Sources.of(call), strict=call.strict, allow_unknown_key=call.allow_unknown_key
    )
    evaluator = opened.scenario.evaluator
    keys = chosen_keys(evaluator.world, call.key)
    found = who_can(
        grid_of(evaluator, asked),
        chosen_askers(evaluator, ()),
        keys,
        actions,
        denials=call.why_not,
        track=tracking("Asking about everybody"),
    )
    text = {"text": lambda: render(found, paint=painting(call.output, output)), "json": lambda: render_json(found)}
    deliver(output, call.output, [text.get(form, lambda: render_csv(found))()])
    for line in opened.words:
        output.word(line)
    return _judged(call, opened.scenario, output) if call.fail_if else ExitCode.YES


def _judged(call: Call, scenario: Scenario, output: Output) -> ExitCode:
    """Whether any of those that `--fail-if` names may, in any request at all."""
    from kms_eval.analysis.checking.checking import Checking
    from kms_eval.world.checks import check_of

    fields = {"nobody": call.fail_if, "may": call.action, "on": call.key or None}
    now = datetime.now(UTC)
    result = Checking(scenario.evaluator, now=now, sources=call.scenario).run(check_of(fields, scenario.world))
    for line in str(result).split("\n") if not result else ():
        output.word(line)
    verdicts = {"holds": ExitCode.YES, "fails": ExitCode.NO, "undetermined": ExitCode.OPEN}
    return verdicts[result.verdict]
