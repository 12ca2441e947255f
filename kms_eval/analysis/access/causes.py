"""Which statements and grants make a change: those that are on one side only.

Comes in: the squares of both sides. Goes out: sources with their places. Never here: whether there is a change.
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.analysis.access.grid import Square
from kms_eval.engine.entries import Entry
from kms_eval.engine.explanation import Source
from kms_eval.engine.trace import source

_Print = tuple[object, ...]


class Causes:
    """Finds the causes of the changes of one comparison."""

    def __init__(self) -> None:
        # Looking a place up takes longer than deciding, and most changes have their cause in common.
        self._sources: dict[int, tuple[Entry, Source]] = {}

    def of(self, before: Square | None, after: Square | None, mask: int, *, wider: bool) -> tuple[Source, ...]:
        """What makes access wider: an Allow that is new, a Deny that is gone; of what makes it narrower the opposite.

        Where every statement is on both sides, something that they ask about has changed: then those that allow.
        """
        was, now = _speaking(before, mask), _speaking(after, mask)
        gone = {name: entry for name, entry in was.items() if name not in now}
        new = {name: entry for name, entry in now.items() if name not in was}
        allowing, denying = (new, gone) if wider else (gone, new)
        found = [entry for entry in allowing.values() if not _denies(entry)]
        found += [entry for entry in denying.values() if _denies(entry)]
        if not found:
            found = [entry for entry in (now if wider else was).values() if not _denies(entry)]
        return tuple(dict.fromkeys(map(self._source, found)))

    def _source(self, entry: Entry) -> Source:
        about = entry.rule if entry.rule is not None else entry.allowance
        known = self._sources.get(id(about))
        if known is None:
            # The entry is kept so that no other object gets its identity.
            known = self._sources[id(about)] = (entry, source(entry))
        return known[1]


def _speaking(square: Square | None, mask: int) -> dict[_Print, Entry]:
    """The entries that speak of any of the actions, by what they say."""
    return {_print(entry): entry for entry in _entries(square) if entry.actions & mask}


def _entries(square: Square | None) -> Iterator[Entry]:
    for _covered, settled in square.halves if square is not None else ():
        yield from settled.cell.entries
        yield from settled.cell.pending


def _denies(entry: Entry) -> bool:
    return entry.rule is not None and entry.rule.effect == "Deny"


def _print(entry: Entry) -> _Print:
    """What an entry says, whatever it is called and wherever it stands in its document."""
    if entry.rule is not None:
        each = entry.rule.statement
        condition = repr(each.condition)
        return (entry.layer, each.effect, each.principals, each.not_principals, each.actions, each.not_actions,
                each.resources, each.not_resources, condition)  # fmt: skip
    grant = entry.allowance.grant if entry.allowance is not None else None
    if grant is None:
        return (entry.layer,)
    return (entry.layer, grant.grantee_principal, grant.operations, repr(grant.constraints))
