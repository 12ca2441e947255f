"""One mistake planted into an account that is well made: each is one finding, and without it there is none."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.analysis.linting.choosing import Chosen
from kms_eval.analysis.linting.lint import lint_scenario
from kms_eval.analysis.linting.rule import ACCOUNT, DELEGATION, ROLE, Members, allow, deny
from kms_eval.scenario import Scenario

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
APP, TRAIL, EVENTS = {"AWS": ROLE}, {"Service": "cloudtrail.amazonaws.com"}, {"Service": "events.amazonaws.com"}
S3 = "s3.us-east-1.amazonaws.com"
GRANT = {"GranteePrincipal": ROLE, "RetiringPrincipal": ALICE, "Operations": ["Decrypt"], "GrantId": "1" * 64}
ATTESTED = {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "a" * 96}}
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def when(**condition: Members) -> Members:
    return allow(APP, "kms:Decrypt", Condition=condition)


def document(*statements: Members) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def use(resource: str = KEY, action: str = "kms:Decrypt", **condition: Members) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return document({**statement, "Condition": condition} if condition else statement)


def found(*statements: Members, chosen: Chosen | None = None, delegated: bool = True, **more: Any) -> list[str]:
    """Codes of the findings in an account with these statements in its key policy."""
    policy = document(*([DELEGATION] if delegated else []), *statements)
    control = [[document(FULL), *([more["control"]] if "control" in more else [])]]
    member = {"path": "o-exampleorgid/r-ab12/", "service_control_policies": control}
    scenario = Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {
                "app": {"arn": KEY, "policy": policy, "tags": {"team": "Blue"}, "grants": more.get("grants", [GRANT])}
            },
            "principals": {
                "role/app": {"policies": [more.get("policy", use())]},
                "user/alice": {},
            },
            "organization": {
                "id": "o-exampleorgid", "management_account": "999999999999", "accounts": {ACCOUNT: member}
            },
        }
    )  # fmt: skip
    warnings = scenario.loaded.warnings
    return [finding.code for finding in lint_scenario(scenario.evaluator, warnings, chosen or Chosen()).findings]


IN_KEY_POLICY: list[tuple[str, tuple[Members, ...]]] = [
    ("KMS201", (allow("*", "kms:Decrypt"),)),
    ("KMS201", (allow({"AWS": "*"}, "kms:Decrypt", Condition={"Null": {"aws:PrincipalOrgID": "false"}}),)),
    ("KMS202", (allow({"AWS": "arn:aws:iam::444455556666:root"}, "kms:Decrypt"),)),
    ("KMS203", (allow(TRAIL, "kms:GenerateDataKey*"),)),
    ("KMS204", (allow(EVENTS, "kms:Decrypt", Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}),)),
    ("KMS205", ({**deny("*", "kms:Decrypt"), "Principal": None, "NotPrincipal": {"AWS": [ROLE]}},)),
    ("KMS301", (when(StringEquals={"kms:ViaService": "s3.*.amazonaws.com"}),)),
    ("KMS302", (when(StringEquals={"kms:ViaService": "s3.amazonaws.com"}),)),
    ("KMS303", (when(StringEquals={"kms:ViaService": "s3.eu-west-1.amazonaws.com"}),)),
    ("KMS304", (when(StringEquals={"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA256"}),)),
    ("KMS305", (when(StringEquals={"kms:ViaService": S3}, StringLike={"kms:ViaService": "ec2.*"}),)),
    ("KMS305", (when(StringEquals={"aws:SourceVpce": "vpce-0a1b2c3d"}, IpAddress={"aws:SourceIp": "192.0.2.0/24"}),)),
    ("KMS306", (when(StringEquals={"kms:GrantConstraintType": "EncryptionContextEquals"}),)),
    ("KMS308", (when(IpAddress={"aws:SourceIp": "10.0.0.0/8"}),)),
    ("KMS309", (when(ArnLike={"aws:PrincipalArn": f"arn:aws-cn:iam::{ACCOUNT}:role/*"}),)),
    ("KMS310", (when(NumericEquals={"kms:ViaService": "5"}),)),
    ("KMS311", (when(**{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app"]}}),)),
    ("KMS312", (when(BoolIfExists={"aws:MultiFactorAuthPresent": "true"}),)),
    ("KMS105", (when(**{"ForAllValues:StringEquals": {"kms:EncryptionContext:app": "x"}}),)),
    ("KMS109", (allow({"AWS": f"arn:aws-cn:iam::{ACCOUNT}:role/app"}, "kms:Decrypt"),)),
    ("KMS121", (allow(APP, "kms:Decrypt", "kms:Decypt"),)),
    ("KMS401", (allow(APP, "kms:Decrypt", "kms:CreateKey"),)),
    ("KMS402", (allow(APP, "kms:Decrypt", Resource=KEY.replace("1234a", "9999a")),)),
    ("KMS411", (allow(APP, "kms:Decrypt", Sid="One"), allow(APP, "kms:Decrypt", Sid="Two"))),
    ("KMS412", (allow(APP, "kms:*"), allow(APP, "kms:Decrypt"))),
    ("KMS412", (allow(APP, "kms:Decrypt"), deny("*", "kms:Decrypt"))),
    ("KMS421", (allow({"AWS": "AROAEXAMPLEIDOFNOBODY"}, "kms:Decrypt"),)),
    ("KMS422", (allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/ap"}, "kms:Decrypt"),)),
    ("KMS431", (allow(APP, "kms:Decrypt", Condition=ATTESTED), allow(APP, "kms:Decrypt"))),
    ("KMS511", (allow(APP, "kms:Sign"),)),
]
ELSEWHERE: list[tuple[str, dict[str, Any]]] = [
    ("KMS307", {"policy": use("*", StringEquals={"aws:ResourceTag/team": "blue"})}),
    ("KMS403", {"policy": use(f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app")}),
    ("KMS404", {"policy": use("*")}),
    ("KMS405", {"policy": use(KEY.replace("us-east-1", "eu-west-1"))}),
    ("KMS406", {"policy": use(action="kmz:Decrypt")}),
    ("KMS511", {"grants": [{**GRANT, "Operations": ["Sign"]}]}),
    ("KMS601", {"grants": [{**GRANT, "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/gone"}]}),
    ("KMS602", {"grants": [{name: value for name, value in GRANT.items() if name != "RetiringPrincipal"}]}),
    ("KMS121", {"control": document({"Effect": "Deny", "Action": "kms:ScheduleKeyDeletions", "Resource": "*"})}),
    (
        "KMS301",
        {"control": document({**FULL, "Effect": "Deny", "Action": "kms:Decrypt",
                              "Condition": {"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}})},
    ),
    (
        "KMS314",
        {"control": document({**FULL, "Effect": "Deny", "Action": "kms:*",
                              "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}})},
    ),
]  # fmt: skip


def test_nothing_is_found_where_nothing_is_planted() -> None:
    assert found() == []


@pytest.mark.parametrize(("code", "statements"), IN_KEY_POLICY)
def test_a_mistake_in_a_key_policy_is_one_finding(code: str, statements: tuple[Members, ...]) -> None:
    written = ({name: value for name, value in each.items() if value is not None} for each in statements)
    assert found(*written) == [code]


@pytest.mark.parametrize(("code", "planted"), ELSEWHERE)
def test_a_mistake_beside_the_key_policy_is_one_finding(code: str, planted: dict[str, Any]) -> None:
    assert found(**planted) == [code]


def test_who_may_change_the_key_policy_is_looked_at_as_a_whole() -> None:
    assert found(allow(APP, "kms:Decrypt"), delegated=False) == ["KMS501"]
    assert found(allow(APP, "kms:*"), delegated=False) == ["KMS502"]
    root = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    assert found(root, delegated=False) == ["KMS503"]
    both = allow(APP, "kms:PutKeyPolicy", "kms:Decrypt")
    assert found(both) == []
    assert found(both, chosen=Chosen(("KMS207",))) == ["KMS207"]


ADMINISTRATORS = ("kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*",
                  "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:ScheduleKeyDeletion")  # fmt: skip
USERS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:app"
OF_TRAIL = {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"}}
WELL_MADE: dict[str, tuple[Members, ...]] = {
    "administrators and users": (
        allow({"AWS": ALICE}, *ADMINISTRATORS),
        allow(APP, *USERS),
        allow(APP, "kms:CreateGrant", "kms:RevokeGrant", Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}}),
    ),
    "a trail": (
        allow(TRAIL, "kms:GenerateDataKey*", Condition=OF_TRAIL),
        allow(TRAIL, "kms:DescribeKey"),
        allow(APP, "kms:Decrypt", Condition={"Null": {"kms:EncryptionContext:aws:cloudtrail:arn": "false"}}),
    ),
    "log groups": (
        allow({"Service": "logs.us-east-1.amazonaws.com"}, *USERS,
              Condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": LOGS}}),
    ),
    "topics that EventBridge publishes to": (allow(EVENTS, "kms:Decrypt", "kms:GenerateDataKey*"),),
    "through one service": (
        allow("*", *USERS, Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": S3}}),
    ),
    "through one endpoint": (
        deny("*", "kms:Decrypt", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1234abcdf5678c90a"}}),
    ),
    "a second factor": (
        deny("*", "kms:ScheduleKeyDeletion", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
    ),
    "the organization": (
        allow("*", "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}),
    ),
    "all but one role": (
        deny("*", "kms:Decrypt", Condition={"ArnNotLike": {"aws:PrincipalArn": [ROLE, ALICE]}}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("statements", WELL_MADE.values(), ids=WELL_MADE)
def test_nothing_is_found_in_what_is_well_made(statements: tuple[Members, ...]) -> None:
    assert found(*statements) == []
