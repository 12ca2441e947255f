"""Combining the layers by bit operations on masks of actions: the only place where access is decided.

Comes in: for each layer the actions its matching Allow statements cover, and all denied actions. Goes out: the allowed
actions. Never here: matching, conditions, names. Every line works on all actions at once.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html (semantics §1, §7)
"""

from __future__ import annotations

from enum import IntEnum

from kms_eval.engine.masks import ACROSS_ACCOUNTS, EVERYTHING, ON_ALIAS, ON_KEY, RETIRE_GRANT, UNPUBLISHED, WITHOUT_KEY
from kms_eval.records import record


class LayerIndex(IntEnum):
    """The slot in which a matching statement or grant counts. Each group of a limit or gate has a further slot."""

    DENY = 0
    DIRECT = 1
    LIMITED = 2
    DELEGATED = 3
    IDENTITY = 4
    GRANT = 5
    """A grant that needs no identity policy, only that limits and gates allow."""
    GRANT_WITH_IDENTITY = 6
    """A grant that works only together with an identity policy."""
    RETIRE = 7
    """Grants that the caller may retire without an identity policy."""
    RETIRE_WITH_IDENTITY = 8
    """Grants that the caller may retire only if an identity policy allows it."""


FIRST_FREE_SLOT = len(LayerIndex)


@record
class Shape:
    """What `allowed` has to know besides the sums: how caller and target relate, and which slots limit.

    `limits` restrict what identity policies allow, `gates` restrict everything (see `layers.Part`).
    """

    own_account: bool
    root: bool
    target: str
    same_partition: bool = True
    limits: tuple[int, ...] = ()
    grant_limits: tuple[int, ...] = ()
    """The limits that have documents, so not the empty one of a federated user without session policies (Z9)."""
    gates: tuple[int, ...] = ()
    task_only: bool = False
    """A session of AssumeRoot: its task policy allows nothing of AWS KMS (semantics S12)."""


def allowed(sums: list[int], shape: Shape) -> int:
    """The actions that all layers together allow, before Denies are removed."""
    limits = grant_limits = gates = EVERYTHING
    for layer_index in shape.limits:
        limits &= sums[layer_index]
    for layer_index in shape.grant_limits:
        grant_limits &= sums[layer_index]
    for layer_index in shape.gates:
        gates &= sums[layer_index]

    # Root is exempt from the default deny in its own account (semantics E10, X9); ASSUMPTION Z26: across accounts too.
    identity = (EVERYTHING if shape.root else sums[LayerIndex.IDENTITY]) & limits

    if not shape.same_partition or shape.task_only:
        # Access never crosses partitions (semantics X1).
        return 0
    if shape.target == "none":
        return identity & gates & (WITHOUT_KEY | UNPUBLISHED)
    if shape.target != "key":
        # The alias part of alias operations, the tags of a key to be created: identity policies only (T6, T8).
        return identity & gates & (ON_ALIAS if shape.target == "alias" else ON_KEY) if shape.own_account else 0

    direct, limited, delegated = sums[LayerIndex.DIRECT], sums[LayerIndex.LIMITED], sums[LayerIndex.DELEGATED]
    if shape.own_account:
        by_policy = direct | limited & limits | delegated & identity
    else:
        # Across accounts both sides have to allow, however the key policy names the caller (semantics X2, X7).
        by_policy = (direct | limited | delegated) & identity
    # ASSUMPTION Z1: a grant takes the place of the identity policy only; boundary and session policy still limit it.
    by_grant = sums[LayerIndex.GRANT] & grant_limits | sums[LayerIndex.GRANT_WITH_IDENTITY] & identity
    on_key = (by_policy | by_grant) & ~RETIRE_GRANT
    # The grant itself decides about RetireGrant (semantics G23). ASSUMPTION Z19: where no SCP allows, it is denied;
    # where boundary or session policy does not allow, only if an identity policy is needed.
    retiring = (sums[LayerIndex.RETIRE] | sums[LayerIndex.RETIRE_WITH_IDENTITY] & identity) & RETIRE_GRANT
    works = ON_KEY if shape.own_account else ACROSS_ACCOUNTS
    return (on_key | retiring) & gates & works
