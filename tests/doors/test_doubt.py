"""Doubt is visible at every door: open questions in tests, and with whom they are about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.doors.command_line import Cli

ACCOUNT = "111122223333"
PUTS = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:Put*", "Resource": "*"}
NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
SCENARIO: dict[str, Any] = {
    "account": ACCOUNT,
    "keys": {
        "app": {
            "policy": {"Version": "2012-10-17", "Statement": [PUTS]},
            "grants": [
                {"GrantId": "g1", "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/a", "Operations": ["Decrypt"]}
            ],
        }
    },
    "principals": {"role/a": {"permissions_boundary": NOTHING}},
    "tests": [{"name": "no", "principal": "role/a", "action": "kms:Decrypt", "key": "app", "expect": "denied"}],
}


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kms-eval.yaml").write_text(json.dumps(SCENARIO))


def test_a_test_that_passes_by_an_open_question_says_so(cli: Cli, scenario: None) -> None:
    done = cli("test")
    assert (done.code, done.out) == (0, "1 passed\n")
    assert "kms-eval.yaml:1: no: a grant covers it" in done.err
    assert "[grant-limited]" in done.err


def test_junit_and_github_have_it_too(cli: Cli, scenario: None) -> None:
    done = cli("test", "--github", "--junit", "junit.xml")
    assert done.out.startswith("::warning file=kms-eval.yaml,line=1,title=no::a grant covers it")
    assert "<system-out>warning: a grant covers it" in Path("junit.xml").read_text()


def test_who_can_names_it_beside_whom_it_is_about(cli: Cli, scenario: None) -> None:
    done = cli("who-can", "kms:Decrypt")
    assert "  never, but for an open question: 1\n    role/a" in done.out
    assert "(open question: grant-limited)" in done.out
    (finding,) = json.loads(cli("who-can", "kms:Decrypt", "--json").out)["findings"]
    assert [who["warnings"] for who in finding["never"] if "warnings" in who] == [["grant-limited"]]


def test_a_matrix_says_how_many_answers_hang_on_it(cli: Cli, scenario: None) -> None:
    done = cli("matrix", "--format", "json")
    assert "1 answer hangs on a question that AWS leaves open: `kms-eval code grant-limited`" in done.err
    rows = json.loads(done.out)["rows"]
    assert [row["warnings"] for row in rows if "warnings" in row] == [
        [{"actions": ["kms:Decrypt"], "codes": ["grant-limited"]}]
    ]
