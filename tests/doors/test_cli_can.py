"""``kms-eval can``: answers, exit codes, and everything that can be typed wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import KEY, Cli

ROLE = "arn:aws:iam::111122223333:role"


def test_an_allowed_request_is_0_and_says_who_allowed_it(cli: Cli, scenario: Path) -> None:
    done = cli("can", "role/worker", "kms:DescribeKey", "--key", "app")
    assert done.code == 0
    assert done.err == ""
    assert done.out == (
        "allowed: role/worker kms:DescribeKey on app\n"
        "  because the key policy delegates to the account, and an identity policy allows it\n"
        f"    principal        {ROLE}/worker\n"
        f"    key              {KEY}\n"
        '    key policy       delegates it to the account: app "Enable IAM policies" (policies/app.json:4)\n'
        '    identity policy  allows it: worker "Reading" (policies/worker.json:11)\n'
    )


def test_a_denied_request_is_1_and_says_what_is_missing_and_what_would_change_it(cli: Cli, scenario: Path) -> None:
    done = cli("can", "role/worker", "kms:Decrypt")
    assert done.code == 1
    assert done.err == ""
    assert done.out == (
        "implicitDeny: role/worker kms:Decrypt on app\n"
        "  because no identity policy allows it\n"
        f"    principal        {ROLE}/worker\n"
        f"    key              {KEY}\n"
        '    key policy       delegates it to the account: app "Enable IAM policies" (policies/app.json:4)\n'
        "    identity policy  does not allow it\n"
        "    grant            does not allow it\n"
        "  came near, but did not count:\n"
        '    identity policy, worker "ThroughS3" (policies/worker.json:4): StringEquals kms:ViaService '
        "`s3.us-east-1.amazonaws.com`: the request has no value\n"
        "  missing context that could turn it: kms:ViaService\n"
        "  any of these changes makes it allowed:\n"
        "    - make the call with kms:ViaService `s3.us-east-1.amazonaws.com`\n"
        f"    - attach an identity policy to `{ROLE}/worker` that allows `kms:Decrypt` on {KEY}\n"
        f"    - add a statement to the key policy `app` that allows `kms:Decrypt` to `{ROLE}/worker`\n"
    )


def test_explain_adds_the_code_and_the_value_a_condition_saw(cli: Cli, scenario: Path) -> None:
    done = cli(
        "can", "role/worker", "kms:Decrypt", "--context", "kms:ViaService=ec2.us-east-1.amazonaws.com", "--explain"
    )
    assert done.code == 1
    assert "  because no identity policy allows it [no-identity-policy-allows]\n" in done.out
    assert (
        "  came near, but did not count:\n"
        '    identity policy, worker "ThroughS3" (policies/worker.json:4): '
        "StringEquals kms:ViaService `s3.us-east-1.amazonaws.com`: the request has `ec2.us-east-1.amazonaws.com`\n"
    ) in done.out


def test_an_explicit_deny_names_the_statement_that_denies_and_no_other(cli: Cli, scenario: Path) -> None:
    done = cli("can", "role/admin", "kms:ScheduleKeyDeletion")
    assert done.code == 1
    assert done.out == (
        "explicitDeny: role/admin kms:ScheduleKeyDeletion on app\n"
        "  because a statement of the key policy denies it\n"
        f"    principal   {ROLE}/admin\n"
        f"    key         {KEY}\n"
        "    key policy  denies it: app statement 1 (policies/app.json:11)\n"
        "  it denies because:\n"
        "    key policy, app statement 1 (policies/app.json:11): it has no condition, and its Action is "
        "kms:ScheduleKeyDeletion\n"
        "  this change makes it allowed:\n"
        "    - let app statement 1 spare the caller: add ArnNotEquals aws:PrincipalArn "
        "`arn:aws:iam::111122223333:role/admin`\n"
    )


def test_a_call_of_several_permissions_explains_each(cli: Cli, scenario: Path) -> None:
    done = cli("can", "role/admin", "ReEncrypt", "--key", "app", "--destination-key", "app")
    assert done.code == 0
    assert "  the call needs 2 permissions:\n" in done.out
    assert "    allowed: role/admin kms:ReEncryptFrom on app\n" in done.out
    assert "    allowed: role/admin kms:ReEncryptTo on app\n" in done.out


def test_json_is_one_object_with_the_fields_of_the_contract(cli: Cli, scenario: Path) -> None:
    done = cli("can", "role/worker", "kms:Decrypt", "--json")
    assert done.code == 1
    assert done.err == ""
    answer = json.loads(done.out)
    assert list(answer)[:10] == [
        "schema", "decision", "principal", "action", "key", "reason", "reason_code", "layers",
        "missing_context", "warnings",
    ]  # fmt: skip
    assert answer["decision"] == "implicitDeny"
    assert answer["key"] == KEY
    assert answer["missing_context"] == ["kms:ViaService"]
    assert answer["layers"][0] == {
        "layer": "keyPolicy",
        "outcome": "delegates",
        "statements": [{"policy": "app", "sid": "Enable IAM policies", "index": 0, "effect": "Allow"}],
    }


def test_warnings_of_the_decision_are_words_on_stderr_and_members_in_json(cli: Cli, scenario: Path) -> None:
    text = cli("can", "role/nobody", "kms:Decrypt", "--stranger")
    assert text.code == 1
    assert text.err.startswith("kms-eval: warning: ")
    assert text.err.endswith("[principal-not-described]\n")
    assert "principal-not-described" not in text.out
    answer = cli("can", "role/nobody", "kms:Decrypt", "--stranger", "--json")
    assert answer.err == ""
    assert [warned["code"] for warned in json.loads(answer.out)["warnings"]] == ["principal-not-described"]


def test_what_reading_remarked_is_on_stderr_even_with_json(cli: Cli, scenario: Path) -> None:
    policy = scenario.parent / "policies" / "worker.json"
    policy.write_text(policy.read_text().replace("kms:DescribeKey", "kms:DescribeKeys"))
    done = cli("can", "role/worker", "kms:Decrypt", "--json")
    assert done.code == 1
    assert done.err.startswith("kms-eval: warning: policies/worker.json:11: Statement[1].Action: ")
    assert done.err.endswith("[unknown-action]\n")
    json.loads(done.out)


CONTEXT = ("--context", "kms:ViaService=s3.us-east-1.amazonaws.com")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("role/worker", "kms:Decrypt", *CONTEXT), 0),
        (("role/worker", "KMS:decrypt", *CONTEXT), 0),
        (("role/worker", "kms:Decrypt", *CONTEXT, "-k", "alias/app"), 0),
        (("role/worker", "kms:Decrypt", *CONTEXT, f"--key={KEY}"), 0),
        (("role/worker", "kms:Decrypt", "-c", "kms:ViaService="), 1),
        (("role/worker", "kms:Decrypt", "-c", "kms:ViaService[]"), 1),
        (("assumed-role/worker/one", "kms:Decrypt", *CONTEXT), 0),
        (("role/worker", "kms:Decrypt", *CONTEXT, "--session-name", "one"), 0),
        (("role/batch", "kms:Encrypt", "--encryption-context", "department=IT", "-e", "project=x"), 0),
        (("role/batch", "kms:Encrypt", "--encryption-context", "department=HR"), 1),
        (("role/batch", "kms:Encrypt"), 1),
        (("role/admin", "kms:RetireGrant", "--grant", "grant-1"), 0),
        (("role/worker", "kms:RetireGrant", "--grant", "grant-1"), 1),
        (
            (
                "role/admin",
                "kms:CreateGrant",
                "--grant",
                '{"GranteePrincipal": "arn:aws:iam::111122223333:root", "Operations": ["Decrypt"]}',
            ),
            0,
        ),
        (("role/admin", "kms:CreateGrant", "--via-grant", "grant-1"), 1),
        (("role/admin", "kms:CreateAlias", "--alias", "alias/new"), 0),
        (("role/admin", "kms:UpdatePrimaryRegion", "--region", "eu-west-1"), 0),
        (("role/admin", "kms:ListKeys"), 0),
        (("user/alice", "kms:ListKeys"), 1),
        (("role/admin", "kms:Decrypt", "--at", "2026-01-01T00:00:00Z"), 0),
        (("role/admin", "kms:FlyToTheMoon", "-k", "app", "--allow-unknown-action"), 0),
        (("role/worker", "kms:FlyToTheMoon", "-k", "app", "--allow-unknown-action"), 1),
        (("root", "kms:Decrypt"), 0),
    ],
)
def test_every_option_reaches_the_question(cli: Cli, scenario: Path, words: tuple[str, ...], code: int) -> None:
    done = cli("can", *words)
    assert (done.code, done.out[:7] == "allowed") == (code, code == 0), done


def test_a_session_policy_limits_the_session_and_tags_reach_conditions(cli: Cli, scenario: Path) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:PrincipalTag/team": "blue", "aws:SourceIdentity": "alice"},
            },
        },
    }
    Path("session.json").write_text(json.dumps(policy))
    session = ("--session-policy", "session.json", "--session-tag", "team=blue", "--source-identity", "alice")
    assert cli("can", "role/admin", "kms:Decrypt", *session).code == 0
    limited = cli("can", "role/admin", "kms:Encrypt", *session)
    assert limited.code == 1
    assert "because no session policy allows it" in limited.out


def test_a_grant_request_can_come_from_a_file(cli: Cli, scenario: Path) -> None:
    Path("grant.json").write_text('{"GranteePrincipal": "arn:aws:iam::111122223333:role/x", "Operations": ["Decrypt"]}')
    assert cli("can", "role/admin", "kms:CreateGrant", "--grant", "grant.json").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rol/worker", "kms:Decrypt"), "malformed principal `rol/worker` (did you mean `role/worker`?)"),
        (("worker", "kms:Decrypt"), "malformed principal `worker` (did you mean `role/worker`?)"),
        (("group/x", "kms:Decrypt"), "`group/x` is a group, which is never a principal (name one of its users: "),
        (("", "kms:Decrypt"), "PRINCIPAL: is empty"),
        (("role/worker", "kms:Decrpt"), "unknown action `kms:Decrpt` (did you mean `kms:Decrypt` or `kms:Encrypt`?)"),
        (("role/worker", "s3:GetObject"), "`s3:GetObject` is not an action of AWS KMS (actions look like "),
        (("role/worker", ""), "ACTION: is empty"),
        (("role/worker", "kms:Decrypt", "--key", "ap"), "the scenario has no key `ap` (did you mean `app`?)"),
        (
            ("role/worker", "kms:Decrypt", "--context", "kms:ViaService"),
            "--context: `kms:ViaService` is not of the form `NAME=VALUE` (write `kms:ViaService=VALUE`, or ",
        ),
        (
            ("role/worker", "kms:Decrypt", "-c", "=x"),
            "--context: `=x` is not of the form `NAME=VALUE` (write `NAME=VALUE`)",
        ),
        (("role/worker", "kms:Decrypt", "-c", "k[]", "-c", "k=v"), "--context: `k` is given with values and without"),
        (("role/worker", "kms:Decrypt", "-e", "a=1", "-e", "a=2"), "--encryption-context: `a` is given twice"),
        (("role/worker", "kms:Decrypt", "--session-tag", "a"), "--session-tag: `a` is not of the form `NAME=VALUE`"),
        (("role/worker", "kms:Decrypt", "--at", "yesterday"), "--at: `yesterday` is no ISO 8601 time"),
        (("role/worker", "kms:Decrypt", "--at", "2026-01-01"), "--at: `2026-01-01` may be in any time zone"),
        (("role/worker", "kms:Decrypt", "--vpc-endpoint", "vpce-1"), "unknown VPC endpoint `vpce-1`"),
        (
            ("role/worker", "kms:Decrypt", "--session-policy", "no.json"),
            "--session-policy[0]: `no.json`: there is no such file",
        ),
        (
            ("role/admin", "kms:RetireGrant", "--grant", "grant-2"),
            "key `app` has no grant `grant-2` (did you mean `grant-1`?)",
        ),
        (("role/admin", "kms:CreateGrant", "--grant", "no.json"), "no.json: there is no such file"),
        (("role/admin", "kms:CreateGrant", "--grant", "{"), "--grant:1: "),
        (
            ("role/admin", "kms:CreateGrant", "--grant", '{"Operation": []}'),
            "--grant:1: Operation: unknown element `Operation`",
        ),
        (("role/admin", "ReEncrypt"), "`ReEncrypt` is a call on two keys"),
        (("role/worker", "kms:Decrypt", "--policy", "no.json"), "--policy[0]: `no.json`: there is no such file"),
        (("root", "kms:Decrypt", "--policy", "policies/worker.json"), "`--policy` is attached to users and roles"),
        (
            ("role/worker", "kms:Decrypt", "-s", "kms-evil.yaml"),
            "kms-evil.yaml: there is no such file (did you mean `kms-eval.yaml`?)",
        ),
        (("role/worker", "kms:Decrypt", "-s", ""), "--scenario: is empty"),
    ],
)
def test_what_makes_no_sense_is_2_with_a_line_that_helps(
    cli: Cli, scenario: Path, words: tuple[str, ...], said: str
) -> None:
    done = cli("can", *words)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith(f"kms-eval: {said}")


def test_every_fault_of_a_scenario_has_its_own_line_with_file_line_and_field(cli: Cli, scenario: Path) -> None:
    scenario.write_text(scenario.read_text().replace("aliases:", "alias:"))
    (scenario.parent / "policies" / "worker.json").write_text(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "allow"}]}'
    )
    done = cli("can", "role/worker", "kms:Decrypt")
    assert done.code == 2
    assert done.out == ""
    lines = done.err.splitlines()
    assert len(lines) > 1
    assert all(line.startswith("kms-eval: ") for line in lines)
    assert any(
        line.startswith("kms-eval: kms-eval.yaml:5: keys.app.alias: unknown field `alias` (did you mean")
        for line in lines
    )
    assert any(line.startswith("kms-eval: policies/worker.json:1: Statement[0].Effect: ") for line in lines)


def test_strict_refuses_what_aws_would_refuse(cli: Cli, scenario: Path) -> None:
    policy = scenario.parent / "policies" / "worker.json"
    policy.write_text(policy.read_text().replace('"Reading"', '"Reading the key"'))
    lenient = cli("can", "role/worker", "kms:DescribeKey")
    assert lenient.code == 0
    assert lenient.err.endswith("[identity-policy-sid]\n")
    strict = cli("can", "role/worker", "kms:DescribeKey", "--strict")
    assert strict.code == 2
    assert strict.out == ""


def test_what_a_document_says_cannot_move_the_cursor(cli: Cli, scenario: Path) -> None:
    policy = scenario.parent / "policies" / "app.json"
    policy.write_text(
        policy.read_text().replace("Enable IAM policies", r"red \u009b31m")
    )  # of the two beginnings, what AWS KMS takes
    done = cli("can", "role/worker", "kms:Decrypt")
    assert done.code == 1
    assert r"red \x9b31m" in done.out
    assert "\x9b" not in done.out
