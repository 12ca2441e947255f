"""How long does a world take to load, how much memory does it keep, and what does the first answer compile?

    python -m benchmarks.bench_compile            1,000 to 20,000 principals, YAML up to 2,000
    python -m benchmarks.bench_compile --large    also 100,000 principals, and YAML up to 10,000: takes minutes

Every world is written to a file and loaded in a process of its own; seconds are processor time. It has a tenth as many
keys as principals, with 20 statements in each key policy, grants, boundaries, groups and an organization.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from timeit import timeit
from typing import Any

from benchmarks.large import large, repeated
from benchmarks.measure import arguments, duration, profile, report, say, times, wrong
from benchmarks.questions import ACCOUNT, document
from kms_eval import Scenario
from kms_eval.engine import evaluator
from kms_eval.formats.text import LARGEST_FILE_BYTES

Json = dict[str, Any]

SMOKE = (("json", 10), ("json", 20), ("again.json", 20), ("yaml", 10), ("yaml", 20))
SIZES = (("json", 1_000), ("json", 2_000), ("json", 10_000), ("json", 20_000), ("again.json", 20_000), ("yaml", 1_000),
         ("yaml", 2_000))  # fmt: skip
LARGE = (*SIZES, ("json", 50_000), ("json", 100_000), ("again.json", 100_000), ("yaml", 10_000), ("yaml", 20_000))
"""File endings and numbers of principals; ``again``: as in accounts, only one in twenty has policies that are new."""
_DISTINCT = 0.05
_MEGABYTE = 1e6


def main() -> None:
    """A table of loading, and a table of what the first answers cost."""
    parser = arguments(__doc__)
    parser.add_argument("--large", action="store_true", help="100,000 principals as well; takes minutes and gigabytes")
    parser.add_argument("--one", metavar="FILE", help="load that file in this process and print what was measured")
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(measure(Path(options.one))))
        return
    sizes = LARGE if options.large else SMOKE if options.smoke else SIZES
    with TemporaryDirectory() as folder:
        found = {each: _in_a_process(Path(folder), *each, rounds=1 if options.smoke or each[1] > 20_000 else 3)
                 for each in sorted(sizes)}  # fmt: skip
    say("Loading", _LOADING, list(_loading(found)))
    say("The first answers", _ANSWERING, list(_answering(found)))
    if options.profile:
        world = large(100 if options.smoke else 2_000)
        profile("loading a world that is in memory", lambda: Scenario.from_dict(world))


_LOADING = ("world", "file", "load", "a principal", "against half", "of json.loads", "kept", "peak")
_ANSWERING = ("world", "policies", "first answer", "compiles", "another principal", "compiles", "asked again")


def _in_a_process(folder: Path, ending: str, size: int, *, rounds: int) -> Json:
    path = folder / f"world-{size}.{ending}"
    _write(path, repeated(large(size), _DISTINCT) if ending.startswith("again") else large(size))
    measured: list[Json] = sorted(
        (report("benchmarks.bench_compile", "--one", str(path)) for _ in range(rounds)), key=lambda each: each["load"]
    )
    how = "mapping" if _too_large(path) else _HOW.get(ending, ending.upper())
    middle: Json = {**measured[len(measured) // 2], "file": path.stat().st_size, "how": how}
    path.unlink()
    return middle


_HOW = {"again.json": "JSON, 5 % distinct"}


def _write(path: Path, world: Json) -> None:
    if path.suffix == ".json":
        path.write_text(json.dumps(world), encoding="utf-8")
        return
    # YAML as people write it by hand: keys and principals in block style, each policy as JSON on one line.
    with path.open("w", encoding="utf-8") as file:
        for section, value in world.items():
            if section in {"keys", "principals"}:
                file.write(f"{section}:\n")
                for name, entry in value.items():
                    file.write(f"  {json.dumps(name)}:\n")
                    file.writelines(f"    {field}: {json.dumps(content)}\n" for field, content in entry.items())
            else:
                file.write(f"{section}: {json.dumps(value)}\n")


def measure(path: Path) -> Json:
    """Load the scenario in this process, ask it, and measure both."""
    compiled = _counted()
    # Costs that only the first load in a process has, such as imports, must not be measured.
    small = {"account": ACCOUNT, "keys": {"app": {"policy": document("key-default-1")}}}
    Scenario.from_dict(small).can("root", "kms:Decrypt")
    before = _kept()
    started = process_time()
    world = _load(path)
    load = process_time() - started
    kept, peak = _kept() - before, _peak() - before
    first, second = _two_questions(world)
    answers = []
    for question in (first, second):
        count = len(compiled)
        started = process_time()
        decision = world.can(*question)
        answers.append((process_time() - started, len(compiled) - count))
        if decision.decision not in {"allowed", "implicitDeny", "explicitDeny"}:
            wrong(f"{decision!r}")
    floor = _seconds_of(lambda: json.loads(path.read_bytes())) if path.suffix == ".json" else None
    again = timeit(lambda: world.can(*first), timer=process_time, number=10_000) / 10_000
    existing = world.world
    return {
        "principals": len(existing.principals),
        "keys": len(existing.keys),
        "policies": _policies(world),
        "load": load,
        "floor": floor,
        "kept": kept,
        "peak": peak,
        "answers": answers,
        "again": again,
    }


def _too_large(path: Path) -> bool:
    return path.stat().st_size > LARGEST_FILE_BYTES


def _load(path: Path) -> Scenario:
    """Load the file, or its content as a mapping if kms-eval does not read files of that size."""
    if _too_large(path):
        return Scenario.from_dict(json.loads(path.read_bytes()))
    return Scenario.load(path)


def _two_questions(world: Scenario) -> Iterator[tuple[str, str, str]]:
    people, keys = list(world.world.principals), list(world.world.keys)
    for place in (1, 2):
        yield people[len(people) * place // 3], "kms:Decrypt", keys[len(keys) * place // 3]


def _counted() -> list[object]:
    """A list to which every policy is added that is compiled from now on."""
    compiled: list[object] = []
    inside = vars(evaluator)
    compile_policy = inside["compile_policy"]

    def counting(policy: Any) -> Any:
        compiled.append(policy)
        return compile_policy(policy)

    inside["compile_policy"] = counting
    return compiled


def _policies(world: Scenario) -> int:
    people = world.world.principals.values()
    return len(world.world.keys) + sum(len(each.policies) + (each.boundary is not None) for each in people)


def _seconds_of(call: Any) -> float:
    started = process_time()
    call()
    return process_time() - started


def _kept() -> float:
    """Bytes in memory now; the peak if the system does not tell."""
    return _of_status("VmRSS") or _peak()


def _peak() -> float:
    """The peak of bytes in memory so far; 0 on Windows. On Linux the value of `resource` would include the parent."""
    told = _of_status("VmHWM")
    if told or sys.platform == "win32":
        return told
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


def _of_status(field: str) -> float:
    """A number of bytes from the status that Linux has of this process; 0 on other systems."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024.0 for line in lines if line.startswith(f"{field}:")), 0.0)


def _loading(found: dict[tuple[str, int], Json]) -> Iterator[tuple[str, ...]]:
    for (ending, size), one in found.items():
        half = found.get((ending, size // 2))
        yield (
            f"{one['principals']:,} principals, {one['keys']:,} keys, {one['how']}",
            f"{one['file'] / _MEGABYTE:,.1f} MB",
            duration(one["load"]),
            duration(one["load"] / one["principals"]),
            times(one["load"] / half["load"]) if half else "",
            times(one["load"] / one["floor"]) if one["floor"] else "",
            f"{one['kept'] / _MEGABYTE:,.0f} MB",
            f"{one['peak'] / _MEGABYTE:,.0f} MB",
        )


def _answering(found: dict[tuple[str, int], Json]) -> Iterator[tuple[str, ...]]:
    for one in found.values():
        (first, compiled), (second, more) = one["answers"]
        yield (
            f"{one['principals']:,} principals, {one['how']}",
            f"{one['policies']:,}",
            duration(first),
            f"{compiled} policies",
            duration(second),
            f"{more} policies",
            duration(one["again"]),
        )


if __name__ == "__main__":
    main()
