"""Any bytes as a file of requests, in every format: a refusal of the whole file, or one decision or error for each row.

No row is lost or duplicated, ids come back in their order, and a row with an error has no decision.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

from fuzz.documents import GRANTS, ROLE, WORLDS
from fuzz.harness import Harness, choice, demand, fair
from fuzz.mutation import mutated_text, mutated_tree
from kms_eval import InputError, Scenario
from kms_eval.doors.batch.job import Job
from kms_eval.doors.batch.run import run

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROWS: tuple[dict[str, Any], ...] = (
    {"id": "1", "principal": "role/admin", "action": "kms:Decrypt", "key": "app"},
    {"id": 2, "principal": ROLE, "action": "kms:Decrypt", "key": "alias/app", "context": {"aws:SourceIp": "10.0.0.1"}},
    {"id": None, "principal": "user/alice", "action": "kms:Encrypt", "key": "app", "encryption_context": {"a": "b"}},
    {"principal": "role/admin", "action": "kms:ListKeys", "at": "2026-01-01T00:00:00Z", "vpc_endpoint": "vpce-1"},
    {"id": "5", "principal": "role/admin", "action": "kms:CreateGrant", "key": "app", "grant": GRANTS[0][0]},
    {"id": "6", "principal": "role/admin", "action": "kms:Decrypt", "key": "app", "session": {"name": "s"}},
    {"id": 'a "b", c\nd', "principal": "nobody", "action": "kms:Decript", "key": "none", "other": [1]},
)
_NAMES = tuple(dict.fromkeys(name for row in ROWS for name in row))
_GZIP = b"\x1f\x8b"
_DECISIONS = frozenset({"allowed", "explicitDeny", "implicitDeny"})


@cache
def _world() -> Scenario:
    return Scenario.from_dict(WORLDS[1])


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="kms-eval-fuzz-"))


def check(data: bytes) -> None:
    """Decide the file, with the file ending that fits its content, and now and then with a different one."""
    name = _name(data)
    path = _folder() / name
    path.write_bytes(data)
    out = io.BytesIO()
    try:
        report = run(Job((str(path),), "-", AT, output_format="jsonl"), _world(), stdout=out)
    except InputError as error:
        fair(error)
        return
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    demand(len(rows) == report.tally.rows, f"{len(rows)} rows are written, {report.tally.rows} counted")
    for row in rows:
        wrong = (row["decision"] is None) is not (row["error"] is not None)
        demand(not wrong, f"both or neither of decision and error: {row!r}")
        demand(row["decision"] in _DECISIONS or row["decision"] is None, f"the decision is {row['decision']!r}")
    if name.startswith("requests.jsonl"):
        lines = _lines(gzip.decompress(data) if data.startswith(_GZIP) else data)
        demand(len(lines) == len(rows), f"{len(lines)} lines, {len(rows)} decisions")
        for line, row in zip(lines, rows, strict=True):
            _same_id(line, row)


def _name(data: bytes) -> str:
    kinds = {b"PAR1": "parquet", b"\x1f\x8b\x08\x00": ("jsonl.gz", "csv.gz")[len(data) % 2]}
    found = kinds.get(data[:4]) or ("jsonl" if data.lstrip()[:1] in (b"{", b"[", b"") else "csv")
    if choice(data, 16) == 0:
        found = ("jsonl", "csv", "parquet", "csv.gz")[choice(data, 64) // 16]
    return f"requests.{found}"


def _lines(data: bytes) -> list[bytes]:
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [line for line in lines if line and not line.isspace()]


def _same_id(line: bytes, row: dict[str, Any]) -> None:
    try:
        request = json.loads(line.decode())
    except (ValueError, RecursionError):
        return
    if not isinstance(request, dict) or line.count(b'"id"') != 1:
        return
    wanted = request.get("id")
    if isinstance(wanted, str) and ("\0" in wanted or any("\ud800" <= letter <= "\udfff" for letter in wanted)):
        return  # the id itself is what is wrong with the row
    if isinstance(wanted, int) and str(row["error"]).startswith("id: number"):
        return  # likewise: it is out of range
    if isinstance(wanted, (str, int, type(None))):
        demand(row["id"] == wanted, f"id {wanted!r} came back as {row['id']!r}")


def _jsonl(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _csv(rows: list[Any]) -> bytes:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row)) or ["id"]
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows if isinstance(row, dict))
    return text.getvalue().encode("utf-8", "surrogatepass")


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _parquet(rows: list[Any], random: Random) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    objects = [row for row in rows if isinstance(row, dict)]
    names = dict.fromkeys(name for row in objects for name in row)
    columns = {name: [row.get(name) for row in objects] for name in names}
    out = pa.BufferOutputStream()
    try:
        arrays = {
            name.encode("utf-8", "replace").decode(): _array(pa, values, random) for name, values in columns.items()
        }
        parquet.write_table(pa.table(arrays), out, row_group_size=random.choice((1, 3, 100)))
    except (pa.ArrowException, ValueError, TypeError, OverflowError, UnicodeError):
        return _jsonl(rows)
    return out.getvalue().to_pybytes()  # type: ignore[no-any-return]  # pyarrow has no types


def _array(pa: Any, values: list[Any], random: Random) -> Any:
    kind = random.randrange(6)
    if kind == 0:
        return pa.array(values)  # of the type that Arrow infers
    texts = [_cell(value).encode("utf-8", "replace").decode() or None for value in values]
    if kind == 1:
        return pa.array(texts).dictionary_encode()
    if kind == 2:
        return pa.array(texts, pa.large_string())
    if kind == 3 and all(isinstance(value, (dict, type(None))) for value in values):
        pairs = [
            None if value is None else [(str(name), _cell(each)) for name, each in value.items()] for value in values
        ]
        return pa.array(pairs, pa.map_(pa.string(), pa.string()))
    if kind == 4:
        made = random.choice(
            (pa.timestamp("ns", "UTC"), pa.timestamp("s"), pa.int8(), pa.bool_(), pa.binary(), pa.null())
        )
        return pa.array([None] * len(values), made)
    return pa.array(texts, pa.string())


def _mutated(data: bytes, random: Random) -> bytes:
    try:
        rows = [json.loads(line) for line in data.decode().splitlines()]
    except (ValueError, RecursionError):
        return mutated_text(data, random)
    rows = mutated_tree(rows, random, ROWS, _NAMES)
    if not isinstance(rows, list) or not rows:
        return _jsonl([rows])
    kind = random.randrange(10)
    made = _jsonl(rows) if kind < 4 else _csv(rows) if kind < 7 else _parquet(rows, random) if kind < 8 else b""
    if not made:
        made = gzip.compress(_jsonl(rows) if kind == 8 else _csv(rows), 1, mtime=0)
    return mutated_text(made, random) if random.random() < 0.3 else made


HARNESS = Harness("rows", (_jsonl(list(ROWS)), _jsonl([ROWS[0]]), _jsonl(list(ROWS[:3]))), check, _mutated)
