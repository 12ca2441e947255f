"""The reason for a decision, as one code.

Comes in: a trace. Goes out: a reason code, the first in AWS's order of evaluation (semantics E4).
Never here: sentences, deciding.
"""

from __future__ import annotations

import re

from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.layers import GRANT
from kms_eval.engine.masks import ACROSS_ACCOUNTS, RETIRE_GRANT
from kms_eval.engine.trace import Trace


def reason_code(trace: Trace) -> str:
    """The code of the reason that comes first in AWS's order of evaluation (semantics E4)."""
    outcome = trace.ruling.outcome
    if outcome == "explicitDeny":
        return "explicit-deny"
    if outcome == "undetermined":
        return "undetermined"
    return _why_allowed(trace) if outcome == "allowed" else _why_not(trace)


def _why_allowed(trace: Trace) -> str:
    shape, layer_indexes = trace.ruling.cell.shape, trace.layer_indexes
    if shape.root:
        return "root-user-allows"
    if shape.target != "key":
        return "identity-policy-allows-without-key"
    if trace.ruling.bit == RETIRE_GRANT:
        return "grant-retirable"
    by_policy = layer_indexes & {LayerIndex.DIRECT, LayerIndex.LIMITED, LayerIndex.DELEGATED}
    if not shape.own_account:
        return "both-accounts-allow" if by_policy and trace.has_identity else "grant-allows"
    limited = trace.silent_limits()
    if LayerIndex.DIRECT in layer_indexes or (LayerIndex.LIMITED in layer_indexes and not limited):
        return "key-policy-allows"
    if LayerIndex.DELEGATED in layer_indexes and trace.has_identity and not limited:
        return "identity-policy-allows"
    return "grant-allows"


def _why_not(trace: Trace) -> str:
    ruling, layer_indexes = trace.ruling, trace.layer_indexes
    shape = ruling.cell.shape
    if not shape.same_partition:
        return "partitions-never-cross"
    if shape.task_only:
        return "assumed-root-session"
    if not shape.own_account and (shape.target != "key" or not ruling.bit & ACROSS_ACCOUNTS):
        return "not-supported-across-accounts"
    gates = trace.silent_gates()
    if gates:
        return no_allow(gates[0])
    if shape.target == "key":
        if ruling.bit == RETIRE_GRANT and not layer_indexes & {LayerIndex.RETIRE, LayerIndex.RETIRE_WITH_IDENTITY}:
            return "not-retirable"
        by_key = layer_indexes & {LayerIndex.DIRECT, LayerIndex.LIMITED, LayerIndex.DELEGATED}
        by_grant = layer_indexes & {LayerIndex.GRANT, LayerIndex.GRANT_WITH_IDENTITY}
        if ruling.bit != RETIRE_GRANT and not by_key and not by_grant:
            return _nothing_on_the_key(trace)
        without_identity = LayerIndex.GRANT in layer_indexes or (
            shape.own_account and LayerIndex.LIMITED in layer_indexes
        )
        if without_identity:
            return no_allow(trace.silent_limits()[0])
    if not trace.has_identity:
        # Key policies do not count: the grant lets principals of the caller's account retire it (semantics G23).
        retiring = shape.target == "key" and ruling.bit == RETIRE_GRANT
        return "retirement-needs-identity-policy" if retiring else "no-identity-policy-allows"
    return no_allow(trace.silent_limits()[0])


def _nothing_on_the_key(trace: Trace) -> str:
    if trace.has_identity and not trace.ruling.cell.shape.root:
        return "key-policy-does-not-delegate"
    if any(entry.layer == GRANT and entry.actions & ~RETIRE_GRANT for entry in trace.ruling.cell.entries):
        return "grant-does-not-cover"
    return "no-key-policy-allows"


def no_allow(layer: str) -> str:
    """The code for a limiting layer that does not allow: ``no-permissions-boundary-allows``."""
    return f"no-{re.sub(r'(?<=[a-z])([A-Z])', lambda found: '-' + found[1].lower(), layer)}-allows"
