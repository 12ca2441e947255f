"""The kinds of policies that AWS evaluates, one row each: which documents are in force, and what role they have.

Comes in: a scope. Goes out: groups of policies. Never here: matching, combining (that is `decide`).
To add a layer that only limits or denies, add a row. A layer that allows also needs a clause in `decide`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html (semantics E1, E17)
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from kms_eval.documents.model import Policy
from kms_eval.engine.masks import EVERYTHING, IN_KEY_POLICY, RESTRICTED_BY_RCP
from kms_eval.engine.situation import Scope
from kms_eval.records import record

# Where a layer limits, at least one policy of each group has to allow. None: the layer is not in force.
Groups = tuple[tuple[Policy, ...], ...]


class Part(Enum):
    """The effect of a layer's Allow statements; its Deny statements always deny (semantics E2)."""

    RESOURCE = "allows in the name of the key"
    IDENTITY = "allows in the name of the caller"
    LIMIT = "bounds what the caller gets through identity policies, and what E8 says beside them"
    GATE = "bounds every request that it applies to"
    VETO = "only denies"

    @property
    def follows_caller(self) -> bool:
        """Whether the layer's documents depend only on the caller and its VPC endpoint.

        INVARIANT: `documents` of such a layer does not use the scope's target.
        """
        return self in _OF_THE_CALLER


_OF_THE_CALLER = frozenset({Part.IDENTITY, Part.LIMIT, Part.GATE})


@record
class Layer:
    """One layer: its name as in JSON output, its part, its documents and the actions that it can affect."""

    name: str
    part: Part
    documents: Callable[[Scope], Groups | None]
    actions: int = EVERYTHING


def _key_policy(scope: Scope) -> Groups | None:
    key = scope.target.key
    return ((key.policy,),) if key is not None else None


def _identity_policies(scope: Scope) -> Groups | None:
    principal = scope.caller.principal
    return (principal.policies,) if principal is not None else None


def _boundary(scope: Scope) -> Groups | None:
    principal = scope.caller.principal
    return ((principal.boundary,),) if principal is not None and principal.boundary is not None else None


def _session_policies(scope: Scope) -> Groups | None:
    session = scope.caller.session
    policies = session.policies if session is not None else ()
    if scope.caller.kind == "federated-user":
        # ASSUMPTION Z9: without session policies a federated user has no identity-based permission.
        return (policies,)
    return (policies,) if policies else None


def _service_control_policies(scope: Scope) -> Groups | None:
    caller = scope.caller
    if caller.kind == "service" or caller.service_linked:
        return None
    member = scope.member(caller.account)
    return member.service_control_policies or None if member is not None else None


def _resource_control_policies(scope: Scope) -> Groups | None:
    target = scope.target
    managed_by_aws = target.key is not None and target.key.manager == "AWS"
    if target.kind == "none" or managed_by_aws or scope.caller.service_linked:
        return None
    member = scope.member(target.account)
    return member.resource_control_policies or None if member is not None else None


def _endpoint_policy(scope: Scope) -> Groups | None:
    endpoint = scope.endpoint
    # Service principals do not come through a customer's endpoint (semantics E17).
    if endpoint is None or endpoint.policy is None or scope.caller.kind == "service":
        return None
    return ((endpoint.policy,),)


LAYERS: tuple[Layer, ...] = (
    Layer("keyPolicy", Part.RESOURCE, _key_policy, IN_KEY_POLICY),
    Layer("identityPolicy", Part.IDENTITY, _identity_policies),
    Layer("permissionsBoundary", Part.LIMIT, _boundary),
    Layer("sessionPolicy", Part.LIMIT, _session_policies),
    # SCPs limit the caller, level by level (semantics O1-O7).
    Layer("serviceControlPolicy", Part.GATE, _service_control_policies),
    # RCPFullAWSAccess is attached everywhere and cannot be detached: only Denies matter (semantics O9, O10).
    Layer("resourceControlPolicy", Part.VETO, _resource_control_policies, RESTRICTED_BY_RCP),
    Layer("vpcEndpointPolicy", Part.GATE, _endpoint_policy),
)
GRANT = "grant"
"""The one layer whose documents are not policies; `grants` compiles it."""
