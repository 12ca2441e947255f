"""Writes files and folders completely, or not at all.

Comes in: a path and the pieces of a text, or a folder's files. Goes out: the file or folder; InputError where it cannot
be written.
Never here: what the pieces say. A half-written file never has the final name, not even after Ctrl-C.
A path that is not a regular file (a pipe, a device) is not replaced but written to piece by piece; a link stays, and
its target is replaced.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp, mkstemp

from kms_eval.errors import Fault, InputError, Location


def is_special_file(path: Path) -> bool:
    """Whether the path is neither a file nor a folder (a pipe, a device), and must never be replaced by a file."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def link_target(path: Path) -> Path:
    """The final target of a link, whether it exists or not; else the path itself."""
    # Unlike the methods of Path, these do not raise for names that are too long or invalid.
    return Path(os.path.realpath(path)) if os.path.islink(path) else path  # noqa: PTH114


def refuse_overwriting(path: Path, inputs: Iterable[str | Path | None]) -> None:
    """Raise InputError now if writing there would replace one of the files that are read; None is ignored."""
    for source in inputs:
        try:
            same = source is not None and path.samefile(source) and not is_special_file(path)
        except (OSError, ValueError):  # one of them does not exist: reading or writing it says so
            continue
        if same:
            message = "is a file that this call reads, and would be replaced"
            raise InputError(Fault(message, Location(str(path)), "name another file"))


def check_writable(path: Path) -> None:
    """Raise InputError now, before long work, if nothing can be written there."""
    target = link_target(path)
    folder = target.parent
    if os.path.islink(target):  # noqa: PTH114 - as in `link_target`
        raise InputError(Fault("is a link that leads to itself", Location(str(path))))
    if os.path.isdir(path):  # noqa: PTH112 - as in `link_target`
        raise InputError(Fault("is a folder", Location(str(path)), "name a file in it"))
    if not is_special_file(path) and not os.path.isdir(folder):  # noqa: PTH112 - likewise
        raise InputError(Fault(f"there is no folder `{folder}`", Location(str(path))))
    if not os.access(path if is_special_file(path) else folder, os.W_OK):
        raise InputError(Fault("cannot be written: permission denied", Location(str(path))))


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Write the pieces to a temporary file beside it, and rename that, which replaces an old file at once."""
    check_writable(path)
    try:
        if is_special_file(path):
            _stream(path, pieces)
        else:
            _replace(link_target(path), pieces)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files, by their names in the folder, so that the folder appears completely or not at all.

    The folder must not exist yet, or must be empty. Raises InputError if it cannot be written.
    """
    target = link_target(folder)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(mkdtemp(prefix=f".{target.name}.", suffix=".unfinished", dir=target.parent))
        try:
            for name, text in files.items():
                path = unfinished / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            unfinished.chmod(0o777 & ~_umask())
            if target.is_dir():
                target.rmdir()
            unfinished.rename(target)
        except BaseException:
            rmtree(unfinished, ignore_errors=True)
            raise
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None


def unwritable(path: Path, error: OSError | ValueError) -> InputError:
    """The error to raise when writing failed."""
    reason = (getattr(error, "strerror", None) or "not a name for a file").lower()
    return InputError(Fault(f"cannot be written: {reason}", Location(str(path))))


def _stream(path: Path, pieces: Iterable[str]) -> None:
    # A reader that has closed the pipe is no error: it does not want the rest.
    with suppress(BrokenPipeError), path.open("w", encoding="utf-8", newline="", errors="backslashreplace") as stream:
        stream.writelines(pieces)


def _replace(path: Path, pieces: Iterable[str]) -> None:
    number, name = mkstemp(prefix=f".{path.name}.", suffix=".unfinished", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            file.writelines(pieces)
        unfinished.chmod(_mode(path))
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """The mode of the file to be replaced, or that of a new file."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return 0o666 & ~_umask()


def _umask() -> int:
    """The umask: the permissions that new files do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
