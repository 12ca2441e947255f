"""Whether a decision depends on an open question: the other answer is tried, to see whether it changes the decision.

Comes in: a trace. Goes out: entries and codes of warnings. Never here: which readings a statement has (`questions`),
sentences. Nothing is reported where the decision is the same in either reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from kms_eval.engine import decide
from kms_eval.engine.cell import Outcome
from kms_eval.engine.decide import LayerIndex, Shape
from kms_eval.engine.entries import Entry
from kms_eval.engine.grants import names_account
from kms_eval.engine.layers import GRANT
from kms_eval.engine.masks import RETIRE_GRANT
from kms_eval.engine.principals import Grade, account_of, grade
from kms_eval.engine.trace import Trace


def decisive_entries(trace: Trace, uncertain: Collection[Entry]) -> Sequence[Entry]:
    """Those of the `uncertain` entries, which count in one reading only, on which the decision depends.

    Each entry that changes the decision alone; if none does, a minimal set that changes it together.
    """
    if not uncertain or trace.ruling.cell.doubtful & trace.ruling.bit:
        return tuple(uncertain)
    alone = [entry for entry in uncertain if _reverses(trace, (entry,))]
    if alone or not _reverses(trace, uncertain):
        return alone
    needed = list(uncertain)
    for entry in uncertain:
        fewer = [each for each in needed if each is not entry]
        if _reverses(trace, fewer):
            needed = fewer
    return needed


def _reverses(trace: Trace, other_way: Collection[Entry]) -> bool:
    counted = {id(entry) for entry in trace.counted} ^ {id(entry) for entry in other_way}
    return _outcome(trace, [entry for entry in trace.about if id(entry) in counted]) != trace.ruling.outcome


def _outcome(
    trace: Trace, counted: Collection[Entry], *, also: Collection[LayerIndex] = (), shape: Shape | None = None
) -> Outcome:
    """The outcome if exactly those entries counted, and something allowed in the slots `also`."""
    cell, bit = trace.ruling.cell, trace.ruling.bit
    sums = [0] * len(cell.sums)
    for entry in counted:
        sums[entry.layer_index] |= bit
    for layer_index in also:
        sums[layer_index] |= bit
    if sums[LayerIndex.DENY]:
        return "explicitDeny"
    return "allowed" if decide.allowed(sums, shape or cell.shape) & bit else "implicitDeny"


def allowed_with(trace: Trace, layer_index: LayerIndex) -> bool:
    """Whether the request would be allowed if something allowed it in that slot as well."""
    return _outcome(trace, trace.counted, also=(layer_index,)) == "allowed"


def open_shapes(trace: Trace) -> Iterator[str]:
    """The codes of warnings about open questions on how layers combine and whom statements match, where one decides."""
    if trace.ruling.cell.doubtful & trace.ruling.bit:
        return
    now = trace.ruling.outcome
    if now == "implicitDeny":
        yield from _of_silence(trace)
    elif now == "explicitDeny":
        yield from _of_denies(trace)


def _of_silence(trace: Trace) -> Iterator[str]:
    shape, scope = trace.ruling.cell.shape, trace.ruling.part.scope
    if trace.ruling.bit == RETIRE_GRANT:
        if _outcome(trace, trace.counted, shape=replace(shape, limits=(), gates=())) == "allowed":
            yield "retirement-limited"
        return
    without_limits = replace(shape, grant_limits=())
    if LayerIndex.GRANT in trace.layer_indexes and _outcome(trace, trace.counted, shape=without_limits) == "allowed":
        yield "grant-limited"
    if LayerIndex.GRANT not in trace.layer_indexes:
        yield from _of_grants(trace)
    if shape.limits != shape.grant_limits:
        without_void = replace(shape, limits=shape.grant_limits)
        if _outcome(trace, trace.counted, shape=without_void) == "allowed":
            yield "federated-user-without-session-policies"
    wildcard = scope.caller.kind == "service" and _aws_wildcard(trace)
    if wildcard and allowed_with(trace, LayerIndex.DIRECT):
        yield "aws-wildcard-and-services"


def _of_grants(trace: Trace) -> Iterator[str]:
    if LayerIndex.GRANT_WITH_IDENTITY in trace.layer_indexes and allowed_with(trace, LayerIndex.GRANT):
        if not trace.ruling.cell.shape.own_account:
            yield "grant-needs-identity-policy"
        if _names_account(trace):
            yield "grant-to-account"


def _names_account(trace: Trace) -> bool:
    """Whether a grant that counts only together with an identity policy has the caller's whole account as grantee."""
    scope = trace.ruling.part.scope
    return any(
        entry.allowance is not None and names_account(entry.allowance.grant.grantee_principal, scope)
        for entry in trace.counted
        if entry.layer == GRANT and entry.layer_index == LayerIndex.GRANT_WITH_IDENTITY
    )


def _aws_wildcard(trace: Trace) -> bool:
    """Whether an Allow of the key policy for `{"AWS": "*"}` covers the request."""
    key, bit = trace.ruling.part.scope.target.key, trace.ruling.bit
    return key is not None and any(
        rule.effect == "Allow"
        and rule.actions & bit
        and any(entry.kind == "AWS" and entry.value == "*" for entry in rule.statement.principals or ())
        and Entry("keyPolicy", LayerIndex.DIRECT, rule.actions, rule).applies(trace.ruling.context)
        for rule in trace.rules(key.policy)
    )


def _of_denies(trace: Trace) -> Iterator[str]:
    caller = trace.ruling.part.scope.caller
    denies = [entry for entry in trace.counted if entry.layer_index == LayerIndex.DENY]
    if caller.kind == "service":
        by_wildcard = [entry for entry in denies if _names_only(entry, trace, wildcard=True)]
        if by_wildcard and _reverses(trace, by_wildcard):
            yield "aws-wildcard-and-services"
    elif caller.kind != "root":
        by_account = [entry for entry in denies if _names_only(entry, trace, wildcard=False)]
        if by_account and _reverses(trace, by_account):
            yield "deny-names-account"


def _names_only(entry: Entry, trace: Trace, *, wildcard: bool) -> bool:
    """Whether a Deny matches the caller only because it names every AWS principal, or the caller's account."""
    principals = entry.rule.statement.principals if entry.rule is not None else None
    if not principals:
        return False
    others = tuple(
        each
        for each in principals
        if not (each.kind == "AWS" and each.value == "*" if wildcard else account_of(each) is not None)
    )
    return len(others) < len(principals) and grade(others, trace.ruling.part.scope.caller, "Deny") is Grade.NONE
