"""Opens the reader or writer of a format.

Comes in: sources, formats, places to write to. Goes out: readers and writers. Never here: rows. To add a format, write
its reader and its writer, and name them here.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from kms_eval.doors.batch.formats import Format, Source
from kms_eval.doors.batch.readers import CsvReader, JsonLinesReader, Reader
from kms_eval.doors.batch.writers import LINES, ROWS, TextStream, TextWriter, Writer
from kms_eval.doors.interrupts import interrupts_deferred


def open_reader(source: Source) -> Reader:
    """The reader of a file."""
    if source.format == "parquet":
        _load_libraries()
        from kms_eval.doors.batch.parquet import ParquetReader

        return ParquetReader(source)
    return (JsonLinesReader if source.format == "jsonl" else CsvReader)(source)


def open_writer(form: Format, folder: Path, *, packed: bool, mark: int | None, schema: Any = None) -> Writer:
    """The writer of a file in the making, whose parts are in `folder`; it continues after `mark`, if that is given.

    `schema` is that of the decisions if record batches are to be written.
    """
    if form == "parquet":
        _load_libraries()
        from kms_eval.doors.batch.parquet import ParquetWriter

        return ParquetWriter(folder, mark or 0, schema)
    return TextWriter(LINES[form], folder / ROWS, packed=packed, mark=mark)


def open_stream(form: Format, stream: IO[bytes], schema: Any = None) -> Writer:
    """The writer to a pipe, which cannot be resumed."""
    if form == "parquet":
        _load_libraries()
        from kms_eval.doors.batch.parquet import ParquetStream

        return ParquetStream(stream, schema)
    return TextStream(LINES[form], stream)


def _load_libraries() -> None:
    # The code that uses them reports what is missing.
    with interrupts_deferred(), suppress(ImportError):
        import kms_eval.analysis.batching.columns  # noqa: F401
