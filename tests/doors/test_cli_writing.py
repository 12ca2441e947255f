"""Files are written whole or not at all; a bar is shown only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from kms_eval import InputError
from kms_eval.doors.cli.progress import tracking
from kms_eval.doors.cli.writing import write_whole


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


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


@pytest.mark.parametrize("stream", [StringIO(), Terminal()])
def test_everything_is_passed_on_and_a_bar_is_for_terminals(monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(tracking("Asking")(["a", "b"])) == ["a", "b"]
    assert ("Asking" in stream.getvalue()) is stream.isatty()


def test_without_a_stream_for_errors_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert list(tracking("Asking")([1])) == [1]
