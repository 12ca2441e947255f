"""Answers that go where the call says: on stdout, or into a file.

Comes in: what `--output` names, and the pieces of a text. Goes out: the answer. Never here: how a file is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kms_eval.doors.cli.output import Output
from kms_eval.doors.output_files import check_spared, check_writable, write_whole
from kms_eval.render.text import Paint, plain


def check_output(path: str | None, inputs: Iterable[str | Path | None]) -> None:
    """Say now, before long work, that the answer could not be written there, or would replace what it is about."""
    if path is not None:
        check_writable(Path(path))
        check_spared(Path(path), inputs)


def deliver(output: Output, path: str | None, pieces: Iterable[str]) -> None:
    """Give the answer: into the file where one is named, else on stdout."""
    if path is None:
        output.answer("".join(pieces).removesuffix("\n"))
        return
    write_whole(Path(path), pieces)
    output.word(f"wrote {path}")


def painting(path: str | None, output: Output) -> Paint:
    """How words are marked: not at all where they go into a file."""
    return output.paint if path is None else plain
