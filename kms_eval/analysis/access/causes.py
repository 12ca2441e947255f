"""Which statements and grants cause a change: those that are on one side only.

Comes in: the cells of both sides. Goes out: sources with their places. Never here: whether there is a change.

A side that does not know the principal or the key has no cell. Its statements about the one that it knows (say, the
policy of an old key that a new principal may use) did not change, and so are no cause.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from kms_eval.analysis.access.grid import Grid, GridCell
from kms_eval.documents.model import Grant, Policy, Statement
from kms_eval.engine.entries import Entry
from kms_eval.engine.explanation import Source
from kms_eval.engine.layers import GRANT, LAYERS
from kms_eval.engine.resources import key_target, no_target
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope
from kms_eval.engine.trace import source
from kms_eval.world.model import Key


@dataclass(frozen=True, slots=True)
class Found:
    """The causes of a change; `unchanged` if they are on both sides, and only what they apply to has changed."""

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
        self._rules: dict[int, tuple[Rule, int]] = {}
        self._policies: dict[int, tuple[Policy, frozenset[int]]] = {}
        self._numbers: dict[Hashable, int] = {}
        """What statements and grants say, numbered: a number is compared at once."""

    def of(self, before: GridCell | None, after: GridCell | None, mask: int, *, wider: bool) -> Found:
        """What makes access wider: an Allow that is new, a Deny that is gone; for narrower access the opposite.

        If every statement is on both sides, a fact that they test has changed: then the causes are those that allow.
        """
        was, now = self._speaking(self._before, before, mask), self._speaking(self._after, after, mask)
        gone = {name: entry for name, entry in was.items() if name not in now}
        new = {name: entry for name, entry in now.items() if name not in was}
        if before is None and after is not None:
            new = self._without_existing(new, self._before, after, self._key_before)
        elif after is None and before is not None:
            gone = self._without_existing(gone, self._after, before, self._key_after)
        allowing, denying = (new, gone) if wider else (gone, new)
        found = [entry for entry in allowing.values() if not _denies(entry)]
        found += [entry for entry in denying.values() if _denies(entry)]
        unchanged = not found
        if unchanged:
            found = [entry for entry in (now if wider else was).values() if not _denies(entry)]
        return Found(tuple(dict.fromkeys(map(self._source, found))), unchanged)

    def _without_existing(
        self, entries: dict[_Named, Entry], grid: Grid, there: GridCell, keys: dict[str, Key]
    ) -> dict[_Named, Entry]:
        """The entries that the side without a cell does not have too, for the principal, the key or their accounts."""
        world, caller = grid.world, there.asker.caller
        key = keys.get(there.key.arn) if there.key is not None else None
        own = world.principals.get(caller.principal.arn) if caller.principal is not None else None
        target = key_target(key) if key is not None else no_target(caller.account, world.region, caller.partition)
        endpoint = world.vpc_endpoints.get(grid.endpoint) if grid.endpoint is not None else None
        scope = Scope(world, replace(caller, principal=own), target, endpoint)
        existing: dict[str, list[frozenset[int]]] = {}
        for layer in LAYERS:
            groups = layer.documents(scope) or ()
            existing[layer.name] = [self._statements(policy) for group in groups for policy in group]
        if key is not None:
            grants = (*key.grants, *(each.grant for each in key.open_grants))
            existing[GRANT] = [frozenset(self._number(_granted(grant)) for grant in grants)]
        return {
            name: entry
            for name, entry in entries.items()
            if not any(name[1] in each for each in existing.get(entry.layer, ()))
        }

    def _source(self, entry: Entry) -> Source:
        about = entry.rule if entry.rule is not None else entry.allowance
        known = self._sources.get(id(about))
        if known is None:
            # The entry is kept so that no other object gets its identity.
            known = self._sources[id(about)] = (entry, source(entry))
        return known[1]

    def _speaking(self, grid: Grid, grid_cell: GridCell | None, mask: int) -> dict[_Named, Entry]:
        """The entries that apply to any of the actions, by their content."""
        entries: Iterable[Entry] = grid.entries(grid_cell) if grid_cell is not None else ()
        return {self._named(entry): entry for entry in entries if entry.actions & mask}

    def _named(self, entry: Entry) -> _Named:
        """The content of an entry, regardless of its name and of its place in the document."""
        rule = entry.rule
        if rule is not None:
            known = self._rules.get(id(rule))
            if known is None:
                known = self._rules[id(rule)] = (rule, self._number(_said(rule.statement)))
            return entry.layer, known[1]
        return entry.layer, self._number(_granted(entry.allowance.grant) if entry.allowance is not None else None)

    def _number(self, content: Hashable) -> int:
        return self._numbers.setdefault(content, len(self._numbers))

    def _statements(self, policy: Policy) -> frozenset[int]:
        """The content of the statements of a policy."""
        known = self._policies.get(id(policy))
        if known is None:
            known = self._policies[id(policy)] = (
                policy,
                frozenset(self._number(_said(each)) for each in policy.statements),
            )
        return known[1]


_Named = tuple[str, int]
"""A layer, and the number of the content of a statement or grant in it."""


def _denies(entry: Entry) -> bool:
    return entry.rule is not None and entry.rule.effect == "Deny"


def _said(each: Statement) -> Hashable:
    return (each.effect, each.principals, each.not_principals, each.actions, each.not_actions, each.resources,
            each.not_resources, each.condition)  # fmt: skip


def _granted(grant: Grant) -> Hashable:
    return grant.grantee_principal, grant.operations, grant.constraints
