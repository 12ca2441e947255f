"""An organization from AWS's responses: what was not listed to its end is not taken for all there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kms_eval import Scenario
from tests.sources.account import ACCOUNT, FILES, written

_UNIT = "ou-ab12-11111111"
_DENY = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
_SUMMARY = {"Id": "p-nodecrypt1", "Name": "NoDecrypt", "Type": "SERVICE_CONTROL_POLICY"}
_FULL = {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}
_EVERYWHERE = [{"TargetId": target} for target in ("r-ab12", _UNIT, ACCOUNT)]
_ELSEWHERE = [{"TargetId": "ou-ab12-22222222"}]
_TREE: dict[str, object] = {
    **FILES,
    "organization.json": {"Organization": {"Id": "o-exampleorg1", "MasterAccountId": "999999999999"}},
    "roots.json": {
        "Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]
    },
    f"parents-{ACCOUNT}.json": {"Parents": [{"Id": _UNIT, "Type": "ORGANIZATIONAL_UNIT"}]},
    f"parents-{_UNIT}.json": {"Parents": [{"Id": "r-ab12", "Type": "ROOT"}]},
    "p-nodecrypt1.json": {
        "Policy": {"PolicySummary": _SUMMARY, "Content": {"Version": "2012-10-17", "Statement": [_DENY]}}
    },
}
_LISTED = {"policies.json": {"Policies": [_FULL, _SUMMARY]}, "targets-p-FullAWSAccess.json": {"Targets": _EVERYWHERE}}
_BY_TARGET: dict[str, object] = {
    f"policies-of-{_UNIT}.json": {"Policies": [_FULL]},
    "policies-of-r-ab12.json": {"Policies": [_FULL]},
}


def _asked(folder: Path, **files: object) -> str:
    return Scenario.load(written(folder, {**_TREE, **files})).can("role/app", "kms:Decrypt").decision


@pytest.mark.parametrize(
    ("targets", "decision"),
    [
        ({"Targets": _ELSEWHERE}, "allowed"),
        ({"Targets": _EVERYWHERE}, "explicitDeny"),
        ({"Targets": _ELSEWHERE, "NextToken": "more"}, "undetermined"),
    ],
)
def test_where_a_policy_hangs_is_unknown_beyond_the_end_of_a_list(
    tmp_path: Path, targets: object, decision: str
) -> None:
    assert _asked(tmp_path, **_LISTED, **{"targets-p-nodecrypt1.json": targets}) == decision


@pytest.mark.parametrize(
    ("on_account", "decision"),
    [
        ({"Policies": [_FULL]}, "allowed"),
        ({"Policies": [_FULL, _SUMMARY]}, "explicitDeny"),
        ({"Policies": [_FULL], "NextToken": "more"}, "undetermined"),
    ],
)
def test_lists_of_the_policies_on_each_target_are_enough(tmp_path: Path, on_account: object, decision: str) -> None:
    assert _asked(tmp_path, **_BY_TARGET, **{f"policies-of-{ACCOUNT}.json": on_account}) == decision


@pytest.mark.parametrize(("token", "outside"), [({}, True), ({"NextToken": "more"}, False)])
def test_an_account_beyond_the_end_of_the_list_is_not_outside(
    tmp_path: Path, token: dict[str, str], *, outside: bool
) -> None:
    accounts = {"Accounts": [{"Id": "999999999999"}], **token}
    scenario = Scenario.load(written(tmp_path, {**_TREE, "accounts.json": accounts}))
    organization = scenario.world.organization
    assert organization is not None
    assert (ACCOUNT not in organization.accounts) == outside


def test_the_accounts_of_one_unit_are_not_all_accounts(tmp_path: Path) -> None:
    accounts = {"Accounts": [{"Id": "444455556666"}]}
    scenario = Scenario.load(written(tmp_path, {**_TREE, "accounts-of-ou-ab12-22222222.json": accounts}))
    organization = scenario.world.organization
    assert organization is not None
    assert ACCOUNT in organization.accounts
