"""The texts of linted files: the exact positions of values, and what comments ignore.

Comes in: places. Goes out: spans, lines, reasons to ignore. Never here: rules.

A comment ``# kms-eval: ignore KMS101 reason`` in a YAML file applies to the values that begin on its line or, if it is
alone on its line, on the next line that is not a comment; it also applies to everything inside these values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from kms_eval.formats.document import Place, Steps
from kms_eval.formats.spans import Span, spans
from kms_eval.records import record

_COMMENT = re.compile(
    r"(?:^|\s)#\s*kms-eval:\s*ignore\s+(?P<codes>KMS\d*(?:\s*,\s*KMS\d*)*)(?:[:\s]\s*(?P<reason>.*))?$"
)
_MEANT = re.compile(r"(?:^|\s)#\s*kms-eval\s*:?\s*ignore\b", re.IGNORECASE)
"""Text that is meant to be such a comment; it ignores nothing unless it has the right form."""
_LARGEST = 8 * 1024 * 1024


@record
class Ignore:
    """A comment: which prefixes of codes it ignores on which line (`about`), why, and its own line.

    A comment without codes ignores nothing.
    """

    codes: tuple[str, ...]
    about: int
    reason: str
    line: int


@record
class Text:
    """One file as text. `span` finds the positions of values in it."""

    lines: tuple[str, ...]
    span: Callable[[Steps], Span | None]
    ignores: tuple[Ignore, ...]


class Texts:
    """The texts of all files with findings, each read once; a file that can no longer be read has no text."""

    def __init__(self) -> None:
        self._texts: dict[Path, tuple[str, Text | None]] = {}

    def of(self, place: Place) -> Text | None:
        """The text of the file that contains the place."""
        return None if place.file.path is None else self.read(place.file.path, place.file.name)

    def read(self, path: Path, name: str) -> Text | None:
        """The text of a file; `name` is its name in messages."""
        if path not in self._texts:
            self._texts[path] = (name, _read(path))
        return self._texts[path][1]

    def ignored(self, place: Place, code: str) -> Ignore | None:
        """The comment that ignores a finding with this code at this place; None where there is none."""
        text = self.of(place)
        if text is None or not text.ignores:
            return None
        lines = {_line(text, place.steps[:depth]) for depth in range(1, len(place.steps) + 1)}
        for ignore in text.ignores:
            if ignore.about in lines and code.startswith(ignore.codes):
                return ignore
        return None

    def comments(self) -> Iterator[tuple[str, Text, Ignore]]:
        """Every comment of the files read so far, with the name and the text of its file."""
        for name, text in self._texts.values():
            if text is not None:
                yield from ((name, text, ignore) for ignore in text.ignores)


def _line(text: Text, steps: Steps) -> int | None:
    span = text.span(steps)
    return None if span is None else span.line


def _read(path: Path) -> Text | None:
    try:
        data = path.read_bytes()
        if len(data) > _LARGEST:
            return None
        content = data.decode("utf-8-sig")
    except (OSError, ValueError):
        return None
    lines = tuple(content.splitlines())
    found: list[Callable[[Steps], Span | None]] = []

    def span(steps: Steps) -> Span | None:
        if not found:
            found.append(spans(content))
        return found[0](steps)

    is_json = path.suffix.lower() == ".json"
    return Text(lines, span, () if is_json else tuple(_ignores(lines)))


def _ignores(lines: tuple[str, ...]) -> list[Ignore]:
    found = []
    for number, line in enumerate(lines, 1):
        comment = _COMMENT.search(line) if "kms-eval" in line else None
        if comment is None:
            if "kms-eval" in line and _MEANT.search(line):
                found.append(Ignore((), number, "", number))
            continue
        about = number
        if not line[: comment.start()].strip() and line.lstrip().startswith("#"):
            about = next(
                (
                    later
                    for later, text in enumerate(lines[number:], number + 1)
                    if text.strip() and text.strip()[0] != "#"
                ),
                number,
            )
        codes = tuple(code.strip() for code in comment["codes"].split(","))
        found.append(Ignore(codes, about, (comment["reason"] or "").strip(), number))
    return found
