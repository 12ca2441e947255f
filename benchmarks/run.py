"""All benchmarks, one after the other, each in a process of its own.

    python -m benchmarks.run                     everything: some minutes, on a quiet machine
    python -m benchmarks.run --smoke             everything once on small inputs, to see that it runs
    python -m benchmarks.run decision peers      these two

Ends with 1 if one of them fails: a wrong answer, or a benchmark that no longer runs.
"""

from __future__ import annotations

import os
import platform
import subprocess
from argparse import ArgumentParser
from pathlib import Path

from benchmarks.measure import SMOKE, module

FIRST = ("decision", "peers", "compile", "start", "hostile")
"""In reading order; all others come after them."""


def names() -> list[str]:
    """The benchmarks of this folder."""
    found = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    return sorted(found, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def main() -> int:
    """Run what was chosen."""
    parser = ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--smoke", action="store_true", help=SMOKE)
    parser.add_argument("name", nargs="*", help=f"which ones of {', '.join(names())}; all by default")
    options = parser.parse_args()
    if unknown := set(options.name) - set(names()):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"{python} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores", flush=True)
    failed = []
    for name in options.name or names():
        print(f"\n## {name}", flush=True)
        words = ["--smoke"] if options.smoke else []
        if subprocess.run(module(f"benchmarks.bench_{name}", *words), check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
