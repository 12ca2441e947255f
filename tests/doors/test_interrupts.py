"""Ctrl-C ends the program with 130 and without a word, also while libraries are loaded that answer with tracebacks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kms_eval.doors.interrupts import interrupts_deferred

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) is not signal.default_int_handler, reason="a job in the background has no Ctrl-C"
)

# Interrupts itself when a module is about to be loaded for the nth time.
INTERRUPTED = """
import os, signal, sys

class Interrupt:
    left = {left}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages}:
            Interrupt.left -= 1
            if Interrupt.left == 0:
                os.kill(os.getpid(), signal.SIGINT)
        return None

sys.meta_path.insert(0, Interrupt())
from kms_eval.__main__ import main
sys.argv = ["kms-eval", *{arguments}]
sys.exit(main())
"""


def interrupted(arguments: list[str], packages: tuple[str, ...], left: int) -> subprocess.CompletedProcess[str]:
    program = INTERRUPTED.format(left=left, packages=packages, arguments=arguments)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize("left", [1, 2, 20, 60])
def test_an_interruption_while_libraries_are_loaded_ends_quietly(left: int, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    requests = tmp_path / "requests.jsonl"
    requests.write_text('{"principal": "role/admin", "action": "kms:Decrypt"}\n')
    output = tmp_path / "decisions.parquet"
    arguments = ["batch", str(requests), "-o", str(output), "-s", "scenarios/default-key-policy.yaml"]
    done = interrupted(arguments, ("numpy", "pyarrow"), left)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr
    assert not output.exists()


@pytest.mark.parametrize("left", [4, 8, 15])
def test_an_interruption_while_the_program_is_loaded_ends_quietly(left: int) -> None:
    done = interrupted(["can", "role/admin", "kms:Decrypt"], ("kms_eval",), left)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_must_not_be_stopped_half_way_is_finished_first() -> None:
    finished: list[bool] = []

    def work() -> None:
        with interrupts_deferred():
            os.kill(os.getpid(), signal.SIGINT)
            finished.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert finished
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nobody_who_asked_for_nothing_is_interrupted() -> None:
    with interrupts_deferred():
        finished = True
    assert finished
