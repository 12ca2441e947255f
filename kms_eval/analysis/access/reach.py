"""How far away a principal is from a key, which tells a reader how much a change matters.

Comes in: an asker, a key, a world. Goes out: one of a few words. Never here: deciding.
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
"""In reading order, the farthest first: these should have the least access."""
OUTSIDE: tuple[Reach, ...] = REACHES[:3]
"""Principals that nobody in the account or its organization is responsible for."""


def reach_of(asker: Asker, key: Key | None, world: World) -> Reach:
    """Where an asker is, seen from a key, or from its own account if there is no key.

    Whether an account is inside or outside the organization is known only if the world has one.
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
