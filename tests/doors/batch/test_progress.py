"""How far a batch has come is said now and then, and on a terminal in one line."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from kms_eval.doors.batch.progress import Progress, in_words


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def clock(*seconds: float) -> Callable[[], float]:
    times = iter(seconds)
    return lambda: next(times)


def test_rate_and_time_left_are_told_by_what_has_been_read() -> None:
    stream = io.StringIO()
    progress = Progress(stream, 1000, clock(0, 1, 31, 40, 100))
    for rows, done in ((0, 0), (310, 100), (400, 200), (500, 250)):
        progress.tell(rows, done)
    assert stream.getvalue().splitlines() == [
        "kms-eval: 310 rows, 10 a second, 10%, 5 min left",
        "kms-eval: 500 rows, 5 a second, 25%, 5 min left",
    ]


def test_a_terminal_has_one_line_that_is_gone_at_the_end() -> None:
    stream = Terminal()
    progress = Progress(stream, 0, clock(0, 1, 2, 3))
    progress.tell(1000, 10)
    progress.tell(2000, 20)
    progress.clear()
    assert stream.getvalue() == "\r1,000 rows, 0 a second\r2,000 rows, 500 a second\r                        \r"


def test_rows_of_an_earlier_run_took_this_one_no_time() -> None:
    stream = io.StringIO()
    progress = Progress(stream, 100, clock(0, 0, 50))
    progress.tell(1_000_000, 50)
    progress.tell(1_000_500, 75)
    assert stream.getvalue() == "kms-eval: 1,000,500 rows, 10 a second, 75%, 50 s left\n"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (99, "99 s"), (120, "2 min"), (5000, "83 min"), (12_000, "3 h 20 min")]
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
