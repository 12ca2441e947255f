"""Principal Mapper 1.1.5 (Python): its local policy simulation.

It only imports in Python before 3.10, as it uses names of `collections` that moved to `collections.abc`; these are put
back during the import. The installed package is not changed.
"""

from __future__ import annotations

import collections
import collections.abc
from types import ModuleType
from typing import Any

from benchmarks.peers.adapter import InProcess, missing
from benchmarks.questions import ACCOUNT, Question

NAME = "principalmapper"
CALL = "local_check_authorization_full"


def available() -> str | None:
    """None if the package is installed."""
    return missing("principalmapper")


def prepare(question: Question) -> InProcess:
    """Its nodes and policies are made once."""
    engine, common = _modules()
    nodes = {arn: _node(common, arn, documents) for arn, documents in question.identity.items()}
    asks = [
        (nodes[ask.principal], ask.action, question.keys[ask.key].arn, dict(ask.context), question.keys[ask.key].policy)
        for ask in question.asks
    ]
    check = engine.local_check_authorization_full
    return InProcess(
        lambda: [check(node, action, arn, context, policy, ACCOUNT) for node, action, arn, context, policy in asks]
    )


def _modules() -> tuple[Any, Any]:
    lent = [name for name in ("Mapping", "MutableMapping") if not hasattr(collections, name)]
    for name in lent:
        setattr(collections, name, getattr(collections.abc, name))
    try:
        from principalmapper import common
        from principalmapper.querying import query_interface
    finally:
        for name in lent:
            delattr(collections, name)
    return query_interface, common


def _node(common: ModuleType, arn: str, documents: tuple[Any, ...]) -> Any:
    name = arn.rpartition("/")[2]
    policies = [
        common.Policy(f"arn:aws:iam::{ACCOUNT}:policy/{name}-{number}", f"{name}-{number}", document)
        for number, document in enumerate(documents)
    ]
    return common.Node(
        arn=arn,
        id_value=f"AIDA{name.upper()}",
        attached_policies=policies,
        group_memberships=None,
        trust_policy=None if ":user/" in arn else {},
        instance_profile=None,
        num_access_keys=0,
        active_password=False,
        is_admin=False,
        permissions_boundary=None,
        has_mfa=False,
        tags=None,
    )
