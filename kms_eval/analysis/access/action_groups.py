"""The actions in groups that people think in, for tables that are too narrow for all actions.

Comes in: nothing. Goes out: groups in reading order, each with its mask; every published action is in exactly one.
Never here: decisions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kms_eval.engine.masks import bit_of
from kms_eval.facts.actions import ACTIONS, Action


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """A group: its name, what it is for, and the mask of its actions."""

    name: str
    purpose: str
    mask: int


_GRANTS = frozenset({"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant", "kms:RetireGrant"})

# An action belongs to the first row that accepts it.
_ROWS: tuple[tuple[str, str, Callable[[Action], bool]], ...] = (
    (
        "without key",
        "actions that have no key: create and list keys, custom key stores",
        lambda action: not action.resources,
    ),
    (
        "decrypt",
        "get at plaintext",
        lambda action: action.name in {"kms:Decrypt", "kms:ReEncryptFrom", "kms:Decapsulate"},
    ),
    ("use", "the other cryptographic operations", lambda action: action.cryptographic),
    ("grants", "grants on the key", lambda action: action.name in _GRANTS),
    ("policy", "change who may do what", lambda action: action.access_level == "Permissions management"),
    ("look", "look at the key without changing it", lambda action: action.access_level in {"List", "Read"}),
    (
        "delete",
        "take the key away",
        lambda action: action.name in {"kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteImportedKeyMaterial"},
    ),
    ("manage", "everything else that changes the key", lambda action: True),
)


def _groups() -> tuple[ActionGroup, ...]:
    masks = [0] * len(_ROWS)
    for action in ACTIONS:
        place = next(index for index, (_name, _purpose, takes) in enumerate(_ROWS) if takes(action))
        masks[place] |= bit_of(action.name)
    groups = [ActionGroup(name, purpose, mask) for (name, purpose, _takes), mask in zip(_ROWS, masks, strict=True)]
    return (*groups[1:], groups[0])


ACTION_GROUPS = _groups()
