"""Ctrl-C while something works that cannot be stopped half-way.

Comes in: work. Goes out: `KeyboardInterrupt` behind it, where somebody asked for it meanwhile. Never here: exit codes.

Libraries of compiled code answer an interruption while they are loaded with errors and tracebacks of their own.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Let Ctrl-C wait until the work in here is done. In other threads than the main one there is none to wait for."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        # Ignored, or somebody else's to answer.
        yield
        return
    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if asked:
            raise KeyboardInterrupt
