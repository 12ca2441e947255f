"""A typing error is a fault with advice at every door, and never an answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import WORKER_POLICY, Cli

STRANGER = "nothing in the scenario mentions `role/workr` (did you mean `role/worker`?"


@pytest.mark.parametrize(
    "words",
    [
        ("can", "role/workr", "kms:Decrypt"),
        ("can", "role/workr", "kms:Decrypt", "--policy", "worker.json"),
        ("can", "assumed-role/workr/session", "kms:Decrypt"),
        ("lockout", "--as", "role/workr"),
        ("lockout", "--as", "role/workr", "--key-policy", "policies/app.json"),
        ("matrix", "--principal", "role/workr"),
        ("diff", "--policy", "role/workr=worker.json"),
    ],
)
def test_a_stranger_is_2_and_an_answer_only_where_one_is_meant(
    cli: Cli, scenario: Path, words: tuple[str, ...]
) -> None:
    Path("worker.json").write_text(WORKER_POLICY)
    refused = cli(*words)
    assert (refused.code, refused.out) == (2, "")
    assert STRANGER in refused.err
    assert len(refused.err.splitlines()) == 1
    assert cli(*words, "--stranger").code in {0, 1}


@pytest.mark.parametrize(
    "words",
    [
        ("can", "role/worker", "kms:Decrypt"),
        ("who-can", "kms:Decrypt"),
        ("matrix",),
        ("lockout",),
        ("diff", "--policy", "role/worker=worker.json"),
    ],
)
def test_an_unknown_condition_key_is_2_and_an_answer_only_where_it_is_allowed(
    cli: Cli, scenario: Path, words: tuple[str, ...]
) -> None:
    Path("worker.json").write_text(WORKER_POLICY)
    words = (*words, "--context", "kms:ViaServce=s3.us-east-1.amazonaws.com")
    refused = cli(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "--context.kms:ViaServce: no policy names the condition key `kms:ViaServce`, and AWS has none" in refused.err
    assert "did you mean `kms:ViaService`?" in refused.err
    assert cli(*words, "--allow-unknown-key").code in {0, 1}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kms:Decrypt", "role/worker"), "`kms:Decrypt` is an action, not a principal (the principal comes first"),
        (("role/worker", "role/worker"), "`role/worker` is a principal, not an action (actions look like `kms:Dec"),
        (("role/worker", "kms:Decrypt", "--alias", "x"), "malformed alias name `x` (did you mean `alias/x`?)"),
        (("role/worker", "kms:Decrypt", "--key", "aliases/app"), "no key `aliases/app` (did you mean `alias/app`?)"),
        (
            ("s33.amazonaws.com", "kms:Decrypt"),
            "a service principal that AWS documents (did you mean `s3.amazonaws.com`?",
        ),
        (
            ("s3.amazonaws.co", "kms:Decrypt"),
            "malformed principal `s3.amazonaws.co` (did you mean `s3.amazonaws.com`?)",
        ),
        (("role/worker", "kms:Decrypt", "--region", "eu-wset-1"), "--region: there is no Region `eu-wset-1` (did"),
        (
            ("role/worker", "kms:Decrypt", "--account", "12345"),
            "--account: `12345` is no account id (an account id has",
        ),
        (
            ("role/worker", "kms:Decrypt", "--key", "app,other"),
            "`app,other` is more than one key (name one at a time: `",
        ),
        (
            ("role/worker", "kms:Decrypt", "--vpc-endpoint", "vpce-9"),
            "or give its id as context: `aws:SourceVpce=vpce-9`)",
        ),
        (("role/worker", "alias/app"), "`alias/app` is a key, not an action (name the key with `--key`"),
        (("role/worker", "kms:ReEncrypt"), "the call is `ReEncrypt`, its permissions are `kms:ReEncryptFrom` and `kms"),
        (("role/worker", "kms:*"), "`kms:*` is a pattern, not one action (ask for one action such as `kms:Decrypt`; `"),
        (("role/worker", "kms:Decrypt,kms:Encrypt"), "is more than one action (ask for one at a time: `kms:Decrypt`)"),
        (("role/worker,user/alice", "kms:Decrypt"), "is more than one principal (ask for one at a time: `role/worker`"),
        (("role/worker", "km:Decrypt"), "`km:Decrypt` is not an action of AWS KMS (did you mean `kms:Decrypt`?)"),
        (("role/worker", "kms:ListKeys", "--key", "ap"), "the scenario has no key `ap` (did you mean `app`?)"),
        (("role/worker", "kms:Decrypt", "--destination-key", "ap"), "no key `ap` (did you mean `app`?)"),
        (("role/worker", "kms:ReplicateKey", "--region", "eu-wset-1"), "--region: there is no Region `eu-wset-1` (did"),
    ],
)
def test_what_was_probably_meant_is_said(cli: Cli, scenario: Path, words: tuple[str, ...], said: str) -> None:
    done = cli("can", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("matrix", "--principal", "kms:Decrypt"), "`kms:Decrypt` is an action, not a principal (principals look like"),
        (("lockout", "--as", "kms:Decrypt"), "`kms:Decrypt` is an action, not a principal (principals look like"),
        (("who-can", "role/worker"), "`role/worker` is a principal, not an action (actions look like `kms:Decrypt`)"),
        (("who-can", "app"), "unknown action `app` (actions look like `kms:Decrypt`, keys are named with `--key`)"),
        (("matrix", "--action", "app"), "unknown action `app` (actions look like `kms:Decrypt`)"),
        (("matrix", "--region", "eu-wset-1"), "--region: there is no Region `eu-wset-1` (did you mean `eu-west-1`?)"),
        (
            ("who-can", "kms:Decrypt", "--fail-if", "outside-acount"),
            "--fail-if: malformed principal `outside-acount` (did",
        ),
        (("who-can", "kms:Decrypt", "--fail-if", "role/workr"), f"--fail-if: {STRANGER}"),
        (
            ("matrix", "--principal", "cloudfrnt.amazonaws.com"),
            "(did you mean `cloudfront.amazonaws.com`? one that AWS",
        ),
    ],
)
def test_so_it_is_by_doors_that_ask_about_everybody_and_nothing_is_answered(
    cli: Cli, scenario: Path, words: tuple[str, ...], said: str
) -> None:
    done = cli(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_a_service_that_is_nearly_one_is_asked_about_where_it_is_meant_or_named(cli: Cli, scenario: Path) -> None:
    asked = ("can", "cloudfrnt.amazonaws.com", "kms:Decrypt")
    assert cli(*asked).code == 2
    assert cli(*asked, "--stranger").code == 1
    policy = Path("policies/app.json")
    policy.write_text(
        policy.read_text().replace('"Principal": "*"', '"Principal": {"Service": "cloudfrnt.amazonaws.com"}')
    )
    assert cli(*asked).code == 1


def test_an_expectation_about_a_condition_key_that_is_none_is_2(cli: Cli, scenario: Path) -> None:
    text = scenario.read_text()
    scenario.write_text(text.replace("expect: allowed", "expect: denied\n    expect_missing_context: [kms:ViaServce]"))
    done = cli("test")
    assert done.code == 2
    assert "tests[0].expect_missing_context: no policy names the condition key `kms:ViaServce`" in done.err


def _batch(cli: Cli, *options: str) -> tuple[int, list[dict[str, str]]]:
    rows = [
        {"principal": "role/admin", "action": "kms:Decrypt"},
        {"principal": "role/admni", "action": "kms:Decrypt"},
        {"principal": "role/admin", "action": "kms:Decrypt", "context": {"kms:ViaServce": "x"}},
        {"principal": "role/admin", "action": "kms:Decrypt", "context": {"aws:SourceIp": "here"}},
        {"principal": "role/admin", "action": "kms:Decrypt", "context": {"aws:CalledViaFirst": ["a", "b"]}},
        {"principal": "role/admin", "action": "kms:*"},
    ]
    Path("requests.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = cli("batch", "requests.jsonl", "-o", "decisions.jsonl", *options)
    return done.code, [json.loads(line) for line in Path("decisions.jsonl").read_text().splitlines()]


def test_in_a_batch_such_rows_are_errors_and_no_denials(cli: Cli, scenario: Path) -> None:
    code, answers = _batch(cli)
    assert code == 3
    assert [each["decision"] or None for each in answers] == ["allowed", None, None, None, None, None]
    for answer, said in zip(
        answers[1:],
        ("did you mean `role/admin`?", "did you mean `kms:ViaService`?", "not an IP", "has one value", "is a pattern"),
        strict=True,
    ):
        assert said in answer["error"]


def test_a_batch_may_be_about_strangers_and_new_keys(cli: Cli, scenario: Path) -> None:
    _code, answers = _batch(cli, "--stranger", "--allow-unknown-key")
    assert [each["decision"] or None for each in answers] == [
        *("allowed", "implicitDeny", "allowed"),
        *(None, None, None),
    ]


def test_a_misspelt_test_is_2_whatever_it_expects(cli: Cli, scenario: Path) -> None:
    text = scenario.read_text()
    scenario.write_text(text.replace("principal: role/worker", "principal: role/workr").replace("allowed", "denied"))
    done = cli("test")
    assert (done.code, done.out) == (2, "0 passed\n")
    assert STRANGER in done.err
    scenario.write_text(text.replace("expect: allowed", "context: {kms:ViaServce: x}\n    expect: denied"))
    done = cli("test")
    assert done.code == 2
    assert "did you mean `kms:ViaService`?" in done.out + done.err


def test_can_and_who_can_say_the_same_of_whom_nobody_describes(cli: Cli, scenario: Path) -> None:
    """role/batch is named by a grant alone."""
    assert cli("can", "role/batch", "kms:Decrypt").code == 1
    (found,) = json.loads(cli("who-can", "kms:Decrypt", "--json").out)["findings"]
    names = [each["principal"].rpartition(":")[2] for each in (*found["always"], *found["conditional"])]
    assert "role/batch" not in names
