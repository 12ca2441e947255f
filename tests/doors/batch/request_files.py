"""Requests about the small scenario of these tests, as files of every format, and decisions read back from them.

Comes in: rows. Goes out: files; from files, rows. Never here: the code under test.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kms_eval.analysis.batching.rows import DECISION_COLUMNS

Row = dict[str, Any]

COLUMNS = ("id", "principal", "action", "key", "context", "encryption_context")

S3, EC2 = "s3.us-east-1.amazonaws.com", "ec2.us-east-1.amazonaws.com"

ROWS: tuple[Row, ...] = (
    {"id": "r-1", "principal": "role/admin", "action": "kms:Decrypt", "key": "app"},
    {"id": "r-2", "principal": "role/worker", "action": "kms:Decrypt", "key": "app", "context": {"kms:ViaService": S3}},
    {
        "id": "r-3",
        "principal": "role/worker",
        "action": "kms:Decrypt",
        "key": "app",
        "context": {"kms:ViaService": EC2},
    },
    {"id": 'with "quotes", and ümlaut', "principal": "role/worker", "action": "kms:DescribeKey", "key": "alias/app"},
    {"id": None, "principal": "role/admin", "action": "kms:ScheduleKeyDeletion", "key": "app"},
    {"id": "r-6", "principal": "role/admin", "action": "kms:Decript", "key": "app"},
    {
        "id": "r-7",
        "principal": "role/batch",
        "action": "kms:Encrypt",
        "encryption_context": {"department": "IT", "x": "1"},
    },
    {"id": "r-7", "principal": "role/batch", "action": "kms:Encrypt", "encryption_context": {"department": "HR"}},
    {"id": "r-9", "principal": "nobody", "action": "kms:Encrypt", "key": "app"},
    {"id": "r-10", "principal": "role/admin", "action": "kms:ListKeys"},
)
"""Some of every kind; the sixth and the ninth make no sense."""

DECISIONS = (
    "allowed", "allowed", "implicitDeny", "allowed", "explicitDeny", None, "allowed", "implicitDeny", None, "allowed",
)  # fmt: skip


def many(count: int) -> list[Row]:
    """So many rows with ids that count."""
    return [{**ROWS[number % len(ROWS)], "id": str(number)} for number in range(count)]


def write(path: Path, rows: Sequence[Row]) -> Path:
    """Write requests in the format of the name."""
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        import pyarrow as pa
        from pyarrow import parquet

        columns = {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in COLUMNS}
        parquet.write_table(pa.table(columns), path, row_group_size=4)
        return path
    content = (_csv(rows) if name.endswith(".csv") else _jsonl(rows)).encode()
    path.write_bytes(gzip.compress(content) if path.name.endswith(".gz") else content)
    return path


def _jsonl(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_text(row.get(name)) for name in COLUMNS] for row in rows)
    return text.getvalue()


def _text(value: object) -> str | None:
    return json.dumps(value) if isinstance(value, dict) else value  # type: ignore[return-value]  # the rest is text


def read(path: Path) -> list[Row]:
    """Read decisions in the format of the name; an empty cell is None."""
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        from pyarrow import parquet

        table = parquet.read_table(path)
        assert table.schema.names == list(DECISION_COLUMNS)
        rows: list[Row] = table.to_pylist()
        return rows
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.name.endswith(".gz") else content).decode()
    if name.endswith(".csv"):
        lines = csv.DictReader(io.StringIO(text, newline=""))
        assert lines.fieldnames == list(DECISION_COLUMNS)
        return [{column: cell or None for column, cell in line.items()} for line in lines]
    return [json.loads(line) for line in text.splitlines()]
