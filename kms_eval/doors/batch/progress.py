"""Reports the progress of a batch: rows, their rate, the time that is left.

Comes in: how much is done, and a clock. Goes out: lines for a person, now and then. Never here: the batch itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

Clock = Callable[[], float]
"""Seconds since some moment, never less than before."""

_EVERY_ON_TERMINAL = 0.5
_EVERY = 30.0


class Progress:
    """Shows the progress of a batch: on a terminal in one line that changes, elsewhere in a line every half minute.

    `total` is the size of all that is to be read, 0 if it is not known. Without a `stream`, nothing is shown.
    """

    def __init__(self, stream: TextIO | None, total: int, clock: Clock) -> None:
        self._stream = stream
        self._live = stream is not None and stream.isatty()
        self._total = total
        self._clock = clock
        self._began = self._told = clock()
        self._shown = 0
        self._before: tuple[int, int] | None = None

    @property
    def seconds(self) -> float:
        """The time taken so far."""
        return self._clock() - self._began

    def tell(self, rows: int, done: int) -> None:
        """Take how many rows are decided and how much of the total is read; show it if it is time to."""
        if self._before is None:
            self._before = (rows, done)  # what an earlier run did took no time in this one
        now = self._clock()
        if self._stream is None or now - self._told < (_EVERY_ON_TERMINAL if self._live else _EVERY):
            return
        self._told = now
        line = self._line(rows, done, now - self._began)
        if self._live:
            self._stream.write(f"\r{line:<{self._shown}}")
            self._shown = len(line)
        else:
            self._stream.write(f"kms-eval: {line}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Leave the terminal's line empty for what comes next."""
        if self._live and self._stream is not None and self._shown:
            self._stream.write(f"\r{'':<{self._shown}}\r")
            self._stream.flush()
            self._shown = 0

    def _line(self, rows: int, done: int, seconds: float) -> str:
        rows_before, done_before = self._before or (0, 0)
        rate = (rows - rows_before) / seconds
        line = f"{rows:,} rows, {rate:,.0f} a second"
        if self._total and done > done_before:
            left = seconds * (self._total - done) / (done - done_before)
            line += f", {min(100, 100 * done // self._total)}%, {in_words(left)} left"
        return line


def in_words(seconds: float) -> str:
    """A length of time: ``7 s``, ``2 min``, ``3 h 20 min``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(max(seconds, 0) / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
