"""A small account as the AWS CLI prints it, in files."""

from __future__ import annotations

import json
from pathlib import Path

ACCOUNT = "111122223333"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY}"


def statement(action: object, **more: object) -> dict[str, object]:
    """A statement that allows, on every resource."""
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def document(*statements: dict[str, object]) -> dict[str, object]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


KEY_POLICY = document(statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/use-keys"
DETAILS: dict[str, object] = {
    "UserDetailList": [
        {"Path": "/", "UserName": "alice", "UserId": "AIDAEXAMPLEALICE1", "Arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
         "GroupList": ["developers"], "AttachedManagedPolicies": []},
    ],
    "GroupDetailList": [
        {"Path": "/", "GroupName": "developers", "GroupId": "AGPAEXAMPLEDEV123",
         "Arn": f"arn:aws:iam::{ACCOUNT}:group/developers",
         "GroupPolicyList": [{"PolicyName": "look", "PolicyDocument": document(statement("kms:DescribeKey"))}],
         "AttachedManagedPolicies": []},
    ],
    "RoleDetailList": [
        {"Path": "/", "RoleName": "app", "RoleId": "AROAEXAMPLEAPP123", "Arn": f"arn:aws:iam::{ACCOUNT}:role/app",
         "AssumeRolePolicyDocument": document(), "RolePolicyList": [],
         "AttachedManagedPolicies": [{"PolicyName": "use-keys", "PolicyArn": MANAGED}],
         "Tags": [{"Key": "team", "Value": "blue"}]},
        {"Path": "/", "RoleName": "reader", "RoleId": "AROAEXAMPLEREAD12", "Arn": f"arn:aws:iam::{ACCOUNT}:role/reader",
         "RolePolicyList": [],
         "AttachedManagedPolicies": [
             {"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]},
    ],
    "Policies": [
        {"PolicyName": "use-keys", "Arn": MANAGED, "DefaultVersionId": "v2", "PolicyVersionList": [
            {"Document": document(statement("kms:Encrypt")), "VersionId": "v1", "IsDefaultVersion": False},
            {"Document": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C"
             "%22Action%22%3A%22kms%3ADecrypt%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D",
             "VersionId": "v2", "IsDefaultVersion": True}]},
    ],
    "IsTruncated": False,
}  # fmt: skip
METADATA = {
    "KeyMetadata": {
        "AWSAccountId": ACCOUNT, "KeyId": KEY, "Arn": ARN, "Enabled": True, "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT",
        "MultiRegion": False,
    }
}  # fmt: skip
ALIASES = {
    "Aliases": [
        {"AliasName": "alias/app", "AliasArn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/app", "TargetKeyId": KEY}
    ],
    "Truncated": False,
}
GRANTS = {
    "Grants": [
        {"KeyId": ARN, "GrantId": "0123456789abcdef", "Name": "", "CreationDate": 1.6e9,
         "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/worker", "Operations": ["Decrypt"],
         "IssuingAccount": f"arn:aws:iam::{ACCOUNT}:root"}
    ],
    "Truncated": False,
}  # fmt: skip
FILES: dict[str, object] = {
    "details.json": DETAILS,
    "key.json": METADATA,
    "aliases.json": ALIASES,
    f"policy-{KEY}.json": {"Policy": json.dumps(KEY_POLICY), "PolicyName": "default"},
    f"{KEY}/grants.json": GRANTS,
    f"{KEY}/tags.json": {"Tags": [{"TagKey": "project", "TagValue": "alpha"}], "Truncated": False},
}


def written(folder: Path, files: dict[str, object] | None = None) -> Path:
    """The folder with these files in it, as JSON; texts as they are."""
    for name, value in (FILES if files is None else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value, indent=2), encoding="utf-8")
    return folder
