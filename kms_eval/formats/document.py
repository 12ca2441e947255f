"""A document as it was read: plain values, and where in the file each of them stands.

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
"""A function from a place in a text to its position. It can be pickled, like everything that is kept of a document."""


def _nowhere(steps: Steps) -> None:
    """The positions of a document in memory: it has none."""


@record
class Inside:
    """The positions inside the value at `around`, for steps that start at that value."""

    positions: Positions
    around: Steps

    def __call__(self, steps: Steps) -> Position | None:
        """The position of a place."""
        return self.positions((*self.around, *steps))


@record
class Only:
    """The position of one place in a text, whatever steps are given."""

    positions: Positions
    place: Steps

    def __call__(self, steps: Steps) -> Position | None:
        """The position of the place."""
        return self.positions(self.place)


@record
class SourceFile:
    """A file, or a text or mapping in memory, without its content.

    `name` is what messages call it, `path` where it is (None in memory). `position` finds a place in it, and is called
    only when needed. A document that was put together from several files has `origins`, which knows the file of each
    value.
    """

    name: str
    path: Path | None = None
    position: Positions = field(default=_nowhere)
    origins: Origins | None = None

    def location(self, steps: Steps = ()) -> Location:
        """The location of the place that `steps` lead to, or of the nearest place around it whose line is known."""
        if self.origins is not None and (found := self.origins.nearest(steps)) is not None:
            return found.place.location()
        position = self.position(steps)
        line, column = position if position is not None else (None, None)
        return Location(self.name, line, field_name(steps) or None, column)


@record
class Place:
    """A place in a file. Whatever was parsed from the value there keeps it, so that its line can be found later.

    It does not hold the value itself: that would double what the garbage collector has to look through.
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
        """Where the value comes from if its document was put together from several files; else this place."""
        origins = self.file.origins
        found = origins.nearest(self.steps) if origins is not None else None
        return found if found is not None else Origin(self)


@record
class Origin:
    """Where a value of a combined document comes from, and its name there (None: it is named by its place).

    `by_aws` says that AWS wrote it; the limits for documents of customers do not apply to it.
    """

    place: Place
    name: str | None = None
    by_aws: bool = False


class Origins:
    """For a document that was put together from several files, the file that each value comes from.

    A value without an origin of its own comes from the same place as the value around it.
    """

    def __init__(self) -> None:
        self._root: _Branch = _Branch()

    def put(self, steps: Steps, origin: Origin) -> None:
        """Record that the value at `steps` comes from `origin`, with everything in it that has no other origin."""
        here = self._root
        for step in steps:
            here = here.members.setdefault(step, _Branch())
        here.origin = origin

    def nearest(self, steps: Steps) -> Origin | None:
        """The origin of the value at `steps`, or a place inside the nearest origin around it; None where none is known.

        Only an origin that was recorded for this very value has a name.
        """
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
        """Copy the origins of the value at `theirs`, and of all inside it, from `others` to the value at `steps`."""
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
        """Record that the value at `steps` has moved to `there`."""
        branch = self._branch(steps)
        self.drop(steps)
        if branch is not None:
            here = self._root
            for step in there:
                here = here.members.setdefault(step, _Branch())
            here.take(branch)

    def drop(self, steps: Steps) -> None:
        """Forget the origins of the value at `steps`."""
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
        """Merge another branch into this one; where both have an origin, that of the other counts."""
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
        """The place of the whole document."""
        return Place(self.file)
