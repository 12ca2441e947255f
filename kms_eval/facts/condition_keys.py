"""The condition keys that a request to AWS KMS can carry, one row each.

Comes in: nothing. Goes out: `CONDITION_KEYS`, and `find`, which looks up a key as policies and requests write it.
Never here: how the value of a key follows from a world and a request.

The rows of `actions` alone say which permissions carry a key; `ConditionKey.actions` reads it there.
To add a key that AWS has published: one row here, and its name in the rows of `actions` unless any request can have it.
Sources, read 2026-11-24:

- KMS Developer Guide, https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html
- IAM User Guide, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
- Service Authorization Reference (AWS KMS) and the KMS API Reference, as in `actions`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from functools import cache, lru_cache
from typing import Final, Literal

from kms_eval.facts import enums
from kms_eval.facts.actions import ACTIONS
from kms_eval.facts.rows import keyed
from kms_eval.records import record

KeyType = Literal["String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary"]
PolicyElement = Literal["key", "iam"]

_CARRIED: Final = frozenset(name for action in ACTIONS for name in action.condition_keys)


@record
class ConditionKey:
    """One condition key, or a family of them.

    name: spelled as AWS spells it; policies and requests may use any case. A trailing ``/`` or ``:`` marks a family,
        whose members have a name of their own after it (``aws:ResourceTag/project``).
    type: the type of its value. `also_type` is a second type that AWS documents as well.
    multi_valued: a request can have several values; conditions on it need ForAllValues or ForAnyValue.
    policies: where AWS supports it: in key policies, in IAM policies.
    values: the only values it can have; empty where any value is possible.
    members: the only members of a family; empty where any member is possible.
    synonym_of: the key whose value it shares.
    since: when AWS added it, if that was after June 2023.
    source: the publications that list it.
    """

    name: str
    type: KeyType
    _: KW_ONLY
    source: str
    multi_valued: bool = False
    policies: tuple[PolicyElement, ...] = ("key", "iam")
    values: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    also_type: KeyType | None = None
    synonym_of: str | None = None
    since: str | None = None

    @property
    def actions(self) -> tuple[str, ...] | None:
        """Permissions whose requests can carry the key; None means that those of every permission can."""
        name = self.synonym_of or self.name
        if name not in _CARRIED:
            return None
        return _carrying(name)


@cache
def _carrying(name: str) -> tuple[str, ...]:
    return tuple(action.name for action in ACTIONS if name in action.condition_keys)


KMS: Final = "KMS Developer Guide, conditions-kms; Service Authorization Reference"
ATTESTATION: Final = "KMS Developer Guide, conditions-nitro-enclaves; Service Authorization Reference"
STS: Final = "AWS STS service model"
GLOBAL: Final = "IAM User Guide, reference_policies_condition-keys"

CONDITION_KEYS: tuple[ConditionKey, ...] = (
    # Properties of the request to KMS.
    ConditionKey("kms:BypassPolicyLockoutSafetyCheck", "Bool", source=KMS),
    ConditionKey("kms:CallerAccount", "String", source=KMS),
    ConditionKey("kms:DataKeyPairSpec", "String", values=enums.DATA_KEY_PAIR_SPECS, source=KMS),
    ConditionKey(
        "kms:EncapsulationAlgorithm",
        "String",
        values=enums.ENCAPSULATION_ALGORITHMS,
        since="2026",
        source="Service Authorization Reference; KMS API Reference, Encapsulate and Decapsulate",
    ),
    ConditionKey("kms:EncryptionAlgorithm", "String", values=enums.ENCRYPTION_ALGORITHMS, source=KMS),
    ConditionKey("kms:EncryptionContext:", "String", source=KMS),
    ConditionKey("kms:EncryptionContextKeys", "String", multi_valued=True, source=KMS),
    ConditionKey("kms:ExpirationModel", "String", values=enums.EXPIRATION_MODELS, source=KMS),
    ConditionKey("kms:GrantConstraintSourceArn", "ARN", since="2026-03", source=KMS),
    ConditionKey("kms:GrantConstraintType", "String", values=enums.GRANT_CONSTRAINT_TYPES, source=KMS),
    ConditionKey("kms:GrantIsForAWSResource", "Bool", source=KMS),
    ConditionKey("kms:GrantOperations", "String", multi_valued=True, values=enums.GRANT_OPERATIONS, source=KMS),
    ConditionKey("kms:GranteePrincipal", "String", source=KMS),
    ConditionKey("kms:GranteeServicePrincipal", "String", since="2026-03", source=KMS),
    ConditionKey(
        "kms:KeyAgreementAlgorithm", "String", values=enums.KEY_AGREEMENT_ALGORITHMS, since="2024", source=KMS
    ),
    ConditionKey("kms:MacAlgorithm", "String", values=enums.MAC_ALGORITHMS, source=KMS),
    ConditionKey("kms:MessageType", "String", values=enums.MESSAGE_TYPES, source=KMS),
    ConditionKey(
        "kms:PolicyName",
        "String",
        values=enums.POLICY_NAMES,
        since="2026-11",
        source="KMS API Reference, GetKeyPolicy and PutKeyPolicy",
    ),
    # The guide gives this and the next few a list type; they have one value (Service Authorization Reference).
    ConditionKey("kms:PrimaryRegion", "String", source=KMS),
    ConditionKey("kms:ReEncryptOnSameKey", "Bool", source=KMS),
    ConditionKey(
        "kms:RecipientAttestation:",
        "String",
        # NitroTPM came after June 2023. PCR8:ServiceName is in the Service Authorization Reference only.
        members=(
            "ImageSha384",
            *(f"PCR{register}" for register in range(32)),
            "PCR8:ServiceName",
            *(f"NitroTPMPCR{register}" for register in range(24)),
        ),
        source=ATTESTATION,
    ),
    ConditionKey("kms:ReplicaRegion", "String", source=KMS),
    ConditionKey("kms:RequestAlias", "String", source=KMS),
    ConditionKey("kms:RetiringPrincipal", "String", source=KMS),
    ConditionKey("kms:RetiringServicePrincipal", "String", since="2026-03", source=KMS),
    ConditionKey("kms:RotationPeriodInDays", "Numeric", since="2024", source=KMS),
    ConditionKey("kms:ScheduleKeyDeletionPendingWindowInDays", "Numeric", since="after 2023-06", source=KMS),
    ConditionKey("kms:SigningAlgorithm", "String", values=enums.SIGNING_ALGORITHMS, source=KMS),
    # Its type is Date, but the guide's own example uses it with numeric operators on Unix time.
    ConditionKey("kms:ValidTo", "Date", also_type="Numeric", source=KMS),
    ConditionKey("kms:ViaService", "String", source=KMS),
    ConditionKey("kms:WrappingAlgorithm", "String", values=enums.WRAPPING_ALGORITHMS, source=KMS),
    ConditionKey("kms:WrappingKeySpec", "String", values=enums.WRAPPING_KEY_SPECS, source=KMS),
    # Properties of the key; in CreateKey, those it will have.
    ConditionKey(
        "kms:CustomerMasterKeySpec", "String", values=enums.KEY_SPECS, synonym_of="kms:KeySpec", source=KMS
    ),  # deprecated, still honoured
    ConditionKey(
        "kms:CustomerMasterKeyUsage", "String", values=enums.KEY_USAGES, synonym_of="kms:KeyUsage", source=KMS
    ),  # deprecated, still honoured
    ConditionKey("kms:KeyOrigin", "String", values=enums.ORIGINS, source=KMS),
    ConditionKey("kms:KeySpec", "String", values=enums.KEY_SPECS, source=KMS),
    ConditionKey("kms:KeyUsage", "String", values=enums.KEY_USAGES, source=KMS),
    ConditionKey("kms:MultiRegion", "Bool", source=KMS),
    ConditionKey("kms:MultiRegionKeyType", "String", values=enums.MULTI_REGION_KEY_TYPES, source=KMS),
    ConditionKey("kms:ResourceAliases", "String", multi_valued=True, policies=("iam",), source=KMS),
    ConditionKey("kms:TrailingDaysWithoutKeyUsage", "Numeric", since="2026", source=KMS),
    # Properties of the principal.
    ConditionKey("aws:PrincipalAccount", "String", source=GLOBAL),
    ConditionKey("aws:PrincipalArn", "ARN", source=GLOBAL),
    ConditionKey("aws:PrincipalIsAWSService", "Bool", source=GLOBAL),
    ConditionKey("aws:PrincipalOrgID", "String", source=GLOBAL),
    ConditionKey("aws:PrincipalOrgPaths", "String", multi_valued=True, source=GLOBAL),
    ConditionKey("aws:PrincipalServiceName", "String", source=GLOBAL),
    ConditionKey("aws:PrincipalServiceNamesList", "String", multi_valued=True, source=GLOBAL),
    ConditionKey("aws:PrincipalTag/", "String", source=GLOBAL),
    ConditionKey(
        "aws:PrincipalType",
        "String",
        values=("Account", "User", "FederatedUser", "AssumedRole", "Anonymous"),
        source=GLOBAL,
    ),
    ConditionKey("aws:userid", "String", source=GLOBAL),
    ConditionKey("aws:username", "String", source=GLOBAL),
    # Properties of the session.
    ConditionKey(
        "aws:OriginIdentity/",
        "String",
        members=("Subject", "SubjectType", "Issuer", "FederatedProviderArn"),
        since="2026",
        source=STS,
    ),
    ConditionKey("aws:TransactionContext/IdentityProvider/", "String", since="2026", source=STS),
    ConditionKey("aws:IdentityCenterInstanceArn", "ARN", since="2026", source=STS),
    ConditionKey("aws:IdentityStoreArn", "ARN", since="2026", source=STS),
    ConditionKey("aws:AssumedRoot", "Bool", since="2024", source=GLOBAL),
    ConditionKey("aws:ChatbotSourceArn", "ARN", source=GLOBAL),
    ConditionKey("aws:Ec2InstanceSourcePrivateIPv4", "IPAddress", source=GLOBAL),
    ConditionKey("aws:Ec2InstanceSourceVpc", "String", source=GLOBAL),
    ConditionKey("aws:FederatedProvider", "String", source=GLOBAL),
    ConditionKey("aws:MultiFactorAuthAge", "Numeric", source=GLOBAL),
    ConditionKey("aws:MultiFactorAuthPresent", "Bool", source=GLOBAL),
    ConditionKey("aws:SignInSessionArn", "ARN", since="2026", source=GLOBAL),
    ConditionKey("aws:SourceIdentity", "String", source=GLOBAL),
    ConditionKey("aws:TokenIssueTime", "Date", source=GLOBAL),
    ConditionKey("aws:ViaCustomerDomain", "String", since="2026", source=GLOBAL),
    ConditionKey("codebuild:BuildArn", "ARN", source=GLOBAL),
    ConditionKey("codebuild:ProjectArn", "ARN", source=GLOBAL),
    ConditionKey("ec2:RoleDelivery", "Numeric", source=GLOBAL),
    ConditionKey("ec2:SourceInstanceArn", "ARN", source=GLOBAL),
    ConditionKey("glue:CredentialIssuingService", "String", source=GLOBAL),
    ConditionKey("glue:RoleAssumedBy", "String", source=GLOBAL),
    ConditionKey("identitystore:UserId", "String", source=GLOBAL),
    ConditionKey("lambda:SourceFunctionArn", "ARN", source=GLOBAL),
    ConditionKey("ssm:SourceInstanceArn", "ARN", source=GLOBAL),
    # Properties of the network.
    ConditionKey("aws:SourceIp", "IPAddress", source=GLOBAL),
    ConditionKey("aws:SourceVpc", "String", source=GLOBAL),
    ConditionKey("aws:SourceVpcArn", "ARN", since="2025-11", source=GLOBAL),
    ConditionKey("aws:SourceVpce", "String", source=GLOBAL),
    ConditionKey("aws:VpcSourceIp", "IPAddress", source=GLOBAL),
    ConditionKey("aws:VpceAccount", "String", since="2025-08", source=GLOBAL),
    ConditionKey("aws:VpceOrgID", "String", since="2025-08", source=GLOBAL),
    ConditionKey("aws:VpceOrgPaths", "String", multi_valued=True, since="2025-08", source=GLOBAL),
    # Properties of the resource.
    ConditionKey("aws:ResourceAccount", "String", source=GLOBAL),
    ConditionKey("aws:ResourceOrgID", "String", source=GLOBAL),
    ConditionKey("aws:ResourceOrgPaths", "String", multi_valued=True, source=GLOBAL),
    ConditionKey(
        "aws:ResourceTag/",
        "String",
        policies=("iam",),
        source="KMS Developer Guide, tag-authorization; Service Authorization Reference",
    ),
    # Properties of the request to any service.
    ConditionKey("aws:CalledVia", "String", multi_valued=True, source=GLOBAL),
    ConditionKey("aws:CalledViaAWSMCP", "String", since="2026", source=GLOBAL),
    ConditionKey("aws:CalledViaFirst", "String", source=GLOBAL),
    ConditionKey("aws:CalledViaLast", "String", source=GLOBAL),
    ConditionKey("aws:CurrentTime", "Date", source=GLOBAL),
    ConditionKey("aws:EpochTime", "Date", also_type="Numeric", source=GLOBAL),
    ConditionKey("aws:IsMcpServiceAction", "Bool", since="2026", source=GLOBAL),
    ConditionKey("aws:RequestTag/", "String", source=GLOBAL),
    ConditionKey("aws:RequestedRegion", "String", source=GLOBAL),
    ConditionKey("aws:SecureTransport", "Bool", source=GLOBAL),
    ConditionKey("aws:SourceAccount", "String", source=GLOBAL),
    ConditionKey("aws:SourceArn", "ARN", source=GLOBAL),
    ConditionKey("aws:SourceOwner", "String", source="AWS service guides, policies of topics and queues"),
    ConditionKey("aws:SourceOrgID", "String", since="2023-11", source=GLOBAL),
    ConditionKey("aws:SourceOrgPaths", "String", multi_valued=True, since="2023-11", source=GLOBAL),
    ConditionKey("aws:TagKeys", "String", multi_valued=True, source=GLOBAL),
    ConditionKey("aws:UserAgent", "String", source=GLOBAL),
    ConditionKey("aws:ViaAWSMCPService", "Bool", since="2026", source=GLOBAL),
    ConditionKey("aws:ViaAWSService", "Bool", source=GLOBAL),
    ConditionKey("aws:referer", "String", source=GLOBAL),
)

_BY_NAME: Mapping[str, ConditionKey] = keyed((key.name.lower(), key) for key in CONDITION_KEYS)

_FAMILIES: tuple[ConditionKey, ...] = tuple(key for key in CONDITION_KEYS if key.name.endswith(("/", ":")))


def find(name: str) -> ConditionKey | None:
    """The row of a condition key, in any case; for a member of a family (``aws:ResourceTag/project``) the family's row.

    The name of a family itself, as it stands in the rows of `actions`, finds its row too. None means that AWS has not
    published such a key for requests to KMS.
    """
    wanted = name.lower()
    if wanted in _BY_NAME:
        return _BY_NAME[wanted]
    for family in _FAMILIES:
        prefix = family.name.lower()
        if wanted.startswith(prefix):
            member = wanted.removeprefix(prefix)
            known = not family.members or any(member == name.lower() for name in family.members)
            return family if known else None
    return None


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """The one name under which a key's value is looked up: in lower case, for a deprecated synonym the current name."""
    row = find(name)
    return row.synonym_of.lower() if row is not None and row.synonym_of is not None else name.lower()


def spelled(key: str, written: str | None = None) -> str:
    """A condition key as AWS spells it, or as `written` where part of its name is the user's (such as a tag key)."""
    row = find(key)
    if row is None or row.name.lower() != key:
        return written or key
    return row.name


EXAMPLES: Mapping[KeyType, str] = {
    "Bool": "true",
    "Numeric": "7",
    "Date": "2026-01-01T00:00:00Z",
    "IPAddress": "203.0.113.7",
    "Binary": "a2V5",
    "ARN": "arn:aws:service:us-east-1:123456789012:example",
}
"""An example value for each type that accepts only some texts."""

_NETWORKS = {"aws:sourcevpce": "vpce-0123456789abcdef0", "aws:sourcevpc": "vpc-0123456789abcdef0"}


def example_value(name: str, region: str) -> str:
    """A value that the condition key (in any case) could have in requests in the Region."""
    row = find(name)
    if row is None:
        return "any"
    if row.name == "kms:ViaService":
        return f"s3.{region}.amazonaws.com"
    return row.values[0] if row.values else EXAMPLES.get(row.type, _NETWORKS.get(name.lower(), "any"))
