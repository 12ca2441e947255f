"""Where a value stands in a document as it was written.

Comes in: the steps by which a model reaches a value. Goes out: the steps by which a reader of the file reaches it.
Never here: files, lines.
"""

from __future__ import annotations

from collections.abc import Mapping

from kms_eval.formats.document import Steps


def written(loc: Steps, raw: object) -> Steps:
    """The steps of a place in the document as it was written.

    Left out: the index 0 of a single value in place of a list, and the tag of a union.
    """
    steps: list[str | int] = []
    here = raw
    for step in loc:
        members = dict(enumerate(here)) if isinstance(here, (list, tuple)) else here
        if isinstance(members, Mapping) and step in members:
            steps.append(step)
            here = members[step]
    return tuple(steps)
