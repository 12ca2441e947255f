"""How the benchmarks measure: everything in one run, candidates in rotation, medians, ratios.

Comes in: calls that return how many seconds they took. Goes out: medians and tables. Never here: what is measured.

A machine is never quiet and never the same twice, so a single number means little. Here all candidates of a table take
turns in the same run, and the median of each and the ratios of the medians are reported. Seconds are processor time, so
that other work of the machine does not count. Only whole processes are measured in wall-clock time. Nothing is switched
off: the garbage collector runs as it does in a program.
"""

from __future__ import annotations

import cProfile
import gc
import json
import pstats
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import process_time
from timeit import Timer
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the repository."""

SMOKE = "run everything once on small inputs; the numbers are void"

Seconds = Callable[[], float]


def arguments(about: str | None) -> ArgumentParser:
    """The options that every benchmark has."""
    parser = ArgumentParser(description=(about or "").split("\n", 1)[0])
    parser.add_argument("--smoke", action="store_true", help=SMOKE)
    parser.add_argument("--profile", action="store_true", help="also show where the time goes")
    return parser


def wrong(message: str) -> NoReturn:
    """Exit, as a wrong answer is not worth timing."""
    raise SystemExit(f"wrong: {message}")


def timed(call: Callable[[], object]) -> Seconds:
    """The seconds that one call takes."""

    def seconds() -> float:
        started = process_time()
        call()
        return process_time() - started

    return seconds


def statement(text: str, names: Mapping[str, object], *, number: int) -> Seconds:
    """The seconds that one execution of a statement takes, as the mean of `number` in a row."""
    timer = Timer(text, setup=gc.enable, timer=process_time, globals=dict(names))
    return lambda: timer.timeit(number) / number


def interleaved(candidates: Mapping[str, Seconds], *, rounds: int) -> dict[str, float]:
    """The median of every candidate: each runs once a round, in rotation, after a round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    names = list(candidates)
    for number in range(-1, rounds):
        for name in (*names[number % len(names) :], *names[: number % len(names)]):
            seconds = candidates[name]()
            if number >= 0:
                taken[name].append(seconds)
    return {name: median(seconds) for name, seconds in taken.items()}


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown, padded to be read in a terminal too. All columns but the first are numbers, to the right."""
    texts = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(headings))]
    lines = [
        " | ".join(cell.ljust(width) if not column else cell.rjust(width) for column, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in texts)
    ]
    rule = " | ".join("-" * width if not column else "-" * (width - 1) + ":" for column, width in enumerate(widths))
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))


def say(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table under its title."""
    print(f"\n### {title}\n\n{table(headings, rows)}", flush=True)


def duration(seconds: float) -> str:
    """Seconds as text, in a suitable unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 * size else f"{seconds / size:,.0f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def times(ratio: float) -> str:
    """A ratio: `3.1 x`."""
    return f"{ratio:,.0f} x" if ratio >= 100 else f"{ratio:.1f} x" if ratio >= 1 else f"{ratio:.2f} x"


def module(name: str, *words: str) -> list[str]:
    """The command that runs a module of this folder in a new process of the same Python.

    The repository comes last on the path, so that an installed `kms_eval` is the one that is measured.
    """
    start = f"import runpy, sys; sys.path.append({str(ROOT)!r}); runpy.run_module({name!r}, None, '__main__', True)"
    return [sys.executable, "-c", start, *words]


def report(name: str, *words: str) -> Any:
    """What that module prints, read as JSON."""
    done = subprocess.run(module(name, *words), check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def profile(title: str, call: Callable[[], object], *, lines: int = 16) -> None:
    """Print the functions with the most own time during a call, in shares, as the profiler slows small calls most.

    The garbage collector is off, as its time would be counted for whatever function it interrupts.
    """
    profiler = cProfile.Profile()
    gc.collect()
    gc.disable()
    profiler.runcall(call)
    gc.enable()
    found = pstats.Stats(profiler)
    total = found.total_tt or 1.0  # type: ignore[attr-defined]  # documented nowhere, there since 1994
    ranked = sorted(found.stats.items(), key=lambda item: item[1][2], reverse=True)  # type: ignore[attr-defined]
    rows = [(_place(*where), calls, f"{own / total:.1%}", f"{within / total:.1%}")
            for where, (_primitive, calls, own, within, _callers) in ranked[:lines]]  # fmt: skip
    say(f"Profile: {title}", ("function", "calls", "own time", "with what it calls"), rows)


def _place(path: str, line: int, function: str) -> str:
    if path in {"~", ""}:
        return f"`{function}`"
    parts = Path(path).parts
    near = "/".join(parts[parts.index("kms_eval") :] if "kms_eval" in parts else parts[-2:])
    return f"`{near}:{line} {function}`"
