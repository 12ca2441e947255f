"""Where each ``kms:`` condition key gets its value. The caller has checked that the action can carry the key.

Comes in: a situation, and the rest of the name for families. Goes out: a reading. Never here: tables, policies.
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html (semantics §14)
"""

from __future__ import annotations

from kms_eval.documents.model import Grant
from kms_eval.engine.derive_aws import pair, resource_tag
from kms_eval.engine.readings import Alternatives, Reading, Values
from kms_eval.engine.situation import Situation
from kms_eval.facts.quotas import ALIASES_PER_KEY
from kms_eval.world.model import Key


def caller_account(situation: Situation, _rest: str) -> Reading:
    """The caller's account; ASSUMPTION Z31: absent for service principals."""
    account = situation.scope.caller.account
    return (account,) if account is not None else None


def key_spec(situation: Situation, _rest: str) -> Reading:
    """The spec of the key, or the one that CreateKey asks for (default SYMMETRIC_DEFAULT)."""
    key = _key(situation)
    return (key.spec,) if key is not None else _created(situation, "kms:keyspec", "SYMMETRIC_DEFAULT")


def key_usage(situation: Situation, _rest: str) -> Reading:
    """The usage of the key, or the one that CreateKey asks for (default ENCRYPT_DECRYPT)."""
    key = _key(situation)
    return (key.usage,) if key is not None else _created(situation, "kms:keyusage", "ENCRYPT_DECRYPT")


def key_origin(situation: Situation, _rest: str) -> Reading:
    """The origin of the key, or the one that CreateKey asks for (default AWS_KMS)."""
    key = _key(situation)
    return (key.origin,) if key is not None else _created(situation, "kms:keyorigin", "AWS_KMS")


def multi_region(situation: Situation, _rest: str) -> Reading:
    """True or false for every key; CreateKey's default is false."""
    if situation.replica_of is not None:
        return ("true",)
    key = situation.scope.target.key
    if key is None:
        return _created(situation, "kms:multiregion", "false")
    return ("true",) if key.multi_region else ("false",)


def multi_region_key_type(situation: Situation, _rest: str) -> Reading:
    """PRIMARY or REPLICA; absent for single-Region keys. A multi-Region key that CreateKey makes is a primary.

    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-auth.html
    """
    if situation.replica_of is not None:
        return ("REPLICA",)
    key = situation.scope.target.key
    if key is None:
        return _type_of_created(multi_region(situation, ""))
    if not key.multi_region:
        return None
    return ("REPLICA",) if key.primary_region not in {None, key.region} else ("PRIMARY",)


def resource_aliases(situation: Situation, _rest: str) -> Reading:
    """All aliases of the key. If there are more than the quota, AWS denies: an Allow must not rely on them (K5)."""
    key = situation.scope.target.key
    if key is None or not key.aliases:
        return None
    if len(key.aliases) > ALIASES_PER_KEY:
        return Alternatives((None, key.aliases), "aliases-over-quota")
    return key.aliases


def request_alias(situation: Situation, _rest: str) -> Reading:
    """The alias name by which the request names the key; absent where it names the key itself."""
    alias = situation.circumstances.request_alias
    return (alias,) if alias is not None else None


def encryption_context(situation: Situation, rest: str) -> Reading:
    """The value of one pair; the pair's name ignores case here."""
    return pair(dict(_encryption_context(situation)), rest, "encryption-context-key-case")


def encryption_context_keys(situation: Situation, _rest: str) -> Reading:
    """The names of all pairs, as values."""
    prefix = "kms:encryptioncontext:"
    given = situation.circumstances.given.names
    also = (name[len(prefix) :] for key, name in given.items() if key.startswith(prefix))
    return tuple(dict.fromkeys([*(name for name, _value in _encryption_context(situation)), *also])) or None


def encryption_algorithm(_situation: Situation, _rest: str) -> Reading:
    """The default of an omitted parameter counts (semantics K2)."""
    return ("SYMMETRIC_DEFAULT",)


def policy_name(_situation: Situation, _rest: str) -> Reading:
    """The default of an omitted parameter counts (semantics K2)."""
    return ("default",)


def message_type(_situation: Situation, _rest: str) -> Reading:
    """ASSUMPTION Z29: absent or the default RAW."""
    return _perhaps("RAW")


def pending_window(_situation: Situation, _rest: str) -> Reading:
    """ASSUMPTION Z29: absent or the default of 30 days."""
    return _perhaps("30")


def rotation_period(_situation: Situation, _rest: str) -> Reading:
    """ASSUMPTION Z29: absent or the default of 365 days."""
    return _perhaps("365")


def other_region(situation: Situation, _rest: str) -> Reading:
    """For ReplicateKey the Region of the replica, for UpdatePrimaryRegion the new primary Region."""
    region = situation.circumstances.region
    return (region,) if region is not None else None


def same_key(situation: Situation, _rest: str) -> Reading:
    """Whether both sides of a ReEncrypt call are one key, where the question names both."""
    same = situation.circumstances.same_key
    return None if same is None else (("true",) if same else ("false",))


def grant_operations(situation: Situation, _rest: str) -> Reading:
    """Operations of the CreateGrant request."""
    grant = situation.circumstances.grant
    return (grant.operations or None) if grant is not None else None


def grant_constraint_type(situation: Situation, _rest: str) -> Reading:
    """EncryptionContextEquals or EncryptionContextSubset; never SourceArn."""
    grant = situation.circumstances.grant
    if grant is None:
        return None
    if grant.constraints.encryption_context_equals is not None:
        return ("EncryptionContextEquals",)
    return ("EncryptionContextSubset",) if grant.constraints.encryption_context_subset is not None else None


def grant_constraint_source_arn(situation: Situation, _rest: str) -> Reading:
    """The SourceArn constraint of the CreateGrant request."""
    grant = situation.circumstances.grant
    return _one(grant.constraints.source_arn if grant is not None else None)


def grantee_principal(situation: Situation, _rest: str) -> Reading:
    """GranteePrincipal of the CreateGrant request."""
    return _of_grant(situation, "grantee_principal")


def grantee_service_principal(situation: Situation, _rest: str) -> Reading:
    """GranteeServicePrincipal of the CreateGrant request."""
    return _of_grant(situation, "grantee_service_principal")


def retiring_principal(situation: Situation, _rest: str) -> Reading:
    """RetiringPrincipal of the CreateGrant request."""
    return _of_grant(situation, "retiring_principal")


def retiring_service_principal(situation: Situation, _rest: str) -> Reading:
    """RetiringServicePrincipal of the CreateGrant request."""
    return _of_grant(situation, "retiring_service_principal")


def grant_is_for_aws_resource(situation: Situation, _rest: str) -> Reading:
    """True where a service makes the call, as itself or on behalf of the caller (semantics S6).

    ASSUMPTION G20: a direct call may carry false or no value.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-grant-is-for-aws-resource
    """
    if situation.by_service or situation.scope.caller.kind == "service":
        return ("true",)
    return Alternatives((None, ("false",)), "grant-is-for-aws-resource")


OF_THE_KEY = (key_spec, key_usage, key_origin, multi_region, multi_region_key_type, resource_tag)
"""Derivations that depend only on the key if it exists; otherwise they describe the key that CreateKey asks for."""

OF_THE_GRANT = (grant_operations, grant_constraint_type, grant_constraint_source_arn, grantee_principal,
                grantee_service_principal, retiring_principal, retiring_service_principal)  # fmt: skip
"""Derivations from the grant that a request is about; for RetireGrant without a grant, that is the key's only one."""


def _key(situation: Situation) -> Key | None:
    """The key itself, or for a replica that is being created its primary: they share these properties (E16, T4)."""
    return situation.scope.target.key or situation.replica_of


def _type_of_created(multi_region: Reading) -> Reading:
    if isinstance(multi_region, Alternatives):
        return Alternatives(tuple(map(_type, multi_region.readings)), multi_region.question)
    return _type(multi_region)


def _type(multi_region: Values | None) -> Values | None:
    return ("PRIMARY",) if any(value.lower() == "true" for value in multi_region or ()) else None


def _created(situation: Situation, key: str, default: str) -> Reading:
    if situation.action != "kms:createkey":
        return None
    said = situation.circumstances.given.values.get(key)
    return said if said is not None else (default,)


def _encryption_context(situation: Situation) -> tuple[tuple[str, str], ...]:
    circumstances = situation.circumstances
    if circumstances.encryption_context is not None and situation.action != "kms:retiregrant":
        return tuple(circumstances.encryption_context.items())
    # The only encryption context of CreateGrant and RetireGrant is that of the grant's constraint (semantics K3).
    if situation.action in {"kms:creategrant", "kms:retiregrant"} and circumstances.grant is not None:
        return constraint_pairs(circumstances.grant)
    return ()


def constraint_pairs(grant: Grant) -> tuple[tuple[str, str], ...]:
    """The pairs of a grant's encryption context constraint; empty without one."""
    constraints = grant.constraints
    return constraints.encryption_context_equals or constraints.encryption_context_subset or ()


def _of_grant(situation: Situation, name: str) -> Reading:
    grant = situation.circumstances.grant
    return _one(getattr(grant, name) if grant is not None else None)


def _perhaps(default: str) -> Reading:
    return Alternatives((None, (default,)), "default-of-omitted-parameter")


def _one(value: str | None) -> Reading:
    return (value,) if value is not None else None
