"""``kms-eval who-can``: everybody who may perform an action, always or under conditions.

Comes in: a call. Goes out: principals with their reasons and conditions; 0, or with `--fail-if` also 1 or 3.
Never here: finding them (`analysis.access`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import arguments, options, switch
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.grids import NO_KEYS, circumstances, grid_of
from kms_eval.doors.cli.shared_options import (
    AnswerOptions,
    CircumstanceOptions,
    FilterOptions,
    FindingOptions,
    SpeakingOptions,
    WorldOptions,
    format_option,
)

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output
    from kms_eval.scenario import Scenario
    from kms_eval.world.checks import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(FilterOptions, CircumstanceOptions, AnswerOptions, FindingOptions, WorldOptions, SpeakingOptions):
    """List every principal that may perform ACTION: always, only under conditions (with them), or never.

    Principals are those the scenario describes and those its policies and grants name, with *anyone in account X* and
    *anyone at all* where a policy speaks to them. Where nobody has described a principal's identity policies, that one
    of them allows it is a condition. `*` is a wildcard in actions and keys. The exit code is 0; with `--fail-if` it is
    1 where one of those may in any request at all, and 3 where that cannot be established.

    `kms-eval who-can kms:Decrypt --key app`

    `kms-eval who-can kms:Decrypt kms:ReEncryptFrom --fail-if outside-account`
    """

    actions: tuple[str, ...] = arguments(
        "[ACTION...]", "What: kms:Decrypt, or a pattern such as `kms:*Key`.", "actions"
    )
    why_not: bool = switch("--why-not", help="Also why each of the others never may.")
    fail_if: tuple[str, ...] = options(
        "--fail-if",
        metavar="WHO",
        help="Exit with 1 where WHO may: outside-account, outside-organization, public, a principal or a glob.",
        complete="who",
    )
    format: str | None = format_option("text", "json", "csv")


def run(call: Call, output: Output) -> ExitCode:
    """Answer the call."""
    from kms_eval.analysis.access.grid import ACTIONS_ON_KEY
    from kms_eval.analysis.access.selection import chosen_askers, chosen_keys
    from kms_eval.analysis.access.who_can import who_can
    from kms_eval.doors.cli.opening import open_scenario
    from kms_eval.doors.cli.progress import tracking
    from kms_eval.doors.cli.writing import check_output, chosen_format, deliver, fitted, painting
    from kms_eval.doors.discovery import find
    from kms_eval.errors import InputError
    from kms_eval.render.who_can import render, render_csv, render_json

    check_output(call.output, [find(call.scenario)])
    form = chosen_format(call)
    named = (*call.actions, *call.action)
    if not named:
        raise InputError("name at least one action: `kms-eval who-can kms:Decrypt`")
    actions = _chosen_actions(named)
    asked = circumstances(call)
    opened = open_scenario(call.scenario, call)
    for line in opened.assumptions:
        output.notice(line)
    evaluator = opened.scenario.evaluator
    keys = chosen_keys(evaluator.world, call.key)
    watched = _watched(call, opened.scenario) if call.fail_if else None
    found = who_can(
        grid_of(evaluator, asked),
        chosen_askers(evaluator, call.principal),
        keys,
        actions,
        denials=call.why_not,
        track=tracking("Asking about everybody", output),
    )
    width = output.width if call.output is None else None
    text = {
        "text": lambda: fitted(render(found, paint=painting(call.output, output), width=width), call.output, output),
        "json": lambda: render_json(found),
    }
    deliver(output, call.output, [text.get(form, lambda: render_csv(found))()])
    if not keys and actions & ACTIONS_ON_KEY:
        output.notice(NO_KEYS)
    for line in opened.notices:
        output.notice(line)
    return _judged(watched, call, opened.scenario, output) if watched is not None else ExitCode.YES


def _chosen_actions(named: tuple[str, ...]) -> int:
    """The mask of the actions; the fault for a word that is not similar to any action also says how to name a key."""
    from kms_eval.analysis.access.selection import chosen_actions
    from kms_eval.errors import InputError

    try:
        return chosen_actions(named)
    except InputError as error:
        fault = error.faults[0]
        if "did you mean" in (fault.help or "") or not fault.message.startswith("unknown action"):
            raise
        raise InputError(replace(fault, help=f"{fault.help}, keys are named with `--key`")) from None


def _watched(call: Call, scenario: Scenario) -> Check:
    """The check that nobody named by `--fail-if` may do this. Raises InputError for names that match nobody."""
    from kms_eval.errors import InputError, Location
    from kms_eval.world.checks import check_of

    fields = {"nobody": call.fail_if, "may": (*call.actions, *call.action), "on": call.key or None}
    try:
        return check_of(fields, scenario.world)
    except InputError as error:
        place = Location(field="--fail-if")
        raise InputError([replace(fault, location=place) for fault in error.faults]) from None


def _judged(watched: Check, call: Call, scenario: Scenario, output: Output) -> ExitCode:
    """The exit code of the check, after saying why it does not hold."""
    from kms_eval.analysis.checking.checking import Checking

    now = datetime.now(UTC)
    result = Checking(scenario.evaluator, now=now, sources=call.scenario).run(watched)
    for line in str(result).split("\n") if not result else ():
        output.notice(line)
    verdicts = {"holds": ExitCode.YES, "fails": ExitCode.NO, "undetermined": ExitCode.OPEN}
    return verdicts[result.verdict]
