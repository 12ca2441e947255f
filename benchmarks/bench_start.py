"""How long does a whole `kms-eval` process take, from nothing to its exit code?

    python -m benchmarks.bench_start

The floor is a bare Python that imports typer, pydantic and wcmatch and does nothing. Everything runs with cached
bytecode, as in the second run of a program; processes take turns.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measure import ROOT, Seconds, arguments, duration, interleaved, module, say, times, wrong

SCENARIO = str(ROOT / "scenarios" / "default-key-policy.yaml")
WITHOUT = {
    "quick reader": "from kms_eval.doors.cli import quick; quick.read = lambda words: None",
    "forms": "from kms_eval.documents import forms; right = forms.Form.__call__; "
    "forms.Form.__call__ = lambda self, value: forms.string(None) if value else right(self, value)",
}
"""Code that only exists to save time, and how to run without it: each has to prove its worth here."""
IMPORTS = "import typer; from pydantic import BaseModel; from wcmatch import fnmatch"


@dataclass(frozen=True, slots=True)
class Process:
    """A command, and a word that must be in its output."""

    name: str
    command: Sequence[str]
    prints: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    code: int = 0


def main() -> None:
    """One table; with `--profile` also a table of imports and their times."""
    options = arguments(__doc__).parse_args()
    with TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        processes = _processes()
        for process in processes:
            _check(process, environment)
        calls = {process.name: _seconds(process, environment) for process in processes}
        taken = interleaved(calls, rounds=1 if options.smoke else 25)
        floor, bare = taken[processes[1].name], taken[processes[0].name]
        say(
            "A whole process",
            ("", "time", "of the floor", "above a bare Python"),
            [
                (name, duration(seconds), times(seconds / floor), duration(max(0.0, seconds - bare)))
                for name, seconds in taken.items()
            ],
        )
        if options.profile:
            _imports(next(process for process in processes if process.prints == "allowed"), environment)


def _processes() -> tuple[Process, ...]:
    ours = _ours()
    asking = (*ours, "can", "role/admin", "kms:Decrypt", "--scenario", SCENARIO)
    completing = {"_KMS_EVAL_COMPLETE": "bash"}
    return (
        Process("bare Python", (sys.executable, "-c", "pass")),
        Process("floor: Python importing typer, pydantic, wcmatch", (sys.executable, "-c", IMPORTS)),
        Process("kms-eval can", asking, "allowed"),
        Process("kms-eval can, denied", (*asking[:-3], "kms:TagResource", *asking[-2:]), "implicitDeny", code=1),
        Process("kms-eval can --explain", (*asking, "--explain"), "allowed"),
        Process("kms-eval can --json", (*asking, "--json"), '"decision"'),
        *(Process(f"kms-eval can, without the {name}", _without(name, asking), "allowed") for name in WITHOUT),
        Process("kms-eval --help", (*ours, "--help"), "can"),
        Process("kms-eval can --help", (*ours, "can", "--help"), "--scenario"),
        Process("completion of a verb", (*ours, "kms-eval c", "c"), "can", completing),
        Process("completion of an action", (*ours, "kms-eval can role/admin Dec", "Dec"), "Decrypt", completing),
    )  # fmt: skip


def _ours() -> tuple[str, ...]:
    """The command beside this Python, else the module of that name."""
    found = shutil.which("kms-eval", path=str(Path(sys.executable).parent))
    return (found,) if found is not None else tuple(module("kms_eval"))


def _without(name: str, asking: Sequence[str]) -> tuple[str, ...]:
    words = asking[asking.index("can") :]
    program = f"import sys; {WITHOUT[name]}; sys.argv[1:] = {list(words)!r}; from kms_eval.__main__ import main; main()"
    return sys.executable, "-c", program


def _environment(folder: Path) -> dict[str, str]:
    """An environment that caches bytecode in this folder, so that nothing is written elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder), "NO_COLOR": "1"}


def _check(process: Process, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        process.command, check=False, capture_output=True, text=True, encoding="utf-8",
        env={**environment, "PYTHONUTF8": "1", **process.environment},
    )  # fmt: skip
    if done.returncode != process.code or process.prints not in done.stdout:
        wrong(f"`{process.name}` ends with {done.returncode} and prints {done.stdout!r} {done.stderr!r}")


def _seconds(process: Process, environment: Mapping[str, str]) -> Seconds:
    everything = {**environment, **process.environment}

    def seconds() -> float:
        started = perf_counter()
        subprocess.run(
            process.command, check=False, env=everything,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return perf_counter() - started

    return seconds


def _imports(process: Process, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        process.command, check=False, capture_output=True, text=True, encoding="utf-8",
        env={**environment, "PYTHONPROFILEIMPORTTIME": "1"},
    )  # fmt: skip
    found = re.findall(r"import time:\s*(\d+) \|\s*(\d+) \| ( *)(\S+)", done.stderr)
    together = sum(int(own) for own, *_ in found)
    ranked = sorted(((int(total), int(own), name) for own, total, _, name in found), reverse=True)
    rows = [(f"`{name}`", duration(own / 1e6), duration(total / 1e6)) for total, own, name in ranked[:20]]
    say(f"Imports of `{process.name}`: {len(found)} modules, {duration(together / 1e6)}",
        ("module", "its own", "with what it imports"), rows)  # fmt: skip


if __name__ == "__main__":
    main()
