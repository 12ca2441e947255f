"""Lines of the values of a document, kept as a tree of the document's shape.

Comes in: what the YAML and JSON readers see. Goes out: the line of a place, or of the nearest place around it.
Never here: values, and the text itself.
"""

from __future__ import annotations

from kms_eval.formats.document import Steps

# Deeper than any scenario, shallow enough that whatever walks a document may recurse.
DEEPEST = 100


class LineTree:
    """The line (from 1) on which a value stands, in a mapping that of its key, and the lines of its members."""

    __slots__ = ("line", "members")

    def __init__(self, line: int, members: dict[str | int, LineTree] | None = None) -> None:
        self.line = line
        self.members = {} if members is None else members

    def line_at(self, steps: Steps) -> int:
        """The line of the place `steps` leads to; where it leads nowhere, that of the last place on the way.

        The first of a list is also what stands alone for a list of one, as AWS has it in policies.
        """
        here = self
        for step in steps:
            member = here.members.get(step)
            if member is not None:
                here = member
            elif step != 0:
                break
        return here.line
