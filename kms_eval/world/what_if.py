"""A world with some of its policies replaced: the question before the change is made.

Comes in: a world and policies. Goes out: another world; the first stays as it is. Never here: files, deciding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kms_eval.documents.model import Policy
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.world.model import World
from kms_eval.world.names import refuse_stranger, resolve_caller, resolve_key


def with_key_policies(world: World, policies: Mapping[str, Policy]) -> World:
    """The world in which the keys of those names (handles, ids, ARNs, aliases) have those policies."""
    keys = dict(world.keys)
    for name, policy in policies.items():
        key = keys[resolve_key(world, name).key.handle]
        keys[key.handle] = replace(key, policy=policy)
    return replace(world, keys=keys)


def with_identity_policies(world: World, policies: Mapping[str, tuple[Policy, ...]]) -> World:
    """The world in which those users and roles have those identity policies, and no others."""
    principals = dict(world.principals)
    for name, attached in policies.items():
        caller = resolve_caller(world, name)
        refuse_stranger(world, caller)
        principal = caller.principal
        if principal is None or caller.arn != principal.arn:
            raise InputError(Fault(f"only users and roles have identity policies, and {quoted(name)} is neither"))
        principals[principal.arn] = replace(principals.get(principal.arn, principal), policies=attached, known=True)
    return replace(world, principals=principals)
