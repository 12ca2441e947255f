"""What the owner of a policy or key can edit: advice never asks for anything else.

Comes in: a part and policies. Goes out: yes or no. Never here: proposing, deciding.
"""

from __future__ import annotations

import re

from kms_eval.documents.model import Policy
from kms_eval.engine.plan import Part

_PUBLISHED_BY_AWS = re.compile(r":iam::aws:policy/|^p-FullAWSAccess$|^p-RCPFullAWSAccess$|^FullAWSAccess$")


def can_edit(policy: Policy, part: Part, layer: str) -> bool:
    """Whether the owner can change the policy: not if AWS publishes it or manages what it is attached to."""
    if _PUBLISHED_BY_AWS.search(policy.name):
        return False
    if layer == "keyPolicy":
        return can_edit_key(part)
    return layer not in {"identityPolicy", "permissionsBoundary"} or not part.scope.caller.service_linked


def can_edit_key(part: Part) -> bool:
    """Whether the owner can change the key's policy, grants and tags."""
    key = part.scope.target.key
    return key is not None and key.manager != "AWS"


def can_have_policies(part: Part) -> bool:
    """Whether identity policies can be attached to the caller."""
    caller = part.scope.caller
    return caller.principal is not None and not caller.service_linked and not caller.arn.count(":assumed-role/aws:")
