"""Which condition keys this caller's request could bring along: nothing else is ever asked for.

Comes in: a situation and condition keys. Goes out: yes or no. Never here: values of facts, deciding.
"""

from __future__ import annotations

import re

from kms_eval.engine.context import is_suppliable
from kms_eval.engine.situation import Situation
from kms_eval.facts.condition_keys import find

_OF_SERVICES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner")
_OF_PRINCIPALS = ("aws:principal", "kms:viaservice", "aws:calledvia", "aws:viaawsservice", "aws:multifactorauth",
                  "aws:sourceidentity", "aws:sourcevpc", "aws:vpc", "aws:sourceip", "aws:userid", "aws:username",
                  "aws:tokenissuetime")  # fmt: skip
_OF_NETWORKS = ("aws:sourcevpc", "aws:vpc")


def can_carry(situation: Situation, key: str) -> bool:
    """Whether a request of this caller could bring the absent key (lower case) along (semantics S10)."""
    row = find(key)
    if row is None or not is_suppliable(situation, key):
        return False
    target = situation.scope.target
    if target.kind in {"new key", "none"} and key.startswith(("aws:resourcetag/", "kms:resourcealiases")):
        return False
    by_service = situation.by_service
    if situation.scope.caller.kind == "service":
        return not key.startswith(_OF_PRINCIPALS)
    return not (key in _OF_SERVICES or (by_service and key.startswith((*_OF_NETWORKS, "aws:multifactorauth"))))


def can_have(situation: Situation, key: str, value: str) -> bool:
    """Whether the key (lower case) ever has this value: kms:ViaService has one form, in every partition (S10)."""
    if key != "kms:viaservice":
        return True
    region = re.escape(situation.scope.target.region)
    return re.fullmatch(rf"[a-z0-9-]+\.{region}\.amazonaws\.com", value) is not None
