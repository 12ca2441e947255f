"""Which condition keys a request of this caller could carry: explanations and advice name no others.

Comes in: a situation and condition keys. Goes out: yes or no. Never here: values of facts, deciding.
"""

from __future__ import annotations

import re

from kms_eval.engine.context import is_suppliable
from kms_eval.engine.situation import Situation
from kms_eval.facts.condition_keys import find


def can_carry(situation: Situation, key: str) -> bool:
    """Whether a request of this caller could carry the key (lower case), which is absent here (semantics S10)."""
    if find(key) is None or not is_suppliable(situation, key):
        return False
    target = situation.scope.target
    return target.kind not in {"new key", "none"} or not key.startswith(("aws:resourcetag/", "kms:resourcealiases"))


def can_have(situation: Situation, key: str, value: str) -> bool:
    """Whether the key (lower case) can have this value: kms:ViaService has the same form in every partition (S10)."""
    if key != "kms:viaservice":
        return True
    region = re.escape(situation.scope.target.region)
    return re.fullmatch(rf"[a-z0-9-]+\.{region}\.amazonaws\.com", value) is not None
