"""The folder that iam-collect writes is an account; what it never has is unknown, and never none."""

from __future__ import annotations

from pathlib import Path

import pytest

from kms_eval import InputError, Scenario
from tests.sources.account import ACCOUNT, ARN, KEY, KEY_POLICY, document, statement, written

_ACCOUNT = f"data/aws/aws/accounts/{ACCOUNT}"
_KEY = f"{_ACCOUNT}/kms/eu-west-1/key/{KEY}"
_ORGANIZATION = "data/aws/aws/organizations/o-exampleorg1"
_MANAGEMENT = "arn:aws:organizations::999999999999"
_FULL = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
_NO_DELETE = f"{_MANAGEMENT}:policy/o-exampleorg1/service_control_policy/p-nodelete1"
_IAM = f"arn:aws:iam::{ACCOUNT}"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

FILES: dict[str, object] = {
    f"{_KEY}/metadata.json": {"id": KEY, "arn": ARN},
    f"{_KEY}/policy.json": KEY_POLICY,
    f"{_ACCOUNT}/iam/role/app/metadata.json": {
        "arn": f"{_IAM}:role/App", "name": "App", "id": "AROAEXAMPLEAPP123",
        "permissionBoundary": f"{_IAM}:policy/Limit",
    },
    f"{_ACCOUNT}/iam/role/app/managed-policies.json": [_ADMINISTRATOR],
    f"{_ACCOUNT}/iam/role/app/tags.json": {"team": "blue"},
    f"{_ACCOUNT}/iam/role/app/trust-policy.json": document(),
    f"{_ACCOUNT}/iam/policy/limit/metadata.json": {"arn": f"{_IAM}:policy/Limit", "defaultVersionId": "v3"},
    f"{_ACCOUNT}/iam/policy/limit/current-policy.json": document(statement(["kms:Decrypt", "kms:ScheduleKeyDeletion"])),
    f"{_ACCOUNT}/iam/aws/policy/administratoraccess/metadata.json": {"arn": _ADMINISTRATOR},
    f"{_ACCOUNT}/iam/aws/policy/administratoraccess/current-policy.json": document(statement("*")),
    f"{_ACCOUNT}/iam/group/dev/metadata.json": {"arn": f"{_IAM}:group/Dev", "name": "Dev"},
    f"{_ACCOUNT}/iam/group/dev/inline-policies.json": [
        {"PolicyName": "look", "PolicyDocument": document(statement("kms:DescribeKey"))}
    ],
    f"{_ACCOUNT}/iam/user/alice/metadata.json": {"arn": f"{_IAM}:user/alice", "name": "alice"},
    f"{_ACCOUNT}/iam/user/alice/groups.json": [f"{_IAM}:group/Dev"],
    f"{_ACCOUNT}/s3/logs/metadata.json": {"arn": "arn:aws:s3:::logs"},
    f"{_ACCOUNT}/s3/logs/policy.json": document(statement("s3:*")),
    f"{_ACCOUNT}/ec2/eu-west-1/vpc-endpoint/vpce-0a1b/metadata.json": {
        "arn": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc-endpoint/vpce-0a1b", "serviceName": "com.amazonaws.eu-west-1.kms",
        "vpc": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/vpc-01",
    },
    f"{_ORGANIZATION}/metadata.json": {
        "id": "o-exampleorg1", "arn": f"{_MANAGEMENT}:organization/o-exampleorg1", "rootAccountId": "999999999999",
        "features": {"SERVICE_CONTROL_POLICY": True},
    },
    f"{_ORGANIZATION}/accounts.json": {ACCOUNT: {"ou": "ou-ab12-11111111", "scps": [_FULL], "rcps": []}},
    f"{_ORGANIZATION}/ous.json": {
        "r-ab12": {"scps": [_FULL]}, "ou-ab12-11111111": {"parent": "r-ab12", "scps": [_FULL, _NO_DELETE]},
    },
    f"{_ORGANIZATION}/scps/p-nodelete1/metadata.json": {"arn": _NO_DELETE, "name": "NoDelete"},
    f"{_ORGANIZATION}/scps/p-nodelete1/policy.json": document(
        {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
    ),
}  # fmt: skip


def test_its_folder_is_an_account(tmp_path: Path) -> None:
    scenario = Scenario.load(written(tmp_path, FILES))
    assert scenario.can("role/App", "kms:Decrypt")
    assert scenario.can("user/alice", "kms:DescribeKey")
    assert scenario.can("role/App", "kms:ScheduleKeyDeletion").decision == "explicitDeny"
    organization = scenario.world.organization
    assert organization is not None
    assert organization.accounts[ACCOUNT].path == "o-exampleorg1/r-ab12/ou-ab12-11111111/"
    assert scenario.world.principals[f"{_IAM}:role/App"].tags == {"team": "blue"}


@pytest.mark.parametrize(
    ("question", "hangs_on"),
    [
        ({"principal": "user/alice", "action": "kms:Decrypt"}, f"{KEY}.grants"),
        ({"principal": "role/App", "action": "kms:Decrypt", "vpc_endpoint": "vpce-0a1b"}, "vpce-0a1b.policy"),
    ],
)
def test_what_it_never_has_is_unknown_and_not_none(tmp_path: Path, question: dict[str, str], hangs_on: str) -> None:
    decision = Scenario.load(written(tmp_path, FILES)).can(**question)  # type: ignore[arg-type]  # a question's fields
    assert decision.decision == "undetermined"
    assert [unknown.address for unknown in decision.explanation.unknowns] == [hangs_on]


def test_aliases_and_tags_that_it_does_not_have_are_unknown(tmp_path: Path) -> None:
    key = Scenario.load(written(tmp_path, FILES)).world.keys[KEY]
    assert {*key.unknowns} == {"kms:resourcealiases", "aws:resourcetag/"}


def test_a_key_policy_that_it_could_not_read_is_unknown(tmp_path: Path) -> None:
    files = {name: value for name, value in FILES.items() if name != f"{_KEY}/policy.json"}
    decision = Scenario.load(written(tmp_path, files)).can("role/App", "kms:Decrypt")
    assert decision.decision == "undetermined"


def test_responses_of_aws_complete_it(tmp_path: Path) -> None:
    folder = written(tmp_path, {**FILES, f"more/{KEY}/list-grants.json": {"Grants": [], "Truncated": False}})
    assert Scenario.load(folder).can("user/alice", "kms:Decrypt").decision == "implicitDeny"


def test_any_folder_of_it_will_do_and_only_what_matters_is_read(tmp_path: Path) -> None:
    files = {**FILES, f"{_ACCOUNT}/s3/logs/policy.json": "{ not JSON"}
    scenario = Scenario.load(written(tmp_path, files) / _ACCOUNT)
    assert scenario.can("role/App", "kms:Decrypt")
    (recognised,) = scenario.loaded.recognised
    assert "iam-collect kms key" in recognised
    assert "iam-collect resource of other services" in recognised


def test_a_file_that_is_not_what_it_has_to_be_is_one_line(tmp_path: Path) -> None:
    folder = written(tmp_path, {**FILES, f"{_ACCOUNT}/iam/role/app/managed-policies.json": {"a": 1}})
    with pytest.raises(InputError, match=r"managed-policies.json:1: expected a list$"):
        Scenario.load(folder)
