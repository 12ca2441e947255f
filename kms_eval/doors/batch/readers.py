"""Reads requests from JSON Lines and CSV files, a chunk of rows at a time.

Comes in: files. Goes out: rows of fields in their order, each with its id; a row that cannot be read is an answer that
says so. InputError if a whole file cannot be read, or its columns make no sense.
Never here: deciding, Parquet (see `parquet`), and more than a chunk of a file in memory.
"""

from __future__ import annotations

import csv
import gzip
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedReader, TextIOWrapper
from operator import itemgetter
from typing import IO, Any, Protocol, cast

from kms_eval.analysis.batching.batch import Answer, in_one_line, unreadable
from kms_eval.analysis.batching.rows import FIELDS, ID, fields_among, fields_of, read_value
from kms_eval.doors.batch.formats import Source
from kms_eval.doors.batch.ids import id_in, is_broken
from kms_eval.errors import Fault, InputError, Location
from kms_eval.world.values import kind_of

Row = tuple[object, Mapping[str, object] | Answer, int | None]
"""The id; the fields of a request, or the answer for a row that is not a request; the line it is on (in Parquet the
number of the row), None if it is not known."""

ROWS_AT_ONCE = 8192
_BYTES_AT_ONCE = 1 << 20
_LETTERS_AT_ONCE = 1 << 23
LONGEST_LINE = 1 << 24
"""Bytes of one request; AWS itself accepts a few thousand."""
_MOST_IGNORED, _LONGEST_IGNORED = 1_000, 200
_KNOWN = frozenset((ID, *FIELDS))
_GZIP = b"\x1f\x8b"


class Reader(Protocol):
    """One file of requests."""

    ignored: set[str]
    """Columns that are not fields of a request, as far as they have been seen."""

    decision_schema: Any
    """The schema of decisions about record batches; None if the format has no record batches."""

    @property
    def done(self) -> int:
        """Bytes of the file that have been read."""

    def rows(self) -> Iterator[list[Row]]:
        """All rows, in chunks; the file is closed after the last one."""

    def batches(self) -> Iterator[Any]:
        """The same as record batches, if the format has them."""

    def close(self) -> None:
        """Close the file."""


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Turn errors of reading in the block into an InputError that says that the file cannot be read."""
    try:
        yield
    except InputError:
        raise
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise unreadable_file(source, "the compressed file is cut short or damaged") from None
    except OSError as error:
        if error.strerror is None:
            # An error of a library about the content of the file, not one of the system.
            raise unreadable_file(source, "is damaged") from None
        raise unreadable_file(source, f"cannot be read: {error.strerror.lower()}") from None


@contextmanager
def in_file(source: Source) -> Iterator[None]:
    """Give the faults found in the block the file as their place."""
    try:
        yield
    except InputError as error:
        field = [fault.location.field if fault.location is not None else None for fault in error.faults]
        places = [Location(source.name, None, each) for each in field]
        raise InputError(
            [replace(fault, location=place) for fault, place in zip(error.faults, places, strict=True)]
        ) from None


def unreadable_file(source: Source, message: str, advice: str | None = None) -> InputError:
    """The error for a file that is wrong as a whole."""
    return InputError(Fault(message, Location(source.name), advice))


@contextmanager
def closing_on_error(file: Any) -> Iterator[None]:
    """Close the file if the block fails."""
    try:
        yield
    except BaseException:
        file.close()
        raise


class _Bytes:
    """The bytes of a file, decompressed if they are compressed."""

    def __init__(self, source: Source) -> None:
        self._raw = sys.stdin.buffer if source.path is None else source.path.open("rb")
        with closing_on_error(self):
            self._look(source)

    def _look(self, source: Source) -> None:
        buffered = self._raw if isinstance(self._raw, BufferedReader) else BufferedReader(cast("Any", self._raw))
        packed = buffered.peek(2)[:2] == _GZIP
        self.file: IO[bytes] = cast("IO[bytes]", gzip.GzipFile(fileobj=buffered)) if packed else buffered
        start = self.file.peek(4)[:4]  # type: ignore[attr-defined]  # both kinds can look ahead
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise unreadable_file(source, "is UTF-16 text", "save it as UTF-8")
        if start == b"PAR1":
            raise unreadable_file(source, f"is a Parquet file, not {source.format.upper()}", "name it `.parquet`")
        if source.format == "jsonl" and start.lstrip().startswith(b"["):
            raise unreadable_file(source, "is a JSON array, not JSON Lines", "write one object a line: `jq -c '.[]'`")

    def done(self) -> int:
        try:
            return self._raw.tell()
        except (OSError, ValueError):  # a pipe; a file that has been read and closed
            return 0

    def close(self) -> None:
        if self._raw is not sys.stdin.buffer:
            self._raw.close()


class _Text:
    """What text files have in common: they have no record batches."""

    decision_schema: Any = None
    _bytes: _Bytes

    @property
    def done(self) -> int:
        return self._bytes.done()

    def batches(self) -> Iterator[Any]:
        return iter(())

    def close(self) -> None:
        self._bytes.close()


class JsonLinesReader(_Text):
    """One object a line; blank lines are ignored."""

    def __init__(self, source: Source) -> None:
        self.ignored: set[str] = set()
        self._source = source
        with reading(source):
            self._bytes = _Bytes(source)

    def rows(self) -> Iterator[list[Row]]:
        """All rows, in chunks."""
        mark = b"\xef\xbb\xbf"
        with reading(self._source):
            before = 0
            for lines in _lines(self._bytes.file):
                lines[0] = lines[0].removeprefix(mark)
                mark = b""  # only the first line of the file may begin with a byte order mark
                numbered = enumerate(lines, before + 1)
                yield [
                    row_of_line(line, self.ignored, number) for number, line in numbered if not line.isspace() and line
                ]
                before += len(lines)
            self.close()


def _lines(file: IO[bytes]) -> Iterator[list[bytes]]:
    """All lines of a file, some at a time; a line longer than `LONGEST_LINE` may be cut, but stays longer than that."""
    begun = b""
    while read := file.read(_BYTES_AT_ONCE):
        *whole, begun = (begun + read).split(b"\n")
        if whole:
            yield whole
        # A line that is too long is refused anyway, so no more of it has to be kept.
        begun = begun[: LONGEST_LINE + 1]
    if begun:
        yield [begun]


def row_of_line(line: bytes, ignored: set[str], number: int | None = None) -> Row:
    """The row on a line of JSON; `number` is that of the line."""
    if len(line) > LONGEST_LINE:
        return None, unreadable(f"the line is longer than {LONGEST_LINE >> 20} MiB"), number
    try:
        text = line.decode().rstrip()
    except UnicodeDecodeError:
        return id_in(line.decode(errors="surrogateescape")), unreadable("the line is not UTF-8 text"), number
    try:
        value = read_value(text)
    except InputError as error:
        return id_in(text), unreadable(in_one_line(error)), number
    if not isinstance(value, dict):
        return None, unreadable(f"expected an object, found {kind_of(value)}"), number
    row_id = value.get(ID)
    if value.keys() <= _KNOWN:
        value.pop(ID, None)
        return row_id, value, number
    try:
        fields = fields_of(value)
    except InputError as error:
        return row_id, unreadable(in_one_line(error), value), number
    if len(ignored) < _MOST_IGNORED:
        ignored.update(name[:_LONGEST_IGNORED] for name in value.keys() - _KNOWN)
    return row_id, fields, number


class CsvReader(_Text):
    """A header and rows of as many cells; an empty cell means that the field is not given."""

    def __init__(self, source: Source) -> None:
        self._source = source
        with reading(source):
            self._bytes = _Bytes(source)
            # Bytes that are not UTF-8 must not end the reading: only the row that has them is unreadable.
            text = TextIOWrapper(self._bytes.file, "utf-8-sig", "surrogateescape", newline="")
            self._text = text  # kept, as the file is closed when this is garbage-collected
            self._lines = csv.reader(text, strict=True)
            with closing_on_error(self), in_file(source):
                self._header = self._read_header()
                used = fields_among(self._header)
        self._places = {name: self._header.index(name) for name in used}
        self.ignored = set(self._header) - _KNOWN
        self._letters = 0

    def _read_header(self) -> list[str]:
        try:
            return next(self._lines, [])
        except csv.Error as error:
            raise InputError(f"malformed CSV: {error}") from None

    def rows(self) -> Iterator[list[Row]]:
        """All rows, in chunks."""
        with reading(self._source):
            rows: list[Row] = []
            letters = 0
            for row in self._rows():
                rows.append(row)
                letters += self._letters
                if len(rows) >= ROWS_AT_ONCE or letters > _LETTERS_AT_ONCE:
                    yield rows
                    rows, letters = [], 0
            if rows:
                yield rows
            self.close()

    def _rows(self) -> Iterator[Row]:
        places = [(name, place) for name, place in self._places.items() if name != ID]
        names, row_id = [name for name, _place in places], self._places.get(ID)
        cells_of = itemgetter(*(place for _name, place in places))  # at least two: principal and action
        width = len(self._header)
        line = self._lines.line_num + 1
        while True:
            try:
                for cells in self._lines:
                    # A quoted cell may contain line ends, so a row begins on the line after the end of the one before.
                    number, line = line, self._lines.line_num + 1
                    known = _id_among(cells, row_id)
                    if len(cells) != width:
                        if cells:
                            yield known, unreadable(f"the row has {len(cells)} cells, the header {width}"), number
                        continue
                    together = "".join(cells)
                    self._letters = len(together)
                    if is_broken(together):
                        yield known, unreadable("the row is not UTF-8 text"), number
                        continue
                    fields = {name: cell for name, cell in zip(names, cells_of(cells), strict=True) if cell}
                    yield known, fields, number
            except csv.Error as error:
                number, line = line, self._lines.line_num + 1
                yield None, unreadable(f"malformed CSV: {error}"), number
            else:
                return


def _id_among(cells: list[str], place: int | None) -> str | None:
    """The id in a row, which may have fewer cells than it should."""
    if place is None or place >= len(cells) or is_broken(cells[place]):
        return None
    return cells[place] or None
