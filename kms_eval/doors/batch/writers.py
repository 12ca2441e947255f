"""Writes decisions as JSON Lines, CSV and Parquet, so that the file is complete or does not exist.

Comes in: answers with their ids, in order. Goes out: a file that gets its name when the last row is in it; until then
a folder beside it, from which an interrupted run can be resumed. OutputError if writing fails.
Never here: deciding, and more than a chunk of rows in memory.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import IO, Any, Protocol

from kms_eval.analysis.batching.batch import Answer
from kms_eval.analysis.batching.bounded_cache import BoundedCache
from kms_eval.analysis.batching.rows import DECISION_COLUMNS
from kms_eval.doors.batch.formats import Format
from kms_eval.doors.batch.ids import json_of_id, text_of_id
from kms_eval.errors import KmsEvalError
from kms_eval.safe_text import printable

Rows = Sequence[tuple[object, Answer]]

_MOST_TAILS = 100_000
ROWS = "rows"
_GZIP = 16
"""Tells zlib to write the gzip format."""


class OutputError(KmsEvalError):
    """The decisions cannot be written; the text says where and why."""


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Turn an OSError in the block into an OutputError that says that `name` cannot be written."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{name}: cannot be written: {(error.strerror or str(error)).lower()}") from error


class Writer(Protocol):
    """Takes decisions. A `mark` says where to resume after the rows that are safely written."""

    def write(self, rows: Rows) -> None:
        """Write rows."""

    def write_batch(self, batch: Any) -> None:
        """Write a record batch of decisions."""

    def mark(self) -> int:
        """Write everything to the disk, and return the mark after it."""

    def finish(self, path: Path) -> None:
        """Write everything to the disk and give the file its name."""

    def close(self) -> None:
        """Close all files, whatever state they are in."""


def first_part(form: Format) -> str:
    """The name of the part that exists until the output gets its final name."""
    return part_name(0) if form == "parquet" else ROWS


class Lines(Protocol):
    """How rows become lines."""

    header: str

    def line(self, row_id: object, answer: Answer) -> str:
        """The line of a row, with its end."""


class _JsonLines:
    header = ""

    def __init__(self) -> None:
        self._tails: BoundedCache[str] = BoundedCache(_MOST_TAILS)

    def line(self, row_id: object, answer: Answer) -> str:
        tail = self._tails.get(answer)
        if tail is None:
            told = {name: getattr(answer, name) for name in DECISION_COLUMNS[1:]}
            tail = _kept(self._tails, answer, json.dumps(told)[1:])
        text = f'"{row_id}"' if _is_simple(row_id) else json_of_id(row_id)
        return f'{{"id": {text}, {tail}\n'


class _CsvLines:
    """An id is written unchanged, so that it can be looked up again; everything else is made printable."""

    header = ",".join(DECISION_COLUMNS) + "\n"

    def __init__(self) -> None:
        self._tails: BoundedCache[str] = BoundedCache(_MOST_TAILS)

    def line(self, row_id: object, answer: Answer) -> str:
        tail = self._tails.get(answer)
        if tail is None:
            tail = _kept(self._tails, answer, _cells(_shown(answer)))
        text = row_id if _is_simple(row_id) else _cells([text_of_id(row_id)])[:-1]
        return f"{text},{tail}"


LINES: dict[str, Callable[[], Lines]] = {"jsonl": _JsonLines, "csv": _CsvLines}


def lines_of(form: Format) -> Lines:
    """How rows become lines in a format."""
    return LINES[form]()


def _is_simple(row_id: object) -> bool:
    """Whether the id is text that needs no quoting or escaping in any format."""
    return isinstance(row_id, str) and row_id.isascii() and row_id.replace("-", "").isalnum()


def _shown(answer: Answer) -> list[str | int | None]:
    values = (getattr(answer, name) for name in DECISION_COLUMNS[1:])
    return [printable(value) if isinstance(value, str) else value for value in values]


def _cells(cells: Sequence[str | int | None]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _kept(tails: BoundedCache[str], answer: Answer, tail: str) -> str:
    if answer.line is None:  # an answer with a line belongs to one row only
        tails.put(answer, tail)
    return tail


class _Packed:
    """One gzip member of a file. It can be left unfinished, unlike a `gzip.GzipFile`, which would write its end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._packer = zlib.compressobj(4, wbits=zlib.MAX_WBITS | _GZIP)

    def write(self, content: bytes) -> object:
        return self._file.write(self._packer.compress(content))

    def end(self) -> None:
        self._file.write(self._packer.flush())


class _Text:
    """Rows as lines, and lines as bytes."""

    def __init__(self, lines: Callable[[], Lines]) -> None:
        self._lines = lines()
        self._file: IO[bytes] | _Packed

    def write(self, rows: Rows) -> None:
        line = self._lines.line
        # Lone surrogates, which a JSON text can contain and UTF-8 cannot, are written as escapes.
        self._file.write("".join([line(row_id, answer) for row_id, answer in rows]).encode("utf-8", "backslashreplace"))

    def write_batch(self, batch: Any) -> None:
        names = DECISION_COLUMNS[1:]
        ids = batch.column("id").to_pylist()
        columns = [batch.column(name).to_pylist() for name in names]
        self.write([(row_id, Answer(*values)) for row_id, *values in zip(ids, *columns, strict=True)])

    def _begin(self) -> None:
        self._file.write(self._lines.header.encode())


class TextWriter(_Text):
    """A file of lines, perhaps compressed: then each mark ends a gzip member, and the next row begins another."""

    def __init__(self, lines: Callable[[], Lines], path: Path, *, packed: bool, mark: int | None) -> None:
        super().__init__(lines)
        self._path = path
        self._raw = path.open("r+b" if mark is not None else "wb")
        self._raw.seek(mark or 0)
        self._raw.truncate()
        self._file = _Packed(self._raw) if packed else self._raw
        if mark is None:
            self._begin()

    def mark(self) -> int:
        """Write everything to the disk, and return the size of the file."""
        if isinstance(self._file, _Packed):
            self._file.end()
            self._file = _Packed(self._raw)
        sync(self._raw)
        return self._raw.tell()

    def finish(self, path: Path) -> None:
        """Write everything to the disk and give the file its name."""
        if isinstance(self._file, _Packed):
            self._file.end()
        sync(self._raw)
        self._raw.close()
        give_name(self._path, path)

    def close(self) -> None:
        """Close the file."""
        close(self._raw)


class TextStream(_Text):
    """Lines into a pipe."""

    def __init__(self, lines: Callable[[], Lines], stream: IO[bytes]) -> None:
        super().__init__(lines)
        self._file: IO[bytes] = stream
        self._begin()

    def mark(self) -> int:
        """Flush the stream; a stream cannot be resumed."""
        self._file.flush()
        return 0

    def finish(self, path: Path) -> None:
        """Flush the stream."""
        self._file.flush()

    def close(self) -> None:
        """Leave the stream to whoever opened it."""


def part_name(number: int) -> str:
    """The name of a part of a Parquet file."""
    return f"part-{number:06d}.parquet"


def sync(file: IO[bytes]) -> None:
    """Write everything to the disk."""
    file.flush()
    os.fsync(file.fileno())


def close(file: IO[bytes]) -> None:
    """Close a file after a failure, ignoring that the rest of its buffer may not be writable either."""
    with suppress(OSError):
        file.close()


def give_name(part: Path, path: Path) -> None:
    """Rename a finished part to the output, replacing what had that name before."""
    part.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove(folder: Path) -> None:
    """Remove a folder of parts, if it exists."""
    shutil.rmtree(folder, ignore_errors=True)
