"""Actions as bits: one integer stands for any set of KMS permissions.

Comes in: action patterns of statements and the published actions. Goes out: masks.
Never here: statements' other elements, requests.

The bit after the last published action stands for the action of a request that AWS had not published when the table of
actions was written; only the patterns of a statement decide whether it covers that action.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from kms_eval.facts.actions import ACTION, ACTIONS, Action
from kms_eval.facts.enums import GRANT_OPERATIONS
from kms_eval.language.pattern import compile_text, is_wild, wild

BIT: Mapping[str, int] = {action.name.lower(): 1 << index for index, action in enumerate(ACTIONS)}
NAME: Mapping[int, str] = {bit: name for name, bit in BIT.items()}
UNPUBLISHED = 1 << len(ACTIONS)
EVERYTHING = (UNPUBLISHED << 1) - 1


def _where(test: Iterable[bool]) -> int:
    return sum(1 << index for index, value in enumerate(test) if value)


WITHOUT_KEY = _where(not action.resources for action in ACTIONS)
ON_ALIAS = _where("alias" in action.resources for action in ACTIONS)
ON_KEY = _where("key" in action.resources for action in ACTIONS) | UNPUBLISHED
ACROSS_ACCOUNTS = _where(action.cross_account for action in ACTIONS)
RESTRICTED_BY_RCP = _where(action.rcp for action in ACTIONS) | UNPUBLISHED
RETIRE_GRANT = BIT["kms:retiregrant"]
LIST_RETIRABLE_GRANTS = BIT["kms:listretirablegrants"]
CREATE_GRANT = BIT["kms:creategrant"]
# RetireGrant in a key policy has no effect (semantics A4, G23).
IN_KEY_POLICY = ON_KEY & ~RETIRE_GRANT

GRANT_BIT: Mapping[str, int] = {name: BIT[f"kms:{name.lower()}"] for name in GRANT_OPERATIONS}


def actions_in(mask: int) -> tuple[Action, ...]:
    """The published actions of a mask, in the table's order."""
    return tuple(action for index, action in enumerate(ACTIONS) if mask >> index & 1)


def bit_of(action: str) -> int:
    """The bit of an action with its full name, in any case; the unpublished action's bit if it is not in the table."""
    return BIT.get(action.lower(), UNPUBLISHED)


def published(action: str) -> Action | None:
    """The table's row of an action with its full name, in any case; None where it is not in the table."""
    return ACTION.get(action.lower())


@lru_cache(maxsize=8192)
def covered(patterns: tuple[str, ...], unpublished: str | None = None) -> int:
    """The actions that at least one pattern of an Action element covers, ignoring case (semantics A1, A2).

    `unpublished` is the action (lower case) that the extra bit stands for in this question, if any.
    """
    mask = 0
    for pattern in patterns:
        lowered = pattern.lower()
        if not is_wild(wild(lowered)):
            mask |= BIT.get(lowered, 0)
            if lowered == unpublished:
                mask |= UNPUBLISHED
            continue
        matches = compile_text(lowered)
        for name, bit in BIT.items():
            if matches(name):
                mask |= bit
        if unpublished is not None and matches(unpublished):
            mask |= UNPUBLISHED
    return mask
