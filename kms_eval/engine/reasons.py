"""Why a decision is what it is, as one code.

Comes in: a trace. Goes out: a reason code, the first that AWS's order of evaluation would meet (semantics E4).
Never here: sentences, deciding.
"""

from __future__ import annotations

import re

from kms_eval.engine.decide import Slot
from kms_eval.engine.layers import GRANT
from kms_eval.engine.masks import ACROSS_ACCOUNTS, RETIRE_GRANT
from kms_eval.engine.trace import Trace


def reason_code(trace: Trace) -> str:
    """The code of the reason, in the order in which AWS's evaluation would meet it (semantics E4)."""
    outcome = trace.ruling.outcome
    if outcome == "explicitDeny":
        return "explicit-deny"
    if outcome == "undetermined":
        return "undetermined"
    return _why_allowed(trace) if outcome == "allowed" else _why_not(trace)


def _why_allowed(trace: Trace) -> str:
    shape, slots = trace.ruling.cell.shape, trace.slots
    if shape.root:
        return "root-user-allows"
    if shape.target != "key":
        return "identity-policy-allows-without-key"
    if trace.ruling.bit == RETIRE_GRANT:
        return "grant-retirable"
    by_policy = slots & {Slot.DIRECT, Slot.LIMITED, Slot.DELEGATED}
    if not shape.own_account:
        return "both-accounts-allow" if by_policy and trace.has_identity else "grant-allows"
    limited = trace.silent_limits()
    if Slot.DIRECT in slots or (Slot.LIMITED in slots and not limited):
        return "key-policy-allows"
    if Slot.DELEGATED in slots and trace.has_identity and not limited:
        return "identity-policy-allows"
    return "grant-allows"


def _why_not(trace: Trace) -> str:
    ruling, slots = trace.ruling, trace.slots
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
        if ruling.bit == RETIRE_GRANT and not slots & {Slot.RETIRE, Slot.RETIRE_WITH_IDENTITY}:
            return "not-retirable"
        by_key = slots & {Slot.DIRECT, Slot.LIMITED, Slot.DELEGATED}
        by_grant = slots & {Slot.GRANT, Slot.GRANT_WITH_IDENTITY}
        if ruling.bit != RETIRE_GRANT and not by_key and not by_grant:
            return _nothing_on_the_key(trace)
        without_identity = Slot.GRANT in slots or (shape.own_account and Slot.LIMITED in slots)
        if without_identity:
            return no_allow(trace.silent_limits()[0])
    if not trace.has_identity:
        return "no-identity-policy-allows"
    return no_allow(trace.silent_limits()[0])


def _nothing_on_the_key(trace: Trace) -> str:
    if trace.has_identity and not trace.ruling.cell.shape.root:
        return "key-policy-does-not-delegate"
    if any(entry.layer == GRANT and entry.actions & ~RETIRE_GRANT for entry in trace.ruling.cell.entries):
        return "grant-does-not-cover"
    return "no-key-policy-allows"


def no_allow(layer: str) -> str:
    """The code for a limiting layer that is silent: ``no-permissions-boundary-allows``."""
    return f"no-{re.sub(r'(?<=[a-z])([A-Z])', lambda found: '-' + found[1].lower(), layer)}-allows"
