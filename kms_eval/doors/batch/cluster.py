"""A batch on Apache Spark: the same job, with folders instead of files and a cluster instead of a loop.

Comes in: a job, a scenario, the address of a cluster. Goes out: a folder of decisions and a report. InputError if Spark
fails or cannot do the job.
Never here: deciding. Paths may be whatever Spark can read: ``s3://…``, ``hdfs://…``, local ones.

Rows keep their order: every row is read with its position in its file, and sorted by it before it is decided.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from kms_eval.analysis.batching.batch import Answer, Answers, Tally
from kms_eval.doors.batch.formats import PARTIAL, STANDARD, Format, format_of, sources
from kms_eval.doors.batch.ids import text_of_id
from kms_eval.doors.batch.job import Job, Report
from kms_eval.doors.batch.parquet import rows_of_batch
from kms_eval.doors.batch.readers import row_of_line
from kms_eval.doors.batch.writers import lines_of
from kms_eval.errors import Fault, InputError, Location, MissingExtraError
from kms_eval.scenario import Scenario
from kms_eval.spark import Shipped, check_columns, decide, decision_type, once, shipped

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TEXT = "text"
_COUNTED = ("allowed", "explicitDeny", "implicitDeny", "undetermined")


def run_on_cluster(job: Job, scenario: Scenario, master: str | None = None) -> Report:
    """Do a job on Spark; without `master`, on the cluster that Spark's own configuration names."""
    began = monotonic()
    forms = {_form_of_requests(job, word) for word in job.requests}
    output_form = format_of(job.output) or job.output_format
    _check(job, forms, output_form)
    with _session(master) as spark, _spark_errors():
        _check_output(spark, job.output)
        requests = _requests(spark, job.requests, forms.pop())
        decisions = _decisions(requests, scenario, job.at, output_form or "parquet")
        tally = _write(spark, decisions, job.output)
    return Report(tally, seconds=monotonic() - began)


def _check(job: Job, forms: set[Format], output_form: Format | None) -> None:
    faults = []
    if STANDARD in (job.output, *job.requests):
        faults.append(Fault("Spark reads and writes folders, no pipes", Location(STANDARD)))
    if job.resume:
        faults.append(
            Fault("Spark repeats lost work by itself: there is nothing to resume", Location(field="--resume"))
        )
    if len(forms) > 1 or "csv" in {*forms, output_form}:
        faults.append(Fault("with `--engine spark` the files are JSON Lines or Parquet, all alike"))
    if output_form is None and job.output != STANDARD:
        advice = "name it `.jsonl` or `.parquet`, or say it with `--format`"
        faults.append(Fault("the format cannot be told by the name", Location(job.output), advice))
    if faults:
        raise InputError(faults)


def _form_of_requests(job: Job, word: str) -> Format:
    form = format_of(word) or job.input_format
    if form is None and "://" not in word:
        forms = {source.format for source in sources([word], None, output=None)}
        form = forms.pop() if len(forms) == 1 else None
    if form is None:
        raise InputError(Fault("the format cannot be told by the name", Location(word), "say it with `--input-format`"))
    return form


@contextmanager
def _session(master: str | None) -> Iterator[SparkSession]:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtraError("spark", "pyspark") from None
    connects = master is not None and master.startswith("sc://")
    java = os.environ.get("JAVA_HOME")
    if not connects and not (shutil.which("java") or (java and Path(java, "bin", "java").exists())):
        raise InputError(Fault("Spark needs Java 17 or later", help="install it, or set JAVA_HOME to where it is"))
    # PySpark's warnings about other packages do not matter to this batch.
    warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
    if master is None or master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    running = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("kms-eval")
    if master is not None:
        builder = builder.remote(master) if connects else builder.master(master)
    with _spark_errors():
        spark = running or builder.getOrCreate()
    try:
        yield spark
    finally:
        if running is None:
            spark.stop()


@contextmanager
def _spark_errors() -> Iterator[None]:
    """Turn errors of Spark into an InputError of one line."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        java = getattr(error, "java_exception", None)
        text = str(java.getMessage() if java is not None else error).strip() or type(error).__name__
        raise InputError(Fault(f"Spark: {text.splitlines()[0].rstrip('.')}")) from None


def _requests(spark: SparkSession, words: tuple[str, ...], form: Format) -> DataFrame:
    """All rows, in the order of the files' names and of the rows in them; for JSON Lines, the lines as bytes."""
    from pyspark.sql import functions

    def read(number: int, word: str) -> DataFrame:
        reader = spark.read.option("recursiveFileLookup", "true")
        if form == "parquet":
            rows = reader.parquet(word)
            if number == 0:
                check_columns(rows)
            return rows.select("*", functions.lit(number).alias("_word"), *place("_metadata.row_index"))
        lines = reader.text(word, lineSep="\n").withColumn("value", functions.col("value").cast("binary"))
        return lines.select("value", functions.lit(number).alias("_word"), *place("_metadata.file_block_start"))

    def place(column: str) -> list[Any]:
        # Rows of one block are read one after the other, so their increasing ids give their order.
        return [
            functions.col("_metadata.file_path").alias("_file"),
            functions.col(column).alias("_start"),
            functions.monotonically_increasing_id().alias("_number"),
        ]

    parts = [read(number, word) for number, word in enumerate(words)]
    rows = reduce(lambda first, second: first.unionByName(second, allowMissingColumns=True), parts)
    return rows.orderBy("_word", "_file", "_start", "_number").drop("_word", "_file", "_start", "_number")


def _decisions(requests: DataFrame, scenario: Scenario, at: datetime, form: Format) -> DataFrame:
    """Decisions in columns; for JSON Lines, the finished line beside the decision."""
    from pyspark.sql.types import BinaryType

    lines_in = len(requests.columns) == 1 and isinstance(requests.schema["value"].dataType, BinaryType)
    if not lines_in and form == "parquet":
        return decide(requests, scenario, at=at)
    world = shipped(scenario)
    if form == "parquet":
        return requests.mapInArrow(_Rows(world, at, lines_in, lines_out=False), decision_type())
    return requests.mapInArrow(_Rows(world, at, lines_in, lines_out=True), f"decision string, {_TEXT} string")


@dataclass(frozen=True, slots=True)
class _Rows:
    """Runs on the executors if requests or decisions are lines of JSON; decides rows as on one machine."""

    world: Shipped
    at: datetime
    lines_in: bool
    lines_out: bool

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        from kms_eval.analysis.batching.columns import decision_batch

        answers = once(("answers", self.world.digest, self.at), lambda: Answers(self.world.evaluator(), self.at))
        lines = lines_of("jsonl")
        for batch in batches:
            if self.lines_in:
                told = [line for line in batch.column(0).to_pylist() if line and not line.isspace()]
                rows = [row_of_line(line, set()) for line in told]
            else:
                rows = rows_of_batch(batch)
            answered = [
                (row_id, each if isinstance(each, Answer) else answers.of(each)) for row_id, each, _line in rows
            ]
            if self.lines_out:
                texts = [lines.line(row_id, answer)[:-1] for row_id, answer in answered]
                decisions = [answer.counted_as for _row_id, answer in answered]
                arrays = [pa.array(decisions, pa.string()), pa.array(texts, pa.string())]
                yield pa.record_batch(arrays, names=["decision", _TEXT])
            else:
                yield decision_batch([(text_of_id(row_id), answer) for row_id, answer in answered])


def _write(spark: SparkSession, decisions: DataFrame, output: str) -> Tally:
    """Write the folder under a temporary name, rename it, and count what is written."""
    from pyspark.sql import Observation, functions

    counted = Observation("decisions")
    decision = functions.col("decision")
    if "reason_code" in decisions.columns:
        # Undetermined rows have no decision, and are not errors either.
        decision = functions.coalesce(decision, functions.col("reason_code"))
    counts = [functions.count(functions.when(decision == name, 1)).alias(name) for name in _COUNTED]
    seen = decisions.observe(counted, *counts, functions.count(functions.lit(1)).alias("rows"))
    files = _files(spark, output)
    draft = output if files is None else output.rstrip("/") + PARTIAL
    if _TEXT in decisions.columns:
        packed = "gzip" if output.lower().endswith(".gz") else "none"
        seen.select(_TEXT).write.mode("overwrite").text(draft, compression=packed)
    else:
        seen.write.mode("overwrite").parquet(draft)
    if files is not None:
        files.rename(_hadoop_path(spark, draft), _hadoop_path(spark, output))
    found = counted.get
    tally = Tally({name: found[name] for name in _COUNTED})
    tally.add(None, found["rows"] - tally.rows)
    return tally


def _check_output(spark: SparkSession, output: str) -> None:
    files = _files(spark, output)
    if files is not None and files.exists(_hadoop_path(spark, output)):
        raise InputError(Fault("is there already", Location(output), "remove it, or choose another name"))


def _files(spark: SparkSession, output: str) -> Any:
    """The file system of the output; None with Spark Connect, which writes under the final name itself."""
    try:
        configuration = spark.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001 - the only way
    except Exception:  # noqa: BLE001 - a connected session has no context, and says so in ways that change
        return None
    return _hadoop_path(spark, output).getFileSystem(configuration)


def _hadoop_path(spark: SparkSession, path: str) -> Any:
    return spark._jvm.org.apache.hadoop.fs.Path(path)  # type: ignore[union-attr]  # noqa: SLF001 - the only way
