"""The permissions of AWS KMS, one row each: what they apply to, which requests need them, what those requests carry.

Comes in: nothing. Goes out: `ACTIONS`, and the same rows by name (`ACTION`) and by API operation (`OPERATIONS`).
Never here: a decision. Permissions that an operation needs only in some cases, besides its own (`kms:TagResource` for a
CreateKey with tags, for example), are for the engine.

To add an action that AWS has published: one row, in alphabetical order; `tests/facts` compares the table with the
service model of the API. Sources, read 2026-11-24:

- Service Authorization Reference, https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
- KMS Developer Guide, https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
- KMS API Reference, https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html

Where the three differ about condition keys, a row has the keys of all three; comments note the exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Final, Literal

from kms_eval.facts.rows import keyed
from kms_eval.records import record

AccessLevel = Literal["List", "Read", "Write", "Tagging", "Permissions management"]

AS_OF: Final = "2026-11-24"


@record
class Action:
    """One permission.

    name: spelled as AWS spells it, ``kms:Decrypt``. Policies and requests may use any case.
    access_level: the access level in the Service Authorization Reference (the first, where it lists several).
    resources: resource types it is evaluated on; empty where that is only ``*``: then key policies, grants and resource
        control policies take no part.
    condition_keys: condition keys that a request can carry besides the global ones; families end in their separator
        (``aws:ResourceTag/``, ``kms:EncryptionContext:``).
    operations: API operations that always need it; empty for a permission without an operation.
    cross_account: it may be used on a key of another account; otherwise no policy can allow that.
    grantable: it can be one of the operations of a grant.
    encryption_context: the request has an encryption context (for CreateGrant that of the grant constraints, for
        RetireGrant that of the grant).
    cryptographic: the KMS Developer Guide calls it a cryptographic operation.
    rcp: resource control policies can restrict it.
    key_usage, origins: usages and origins of the keys it works with; empty means any. On other keys it fails after
        authorization.
    since: when AWS added it, if that was after June 2023.
    source: the publications that list it.
    """

    name: str
    access_level: AccessLevel
    resources: tuple[str, ...]
    condition_keys: tuple[str, ...]
    _: KW_ONLY
    operations: tuple[str, ...]
    source: str
    cross_account: bool = False
    grantable: bool = False
    encryption_context: bool = False
    cryptographic: bool = False
    rcp: bool = False
    key_usage: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    since: str | None = None


KEY: tuple[str, ...] = ("key",)
ALIAS_AND_KEY: tuple[str, ...] = ("alias", "key")
NO_RESOURCE: tuple[str, ...] = ()

# Properties of the key itself, in every operation that is authorized for a key.
KEY_RESOURCE_KEYS: tuple[str, ...] = (
    "aws:ResourceTag/",
    "kms:KeyOrigin",
    "kms:KeySpec",
    "kms:KeyUsage",
    "kms:MultiRegion",
    "kms:MultiRegionKeyType",
    "kms:ResourceAliases",
)
CALLER_KEYS: tuple[str, ...] = ("kms:CallerAccount", "kms:ViaService")
KEY_REQUEST_KEYS: tuple[str, ...] = (*CALLER_KEYS, *KEY_RESOURCE_KEYS)
# Operations whose KeyId may be an alias.
ALIAS_REQUEST_KEYS: tuple[str, ...] = (*KEY_REQUEST_KEYS, "kms:RequestAlias")
ENCRYPTION_CONTEXT_KEYS: tuple[str, ...] = ("kms:EncryptionContext:", "kms:EncryptionContextKeys")
ENCRYPTION_KEYS: tuple[str, ...] = (*ALIAS_REQUEST_KEYS, *ENCRYPTION_CONTEXT_KEYS, "kms:EncryptionAlgorithm")
# Operations with the parameter Recipient:
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-nitro-enclaves.html
ATTESTATION: Final = "kms:RecipientAttestation:"
TAG_REQUEST_KEYS: tuple[str, ...] = ("aws:RequestTag/", "aws:TagKeys")

PUBLISHED: Final = (
    "Service Authorization Reference; KMS Developer Guide, kms-api-permissions-reference; KMS API Reference"
)
NOT_IN_GUIDE: Final = "Service Authorization Reference; KMS API Reference"
PERMISSION_ONLY: Final = "Service Authorization Reference"

# Formatted by hand: name, access level, resources and condition keys first, then the operations, then the rest.
# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("kms:CancelKeyDeletion", "Write", KEY, KEY_REQUEST_KEYS,
           operations=("CancelKeyDeletion",), rcp=True, source=PUBLISHED),
    Action("kms:ConnectCustomKeyStore", "Write", NO_RESOURCE, ("kms:CallerAccount",),
           operations=("ConnectCustomKeyStore",), source=PUBLISHED),
    Action("kms:CreateAlias", "Write", ALIAS_AND_KEY, KEY_REQUEST_KEYS,
           operations=("CreateAlias",), rcp=True, source=PUBLISHED),
    Action("kms:CreateCustomKeyStore", "Write", NO_RESOURCE, ("kms:CallerAccount",),
           operations=("CreateCustomKeyStore",), source=PUBLISHED),
    Action("kms:CreateGrant", "Permissions management", KEY,
           (*KEY_REQUEST_KEYS, *ENCRYPTION_CONTEXT_KEYS, "kms:GrantConstraintSourceArn", "kms:GrantConstraintType",
            "kms:GrantIsForAWSResource", "kms:GrantOperations", "kms:GranteePrincipal", "kms:GranteeServicePrincipal",
            "kms:RetiringPrincipal", "kms:RetiringServicePrincipal"),
           operations=("CreateGrant",), cross_account=True, grantable=True, encryption_context=True, rcp=True,
           source=PUBLISHED),
    # CreateKey reads the properties of the key from its own parameters. A key that does not exist yet has no aliases.
    Action("kms:CreateKey", "Write", NO_RESOURCE,
           (*CALLER_KEYS, *TAG_REQUEST_KEYS, "aws:ResourceTag/", "kms:BypassPolicyLockoutSafetyCheck", "kms:KeyOrigin",
            "kms:KeySpec", "kms:KeyUsage", "kms:MultiRegion", "kms:MultiRegionKeyType"),
           operations=("CreateKey", "ReplicateKey"), source=PUBLISHED),
    Action("kms:Decapsulate", "Write", KEY, (*ALIAS_REQUEST_KEYS, "kms:EncapsulationAlgorithm"),
           operations=("Decapsulate",), cross_account=True, grantable=True, cryptographic=True, rcp=True,
           key_usage=("ENCAPSULATE_DECAPSULATE",), since="2026", source=NOT_IN_GUIDE),
    Action("kms:Decrypt", "Write", KEY, (*ENCRYPTION_KEYS, ATTESTATION),
           operations=("Decrypt",), cross_account=True, grantable=True, encryption_context=True, cryptographic=True,
           rcp=True, key_usage=("ENCRYPT_DECRYPT",), source=PUBLISHED),
    Action("kms:DeleteAlias", "Write", ALIAS_AND_KEY, KEY_REQUEST_KEYS,
           operations=("DeleteAlias",), rcp=True, source=PUBLISHED),
    Action("kms:DeleteCustomKeyStore", "Write", NO_RESOURCE, ("kms:CallerAccount",),
           operations=("DeleteCustomKeyStore",), source=PUBLISHED),
    Action("kms:DeleteImportedKeyMaterial", "Write", KEY, KEY_REQUEST_KEYS,
           operations=("DeleteImportedKeyMaterial",), rcp=True, origins=("EXTERNAL",), source=PUBLISHED),
    Action("kms:DeriveSharedSecret", "Write", KEY, (*ALIAS_REQUEST_KEYS, "kms:KeyAgreementAlgorithm", ATTESTATION),
           operations=("DeriveSharedSecret",), cross_account=True, grantable=True, cryptographic=True, rcp=True,
           key_usage=("KEY_AGREEMENT",), since="2024", source=PUBLISHED),
    Action("kms:DescribeCustomKeyStores", "Read", NO_RESOURCE, ("kms:CallerAccount",),
           operations=("DescribeCustomKeyStores",), source=PUBLISHED),
    Action("kms:DescribeKey", "Read", KEY, ALIAS_REQUEST_KEYS,
           operations=("DescribeKey",), cross_account=True, grantable=True, rcp=True, source=PUBLISHED),
    Action("kms:DisableKey", "Write", KEY, (*KEY_REQUEST_KEYS, "kms:TrailingDaysWithoutKeyUsage"),
           operations=("DisableKey",), rcp=True, source=PUBLISHED),
    Action("kms:DisableKeyRotation", "Write", KEY, KEY_REQUEST_KEYS,
           operations=("DisableKeyRotation",), rcp=True, key_usage=("ENCRYPT_DECRYPT",), origins=("AWS_KMS",),
           source=PUBLISHED),
    Action("kms:DisconnectCustomKeyStore", "Write", NO_RESOURCE, ("kms:CallerAccount",),
           operations=("DisconnectCustomKeyStore",), source=PUBLISHED),
    Action("kms:EnableKey", "Write", KEY, KEY_REQUEST_KEYS,
           operations=("EnableKey",), rcp=True, source=PUBLISHED),
    Action("kms:EnableKeyRotation", "Write", KEY, (*KEY_REQUEST_KEYS, "kms:RotationPeriodInDays"),
           operations=("EnableKeyRotation",), rcp=True, key_usage=("ENCRYPT_DECRYPT",), origins=("AWS_KMS",),
           source=PUBLISHED),
    Action("kms:Encapsulate", "Write", KEY, (*ALIAS_REQUEST_KEYS, "kms:EncapsulationAlgorithm"),
           operations=("Encapsulate",), cross_account=True, grantable=True, cryptographic=True, rcp=True,
           key_usage=("ENCAPSULATE_DECAPSULATE",), since="2026", source=NOT_IN_GUIDE),
    Action("kms:Encrypt", "Write", KEY, ENCRYPTION_KEYS,
           operations=("Encrypt",), cross_account=True, grantable=True, encryption_context=True, cryptographic=True,
           rcp=True, key_usage=("ENCRYPT_DECRYPT",), source=PUBLISHED),
    Action("kms:GenerateDataKey", "Write", KEY, (*ENCRYPTION_KEYS, ATTESTATION),
           operations=("GenerateDataKey",), cross_account=True, grantable=True, encryption_context=True,
           cryptographic=True, rcp=True, key_usage=("ENCRYPT_DECRYPT",), source=PUBLISHED),
    Action("kms:GenerateDataKeyPair", "Write", KEY, (*ENCRYPTION_KEYS, "kms:DataKeyPairSpec", ATTESTATION),
           operations=("GenerateDataKeyPair",), cross_account=True, grantable=True, encryption_context=True,
           cryptographic=True, rcp=True, key_usage=("ENCRYPT_DECRYPT",), origins=("AWS_KMS", "EXTERNAL"),
           source=PUBLISHED),
    Action("kms:GenerateDataKeyPairWithoutPlaintext", "Write", KEY, (*ENCRYPTION_KEYS, "kms:DataKeyPairSpec"),
           operations=("GenerateDataKeyPairWithoutPlaintext",), cross_account=True, grantable=True,
           encryption_context=True, cryptographic=True, rcp=True, key_usage=("ENCRYPT_DECRYPT",),
           origins=("AWS_KMS", "EXTERNAL"), source=PUBLISHED),
    Action("kms:GenerateDataKeyWithoutPlaintext", "Write", KEY, ENCRYPTION_KEYS,
           operations=("GenerateDataKeyWithoutPlaintext",), cross_account=True, grantable=True, encryption_context=True,
           cryptographic=True, rcp=True, key_usage=("ENCRYPT_DECRYPT",), source=PUBLISHED),
    Action("kms:GenerateMac", "Write", KEY, (*ALIAS_REQUEST_KEYS, "kms:MacAlgorithm"),
           operations=("GenerateMac",), cross_account=True, grantable=True, cryptographic=True, rcp=True,
           key_usage=("GENERATE_VERIFY_MAC",), source=PUBLISHED),
    Action("kms:GenerateRandom", "Write", NO_RESOURCE, ("kms:CallerAccount", ATTESTATION),
           operations=("GenerateRandom",), cryptographic=True, source=PUBLISHED),
    Action("kms:GetKeyLastUsage", "Read", KEY, KEY_REQUEST_KEYS,
           operations=("GetKeyLastUsage",), rcp=True, since="2026", source=PUBLISHED),
    Action("kms:GetKeyPolicy", "Read", KEY, (*KEY_REQUEST_KEYS, "kms:PolicyName"),
           operations=("GetKeyPolicy",), rcp=True, source=PUBLISHED),
    Action("kms:GetKeyRotationStatus", "Read", KEY, KEY_REQUEST_KEYS,
           operations=("GetKeyRotationStatus",), cross_account=True, rcp=True, source=PUBLISHED),
    Action("kms:GetParametersForImport", "Read", KEY,
           (*KEY_REQUEST_KEYS, "kms:WrappingAlgorithm", "kms:WrappingKeySpec"),
           operations=("GetParametersForImport",), rcp=True, origins=("EXTERNAL",), source=PUBLISHED),
    Action("kms:GetPublicKey", "Read", KEY, ALIAS_REQUEST_KEYS,
           operations=("GetPublicKey",), cross_account=True, grantable=True, rcp=True,
           key_usage=("ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"), source=PUBLISHED),
    Action("kms:ImportKeyMaterial", "Write", KEY, (*KEY_REQUEST_KEYS, "kms:ExpirationModel", "kms:ValidTo"),
           operations=("ImportKeyMaterial",), rcp=True, origins=("EXTERNAL",), source=PUBLISHED),
    Action("kms:ListAliases", "List", NO_RESOURCE, CALLER_KEYS,
           operations=("ListAliases",), source=PUBLISHED),
    Action("kms:ListGrants", "List", KEY, (*KEY_REQUEST_KEYS, "kms:GrantIsForAWSResource"),
           operations=("ListGrants",), cross_account=True, rcp=True, source=PUBLISHED),
    Action("kms:ListKeyPolicies", "List", KEY, KEY_REQUEST_KEYS,
           operations=("ListKeyPolicies",), rcp=True, source=PUBLISHED),
    Action("kms:ListKeyRotations", "List", KEY, KEY_REQUEST_KEYS,
           operations=("ListKeyRotations",), rcp=True, since="2024", source=PUBLISHED),
    Action("kms:ListKeys", "List", NO_RESOURCE, CALLER_KEYS,
           operations=("ListKeys",), source=PUBLISHED),
    Action("kms:ListResourceTags", "List", KEY, KEY_REQUEST_KEYS,
           operations=("ListResourceTags",), rcp=True, source=PUBLISHED),
    Action("kms:ListRetirableGrants", "List", NO_RESOURCE, (),
           operations=("ListRetirableGrants",), source=PUBLISHED),
    Action("kms:PutKeyPolicy", "Permissions management", KEY,
           (*KEY_REQUEST_KEYS, "kms:BypassPolicyLockoutSafetyCheck", "kms:PolicyName"),
           operations=("PutKeyPolicy",), rcp=True, source=PUBLISHED),
    Action("kms:ReEncryptFrom", "Write", KEY, (*ENCRYPTION_KEYS, "kms:ReEncryptOnSameKey"),
           operations=("ReEncrypt",), cross_account=True, grantable=True, encryption_context=True, cryptographic=True,
           rcp=True, key_usage=("ENCRYPT_DECRYPT",), source=PUBLISHED),
    Action("kms:ReEncryptTo", "Write", KEY, (*ENCRYPTION_KEYS, "kms:ReEncryptOnSameKey"),
           operations=("ReEncrypt",), cross_account=True, grantable=True, encryption_context=True, cryptographic=True,
           rcp=True, key_usage=("ENCRYPT_DECRYPT",), source=PUBLISHED),
    # The tag keys are in none of the lists of condition keys, but the operation has the parameter Tags.
    Action("kms:ReplicateKey", "Write", KEY, (*KEY_REQUEST_KEYS, *TAG_REQUEST_KEYS, "kms:ReplicaRegion"),
           operations=("ReplicateKey",), rcp=True, source=PUBLISHED),
    # Of all policies only identity policies count, and the grant itself decides; AWS Organizations exempts it from RCPs
    # by name.
    Action("kms:RetireGrant", "Permissions management", KEY,
           (*KEY_REQUEST_KEYS, *ENCRYPTION_CONTEXT_KEYS, "kms:GrantConstraintType"),
           operations=("RetireGrant",), cross_account=True, grantable=True, encryption_context=True, source=PUBLISHED),
    Action("kms:RevokeGrant", "Permissions management", KEY, (*KEY_REQUEST_KEYS, "kms:GrantIsForAWSResource"),
           operations=("RevokeGrant",), cross_account=True, rcp=True, source=PUBLISHED),
    Action("kms:RotateKeyOnDemand", "Write", KEY, KEY_REQUEST_KEYS,
           operations=("RotateKeyOnDemand",), rcp=True, key_usage=("ENCRYPT_DECRYPT",), origins=("AWS_KMS", "EXTERNAL"),
           since="2024", source=PUBLISHED),
    Action("kms:ScheduleKeyDeletion", "Write", KEY,
           (*KEY_REQUEST_KEYS, "kms:ScheduleKeyDeletionPendingWindowInDays", "kms:TrailingDaysWithoutKeyUsage"),
           operations=("ScheduleKeyDeletion",), rcp=True, source=PUBLISHED),
    Action("kms:Sign", "Write", KEY, (*ALIAS_REQUEST_KEYS, "kms:MessageType", "kms:SigningAlgorithm"),
           operations=("Sign",), cross_account=True, grantable=True, cryptographic=True, rcp=True,
           key_usage=("SIGN_VERIFY",), source=PUBLISHED),
    # Used by the service-linked role that synchronizes related multi-Region keys.
    Action("kms:SynchronizeMultiRegionKey", "Write", KEY, KEY_RESOURCE_KEYS,
           operations=(), rcp=True, source=PERMISSION_ONLY),
    Action("kms:TagResource", "Tagging", KEY, (*KEY_REQUEST_KEYS, *TAG_REQUEST_KEYS),
           operations=("TagResource",), rcp=True, source=PUBLISHED),
    # The Developer Guide lists aws:RequestTag/ too, but the request has tag keys without values.
    Action("kms:UntagResource", "Tagging", KEY, (*KEY_REQUEST_KEYS, "aws:TagKeys"),
           operations=("UntagResource",), rcp=True, source=PUBLISHED),
    Action("kms:UpdateAlias", "Write", ALIAS_AND_KEY, KEY_REQUEST_KEYS,
           operations=("UpdateAlias",), rcp=True, source=PUBLISHED),
    Action("kms:UpdateCustomKeyStore", "Write", NO_RESOURCE, ("kms:CallerAccount",),
           operations=("UpdateCustomKeyStore",), source=PUBLISHED),
    Action("kms:UpdateKeyDescription", "Write", KEY, KEY_REQUEST_KEYS,
           operations=("UpdateKeyDescription",), rcp=True, source=PUBLISHED),
    Action("kms:UpdatePrimaryRegion", "Write", KEY, (*KEY_REQUEST_KEYS, "kms:PrimaryRegion"),
           operations=("UpdatePrimaryRegion",), rcp=True, source=PUBLISHED),
    Action("kms:Verify", "Write", KEY, (*ALIAS_REQUEST_KEYS, "kms:MessageType", "kms:SigningAlgorithm"),
           operations=("Verify",), cross_account=True, grantable=True, cryptographic=True, rcp=True,
           key_usage=("SIGN_VERIFY",), source=PUBLISHED),
    Action("kms:VerifyMac", "Write", KEY, (*ALIAS_REQUEST_KEYS, "kms:MacAlgorithm"),
           operations=("VerifyMac",), cross_account=True, grantable=True, cryptographic=True, rcp=True,
           key_usage=("GENERATE_VERIFY_MAC",), source=PUBLISHED),
)
# fmt: on

ACTION: Mapping[str, Action] = keyed((action.name.lower(), action) for action in ACTIONS)


def _needed(operation: str) -> tuple[Action, ...]:
    """Every permission that the operation always needs, the one with its own name first."""
    needed = [action for action in ACTIONS if operation in action.operations]
    return tuple(sorted(needed, key=lambda action: action.name != f"kms:{operation}"))


OPERATIONS: Mapping[str, tuple[Action, ...]] = keyed(
    (operation.lower(), _needed(operation))
    for operation in sorted({operation for action in ACTIONS for operation in action.operations})
)
