"""Any bytes as a source as it comes: a refusal, or a world in which every question has an answer.

Sources are responses of AWS, snapshots, Terraform plans and CloudFormation templates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

from fuzz.asking import answers
from fuzz.documents import ACCOUNT, POLICIES, ROLE, ROOT, SCENARIOS, VERSION
from fuzz.harness import Harness, choice, demand, fair
from fuzz.mutation import mutated_json, mutated_text
from kms_eval import InputError, Scenario
from kms_eval.errors import MissingExtraError

_ACCOUNT = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
_PARTS = [{"Fn::FindInMap": ["M", "a", "b"]}, {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}]
_KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
_KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{_KEY_ID}"
_ALIAS = {"target_key_id": {"references": ["aws_kms_key.app.key_id", "aws_kms_key.app"]}}
_KEY = {
    "Type": "AWS::KMS::Key",
    "Properties": {
        "KeyPolicy": {
            "Version": VERSION,
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": _ACCOUNT},
                           "Action": "kms:*", "Resource": "*"}],
        },
        "Tags": [{"Key": "a", "Value": {"Ref": "Team"}}],
    },
}  # fmt: skip
_TEMPLATE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Parameters": {"Team": {"Type": "String", "Default": "x"}, "Other": {"Type": "Number"}},
    "Conditions": {"Big": {"Fn::Equals": [{"Ref": "Team"}, "x"]}, "Not": {"Fn::Not": [{"Condition": "Big"}]}},
    "Mappings": {"M": {"a": {"b": "c"}}},
    "Resources": {
        "Key": _KEY,
        "Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/app", "TargetKeyId": {"Ref": "Key"}}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Condition": "Big",
            "Properties": {
                "RoleName": {"Fn::If": ["Big", "admin", {"Ref": "AWS::NoValue"}]},
                "AssumeRolePolicyDocument": POLICIES[0],
                "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": VERSION, "Statement": [
                    {"Effect": "Allow", "Action": "kms:*", "Resource": {"Fn::GetAtt": ["Key", "Arn"]}}]}}],
            },
        },
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": POLICIES[2], "Roles": [{"Ref": "Role"}],
                           "Description": {"Fn::Join": ["-", _PARTS]}},
        },
    },
}  # fmt: skip
_SHORT = b"""\
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "${AWS::AccountId}"}, Action: "kms:*", Resource: "*"}
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: alias/app, TargetKeyId: !Ref Key}
"""


def _resource(address: str, after: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    kind, name = address.split(".")
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown, "after_sensitive": {}}
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": change}


_PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "resource_changes": [
        _resource("aws_kms_key.app", {"policy": json.dumps(POLICIES[0])}, {"arn": True, "key_id": True}),
        _resource("aws_kms_alias.app", {"name": "alias/app"}, {"target_key_id": True}),
        _resource("aws_iam_role.admin", {"name": "admin", "assume_role_policy": "{}"}, {"arn": True}),
        _resource("aws_iam_role_policy.p", {"role": "admin", "policy": json.dumps(POLICIES[2])}, {}),
        _resource("aws_kms_grant.g", {"grantee_principal": ROLE, "operations": ["Decrypt"]}, {"key_id": True}),
    ],
    "configuration": {
        "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "us-east-1"}}}},
        "root_module": {"resources": [
            {"address": "aws_kms_alias.app", "mode": "managed", "type": "aws_kms_alias", "name": "app",
             "provider_config_key": "aws", "expressions": _ALIAS},
        ]},
    },
}  # fmt: skip
_RESPONSES: tuple[dict[str, Any], ...] = (
    {"Policy": json.dumps(POLICIES[1]), "PolicyName": "default"},
    {"Keys": [{"KeyId": _KEY_ID, "KeyArn": _KEY_ARN}]},
    {"Grants": [{"GrantId": "g", "KeyId": _KEY_ARN,
                 "GranteePrincipal": ROLE, "Operations": ["Decrypt"], "IssuingAccount": ROOT}], "Truncated": False},
    {"RoleDetailList": [{"RoleName": "admin", "Arn": ROLE, "Path": "/", "RoleId": "AROAEXAMPLEEXAMPLE00",
                         "AssumeRolePolicyDocument": POLICIES[0], "AttachedManagedPolicies": [],
                         "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": POLICIES[2]}], "Tags": []}],
     "UserDetailList": [], "GroupDetailList": [], "Policies": [], "IsTruncated": False},
)  # fmt: skip


def _samples() -> Iterator[Any]:
    yield from (_TEMPLATE, _PLAN, *_RESPONSES)
    for path in sorted((SCENARIOS / "account").rglob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


_DOCUMENTS = [document for document in _samples() if len(json.dumps(document)) < 6_000]
_SEEDS = (*(json.dumps(document).encode() for document in (*_DOCUMENTS, _DOCUMENTS[2:6])), _SHORT)


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="kms-eval-fuzz-"))


def check(data: bytes) -> None:
    """Read the file as a source of any kind, for a plan either side of it, and ask."""
    ending = "json" if data.lstrip()[:1] in (b"{", b"[") else "yaml"
    path = _folder() / f"source.{ending}"
    path.write_bytes(data)
    try:
        world = Scenario.load(path, account=ACCOUNT, before=choice(data, 4) == 0, strict=choice(data, 5) == 0)
    except (InputError, MissingExtraError) as error:
        fair(error)
        return
    demand(all(word.isprintable() for word in world.loaded.words), f"not printable: {world.loaded.words!r}")
    answers(world, next(iter(world.world.keys), None), explained=choice(data, 8) == 1)
    if choice(data, 16) == 1:
        world.lint()


_as_tree = mutated_json(_DOCUMENTS)


def _mutated(data: bytes, random: Random) -> bytes:
    return _as_tree(data, random) if data[:1] in (b"{", b"[") else mutated_text(data, random, _SEEDS)


HARNESS = Harness("sources", _SEEDS, check, _mutated)
