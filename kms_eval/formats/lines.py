"""Positions of the values of a document, kept as a tree of the document's shape.

Comes in: positions from the reader of YAML, or from the scan of JSON for faults. Goes out: the position of a place, or
of the nearest place around it. Never here: values, and the text itself.
"""

from __future__ import annotations

from kms_eval.formats.document import Position, Steps

# Deeper than any scenario, shallow enough that code that walks a document may recurse.
DEEPEST = 100


class LineTree:
    """The position of a value (in a mapping, of its key) and the positions of its members."""

    __slots__ = ("members", "position")

    def __init__(self, position: Position, members: dict[str | int, LineTree] | None = None) -> None:
        self.position = position
        self.members = {} if members is None else members

    def position_at(self, steps: Steps) -> Position:
        """The position of the place that `steps` lead to; where there is none, that of the last place on the way.

        Step 0 also leads to a single value that stands in place of a list, as AWS allows in policies.
        """
        here = self
        for step in steps:
            member = here.members.get(step)
            if member is not None:
                here = member
            elif step != 0:
                break
        return here.position
