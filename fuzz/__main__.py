"""Runs harnesses on many inputs, and says how many there were, in how many seconds, and which faults they showed.

    python -m fuzz                                 lists the harnesses
    python -m fuzz yaml --inputs 1000000           a million inputs for one harness
    python -m fuzz all --inputs 10000 --seed 7     all of them, on different inputs
    python -m fuzz yaml --atheris -max_total_time=600    guided by coverage, as long as you like (extra `fuzz`)

Input number n is the same in every run, so that a fault can be reproduced; `--save` writes the first input of every
fault to the corpus. Every run begins by replaying the corpus. The exit code is 1 if there was a fault.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import process_time
from traceback import extract_tb

from fuzz.harness import CORPUS, Harness
from fuzz.harnesses import HARNESSES

TOO_SLOW = 10.0
"""Seconds after which an input counts as a fault only because it takes so long."""


@dataclass(slots=True)
class Run:
    """The result of one run.

    `faults` has the first input of each fault; inputs that fail at the same line in the same way show one fault.
    """

    name: str
    inputs: int = 0
    seconds: float = 0.0
    faults: dict[str, bytes] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harnesses that were asked for."""
    parser = ArgumentParser(prog="python -m fuzz", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("harness", nargs="?", choices=[*HARNESSES, "all"], help="without one they are listed")
    parser.add_argument("--inputs", type=int, default=10_000, metavar="N", help="by default 10000")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the first input has the number S times 2^40")
    parser.add_argument("--save", action="store_true", help="keep the first input of every fault in the corpus")
    parser.add_argument("--atheris", action="store_true", help="guided by coverage; further options are libFuzzer's")
    options, further = parser.parse_known_args(arguments)
    if further and not options.atheris:
        parser.error(f"no such option: {' '.join(further)}")
    if options.harness is None:
        for name, harness in HARNESSES.items():
            print(f"{name:10} {_invariant(harness)}")
        return 0
    if options.atheris:
        return _with_atheris(HARNESSES[options.harness], further)
    names = list(HARNESSES) if options.harness == "all" else [options.harness]
    runs = [run(HARNESSES[name], options.inputs, options.seed) for name in names]
    for each in runs:
        for fault, data in each.faults.items():
            print(f"{each.name}: {fault}: {data[:200]!r}", file=sys.stderr)
            if options.save:
                _save(each.name, data)
    return int(any(each.faults for each in runs))


def run(harness: Harness, inputs: int, seed: int) -> Run:
    """Replay the corpus, then try that many inputs; print a line about them."""
    result = Run(harness.name)
    started = process_time()
    for data in _all(harness, inputs, seed):
        result.inputs += 1
        began = process_time()
        fault = fault_of(harness, data)
        if fault is None and process_time() - began > TOO_SLOW:
            fault = f"takes more than {TOO_SLOW:.0f} seconds"
        if fault is not None:
            result.faults.setdefault(fault, data)
    result.seconds = process_time() - started
    print(f"{result.name}: {result.inputs:,} inputs, {result.seconds:,.0f} s, {len(result.faults)} faults", flush=True)
    return result


def fault_of(harness: Harness, data: bytes) -> str | None:
    """The fault that an input shows, and where; None if the invariant holds."""
    try:
        harness.check(data)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the fault that is looked for
        frame = extract_tb(error.__traceback__)[-1]
        text = str(error).split("\n", 1)[0][:60] if frame.filename.startswith(str(Path(__file__).parent)) else ""
        return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno} {text}".rstrip()
    return None


def _all(harness: Harness, inputs: int, seed: int) -> Iterator[bytes]:
    yield from (path.read_bytes() for path in harness.past_failures())
    yield from harness.seeds
    for number in range(inputs):
        yield harness.input(number + seed * 2**40)


def _save(name: str, data: bytes) -> None:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / sha256(data).hexdigest()[:12]).write_bytes(data)


def _invariant(harness: Harness) -> str:
    return (sys.modules[harness.check.__module__].__doc__ or "").split("\n", 1)[0]


def _with_atheris(harness: Harness, options: list[str]) -> int:
    try:
        import atheris
    except ImportError:
        print("atheris is missing: pip install 'kms-eval[fuzz]'", file=sys.stderr)
        return 2
    from random import Random

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        # Every second time use the mutation of atheris, which follows what the code compares the bytes with.
        changed = harness.mutated(data, Random(seed)) if seed % 2 else atheris.Mutate(data, most)
        return bytes(changed[:most])

    atheris.instrument_all()
    folder = CORPUS / harness.name
    words = [sys.argv[0], *([str(folder)] if folder.is_dir() else []), *options]
    atheris.Setup(words, harness.check, custom_mutator=mutate)
    for data in harness.seeds:
        harness.check(data)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
