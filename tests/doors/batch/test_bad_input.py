"""A file that cannot be read, columns that make no sense, a call that makes none: one clear line, exit 2, no output."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kms_eval.doors.batch import readers, writers
from tests.doors.batch.request_files import many, write
from tests.doors.command_line import Cli

Make = Callable[[Path], object]


def cut(path: Path, by: int = 40) -> None:
    path.write_bytes(path.read_bytes()[:-by])


def parquet(folder: Path, *, by: int) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    cut(write(folder / "in.parquet", many(50)), by)


def columns(folder: Path, **values: object) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet as files

    files.write_table(pa.table(values), folder / "in.parquet")


@pytest.mark.parametrize(
    ("name", "make", "error"),
    [
        ("in.jsonl", lambda folder: None, "in.jsonl: there is no such file or folder"),
        ("in*.jsonl", lambda folder: None, "in*.jsonl: no file matches the pattern"),
        (
            "in",
            lambda folder: (folder / "in").mkdir(),
            "in: no files of requests in this folder (files of requests are",
        ),
        ("in.txt", lambda folder: (folder / "in.txt").write_text(""), "in.txt: the format cannot be told by the name"),
        (
            "in.jsonl",
            lambda folder: (folder / "in.jsonl").write_text('[{"principal": "root"}]'),
            "in.jsonl: is a JSON array, not JSON Lines (write one object a line: `jq -c '.[]'`)",
        ),
        (
            "in.jsonl",
            lambda folder: (folder / "in.jsonl").write_bytes("{}".encode("utf-16")),
            "in.jsonl: is UTF-16 text (save it as UTF-8)",
        ),
        (
            "in.jsonl.gz",
            lambda folder: cut(write(folder / "in.jsonl.gz", many(5000))),
            "in.jsonl.gz: the compressed file is cut short or damaged",
        ),
        (
            "in.csv.gz",
            lambda folder: (folder / "in.csv.gz").write_bytes(
                gzip.compress(b"principal,action\n" * 99)[:30] + b"x" * 99
            ),
            "in.csv.gz: the compressed file is cut short or damaged",
        ),
        (
            "in.csv",
            lambda folder: (folder / "in.csv").write_text("principal\nroot\n"),
            "in.csv: there is no column `action`",
        ),
        (
            "in.csv",
            lambda folder: (folder / "in.csv").write_text("principal,action,contxt\n"),
            "in.csv: unknown column `contxt` (did you mean `context`?)",
        ),
        ("in.csv", lambda folder: (folder / "in.csv").write_text(""), "in.csv: there is no column `principal`"),
        (
            "in.csv",
            lambda folder: (folder / "in.csv").write_text('"prin'),
            "in.csv: malformed CSV: unexpected end of data",
        ),
        ("in.parquet", lambda folder: parquet(folder, by=40), "in.parquet: is not a whole Parquet file"),
        ("in.parquet", lambda folder: parquet(folder, by=4), "in.parquet: is not a whole Parquet file"),
        ("in.parquet", lambda folder: columns(folder, principal=["root"]), "in.parquet: there is no column `action`"),
        (
            "in.parquet",
            lambda folder: columns(folder, principal=["root"], action=[1]),
            "in.parquet: action: expected text, found int64",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_nothing_is_written(
    cli: Cli, scenario: Path, tmp_path: Path, name: str, make: Make, error: str
) -> None:
    make(tmp_path)
    (tmp_path / "decisions.jsonl").write_text("from before")
    done = cli("batch", name, "-o", "decisions.jsonl")
    assert done.code == 2
    assert done.err.startswith(f"kms-eval: {error}")
    assert (tmp_path / "decisions.jsonl").read_text() == "from before"
    assert not (tmp_path / "decisions.jsonl.partial").exists()


def test_a_parquet_file_that_says_it_is_json_lines_is_told_apart(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    write(tmp_path / "in.parquet", many(3)).rename(tmp_path / "in.jsonl")
    done = cli("batch", "in.jsonl")
    assert (done.code, done.err) == (2, "kms-eval: in.jsonl: is a Parquet file, not JSONL (name it `.parquet`)\n")


def test_damage_in_the_middle_of_a_parquet_file_leaves_no_output(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    path = write(tmp_path / "in.parquet", many(4000))
    content = bytearray(path.read_bytes())
    content[200 : len(content) // 2] = b"\0" * (len(content) // 2 - 200)
    path.write_bytes(content)
    done = cli("batch", "in.parquet", "-o", "decisions.jsonl")
    assert done.code == 2
    assert done.err.startswith("kms-eval: in.parquet: is ")
    assert not (tmp_path / "decisions.jsonl").exists()


def test_ids_of_two_types_do_not_fit_into_one_file(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    columns(tmp_path, id=[1], principal=["root"], action=["kms:ListKeys"])
    (tmp_path / "in.parquet").rename(tmp_path / "first.parquet")
    columns(tmp_path, id=["1"], principal=["root"], action=["kms:ListKeys"])
    done = cli("batch", "first.parquet", "in.parquet", "-o", "out.parquet")
    assert (done.code, done.err) == (2, "kms-eval: in.parquet: id: is string here and int64 in a file before\n")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((), "no requests are named (name files, folders or patterns, or `-` for standard input)"),
        (("in.jsonl", "-o", "in.jsonl"), "in.jsonl: the decisions would take the place of the requests"),
        (("in.jsonl", "-o", "nowhere/out.jsonl"), "nowhere: there is no such folder"),
        (("in.jsonl", "-o", "policies"), "policies: the format cannot be told by the name"),
        (("in.jsonl", "-o", "policies", "--format", "csv"), "policies: is a folder, not a file"),
        (("in.jsonl", "-o", "out.txt"), "out.txt: the format cannot be told by the name"),
        (
            ("in.jsonl", "--input-format", "jsonlines"),
            "--input-format: unknown form `jsonlines` (did you mean `jsonl`?)",
        ),
        (("in.jsonl", "--at", "noon"), "--at: `noon` is no ISO 8601 time (write `2026-01-01T00:00:00Z`)"),
        (("in.jsonl", "--resume"), "-: a pipe cannot be resumed (write into a file)"),
        (("-", "-o", "out.jsonl", "--resume"), "-: a pipe cannot be resumed (put the requests into a file)"),
        (("-", "--input-format", "parquet"), "-: Parquet cannot come through a pipe (name a file)"),
        (("-", "-"), "-: standard input can be read once"),
        (("in.jsonl", "--engine", "sparc"), "--engine: unknown engine `sparc` (did you mean `spark`?)"),
        (("in.jsonl", "--master", "local"), "--master: is for `--engine spark`"),
    ],
)
def test_a_call_that_makes_no_sense_is_one_line(
    cli: Cli, scenario: Path, tmp_path: Path, words: tuple[str, ...], error: str
) -> None:
    write(tmp_path / "in.jsonl", many(3))
    before = (tmp_path / "in.jsonl").read_bytes()
    done = cli("batch", *words)
    assert done.code == 2
    assert done.err.startswith(f"kms-eval: {error}")
    assert done.out == ""
    assert (tmp_path / "in.jsonl").read_bytes() == before


def test_parquet_without_pyarrow_names_the_line_that_installs_it(
    cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in.jsonl", many(3))
    (tmp_path / "in.parquet").write_bytes(b"PAR1")
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"] or ["pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("kms_eval.analysis.batching.columns",):
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.delattr("kms_eval.analysis.batching.columns", raising=False)
    missing = "kms-eval: pyarrow is not installed: pip install 'kms-eval[batch]'\n"
    for words in (("in.jsonl", "-o", "out.parquet"), ("in.parquet", "-o", "out.jsonl")):
        done = cli("batch", *words)
        assert (done.code, done.err) == (2, missing)
    assert cli("batch", "in.jsonl", "-o", "out.csv", "-q").code == 0


def test_a_file_without_permission_is_one_line(
    cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "in.jsonl", many(3))
    opened = Path.open

    def refused(self: Path, *words: str, **named: str) -> object:
        if self.name == path.name:
            raise PermissionError(13, "Permission denied")
        return opened(self, *words, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    done = cli("batch", "in.jsonl")
    assert (done.code, done.err) == (2, "kms-eval: in.jsonl: cannot be read: permission denied\n")


def test_a_reader_that_goes_away_ends_the_run(
    cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in.jsonl", many(3))

    class Gone:
        def write(self, content: bytes) -> int:
            raise BrokenPipeError(32, "Broken pipe")

        def flush(self) -> None:
            """Nothing is left."""

    from kms_eval import Scenario
    from kms_eval.doors.batch.job import Job
    from kms_eval.doors.batch.run import run
    from kms_eval.doors.batch.writers import OutputError
    from tests.doors.batch.test_interruptions import AT

    with pytest.raises(OutputError, match=r"^standard output: cannot be written: broken pipe$"):
        run(Job(("in.jsonl",), "-", AT), Scenario.load(scenario), stdout=Gone())  # type: ignore[arg-type]


def test_a_line_without_end_is_one_row_that_is_wrong_and_costs_no_memory(
    cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "LONGEST_LINE", 1 << 20)
    row = '{"principal": "role/admin", "action": "kms:Decrypt", "key": "app"}\n'
    long = '{"principal": "' + "a" * (3 << 20) + '"}\n'
    (tmp_path / "requests.jsonl").write_text(row + long + row + long.rstrip("\n"))
    done = cli("batch", "requests.jsonl", "-o", "-", "-q")
    assert done.code == 3
    rows = [json.loads(line) for line in done.out.splitlines()]
    too_long = "the line is longer than 1 MiB"
    assert [(each["decision"], each["error"]) for each in rows] == [
        *[("allowed", None), (None, too_long)],
        *[("allowed", None), (None, too_long)],
    ]


def test_few_long_rows_of_csv_are_in_memory_at_once(
    cli: Cli, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_LETTERS_AT_ONCE", 10_000)
    lines = ["id,principal,action,key", *(f"{'i' * 4_000},role/admin,kms:Decrypt,app" for _ in range(20))]
    (tmp_path / "requests.csv").write_text("\n".join(lines))
    longest = 0
    write_rows = writers._Text.write  # noqa: SLF001 - where stretches arrive

    def measured(self: Any, rows: Any) -> None:
        nonlocal longest
        longest = max(longest, len(rows))
        write_rows(self, rows)

    monkeypatch.setattr(writers._Text, "write", measured)  # noqa: SLF001
    done = cli("batch", "requests.csv", "-o", "-", "--format", "jsonl", "-q")
    assert (done.code, len(done.out.splitlines()), longest) == (0, 20, 3)
