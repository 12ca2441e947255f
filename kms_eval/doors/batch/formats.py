"""Which files a batch is about, and which format each of them has.

Comes in: names of files and folders, patterns, ``-``. Goes out: files to be read, in order; the format of the output.
Never here: what is in them.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kms_eval.errors import Fault, InputError, Location, did_you_mean

Format = Literal["jsonl", "csv", "parquet"]

STANDARD = "-"
PARTIAL = ".partial"

_FORMATS: dict[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_NAMES: dict[str, Format] = {"jsonl": "jsonl", "csv": "csv", "parquet": "parquet"}
_ADVICE = "files of requests are named `.jsonl`, `.csv` or `.parquet`, the first two also with `.gz`"


@dataclass(frozen=True, slots=True)
class Source:
    """A file of requests; `path` is None for standard input. `name` is the name that messages use."""

    name: str
    path: Path | None
    format: Format

    @property
    def size(self) -> int:
        """The size in bytes; 0 if it is not known before reading."""
        return self.path.stat().st_size if self.path is not None and self.path.is_file() else 0


def format_named(text: str | None, option: str) -> Format | None:
    """The format that an option names. Raises InputError."""
    if text is None:
        return None
    named = _NAMES.get(text.lower())
    if named is None:
        advice = did_you_mean(text, _NAMES) or "the formats are `jsonl`, `csv` and `parquet`"
        raise InputError(Fault(f"unknown format `{text}`", Location(field=option), advice))
    return named


def format_of(name: str) -> Format | None:
    """The format according to a file's name; None if the name does not tell it."""
    return _FORMATS.get(Path(name.lower().removesuffix(".gz")).suffix)


def sources(words: Sequence[str], given: Format | None, *, output: Path | None) -> list[Source]:
    """The files that these words mean: a file, all files of a folder by name, a pattern's matches by name, ``-``.

    `given` is the format of files whose names do not tell it. In folders and patterns the output is left out.
    InputError: no such file, an unknown format, standard input twice, the output among the files.
    """
    found = [source for word in words for source in _meant(word, given, output)]
    if sum(source.path is None for source in found) > 1:
        raise InputError(Fault("standard input can be read once", Location(STANDARD)))
    if output is not None and any(_same(source.path, output) for source in found):
        raise InputError(Fault("the decisions would take the place of the requests", Location(str(output))))
    return found


def _meant(word: str, given: Format | None, output: Path | None) -> Iterator[Source]:
    if word == STANDARD:
        form = given or "jsonl"
        if form == "parquet":
            raise InputError(Fault("Parquet cannot come through a pipe", Location(STANDARD), "name a file"))
        yield Source("standard input", None, form)
        return
    path = Path(word)
    if path.is_dir():
        yield from _in_folder(path, given, output)
    elif path.exists():
        yield _source(path, given)
    else:
        # Path.glob takes no pattern that begins at the root.
        matches = sorted(glob.glob(word, recursive=True)) if glob.has_magic(word) else []  # noqa: PTH207 - see above
        files = [Path(match) for match in matches if Path(match).is_file() and not _same(Path(match), output)]
        if not files:
            message = "no file matches the pattern" if glob.has_magic(word) else "there is no such file or folder"
            raise InputError(Fault(message, Location(word)))
        for file in files:
            yield _source(file, given)


def _in_folder(folder: Path, given: Format | None, output: Path | None) -> Iterator[Source]:
    """All files below a folder, by name, except hidden ones and markers of other programs (``_SUCCESS``)."""
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and (given is not None or format_of(file.name) is not None)
        and not any(part.startswith((".", "_")) or part.endswith(PARTIAL) for part in file.relative_to(folder).parts)
        and not _same(file, output)
    ]
    if not files:
        raise InputError(Fault("no files of requests in this folder", Location(str(folder)), _ADVICE))
    for file in files:
        yield _source(file, given)


def _source(path: Path, given: Format | None) -> Source:
    form = format_of(path.name) or given
    if form is None:
        advice = f"{_ADVICE}; or say it with `--input-format`"
        raise InputError(Fault("the format cannot be told by the name", Location(str(path)), advice))
    return Source(str(path), path, form)


def _same(path: Path | None, output: Path | None) -> bool:
    try:
        return path is not None and output is not None and path.samefile(output)
    except OSError:
        return False
