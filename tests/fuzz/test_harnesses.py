"""The harnesses of `fuzz` hold on some inputs in every run, and on all inputs that once broke them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # last: where the package is installed, that is what is tested

pytest.importorskip("pyarrow", reason="requests in Parquet are among the inputs")

from fuzz.__main__ import fault_of  # noqa: E402 - the folder has to be found first
from fuzz.harness import CORPUS, BrokenInvariantError, Harness  # noqa: E402
from fuzz.harnesses import HARNESSES  # noqa: E402

DOORS = pytest.mark.parametrize("harness", HARNESSES.values(), ids=HARNESSES)
AT_HAND = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KMS_EVAL_SCENARIO", "KMS_EVAL_DEBUG", "_KMS_EVAL_COMPLETE"):
        monkeypatch.delenv(name, raising=False)


@DOORS
@example(number=0)
@given(number=st.integers(0, 2**63))
@AT_HAND
def test_the_invariant_of_a_door_holds_for_inputs_that_are_nearly_right(harness: Harness, number: int) -> None:
    harness.check(harness.input(number))


@DOORS
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@AT_HAND
def test_the_invariant_of_a_door_holds_for_any_bytes(harness: Harness, data: bytes) -> None:
    harness.check(data)


@DOORS
def test_valid_inputs_are_what_mutations_begin_with(harness: Harness) -> None:
    for seed in harness.seeds:
        harness.check(seed)


def past_failures() -> Iterator[tuple[str, Path]]:
    for name, harness in HARNESSES.items():
        yield from ((name, path) for path in harness.past_failures())


@pytest.mark.parametrize(("name", "path"), [*past_failures()], ids=lambda value: getattr(value, "name", value))
def test_what_once_broke_an_invariant_does_so_no_more(name: str, path: Path) -> None:
    HARNESSES[name].check(path.read_bytes())


def test_every_past_failure_belongs_to_a_harness() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= set(HARNESSES)


def test_a_fault_is_told_by_where_it_happened() -> None:
    def broken(data: bytes) -> None:
        raise BrokenInvariantError(f"{data!r} is wrong")

    harness = Harness("broken", [b"x"], broken, lambda data, random: data)
    assert (fault_of(harness, b"x") or "").startswith("BrokenInvariantError at test_harnesses.py")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    start = f"import runpy, sys; sys.path.append({str(ROOT)!r}); runpy.run_module('fuzz', None, '__main__', True)"
    return subprocess.run([sys.executable, "-c", start, *words], check=False, capture_output=True, text=True)


def test_the_runner_lists_harnesses_with_their_invariants_and_says_what_it_did() -> None:
    listed = run()
    assert [line.split()[0] for line in listed.stdout.splitlines()] == list(HARNESSES)
    done = run("json", "--inputs", "50", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("json: ")
    assert done.stdout.rstrip().endswith(", 0 faults")
