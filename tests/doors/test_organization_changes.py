"""Policies of an organization that a plan or template changes, within the organization that another source shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kms_eval import Scenario
from tests.doors.command_line import Cli
from tests.sources.terraform.plans import change, plan, policy

ACCOUNT, MANAGEMENT, UNIT = "123456789012", "999999999999", "ou-ab12-11111111"
ELSEWHERE = "ou-zz99-22222222"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NO_DECRYPT = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
NO_ENCRYPT = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account in a unit, with `FullAWSAccess` everywhere and `limitations` on the unit."""
    monkeypatch.chdir(tmp_path)
    known = {"FullAWSAccess": (FULL, ["r-ab12", UNIT, ACCOUNT]), "limitations": (NO_DECRYPT, [UNIT])}
    folder = Path("account/organizations")
    folder.mkdir(parents=True)
    organization = {"Id": "o-exampleorgid", "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}
    summaries = [summary(name) for name in known]
    _write(folder / "organization.json", {"Organization": organization})
    _write(folder / "accounts.json", {"Accounts": [account(ACCOUNT), account(MANAGEMENT)]})
    _write(folder / f"list-parents-{ACCOUNT}.json", {"Parents": [{"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"}]})
    _write(folder / f"list-parents-{UNIT}.json", {"Parents": [{"Id": "r-ab12", "Type": "ROOT"}]})
    _write(folder / "list-policies-SERVICE_CONTROL_POLICY.json", {"Policies": summaries})
    for name, (statement, targets) in known.items():
        inside = folder / f"p-{name}"
        inside.mkdir()
        content = {"PolicySummary": summary(name), "Content": policy(statement)}
        _write(inside / "describe-policy.json", {"Policy": content})
        _write(inside / "list-targets-for-policy.json", {"Targets": [{"TargetId": each} for each in targets]})
    role = {"RoleName": "app", "RoleId": "AROAEXAMPLEAPP12345", "Arn": f"arn:aws:iam::{ACCOUNT}:role/app", "Path": "/",
            "RolePolicyList": [], "AttachedManagedPolicies": []}  # fmt: skip
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": []}
    _write(Path("account/details.json"), details)
    use = {"Effect": "Allow", "Principal": {"AWS": role["Arn"]}, "Action": ["kms:*crypt"], "Resource": "*"}
    _write(Path("account/key.json"), {"KeyMetadata": {"AWSAccountId": ACCOUNT, "KeyId": KEY[-36:], "Arn": KEY}})
    _write(Path(f"account/{KEY[-36:]}.json"), {"Policy": policy(use)})
    _write(Path(f"account/list-grants-{KEY[-36:]}.json"), {"Grants": [], "Truncated": False})


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))


def summary(name: str) -> dict[str, object]:
    return {"Id": f"p-{name}", "Name": name, "Type": "SERVICE_CONTROL_POLICY", "Arn": f"arn:x:policy/o/scp/p-{name}"}


def account(name: str) -> dict[str, object]:
    return {"Id": name, "Arn": f"arn:aws:organizations::{MANAGEMENT}:account/o-exampleorgid/{name}", "Name": name}


def limits(**statement: object) -> dict[str, object]:
    return {
        "id": "p-limitations",
        "name": "limitations",
        "type": "SERVICE_CONTROL_POLICY",
        "content": policy(statement),
    }


def allowed(*sources: str) -> list[str]:
    world = Scenario.load(list(sources))
    return [action for action in ("Decrypt", "Encrypt") if world.can("role/app", f"kms:{action}", key=KEY)]


def test_without_a_plan_what_the_account_shows_counts() -> None:
    assert allowed("account") == ["Encrypt"]


@pytest.mark.parametrize("attached", [True, False], ids=["with its attachment", "attached elsewhere"])
def test_a_policy_that_a_plan_changes_is_changed_wherever_it_hangs(attached: bool) -> None:
    hangs = {"policy_id": "p-limitations", "target_id": UNIT}
    more = [change("aws_organizations_policy_attachment.limits", hangs, before=hangs)] if attached else []
    changed = change("aws_organizations_policy.limits", limits(**NO_ENCRYPT), before=limits(**NO_DECRYPT))
    _write(Path("plan.json"), plan(changed, *more))
    assert allowed("account", "plan.json") == ["Decrypt"]


def test_a_policy_that_a_plan_attaches_is_added_to_what_hangs_there() -> None:
    new = {"name": "more", "type": "SERVICE_CONTROL_POLICY", "content": policy(NO_ENCRYPT)}
    attachment = change("aws_organizations_policy_attachment.more", {"target_id": ACCOUNT, "policy_id": "p-more"})
    made = change("aws_organizations_policy.more", {**new, "id": "p-more"})
    _write(Path("plan.json"), plan(made, attachment))
    assert allowed("account", "plan.json") == []


def test_a_policy_that_a_plan_detaches_is_gone(cli: Cli) -> None:
    kept = change("aws_organizations_policy.limits", limits(**NO_DECRYPT), before=limits(**NO_DECRYPT))
    hangs = {"policy_id": "p-limitations", "target_id": UNIT}
    _write(Path("plan.json"), plan(kept, change("aws_organizations_policy_attachment.x", None, before=hangs)))
    assert allowed("account", "plan.json") == ["Decrypt", "Encrypt"]
    found: Any = json.loads(cli("diff", "plan.json", "-s", "account", "--json").out)
    assert [(each["kind"], each["actions"]) for each in found["changes"]] == [("appears", ["kms:Decrypt"])]


def test_a_template_attaches_policies_too() -> None:
    pytest.importorskip("cfnlint")
    content = {"Version": "2012-10-17", "Statement": [NO_ENCRYPT]}
    properties = {"Name": "more", "Type": "SERVICE_CONTROL_POLICY", "Content": content, "TargetIds": ["r-ab12"]}
    _write(Path("t.json"), {"Resources": {"More": {"Type": "AWS::Organizations::Policy", "Properties": properties}}})
    assert allowed("account", "t.json") == []


def test_a_target_that_no_source_knows_is_said(cli: Cli) -> None:
    attachment = change(
        "aws_organizations_policy_attachment.x", {"policy_id": "p-limitations", "target_id": "ou-zz99-22222222"}
    )
    _write(Path("plan.json"), plan(change("aws_organizations_policy.limits", limits(**NO_DECRYPT)), attachment))
    done = cli("can", "role/app", "kms:Encrypt", "--key", KEY, "-s", "account", "-s", "plan.json")
    assert done.code == 0
    assert f"aws_organizations_policy.limits is left out: nothing here says where {ELSEWHERE} is" in done.err


def test_a_plan_that_shows_the_organization_takes_no_policy_of_the_account_away() -> None:
    organization = change(
        "data.aws_organizations_organization.o",
        {"id": "o-exampleorgid", "master_account_id": MANAGEMENT, "roots": [{"id": "r-ab12"}],
         "accounts": [{"id": ACCOUNT}]},
        mode="data",
    )  # fmt: skip
    hangs = change("aws_organizations_policy_attachment.x", {"policy_id": "p-limitations", "target_id": UNIT})
    changed = change("aws_organizations_policy.limits", limits(**NO_ENCRYPT))
    _write(Path("plan.json"), plan(organization, changed, hangs))
    assert allowed("account", "plan.json") == ["Decrypt"]
