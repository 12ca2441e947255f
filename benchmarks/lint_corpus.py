"""Policies with one mistake each, and the same policies corrected: what lint tools are compared on.

Comes in: nothing. Goes out: rows. Never here: tools.

The mistakes are those that people make in policies about AWS KMS: each can be seen in the policy alone, without knowing
what else is in the account. Whether a mistake matters is not considered: the corrected policy is what its author meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Statement = Mapping[str, Any]

ACCOUNT = "111122223333"
_APP = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}
_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_S3 = "s3.us-east-1.amazonaws.com"
_TRAIL = {"Service": "cloudtrail.amazonaws.com"}
_DELEGATION = {
    "Sid": "Delegation",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `identity` tells an identity policy from a key policy, whose first statement delegates."""

    name: str
    wrong: tuple[Statement, ...]
    mended: tuple[Statement, ...]
    identity: bool = False

    def policy(self, *, mended: bool) -> dict[str, Any]:
        """The policy document."""
        statements = self.mended if mended else self.wrong
        first = () if self.identity else (_DELEGATION,)
        return {"Version": "2012-10-17", "Statement": [*first, *statements]}


def _statement(**members: object) -> Statement:
    whole = {"Effect": "Allow", "Principal": _APP, "Action": ["kms:Decrypt"], "Resource": "*", **members}
    return {name: value for name, value in whole.items() if value is not None}


def _key(name: str, wrong: Mapping[str, object], mended: Mapping[str, object]) -> Mistake:
    return Mistake(name, (_statement(**wrong),), (_statement(**mended),))


def _when(name: str, wrong: Mapping[str, object], mended: Mapping[str, object], **members: object) -> Mistake:
    return _key(name, {**members, "Condition": wrong}, {**members, "Condition": mended})


def _identity(name: str, wrong: Mapping[str, object], mended: Mapping[str, object]) -> Mistake:
    plain = {"Principal": None, "Resource": _KEY}
    return Mistake(name, (_statement(**{**plain, **wrong}),), (_statement(**{**plain, **mended}),), identity=True)


_ENCLAVE = {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "9f" * 48}}
_OF_TRAIL = {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"}}
_OF_US = {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}

MISTAKES: tuple[Mistake, ...] = (
    _key("an action is misspelled", {"Action": ["kms:Decript"]}, {}),
    _key("everybody in the world may decrypt", {"Principal": "*"}, {"Principal": "*", "Condition": _OF_US}),
    _key("a key policy allows ListKeys", {"Action": ["kms:Decrypt", "kms:ListKeys"]}, {}),
    _key("Resource is another key", {"Resource": _KEY.replace("1234abcd", "99999999")}, {}),
    _key("the principal is a deleted role", {"Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}}, {}),
    _key("the service principal is misspelled", {"Principal": {"Service": "cloudtrial.amazonaws.com"},
         "Condition": _OF_TRAIL}, {"Principal": _TRAIL, "Condition": _OF_TRAIL}),
    _key("a service principal without a source", {"Principal": _TRAIL, "Action": ["kms:GenerateDataKey*"]},
         {"Principal": _TRAIL, "Action": ["kms:GenerateDataKey*"], "Condition": _OF_TRAIL}),
    _when("a wildcard under StringEquals", {"StringEquals": {"kms:ViaService": "s3.*.amazonaws.com"}},
          {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}),
    _when("kms:ViaService without a Region", {"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}},
          {"StringEquals": {"kms:ViaService": _S3}}),
    _when("a condition key is misspelled", {"StringEquals": {"kms:ViaServce": _S3}},
          {"StringEquals": {"kms:ViaService": _S3}}),
    _when("ForAllValues lets in requests without the key",
          {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app"]}},
          {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app"]},
           "Null": {"kms:EncryptionContextKeys": "false"}}),
    _when("IfExists in an Allow", {"StringEqualsIfExists": {"kms:ViaService": _S3}},
          {"StringEquals": {"kms:ViaService": _S3}}),
    _when("two tests contradict each other",
          {"StringEquals": {"kms:ViaService": _S3}, "StringNotLike": {"kms:ViaService": "s3.*"}},
          {"StringEquals": {"kms:ViaService": _S3}, "StringNotLike": {"kms:ViaService": "ec2.*"}}),
    _when("an address and an endpoint are asked for at once",
          {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}},
          {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}),
    _when("no action carries the condition key", {"StringEquals": {"kms:EncryptionContext:app": "pay"}},
          {"StringEquals": {"kms:CallerAccount": ACCOUNT}}, Action=["kms:DescribeKey"]),
    _when("a private network", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
          {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    _when("Bool false does not reach access keys", {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
          {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, Effect="Deny", Principal="*"),
    _when("a tag of the key in a key policy", {"StringEquals": {"aws:ResourceTag/team": "blue"}},
          {"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
    _when("a value the condition key never has", {"StringEquals": {"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA256"}},
          {"StringEquals": {"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}}),
    Mistake("a Deny takes back what is allowed", (_statement(), _statement(Effect="Deny", Principal="*")),
            (_statement(), _statement(Effect="Deny", Principal="*", Action=["kms:Encrypt"]))),
    Mistake("an enclave's attestation is bypassed",
            (_statement(Condition=_ENCLAVE), _statement(Action=["kms:Decrypt", "kms:DescribeKey"])),
            (_statement(Condition=_ENCLAVE), _statement(Action=["kms:DescribeKey"]))),
    _identity("an alias as Resource", {"Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"}, {}),
    _identity("a key id as Resource", {"Resource": "1234abcd-12ab-34cd-56ef-1234567890ab"}, {}),
    _identity("decryption with every key", {"Resource": "*"}, {}),
    _identity("a Principal in an identity policy", {"Principal": _APP}, {}),
    _identity("a Region that there is not", {"Resource": _KEY.replace("us-east-1", "us-est-1")}, {}),
)  # fmt: skip
