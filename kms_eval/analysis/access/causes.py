"""Which statements and grants make a change: those that are on one side only.

Comes in: what speaks on both sides. Goes out: sources with their places. Never here: whether there is a change.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from kms_eval.engine.entries import Entry
from kms_eval.engine.explanation import Source
from kms_eval.engine.rules import Rule
from kms_eval.engine.trace import source


class Causes:
    """Finds the causes of the changes of one comparison."""

    def __init__(self) -> None:
        # Looking a place up takes longer than deciding, and most changes have their cause in common.
        self._sources: dict[int, tuple[Entry, Source]] = {}
        self._rules: dict[int, tuple[Rule, Hashable]] = {}

    def of(self, before: Iterable[Entry], after: Iterable[Entry], mask: int, *, wider: bool) -> tuple[Source, ...]:
        """What makes access wider: an Allow that is new, a Deny that is gone; of what makes it narrower the opposite.

        `before` and `after` are all statements and grants that speak to the principal about the key. Where every
        statement is on both sides, something that they ask about has changed: then those that allow.
        """
        was, now = self._speaking(before, mask), self._speaking(after, mask)
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

    def _speaking(self, entries: Iterable[Entry], mask: int) -> dict[Hashable, Entry]:
        """The entries that speak of any of the actions, by what they say."""
        return {self._print(entry): entry for entry in entries if entry.actions & mask}

    def _print(self, entry: Entry) -> Hashable:
        """What an entry says, whatever it is called and wherever it stands in its document."""
        rule = entry.rule
        if rule is not None:
            known = self._rules.get(id(rule))
            if known is None:
                known = self._rules[id(rule)] = (rule, _said(rule))
            return entry.layer, known[1]
        grant = entry.allowance.grant if entry.allowance is not None else None
        if grant is None:
            return (entry.layer,)
        return (entry.layer, grant.grantee_principal, grant.operations, grant.constraints)


def _denies(entry: Entry) -> bool:
    return entry.rule is not None and entry.rule.effect == "Deny"


def _said(rule: Rule) -> Hashable:
    each = rule.statement
    return (each.effect, each.principals, each.not_principals, each.actions, each.not_actions, each.resources,
            each.not_resources, each.condition)  # fmt: skip
