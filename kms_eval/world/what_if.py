"""A world with some of its policies replaced, to ask what a change would do before it is made.

Comes in: a world and policies. Goes out: another world; the given one is unchanged. Never here: files, deciding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kms_eval.documents.model import Policy
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.world.model import World
from kms_eval.world.names import refuse_stranger, resolve_caller, resolve_key


def with_key_policies(world: World, policies: Mapping[str, Policy]) -> World:
    """The world in which the keys with these names (handles, ids, ARNs, aliases) have these policies."""
    keys = dict(world.keys)
    for name, policy in policies.items():
        key = keys[resolve_key(world, name).key.handle]
        keys[key.handle] = replace(key, policy=policy)
    return replace(world, keys=keys)


def with_identity_policies(world: World, policies: Mapping[str, tuple[Policy, ...]]) -> World:
    """The world in which these users and roles have exactly these identity policies."""
    principals = dict(world.principals)
    for name, attached in policies.items():
        caller = resolve_caller(world, name)
        refuse_stranger(world, caller)
        principal = caller.principal
        if principal is None or caller.arn != principal.arn:
            raise InputError(Fault(f"only users and roles have identity policies, and {quoted(name)} is neither"))
        principals[principal.arn] = replace(principals.get(principal.arn, principal), policies=attached, known=True)
    return replace(world, principals=principals)
