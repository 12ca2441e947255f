"""Combining the layers: integer algebra over masks, the only place where access is decided.

Comes in: for each layer the actions its matching Allow statements cover, and all denied actions. Goes out: the allowed
actions. Never here: matching, conditions, names. Every line works on all actions at once.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html (semantics §1, §7)
"""

from __future__ import annotations

from enum import IntEnum

from kms_eval.engine.masks import ACROSS_ACCOUNTS, EVERYTHING, ON_ALIAS, ON_KEY, RETIRE_GRANT, UNPUBLISHED, WITHOUT_KEY
from kms_eval.records import record


class Slot(IntEnum):
    """Where the Allow of a matching rule is counted. Limits and gates get further slots, one for each group."""

    DENY = 0
    DIRECT = 1
    LIMITED = 2
    DELEGATED = 3
    IDENTITY = 4
    GRANT = 5
    """A grant that needs nothing but limits and gates."""
    GRANT_WITH_IDENTITY = 6
    """A grant that works only together with an identity policy."""
    RETIRE = 7
    """Grants that the caller may retire by itself."""
    RETIRE_WITH_IDENTITY = 8
    """Grants that an identity policy lets the caller retire."""


FIRST_FREE_SLOT = len(Slot)


@record
class Shape:
    """What the algebra has to know besides the sums: who faces whom, and which slots bound."""

    own_account: bool
    root: bool
    target: str
    same_partition: bool = True
    limits: tuple[int, ...] = ()
    grant_limits: tuple[int, ...] = ()
    """Those of the limits that have documents; the void of a federated user without session policies is none (Z9)."""
    gates: tuple[int, ...] = ()
    task_only: bool = False
    """A session of AssumeRoot: its task policy allows nothing of AWS KMS (semantics S12)."""


def allowed(sums: list[int], shape: Shape) -> int:
    """The actions that every layer together allows, Denies not yet taken off."""
    limits = grant_limits = gates = EVERYTHING
    for slot in shape.limits:
        limits &= sums[slot]
    for slot in shape.grant_limits:
        grant_limits &= sums[slot]
    for slot in shape.gates:
        gates &= sums[slot]

    # Root is exempt from the default deny on its own side (semantics E10, X9); ASSUMPTION Z26: abroad too.
    identity = (EVERYTHING if shape.root else sums[Slot.IDENTITY]) & limits

    if not shape.same_partition or shape.task_only:
        # Partitions are never crossed (semantics X1).
        return 0
    if shape.target == "none":
        return identity & gates & (WITHOUT_KEY | UNPUBLISHED)
    if shape.target != "key":
        # The alias half of alias operations, the tags of a key to be created: identity policies only (T6, T8).
        return identity & gates & (ON_ALIAS if shape.target == "alias" else ON_KEY) if shape.own_account else 0

    direct, limited, delegated = sums[Slot.DIRECT], sums[Slot.LIMITED], sums[Slot.DELEGATED]
    if shape.own_account:
        by_policy = direct | limited & limits | delegated & identity
    else:
        # Across accounts both sides have to allow, however the key policy names the caller (semantics X2, X7).
        by_policy = (direct | limited | delegated) & identity
    # ASSUMPTION Z1: a grant takes the place of the identity policy only; boundary and session policy still limit it.
    by_grant = sums[Slot.GRANT] & grant_limits | sums[Slot.GRANT_WITH_IDENTITY] & identity
    on_key = (by_policy | by_grant) & ~RETIRE_GRANT
    # The grant itself decides about RetireGrant (semantics G23). ASSUMPTION Z19: silence of SCPs denies, silence of
    # boundary and session policy only where an identity policy is needed.
    retiring = (sums[Slot.RETIRE] | sums[Slot.RETIRE_WITH_IDENTITY] & identity) & RETIRE_GRANT
    works = ON_KEY if shape.own_account else ACROSS_ACCOUNTS
    return (on_key | retiring) & gates & works
