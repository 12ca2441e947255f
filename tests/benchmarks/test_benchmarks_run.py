"""Every benchmark still runs and still finds the right answers. How long it takes is never asked."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = sorted(path.stem for path in (ROOT / "benchmarks").glob("bench_*.py"))
OVER_COLUMNS = {"bench_batch", "bench_columns"}


@cache
def run(module: str, *words: str) -> subprocess.CompletedProcess[str]:
    # The repository comes last on the path: where the package is installed, that is what is measured.
    start = f"import runpy, sys; sys.path.append({str(ROOT)!r}); runpy.run_module({module!r}, None, '__main__', True)"
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONWARNINGS": "default"}
    return subprocess.run(
        [sys.executable, "-c", start, *words], check=False, capture_output=True, text=True, encoding="utf-8",
        env=environment, cwd=ROOT,
    )  # fmt: skip


def test_there_are_benchmarks() -> None:
    assert {"bench_decision", "bench_peers", "bench_compile", "bench_start", "bench_hostile"} <= set(BENCHMARKS)


@pytest.mark.long
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_on_small_inputs(name: str) -> None:
    if name in OVER_COLUMNS:
        pytest.importorskip("pyarrow")
    done = run(f"benchmarks.{name}", "--smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "|" in done.stdout


@pytest.mark.long
def test_an_engine_that_is_not_installed_is_skipped_and_said_so() -> None:
    done = run("benchmarks.bench_peers", "--smoke")
    for package in ("ministack", "cedarpy", "principalmapper"):
        assert f"| {package} |" in " ".join(done.stdout.split()) or f"skipped: {package}: " in done.stdout


@pytest.mark.parametrize("flaw", ["allowed", "denied"])
def test_a_wrong_answer_stops_the_measurement(flaw: str) -> None:
    start = (
        f"import sys; sys.path.append({str(ROOT)!r})\n"
        "from benchmarks import naive\n"
        "compile_documents = naive.compile_documents\n"
        f"naive.compile_documents = lambda *documents: lambda *asked: {flaw == 'allowed'}\n"
        "from benchmarks.questions import question\n"
        "question('default')\n"
    )
    done = subprocess.run([sys.executable, "-c", start], check=False, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode != 0
    assert done.stderr.startswith("wrong: kms-eval says ")


def test_a_single_benchmark_can_be_chosen() -> None:
    done = run("benchmarks.run", "--smoke", "decision")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "## decision" in done.stdout
    assert "## peers" not in done.stdout


def test_a_benchmark_that_does_not_exist_is_refused() -> None:
    done = run("benchmarks.run", "--smoke", "speed-of-light")
    assert done.returncode == 2
    assert "speed-of-light" in done.stderr
