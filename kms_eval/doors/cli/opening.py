"""The world that a call asks about: a scenario, or what is assumed without one, with the policies that the call names.

Comes in: the options of a call. Goes out: a `Scenario`. InputError with every fault in what was named.
Never here: the question itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from kms_eval.documents.findings import DocumentWarning, Findings
from kms_eval.documents.misplaced import misplaced
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.doors.cli.document_warnings import document_warning_lines
from kms_eval.doors.cli.shared_options import PlanOptions, SourceOptions, StrictOptions
from kms_eval.doors.cli.template_parameters import SharedParameters, parameters_by_name
from kms_eval.doors.discovery import NO_SCENARIO, find
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.formats.document import Place, SourceFile
from kms_eval.scenario import Scenario
from kms_eval.world.names import refuse_stranger, resolve_caller, resolve_key

if TYPE_CHECKING:
    from kms_eval.doors.cli.assumed import MadeUp
    from kms_eval.world.model import World

HERE = Path()
"""What paths on the command line are relative to."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A scenario to ask, and messages about how it was made; `assumptions` are shown before the answer.

    `made_up` is the key that was assumed if there is no scenario and no document names a key.
    """

    scenario: Scenario
    notices: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    made_up: MadeUp | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """Policies that the call itself names: one for the key, and some for the principal."""

    key_policy: Policy | None = None
    policies: tuple[Policy, ...] = ()
    warnings: tuple[DocumentWarning, ...] = ()


class Deciding(TypedDict):
    """What a call accepts or refuses."""

    allow_unknown_action: bool
    allow_unknown_key: bool
    strict: bool


def read_scenario(
    paths: Sequence[str | Path], call: SourceOptions, parameters: Mapping[str, str] | None = None
) -> Scenario:
    """The scenario that these sources make, read as the call says.

    `parameters` replace those of the call. Raises InputError.
    """
    trusted = call if isinstance(call, StrictOptions) else StrictOptions()
    return Scenario.load(
        list(paths),
        strict=trusted.strict,
        strangers=trusted.stranger,
        allow_unknown_action=trusted.allow_unknown_action,
        allow_unknown_key=trusted.allow_unknown_key,
        account=call.account,
        region=call.region,
        before=isinstance(call, PlanOptions) and call.before,
        parameters=parameters_by_name(call.parameter) if parameters is None else parameters,
    )


def recognised(scenario: Scenario, path: str | Path) -> list[str]:
    """What `--verbose` says about sources, the first of which is `path`."""
    return [f"recognised {line}" for line in scenario.loaded.recognised or (f"{path}: scenario",)]


def open_scenario(
    scenario: str | Sequence[str] | None,
    call: SourceOptions,
    *,
    key_policy: str | None = None,
    policies: Sequence[str] = (),
    principal: str | None = None,
    key: str | None = None,
) -> Opened:
    """The scenario that is named or found, with the given policies in place, read as the call says.

    `key_policy` replaces the policy of `key`, `policies` are attached to `principal`. If there is no scenario, they are
    enough: the key's account is then taken from them, and the principal has no other policies.
    """
    trusted = call if isinstance(call, StrictOptions) else StrictOptions()
    decided: Deciding = {
        "allow_unknown_action": trusted.allow_unknown_action,
        "allow_unknown_key": trusted.allow_unknown_key,
        "strict": trusted.strict,
    }
    named = (scenario,) if isinstance(scenario, str) else tuple(scenario or ())
    path = find(named[0] if named else None)
    given = _given(key_policy, policies, strict=trusted.strict)
    if path is None and given.key_policy is None and not given.policies:
        raise InputError(NO_SCENARIO)
    notices: list[str] = []
    assumptions: list[str] = []
    made_up: MadeUp | None = None
    if path is not None:
        opened = read_scenario([path, *named[1:]], call)
        assumptions += opened.loaded.words
        if call.verbose:
            notices += recognised(opened, path)
        if not named and (given.key_policy is not None or given.policies):
            notices.append(f"on top of the scenario {path}")
    else:
        from kms_eval.doors.cli.assumed import assumed

        SharedParameters(parameters_by_name(call.parameter)).refuse_missing()
        data, assumptions, made_up = assumed(
            principal, key, given.key_policy, given.policies, account=call.account, region=call.region
        )
        opened = Scenario.from_dict(data, base=HERE, strangers=trusted.stranger, **decided)
    loaded = opened.loaded
    if given.key_policy is not None or given.policies:
        findings = Findings()
        findings.warnings += given.warnings
        world = _with(loaded.world, given, principal, key, findings)
        findings.raise_faults(strict=trusted.strict)
        loaded = replace(loaded, world=world, warnings=(*loaded.warnings, *findings.warnings))
        opened = Scenario(loaded, **decided)
    return Opened(opened, (*notices, *document_warning_lines(loaded.warnings)), tuple(assumptions), made_up)


def _given(key_policy: str | None, policies: Sequence[str], *, strict: bool) -> Given:
    if key_policy is None and not policies:
        return Given()
    from kms_eval.world.attachments import Documents

    findings, documents = Findings(), Documents(HERE)
    call = Place(SourceFile(""))
    read = documents.policy(key_policy, call.at("--key-policy"), PolicyKind.KEY, findings) if key_policy else None
    attached = documents.policies(policies, call.at("--policy"), PolicyKind.IDENTITY, findings)
    findings.raise_faults(strict=strict)
    return Given(read, attached, tuple(findings.warnings))


def _with(world: World, given: Given, principal: str | None, key: str | None, findings: Findings) -> World:
    """The world with the given policies in it; remarks on ARNs of other partitions or Regions go to `findings`."""
    caller = resolve_caller(world, principal) if principal is not None else None
    if caller is not None:
        refuse_stranger(world, caller)
    if given.policies:
        attached_to = caller.principal if caller is not None else None
        if attached_to is None:
            message = f"`--policy` is attached to users and roles, and {quoted(principal or '')} is neither"
            raise InputError(Fault(message))
        for policy in given.policies:
            _report_misplaced(policy, findings, attached_to.arn.split(":", 2)[1])
        richer = replace(attached_to, policies=(*attached_to.policies, *given.policies), known=True)
        world = replace(world, principals={**world.principals, richer.arn: richer})
    if given.key_policy is not None:
        found = resolve_key(world, key, caller=caller).key
        _report_misplaced(given.key_policy, findings, found.partition, found.region)
        world = replace(world, keys={**world.keys, found.handle: replace(found, policy=given.key_policy)})
    return world


def _report_misplaced(policy: Policy, findings: Findings, partition: str, region: str | None = None) -> None:
    for remark in misplaced(policy, partition, region):
        findings.remark(policy.place or Place(SourceFile("")), remark)
