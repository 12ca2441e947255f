"""What a caller's own policies say about each key: one number for each key, equal if they say the same.

Comes in: a caller's compiled policies. Goes out: numbers by place, and the entries behind a number. Never here: key
policies and grants (`key_classes`), deciding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from kms_eval.analysis.classes.facts_read import FactsRead, RuleRead, readings
from kms_eval.analysis.classes.numbers import Numbers
from kms_eval.analysis.classes.places import EVERYTHING_COVERED, Place, Places, code_at, may_cover, within
from kms_eval.engine.caller_policies import CallerPolicies
from kms_eval.engine.entries import Entry
from kms_eval.engine.masks import ON_ALIAS
from kms_eval.engine.situation import Scope
from kms_eval.engine.unknowns import unknown_facts
from kms_eval.records import record
from kms_eval.world.model import Caller

_MOST_KNOWN = 200_000


@record
class Asked:
    """Who asks, as far as it is the same for every key.

    `scope` gives the scope at a place, `unknown` prefixes of condition keys about which nothing is known,
    `own_policies` whether it may have more identity policies than are known, `not_shown` the facts of the caller that
    no source could show.
    """

    scope: Callable[[Place], Scope]
    policies: CallerPolicies
    unknown: tuple[str, ...]
    own_policies: bool
    not_shown: Hashable

    @property
    def caller(self) -> Caller:
        """The caller itself."""
        return self.policies.audience.caller


@record
class Column:
    """What one entry says at each place: one number for all places, for some, or a list of numbers; 0 is nothing."""

    everywhere: int
    at: Mapping[int, int] | None = None
    listed: Sequence[int] | None = None

    def number(self, index: int) -> int:
        """The number at a place."""
        if self.listed is not None:
            return self.listed[index]
        return self.everywhere if self.at is None else self.at.get(index, 0)


def not_shown(scope: Scope) -> Hashable:
    """The facts of a scope that no source could show, in a form that can be compared."""
    return tuple(sorted(unknown_facts(scope).items(), key=lambda each: each[0]))


def entries_of(policies: CallerPolicies) -> list[Entry]:
    """All entries of the caller's own policies, in the order of layers."""
    return [entry for _in_force, entries in policies.gathered.values() for entry in entries]


class CallerClasses:
    """The callers' side of the classes of one world."""

    def __init__(
        self, places: Places, facts: FactsRead, numbers: Numbers, *, common: Hashable = None, actions: int = ~0
    ) -> None:
        """`common` is equal for all callers, but may differ in another world; `actions` are those asked about."""
        self._common = common
        self._actions = actions
        self._places = places
        self._facts = facts
        self._numbers = numbers
        self._columns: dict[Hashable, Column] = {}
        self._rows: dict[Hashable, list[int]] = {}
        self._asked: Asked | None = None
        self._its_columns: list[tuple[Entry, Column]] = []
        self._groups: dict[tuple[str, ...], tuple[list[int], list[Place]]] = {}

    def row(self, asked: Asked) -> list[int]:
        """The caller's number at each place. Callers whose policies say the same share one list."""
        columns = [column for _entry, column in self._columns_of(asked)]
        layers = self.layers_number(asked)
        key = (layers, *map(id, columns))
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= _MOST_KNOWN:
                self._rows.clear()
            row = self._rows[key] = self._row(layers, columns)
        return row

    def at(self, asked: Asked, place: Place) -> int:
        """The caller's number at a place that is no key of the world."""
        said = (self._content(entry, read, asked, place) for entry, read in self._read(asked))
        return self._numbers.of((self.layers_number(asked), *(number for number in said if number)))

    def kept(self, asked: Asked, place: Place) -> list[Entry]:
        """The entries behind the caller's number, in the order in which they make it up."""
        if place.key is None:
            return [entry for entry, read in self._read(asked) if self._content(entry, read, asked, place)]
        return [entry for entry, column in self._columns_of(asked) if column.number(place.index)]

    def _columns_of(self, asked: Asked) -> list[tuple[Entry, Column]]:
        """The caller's entries, with what each of them says at each place."""
        if self._asked is not asked:
            self._its_columns = [(entry, self._column(entry, read, asked)) for entry, read in self._read(asked)]
            self._asked = asked
        return self._its_columns

    def _read(self, asked: Asked) -> Iterator[tuple[Entry, RuleRead]]:
        for entry in entries_of(asked.policies):
            if entry.rule is not None and entry.actions & self._actions:
                yield entry, self._facts.rule(entry.rule)

    def layers_number(self, asked: Asked) -> int:
        """The number for which layers there are and how they limit."""
        policies = asked.policies
        return self._numbers.of(
            (policies.limits, policies.grant_limits, policies.gates, tuple(policies.gathered), len(policies.sums),
             asked.unknown, asked.own_policies, asked.not_shown, self._common)
        )  # fmt: skip

    def _row(self, layers: int, columns: Sequence[Column]) -> list[int]:
        number, places = self._numbers.of, self._places.all
        if any(column.listed is not None for column in columns):
            lists = [
                column.listed if column.listed is not None else [column.number(place.index) for place in places]
                for column in columns
            ]
            return [number((layers, *(each for each in said if each))) for said in zip(*lists, strict=True)]
        everywhere = (layers, *(column.everywhere for column in columns if column.at is None and column.everywhere))
        row = [number(everywhere)] * len(places)
        for index in {index for column in columns for index in column.at or ()}:
            said = (column.number(index) for column in columns)
            row[index] = number((layers, *(each for each in said if each)))
        return row

    def _column(self, entry: Entry, read: RuleRead, asked: Asked) -> Column:
        """What an entry says at each place; the same object for entries that say the same."""
        facts = readings(read.of_caller, asked.scope(self._places.all[0])) if read.of_caller else ()
        about = (read.number, entry.layer, entry.layer_index, entry.actions, facts, asked.unknown, asked.not_shown)
        column = self._columns.get(about)
        if column is None:
            if len(self._columns) >= _MOST_KNOWN:
                self._columns.clear()
                self._rows.clear()
            column = self._columns[about] = self._made(entry, read, asked)
        return column

    def _made(self, entry: Entry, read: RuleRead, asked: Asked) -> Column:
        places = self._places.all
        if read.rule.resource is not None and read.rule.resource.needs:
            return Column(0, listed=[self._content(entry, read, asked, place) for place in places])
        covered = self._places.covered(read.rule)
        if not read.of_resource:
            if covered is None:
                return Column(self._covering(entry, read, asked, places[0], EVERYTHING_COVERED))
            said = {index: self._covering(entry, read, asked, places[index], code) for index, code in covered.items()}
            return Column(0, at={index: number for index, number in said.items() if number})
        group_of, first = self._group(read.of_resource, asked)
        known: dict[tuple[int, int], int] = {}
        found: dict[int, int] = {}
        for index in range(len(places)) if covered is None else covered:
            about = (group_of[index], EVERYTHING_COVERED if covered is None else covered[index])
            number = known.get(about)
            if number is None:
                number = known[about] = self._covering(entry, read, asked, first[about[0]], about[1])
            if number:
                found[index] = number
        return Column(0, at=found)

    def _group(self, keys: tuple[str, ...], asked: Asked) -> tuple[list[int], list[Place]]:
        """The group of each place (places with equal facts are one group), and the first place of each group."""
        known = self._groups.get(keys)
        if known is None:
            groups: dict[Hashable, int] = {}
            first: list[Place] = []
            group_of = []
            for place in self._places.all:
                scope = asked.scope(place)
                facts = (readings(keys, scope), not_shown(scope))
                group = groups.setdefault(facts, len(first))
                if group == len(first):
                    first.append(place)
                group_of.append(group)
            known = self._groups[keys] = (group_of, first)
        return known

    def _content(self, entry: Entry, read: RuleRead, asked: Asked, place: Place) -> int:
        resource = read.rule.resource
        if resource is None:
            return 0
        if resource.needs:
            if not may_cover(read.rule, place):
                return 0
            targets = tuple(target.arn for _mask, target in place.targets)
            facts = readings(read.rule.needs, asked.scope(place))
            return self._numbers.of((*self._about(entry, read), targets, facts, read.number))
        code = EVERYTHING_COVERED if resource.everything else code_at(read.rule, place)
        return self._covering(entry, read, asked, place, code)

    def _covering(self, entry: Entry, read: RuleRead, asked: Asked, place: Place, code: int) -> int:
        """The number for what an entry says if it covers a place as the code tells."""
        code = within(code, entry.actions, place)
        if not code:
            return 0
        scope = asked.scope(place)
        on_alias = entry.actions & ON_ALIAS and (code < 0 or code >> 2)
        if read.of_existing_key and (on_alias or place.key is None):
            residual: Hashable | None = self._facts.as_written(read.rule, scope)
        else:
            residual = self._facts.residual(read.rule, scope, asked.unknown)
        return 0 if residual is None else self._numbers.of((*self._about(entry, read), residual, code))

    def _about(self, entry: Entry, read: RuleRead) -> tuple[Hashable, ...]:
        return (entry.layer, entry.layer_index, entry.actions & self._actions, read.rule.open)
