"""``kms-eval diff``: what a change of policies changes, before it is made.

Comes in: a call. Goes out: access that appears, disappears or has other conditions; 1 where some appears that nobody
expects. Never here: comparing (`analysis.access_diff`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import (
    account_option,
    arguments,
    before_option,
    options,
    parameter_option,
    scenario_option,
    strict_option,
    switch,
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
from kms_eval.errors import Fault, InputError, Location, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from kms_eval.analysis.access.expected import Judged
    from kms_eval.documents.model import Policy, PolicyKind
    from kms_eval.doors.cli.output import Output
    from kms_eval.engine.evaluator import Evaluator

_FORMS = ("text", "markdown", "json")


@dataclass(frozen=True, slots=True)
class Call:
    """Compare two scenarios, or a scenario with what it would be after a change of policies.

    For every principal, action and key: what access appears, what disappears, what gets other conditions. Conditions
    that get wider, or that cannot be compared, count as access that appears. The exit code is 1 where some appears that
    no `--allow` lists.

    `kms-eval diff before.yaml after.yaml`

    `kms-eval diff --key-policy app=new.json --allow "role/ci kms:Decrypt app"`
    """

    scenarios: tuple[str, ...] = arguments(
        "[BEFORE] [AFTER]", "Two scenario files; or one, or none where it is found, with policies to replace."
    )
    key_policy: tuple[str, ...] = options(
        "--key-policy", metavar="KEY=FILE", help="After the change the key has this policy."
    )
    policy: tuple[str, ...] = options(
        "--policy",
        "-p",
        metavar="PRINCIPAL=FILE",
        help="After the change the user or role has this identity policy in place of all it has; again for more.",
    )
    allow: tuple[str, ...] = options(
        "--allow", metavar="WHAT", help="Access that may appear: `PRINCIPAL [ACTION [KEY]]`, `*` is a wildcard."
    )
    action: tuple[str, ...] = options("--action", "-a", metavar="ACTION", help="Which actions; default: all.")
    context: tuple[str, ...] = context_option()
    at: str | None = at_option()
    vpc_endpoint: str | None = endpoint_option()
    format: str | None = format_option(*_FORMS)
    json: bool = switch("--json", help="One JSON object.")
    output: str | None = output_option("; `.md` is Markdown")
    scenario: tuple[str, ...] = scenario_option()
    account: str | None = account_option()
    before: bool = before_option()
    parameter: tuple[str, ...] = parameter_option()
    verbose: bool = verbose_option()
    strict: bool = strict_option()


def run(call: Call, output: Output) -> ExitCode:
    """Compare, and say what changes."""
    from kms_eval.analysis.access.access_diff import compare
    from kms_eval.analysis.access.expected import expectation, judge
    from kms_eval.analysis.access.selection import chosen_actions
    from kms_eval.doors.cli.progress import tracking
    from kms_eval.doors.cli.writing import check_output, deliver

    form = chosen_format(call.format, call.output, _FORMS, json=call.json)
    check_output(call.output, _inputs(call))
    expectations = [expectation(text) for text in call.allow]
    actions = chosen_actions(call.action)
    asked = circumstances(call.context, call.at, call.vpc_endpoint)
    before, after, words = _sides(call)
    compared = compare(
        grid_of(before, asked), grid_of(after, asked), actions=actions, track=tracking("Comparing everybody")
    )
    judged = judge(compared, expectations)
    deliver(output, call.output, [_rendered(judged, form, call, output)])
    for text in judged.idle:
        output.word(f"warning: nothing appears that `--allow {text}` lists")
    for line in words:
        output.word(line)
    return ExitCode.NO if judged.findings else ExitCode.YES


def _rendered(judged: Judged, form: str, call: Call, output: Output) -> str:
    from kms_eval.doors.cli.writing import painting
    from kms_eval.render.access_diff import render, render_json, render_markdown

    if form == "text":
        return render(judged, paint=painting(call.output, output))
    return render_markdown(judged) if form == "markdown" else render_json(judged)


def _inputs(call: Call) -> list[str | Path | None]:
    """The files that the call reads."""
    from kms_eval.doors.discovery import find

    policies = (pair.partition("=")[2] for pair in (*call.key_policy, *call.policy))
    return [*(call.scenarios or [find(call.scenario)]), *policies]


def _sides(call: Call) -> tuple[Evaluator, Evaluator, Sequence[str]]:
    from kms_eval.doors.cli.opening import Sources, open_scenario
    from kms_eval.engine.evaluator import Evaluator

    replacing = bool(call.key_policy or call.policy)
    named = call.scenarios
    if len(named) > 2:
        raise InputError("`diff` compares two scenarios")
    if len(named) == 1 and not replacing:
        return _sides_of_plan(call)
    if named and call.scenario:
        raise InputError("name the scenario as BEFORE or with `--scenario`, not both")
    if len(named) < 2 and not replacing:
        advice = "name AFTER as well, or say what changes with `--key-policy KEY=FILE` or `--policy PRINCIPAL=FILE`"
        raise InputError(Fault("there is nothing to compare with", help=advice))
    opened = open_scenario(named[0] if named else call.scenario, sources=Sources.of(call), strict=call.strict)
    words = list(opened.words)
    other = opened
    if len(named) == 2:
        other = open_scenario(named[1], sources=Sources.of(call), strict=call.strict)
        words += [line for line in other.words if line not in words]
    world = other.scenario.world
    if not replacing:
        return opened.scenario.evaluator, other.scenario.evaluator, words
    from kms_eval.analysis.access.what_if import with_identity_policies, with_key_policies
    from kms_eval.documents.model import PolicyKind

    keys, more = _policies(call.key_policy, "--key-policy", PolicyKind.KEY, strict=call.strict)
    people, others = _policies(call.policy, "--policy", PolicyKind.IDENTITY, strict=call.strict)
    twice = next((name for name, policies in keys.items() if len(policies) > 1), None)
    if twice is not None:
        raise InputError(Fault(f"key {quoted(twice)} is given two policies", Location(field="--key-policy")))
    world = with_key_policies(world, {name: policies[0] for name, policies in keys.items()})
    world = with_identity_policies(world, people)
    return opened.scenario.evaluator, Evaluator(world), [*words, *more, *others]


def _sides_of_plan(call: Call) -> tuple[Evaluator, Evaluator, Sequence[str]]:
    """What a Terraform plan changes, alone or in the world of `--scenario`."""
    from kms_eval.doors.cli.opening import Sources, open_scenario

    paths = (*call.scenario, *call.scenarios)
    said = Sources.of(call)
    after = open_scenario(paths, sources=replace(said, before=False), strict=call.strict)
    if not any("Terraform plan" in line for line in after.scenario.loaded.recognised):
        advice = "name AFTER as well, or say what changes with `--key-policy KEY=FILE` or `--policy PRINCIPAL=FILE`"
        raise InputError(Fault("there is nothing to compare with", help=advice))
    before = open_scenario(paths, sources=replace(said, before=True), strict=call.strict)
    words = [*before.words, *(line for line in after.words if line not in before.words)]
    return before.scenario.evaluator, after.scenario.evaluator, words


def _policies(
    pairs: Sequence[str], option: str, kind: PolicyKind, *, strict: bool
) -> tuple[dict[str, tuple[Policy, ...]], list[str]]:
    """The policies by the names in front of them, and what reading had to remark."""
    from kms_eval.documents.findings import Findings
    from kms_eval.doors.cli.notices import notice_lines
    from kms_eval.doors.cli.opening import HERE
    from kms_eval.formats.document import Place, SourceFile
    from kms_eval.world.attachments import Documents

    findings, documents = Findings(), Documents(HERE)
    found: dict[str, tuple[Policy, ...]] = {}
    place = Place(SourceFile("")).at(option)
    for pair in pairs:
        name, equals, path = pair.partition("=")
        if not (name and equals and path):
            findings.fault(place, f"{quoted(pair)} is not of the form `NAME=FILE`", f"write `{name or 'NAME'}=FILE`")
            continue
        policy = documents.policy(path, place, kind, findings)
        if policy is not None:
            found[name] = (*found.get(name, ()), policy)
    findings.raise_faults(strict=strict)
    return found, notice_lines(findings.notices)
