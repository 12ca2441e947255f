"""The world that a call asks about: a scenario, or what is assumed without one, with the policies that the call names.

Comes in: the options of a call. Goes out: a `Scenario`. InputError with every fault of what was named.
Never here: the question itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kms_eval.documents.findings import DocumentWarning, Findings
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.doors.cli.document_warnings import document_warning_lines
from kms_eval.doors.discovery import NO_SCENARIO, find
from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.formats.document import Place, SourceFile
from kms_eval.scenario import Scenario
from kms_eval.world.names import refuse_stranger, resolve_caller, resolve_key

if TYPE_CHECKING:
    from kms_eval.world.model import World

HERE = Path()
"""What paths on the command line are relative to."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A scenario to ask, and what is to be said about how it came about; `assumptions` before anything else."""

    scenario: Scenario
    words: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """Policies that the call itself names: one for the key, and some for the principal."""

    key_policy: Policy | None = None
    policies: tuple[Policy, ...] = ()
    warnings: tuple[DocumentWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What a call says about its sources beside their paths."""

    account: str | None = None
    region: str | None = None
    before: bool = False
    parameters: tuple[str, ...] = ()
    verbose: bool = False

    @classmethod
    def of(cls, call: Any) -> Sources:
        """Those of a verb's call."""
        return cls(call.account, call.region, call.before, call.parameter, call.verbose)

    def values(self) -> dict[str, str]:
        """The parameters by name. Raises InputError for one that is no pair."""
        pairs = {}
        for text in self.parameters:
            name, equals, value = text.partition("=")
            if not equals or not name:
                raise InputError(Fault(f"{quoted(text)} is not NAME=VALUE", Location(field="--parameter")))
            pairs[name] = value
        return pairs


def open_scenario(
    scenario: str | Sequence[str] | None,
    *,
    sources: Sources | None = None,
    key_policy: str | None = None,
    policies: Sequence[str] = (),
    principal: str | None = None,
    key: str | None = None,
    strict: bool = False,
    strangers: bool = False,
    allow_unknown_action: bool = False,
    allow_unknown_key: bool = False,
) -> Opened:
    """The scenario that is named or found, with the given policies in place.

    `key_policy` replaces the policy of `key`, `policies` are attached to `principal`. Where there is no scenario they
    are enough: the key's account is then read off them, and the principal is described by nothing else. `strangers`
    lets the call be about anybody.
    """
    unknown = {"allow_unknown_action": allow_unknown_action, "allow_unknown_key": allow_unknown_key}
    named = (scenario,) if isinstance(scenario, str) else tuple(scenario or ())
    path = find(named[0] if named else None)
    given = _given(key_policy, policies, strict=strict)
    if path is None and given.key_policy is None and not given.policies:
        raise InputError(NO_SCENARIO)
    words: list[str] = []
    assumptions: list[str] = []
    if path is not None:
        said = Sources() if sources is None else sources
        opened = Scenario.load(
            [path, *map(Path, named[1:])],
            strict=strict,
            strangers=strangers,
            allow_unknown_action=allow_unknown_action,
            allow_unknown_key=allow_unknown_key,
            account=said.account,
            region=said.region,
            before=said.before,
            parameters=said.values(),
        )
        words += opened.loaded.words
        if said.verbose:
            words += [f"recognised {line}" for line in opened.loaded.recognised or (f"{path}: scenario",)]
        if not named and (given.key_policy is not None or given.policies):
            words.append(f"on top of the scenario {path}")
    else:
        from kms_eval.doors.cli.assumed import assumed

        data, assumptions = assumed(principal, key, given.key_policy, given.policies)
        opened = Scenario.from_dict(data, base=HERE, strangers=strangers, **unknown)
    loaded = opened.loaded
    if given.key_policy is not None or given.policies:
        world = _with(loaded.world, given, principal, key)
        loaded = replace(loaded, world=world, warnings=(*loaded.warnings, *given.warnings))
        opened = Scenario(loaded, **unknown)
    return Opened(opened, (*words, *document_warning_lines(loaded.warnings)), tuple(assumptions))


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


def _with(world: World, given: Given, principal: str | None, key: str | None) -> World:
    """The world with the given policies in it."""
    caller = resolve_caller(world, principal) if principal is not None else None
    if caller is not None:
        refuse_stranger(world, caller)
    if given.policies:
        person = caller.principal if caller is not None else None
        if person is None:
            message = f"`--policy` is attached to users and roles, and {quoted(principal or '')} is neither"
            raise InputError(Fault(message))
        richer = replace(person, policies=(*person.policies, *given.policies), known=True)
        world = replace(world, principals={**world.principals, richer.arn: richer})
    if given.key_policy is not None:
        found = resolve_key(world, key, caller=caller).key
        world = replace(world, keys={**world.keys, found.handle: replace(found, policy=given.key_policy)})
    return world
