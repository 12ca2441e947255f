"""Parquet: requests as rows or as record batches, decisions as row groups.

Comes in: files. Goes out: requests, and a file of decisions. Everything here needs the extra ``batch``; if it is
missing, MissingExtraError says how to install it.
Never here: deciding; what the columns mean is in `analysis.batching.columns`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from kms_eval.analysis.batching.rows import FIELDS, ID
from kms_eval.doors.batch.formats import Source
from kms_eval.doors.batch.ids import text_of_id
from kms_eval.doors.batch.readers import Row, in_file, reading, unreadable_file
from kms_eval.doors.batch.writers import Rows, close, give_name, part_name, sync
from kms_eval.errors import MissingExtraError

_ROWS_AT_ONCE = 1 << 16
_BYTES_AT_ONCE = 1 << 26
_GROUP_ROWS = 1 << 17
_KNOWN = frozenset((ID, *FIELDS))


class ParquetReader:
    """A Parquet file: as rows, or as record batches."""

    def __init__(self, source: Source) -> None:
        self._source = source
        with self._reading():
            from pyarrow import parquet

            from kms_eval.analysis.batching.columns import check_schema, decision_schema

            file = parquet.ParquetFile(source.path)
            schema = file.schema_arrow
            self.ignored = set(schema.names) - _KNOWN
            self._columns = [name for name in schema.names if name in _KNOWN]
            with in_file(source):
                check_schema(schema)
            texts = [name for name in self._columns if name != ID and schema.field(name).type == "string"]
            file.close()
            # The file's own dictionaries are kept, so that repeated texts are read once.
            self._file = parquet.ParquetFile(source.path, read_dictionary=texts)
        self.decision_schema = decision_schema(schema)
        self._rows_done = 0
        self._rows: int = max(1, self._file.metadata.num_rows)
        self._at_once = _rows_at_once(self._file.metadata)

    @property
    def done(self) -> int:
        """How much of the file has been read, in bytes, estimated from the rows."""
        return self._source.size * self._rows_done // self._rows

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def batches(self) -> Iterator[Any]:
        """All rows, as record batches of the columns that are read."""
        with self._reading():
            for batch in self._file.iter_batches(batch_size=self._at_once, columns=self._columns):
                self._rows_done += batch.num_rows
                batch.validate(full=True)  # finds texts that are not UTF-8, and the like
                yield batch
            self.close()

    def rows(self) -> Iterator[list[Row]]:
        """All rows, some at a time."""
        for batch in self.batches():
            yield rows_of_batch(batch, self._rows_done - batch.num_rows)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with reading(self._source):
                yield
        except ImportError as error:
            raise missing_extra(error) from None
        except (UnicodeDecodeError, _arrow_error()):  # the former if names of columns are not UTF-8
            raise unreadable_file(
                self._source, "is not a whole Parquet file: it is cut short, damaged or none"
            ) from None


def _rows_at_once(metadata: Any) -> int:
    """Rows to read at once: fewer if rows are long. Repeated values of a column count once, as they do in the file."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    longest = max((group.total_byte_size // max(1, group.num_rows) for group in groups), default=0)
    return max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // max(1, longest)))


def rows_of_batch(batch: Any, before: int | None = None) -> list[Row]:
    """The rows of a record batch; `before` is the number of rows before it, None if that is not known."""
    from kms_eval.analysis.batching.columns import values_of

    names = [name for name in batch.schema.names if name != ID]
    columns = [values_of(batch.column(name)) for name in names]
    ids = batch.column(ID).to_pylist() if ID in batch.schema.names else [None] * batch.num_rows
    rows = zip(ids, *columns, strict=True)
    return [
        (
            row_id,
            {name: value for name, value in zip(names, values, strict=True) if value is not None},
            None if before is None else before + number,
        )
        for number, (row_id, *values) in enumerate(rows, 1)
    ]


def missing_extra(error: ImportError) -> Exception:
    """The error to raise if pyarrow, or numpy with it, cannot be imported."""
    package = (error.name or "").partition(".")[0]
    return MissingExtraError("batch", package) if package in {"pyarrow", "numpy"} else error


def _arrow_error() -> type[Exception]:
    arrow = sys.modules.get("pyarrow")
    return cast("type[Exception]", arrow.ArrowException) if arrow is not None else _Never


class _Never(Exception):  # noqa: N818  # stands for errors of a library that is not there
    """Nothing raises this."""


class _Parquet:
    """Rows as row groups."""

    def __init__(self, schema: Any) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as error:
            raise missing_extra(error) from None
        self._arrow, self._parquet = pa, parquet
        self._schema = schema or self._of_texts(pa.string())
        self._waiting: list[Any] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._writer: Any = None

    @staticmethod
    def _of_texts(id_type: Any) -> Any:
        from kms_eval.analysis.batching.columns import columns_of_decisions

        return columns_of_decisions(id_type)

    def write(self, rows: Rows) -> None:
        from kms_eval.analysis.batching.columns import decision_batch

        self.write_batch(decision_batch([(text_of_id(row_id), answer) for row_id, answer in rows]))

    def write_batch(self, batch: Any) -> None:
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self._waiting_bytes += batch.nbytes
        if self._waiting_rows >= _GROUP_ROWS or self._waiting_bytes >= _BYTES_AT_ONCE:
            self._write_group()

    def _write_group(self) -> None:
        if self._waiting:
            table = self._arrow.Table.from_batches(self._waiting)
            if table.schema != self._schema:
                table = table.cast(self._schema)
            self._writer.write_table(table)
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0

    def _open(self, where: Any) -> None:
        self._writer = self._parquet.ParquetWriter(where, self._schema)

    def _abandon(self) -> None:
        """Abandon an unfinished file, so that the writer does not try to finish it when it is garbage-collected."""
        if self._writer is not None:
            self._writer.is_open = False


class ParquetWriter(_Parquet):
    """Writes a Parquet file in parts, as a Parquet file is only readable with its end: each mark completes a part."""

    def __init__(self, folder: Path, mark: int, schema: Any) -> None:
        super().__init__(schema)
        self._folder = folder
        self._parts = mark
        self._file: IO[bytes] = self._begin()

    def _part(self, number: int) -> Path:
        return self._folder / part_name(number)

    def _begin(self) -> IO[bytes]:
        file = self._part(self._parts).open("wb")
        self._open(file)
        return file

    def _end(self) -> None:
        self._write_group()
        self._writer.close()
        sync(self._file)
        self._file.close()
        self._parts += 1

    def mark(self) -> int:
        """End a part, so that a resumed run can rely on it; return the number of parts."""
        self._end()
        self._file = self._begin()
        return self._parts

    def finish(self, path: Path) -> None:
        """Make one file of the parts and give it its name."""
        self._end()
        if self._parts == 1:
            give_name(self._part(0), path)
            return
        whole = self._folder / "whole.parquet"
        with whole.open("wb") as file:
            self._open(file)
            for number in range(self._parts):
                part = self._parquet.ParquetFile(self._part(number))
                for group in range(part.num_row_groups):
                    self._writer.write_table(part.read_row_group(group))
                part.close()
            self._writer.close()
            sync(file)
        give_name(whole, path)

    def close(self) -> None:
        """Close the file after a failure."""
        self._abandon()
        close(self._file)


class ParquetStream(_Parquet):
    """Writes Parquet to a stream, without parts, so that nothing can be resumed."""

    def __init__(self, stream: IO[bytes], schema: Any) -> None:
        super().__init__(schema)
        self._stream = stream
        self._open(self._arrow.PythonFile(stream, mode="w"))

    def mark(self) -> int:
        """Do nothing, as there are no parts."""
        return 0

    def finish(self, path: Path) -> None:
        """Write what is left."""
        self._write_group()
        self._writer.close()
        self._stream.flush()

    def close(self) -> None:
        """End without finishing the file, after a failure."""
        self._abandon()
