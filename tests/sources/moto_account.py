"""An account in a server of moto on loopback, filled through boto3 as a team would fill its own."""

from __future__ import annotations

import json
from typing import Any

REGIONS = ("us-east-1", "eu-west-1")
ACCOUNT = "123456789012"


def policy(*statements: dict[str, object]) -> str:
    """The text of a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: object, resource: str = "*", **more: object) -> dict[str, object]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def fill(session: Any) -> dict[str, str]:
    """Keys, policies, grants, aliases, tags, users, groups, roles, a boundary and an organization; ids by name."""
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    iam = session.client("iam")
    for name in ("payments-api", "reports", "bounded"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=[{"Key": "team", "Value": name}])
    iam.create_role(RoleName="AWSReservedSSO_Operators_0123456789abcdef",
                    Path="/aws-reserved/sso.amazonaws.com/eu-west-1/", AssumeRolePolicyDocument=trust)  # fmt: skip
    iam.put_role_policy(RoleName="payments-api", PolicyName="decrypt", PolicyDocument=policy(allow("kms:Decrypt")))
    managed = iam.create_policy(PolicyName="use-keys", PolicyDocument=policy(allow(["kms:Decrypt", "kms:Encrypt"])))
    limit = iam.create_policy(PolicyName="only-encrypt", PolicyDocument=policy(allow("kms:Encrypt")))
    arn, limit_arn = managed["Policy"]["Arn"], limit["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="reports", PolicyArn=arn)
    iam.attach_role_policy(RoleName="bounded", PolicyArn=arn)
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=limit_arn)
    iam.create_group(GroupName="developers")
    iam.put_group_policy(GroupName="developers", PolicyName="describe", PolicyDocument=policy(allow("kms:DescribeKey")))
    iam.create_user(UserName="alice")
    iam.add_user_to_group(GroupName="developers", UserName="alice")
    made = {}
    for region in REGIONS:
        kms = session.client("kms", region_name=region)
        for name in ("payments", "logs"):
            key = kms.create_key(
                Policy=policy(allow("kms:*", Principal=root)), Tags=[{"TagKey": "project", "TagValue": name}]
            )["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
            made[f"{region}/{name}"] = key
    kms = session.client("kms", region_name=REGIONS[0])
    kms.create_grant(
        KeyId=made["us-east-1/logs"],
        GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/payments-api",
        Operations=["GenerateDataKey"],
    )
    organizations = session.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    return made
