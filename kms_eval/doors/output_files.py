"""Files and folders that doors write: whole, or not at all.

Comes in: a path and the pieces of a text, or a folder's files. Goes out: the file or folder; InputError where it cannot
be written.
Never here: what the pieces say. Nobody ever sees a half-written file under its name, not after Ctrl-C either.
What is no file (a pipe, a device) stays what it is and takes the pieces as they come; a link stays, and what it leads
to is replaced.
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


def takes_what_comes(path: Path) -> bool:
    """Whether something is there that is neither a file nor a folder, and must never be replaced by one."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def followed(path: Path) -> Path:
    """What a link leads to in the end, be it there or not; else the path itself."""
    # These answer no where Path's own would raise, for names that are too long or no names at all.
    return Path(os.path.realpath(path)) if os.path.islink(path) else path  # noqa: PTH114


def check_spared(path: Path, inputs: Iterable[str | Path | None]) -> None:
    """Say now that writing there would replace one of the files that are read; None is none."""
    for source in inputs:
        try:
            same = source is not None and path.samefile(source) and not takes_what_comes(path)
        except (OSError, ValueError):  # one of them is not there: reading or writing it says so
            continue
        if same:
            message = "is a file that this call reads, and would be replaced"
            raise InputError(Fault(message, Location(str(path)), "name another file"))


def check_writable(path: Path) -> None:
    """Say now, before long work, that nothing can be written there."""
    target = followed(path)
    folder = target.parent
    if os.path.islink(target):  # noqa: PTH114 - as in `followed`
        raise InputError(Fault("is a link that leads to itself", Location(str(path))))
    if os.path.isdir(path):  # noqa: PTH112 - as in `followed`
        raise InputError(Fault("is a folder", Location(str(path)), "name a file in it"))
    if not takes_what_comes(path) and not os.path.isdir(folder):  # noqa: PTH112 - likewise
        raise InputError(Fault(f"there is no folder `{folder}`", Location(str(path))))
    if not os.access(path if takes_what_comes(path) else folder, os.W_OK):
        raise InputError(Fault("cannot be written: permission denied", Location(str(path))))


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Write the pieces next to the file, then give it the file's name; what was there before is replaced at once."""
    check_writable(path)
    try:
        if takes_what_comes(path):
            _pass_on(path, pieces)
        else:
            _replace(followed(path), pieces)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files, by their names in the folder, so that the folder is there whole or not at all.

    The folder is not there yet, or empty. Raises InputError where it cannot be written.
    """
    target = followed(folder)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(mkdtemp(prefix=f".{target.name}.", suffix=".unfinished", dir=target.parent))
        try:
            for name, text in files.items():
                path = unfinished / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            unfinished.chmod(0o777 & ~_mask())
            if target.is_dir():
                target.rmdir()
            unfinished.rename(target)
        except BaseException:
            rmtree(unfinished, ignore_errors=True)
            raise
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None


def unwritable(path: Path, error: OSError | ValueError) -> InputError:
    """What is to be said where writing failed."""
    reason = (getattr(error, "strerror", None) or "not a name for a file").lower()
    return InputError(Fault(f"cannot be written: {reason}", Location(str(path))))


def _pass_on(path: Path, pieces: Iterable[str]) -> None:
    # A reader that has gone away is no error: what is left unsaid was not wanted.
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
    """That of the file to be replaced, or what a new file gets."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return 0o666 & ~_mask()


def _mask() -> int:
    """The rights that new files do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
