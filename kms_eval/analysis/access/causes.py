"""Which statements and grants make a change: those that are on one side only.

Comes in: the squares of both sides. Goes out: sources with their places. Never here: whether there is a change.

A side that does not know the principal or the key has no square. What that side says of the other of the two, say
the policy of the key that a new principal may use, did not change, and so is no cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kms_eval.analysis.access.grid import Grid, GridCell
from kms_eval.documents.model import Grant, Statement
from kms_eval.engine.entries import Entry
from kms_eval.engine.explanation import Source
from kms_eval.engine.layers import GRANT, LAYERS
from kms_eval.engine.resources import key_target, no_target
from kms_eval.engine.situation import Scope
from kms_eval.engine.trace import source
from kms_eval.world.model import Key

_Print = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The causes of a change; `unchanged` where they are on both sides, and what they speak of is what changed."""

    sources: tuple[Source, ...]
    unchanged: bool


class Causes:
    """Finds the causes of the changes of one comparison; `keys` are the keys of both sides in pairs."""

    def __init__(self, before: Grid, after: Grid, keys: Sequence[tuple[Key | None, Key | None]]) -> None:
        self._before, self._after = before, after
        self._key_before = {other.arn: one for one, other in keys if one is not None and other is not None}
        self._key_after = {one.arn: other for one, other in keys if one is not None and other is not None}
        # Looking a place up takes longer than deciding, and most changes have their cause in common.
        self._sources: dict[int, tuple[Entry, Source]] = {}
        self._of: GridCell | None = None
        self._said: frozenset[_Print] = frozenset()

    def of(self, before: GridCell | None, after: GridCell | None, mask: int, *, wider: bool) -> Found:
        """What makes access wider: an Allow that is new, a Deny that is gone; of what makes it narrower the opposite.

        Where every statement is on both sides, something that they ask about has changed: then those that allow.
        """
        was, now = _speaking(before, mask), _speaking(after, mask)
        stands = self._standing(before, after)
        gone = {name: entry for name, entry in was.items() if name not in now and name not in stands}
        new = {name: entry for name, entry in now.items() if name not in was and name not in stands}
        allowing, denying = (new, gone) if wider else (gone, new)
        found = [entry for entry in allowing.values() if not _denies(entry)]
        found += [entry for entry in denying.values() if _denies(entry)]
        unchanged = not found
        if unchanged:
            found = [entry for entry in (now if wider else was).values() if not _denies(entry)]
        return Found(tuple(dict.fromkeys(map(self._source, found))), unchanged)

    def _standing(self, before: GridCell | None, after: GridCell | None) -> frozenset[_Print]:
        """What the side without a square says all the same of the principal, the key or their accounts."""
        square = after if before is None else before if after is None else None
        if square is None:
            return frozenset()
        if square is not self._of:
            grid, keys = (self._before, self._key_before) if before is None else (self._after, self._key_after)
            key = keys.get(square.key.arn) if square.key is not None else None
            self._of, self._said = square, frozenset(_said(grid, square, key))
        return self._said

    def _source(self, entry: Entry) -> Source:
        about = entry.rule if entry.rule is not None else entry.allowance
        known = self._sources.get(id(about))
        if known is None:
            # The entry is kept so that no other object gets its identity.
            known = self._sources[id(about)] = (entry, source(entry))
        return known[1]


def _speaking(grid_cell: GridCell | None, mask: int) -> dict[_Print, Entry]:
    """The entries that speak of any of the actions, by what they say."""
    return {_print(entry): entry for entry in _entries(grid_cell) if entry.actions & mask}


def _entries(grid_cell: GridCell | None) -> Iterator[Entry]:
    for _covered, evaluated in grid_cell.halves if grid_cell is not None else ():
        yield from evaluated.cell.entries
        yield from evaluated.cell.pending


def _denies(entry: Entry) -> bool:
    return entry.rule is not None and entry.rule.effect == "Deny"


def _said(grid: Grid, square: GridCell, key: Key | None) -> Iterator[_Print]:
    """Everything that a world says of the principal of another's square, and of the key if it has that."""
    world, caller = grid.world, square.asker.caller
    own = world.principals.get(caller.principal.arn) if caller.principal is not None else None
    target = key_target(key) if key is not None else no_target(caller.account, world.region, caller.partition)
    endpoint = world.vpc_endpoints.get(grid.endpoint) if grid.endpoint is not None else None
    scope = Scope(world, replace(caller, principal=own), target, endpoint)
    for layer in LAYERS:
        for policy in (policy for group in layer.documents(scope) or () for policy in group):
            yield from (_statement(layer.name, statement) for statement in policy.statements)
    if key is not None:
        yield from map(_grant, (*key.grants, *(each.grant for each in key.open_grants)))


def _print(entry: Entry) -> _Print:
    """What an entry says, whatever it is called and wherever it stands in its document."""
    if entry.rule is not None:
        return _statement(entry.layer, entry.rule.statement)
    return _grant(entry.allowance.grant) if entry.allowance is not None else (entry.layer,)


def _statement(layer: str, each: Statement) -> _Print:
    return (layer, each.effect, each.principals, each.not_principals, each.actions, each.not_actions,
            each.resources, each.not_resources, repr(each.condition))  # fmt: skip


def _grant(grant: Grant) -> _Print:
    return (GRANT, grant.grantee_principal, grant.operations, repr(grant.constraints))
