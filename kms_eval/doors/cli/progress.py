"""A progress bar for long work, shown only on a terminal.

Comes in: a sequence of items to work on. Goes out: the same items, and a bar on stderr. Never here: the work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from kms_eval.doors.cli.output import Output

_T = TypeVar("_T")


def tracking(label: str, output: Output) -> Callable[[Sequence[_T]], Iterable[_T]]:
    """A function that passes a sequence on, with a bar if stderr is a terminal and the call is not quiet."""

    def track(items: Sequence[_T]) -> Iterable[_T]:
        return _with_bar(label, items) if _watched(output) else items

    return track


def _watched(output: Output) -> bool:
    return not output.quiet and sys.stderr is not None and sys.stderr.isatty()


def _with_bar(label: str, items: Sequence[_T]) -> Iterator[_T]:
    from rich.console import Console
    from rich.progress import track

    # The bar disappears when the work is done; only the answer stays.
    yield from track(items, label, console=Console(stderr=True), transient=True)
