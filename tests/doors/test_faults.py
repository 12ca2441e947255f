"""Whatever commands write is there whole or as it was: killed half-way, without room, without rights."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kms_eval import InputError
from kms_eval.doors.pulling import calls
from kms_eval.doors.pulling.snapshot import Snapshot
from tests.doors.command_line import Cli
from tests.doors.faults import INTERRUPTED, Steps, as_owner_only, in_child, needs_fork, typed, without_room

pytestmark = needs_fork

BEFORE = "from before"
KILLED = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
WRITING: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("made.csv", ("matrix", "-f", "csv", "-o", "made.csv")),
    ("made.html", ("matrix", "-f", "html", "-o", "made.html")),
    ("made.csv", ("who-can", "kms:Decrypt", "-f", "csv", "-o", "made.csv")),
    ("made.json", ("diff", "kms-eval.yaml", "kms-eval.yaml", "--json", "-o", "made.json")),
    ("made.xml", ("check", "-f", "junit", "-o", "made.xml")),
    ("made.json", ("lint", "-f", "sarif", "-o", "made.json", "kms-eval.yaml")),
    ("made.xml", ("test", "--junit", "made.xml")),
    ("made.json", ("test", "--coverage-json", "made.json")),
)
"""What is written, and what is typed."""

IDS = [" ".join(words) for _name, words in WRITING]
STEPS: tuple[tuple[Any, str], ...] = (
    (os, "fdopen"),
    (os, "unlink"),
    (Path, "replace"),
    (Path, "rename"),
    (Path, "chmod"),
    (Path, "mkdir"),
    (Path, "write_text"),
    (Path, "rmdir"),
)
"""Functions at the beginning and the end of which a command is killed."""


@pytest.fixture
def here(cli: Cli, scenario: Path, tmp_path: Path) -> Path:
    """The folder of the test, with a scenario; what commands need to be loaded is loaded."""
    with scenario.open("a", encoding="utf-8") as file:
        file.write("checks:\n  - {name: nobody, nobody: [user/alice], may: [kms:Decrypt], on: [app]}\n")
    for _name, words in WRITING:
        assert cli(*words).code < 2, words
    for path in tmp_path.glob("made.*"):
        path.unlink()
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("name", "words"), WRITING, ids=IDS)
def test_without_room_a_file_is_what_it_was(cli: Cli, here: Path, name: str, words: tuple[str, ...]) -> None:
    cli(*words)
    whole = (here / name).stat().st_size
    (here / name).write_text(BEFORE)
    there = names(here)
    for room in (0, 1, whole // 2, whole - 1):
        assert in_child(without_room(room, typed(*words))) == 2
        assert ((here / name).read_text(), names(here)) == (BEFORE, there)
    assert in_child(without_room(whole, typed(*words))) < 2
    assert (here / name).stat().st_size == whole


@pytest.mark.parametrize("number", KILLED, ids=lambda number: number.name)
@pytest.mark.parametrize(("name", "words"), WRITING[:1] + WRITING[-2:-1])
def test_killed_at_any_step_a_file_is_what_it_was_or_whole(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: tuple[str, ...], number: signal.Signals
) -> None:
    (here / name).write_text(BEFORE)
    steps = Steps(monkeypatch, STEPS)
    cli(*words)
    passed, whole = steps.passed, (here / name).read_bytes()
    seen = set()
    for at in range(1, passed + 1):
        (here / name).write_text(BEFORE)
        steps.kill(at, number)
        ended = in_child(typed(*words))
        steps.none()
        assert ended in {-number, INTERRUPTED}
        found = (here / name).read_bytes()
        # Times differ from run to run.
        assert found == BEFORE.encode() or len(found) > len(whole) * 0.9, f"half-written at step {at}"
        seen.add(found == BEFORE.encode())
        if number == signal.SIGINT:
            assert not list(here.glob("*.unfinished")) + list(here.glob(".*.unfinished")), f"left at step {at}"
    assert seen == {True, False}


FOLDERS: tuple[tuple[str, ...], ...] = (("import", "kms-eval.yaml", "-o", "made"), ("init", "made.yaml"))


@pytest.mark.parametrize("number", KILLED, ids=lambda number: number.name)
def test_killed_at_any_step_a_folder_is_not_there_or_whole(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    steps = Steps(monkeypatch, STEPS)
    cli(*FOLDERS[0])
    passed, whole = steps.passed, tree(here / "made")
    for at in range(1, passed + 1):
        shutil.rmtree(here / "made", ignore_errors=True)
        steps.kill(at, number)
        ended = in_child(typed(*FOLDERS[0]))
        steps.none()
        assert ended in {-number, INTERRUPTED}
        assert not (here / "made").exists() or tree(here / "made") == whole, f"half-written at step {at}"
    steps.none()
    shutil.rmtree(here / "made", ignore_errors=True)
    assert in_child(typed(*FOLDERS[0])) == 0
    assert tree(here / "made") == whole


@pytest.mark.parametrize("words", FOLDERS)
def test_without_room_nothing_new_is_there(cli: Cli, here: Path, words: tuple[str, ...]) -> None:
    there = names(here)
    for room in (0, 1, 100, 200):
        assert in_child(without_room(room, typed(*words))) == 2
        assert names(here) == there, f"with {room} bytes of room"
    assert cli(*words).code == 0


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Client:
    """Answers like a client of boto3, one call after the other."""

    def can_paginate(self, _method: str) -> bool:
        return False

    def __getattr__(self, method: str) -> Callable[..., dict[str, object]]:
        return lambda **parameters: {"asked": method, "with": parameters, "Keys": ["x" * 200]}


def pull(*, resume: bool = False) -> int:
    try:
        snapshot = Snapshot(Path("snapshot"), resume=resume, say=lambda _text: None)
        for key in range(3):
            for call in calls.OF_KEY:
                snapshot.pages("111122223333", Client(), call, region="us-east-1", key=f"k{key}")
        snapshot.finish(("us-east-1",))
    except InputError:
        return 2
    except OSError:
        return 3
    return 0


def told(folder: Path) -> dict[str, bytes]:
    """The files of a snapshot but for its record, which has times and counts."""
    return {name: content for name, content in tree(folder).items() if name != "snapshot.json"}


@pytest.mark.parametrize("number", KILLED, ids=lambda number: number.name)
def test_killed_at_any_step_a_snapshot_is_not_there_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    pytest.importorskip("botocore")
    monkeypatch.chdir(tmp_path)
    steps = Steps(monkeypatch, ((Path, "replace"), (Path, "rename"), (Path, "write_text"), (Path, "mkdir")))
    assert pull() == 0
    whole, passed = told(Path("snapshot")), steps.passed
    assert len(whole) >= 3 * len(calls.OF_KEY)
    for at in range(1, passed + 1, 5):
        shutil.rmtree("snapshot", ignore_errors=True)
        shutil.rmtree("snapshot.partial", ignore_errors=True)
        steps.kill(at, number)
        ended = in_child(pull)
        steps.none()
        assert ended in {-number, INTERRUPTED}
        if not Path("snapshot").exists():
            assert in_child(lambda: pull(resume=True)) == 0, f"at step {at}"
        assert told(Path("snapshot")) == whole, f"at step {at}"
        assert not Path("snapshot.partial").exists()


def test_without_room_a_snapshot_is_not_there_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("botocore")
    monkeypatch.chdir(tmp_path)
    for room in (0, 100):
        assert in_child(without_room(room, lambda: pull(resume=True))) == 3
        assert not Path("snapshot").exists()
    assert in_child(lambda: pull(resume=True)) == 0
    assert (Path("snapshot") / "snapshot.json").is_file()


@pytest.fixture
def locked(here: Path) -> Iterator[Path]:
    """A folder that is read-only, beside requests."""
    (here / "requests.jsonl").write_text('{"principal": "role/admin", "action": "kms:Decrypt", "key": "app"}\n')
    (here / "locked").mkdir()
    (here / "locked").chmod(0o555)
    yield here / "locked"
    (here / "locked").chmod(0o755)


@pytest.mark.parametrize(
    "words",
    [
        ("batch", "requests.jsonl", "-o", "locked/decisions.jsonl"),
        ("matrix", "-f", "csv", "-o", "locked/matrix.csv"),
        ("import", "kms-eval.yaml", "-o", "locked/made"),
        ("init", "locked/made.yaml"),
    ],
)
def test_a_folder_that_is_read_only_is_a_refusal_and_stays_as_it_was(
    cli: Cli, locked: Path, words: tuple[str, ...]
) -> None:
    assert cli(*(word.replace("locked/", "") for word in words)).code == 0
    assert in_child(as_owner_only(typed(*words))) == 2
    assert list(locked.iterdir()) == []


TALKING: tuple[tuple[str, ...], ...] = (
    ("can", "role/admin", "kms:Decrypt", "--key", "app"),
    ("matrix", "-f", "html"),
    ("lint", "kms-eval.yaml"),
    ("who-can", "kms:Decrypt"),
    ("matrix", "-f", "svg"),
    ("diff", "kms-eval.yaml", "kms-eval.yaml", "--json"),
    ("check",),
    ("test",),
    ("schema",),
    ("code",),
    ("lockout", "--as", "role/admin"),
)


def into_closed_pipe(here: Path, words: tuple[str, ...]) -> tuple[int, str]:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        command = [sys.executable, "-m", "kms_eval", *words]
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, cwd=here, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", [pytest.param(words, marks=pytest.mark.long) for words in TALKING[2:]])
def test_a_verb_whose_reader_has_gone_ends_without_a_traceback(here: Path, words: tuple[str, ...]) -> None:
    code, said = into_closed_pipe(here, words)
    assert code in {0, 1, 2, 3}
    assert "Traceback" not in said
    assert "Exception" not in said


@pytest.mark.parametrize("words", TALKING[:2])
def test_a_reader_that_has_gone_is_no_reason_for_a_traceback(here: Path, words: tuple[str, ...]) -> None:
    code, said = into_closed_pipe(here, words)
    assert code in {0, 1, 2, 3}
    assert "Traceback" not in said
