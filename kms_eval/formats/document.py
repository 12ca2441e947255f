"""A document as read: plain values, and where in the file each of them stands.

Comes in: a file's name and text (from `text`). Goes out: plain values (dicts, lists, scalars, None); lines on demand.
Never here: AWS, scenarios, the meaning of any value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from kms_eval.errors import Location
from kms_eval.records import record

Steps = tuple[str | int, ...]


def field_name(steps: Steps) -> str:
    """``("keys", "app", "grants", 0)`` as ``keys.app.grants[0]``."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


@record
class SourceFile:
    """A file, or a text or mapping in memory, without its content.

    `name` is what messages call it, `path` where it is (None in memory).
    `lines` finds the line of a place in it; asked only when a line is really needed.
    """

    name: str
    path: Path | None = None
    lines: Callable[[Steps], int | None] = field(default=lambda _steps: None)

    def location(self, steps: Steps = ()) -> Location:
        """The place `steps` leads to, or the nearest one around it whose line is known."""
        return Location(self.name, self.lines(steps), field_name(steps) or None)


@record
class Place:
    """A value inside a file: kept by whatever was parsed from it, so that its line can be found later.

    The value itself is not kept with it: that would double what the garbage collector has to look through.
    """

    file: SourceFile
    steps: Steps = ()

    def at(self, *more: str | int) -> Place:
        """The place of a member of this value."""
        return Place(self.file, self.steps + more)

    def location(self) -> Location:
        """File, line and field of the value."""
        return self.file.location(self.steps)


@record
class RawDocument:
    """What was read from a file: plain values."""

    file: SourceFile
    value: object

    @property
    def place(self) -> Place:
        """The place of the whole."""
        return Place(self.file)
