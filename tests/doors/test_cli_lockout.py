"""``kms-eval lockout``: verdicts and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import KEY, Cli

ACCOUNT = "arn:aws:iam::111122223333"


def _write(name: str, *statements: dict[str, object]) -> str:
    Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return name


def _allow(principal: str, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*", **more}


def test_who_is_left_is_listed_and_it_is_0(cli: Cli, scenario: Path) -> None:
    done = cli("lockout", "--as", "role/admin")
    assert done.code == 0
    assert done.err == ""
    assert done.out == (
        f"accepted: the key policy of app ({KEY}), put by {ACCOUNT}:role/admin\n"
        "  this caller could call kms:PutKeyPolicy again\n"
        "  because the key policy delegates to the account, and an identity policy allows it\n"
        '    key policy       delegates it to the account: app "Enable IAM policies" (policies/app.json:4)\n'
        "    identity policy  allows it: role/admin policies[0] statement 0 (kms-eval.yaml:17)\n"
        f"changeable: the key policy of app ({KEY}), by\n"
        f"  {ACCOUNT}:root: the root user of the account may do it\n"
        f"  {ACCOUNT}:role/admin: the key policy delegates to the account, and an identity policy allows it\n"
    )


def test_a_caller_who_locks_himself_out_is_1_though_others_are_left(cli: Cli, scenario: Path) -> None:
    done = cli("lockout", "--as", "role/worker")
    assert done.code == 1
    assert done.out.startswith(f"refused: the key policy of app ({KEY}), put by {ACCOUNT}:role/worker\n")
    assert "the lockout safety check of AWS KMS fails" in done.out
    assert "changeable: " in done.out


def test_a_policy_that_leaves_nobody_is_1(cli: Cli, scenario: Path) -> None:
    policy = _write("new.json", _allow("arn:aws:iam::444455556666:root"))
    done = cli("lockout", "--key-policy", policy)
    assert done.code == 1
    assert done.out == f"locked: nobody who is known can change the key policy of app ({KEY})\n"


def test_who_needs_further_context_is_said_and_counts_once_it_is_given(cli: Cli, scenario: Path) -> None:
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    policy = _write("new.json", _allow(f"{ACCOUNT}:user/alice", Condition=condition))
    done = cli("lockout", "--key-policy", policy)
    assert done.code == 1
    assert done.out.endswith(f"with further context only\n  {ACCOUNT}:user/alice: aws:MultiFactorAuthPresent\n")
    given = cli("lockout", "--key-policy", policy, "--context", "aws:MultiFactorAuthPresent=true", "--as", "user/alice")
    assert given.code == 0
    assert given.out.startswith("accepted: ")


def test_a_principal_that_only_the_key_policy_names_may_not_exist(cli: Cli, scenario: Path) -> None:
    policy = _write("new.json", _allow(f"{ACCOUNT}:role/elsewhere"))
    done = cli("lockout", "--key-policy", policy)
    assert done.code == 1
    assert f"`{ACCOUNT}:role/elsewhere` does not exist: the scenario describes " in done.out
    assert "put it under `principals`, or say with `--stranger`" in done.out
    assert f"  {ACCOUNT}:role/elsewhere: the key policy allows it directly\n" in done.out


def test_a_scenario_that_describes_only_some_takes_the_others_to_exist_and_says_so(cli: Cli, scenario: Path) -> None:
    policy = _write("new.json", _allow(f"{ACCOUNT}:role/elsewhere"))
    done = cli("lockout", "--key-policy", policy, "--stranger")
    assert done.code == 0
    assert f"taken to exist, and not described: `{ACCOUNT}:role/elsewhere`\n" in done.out
    (verdict,) = json.loads(cli("lockout", "--key-policy", policy, "--stranger", "--json").out)["keys"]
    assert (verdict["refusals"], verdict["assumed"]) == ([], [f"{ACCOUNT}:role/elsewhere"])


def test_json_has_a_verdict_for_each_key(cli: Cli, scenario: Path) -> None:
    done = cli("lockout", "--as", "role/worker", "--json")
    assert done.code == 1
    (verdict,) = json.loads(done.out)["keys"]
    assert verdict["key"] == KEY
    assert verdict["accepted"] is False
    assert verdict["caller"]["reason_code"] == "no-identity-policy-allows"
    assert [each["principal"] for each in verdict["left"]] == [f"{ACCOUNT}:root", f"{ACCOUNT}:role/admin"]
    assert json.loads(cli("lockout", "--json").out)["keys"][0]["accepted"] is None


def test_all_keys_are_checked_unless_one_is_named(cli: Cli, scenario: Path) -> None:
    policy = {"Version": "2012-10-17", "Statement": [_allow("arn:aws:iam::444455556666:root")]}
    text = scenario.read_text().replace("principals:", f"  other: {{policy: {json.dumps(policy)}}}\nprincipals:")
    scenario.write_text(text)
    assert cli("lockout").code == 1
    assert cli("lockout", "--key", "other").code == 1
    assert cli("lockout", "--key", "app").code == 0


def test_a_key_policy_alone_is_enough(cli: Cli) -> None:
    policy = _write("new.json", _allow(f"{ACCOUNT}:root"))
    done = cli("lockout", "--key-policy", policy)
    assert done.code == 0
    assert f"  {ACCOUNT}:root: " in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--as", "rol/admin"), "malformed principal `rol/admin`"),
        (("--key", "ap"), "the scenario has no key `ap`"),
        (("--key-policy", "gone.json"), "--key-policy: `gone.json`: there is no such file"),
        (("--context", "x"), "--context: `x` is not of the form `NAME=VALUE`"),
    ],
)
def test_what_makes_no_sense_is_2(cli: Cli, scenario: Path, words: tuple[str, ...], said: str) -> None:
    done = cli("lockout", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"kms-eval: {said}")
