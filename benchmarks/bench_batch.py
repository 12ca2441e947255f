"""How many requests a second does a batch decide, how many of a log's are distinct, and how much memory does it take?

    python -m benchmarks.bench_batch                      half a million rows of a log, ten million through memory
    python -m benchmarks.bench_batch --rows 100000000     a hundred million through memory
    python -m benchmarks.bench_batch --smoke              to see that it runs

The log is made by `benchmarks.logs`: Zipf-distributed principals and keys, and an encryption context of its own in
every third call. Every file is read, decided and written by the code of `kms-eval batch` on one core; the baseline
beside it reads and writes the same rows and decides nothing. Memory is the peak of a separate process in which the rows
are made, decided and dropped batch by batch. Decisions are compared with `Scenario.can` before anything is timed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from benchmarks.bench_compile import _peak
from benchmarks.logs import Log
from benchmarks.measure import arguments, duration, report, say, timed, times, wrong
from benchmarks.worlds import organization
from kms_eval import Scenario
from kms_eval.analysis.batching.columns import Columns, DecisionColumn
from kms_eval.doors.batch.job import Job, Report
from kms_eval.doors.batch.run import run

AT = datetime(2026, 1, 1, tzinfo=UTC)
SIZE, SMOKE_SIZE = (500, 100, 5), (50, 10, 3)
"""Principals, keys, statements in each key policy."""
_NESTED = ("context", "encryption_context")
_COLUMNS = ("id", "principal", "action", "key", *_NESTED)
_FILES = (
    ("requests.jsonl", "decisions.jsonl"),
    ("requests.csv", "decisions.csv"),
    ("requests.jsonl.gz", "decisions.jsonl.gz"),
    ("requests.jsonl", "decisions.parquet"),
    ("requests.parquet", "decisions.jsonl"),
    ("requests.parquet", "decisions.parquet"),
)


def main() -> None:
    """Three tables: files, distinct requests, memory."""
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, help="how many rows to lead through memory")
    parser.add_argument("--memory", nargs=2, metavar=("HOW", "ROWS"), help="measure that in this process")
    options = parser.parse_args()
    size = SMOKE_SIZE if options.smoke or (options.memory and int(options.memory[1]) < 10_000) else SIZE
    world = organization(*size)
    if options.memory is not None:
        print(json.dumps(_memory(world, options.memory[0], int(options.memory[1]))))
        return
    rows = 2_000 if options.smoke else 500_000
    with TemporaryDirectory() as folder:
        _files(Path(folder), world, rows)
    stream = options.rows or (5_000 if options.smoke else 10_000_000)
    _streams(stream)


def _files(folder: Path, world: dict[str, Any], rows: int) -> None:
    scenario = Scenario.from_dict(world)
    for name in dict.fromkeys(requests for requests, _decisions in _FILES):
        _write(folder / name, world, rows)
        _write(folder / f"few-{name}", world, 300)
    _check(scenario, folder)
    found: list[tuple[str, ...]] = []
    reports: dict[str, Any] = {}
    for requests, decisions in _FILES:
        job = Job((str(folder / requests),), str(folder / decisions), AT)
        floor = timed(partial(_copy, folder / requests, folder / f"copy-{decisions}"))()
        seconds = timed(partial(_run, job, world, reports, requests))()
        loading = timed(lambda: Scenario.from_dict(world))()
        seconds -= loading
        found.append(
            (f"{requests} to {decisions}", duration(seconds / rows), f"{rows / seconds:,.0f}", times(seconds / floor),
             f"{(folder / requests).stat().st_size / rows:.0f} bytes")
        )  # fmt: skip
    say(
        f"Files of {rows:,} rows, one core",
        ("files", "a row", "rows a second", "of reading and writing", "a request"),
        found,
    )
    _say_distinct(folder, reports["requests.jsonl"], rows)


def _run(job: Job, world: dict[str, Any], reports: dict[str, Any], name: str) -> None:
    reports[name] = run(job, Scenario.from_dict(world))


def _write(path: Path, world: dict[str, Any], rows: int) -> None:
    log = Log(world)
    if path.suffix == ".parquet":
        with parquet.ParquetWriter(path, next(Log(world).batches(1)).schema) as writer:
            for batch in log.batches(rows):
                writer.write_batch(batch)
        return
    import gzip

    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        if ".csv" not in path.name:
            file.writelines(json.dumps(row) + "\n" for row in log.rows(rows))
            return
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row in log.rows(rows):
            writer.writerow(
                [json.dumps(row[name]) if name in _NESTED and name in row else row.get(name) for name in _COLUMNS]
            )


def _copy(source: Path, target: Path) -> None:
    """Read rows and write as many, of the columns that both have."""
    kept = _COLUMNS[:4]
    if source.suffix == ".parquet" and target.suffix == ".parquet":
        file = parquet.ParquetFile(source)
        with parquet.ParquetWriter(target, pa.schema([file.schema_arrow.field(name) for name in kept])) as writer:
            for batch in file.iter_batches(columns=list(kept)):
                writer.write_batch(batch)
        return
    rows = ({name: row.get(name) for name in kept} for row in _read(source))
    if target.suffix == ".parquet":
        with parquet.ParquetWriter(target, pa.schema([(name, pa.string()) for name in kept])) as writer:
            while part := list(islice(rows, 1 << 16)):
                texts = [{**row, "id": str(row["id"])} for row in part]
                writer.write_batch(pa.RecordBatch.from_pylist(texts, schema=writer.schema))
        return
    import gzip

    with gzip.open(target, "wt", 4) if target.suffix == ".gz" else target.open("w", newline="") as out:
        if ".csv" in target.name:
            csv.writer(out).writerows(row.values() for row in rows)
        else:
            out.writelines(json.dumps(row) + "\n" for row in rows)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    import gzip

    if path.suffix == ".parquet":
        for batch in parquet.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
        return
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(newline="") as file:
        yield from csv.DictReader(file) if ".csv" in path.name else (json.loads(line) for line in file)


def _check(scenario: Scenario, folder: Path) -> None:
    """Check that some rows of every format get the decisions of `can`."""
    for requests, decisions in _FILES:
        run(Job((str(folder / f"few-{requests}"),), str(folder / f"few-{decisions}"), AT), scenario)
        for row, answer in zip(_read(folder / f"few-{requests}"), _read(folder / f"few-{decisions}"), strict=True):
            said = {name: row[name] for name in _NESTED if row.get(name)}
            fields = {name: json.loads(value) if isinstance(value, str) else value for name, value in said.items()}
            right = scenario.can(row["principal"], row["action"], row["key"], at=AT, **fields)
            if (right.decision, right.reason_code, str(row["id"])) != (
                answer["decision"], answer["reason_code"], str(answer["id"])
            ):  # fmt: skip
                wrong(f"{row} is {right.decision}, not {answer}")


def _say_distinct(folder: Path, done: Report, rows: int) -> None:
    written = {json.dumps({**row, "id": None}) for row in _read(folder / "requests.jsonl")}
    words = {(row["principal"], row["action"], row["key"]) for row in _read(folder / "requests.jsonl")}
    cells = [
        ("rows", f"{rows:,}", ""),
        ("distinct as they are written", f"{len(written):,}", times(rows / len(written))),
        ("distinct principal, action and key", f"{len(words):,}", times(rows / len(words))),
        ("decided by the engine", f"{done.decided:,}", times(rows / done.decided)),
    ]
    say("Repetition in a log", ("requests", "number", "rows for each"), cells)


def _streams(rows: int) -> None:
    found = []
    for how in ("nothing", "decisions alone", "all columns"):
        for number in (rows // 10, rows):
            told = report("benchmarks.bench_batch", "--memory", how, str(number))
            distinct = f"{told['decided']:,.0f}" if told["decided"] else ""
            found.append(
                (
                    f"{how}, {number:,} rows",
                    f"{told['peak'] / 1e6:,.0f} MB",
                    duration(told["seconds"] / number),
                    distinct,
                )
            )
    say(
        "Rows that stream through memory",
        ("what is done with them", "at most", "a row", "decided by the engine"),
        found,
    )


def _memory(world: dict[str, Any], how: str, rows: int) -> dict[str, float]:
    """Stream rows through this process, and measure its peak memory; making the rows is part of the time."""
    evaluator = Scenario.from_dict(world).evaluator
    columns, alone = Columns(evaluator, AT), DecisionColumn(evaluator, AT)
    decide = {"nothing": lambda batch: batch, "decisions alone": alone.decide, "all columns": columns.decide}[how]

    def drain() -> None:
        if sum(len(decide(batch)) for batch in Log(world).batches(rows)) != rows:
            wrong("rows are missing")

    seconds = timed(drain)()
    return {"peak": _peak(), "seconds": seconds, "decided": columns.answers.decided}


if __name__ == "__main__":
    main()
