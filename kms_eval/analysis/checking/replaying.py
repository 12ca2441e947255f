"""Requests made of what the solver found: decided by the engine before they are shown, and written as a command.

Comes in: a model and whom it is about. Goes out: a witness that the engine has decided; None if the engine does not
agree, or if no such request could carry this context. Never here: finding models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from shlex import join

from kms_eval.analysis.access.open_conditions import OpenConditions
from kms_eval.analysis.access.partial_evaluation import PartialEvaluation
from kms_eval.analysis.checking.everybody import Someone
from kms_eval.analysis.checking.results import Witness
from kms_eval.analysis.proving.requirements import Found
from kms_eval.analysis.proving.solving import Literal
from kms_eval.documents.findings import Findings
from kms_eval.documents.model import Grant, PolicyKind
from kms_eval.engine.cell import CLOCK
from kms_eval.engine.context import is_fixed
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explain import explain
from kms_eval.errors import InputError
from kms_eval.facts.condition_keys import spelled
from kms_eval.formats.document import Place, SourceFile
from kms_eval.language.values import instant
from kms_eval.world.attachments import Documents
from kms_eval.world.model import Key, Principal
from kms_eval.world.names import resolve_caller
from kms_eval.world.request import Request, request

_CONTEXT = "kms:encryptioncontext:"
_CONTEXT_KEYS = "kms:encryptioncontextkeys"
_ALIAS = "kms:requestalias"
_ARN = "aws:principalarn"
_OF_THE_CALLER = frozenset({_ARN, "kms:calleraccount", "aws:principalaccount"})
_REFUSED = frozenset({"context-not-carried", "context-not-carried-by-action", "context-contradicts-fact"})
"""Warnings about context that no such request can have."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Makes requests for one world, at one time, and has them decided.

    `sources` are what commands name as the scenario.
    """

    evaluator: Evaluator
    now: datetime
    sources: tuple[str, ...] = ()

    def witness(
        self, someone: Someone, action: str, key: Key | None, found: Found, names: Mapping[str, str]
    ) -> Witness | None:
        """The request of a model, if the engine allows it. `names` spells condition keys as policies do."""
        principal = _principal(someone, found)
        if principal is None:
            return None
        asked = self._request(principal, action, key, found, names)
        return None if asked is None else self.decided(someone, asked, key, own_policy=found.own_policy, allowed=True)

    def decided(
        self, someone: Someone, asked: Request, key: Key | None, *, own_policy: bool = False, allowed: bool
    ) -> Witness | None:
        """The request with the engine's decision; None if that is not the expected one."""
        policy = _allowing(asked.action) if own_policy else None
        try:
            evaluator = self.evaluator if policy is None else self._with_policy(asked.principal, policy)
            timed = asked if asked.at is not None else replace(asked, at=self.now)
            ruling = evaluator.rule(timed)
        except InputError:
            return None
        if (ruling.outcome == "allowed") is not allowed or ruling.outcome == "undetermined":
            return None
        explanation = explain(evaluator, ruling)
        if any(warned.code in _REFUSED for warned in explanation.warnings):
            return None
        asker = someone.asker
        who = asker.label if asker.is_one else f"{asker.label}, such as {asked.principal}"
        handle = key.handle if key is not None else None
        command = join(self._command(asked, policy))
        short = join([asker.label if asker.is_one else asked.principal, asked.action, *_options(asked)])
        return Witness(asked, who, handle, ruling.outcome, explanation.reason, command, short, policy)

    def _request(
        self, principal: str, action: str, key: Key | None, found: Found, names: Mapping[str, str]
    ) -> Request | None:
        context: dict[str, tuple[str, ...]] = {}
        pairs = dict(found.encryption_context)
        at, named = None, key.handle if key is not None else None
        # The names of an encryption context come last, so that only pairs without a value are made up.
        for name, values in sorted(found.model.values.items(), key=lambda each: each[0] == _CONTEXT_KEYS):
            if values is None or name in _OF_THE_CALLER:
                continue
            if name in CLOCK:
                at = datetime.fromtimestamp(float(instant(values[0])), tz=self.now.tzinfo)
            elif name.startswith(_CONTEXT):
                written = _spelled(names.get(name, name)[len(_CONTEXT) :], found.model.values.get(_CONTEXT_KEYS))
                if not any(each.lower() == written.lower() for each in pairs):
                    pairs[written] = values[0]
            elif name == _CONTEXT_KEYS:
                pairs |= {each: "example" for each in values if each not in pairs}
            elif name == _ALIAS:
                named = values[0]
            elif name != "aws:viaawsservice" or values == ("true",):
                # Often all that matters is that there is a value: then another one will do, if the engine agrees.
                context[spelled(name, names.get(name))] = self.evaluator.context_rules.fitting(name, values)
        endpoint = self._endpoint(context)
        try:
            return request(
                principal, action, named, context=context, encryption_context=pairs or None, vpc_endpoint=endpoint,
                at=at, grant=found.retired or _child(principal, found.parent),
                stranger=self.evaluator.caller(principal).stranger,
            )  # fmt: skip
        except InputError:
            return None

    def _endpoint(self, context: dict[str, tuple[str, ...]]) -> str | None:
        """An endpoint of the world that has the id the request is to come through."""
        known = context.get("aws:SourceVpce", ())
        if len(known) == 1 and known[0] in self.evaluator.world.vpc_endpoints:
            del context["aws:SourceVpce"]
            return known[0]
        return None

    def _with_policy(self, principal: str, policy: str) -> Evaluator:
        """The same world, except that the principal has that identity policy as well."""
        world = self.evaluator.world
        person = resolve_caller(world, principal).principal
        findings = Findings()
        read = Documents(Path()).policy(policy, Place(SourceFile("")), PolicyKind.IDENTITY, findings)
        if person is None or read is None:
            raise InputError("only users and roles have identity policies")
        richer: Principal = replace(person, policies=(*person.policies, read), known=True)
        return Evaluator(replace(world, principals={**world.principals, richer.arn: richer}))

    def _command(self, asked: Request, policy: str | None) -> list[str]:
        words = ["kms-eval", "can", asked.principal, asked.action, *_options(asked)]
        words += ["--policy", policy] if policy is not None else []
        return [*words, *(word for source in self.sources for word in ("-s", source))]


def _options(asked: Request) -> list[str]:
    """What a request says besides its principal and action."""
    words = ["--key", asked.key] if asked.key is not None else []
    words += [w for name, values in asked.context.items() for text in values for w in ("-c", f"{name}={text}")]
    pairs = asked.encryption_context or {}
    words += [w for name, text in pairs.items() for w in ("--encryption-context", f"{name}={text}")]
    words += ["--vpc-endpoint", asked.vpc_endpoint] if asked.vpc_endpoint is not None else []
    words += ["--grant", _grant_text(asked.grant)] if asked.grant is not None else []
    words += ["--at", asked.at.strftime("%Y-%m-%dT%H:%M:%SZ")] if asked.at is not None else []
    return [*words, *(["--stranger"] if asked.stranger else [])]


def opened(
    open_conditions: OpenConditions, values: Mapping[str, tuple[str, ...] | None], half: PartialEvaluation, action: str
) -> dict[str, tuple[str, ...] | None]:
    """Those values of a model that a request carries, or that follow from the choice of one of many callers."""
    asked, with_key = action.lower(), half.cell.scope.target.kind == "key"
    chosen = open_conditions.open_among(frozenset(values), half.cell.scope, half.unknown, asked)
    return {
        key: value
        for key, value in values.items()
        if key in chosen and (key.startswith(half.unknown) or not is_fixed(asked, key, with_key=with_key))
    }


def names_in(halves: Sequence[PartialEvaluation], extra: Sequence[Literal] = ()) -> dict[str, str]:
    """Condition keys as policies spell them, by their canonical name."""
    tests = [each.test for each in extra]
    for half in halves:
        for entry in half.pending:
            if entry.rule is not None and entry.rule.condition is not None:
                tests += entry.rule.condition.tests
    return {test.key: test.written.key for test in tests}


def _spelled(name: str, among: tuple[str, ...] | None) -> str:
    """The name of a pair as it is spelled among the keys of the encryption context, where case matters."""
    return next((each for each in among or () if each.lower() == name.lower()), name)


def _principal(someone: Someone, found: Found) -> str | None:
    if someone.arns is None:
        return someone.asker.caller.arn
    values = found.model.values
    chosen = values.get(_ARN)
    if chosen:
        return chosen[0]
    account = values.get("kms:calleraccount") or values.get("aws:principalaccount")
    if account:
        text = f"arn:{someone.asker.caller.partition}:iam::{account[0]}:role/anyone"
        return text if all(clause.has(text) for clause in someone.arns.clauses) else None
    return someone.arn()


def _allowing(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement}, separators=(",", ":"))


def _child(principal: str, parent: Grant | None) -> dict[str, object] | None:
    """The request of CreateGrant for a grant within its parent (semantics G18, G19)."""
    if parent is None:
        return None
    wanted = [each for each in parent.operations if each != "CreateGrant"][:1]
    constraints = parent.constraints
    said: dict[str, object] = {}
    if constraints.encryption_context_equals is not None:
        said["EncryptionContextEquals"] = dict(constraints.encryption_context_equals)
    if constraints.encryption_context_subset is not None:
        said["EncryptionContextSubset"] = dict(constraints.encryption_context_subset)
    if constraints.source_arn is not None:
        said["SourceArn"] = constraints.source_arn
    return {"GranteePrincipal": principal, "Operations": wanted, **({"Constraints": said} if said else {})}


def _grant_text(grant: Grant | str) -> str:
    if isinstance(grant, str):
        return grant
    return json.dumps(_child(grant.grantee_principal or "", grant), separators=(",", ":"))
