"""Decides batches on a small Spark cluster on this machine, with executors in processes of their own, and reports.

Comes in: a folder with ``scenario.json``, ``requests.jsonl`` and ``requests.parquet``. Goes out: ``report.json`` in it,
and the folders of decisions that `kms-eval batch` made. Run by `test_spark`; a process of its own because a Spark
driver leaves threads and warnings behind.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import pyspark
from pyspark.sql import SparkSession

from kms_eval import Scenario
from kms_eval.doors.cli.main import main
from kms_eval.spark import decide

AT = "2026-01-01T00:00:00Z"
EXECUTORS = 2
HASTY = "-XX:TieredStopAtLevel=1"  # code that runs for seconds is not worth the time to compile it well


def cluster(folder: Path) -> SparkSession:
    """A master, two workers with an executor each, and this driver, all on the loopback interface."""
    home = folder / "spark-home"
    home.mkdir()
    for part in ("bin", "jars", "python"):
        (home / part).symlink_to(Path(pyspark.__file__).parent / part)
    os.environ |= {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    builder = SparkSession.builder.master(f"local-cluster[{EXECUTORS},1,1024]").appName("test")
    for name, value in (
        ("spark.driver.extraJavaOptions", HASTY),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.driver.memory", "512m"),
        ("spark.executor.extraJavaOptions", HASTY),
        ("spark.executor.memory", "512m"),
        ("spark.sql.shuffle.partitions", "4"),
        ("spark.sql.warehouse.dir", str(folder / "warehouse")),
        ("spark.ui.enabled", "false"),
    ):
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def executors() -> list[int]:
    """The processes of the executors that this one has started, itself or through others."""
    parents, commands = {}, {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            commands[int(status.parent.name)] = (status.parent / "cmdline").read_bytes()
        except OSError:  # has ended since
            continue
        parents[int(status.parent.name)] = int(fields[1])

    def is_mine(process: int) -> bool:
        while process in parents and process != os.getpid():
            process = parents[process]
        return process == os.getpid()

    return [
        process
        for process, command in commands.items()
        if b"CoarseGrainedExecutorBackend" in command and is_mine(process)
    ]


def wait_until(condition: Any) -> None:
    """Wait for something that comes by itself, but not for ever."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise TimeoutError


def kill_one(spark: SparkSession, killed: list[int]) -> None:
    """Kill an executor as soon as the first part of the work is done and before the last one is."""
    tracker = spark.sparkContext.statusTracker()

    def is_under_way() -> bool:
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        return any(stage is not None and 0 < stage.numCompletedTasks < stage.numTasks - 2 for stage in stages)

    wait_until(is_under_way)
    killed.append(executors()[0])
    os.kill(killed[0], signal.SIGKILL)


def by_id(rows: Any) -> list[dict[str, Any]]:
    return sorted((row.asDict() for row in rows), key=lambda row: int(row["id"]))


def run(folder: Path) -> dict[str, Any]:
    spark = cluster(folder)
    world = Scenario.load(folder / "scenario.json")
    requests = spark.read.parquet(str(folder / "requests.parquet"))
    wait_until(lambda: len(executors()) == EXECUTORS)
    report: dict[str, Any] = {"executors": len(executors())}

    killed: list[int] = []
    killer = threading.Thread(target=kill_one, args=(spark, killed))
    killer.start()
    report["survived"] = by_id(decide(requests.repartition(12), world, at=AT).collect())
    killer.join()
    report["killed"] = len(killed)

    words = ["--engine", "spark", "-s", "scenario.json", "--at", AT, "-q"]
    report["codes"] = [
        main(["batch", "requests.jsonl", "-o", "lines.jsonl", *words]),
        main(["batch", "requests.parquet", "-o", "columns.parquet", *words]),
        main(["batch", "requests.jsonl", "-o", "lines.jsonl", *words]),
    ]
    spark.stop()
    return report


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    here = Path(sys.argv[1])
    os.chdir(here)
    (here / "report.json").write_text(json.dumps(run(here)))
