"""The two streams: answers on stdout, messages about them on stderr.

Comes in: texts. Goes out: bytes that the terminal can show. Never here: which texts, exit codes.
A reader that has closed the pipe is no error: it does not want the rest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import TextIO

from kms_eval.safe_text import printable

_COLOURS = {"allowed": "1;32", "denied": "1;31", "label": "1", "place": "2"}


def colourful(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Whether the stream is a terminal on which colour is wanted."""
    # https://no-color.org: any value but the empty one
    plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
    return stream is not None and not plain and stream.isatty()


class Output:
    """Where a verb writes its answer and its messages."""

    def __init__(self, out: TextIO | None, err: TextIO | None, environment: Mapping[str, str]) -> None:
        self._out = _tolerant(out)
        self._err = _tolerant(err)
        self._colourful = colourful(out, environment)
        self._quiet = False

    @classmethod
    def of_process(cls) -> Output:
        """The output of this process."""
        return cls(sys.stdout, sys.stderr, os.environ)

    @property
    def ascii_only(self) -> bool:
        """Whether the stream for answers cannot show every character."""
        encoding = getattr(self._out, "encoding", None) or "utf-8"
        return "utf" not in encoding.lower()

    @property
    def width(self) -> int | None:
        """The number of columns of the terminal that shows the answers; None if stdout is not a terminal."""
        return get_terminal_size().columns if self._out is not None and self._out.isatty() else None

    @property
    def quiet(self) -> bool:
        """Whether only answers and errors are wanted."""
        return self._quiet

    def obey(self, *, quiet: bool, color: str | None) -> None:
        """Apply the options of the call: `color` is ``always``, ``never``, or ``auto`` and None for the default."""
        self._quiet = quiet
        if color in {"always", "never"}:
            self._colourful = color == "always"

    def answer(self, text: str) -> None:
        """Write the text to stdout, ending with a line end."""
        self._out = _written(self._out, text)

    def notice(self, text: str) -> None:
        """Write a message about the answer to stderr, unless the call is quiet."""
        if not self._quiet:
            self.error(text)

    def error(self, text: str) -> None:
        """Write an error to stderr, a line for each line of the text, control characters as escapes."""
        self._out = _flushed(self._out)
        words = "\n".join(f"kms-eval: {printable(line)}" for line in text.split("\n"))
        if self._err is not None and self._err.isatty():
            from kms_eval.render.wrapping import wrapped

            words = wrapped(words, get_terminal_size().columns)
        self._err = _written(self._err, words)

    def paint(self, kind: str, text: str) -> str:
        """The text in the colour of its kind, if colour is wanted."""
        return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if self._colourful else text

    def close(self) -> None:
        """Flush both streams, so that nothing is left to write when the interpreter ends."""
        self._out = _flushed(self._out)
        self._err = _flushed(self._err)


def _tolerant(stream: TextIO | None) -> TextIO | None:
    """The stream, set to write characters that it cannot encode as escapes."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _written(stream: TextIO | None, text: str) -> TextIO | None:
    return None if stream is None else _done(stream, lambda: stream.write(f"{text}\n"))


def _flushed(stream: TextIO | None) -> TextIO | None:
    return None if stream is None else _done(stream, stream.flush)


def _done(stream: TextIO, action: Callable[[], object]) -> TextIO | None:
    """The stream after the action; None if its reader has closed the pipe."""
    try:
        action()
    except BrokenPipeError:
        _abandon(stream)
        return None
    except OSError:
        _abandon(stream)
        raise
    return stream


def _abandon(stream: TextIO) -> None:
    """Discard what is still in the stream's buffer; else the interpreter complains when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
