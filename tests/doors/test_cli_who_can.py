"""``kms-eval who-can``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import Cli


def test_principals_are_listed_by_answer(cli: Cli, scenario: Path) -> None:
    done = cli("who-can", "kms:Decrypt")
    assert done.code == 0
    assert done.err == ""
    assert done.out == (
        "kms:Decrypt on app\n"
        "  always: 2\n"
        "    role/admin  the key policy delegates to the account, and an identity policy allows it "
        "[role/admin policies[0] statement 0]\n"
        '    root        the root user of the account may do it [app "Enable IAM policies"]\n'
        "  only under conditions: 2\n"
        "    role/worker                     if StringEquals kms:ViaService `s3.us-east-1.amazonaws.com` "
        '[worker "ThroughS3"]\n'
        "    anyone in account 111122223333  if an identity policy of its own allows it\n"
        "  never: 2 (user/alice, role/batch)\n"
    )


def test_a_grant_counts_with_its_constraints(cli: Cli, scenario: Path) -> None:
    assert "role/batch" in cli("who-can", "Encrypt").out
    assert "the encryption context has `department=IT`" in cli("who-can", "Encrypt").out


def test_several_actions_and_patterns(cli: Cli, scenario: Path) -> None:
    found = json.loads(cli("who-can", "kms:Sign", "ListKey*", "--json").out)["findings"]
    assert [(each["action"], each["key"]) for each in found] == [
        ("kms:ListKeyPolicies", "app"),
        ("kms:ListKeyRotations", "app"),
        ("kms:ListKeys", None),
        ("kms:Sign", "app"),
    ]


def test_context_that_is_given_is_no_condition_any_more(cli: Cli, scenario: Path) -> None:
    done = cli("who-can", "kms:Decrypt", "--context", "kms:ViaService=s3.us-east-1.amazonaws.com", "--json")
    (found,) = json.loads(done.out)["findings"]
    assert "role/worker" in {each["principal"].rpartition(":")[2] for each in found["always"]}


def test_the_time_is_that_of_the_option(cli: Cli, scenario: Path) -> None:
    done = cli("who-can", "kms:Decrypt", "--at", "2026-01-01T00:00:00Z", "--json")
    assert json.loads(done.out)["at"] == "2026-01-01T00:00:00Z"


def test_why_not_gives_reasons(cli: Cli, scenario: Path) -> None:
    assert "    user/alice  no identity policy allows it" in cli("who-can", "kms:Decrypt", "--why-not").out


def test_csv_into_a_file(cli: Cli, scenario: Path) -> None:
    done = cli("who-can", "kms:Decrypt", "--output", "who.csv")
    assert (done.code, done.out, done.err) == (0, "", "kms-eval: wrote who.csv\n")
    assert Path("who.csv").read_text().startswith("action,key,principal,kind,answer,because,by,warnings\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["who-can"], "name at least one action"),
        (["who-can", "kms:Decrpt"], "unknown action `kms:Decrpt`"),
        (["who-can", "kms:Decrypt", "--key", "ap"], "the scenario has no key `ap` (did you mean `app`?)"),
        (["who-can", "kms:Decrypt", "--at", "soon"], "--at: `soon` is no ISO 8601 time"),
        (["who-can", "kms:Decrypt", "--format", "jsn"], "--format: unknown form `jsn` (did you mean `json`?)"),
        (["who-can", "kms:Decrypt", "--json", "-f", "csv"], "`--json` and `--format csv` are two forms"),
        (["diff", "a.yaml", "b.yaml", "--json", "-f", "text"], "`--json` and `--format text` are two forms"),
        (["who-can", "kms:Decrypt", "--vpc-endpoint", "vpce-x"], "unknown VPC endpoint `vpce-x`"),
        (["who-can", "kms:Decrypt", "--context", "x"], "is not of the form `NAME=VALUE`"),
        (["who-can", "kms:Decrypt", "-o", "no/where.csv"], "no/where.csv: there is no folder `no`"),
        (["who-can", "kms:Decrypt", "-s", "gone.yaml"], "gone.yaml"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(cli: Cli, scenario: Path, words: list[str], said: str) -> None:
    before = sorted(Path().rglob("*"))
    done = cli(*words)
    assert done.code == 2
    assert done.out == ""
    assert said in done.err
    assert done.err.count("\n") == 1
    assert sorted(Path().rglob("*")) == before


def test_without_a_scenario_one_is_told_how_to_start(cli: Cli) -> None:
    done = cli("who-can", "kms:Decrypt")
    assert done.code == 2
    assert "there is no scenario here" in done.err
