"""What every engine in this folder offers, so that one table can hold them all.

An adapter is a module with `NAME`, `CALL` (what is called), `available()` (None, or why it cannot run here) and
`prepare(question)`. `prepare` makes everything that can be made before a request comes, including the request in the
engine's own form; only the engine's answer is timed. Never here: an engine.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from time import process_time
from typing import Protocol

from benchmarks.questions import Question

_DECISIONS = 1_000
"""At least about this many are timed together."""


class Answerer(Protocol):
    """An engine that has a question's world loaded."""

    def answers(self) -> list[bool]:
        """The answers to all requests of the question, in order."""

    def seconds(self) -> float:
        """The seconds of processor time that answering all of them takes."""


class Peer(Protocol):
    """An adapter module."""

    NAME: str
    CALL: str

    def available(self) -> str | None:
        """None, or why the engine cannot run here."""

    def prepare(self, question: Question) -> Answerer:
        """The engine with the question's world loaded."""


class InProcess:
    """An engine that is called in this process: `once` answers all requests."""

    def __init__(self, once: Callable[[], list[bool]]) -> None:
        self.answers = once

    def seconds(self) -> float:
        """The time of one pass; short passes are repeated, or reading the clock would be a large part of them."""
        passes = max(1, _DECISIONS // len(self.answers()))
        started = process_time()
        for _ in range(passes):
            self.answers()
        return (process_time() - started) / passes


def missing(package: str, advice: str | None = None) -> str | None:
    """That a package is not installed, and how to install it; None if it is installed."""
    if find_spec(package) is not None:
        return None
    return f"{package} is not installed ({advice or f'pip install {package}'})"
