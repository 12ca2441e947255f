"""Whatever ends a run, no row is lost or doubled, and nothing half-written has the output's name."""

from __future__ import annotations

import errno
import gc
import gzip
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kms_eval import InputError, Scenario
from kms_eval.analysis.batching.batch import Answers
from kms_eval.doors.batch import parquet, readers, run as door, unfinished, writers
from kms_eval.doors.batch.job import Interrupted, Job, Report
from kms_eval.doors.batch.run import run
from kms_eval.doors.batch.writers import OutputError
from tests.doors.batch.request_files import ROWS, many, read, write
from tests.doors.command_line import Cli

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(readers, "_BYTES_AT_ONCE", 300)
    monkeypatch.setattr(parquet, "_ROWS_AT_ONCE", 3)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def world(folder: Path, scenario: Path) -> Scenario:
    return Scenario.load(scenario)


def job(output: str, *requests: str, resume: bool = False, at: datetime = AT) -> Job:
    return Job(requests or ("requests.jsonl",), output, at, resume=resume)


def decide(world: Scenario, asked: Job) -> Report:
    """Do a job, and save after every stretch of rows."""
    return run(asked, world, save_every=0)


class Trap:
    """Raises at its nth step; a step is the beginning or the end of one of the functions it is set at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        self.steps, self.at = 0, -1
        self._error = error
        for place, name in (
            (Answers, "of"),
            (unfinished.Unfinished, "save"),
            (unfinished.Unfinished, "begin"),
            (unfinished.Unfinished, "remove"),
            (writers, "sync"),
            (parquet, "sync"),
            (writers, "give_name"),
            (parquet, "give_name"),
            (writers._Text, "write"),  # noqa: SLF001 - every step on the way
            (parquet._Parquet, "write_batch"),  # noqa: SLF001
        ):
            monkeypatch.setattr(place, name, self._around(getattr(place, name)))

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def trapped(*arguments: Any, **named: Any) -> Any:
            self._step()
            result = function(*arguments, **named)
            self._step()
            return result

        return trapped

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise self._error

    def set(self, at: int) -> None:
        self.steps, self.at = 0, at


CASES = [
    ("requests.jsonl", "decisions.jsonl"),
    ("requests.csv.gz", "decisions.jsonl.gz"),
    ("requests.jsonl", "decisions.csv"),
    ("requests.parquet", "decisions.parquet"),
    ("requests.jsonl", "decisions.parquet"),
]


@pytest.mark.parametrize(("requests", "output"), CASES)
def test_interrupted_at_any_step_and_resumed_it_is_as_if_nothing_had_been(
    world: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch, requests: str, output: str
) -> None:
    if "parquet" in requests + output:
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    write(folder / requests, many(11))
    trap = Trap(monkeypatch, KeyboardInterrupt())
    trap.set(-1)
    decide(world, job(f"whole-{output}", requests))
    wanted, steps = read(folder / f"whole-{output}"), trap.steps
    assert len(wanted) == 11
    for at in range(1, steps + 1):
        trap.set(at)
        with pytest.raises(Interrupted) as caught:
            decide(world, job(output, requests))
        trap.set(-1)
        report = decide(world, job(output, requests, resume=True))
        assert read(folder / output) == wanted, f"interrupted at step {at}"
        assert report.tally.rows == 11
        assert caught.value.saved is not None
        assert not (folder / f"{output}.partial").exists()
        (folder / output).unlink()


def test_interrupted_again_and_again_it_comes_to_an_end(
    world: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "requests.jsonl", many(40))
    trap = Trap(monkeypatch, KeyboardInterrupt())
    saved = []
    for _ in range(100):
        trap.set(21)
        try:
            decide(world, job("decisions.csv", resume=True))
            break
        except Interrupted as interrupted:
            saved.append(interrupted.saved)
    assert [row["id"] for row in read(folder / "decisions.csv")] == [str(number) for number in range(40)]
    assert len(saved) > 3
    assert saved == sorted(saved)  # type: ignore[type-var]  # no pipe: always a number


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), InputError("torn")])
def test_what_was_there_stays_until_the_new_file_is_whole(
    world: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    write(folder / "requests.jsonl", many(6))
    trap = Trap(monkeypatch, error)
    trap.set(-1)
    decide(world, job("other.jsonl"))
    for at in range(1, trap.steps):
        (folder / "decisions.jsonl").write_text("from before")
        trap.set(at)
        with pytest.raises((OutputError, InputError, OSError)):
            decide(world, job("decisions.jsonl"))
        content = (folder / "decisions.jsonl").read_text()
        assert content == "from before" or len(content.splitlines()) == 6


def test_a_full_disk_is_one_line_and_the_run_can_go_on(
    cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "requests.jsonl", many(12))
    monkeypatch.setattr(door, "SAVE_EVERY", 0)
    room = iter((True, True))

    def sync(file: Any) -> None:
        if not next(room, None):
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(writers, "sync", sync)
        done = cli("batch", "requests.jsonl", "-o", "decisions.jsonl")
    assert (done.code, done.err.splitlines()[-1]) == (
        2,
        "kms-eval: decisions.jsonl: cannot be written: no space left on device",
    )
    assert not (tmp_path / "decisions.jsonl").exists()
    assert cli("batch", "requests.jsonl", "-o", "decisions.jsonl", "--resume").code == 3
    assert len(read(tmp_path / "decisions.jsonl")) == 12


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_device_without_room_is_one_line(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    write(tmp_path / "requests.jsonl", many(12))
    done = cli("batch", "requests.jsonl", "-o", "/dev/full", "--format", "jsonl")
    assert (done.code, done.err) == (2, "kms-eval: /dev/full: cannot be written: no space left on device\n")


def test_ctrl_c_says_how_to_go_on(cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "my requests.jsonl", many(12))
    trap = Trap(monkeypatch, KeyboardInterrupt())
    monkeypatch.setattr(door, "SAVE_EVERY", 0)
    trap.set(30)
    done = cli("batch", "my requests.jsonl", "-o", "decisions.jsonl", "-s", "kms-eval.yaml")
    assert done.code == 130
    again = "kms-eval batch 'my requests.jsonl' --output decisions.jsonl --resume --scenario kms-eval.yaml"
    assert done.err == f"kms-eval: interrupted; 5 rows are saved, go on with: {again}\n"
    trap.set(-1)
    assert (
        cli(
            *["batch", "my requests.jsonl", "--output", "decisions.jsonl", "--scenario", "kms-eval.yaml", "--resume"]
        ).code
        == 3
    )
    assert [row["id"] for row in read(tmp_path / "decisions.jsonl")] == [str(number) for number in range(12)]


def test_ctrl_c_into_a_pipe_is_130(cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "requests.jsonl", many(12))
    Trap(monkeypatch, KeyboardInterrupt()).set(9)
    done = cli("batch", "requests.jsonl")
    assert done.code == 130
    assert done.err == "kms-eval: interrupted; what was written is not whole\n"


def interrupted(world: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "requests.jsonl", many(12))
    trap = Trap(monkeypatch, KeyboardInterrupt())
    trap.set(40)
    with pytest.raises(Interrupted):
        decide(world, job("decisions.jsonl"))
    trap.set(-1)


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda folder: append(folder / "requests.jsonl", json.dumps(ROWS[0])), "the requests have changed since then"),
        (lambda folder: append(folder / "kms-eval.yaml", "region: us-west-2\n"), "the scenario has changed since then"),
        (
            lambda folder: (folder / "decisions.jsonl.partial/state.json").write_text("{"),
            "what an earlier run has left",
        ),
    ],
)
def test_a_run_does_not_go_on_with_something_else(
    world: Scenario,
    folder: Path,
    scenario: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
    fault: str,
) -> None:
    interrupted(world, folder, monkeypatch)
    change(folder)
    with pytest.raises(InputError, match=fault):
        decide(Scenario.load(scenario), job("decisions.jsonl", resume=True))


UNKNOWN, UNKNOWN_KEY = "--allow-unknown-action", "--allow-unknown-key"
STRICT, CSV = "--strict", "--input-format=csv"


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ([], [UNKNOWN], "only one of the two runs has `--allow-unknown-action`"),
        ([UNKNOWN], [], "only one of the two runs has `--allow-unknown-action`"),
        ([], [UNKNOWN_KEY], "only one of the two runs has `--allow-unknown-key`"),
        ([UNKNOWN_KEY], [], "only one of the two runs has `--allow-unknown-key`"),
        ([], [STRICT], "only one of the two runs has `--strict`"),
        ([], [CSV], "the format of the requests is another one"),
    ],
)
def test_a_run_does_not_go_on_under_other_options(
    cli: Cli,
    scenario: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: list[str],
    after: list[str],
    fault: str,
) -> None:
    # A file that can be read in either format: its first line is a header, or a row that is no object.
    (tmp_path / "requests").write_text('"principal","action"\n' + "{}\n" * 300)
    command = ["batch", "requests", "-o", "decisions.jsonl", "--input-format=jsonl"]
    monkeypatch.setattr(door, "SAVE_EVERY", 0)
    trap = Trap(monkeypatch, KeyboardInterrupt())
    trap.set(300)
    assert cli(*command, *before).code == 130
    trap.set(-1)
    done = cli(*command, *after, "--resume")
    advice = "run again without `--resume` to begin anew"
    assert (done.code, done.err) == (2, f"kms-eval: decisions.jsonl: cannot go on: {fault} ({advice})\n")
    assert cli(*command, *before, "--resume").code == 3
    assert len(read(tmp_path / "decisions.jsonl")) == 301


def test_the_time_of_the_run_is_kept_unless_another_is_named(
    world: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(world, folder, monkeypatch)
    later = AT.replace(year=2027)
    with pytest.raises(InputError, match="the time of the requests is another one"):
        decide(world, Job(("requests.jsonl",), "decisions.jsonl", later, at_is_given=True, resume=True))
    assert decide(world, job("decisions.jsonl", resume=True, at=later)).resumed > 0


def test_resuming_where_nothing_was_interrupted_begins_at_the_first_row(world: Scenario, folder: Path) -> None:
    write(folder / "requests.jsonl", many(4))
    assert decide(world, job("decisions.jsonl", resume=True)).resumed == 0
    assert len(read(folder / "decisions.jsonl")) == 4


def test_without_resume_a_run_begins_anew(world: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(world, folder, monkeypatch)
    assert decide(world, job("decisions.jsonl")).resumed == 0
    assert len(read(folder / "decisions.jsonl")) == 12


def test_two_runs_do_not_write_one_file(world: Scenario, folder: Path) -> None:
    pytest.importorskip("fcntl", reason="files cannot be locked here")
    write(folder / "requests.jsonl", many(4))
    other = unfinished.Unfinished(folder / "decisions.jsonl")
    other.begin()
    with pytest.raises(InputError, match="another run is writing this file"):
        decide(world, job("decisions.jsonl"))
    other.close()
    assert decide(world, job("decisions.jsonl")).tally.rows == 4


def test_packed_decisions_are_one_file_to_any_reader_however_often_it_was_resumed(
    world: Scenario, folder: Path
) -> None:
    write(folder / "requests.jsonl", many(30))
    decide(world, job("decisions.jsonl.gz"))
    decide(world, job("decisions.jsonl"))
    assert gzip.decompress((folder / "decisions.jsonl.gz").read_bytes()) == (folder / "decisions.jsonl").read_bytes()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_packed_decisions_that_are_given_up_are_not_written_to_later(
    world: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write(folder / "requests.jsonl", many(30))
    Trap(monkeypatch, error).set(40)
    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    with pytest.raises((Interrupted, OSError, OutputError)):
        run(job("decisions.jsonl.gz"), world)
    error.__traceback__ = None  # which holds on to the writer
    gc.collect()
    assert ignored == []


def test_memory_does_not_grow_with_the_rows(world: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in memory at once is a stretch of rows, however long the file is."""
    write(folder / "requests.jsonl", many(300))
    longest = 0
    write_rows = writers._Text.write  # noqa: SLF001 - where stretches arrive

    def measured(self: Any, rows: Any) -> None:
        nonlocal longest
        longest = max(longest, len(rows))
        write_rows(self, rows)

    monkeypatch.setattr(writers._Text, "write", measured)  # noqa: SLF001
    assert decide(world, job("decisions.jsonl")).tally.rows == 300
    assert longest < 10


@pytest.fixture
def ticking() -> Callable[[], float]:
    seconds = iter(range(10**6))
    return lambda: float(next(seconds))
