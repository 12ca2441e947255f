"""How far away somebody is from a key: what makes a change matter more or less to whoever reads of it.

Comes in: an asker, a key, a world. Goes out: one of a few words, the farthest first. Never here: deciding.
"""

from __future__ import annotations

from typing import Literal

from kms_eval.analysis.access.principals import ANYONE_AT_ALL, Asker
from kms_eval.world.model import Key, World

Reach = Literal[
    "public",
    "outside the organization",
    "outside the account",
    "inside the organization",
    "AWS services",
    "inside the account",
]
REACHES: tuple[Reach, ...] = (
    "public",
    "outside the organization",
    "outside the account",
    "inside the organization",
    "AWS services",
    "inside the account",
)
"""In the order in which they are read: the first are those who should have the least."""
OUTSIDE: tuple[Reach, ...] = REACHES[:3]
"""Those whom nobody in the account or its organization answers for."""


def reach_of(asker: Asker, key: Key | None, world: World) -> Reach:
    """Where an asker is, seen from a key; without a key from its own account.

    Only where the world has an organization is an account known to be in it or outside it.
    """
    if asker.kind == "everyone" or asker.name == ANYONE_AT_ALL:
        return "public"
    if asker.kind == "service":
        return "AWS services"
    account = asker.caller.account
    if key is None or account == key.account:
        return "inside the account"
    organization = world.organization
    if organization is None:
        return "outside the account"
    members = {organization.management_account, *organization.accounts}
    if key.account not in members:
        return "outside the account"
    return "inside the organization" if account in members else "outside the organization"
