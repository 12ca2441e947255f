"""Defers Ctrl-C while something runs that cannot be stopped half-way.

Comes in: work. Goes out: `KeyboardInterrupt` after it, if Ctrl-C was pressed meanwhile. Never here: exit codes.

Libraries of compiled code that are interrupted while they are loaded print errors and tracebacks of their own.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Let Ctrl-C wait until the work in here is done. Only the main thread receives it, so others do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        # It is ignored, or somebody else handles it.
        yield
        return
    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if asked:
            raise KeyboardInterrupt
