"""Faults in the middle of work: a process that is killed at a step, and one that has no more room on the disk.

Comes in: what is to be done, and when the fault comes. Goes out: how the process ended. Never here: what holds then.

The work is done in a child of this process, so that it can be killed as it would be from outside.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

import pytest

from kms_eval.doors.batch.job import Interrupted
from kms_eval.doors.cli.main import main

INTERRUPTED = 130
_TOO_LONG = 60

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no such processes here")


def in_child(work: Callable[[], int]) -> int:
    """Do the work in a child; its exit code, or the signal that killed it as a negative number."""
    with warnings.catch_warnings():
        # Threads of libraries: the child does not use them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 70
        try:
            signal.alarm(_TOO_LONG)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            code = work()
        except (KeyboardInterrupt, Interrupted):
            code = INTERRUPTED
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def typed(*words: str) -> Callable[[], int]:
    """A command line as work, whose words nobody reads."""

    def work() -> int:
        sys.stdout, sys.stderr = StringIO(), StringIO()
        return main(words)

    return work


def without_room(size: int, work: Callable[[], int]) -> Callable[[], int]:
    """The same where no file can become longer than that many bytes."""

    def limited() -> int:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return work()

    return limited


def as_owner_only(work: Callable[[], int]) -> Callable[[], int]:
    """The same where the bits of files hold for root as well: Linux lets a process give up CAP_DAC_OVERRIDE."""

    def bound() -> int:
        if os.geteuid() == 0:
            import ctypes

            system = ctypes.CDLL(None, use_errno=True)
            header = (ctypes.c_uint32 * 2)(0x20080522, 0)
            sets = (ctypes.c_uint32 * 6)()
            assert system.capget(header, sets) == 0
            for index in range(3):
                sets[index] &= ~(1 << 1)
            assert system.capset(header, sets) == 0
        return work()

    return bound


class Steps:
    """Counts steps, and does something at the nth: each is the beginning or the end of one of some functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, functions: Sequence[tuple[Any, str]]) -> None:
        self.passed = 0
        self._at = -1
        self._fault: Callable[[], object] = lambda: None
        for place, name in functions:
            monkeypatch.setattr(place, name, self._around(getattr(place, name)))

    def kill(self, at: int, number: signal.Signals) -> None:
        """From now on, at that step, let the process get the signal."""
        self.passed, self._at = 0, at
        self._fault = lambda: os.kill(os.getpid(), number)

    def none(self) -> None:
        """From now on let nothing happen."""
        self.passed, self._at = 0, -1

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self._step()
            result = function(*arguments, **named)
            self._step()
            return result

        return counted

    def _step(self) -> None:
        self.passed += 1
        if self.passed == self._at:
            self._fault()
