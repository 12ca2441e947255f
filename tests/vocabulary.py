"""The words of the generated worlds: names, patterns, condition keys and the values they collide in.

Comes in: nothing. Goes out: tables for `strategies`. Never here: a strategy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from kms_eval.documents.model import PrincipalEntry

HOME, AWAY, MANAGEMENT = "111122223333", "444455556666", "999999999999"
ACCOUNTS = (HOME, AWAY)
REGION, OTHER_REGION = "us-east-1", "us-west-2"
KEY_IDS = ("1234abcd-0000", "1234abcd-1111", "mrk-2222")
ALIASES = ("alias/app", "alias/alice-main", "alias/App")
SERVICES = ("s3.amazonaws.com", "sns.amazonaws.com")
ENDPOINT, VPC = "vpce-0a", "vpc-0a"
ORGANIZATION, UNIT = "o-exampleorgid", "o-exampleorgid/r-ab12/ou-ab12-11111111/"
SOURCE = "arn:aws:s3:us-east-1:111122223333:bucket/one"

ALICE = f"arn:aws:iam::{HOME}:user/alice"
BOB = f"arn:aws:iam::{HOME}:user/team/bob"
WORKER = f"arn:aws:iam::{HOME}:role/worker"
LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/s3.amazonaws.com/AWSServiceRoleForS3"
PARTNER = f"arn:aws:iam::{AWAY}:role/team/partner"
CAROL = f"arn:aws:iam::{AWAY}:user/carol"
PEOPLE = (ALICE, BOB, WORKER, LINKED, PARTNER, CAROL)
GHOST = f"arn:aws:iam::{HOME}:role/ghost"
UNIQUE_IDS = {ALICE: "AIDAALICE", BOB: "AIDABOB", WORKER: "AROAWORKER", PARTNER: "AROAPARTNER"}
SESSIONS = {
    WORKER: f"arn:aws:sts::{HOME}:assumed-role/worker/s1",
    LINKED: f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForS3/s1",
    PARTNER: f"arn:aws:sts::{AWAY}:assumed-role/partner/s1",
    ALICE: f"arn:aws:sts::{HOME}:federated-user/alice",
    CAROL: f"arn:aws:sts::{AWAY}:federated-user/alice",
}
ROOTS = tuple(f"arn:aws:iam::{account}:root" for account in ACCOUNTS)
EVERYONE = (PrincipalEntry("*", "*"),)

REQUESTS = (
    *("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:DescribeKey", "kms:Sign"),
    *("kms:CreateGrant", "kms:RetireGrant", "kms:RevokeGrant", "kms:ListGrants", "kms:GetKeyRotationStatus"),
    *("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:EnableKeyRotation", "kms:TagResource", "kms:ReplicateKey"),
    *("kms:UpdatePrimaryRegion", "kms:SynchronizeMultiRegionKey", "kms:CreateAlias", "kms:DeleteAlias"),
    *("kms:CreateKey", "kms:ListKeys", "kms:GenerateRandom", "kms:ListRetirableGrants"),
    *("kms:FutureOperation", "KMS:decrypt"),
)
COMMON_REQUESTS = ("kms:Decrypt", "kms:CreateGrant", "kms:RetireGrant")
WITHOUT_KEY = frozenset({"kms:CreateKey", "kms:ListKeys", "kms:GenerateRandom", "kms:ListRetirableGrants"})
ON_ALIASES = frozenset({"kms:CreateAlias", "kms:DeleteAlias"})
GRANT_OPERATIONS = ("Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey", "CreateGrant", "RetireGrant")
PAIRS = (("app", "one"), ("App", "two"), ("dept", "IT"))
TIMES = (
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 6, 15, 14, tzinfo=timezone(timedelta(hours=2))),
    datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
)

ACTION_PATTERNS = (
    *("kms:*", "*", "kms:Decrypt", "kms:De*", "kms:?ecrypt", "KMS:DECRYPT", "kms:*Grant*", "kms:CreateGrant"),
    *("kms:RetireGrant", "kms:ReEncrypt*", "kms:ReEncrypt", "kms:*Key*", "kms:*Alias", "kms:Future*", "s3:*", "k*:L*"),
)
RESOURCE_PATTERNS = (
    *("*", "arn:aws:kms:*:key/*", "arn:*:key/*", "arn:aws:kms:*", f"arn:aws:k*:{REGION}:{HOME}:key/*"),
    *(f"arn:aws:kms:{REGION}:{HOME}:key/{key_id}" for key_id in KEY_IDS),
    *(f"arn:aws:kms:*:{account}:key/*" for account in ACCOUNTS),
    *(f"arn:aws:kms:us-????-?:{HOME}:key/1234abcd-*", f"arn:aws:kms:{REGION}:{HOME}:*", f"arn:aws:kms:{REGION}:*"),
    *(f"arn:aws:kms:{REGION}:{HOME}:alias/*", f"arn:aws:kms:*:*:{ALIASES[0]}"),
    *(f"arn:aws:kms:*:{HOME}:alias/${{aws:username}}-*", "arn:aws:kms:*:*:key/${aws:PrincipalTag/team}"),
    *(f"arn:aws:kms:*:{HOME}:key/${{aws:PrincipalTag/team, '1234abcd-0000'}}", f"arn:aws:kms:*:{HOME}:key/${{*}}"),
    f"arn:aws:kms:*:{HOME}:key/${{aws:ResourceTag/id}}",
    *(
        "arn:aws:kms",
        "arn:aws",
        f"arn:aws:kms:{REGION}",
        "?",
        f"arn:aws:kms:*:key/{KEY_IDS[0]}",
        f"arn:aws:kms:us*1:{HOME}:*",
    ),
    *(f"arn:aws:iam::{HOME}:user/*", f"arn:aws:iam::{HOME}:role/worker", "arn:aws:kms:*:key/${aws:userid}"),
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What conditions and requests say about one condition key.

    `names`: its spellings. `values`: what a request may hold. `types`: operators that suit it beside those on texts.
    `actions`: permissions whose requests one should ask about. `several`: a request can hold several values.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    types: tuple[str, ...] = ()
    actions: tuple[str, ...] = ("kms:Decrypt",)
    several: bool = False


YES_NO = ("true", "false")
ON_CREATE_GRANT = ("kms:CreateGrant",)
# fmt: off
# The keys that most rules are about: several values, several readings, operators of their own.
INTRICATE = (
    Vocabulary(("kms:EncryptionContext:app", "KMS:EncryptionContext:APP"), ("one", "two", "*"),
               actions=("kms:Decrypt", "kms:Decrypt", "kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey")),
    Vocabulary(("kms:EncryptionContextKeys",), ("app", "App", "dept", ""), several=True,
               actions=("kms:Decrypt", "kms:CreateGrant", "kms:RetireGrant")),
    Vocabulary(("aws:PrincipalTag/team", "aws:principaltag/Team"), ("blue", "*", "1234abcd-0000")),
    Vocabulary(("aws:ResourceTag/team",), ("blue", "red", ""), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("kms:ResourceAliases",), ALIASES, several=True, actions=("kms:Decrypt", "kms:CreateAlias")),
    Vocabulary(("kms:RequestAlias",), ALIASES, actions=("kms:Decrypt", "kms:ListGrants")),
    Vocabulary(("aws:PrincipalArn",), (ALICE, WORKER, *SESSIONS.values(), ROOTS[0]), ("Arn",)),
    Vocabulary(("aws:SourceArn",), (SOURCE, f"{SOURCE}/two", "bucket"), ("Arn",)),
    Vocabulary(("aws:SourceIp",), ("203.0.113.7", "198.51.100.1", "2001:db8::1", "2001:db8:1::1", "nowhere"), ("Ip",)),
    Vocabulary(("aws:CurrentTime",), ("2026-01-01T00:00:00Z", "soon"), ("Date", "Numeric")),
    Vocabulary(("aws:MultiFactorAuthPresent",), (*YES_NO, "maybe"), ("Bool",)),
    Vocabulary(("aws:MultiFactorAuthAge",), ("300", "300.0", "many"), ("Numeric",)),
    Vocabulary(("aws:TagKeys",), ("team", ""), several=True, actions=("kms:TagResource",)),
    Vocabulary(("kms:MessageType",), ("RAW", "DIGEST"), actions=("kms:Sign",)),
    Vocabulary(("kms:KeySpec", "kms:CustomerMasterKeySpec"), ("SYMMETRIC_DEFAULT", "RSA_2048"),
               actions=("kms:Decrypt", "kms:CreateKey", "kms:ListKeys", "kms:CreateAlias", "kms:FutureOperation")),
    Vocabulary(("kms:GrantOperations",), GRANT_OPERATIONS[:3], actions=ON_CREATE_GRANT, several=True),
)
VOCABULARY = (
    *INTRICATE,
    Vocabulary(("aws:PrincipalType",), ("User", "AssumedRole", "FederatedUser", "Account")),
    Vocabulary(("aws:userid",),
               ("AIDAALICE", "AROAWORKER:s1", "AROAWORKER:*", "AROAWORKER:s?", "AROA*:??*", f"{HOME}:alice")),
    Vocabulary(("aws:AssumedRoot",), YES_NO, ("Bool",)),
    Vocabulary(("aws:TokenIssueTime",), ("2026-01-01T00:00:00Z",), ("Date",)),
    Vocabulary(("aws:SourceAccount",), ACCOUNTS),
    Vocabulary(("aws:SourceOrgID",), (ORGANIZATION,)),
    Vocabulary(("aws:SourceOrgPaths",), (UNIT,), several=True),
    Vocabulary(("aws:SourceVpcArn",), (f"arn:aws:ec2:{REGION}:{HOME}:vpc/{VPC}",), ("Arn",)),
    Vocabulary(("aws:username", "AWS:UserName"), ("alice", "bob")),
    Vocabulary(("aws:PrincipalAccount",), ACCOUNTS, ("Numeric",)),
    Vocabulary(("kms:CallerAccount",), ACCOUNTS, actions=("kms:Decrypt", "kms:ListRetirableGrants", "kms:ListKeys")),
    Vocabulary(("aws:PrincipalOrgID",), (ORGANIZATION,)),
    Vocabulary(("aws:PrincipalOrgPaths",), (UNIT, "o-exampleorgid/r-ab12/"), several=True),
    Vocabulary(("aws:PrincipalIsAWSService",), YES_NO, ("Bool",)),
    Vocabulary(("aws:PrincipalServiceName",), SERVICES),
    Vocabulary(("aws:PrincipalServiceNamesList",), SERVICES, several=True),
    Vocabulary(("aws:SourceIdentity",), ("Saanvi", "alice")),
    Vocabulary(("kms:ViaService",), ("s3.us-east-1.amazonaws.com",)),
    Vocabulary(("aws:ViaAWSService",), YES_NO, ("Bool",)),
    Vocabulary(("aws:CalledVia",), SERVICES, several=True),
    Vocabulary(("aws:SourceVpce",), (ENDPOINT,)),
    Vocabulary(("aws:SourceVpc",), (VPC,)),
    Vocabulary(("aws:VpceAccount",), ACCOUNTS),
    Vocabulary(("aws:VpceOrgPaths",), (UNIT,), several=True),
    Vocabulary(("aws:RequestedRegion",), (REGION, OTHER_REGION), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("aws:ResourceAccount",), ACCOUNTS, actions=("kms:Decrypt", "kms:ListKeys", "kms:CreateAlias")),
    Vocabulary(("aws:ResourceOrgID",), (ORGANIZATION,)),
    Vocabulary(("aws:ResourceOrgPaths",), (UNIT,), several=True),
    Vocabulary(("aws:EpochTime",), ("1767225600",), ("Date", "Numeric")),
    Vocabulary(("aws:SecureTransport",), YES_NO, ("Bool",)),
    Vocabulary(("kms:KeyUsage",), ("ENCRYPT_DECRYPT", "SIGN_VERIFY"), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("kms:KeyOrigin",), ("AWS_KMS", "EXTERNAL"), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("kms:MultiRegion",), YES_NO, ("Bool",), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("kms:MultiRegionKeyType",), ("PRIMARY", "REPLICA")),
    Vocabulary(("kms:EncryptionAlgorithm",), ("SYMMETRIC_DEFAULT", "SM2PKE"), actions=("kms:Decrypt", "kms:Sign")),
    Vocabulary(("kms:PolicyName",), ("default", "AWS_RAM"), actions=("kms:PutKeyPolicy",)),
    Vocabulary(("kms:ScheduleKeyDeletionPendingWindowInDays",), ("7", "30"), ("Numeric",),
               ("kms:ScheduleKeyDeletion",)),
    Vocabulary(("kms:RotationPeriodInDays",), ("90", "365"), ("Numeric",), ("kms:EnableKeyRotation",)),
    Vocabulary(("kms:ReplicaRegion",), (OTHER_REGION,), actions=("kms:ReplicateKey",)),
    Vocabulary(("kms:PrimaryRegion",), (OTHER_REGION,), actions=("kms:UpdatePrimaryRegion",)),
    Vocabulary(("kms:GranteePrincipal",), (ALICE, WORKER), ("Arn",), ON_CREATE_GRANT),
    Vocabulary(("kms:RetiringPrincipal",), (ALICE, WORKER), actions=ON_CREATE_GRANT),
    Vocabulary(("kms:GranteeServicePrincipal",), SERVICES, actions=ON_CREATE_GRANT),
    Vocabulary(("kms:RetiringServicePrincipal",), SERVICES, actions=ON_CREATE_GRANT),
    Vocabulary(("kms:GrantConstraintType",), ("EncryptionContextEquals", "EncryptionContextSubset"),
               actions=("kms:CreateGrant", "kms:RetireGrant")),
    Vocabulary(("kms:GrantConstraintSourceArn",), (SOURCE,), ("Arn",), ON_CREATE_GRANT),
    Vocabulary(("kms:GrantIsForAWSResource",), YES_NO, ("Bool",), ON_CREATE_GRANT),
    Vocabulary(("example:Binary",), ("QQ==", "Qg=="), ("Binary",)),
)
# fmt: on

ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = {
    "": (
        *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
        *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Null"),
    ),
    "Numeric": tuple(f"Numeric{order}" for order in ORDERS),
    "Date": tuple(f"Date{order}" for order in ORDERS),
    "Bool": ("Bool",),
    "Ip": ("IpAddress", "NotIpAddress"),
    "Arn": ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    "Binary": ("BinaryEquals",),
}
POLICY_VALUES = {
    "": ("*", "?", "", "b*", "alias/*", "A*", "a?p", "arn:aws:iam::*", "o-exampleorgid/*", "[a-z]*"),
    "Numeric": ("7", "30", "300", "300.00", "1767225600", HOME),
    "Date": ("2026", "2026-01", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1767225600", "2026-06-15T12:00Z"),
    "Bool": (*YES_NO, "True"),
    "Ip": ("203.0.113.0/24", "203.0.113.7", "203.0.113.9/24", "2001:db8::1", "2001:db8::2", "2001:db8::/64"),
    "Arn": (
        *("*", f"arn:aws:iam::{HOME}:*", f"arn:aws:*::{HOME}:user/*", "arn:aws:iam::*:r*", "arn:*", "arn:aws:*:alice"),
        *("arn:aws:iam:*:user/alice", f"{SOURCE[:-1]}?", f"arn:aws:s3:*:{HOME}:*"),
    ),
    "Binary": ("QQ==",),
}
VARIABLES = (
    *("${aws:username}", "${AWS:PrincipalTag/TEAM}", "${aws:PrincipalTag/team, 'blue'}", "${aws:ResourceTag/team}"),
    *("${*}", "b${?}ue", "${$}", "${aws:PrincipalAccount}", "arn:aws:iam::${aws:PrincipalAccount}:user/*"),
    *("${kms:ResourceAliases}", "${kms:EncryptionContext:app}", "${kms:MessageType, 'RAW'}"),
    *(
        "${aws:userid}",
        "a${aws:username, 'lice'}",
        "${aws:TagKeys, 'team'}",
        "${kms:EncryptionContext:app}*",
        "${kms:RequestAlias}",
    ),
)
BOOLEAN_VARIABLES = ("${aws:SecureTransport}", "${aws:MultiFactorAuthPresent, 'true'}")
