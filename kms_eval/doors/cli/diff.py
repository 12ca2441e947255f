"""``kms-eval diff``: what a change of policies changes, before it is made.

Comes in: a call. Goes out: access that appears, disappears or gets different conditions; 1 if some appears that is not
expected. Never here: comparing (`analysis.access`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import arguments, option, options
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.grids import circumstances, grid_of
from kms_eval.doors.cli.shared_options import (
    AnswerOptions,
    CircumstanceOptions,
    FilterOptions,
    FindingOptions,
    SourceOptions,
    SpeakingOptions,
    StrictOptions,
    format_option,
)
from kms_eval.errors import Fault, InputError, Location, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from kms_eval.analysis.access.expected import Judged
    from kms_eval.documents.model import Policy, PolicyKind
    from kms_eval.doors.cli.compared_worlds import Sides
    from kms_eval.doors.cli.opening import Opened
    from kms_eval.doors.cli.output import Output
    from kms_eval.doors.cli.template_parameters import SharedParameters
    from kms_eval.engine.evaluator import Evaluator


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(
    FilterOptions,
    CircumstanceOptions,
    AnswerOptions,
    FindingOptions,
    SourceOptions,
    StrictOptions,
    SpeakingOptions,
):
    """Compare two sources, what is before and after a Terraform plan, or a scenario with a change of policies.

    For every principal, action and key: what access appears, what disappears, what gets other conditions. Conditions
    that get wider, or that cannot be compared, count as access that appears, and so does what only a later request
    meets, unless `--at` says when. The exit code is 1 where some appears that
    no `--allow` lists, and where a key is locked: nobody known could change its policy any more.

    `kms-eval diff before.yaml after.yaml`

    `kms-eval diff plan.json --scenario account/`

    `kms-eval diff kms-eval.yaml --base origin/main`

    `kms-eval diff --key-policy app=new.json --allow "role/ci kms:Decrypt app"`
    """

    scenarios: tuple[str, ...] = arguments(
        "[BEFORE] [AFTER]",
        "Two sources (scenarios, plans, templates, key policies); a plan alone; or one with what replaces policies.",
        "files",
    )
    key_policy: tuple[str, ...] = options(
        "--key-policy", metavar="[KEY=]FILE", help="After the change the key has this policy.", complete="files"
    )
    policy: tuple[str, ...] = options(
        "--policy",
        metavar="PRINCIPAL=FILE",
        help="After the change the user or role has this identity policy in place of all it has; again for more.",
        complete="files",
    )
    allow: tuple[str, ...] = options(
        "--allow",
        metavar="WHAT",
        help="Access that may appear: `PRINCIPAL [ACTION [KEY]]`, `*` is a wildcard.",
        complete="principals",
    )
    base: str | None = option(
        "--base", metavar="COMMIT", help="Compare a file or folder with what it is in that commit."
    )
    fail_on: str | None = option(
        "--fail-on",
        metavar="KINDS",
        help="Which changes fail, with commas: appears, widens, disappears, narrows, unknown; default: all but "
        "disappears and narrows.",
        complete="kinds of change",
    )
    caller: str | None = option(
        "--as", metavar="PRINCIPAL", help="Who puts the key policies: would AWS KMS take them?", complete="principals"
    )
    format: str | None = format_option("text", "markdown", "json")


def run(call: Call, output: Output) -> ExitCode:
    """Compare, and say what changes."""
    from kms_eval.analysis.access.access_diff import compare
    from kms_eval.analysis.access.expected import FAILING, expectation, judge, kinds_of_change, refuse_misnamed
    from kms_eval.analysis.access.losing import losing
    from kms_eval.analysis.access.selection import chosen_actions
    from kms_eval.doors.cli.progress import tracking
    from kms_eval.doors.cli.writing import check_output, chosen_format, deliver

    check_output(call.output, _inputs(call))
    form = chosen_format(call)
    expectations = [expectation(text) for text in call.allow]
    failing = FAILING if call.fail_on is None else kinds_of_change(_parted(call.fail_on), "--fail-on")
    actions = chosen_actions(call.action)
    asked = circumstances(call)
    before, after, notices = _sides(call)
    refuse_misnamed(expectations, before, after)
    grids = grid_of(before, asked), grid_of(after, asked)
    # Without `--at`, a change that only affects later requests counts as well.
    later = replace(asked, at=None)
    compared = compare(
        *(grids if call.at is not None else (grid_of(before, later), grid_of(after, later))),
        actions=actions,
        principals=call.principal,
        keys=call.key,
        track=tracking("Comparing everybody", output),
    )
    locked = losing(*grids, compared.changes, caller=call.caller)
    judged = judge(compared, expectations, failing=failing, locked=locked)
    deliver(output, call.output, [_rendered(judged, form, call, output)])
    for text in judged.idle:
        output.notice(f"warning: nothing appears that `--allow {text}` lists")
    for line in notices:
        output.notice(line)
    return ExitCode.NO if judged.findings else ExitCode.YES


def _rendered(judged: Judged, form: str, call: Call, output: Output) -> str:
    from kms_eval.doors.cli.writing import fitted, painting
    from kms_eval.render.access_diff import render, render_json, render_markdown

    if form == "text":
        return fitted(render(judged, paint=painting(call.output, output)), call.output, output)
    return render_markdown(judged) if form == "markdown" else render_json(judged)


def _parted(text: str) -> list[str]:
    return [each.strip() for each in text.split(",")]


def _inputs(call: Call) -> list[str | Path | None]:
    """The files that the call reads."""
    from kms_eval.doors.discovery import find

    policies = (pair.partition("=")[2] or pair for pair in (*call.key_policy, *call.policy))
    return [*(call.scenarios or [find(call.scenario)]), *policies]


def _opened(scenario: str | Sequence[str] | None, call: Call) -> Opened:
    from kms_eval.doors.cli.opening import open_scenario

    return open_scenario(scenario, call)


def _sides(call: Call) -> tuple[Evaluator, Evaluator, Sequence[str]]:
    from kms_eval.doors.cli.template_parameters import SharedParameters, parameters_by_name
    from kms_eval.engine.evaluator import Evaluator

    replacing = bool(call.key_policy or call.policy)
    named = call.scenarios
    if len(named) > 2:
        raise InputError("`diff` compares two sources")
    if not replacing:
        parameters = SharedParameters(parameters_by_name(call.parameter))
        sides = _of_sources(call, parameters)
        if sides is not None:
            parameters.refuse_missing()
            return sides.before.evaluator, sides.after.evaluator, sides.notices
    if named and call.scenario:
        raise InputError("name the scenario as BEFORE or with `--scenario`, not both")
    if len(named) < 2 and not replacing:
        advice = "name AFTER as well, or say what changes with `--key-policy KEY=FILE` or `--policy PRINCIPAL=FILE`"
        raise InputError(Fault("there is nothing to compare with", help=advice))
    opened = _opened(named[0] if named else call.scenario, call)
    notices = [*opened.assumptions, *opened.notices]
    other = opened
    if len(named) == 2:
        other = _opened(named[1], call)
        notices += [line for line in (*other.assumptions, *other.notices) if line not in notices]
    world = other.scenario.world
    from kms_eval.documents.model import PolicyKind
    from kms_eval.world.what_if import with_identity_policies, with_key_policies

    only = next(iter(world.keys)) if len(world.keys) == 1 else None
    named_keys = [pair if "=" in pair or only is None else f"{only}={pair}" for pair in call.key_policy]
    keys, more = _policies(named_keys, "--key-policy", PolicyKind.KEY, strict=call.strict)
    identity_policies, others = _policies(call.policy, "--policy", PolicyKind.IDENTITY, strict=call.strict)
    twice = next((name for name, policies in keys.items() if len(policies) > 1), None)
    if twice is not None:
        raise InputError(Fault(f"key {quoted(twice)} is given two policies", Location(field="--key-policy")))
    world = with_key_policies(world, {name: policies[0] for name, policies in keys.items()})
    world = with_identity_policies(world, identity_policies)
    return (
        opened.scenario.evaluator,
        Evaluator(
            world,
            allow_unknown_action=call.allow_unknown_action,
            allow_unknown_key=call.allow_unknown_key,
            strict=call.strict,
        ),
        [*notices, *more, *others],
    )


def _of_sources(call: Call, parameters: SharedParameters) -> Sides | None:
    """The sides that the sources themselves have; None if the call does not name two."""
    from pathlib import Path

    from kms_eval.doors.cli.compared_worlds import CompareOptions, of_commit, of_one_source, of_two_sources

    options = CompareOptions(
        base_sources=tuple(map(Path, call.scenario)),
        account=call.account,
        region=call.region,
        parameters=parameters,
        strict=call.strict,
        strangers=call.stranger,
        allow_unknown_action=call.allow_unknown_action,
        allow_unknown_key=call.allow_unknown_key,
    )
    if call.base is not None:
        if len(call.scenarios) > 1:
            raise InputError(Fault("`--base` compares one file with itself", Location(field="--base")))
        from kms_eval.doors.discovery import find

        source = call.scenarios[0] if call.scenarios else find(call.scenario)
        if source is None:
            raise InputError(Fault("there is nothing to compare", help="name the file or folder"))
        return of_commit(str(source), call.base, options if call.scenarios else replace(options, base_sources=()))
    if len(call.scenarios) == 2:
        return of_two_sources(*call.scenarios, options)
    return of_one_source(call.scenarios[0], options) if call.scenarios else None


def _policies(
    pairs: Sequence[str], option: str, kind: PolicyKind, *, strict: bool
) -> tuple[dict[str, tuple[Policy, ...]], list[str]]:
    """The policies by the names in front of them, and the warnings about them."""
    from kms_eval.documents.findings import Findings
    from kms_eval.doors.cli.document_warnings import document_warning_lines
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
    return found, document_warning_lines(findings.warnings)
