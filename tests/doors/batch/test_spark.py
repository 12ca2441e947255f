"""On a cluster every row gets the decision that one machine gives it, even if an executor dies on the way."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.doors.batch.job import Job
from kms_eval.engine.evaluator import Evaluator
from tests.doors.batch.request_files import ROWS, read, write
from tests.doors.batch.test_interruptions import AT
from tests.doors.command_line import Cli
from tests.request_rows import expected, seeded

SPARK = importlib.util.find_spec("pyspark") is not None
JAVA = shutil.which("java") is not None or "JAVA_HOME" in os.environ

needs_spark = [
    pytest.mark.spark,
    pytest.mark.long,
    pytest.mark.skipif(not SPARK, reason="pyspark is not installed: pip install 'kms-eval[spark]'"),
    pytest.mark.skipif(not JAVA, reason="Spark needs Java 17 or later, and there is none"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the test finds its executors in /proc"),
]

SCENARIO: Mapping[str, Any] = {
    "account": "111122223333",
    "keys": {
        "app": {
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Sid": "All", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"},
                    {
                        "Sid": "NotRoles7",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "kms:Decrypt",
                        "Resource": "*",
                        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*7"}},
                    },
                ],
            },
            "tags": {"team": "blue"},
        }
    },
}


def requests() -> list[dict[str, Any]]:
    """Many distinct requests, some of which make no sense, so that the work takes a while."""
    rows: list[dict[str, Any]] = [
        {"id": str(n), "principal": f"role/r{n}", "action": ("kms:Decrypt", "kms:Encrypt")[n % 2], "key": "app"}
        for n in range(30_000)
    ]
    rows[10] |= {"action": "kms:Decript"}
    rows[20] |= {"principal": "nobody"}
    rows[30] |= {"context": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x7"}}
    rows[40] |= {"encryption_context": {"a": "ü"}, "key": "elsewhere"}
    return rows


@dataclass(frozen=True, slots=True)
class Ran:
    folder: Path
    report: dict[str, Any]
    local: list[dict[str, Any]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One cluster for all tests, and for all processes that run them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "spark"
    fcntl = pytest.importorskip("fcntl", reason="files cannot be locked here")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "report.json").exists():
            _run(folder)
    return Ran(folder, json.loads((folder / "report.json").read_text()), read(folder / "local.parquet"))


def _run(folder: Path) -> None:
    """Decide the same requests on this machine and on a cluster."""
    from kms_eval.doors.batch.run import run

    folder.mkdir(exist_ok=True)
    (folder / "scenario.json").write_text(json.dumps(SCENARIO))
    write(folder / "requests.parquet", requests())
    lines = write(folder / "requests.jsonl", requests()[:2000])
    lines.write_bytes(lines.read_bytes() + b'\n{"id": [1], "principal": 5}\n\xff\n{"torn\r\n')
    run(Job((str(folder / "requests.parquet"),), str(folder / "local.parquet"), AT), Scenario.from_dict(SCENARIO))
    run(Job((str(folder / "requests.jsonl"),), str(folder / "local.jsonl"), AT), Scenario.from_dict(SCENARIO))
    program = Path(__file__).with_name("spark_program.py")
    environment = {name: value for name, value in os.environ.items() if name != "SPARK_HOME"}
    done = subprocess.run(
        [sys.executable, str(program), str(folder)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr


def without_lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """On a cluster nobody knows which row of a file is which."""
    return [{**row, "line": None} for row in rows]


class TestOnACluster:
    pytestmark = needs_spark

    def test_executors_are_processes_of_their_own(self, ran: Ran) -> None:
        assert ran.report["executors"] == 2

    def test_every_row_is_decided_as_on_one_machine_and_they_keep_their_order(self, ran: Ran) -> None:
        assert len(ran.local) == 30_000
        parts = sorted((ran.folder / "columns.parquet").glob("part-*.parquet"))
        assert [row for part in parts for row in read(part)] == without_lines(ran.local)
        assert {row["decision"] for row in ran.local} == {"allowed", "explicitDeny", None}

    def test_an_executor_that_is_killed_costs_no_row(self, ran: Ran) -> None:
        assert ran.report["killed"] == 1
        assert ran.report["survived"] == without_lines(ran.local)

    def test_lines_are_the_same_to_the_last_byte_and_in_the_same_order(self, ran: Ran) -> None:
        lines = sorted((ran.folder / "lines.jsonl").glob("part-*"))
        local = re.sub(rb'"line": [0-9]+', b'"line": null', (ran.folder / "local.jsonl").read_bytes())
        assert b"".join(part.read_bytes() for part in lines) == local
        assert not list(ran.folder.glob("*.partial"))

    def test_errors_are_exit_3_and_an_output_that_is_there_is_exit_2(self, ran: Ran) -> None:
        assert ran.report["codes"] == [3, 3, 2]


def test_a_world_is_the_same_after_its_journey() -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from kms_eval.spark import shipped

    for world, rows in seeded(21, worlds=15, rows=30):

        class Asked:
            evaluator = Evaluator(world)

        Asked.world = world  # type: ignore[attr-defined]  # what a scenario has, as far as it is looked at
        there = shipped(Asked()).evaluator()  # type: ignore[arg-type]
        assert there.world is not world
        assert [expected(there, row) for row in rows] == [expected(Asked.evaluator, row) for row in rows]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("in.csv", "-o", "out.parquet"), "with `--engine spark` the files are JSON Lines or Parquet, all alike"),
        (("in.jsonl", "-o", "out.csv"), "with `--engine spark` the files are JSON Lines or Parquet, all alike"),
        (("in.jsonl", "-o", "out"), "out: the format cannot be told by the name"),
        (("in.jsonl",), "-: Spark reads and writes folders, no pipes"),
        (("s3://bucket/in", "-o", "out.jsonl"), "s3://bucket/in: the format cannot be told by the name"),
        (("in.jsonl", "-o", "out.jsonl", "--resume"), "--resume: Spark repeats lost work by itself"),
    ],
)
def test_a_call_that_makes_no_sense_is_one_line(
    cli: Cli, scenario: Path, tmp_path: Path, words: tuple[str, ...], error: str
) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    write(tmp_path / "in.jsonl", ROWS)
    done = cli("batch", *words, "--engine", "spark")
    assert done.code == 2
    assert done.err.startswith(f"kms-eval: {error}")


def test_without_pyspark_the_line_that_installs_it_is_named(
    cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in.jsonl", ROWS)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    done = cli("batch", "in.jsonl", "-o", "out.jsonl", "--engine", "spark")
    assert (done.code, done.err) == (2, "kms-eval: pyspark is not installed: pip install 'kms-eval[spark]'\n")


@pytest.mark.skipif(not SPARK, reason="pyspark is not installed: pip install 'kms-eval[spark]'")
def test_without_java_it_is_said_what_is_missing(
    cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in.jsonl", ROWS)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    done = cli("batch", "in.jsonl", "-o", "out.jsonl", "--engine", "spark")
    assert (done.code, done.err) == (
        2,
        "kms-eval: Spark needs Java 17 or later (install it, or set JAVA_HOME to where it is)\n",
    )
