"""What a caller can carry and what an owner can edit: advice never asks for anything else.

Comes in: a part, condition keys and policies. Goes out: yes or no. Never here: proposing, deciding.
"""

from __future__ import annotations

import re

from kms_eval.documents.model import Policy
from kms_eval.engine.context import is_suppliable
from kms_eval.engine.plan import Part
from kms_eval.facts.condition_keys import find

_OF_SERVICES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner")
_OF_PRINCIPALS = ("aws:principal", "kms:viaservice", "aws:calledvia", "aws:viaawsservice", "aws:multifactorauth",
                  "aws:sourceidentity", "aws:sourcevpc", "aws:vpc", "aws:sourceip", "aws:userid", "aws:username",
                  "aws:tokenissuetime")  # fmt: skip
_OF_NETWORKS = ("aws:sourcevpc", "aws:vpc")
_PUBLISHED_BY_AWS = re.compile(r":iam::aws:policy/|^p-FullAWSAccess$|^p-RCPFullAWSAccess$|^FullAWSAccess$")


def can_carry(part: Part, key: str) -> bool:
    """Whether a request of this caller could bring the absent key (lower case) along (semantics S10)."""
    row = find(key)
    if row is None or not is_suppliable(part.situation, key):
        return False
    target = part.scope.target
    if target.kind in {"new key", "none"} and key.startswith(("aws:resourcetag/", "kms:resourcealiases")):
        return False
    by_service = part.situation.by_service
    if key == "kms:grantisforawsresource" and not by_service:
        # Only a service that calls for the caller makes such grants (semantics S6).
        return False
    if part.scope.caller.kind == "service":
        return not key.startswith(_OF_PRINCIPALS)
    return not (key in _OF_SERVICES or (by_service and key.startswith((*_OF_NETWORKS, "aws:multifactorauth"))))


def can_have(part: Part, key: str, value: str) -> bool:
    """Whether the key (lower case) ever has this value: kms:ViaService has one form, in every partition (S10)."""
    if key != "kms:viaservice":
        return True
    region = re.escape(part.scope.target.region)
    return re.fullmatch(rf"[a-z0-9-]+\.{region}\.amazonaws\.com", value) is not None


def can_edit(policy: Policy, part: Part, layer: str) -> bool:
    """Whether the owner may change the policy: not those that AWS publishes or that hang on what AWS manages."""
    if _PUBLISHED_BY_AWS.search(policy.name):
        return False
    if layer == "keyPolicy":
        return can_edit_key(part)
    return layer not in {"identityPolicy", "permissionsBoundary"} or not part.scope.caller.service_linked


def can_edit_key(part: Part) -> bool:
    """Whether the owner may change the key's policy, grants and tags."""
    key = part.scope.target.key
    return key is not None and key.manager != "AWS"


def can_have_policies(part: Part) -> bool:
    """Whether identity policies can be attached to the caller."""
    caller = part.scope.caller
    return caller.principal is not None and not caller.service_linked and not caller.arn.count(":assumed-role/aws:")
