"""``kms-eval diff`` of sources: plans, templates, key policies, and versions in git."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.doors.command_line import Cli
from tests.sources.terraform.plans import ACCOUNT, ROOT, change, plan, policy, statement

KEY = "aws_kms_key.app"
KEY_ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
WHOLE = {"Sid": "Root", **statement(ROOT, "kms:*")}
PARTNER = {"Sid": "Partner", **statement("arn:aws:iam::444455556666:role/partner", "kms:Decrypt")}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, value: object) -> str:
    """A JSON file."""
    Path(name).write_text(json.dumps(value, indent=1))
    return name


def a_plan(*statements: dict[str, object]) -> str:
    """A plan that changes the policy of one key to these statements."""
    before = {"arn": KEY_ARN, "policy": policy(WHOLE)}
    return write("plan.json", plan(change(KEY, {"arn": KEY_ARN, "policy": policy(*statements)}, before=before)))


def test_a_plan_is_compared_with_what_is_before_it(cli: Cli) -> None:
    done = cli("diff", a_plan(WHOLE, PARTNER))
    assert done.code == 1
    assert (
        "outside the account\n  appears  arn:aws:iam::444455556666:role/partner on aws_kms_key.app: Decrypt" in done.out
    )
    assert 'aws_kms_key.app "Partner" (plan.json:' in done.out
    assert "aws_kms_key.app.policy.Statement[1])" in done.out


def test_a_plan_that_changes_no_access_passes(cli: Cli) -> None:
    done = cli("diff", a_plan({**WHOLE, "Sid": "Renamed"}))
    assert (done.code, done.out.startswith("no access changes")) == (0, True)


def test_a_plan_is_compared_within_an_account(cli: Cli) -> None:
    role = {f"arn:aws:iam::{ACCOUNT}:role/reader": {"policies": [{"Statement": [{**WHOLE, "Principal": None}]}]}}
    del role[f"arn:aws:iam::{ACCOUNT}:role/reader"]["policies"][0]["Statement"][0]["Principal"]
    write("account.json", {"account": ACCOUNT, "principals": role})
    done = cli("diff", a_plan(PARTNER, {**WHOLE, "Action": "kms:PutKeyPolicy"}), "-s", "account.json", "--json")
    found = json.loads(done.out)
    lost = [each for each in found["changes"] if each["principal"].endswith("role/reader")]
    assert {each["kind"] for each in lost} == {"disappears"}
    assert {each["account"] for each in lost} == {ACCOUNT}


def test_what_a_plan_detaches_from_a_role_of_the_account_is_gone(cli: Cli) -> None:
    use = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
    role = {
        "RoleName": "worker",
        "RoleId": "AROAEXAMPLEWORKER000",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/worker",
        "Path": "/",
        "RolePolicyList": [{"PolicyName": "use", "PolicyDocument": use}],
        "AttachedManagedPolicies": [],
    }
    write("details.json", {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": []})
    key = {"arn": KEY_ARN, "policy": policy(WHOLE)}
    inline = {"name": "use", "role": "worker", "policy": json.dumps(use)}
    write("plan.json", plan(change(KEY, key, before=key), change("aws_iam_role_policy.use", None, before=inline)))
    found = json.loads(cli("diff", "plan.json", "-s", "details.json", "--json").out)
    changes = [(each["kind"], each["principal"], each["actions"]) for each in found["changes"]]
    assert changes == [("disappears", f"arn:aws:iam::{ACCOUNT}:role/worker", ["kms:Decrypt"])]


def test_a_key_that_nobody_could_mend_any_more_is_locked(cli: Cli) -> None:
    done = cli("diff", a_plan(PARTNER), "--fail-on", "widens")
    assert done.code == 1
    assert "lockout  aws_kms_key.app: nobody who is known could change the key policy" in done.out


def test_whether_kms_takes_a_policy_from_its_caller(cli: Cli) -> None:
    only_root = {**statement(ROOT, "kms:Decrypt"), "Sid": "Root"}
    admin = {**statement(f"arn:aws:iam::{ACCOUNT}:role/admin", "kms:*"), "Sid": "Admin"}
    done = cli("diff", a_plan(only_root, admin), "--as", "role/deploy", "--fail-on", "appears", "--allow", "*")
    assert done.code == 1
    assert "AWS KMS refuses the policy: role/deploy could not change it again" in done.out


def test_what_is_known_only_after_apply_cannot_be_told_and_fails(cli: Cli) -> None:
    before = {"arn": KEY_ARN, "policy": policy(WHOLE)}
    value = plan(change(KEY, {"arn": KEY_ARN}, before=before, unknown={"policy": True}))
    done = cli("diff", write("plan.json", value))
    assert done.code == 1
    assert "cannot be told" in done.out
    assert "hangs on aws_kms_key.app.policy" in done.out
    assert "lockout" not in done.out
    assert cli("diff", "plan.json", "--fail-on", "appears,widens").code == 0


def test_two_key_policies_are_compared_as_those_of_one_key(cli: Cli) -> None:
    write("a.json", {"Statement": [WHOLE]})
    write("b.json", {"Statement": [WHOLE, {**PARTNER, "Principal": "*"}]})
    done = cli("diff", "a.json", "b.json")
    assert done.code == 1
    assert "public\n  appears  anyone at all on key: Decrypt" in done.out
    assert cli("diff", "b.json", "a.json").code == 0
    assert cli("diff", "b.json", "a.json", "--fail-on", "disappears").code == 1


def test_a_template_is_a_side_like_any_other(cli: Cli) -> None:
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [WHOLE]}}}
    wider = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [WHOLE, PARTNER]}}}
    before, after = write("a.json", {"Resources": {"Key": key}}), write("b.json", {"Resources": {"Key": wider}})
    done = cli("diff", before, after, "--account", ACCOUNT)
    assert done.code == 1
    assert 'Key "Partner" (b.json:' in done.out


def git(*words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run([shutil.which("git") or "git", *who, *words], check=True, capture_output=True)


def test_all_files_of_a_commit_are_there_whatever_git_leaves_out_of_archives(cli: Cli) -> None:
    git("init", "-q")
    Path(".gitattributes").write_text("policies export-ignore\n")
    Path("policies").mkdir()
    write("policies/key.json", {"Version": "2012-10-17", "Statement": [WHOLE]})
    Path("outside").symlink_to("/nowhere")
    write("scenario.json", {"account": ACCOUNT, "keys": {"app": {"policy": "policies/key.json"}}})
    git("add", ".")
    git("commit", "-qm", "first")
    done = cli("diff", "scenario.json", "--base", "HEAD")
    assert (done.code, done.err) == (0, "")


def test_a_file_is_compared_with_its_version_in_git(cli: Cli) -> None:
    git("init", "-q")
    write("policy.json", {"Statement": [WHOLE]})
    git("add", ".")
    git("commit", "-qm", "first")
    assert cli("diff", "policy.json", "--base", "HEAD").code == 0
    write("policy.json", {"Statement": [WHOLE, PARTNER]})
    done = cli("diff", "policy.json", "--base", "HEAD")
    assert done.code == 1
    assert 'key policy "Partner" (policy.json:' in done.out
    assert "is not in `HEAD`" in cli("diff", write("new.json", {"Statement": []}), "--base", "HEAD").err


def test_a_file_that_is_no_source_says_what_it_looks_like(cli: Cli) -> None:
    done = cli("diff", write("a.json", {"Records": []}), write("b.json", {"Records": []}))
    assert done.code == 2
    assert "looks like a CloudTrail trail" in done.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04", "is a Terraform plan in binary form"),
        (b"Terraform will perform the following actions:\n", "is what `terraform plan` prints for people"),
        (b'{"format_version": "2.0", "planned_values": {}}', "is Terraform JSON of format version `2.0`; 1.x is read"),
        (b'{"format_version": "1.2", "errored": true, "resource_changes": []}', "is the plan of a run that failed"),
        (None, "there is no such file"),
    ],
)
def test_a_plan_that_cannot_be_read_says_why(cli: Cli, content: bytes | None, said: str) -> None:
    if content is not None:
        Path("plan.json").write_bytes(content)
    done = cli("diff", "plan.json")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert said in done.err


def test_a_plan_as_powershell_saves_it_is_one(cli: Cli) -> None:
    name = a_plan(WHOLE, PARTNER)
    Path(name).write_bytes(b"\xff\xfe" + Path(name).read_text().encode("utf-16-le"))
    assert "role/partner on aws_kms_key.app: Decrypt" in cli("diff", name).out
