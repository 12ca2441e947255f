"""A batch that is killed at any step, or has no more room: nothing lost, nothing doubled, nothing half-written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kms_eval import InputError, Scenario
from kms_eval.analysis.batching.batch import Answers
from kms_eval.doors.batch import parquet, readers, unfinished, writers
from kms_eval.doors.batch.job import Job, Report
from kms_eval.doors.batch.run import run
from kms_eval.doors.batch.writers import OutputError
from tests.doors.batch.request_files import many, read, write
from tests.doors.faults import INTERRUPTED, Steps, in_child, needs_fork, without_room

pytestmark = needs_fork

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 11
KILLED = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
FORMATS = (
    ("requests.jsonl", "decisions.jsonl"),
    ("requests.csv", "decisions.csv"),
    ("requests.jsonl.gz", "decisions.csv.gz"),
    ("requests.parquet", "decisions.parquet"),
    ("requests.jsonl", "decisions.parquet"),
)
PHASES = (
    (readers, "row_of_line"),
    (Answers, "of"),
    (unfinished.Unfinished, "begin"),
    (unfinished.Unfinished, "resume"),
    (unfinished.Unfinished, "save"),
    (unfinished.Unfinished, "remove"),
    (Path, "replace"),
    (os, "fsync"),
    (writers, "sync"),
    (parquet, "sync"),
    (writers, "give_name"),
    (parquet, "give_name"),
    (writers._Text, "write"),  # noqa: SLF001 - every step on the way
    (parquet._Parquet, "write_batch"),  # noqa: SLF001
    (parquet._Parquet, "_write_group"),  # noqa: SLF001
)
"""Functions at the beginning and the end of which the process is killed."""


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(readers, "_BYTES_AT_ONCE", 300)
    monkeypatch.setattr(parquet, "_ROWS_AT_ONCE", 3)
    # What a killed process has written is written: only a machine that stops would lose it.
    monkeypatch.setattr(os, "fsync", lambda _file: None)


@pytest.fixture
def world(scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    monkeypatch.chdir(tmp_path)
    return Scenario.load(scenario)


def decide(world: Scenario, requests: str, output: str, *, resume: bool = False) -> Report:
    """Decide the requests, and save after every stretch of rows."""
    return run(Job((requests,), output, AT, resume=resume), world, save_every=0)


def work(world: Scenario, requests: str, output: str, *, resume: bool = False) -> int:
    try:
        decide(world, requests, output, resume=resume)
    except OutputError:
        return 2
    return 0


def needs_pyarrow(*names: str) -> None:
    if any(name.endswith(".parquet") for name in names):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")


def killed_at(world: Scenario, steps: Steps, requests: str, output: str, every: int, number: signal.Signals) -> None:
    """Kill a run at every so many of its steps, then the run that goes on as well; the third one has it all."""
    steps.none()
    decide(world, requests, f"whole-{output}")
    wanted, passed = read(Path(f"whole-{output}")), steps.passed
    assert len(wanted) == ROWS
    ends = {INTERRUPTED, 0} if number == signal.SIGINT else {-number, 0}
    for at in range(1, passed + 1, every):
        steps.kill(at, number)
        ended = [in_child(lambda: work(world, requests, output))]
        assert not Path(output).exists() or read(Path(output)) == wanted, f"half-written at step {at}"
        steps.kill(max(1, at // 2), number)
        ended.append(in_child(lambda: work(world, requests, output, resume=True)))
        assert not Path(output).exists() or read(Path(output)) == wanted, f"half-written at step {at}, gone on"
        assert set(ended) <= ends, f"ended with {ended} at step {at}"
        steps.none()
        report = decide(world, requests, output, resume=True)
        assert (read(Path(output)), report.tally.rows) == (wanted, ROWS), f"at step {at}"
        assert not Path(f"{output}.partial").exists()
        Path(output).unlink()


@pytest.mark.parametrize("number", KILLED, ids=lambda number: number.name)
@pytest.mark.parametrize(("requests", "output"), FORMATS)
def test_killed_at_some_steps_a_batch_goes_on_as_if_nothing_had_been(
    world: Scenario, monkeypatch: pytest.MonkeyPatch, requests: str, output: str, number: signal.Signals
) -> None:
    needs_pyarrow(requests, output)
    write(Path(requests), many(ROWS))
    killed_at(world, Steps(monkeypatch, PHASES), requests, output, 37, number)


@pytest.mark.long
@pytest.mark.parametrize("number", KILLED, ids=lambda number: number.name)
@pytest.mark.parametrize(("requests", "output"), FORMATS)
def test_killed_at_any_step_a_batch_goes_on_as_if_nothing_had_been(
    world: Scenario, monkeypatch: pytest.MonkeyPatch, requests: str, output: str, number: signal.Signals
) -> None:
    needs_pyarrow(requests, output)
    write(Path(requests), many(ROWS))
    killed_at(world, Steps(monkeypatch, PHASES), requests, output, 1, number)


@pytest.mark.parametrize(("requests", "output"), FORMATS)
def test_a_killed_batch_whose_requests_have_changed_since_then_does_not_go_on(
    world: Scenario, monkeypatch: pytest.MonkeyPatch, requests: str, output: str
) -> None:
    needs_pyarrow(requests, output)
    write(Path(requests), many(ROWS))
    steps = Steps(monkeypatch, PHASES)
    decide(world, requests, f"whole-{output}")
    steps.kill(steps.passed * 2 // 3, signal.SIGKILL)
    assert in_child(lambda: work(world, requests, output)) == -signal.SIGKILL
    steps.none()
    # As many rows, and as many bytes where nothing is packed: only what one of them asks for is another action.
    changed = many(ROWS)
    changed[0] = {**changed[0], "action": "kms:Encrypt"}
    write(Path(requests), changed)
    with pytest.raises(InputError, match="the requests have changed since then"):
        decide(world, requests, output, resume=True)
    assert not Path(output).exists()
    decide(world, requests, output)
    assert len(read(Path(output))) == ROWS
    assert not Path(f"{output}.partial").exists()


def without_room_at(world: Scenario, requests: str, output: str, sizes: Iterator[int]) -> None:
    decide(world, requests, f"whole-{output}")
    wanted = read(Path(f"whole-{output}"))
    refused = 0
    for size in sizes:
        Path(output).write_text("from before")
        code = in_child(without_room(size, lambda: work(world, requests, output)))
        refused += code == 2
        assert code in {0, 2}, f"ends with {code} with {size} bytes of room"
        assert code == 0 or Path(output).read_text() == "from before", f"half-written with {size} bytes of room"
        decide(world, requests, output, resume=True)
        assert read(Path(output)) == wanted, f"with {size} bytes of room"
        assert not Path(f"{output}.partial").exists()
    assert refused


@pytest.mark.parametrize(("requests", "output"), FORMATS)
def test_without_room_for_more_the_output_is_what_it_was_and_the_run_can_go_on(
    world: Scenario, requests: str, output: str
) -> None:
    needs_pyarrow(requests, output)
    write(Path(requests), many(ROWS))
    without_room_at(world, requests, output, iter((0, 90, 700, 1_400)))


@pytest.mark.long
@pytest.mark.parametrize(("requests", "output"), FORMATS)
def test_without_room_at_any_write_the_output_is_what_it_was(world: Scenario, requests: str, output: str) -> None:
    needs_pyarrow(requests, output)
    write(Path(requests), many(ROWS))
    without_room_at(world, requests, output, iter(range(0, 4_000, 173)))


@pytest.mark.parametrize(("requests", "output"), FORMATS)
def test_two_processes_do_not_write_one_output(world: Scenario, tmp_path: Path, requests: str, output: str) -> None:
    pytest.importorskip("fcntl", reason="files cannot be locked here")
    needs_pyarrow(requests, output)
    write(Path(requests), many(ROWS))
    other = unfinished.Unfinished(tmp_path / output)
    other.begin()

    def second() -> int:
        try:
            decide(world, requests, output)
        except InputError as error:
            return 3 if "another run is writing this file" in str(error) else 4
        return 0

    assert in_child(second) == 3
    other.close()
    assert in_child(second) == 0
    assert len(read(Path(output))) == ROWS


FIRST = {"jsonl": '{"id": "0"', "csv": "id,principal"}


@pytest.mark.parametrize("form", FIRST)
def test_a_batch_into_a_closed_pipe_ends_quietly(scenario: Path, tmp_path: Path, form: str) -> None:
    write(tmp_path / "requests.jsonl", many(3_000))
    decide = f"{sys.executable} -m kms_eval batch requests.jsonl --format {form}"
    shell = shutil.which("bash") or pytest.skip("bash is not installed")
    command = f"{decide} 2>words | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run([shell, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    first, code = done.stdout.splitlines()
    assert first.startswith(FIRST[form])
    assert code in {"0", "2", "3", "141"}
    assert "Traceback" not in (tmp_path / "words").read_text()
    assert list(tmp_path.glob("*.partial")) == []
