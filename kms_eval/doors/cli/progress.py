"""A bar that says how far long work is; only where a person watches.

Comes in: what is to be done, one by one. Goes out: the same, one by one, and a bar on stderr. Never here: the work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from kms_eval.doors.cli.output import Output

_T = TypeVar("_T")


def tracking(label: str, output: Output) -> Callable[[Sequence[_T]], Iterable[_T]]:
    """What passes a sequence on, with a bar where stderr is a terminal and words are wanted."""

    def track(items: Sequence[_T]) -> Iterable[_T]:
        return _with_bar(label, items) if _watched(output) else items

    return track


def _watched(output: Output) -> bool:
    return not output.quiet and sys.stderr is not None and sys.stderr.isatty()


def _with_bar(label: str, items: Sequence[_T]) -> Iterator[_T]:
    from rich.console import Console
    from rich.progress import track

    # Gone when the work is done: the answer is what stays.
    yield from track(items, label, console=Console(stderr=True), transient=True)
