"""The values of condition keys, derived from facts; one row for each key.

Comes in: a situation. Goes out: the reading of any condition key in it. Never here: policies, effects, operators.

A value that the question itself gives wins; then the fact; else the key is absent, never "anything" (semantics C5, C6).
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from kms_eval.engine import derive_aws, derive_kms
from kms_eval.engine.hindrances import hindrance
from kms_eval.engine.readings import Alternatives, Reading
from kms_eval.engine.situation import Situation
from kms_eval.facts.actions import ACTION, KEY_REQUEST_KEYS
from kms_eval.facts.condition_keys import find
from kms_eval.records import record


@record
class Fact:
    """How one condition key gets its value. A name that ends in ``/`` or ``:`` is a family; `derive` gets the rest.

    `fixed`: the value, or its absence, is the same in all requests of one caller for one resource. `of_caller`: unless
    the question gives a value, it depends only on the caller and the Region of the resource.
    """

    key: str
    derive: Callable[[Situation, str], Reading]
    fixed: bool = False
    of_caller: bool = False


FACTS: tuple[Fact, ...] = (
    # Who calls (semantics Q1-Q6).
    Fact("aws:principalarn", derive_aws.principal_arn, fixed=True, of_caller=True),
    Fact("aws:principalaccount", derive_aws.principal_account, fixed=True, of_caller=True),
    Fact("aws:principaltype", derive_aws.principal_type, fixed=True, of_caller=True),
    Fact("aws:userid", derive_aws.userid, fixed=True, of_caller=True),
    Fact("aws:username", derive_aws.username, fixed=True, of_caller=True),
    Fact("aws:principaltag/", derive_aws.principal_tag, fixed=True, of_caller=True),
    Fact("aws:principalorgid", derive_aws.principal_org_id, fixed=True, of_caller=True),
    Fact("aws:principalorgpaths", derive_aws.principal_org_paths, fixed=True, of_caller=True),
    Fact("aws:principalisawsservice", derive_aws.principal_is_aws_service, fixed=True, of_caller=True),
    Fact("aws:principalservicename", derive_aws.principal_service_name, fixed=True, of_caller=True),
    Fact("aws:principalservicenameslist", derive_aws.principal_service_name, fixed=True, of_caller=True),
    Fact("aws:sourceidentity", derive_aws.source_identity),
    Fact("aws:multifactorauthpresent", derive_aws.multi_factor_auth_present),
    Fact("kms:calleraccount", derive_kms.caller_account, fixed=True, of_caller=True),
    # The resource (semantics Q11, K3).
    Fact("aws:resourceaccount", derive_aws.resource_account, fixed=True),
    Fact("aws:resourceorgid", derive_aws.resource_org_id, fixed=True),
    Fact("aws:resourceorgpaths", derive_aws.resource_org_paths, fixed=True),
    Fact("aws:resourcetag/", derive_aws.resource_tag),
    Fact("kms:keyspec", derive_kms.key_spec),
    Fact("kms:keyusage", derive_kms.key_usage),
    Fact("kms:keyorigin", derive_kms.key_origin),
    Fact("kms:multiregion", derive_kms.multi_region),
    Fact("kms:multiregionkeytype", derive_kms.multi_region_key_type),
    Fact("kms:resourcealiases", derive_kms.resource_aliases, fixed=True),
    # The circumstances of the request (semantics Q7-Q11, V5-V7).
    Fact("aws:requestedregion", derive_aws.requested_region, of_caller=True),
    Fact("aws:currenttime", derive_aws.current_time),
    Fact("aws:epochtime", derive_aws.epoch_time),
    Fact("aws:securetransport", derive_aws.secure_transport),
    Fact("aws:viaawsservice", derive_aws.via_aws_service),
    Fact("aws:calledviafirst", derive_aws.called_via_first),
    Fact("aws:calledvialast", derive_aws.called_via_last),
    Fact("aws:sourcevpce", derive_aws.source_vpce),
    Fact("aws:sourcevpc", derive_aws.source_vpc),
    Fact("aws:sourcevpcarn", derive_aws.source_vpc_arn),
    Fact("aws:vpceaccount", derive_aws.vpce_account),
    Fact("aws:vpceorgid", derive_aws.vpce_org_id),
    Fact("aws:vpceorgpaths", derive_aws.vpce_org_paths),
    Fact("aws:sourceaccount", derive_aws.source_account),
    Fact("aws:sourceorgid", derive_aws.source_org_id),
    Fact("aws:sourceorgpaths", derive_aws.source_org_paths),
    Fact("aws:tagkeys", derive_aws.tag_keys),
    # The parameters of the operation (semantics K2, K3).
    Fact("kms:requestalias", derive_kms.request_alias),
    Fact("kms:encryptioncontext:", derive_kms.encryption_context),
    Fact("kms:encryptioncontextkeys", derive_kms.encryption_context_keys),
    Fact("kms:encryptionalgorithm", derive_kms.encryption_algorithm),
    Fact("kms:policyname", derive_kms.policy_name),
    Fact("kms:messagetype", derive_kms.message_type),
    Fact("kms:schedulekeydeletionpendingwindowindays", derive_kms.pending_window),
    Fact("kms:rotationperiodindays", derive_kms.rotation_period),
    Fact("kms:replicaregion", derive_kms.other_region),
    Fact("kms:primaryregion", derive_kms.other_region),
    Fact("kms:reencryptonsamekey", derive_kms.same_key),
    Fact("kms:grantoperations", derive_kms.grant_operations),
    Fact("kms:grantconstrainttype", derive_kms.grant_constraint_type),
    Fact("kms:grantconstraintsourcearn", derive_kms.grant_constraint_source_arn),
    Fact("kms:granteeprincipal", derive_kms.grantee_principal),
    Fact("kms:granteeserviceprincipal", derive_kms.grantee_service_principal),
    Fact("kms:retiringprincipal", derive_kms.retiring_principal),
    Fact("kms:retiringserviceprincipal", derive_kms.retiring_service_principal),
    Fact("kms:grantisforawsresource", derive_kms.grant_is_for_aws_resource),
)

_FACTS: Mapping[str, Fact] = {fact.key: fact for fact in FACTS}
_FAMILIES = tuple(fact.key for fact in FACTS if fact.key[-1] in "/:")


@lru_cache(maxsize=4096)
def fact_of(key: str) -> tuple[Fact, str] | None:
    """The row of a condition key (lower case), and for a family the rest of the name."""
    fact = _FACTS.get(key)
    if fact is not None:
        return fact, ""
    for family in _FAMILIES:
        if key.startswith(family) and len(key) > len(family):
            return _FACTS[family], key[len(family) :]
    return None


@lru_cache(maxsize=4096)
def carried(action: str, key: str) -> bool:
    """Whether a request for the action (lower case) can carry the key (semantics K1, K4).

    Keys for which AWS lists no actions, such as most ``aws:`` keys, can come with every request. An action that is not
    published is taken to carry what every operation on a key does.
    """
    row = find(key)
    if row is None or row.actions is None:
        return True
    published = ACTION.get(action)
    return row.name in KEY_REQUEST_KEYS if published is None else published.name in row.actions


def reading(situation: Situation, key: str) -> Reading:
    """The reading of a condition key (lower case) in a situation."""
    said = situation.circumstances.given.values.get(key)
    if said is None:
        return derived(situation, key)
    return said if carried(situation.action, key) else perhaps(said)


def perhaps(said: tuple[str, ...] | Alternatives) -> Alternatives:
    """What the question gives, or an absent key: as far as AWS publishes, it does not send it with this action (K4)."""
    readings = said.readings if isinstance(said, Alternatives) else (said,)
    return Alternatives((None, *readings), "context-not-carried-by-action")


def derived(situation: Situation, key: str) -> Reading:
    """The reading of a condition key according to the facts alone."""
    found = _derivation(situation.action, key)
    return found[0](situation, found[1]) if found is not None else None


@lru_cache(maxsize=16384)
def _derivation(action: str, key: str) -> tuple[Callable[[Situation, str], Reading], str] | None:
    """What derives a key (lower case) in a request for the action, and the rest of its name; None: nothing does."""
    found = fact_of(key)
    return (found[0].derive, found[1]) if found is not None and carried(action, key) else None


@lru_cache(maxsize=16384)
def is_fixed(action: str, key: str, *, with_key: bool) -> bool:
    """Whether the key is the same for every request for the action (lower case) on one resource by one caller."""
    if not carried(action, key):
        return True
    found = fact_of(key)
    if found is None:
        return False
    # Properties of an existing key do not differ between requests; those of a key to be created do.
    return found[0].fixed or (with_key and found[0].derive in derive_kms.OF_THE_KEY)


def is_of_caller(key: str) -> bool:
    """Whether the key (lower case) depends only on caller and Region where the question gives no value for it."""
    found = fact_of(key)
    return found is not None and found[0].of_caller


def is_suppliable(situation: Situation, key: str) -> bool:
    """Whether the key is absent here, although a request for this action could carry it."""
    if situation.circumstances.given.values.get(key) is not None or not carried(situation.action, key):
        return False
    if is_fixed(situation.action, key, with_key=situation.scope.target.kind == "key"):
        return False
    if hindrance(situation, key) is not None:
        return False
    value = derived(situation, key)
    return not (isinstance(value, tuple) and value)


_UNSEEN: Any = object()


class Context:
    """The condition keys of one situation, each derived on first use."""

    __slots__ = ("_seen", "situation")

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self._seen: dict[str, Any] = {}

    def get(self, key: str) -> Reading:
        """The reading of a key (lower case)."""
        value: Reading = self._seen.get(key, _UNSEEN)
        if value is _UNSEEN:
            value = self._seen[key] = reading(self.situation, key)
        return value

    def text(self, key: str) -> str | None:
        """The single value of a key; None where the key is absent, has several values or is open."""
        value = self.get(key)
        return value[0] if isinstance(value, tuple) and len(value) == 1 else None
