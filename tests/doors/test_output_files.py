"""Files are written whole or not at all; what is no file is never replaced by one."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from kms_eval import InputError
from kms_eval.doors.output_files import write_whole
from tests.doors.command_line import Cli


def failing() -> Iterator[str]:
    yield "half"
    raise RuntimeError


def test_a_new_file_has_the_rights_of_any_other(tmp_path: Path) -> None:
    write_whole(tmp_path / "one.txt", ["a", "b"])
    (tmp_path / "other.txt").write_text("")
    assert (tmp_path / "one.txt").read_text() == "ab"
    assert (tmp_path / "one.txt").stat().st_mode == (tmp_path / "other.txt").stat().st_mode


@pytest.mark.skipif(sys.platform == "win32", reason="rights are of another kind there")
def test_a_file_that_is_replaced_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("before")
    path.chmod(0o640)
    write_whole(path, ["after"])
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("after", 0o640)


def test_what_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("before")
    with pytest.raises(RuntimeError):
        write_whole(path, failing())
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_lines_end_as_they_are_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "one.csv", ["a\r\n", "b\n"])
    assert (tmp_path / "one.csv").read_bytes() == b"a\r\nb\n"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (".", "is a folder"),
        ("no/file", "there is no folder"),
        ("a" * 300, "cannot be written: file name too long"),
        ("a\0b", "cannot be written"),
    ],
)
def test_where_nothing_can_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said):
        write_whole(Path(path), ["text"])
    assert list(tmp_path.iterdir()) == []


# What is no file, and links.


class Reader:
    """Reads a pipe in a thread, for neither end can be opened without the other."""

    def __init__(self, path: Path) -> None:
        self._said = ""
        self._thread = Thread(target=self._read, args=(path,), daemon=True)
        self._thread.start()

    def _read(self, path: Path) -> None:
        self._said = path.read_text(encoding="utf-8")

    @property
    def said(self) -> str:
        """All of it."""
        self._thread.join()
        return self._said


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_pipe_takes_the_pieces_and_stays_a_pipe(tmp_path: Path, pipe: Path) -> None:
    reader = Reader(pipe)
    write_whole(pipe, ["a", "b"])
    assert reader.said == "ab"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_pipe_whose_reader_goes_away_is_no_error(pipe: Path) -> None:
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def leaving() -> Iterator[str]:
        os.close(reading)
        yield "nobody reads this"

    write_whole(pipe, leaving())
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_stays_and_what_it_leads_to_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, middle, link = tmp_path / "far" / "one.txt", tmp_path / "middle", tmp_path / "link"
    target.write_text("before")
    middle.symlink_to("far/one.txt")
    link.symlink_to(middle)
    with pytest.raises(RuntimeError):
        write_whole(link, failing())
    assert target.read_text() == "before"
    write_whole(link, ["after"])
    assert (link.is_symlink(), middle.is_symlink()) == (True, True)
    assert target.read_text() == "after"
    assert list((tmp_path / "far").iterdir()) == [target]


def test_a_link_to_what_is_not_there_yet_makes_it(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("one.txt")
    write_whole(tmp_path / "link", ["text"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "one.txt").read_text() == "text"


def test_a_link_into_no_folder_and_one_to_itself_are_said_and_stay(tmp_path: Path) -> None:
    for name, target in (("nowhere", "no/such/file"), ("round", "round")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(InputError):
            write_whole(tmp_path / name, ["text"])
        assert (tmp_path / name).readlink() == Path(target)


@pytest.mark.parametrize(
    "words",
    [
        ("matrix", "-f", "csv", "-o"),
        ("who-can", "kms:Decrypt", "-o"),
        ("diff", "--key-policy", "app=policies/app.json", "-o"),
        ("mutate", "-o"),
        ("test", "--junit"),
        ("test", "--coverage-json"),
        ("test", "--coverage-html"),
        ("batch", "in.csv", "--format", "csv", "-o"),
    ],
    ids=" ".join,
)
def test_every_output_goes_into_a_pipe_and_through_a_link(
    cli: Cli, scenario: Path, tmp_path: Path, pipe: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "in.csv").write_text("principal,action\nrole/admin,kms:Decrypt\n")
    (tmp_path / "link").symlink_to("target")
    for name in ("pipe", "link"):
        reader = Reader(pipe) if name == "pipe" else None
        done = cli(*words, name)
        assert done.code in (0, 1), done.err
        assert reader is None or reader.said
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").stat().st_size


# Outputs that are inputs.


@pytest.mark.parametrize(
    "words",
    [
        ("matrix", "-s", "my.yaml", "-f", "csv", "-o", "my.yaml"),
        ("matrix", "-s", "my.yaml", "-f", "csv", "-o", "link.yaml"),
        ("matrix", "-o", "kms-eval.yaml"),
        ("who-can", "kms:Decrypt", "-s", "my.yaml", "-o", "./my.yaml"),
        ("diff", "kms-eval.yaml", "my.yaml", "-o", "my.yaml"),
        ("diff", "--key-policy", "app=policies/app.json", "-o", "policies/app.json"),
        ("diff", "--policy", "role/worker=policies/worker.json", "-o", "policies/worker.json"),
        ("mutate", "my.yaml", "-o", "my.yaml"),
        ("mutate", "-o", "kms-eval.yaml"),
        ("test", "my.yaml", "--junit", "my.yaml"),
        ("test", ".", "--coverage-json", "my.yaml"),
        ("test", "my.yaml", "--coverage-html", "my.yaml"),
        ("batch", "in.csv", "-s", "my.yaml", "--format", "csv", "-o", "my.yaml"),
    ],
    ids=" ".join,
)
def test_an_output_that_is_an_input_is_refused_before_anything_is_done(
    cli: Cli, scenario: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "in.csv").write_text("principal,action\nrole/admin,kms:Decrypt\n")
    (tmp_path / "my.yaml").write_text(scenario.read_text())
    (tmp_path / "link.yaml").symlink_to("my.yaml")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = cli(*words)
    said = f"kms-eval: {Path(words[-1])}: is a file that this call reads, and would be replaced (name another file)\n"
    assert (done.code, done.out, done.err) == (2, "", said)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
