"""``init``, ``schema`` and ``code``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kms_eval.codes import CODES
from kms_eval.facts.open_questions import OPEN_QUESTIONS
from tests.doors.command_line import Cli


def test_init_writes_a_scenario_whose_tests_pass(cli: Cli) -> None:
    done = cli("init")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("wrote kms-eval.yaml\n\n  kms-eval test\n")
    tested = cli("test")
    assert (tested.code, tested.out, tested.err) == (0, "5 passed\n", "")
    assert cli("test", "--strict").code == 0


def test_the_next_steps_that_init_prints_work(cli: Cli) -> None:
    Path("deep down").mkdir()
    done = cli("init", "deep down")
    steps = [line.strip() for line in done.out.splitlines() if line.startswith("  kms-eval ")]
    assert steps == [
        "kms-eval test 'deep down/kms-eval.yaml'",
        "kms-eval can role/worker kms:Decrypt -s 'deep down/kms-eval.yaml' --explain",
    ]
    assert cli("test", "deep down/kms-eval.yaml").code == 0
    assert cli("can", "role/worker", "kms:Decrypt", "-s", "deep down/kms-eval.yaml", "--explain").code == 1


def test_init_never_overwrites(cli: Cli) -> None:
    Path("kms-eval.yaml").write_text("mine")
    done = cli("init")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kms-eval: kms-eval.yaml: is there already")
    assert Path("kms-eval.yaml").read_text() == "mine"


@pytest.mark.parametrize("path", ["nowhere/kms.yaml", "nul\0"])
def test_init_where_nothing_can_be_written_is_2(cli: Cli, path: str) -> None:
    done = cli("init", path)
    assert (done.code, done.out) == (2, "")
    assert ": cannot be written: " in done.err


def test_schema_prints_the_json_schema(cli: Cli) -> None:
    done = cli("schema")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_code_lists_every_code(cli: Cli) -> None:
    done = cli("code")
    assert done.code == 0
    listed = [line.split()[0] for line in done.out.splitlines()]
    assert {*(row.code for row in CODES), *(question.code for question in OPEN_QUESTIONS)} <= set(listed)
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("row", CODES, ids=lambda row: row.code)
def test_every_code_has_a_page(cli: Cli, row: object) -> None:
    code = row.code  # type: ignore[attr-defined]  # a row of codes
    done = cli("code", code)
    assert done.code == 0
    assert done.out.startswith(f"{code}: ")
    assert "{" not in done.out


def test_an_unknown_code_is_2(cli: Cli) -> None:
    done = cli("code", "explicit-denial")
    assert (done.code, done.out) == (2, "")
    assert done.err == "kms-eval: unknown code `explicit-denial` (did you mean `explicit-deny`?)\n"


@pytest.mark.parametrize("code", ["Z1", "v8"])
def test_a_question_that_aws_leaves_open_has_both_readings_and_a_page(cli: Cli, code: str) -> None:
    done = cli("code", code)
    assert done.code == 0
    assert done.out.startswith(f"{code.upper()}: a question that AWS leaves open")
    assert all(word in done.out for word in ("here:", "other:", "https://docs.aws.amazon.com/"))


def test_a_question_that_is_settled_says_by_what(cli: Cli) -> None:
    assert "settled:" in cli("code", "Z12").out
    assert "kms-eval code Z1" in cli("code", "grant-limited").out
