"""Valid documents to begin with: small, and each with a different part of what can be read.

Comes in: nothing. Goes out: plain structures. Never here: changing them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/admin"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}"
VERSION = "2012-10-17"
SCENARIOS = Path(__file__).parent.parent / "scenarios"

DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DELEGATES = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}

POLICIES: tuple[dict[str, Any], ...] = (
    {"Version": VERSION, "Id": "one", "Statement": [DELEGATES]},
    {
        "Version": VERSION,
        "Statement": [
            {**ALLOW_ALL, "Principal": "*", "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT}}},
            {"Sid": "Deny", "Effect": "Deny", "Principal": {"AWS": [ROLE, ACCOUNT]}, "NotAction": "kms:De*",
             "Resource": KEY, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": False}}},
        ],
    },
    {"Version": VERSION, "Statement": {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:Gen*"], "Resource": [KEY]}},
    {
        "Version": VERSION,
        "Statement": [
            {"Effect": "Allow", "NotAction": ["iam:*"], "NotResource": "arn:aws:s3:::*", "Condition": {
                "ForAnyValue:StringLike": {"kms:EncryptionContextKeys": ["a*", "${aws:PrincipalTag/team}"]},
                "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]},
                "DateLessThanIfExists": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
                "NumericLessThan": {"kms:GrantPendingWindow": 7},
                "Null": {"kms:ViaService": "true"}}},
            {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": {
                "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}},
        ],
    },
    {
        "Version": "2008-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:Encrypt*",
             "Resource": "*", "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*"}}},
            {"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE, ROOT]}, "Action": "kms:Put*", "Resource": "*"},
        ],
    },
)  # fmt: skip

GRANTS: tuple[list[dict[str, Any]], ...] = (
    [{"GrantId": "grant-1", "KeyId": KEY, "GranteePrincipal": ROLE, "Operations": ["Decrypt", "CreateGrant"]}],
    [
        {"GrantId": "a" * 64, "GranteePrincipal": "s3.amazonaws.com", "RetiringPrincipal": ROLE, "Name": "n",
         "IssuingAccount": ROOT, "CreationDate": "2026-01-01T00:00:00Z", "Operations": ["Encrypt", "RetireGrant"],
         "Constraints": {"EncryptionContextSubset": {"department": "IT"}}},
        {"GrantId": "grant-2", "GranteePrincipal": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/s",
         "Operations": ["ReEncryptFrom"], "Constraints": {"EncryptionContextEquals": {"a": "b"}}},
    ],
)  # fmt: skip


def scenario(**more: Any) -> dict[str, Any]:
    """A world with one key, one role, one user, an organization and a VPC endpoint."""
    allow = {"Version": VERSION, "Statement": [ALLOW_ALL]}
    member = {"path": "o-example/r-ab12/", "service_control_policies": [[allow]], "resource_control_policies": [[]]}
    organization = {"id": "o-example", "management_account": "999999999999", "accounts": {ACCOUNT: member}}
    return {
        "account": ACCOUNT,
        "region": "us-east-1",
        "keys": {
            "app": {"key_id": KEY_ID, "policy": POLICIES[0], "aliases": ["alias/app"], "tags": {"a": "b"}, "grants": []}
        },
        "principals": {
            "role/admin": {"policies": [allow], "permissions_boundary": allow, "tags": {"team": "x"}},
            "user/alice": {"policies": []},
        },
        "organization": organization,
        "vpc_endpoints": {"vpce-1": {"policy": {"Version": VERSION, "Statement": [{**ALLOW_ALL, "Principal": "*"}]}}},
        **more,
    }


WORLDS: tuple[dict[str, Any], ...] = (
    scenario(),
    scenario(
        tests=[
            {"name": "may", "principal": "role/admin", "action": "kms:Decrypt", "key": "app", "expect": "allowed",
             "context": {"aws:SourceIp": "10.0.0.1", "kms:EncryptionContextKeys": ["a", "b"]},
             "encryption_context": {"a": "b"}, "vpc_endpoint": "vpce-1", "at": "2026-01-01T00:00:00Z"},
            {"principal": "user/alice", "action": "kms:ReEncrypt*", "key": "alias/app", "expect": "implicitDeny"},
        ],
        checks=[{"name": "nobody", "nobody": ["user/alice"], "may": ["kms:Decrypt"], "on": ["app"]}],
    ),
    {"account": ACCOUNT, "keys": {"app": {"policy": POLICIES[1], "grants": GRANTS[1]}}, "principals": {"root": {}}},
    scenario(keys={"app": {"policy": POLICIES[4], "multi_region": True, "replica_regions": ["us-west-2"],
                           "state": "Disabled", "grants": GRANTS[0], "usage": "SIGN_VERIFY", "spec": "RSA_2048"}},
             attached_by_principal={"role/admin": [POLICIES[3]]}),
)  # fmt: skip


def texts(documents: Any) -> tuple[bytes, ...]:
    """The documents as JSON."""
    return tuple(json.dumps(document).encode() for document in documents)
