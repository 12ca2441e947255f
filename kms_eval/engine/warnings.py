"""Warnings about a decision, one row each.

Comes in: a trace. Goes out: warnings with code and sentence. Never here: deciding; warnings never change a decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kms_eval.codes import CODE
from kms_eval.engine.context import carried, derived
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.evaluator import Ruling
from kms_eval.engine.explanation import Warned
from kms_eval.engine.hindrances import uncarried
from kms_eval.engine.layers import GRANT
from kms_eval.engine.masks import ON_ALIAS, RETIRE_GRANT, published
from kms_eval.engine.near_misses import seen
from kms_eval.engine.questions import open_questions
from kms_eval.engine.resources import ANY_ALIAS
from kms_eval.engine.sensitivity import allowed_with, open_shapes
from kms_eval.engine.trace import Trace
from kms_eval.facts.condition_keys import spelled
from kms_eval.facts.key_states import OUTCOMES

_Found = Iterator[Warned]


def warnings(trace: Trace) -> _Found:
    """All warnings about one part's decision, without duplicates."""
    found = (warned for row in _ROWS for warned in row(trace))
    # Policy and question may spell the same condition key in different case.
    told: dict[tuple[str, str], Warned] = {}
    for warned in found:
        told.setdefault((warned.code, warned.message.lower()), warned)
    yield from told.values()


def request_warnings(ruling: Ruling) -> _Found:
    """Warnings about a request as a whole."""
    request, first = ruling.request, ruling.parts[0].part
    if request.vpc_endpoint is not None and first.situation.by_service:
        yield _say("endpoint-not-passed")
    if first.action == "kms:UpdatePrimaryRegion" and len(ruling.parts) == 1 and request.region is not None:
        yield _say("replica-not-described", region=request.region)


def _say(code: str, **names: str) -> Warned:
    return Warned(code, CODE[code].sentence.format(**names))


def _principal_not_described(trace: Trace) -> _Found:
    principal = trace.ruling.part.scope.caller.principal
    if principal is not None and not principal.known:
        yield _say("principal-not-described", principal=principal.arn)


def _given_context(trace: Trace) -> _Found:
    situation = trace.ruling.part.situation
    given = situation.circumstances.given
    for key, value in given.values.items():
        if not carried(situation.action, key) and published(situation.action) is not None:
            name = spelled(key, given.names.get(key))
            yield _say("context-not-carried-by-action", key=name, action=trace.ruling.part.action)
            continue
        fact = derived(situation, key)
        if isinstance(fact, tuple) and fact and fact != value and not _describes_request(key):
            yield _say("context-contradicts-fact", key=spelled(key), given=seen(value), fact=seen(fact))


def _uncarried_context(trace: Trace) -> _Found:
    for key, because in uncarried(trace.ruling.part.situation):
        yield _say("context-not-carried", key=spelled(key), because=because)


def _describes_request(key: str) -> bool:
    # These facts are only defaults of parameters and of a plain direct call; a different value contradicts nothing.
    return key in {"kms:encryptionalgorithm", "kms:policyname", "kms:keyspec", "kms:keyusage", "kms:keyorigin",
                   "kms:multiregion", "aws:viaawsservice", "aws:securetransport", "aws:currenttime", "aws:epochtime",
                   "aws:requestedregion"}  # fmt: skip


def _encryption_context(trace: Trace) -> _Found:
    part = trace.ruling.part
    action = published(part.action)
    ignored = action is not None and not action.encryption_context and part.action != "kms:CreateGrant"
    if part.circumstances.encryption_context and ignored:
        yield _say("encryption-context-ignored", action=part.action)


def _key_state(trace: Trace) -> _Found:
    key, action = trace.ruling.part.scope.target.key, published(trace.ruling.part.action)
    if key is None or action is None or trace.ruling.outcome != "allowed":
        return
    for operation in action.operations[:1]:
        error = OUTCOMES.get(operation, {}).get(key.state, "ok")
        if not error.startswith("ok"):
            yield _say("key-state", state=key.state, error=error)
    if action.key_usage and key.usage not in action.key_usage:
        yield _say("key-usage", usage=key.usage, action=action.name)
    if action.origins and key.origin not in action.origins:
        yield _say("key-origin", origin=key.origin, action=action.name)


def _alias(trace: Trace) -> _Found:
    target = trace.ruling.part.scope.target
    if target.kind == "alias" and trace.ruling.bit & ON_ALIAS:
        if target.arn.endswith(ANY_ALIAS):
            yield _say("alias-not-named")
        elif ":alias/aws/" in target.arn:
            yield _say("reserved-alias")


def _grants(trace: Trace) -> _Found:
    ruling = trace.ruling
    key = ruling.part.scope.target.key
    if key is None:
        return
    if ruling.bit == RETIRE_GRANT and len(key.grants) > 1 and ruling.part.circumstances.grant is None:
        yield _say("grant-not-named")
    yield from _grant_constraints(trace)


def _grant_constraints(trace: Trace) -> _Found:
    ruling = trace.ruling
    caller, key = ruling.part.scope.caller, ruling.part.scope.target.key
    if ruling.outcome == "allowed" or key is None:
        return
    action = published(ruling.part.action)
    carries = action is None or action.encryption_context
    given = (ruling.part.circumstances.encryption_context or {}) if carries else {}
    pairs = {name.lower(): value for name, value in given.items()}
    for entry in trace.about:
        if entry.layer == GRANT and entry.allowance is not None and not entry.applies(ruling.context):
            constraints = entry.allowance.grant.constraints
            equals = dict(constraints.encryption_context_equals or ())
            wanted = {name.lower(): value for name, value in (constraints.encryption_context_subset or equals.items())}
            if wanted and wanted.items() <= pairs.items() and not (equals and len(pairs) > len(wanted)):
                yield _say("grant-context-key-case")
    operation = ruling.part.action.partition(":")[2]
    for grant in key.grants:
        mine = caller.principal is not None and grant.grantee_principal in {caller.arn, caller.principal.arn}
        serves = mine and grant.constraints.source_arn is not None and operation in grant.operations
        if serves and allowed_with(trace, LayerIndex.GRANT):
            yield _say("grant-with-source-arn")


def _wildcard(trace: Trace) -> _Found:
    by_wildcard = any(
        entry.layer_index == LayerIndex.DIRECT
        and any(each.value == "*" for each in entry.rule.statement.principals or ())
        for entry in trace.counted
        if entry.rule is not None
    )
    if trace.ruling.outcome == "allowed" and by_wildcard and trace.silent_limits():
        yield _say("wildcard-not-limited")


def _external_root(trace: Trace) -> _Found:
    shape = trace.ruling.cell.shape
    if shape.root and not shape.own_account and trace.ruling.outcome == "allowed" and trace.ruling.bit != RETIRE_GRANT:
        yield _say("external-root-user")


def _session_not_named(trace: Trace) -> _Found:
    caller, key = trace.ruling.part.scope.caller, trace.ruling.part.scope.target.key
    if caller.kind != "role" or caller.principal is None or key is None or "assumed-role/" in caller.arn:
        return
    prefix = f"arn:{caller.partition}:sts::{caller.account}:assumed-role/{caller.principal.name}/"
    for rule in trace.rules(key.policy):
        named = (*(rule.statement.principals or ()), *(rule.statement.not_principals or ()))
        if rule.actions & trace.ruling.bit and any(entry.value.startswith(prefix) for entry in named):
            yield _say("session-not-named", principal=caller.principal.arn)


def _open_questions(trace: Trace) -> _Found:
    for code, key in open_questions(trace):
        yield _say(code, key=key, action=trace.ruling.part.action)


def _open_shapes(trace: Trace) -> _Found:
    yield from map(_say, open_shapes(trace))


def _unknown_may_deny(trace: Trace) -> _Found:
    if trace.ruling.outcome == "implicitDeny" and any(entry.layer_index == LayerIndex.DENY for entry in trace.unsure):
        yield _say("unknown-may-deny")


_ROWS: tuple[Callable[[Trace], _Found], ...] = (
    _principal_not_described,
    _given_context,
    _uncarried_context,
    _encryption_context,
    _key_state,
    _alias,
    _grants,
    _wildcard,
    _external_root,
    _session_not_named,
    _open_questions,
    _open_shapes,
    _unknown_may_deny,
)
