"""A document as read: plain values, and where in the file each of them stands.

Comes in: a file's name and text (from `text`). Goes out: plain values (dicts, lists, scalars, None); positions on
demand. Never here: AWS, scenarios, the meaning of any value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import NamedTuple

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


class Position(NamedTuple):
    """A place in a text: line and column, both counted from 1, the column in characters."""

    line: int
    column: int


Positions = Callable[[Steps], Position | None]
"""The way from a place in a text to its position. It can be pickled, like all that is kept of a document."""


def _nowhere(steps: Steps) -> None:
    """The positions of what is in memory."""


@record
class Inside:
    """The positions of what stands at `around` in a text, as those of a text of its own."""

    positions: Positions
    around: Steps

    def __call__(self, steps: Steps) -> Position | None:
        """The position of a place."""
        return self.positions((*self.around, *steps))


@record
class Only:
    """The position of one place in a text, wherever a name for it leads to."""

    positions: Positions
    place: Steps

    def __call__(self, steps: Steps) -> Position | None:
        """The position of the place."""
        return self.positions(self.place)


@record
class SourceFile:
    """A file, or a text or mapping in memory, without its content.

    `name` is what messages call it, `path` where it is (None in memory). `position` finds a place in it; asked only
    when it is really needed. `origins` is there where the document was put together from several files: it knows from
    which file each value is.
    """

    name: str
    path: Path | None = None
    position: Positions = field(default=_nowhere)
    origins: Origins | None = None

    def location(self, steps: Steps = ()) -> Location:
        """The place `steps` leads to, or the nearest one around it whose line is known."""
        if self.origins is not None and (found := self.origins.nearest(steps)) is not None:
            return found.place.location()
        position = self.position(steps)
        line, column = position if position is not None else (None, None)
        return Location(self.name, line, field_name(steps) or None, column)


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
        """File, line, field and column of the value."""
        return self.file.location(self.steps)

    def origin(self) -> Origin:
        """Where the value really stands, if its document was put together from several files; else this place."""
        origins = self.file.origins
        found = origins.nearest(self.steps) if origins is not None else None
        return found if found is not None else Origin(self)


@record
class Origin:
    """Where a value of a document that was put together is from, and what it is called there (None: by its place).

    `by_aws` tells that AWS wrote it, which does not keep to the limits of its customers.
    """

    place: Place
    name: str | None = None
    by_aws: bool = False


class Origins:
    """From which file each value of a document is that was put together from several ones.

    What was not told of itself is where the value around it is.
    """

    def __init__(self) -> None:
        self._root: _Branch = _Branch()

    def put(self, steps: Steps, origin: Origin) -> None:
        """The value at `steps` is from `origin`, and so is all inside it of which nothing else is said."""
        here = self._root
        for step in steps:
            here = here.members.setdefault(step, _Branch())
        here.origin = origin

    def nearest(self, steps: Steps) -> Origin | None:
        """The origin of the value at `steps`; None where nothing around it has one. Only the very value has a name."""
        here, found, depth = self._root, self._root.origin, 0
        for index, step in enumerate(steps, 1):
            member = here.members.get(step)
            if member is None:
                break
            here = member
            if here.origin is not None:
                found, depth = here.origin, index
        if found is None or depth == len(steps):
            return found
        return Origin(found.place.at(*steps[depth:]))

    def graft(self, steps: Steps, others: Origins, theirs: Steps) -> None:
        """What `others` tell of the value at `theirs` and all inside it holds for the value at `steps` from now on."""
        branch = others._branch(theirs)
        if branch is None or (branch.origin is None and not branch.members):
            found = others.nearest(theirs)
            if found is not None:
                self.put(steps, found)
            return
        here = self._root
        for step in steps:
            here = here.members.setdefault(step, _Branch())
        here.take(branch)
        if here.origin is None:
            here.origin = others.nearest(theirs)

    def move(self, steps: Steps, there: Steps) -> None:
        """The value at `steps` stands at `there` now."""
        branch = self._branch(steps)
        self.drop(steps)
        if branch is not None:
            here = self._root
            for step in there:
                here = here.members.setdefault(step, _Branch())
            here.take(branch)

    def drop(self, steps: Steps) -> None:
        """Nothing is told of the value at `steps` any more."""
        around = self._branch(steps[:-1])
        if around is not None:
            around.members.pop(steps[-1], None)

    def _branch(self, steps: Steps) -> _Branch | None:
        here: _Branch | None = self._root
        for step in steps:
            here = here.members.get(step) if here is not None else None
        return here


class _Branch:
    __slots__ = ("members", "origin")

    def __init__(self) -> None:
        self.members: dict[str | int, _Branch] = {}
        self.origin: Origin | None = None

    def take(self, other: _Branch) -> None:
        """All that another branch tells, which counts more."""
        if other.origin is not None:
            self.origin = other.origin
        for step, branch in other.members.items():
            self.members.setdefault(step, _Branch()).take(branch)


@record
class RawDocument:
    """What was read from a file: plain values."""

    file: SourceFile
    value: object

    @property
    def place(self) -> Place:
        """The place of the whole."""
        return Place(self.file)
