"""Answers that go into a file: whole, or not at all.

Comes in: a path and the pieces of a text. Goes out: the file; InputError where it cannot be written.
Never here: what the pieces say. Nobody ever sees a half-written file under its name, not after Ctrl-C either.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkstemp

from kms_eval.doors.cli.output import Output
from kms_eval.errors import Fault, InputError, Location
from kms_eval.render.text import Paint, plain


def check_output(path: str | None) -> None:
    """Say now, before long work, that the answer could not be written there."""
    if path is not None:
        check_writable(Path(path))


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


def check_writable(path: Path) -> None:
    """Say now, before long work, that nothing can be written there."""
    folder = path.parent
    # These answer no where Path's own would raise, for names that are too long or no names at all.
    if os.path.isdir(path):  # noqa: PTH112
        raise InputError(Fault("is a folder", Location(str(path)), "name a file in it"))
    if not os.path.isdir(folder):  # noqa: PTH112
        raise InputError(Fault(f"there is no folder `{folder}`", Location(str(path))))
    if not os.access(folder, os.W_OK):
        raise InputError(Fault("cannot be written: permission denied", Location(str(path))))


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Write the pieces next to the file, then give it the file's name; what was there before is replaced at once."""
    check_writable(path)
    unfinished: Path | None = None
    try:
        number, name = mkstemp(prefix=f".{path.name}.", suffix=".unfinished", dir=path.parent)
        unfinished = Path(name)
        with os.fdopen(number, "w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            file.writelines(pieces)
        unfinished.chmod(_mode(path))
        unfinished.replace(path)
    except (OSError, ValueError) as error:
        _drop(unfinished)
        reason = (getattr(error, "strerror", None) or "not a name for a file").lower()
        raise InputError(Fault(f"cannot be written: {reason}", Location(str(path)))) from None
    except BaseException:
        _drop(unfinished)
        raise


def _mode(path: Path) -> int:
    """That of the file to be replaced, or what a new file gets."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _drop(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)
