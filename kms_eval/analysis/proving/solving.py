"""Whether tests of conditions can hold together: values of the request for which they do, or a proof of none.

Comes in: literals: tests of compiled conditions, each wanted to hold or to fail, and what is known about condition
keys. Goes out: a `Model`, `IMPOSSIBLE`, or `NotProved` with the reason. Never here: statements, layers, deciding.

INVARIANT: `IMPOSSIBLE` is a proof. A test that cannot be described as a set counts as met, and a model that is then
found is only used after the engine has decided it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, product
from typing import Final

from kms_eval.analysis.proving.automata import Clause, TooManyStatesError, shortest
from kms_eval.analysis.proving.domains import Domain, realistic_texts
from kms_eval.analysis.proving.patterns import TEXT_TYPES, OutOfReachError, patterns_of
from kms_eval.analysis.proving.points import is_ordered, points
from kms_eval.analysis.proving.z3_search import NotProvedError, Z3Search
from kms_eval.documents.model import ConditionTest, Policy, PolicyKind
from kms_eval.engine.conditions import Test, compile_condition
from kms_eval.engine.readings import Alternatives, Reading
from kms_eval.language.variables import Lookup, Template

_MOST_CANDIDATES = 400
_MOST_FILLINGS = 64
_MOST_TEXTS = 8
_PLAIN_WORDS = ("blue", "green", "example")


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A test that has to hold, or has to fail (`holds` False); `generous` is the reading of its effect."""

    test: Test
    holds: bool
    generous: bool

    @property
    def identity(self) -> tuple[int, bool, bool]:
        """What two equal literals share; compiled tests live as long as their world."""
        return id(self.test), self.holds, self.generous

    def met(self, values: tuple[str, ...] | None, lookup: Lookup) -> bool:
        """Whether the engine finds that these values of its key meet it."""
        return self.test.holds(values, lookup, generous=self.generous) is self.holds


@dataclass(frozen=True, slots=True)
class Model:
    """Values that meet all literals: for each condition key (lower case) its values, or None if it is absent."""

    values: Mapping[str, tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Impossible:
    """It is proved that no request meets all literals."""


IMPOSSIBLE: Final = Impossible()


@dataclass(frozen=True, slots=True)
class NotProved:
    """Values were neither found nor excluded, and why."""

    reason: str


Answer = Model | Impossible | NotProved


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about condition keys (lower case) before any request.

    `domains` gives the domain of a key, `reading` the value of a key that is not open, `is_open` whether requests
    choose its values.
    """

    domains: Callable[[str], Domain]
    reading: Callable[[str], Reading]
    is_open: Callable[[str], bool]
    must_be_absent: frozenset[str] = frozenset()
    must_be: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def lookup(self, key: str) -> str | None:
        """The single value of a key that is not open, for policy variables; None if it has none."""
        value = self.reading(key)
        return value[0] if isinstance(value, tuple) and len(value) == 1 else None


@lru_cache(maxsize=4096)
def presence(key: str, *, present: bool) -> Literal:
    """The literal that a condition key (lower case) is present, or that it is absent."""
    test = ConditionTest("Null", "", if_exists=False, key=key, values=("false" if present else "true",))
    return Literal(compile_condition(_MADE_UP, (test,)).tests[0], holds=True, generous=False)


_MADE_UP = Policy("a condition key", PolicyKind.IDENTITY, "2008-10-17", None, ())


def solve(literals: Sequence[Literal], known: Known) -> Answer:
    """Values under which all literals are met."""
    variables = sorted({key for literal in literals for key in _open_variables(literal.test, known)})
    if not variables:
        return _all_keys(literals, known, known.lookup)
    if _is_contradiction(literals):
        return IMPOSSIBLE
    by_key = _by_key(literals)
    choices = [_fillings(key, by_key.get(key, ()), literals, known) for key in variables]
    for chosen in islice(product(*choices), _MOST_FILLINGS):
        filled = dict(zip(variables, chosen, strict=True))
        answer = _all_keys(literals, known, _with(filled, known.lookup), filled)
        if isinstance(answer, Model):
            return answer
    # Without the tests that have variables: what is impossible then is impossible with them.
    rest = [literal for literal in literals if not any(_open_variables(literal.test, known))]
    needed = {each.test.key: None for each in literals if each not in rest and not each.met(None, known.lookup)}
    rest += [presence(key, present=True) for key in needed]
    if isinstance(_all_keys(rest, known, known.lookup), Impossible):
        return IMPOSSIBLE
    return _by_z3(literals, known, variables)


def _is_contradiction(literals: Sequence[Literal]) -> bool:
    """Whether the same test has to hold and to fail, whatever its variables stand for."""
    said = {(each.test.written, each.test.needs, each.generous, each.holds) for each in literals}
    return any((written, needs, generous, not holds) in said for written, needs, generous, holds in said)


def _by_z3(literals: Sequence[Literal], known: Known, variables: Sequence[str]) -> Answer:
    names = ", ".join(f"${{{key}}}" for key in variables)
    try:
        search = Z3Search(known.domains, known.lookup, known.is_open, known.must_be_absent, known.must_be)
        values = search.answer([(each.test, each.holds, each.generous) for each in literals])
    except NotProvedError as error:
        return NotProved(f"the policy variable {names} has the request's own value ({error})")
    if values is None:
        return IMPOSSIBLE
    filled = {key: each[0] if each is not None else None for key, each in values.items()}
    lookup = _with(filled, known.lookup)
    if all(each.met(values.get(each.test.key), lookup) for each in literals):
        return Model(values)
    # What z3 could not be told counted as met.
    return NotProved(f"the policy variable {names} has the request's own value")


def _fillings(key: str, about: Sequence[Literal], literals: Sequence[Literal], known: Known) -> list[str | None]:
    if key in known.must_be_absent:
        return [None]
    if key in known.must_be:
        return list(known.must_be[key])
    texts = [text for literal in about for text in _written(literal)]
    compared = {each.test.key for each in literals if key in each.test.needs}
    texts += [text for other in compared if not known.is_open(other) and (text := known.lookup(other)) is not None]
    beside = [each for each in literals if each.test.key in compared and each.test.key != key]
    texts += [text for literal in beside for text in _written(literal)]
    tried = islice(dict.fromkeys((*texts, *known.domains(key).examples, *_PLAIN_WORDS)), _MOST_TEXTS)
    # Wildcards in a variable's value count for a Deny (Z27), and may be the only difference between the two readings.
    wild = any(each.generous and each.test.operator.wildcards for each in literals if key in each.test.needs)
    return [*tried, *(["*"] if wild else []), None]


def _written(literal: Literal) -> Iterator[str]:
    """The texts that the values of a test stand for."""
    for value in literal.test.written.values:
        if literal.test.operator.wildcards:
            yield from realistic_texts(value)
        elif "${" not in value:
            yield value


def _with(filled: Mapping[str, str | None], lookup: Lookup) -> Lookup:
    return lambda key: filled[key] if key in filled else lookup(key)


def _open_variables(test: Test, known: Known) -> Iterator[str]:
    for value in test.values:
        if isinstance(value, Template):
            yield from (key for key in value.keys if known.is_open(key))


def _by_key(literals: Iterable[Literal]) -> dict[str, list[Literal]]:
    found: dict[str, list[Literal]] = {}
    for literal in literals:
        found.setdefault(literal.test.key, []).append(literal)
    return found


def _all_keys(
    literals: Sequence[Literal], known: Known, lookup: Lookup, filled: Mapping[str, str | None] | None = None
) -> Answer:
    """Solve key by key: without open variables the tests of one key do not affect another."""
    values: dict[str, tuple[str, ...] | None] = {}
    unsettled: NotProved | None = None
    by_key = _by_key(literals)
    for key in {**by_key, **(filled or {})}:
        about = by_key.get(key, [])
        if filled is not None and key in filled:
            text = filled[key]
            answer: Answer = _given(key, about, None if text is None else (text,), lookup)
        elif key in known.must_be_absent:
            answer = _given(key, about, None, lookup)
        elif key in known.must_be:
            answer = _given(key, about, known.must_be[key], lookup)
        elif not known.is_open(key) and not isinstance(value := known.reading(key), Alternatives):
            answer = _given(key, about, value, lookup)
        elif (always := _always_one_of(known.reading(key))) is not None:
            answer = _any_of(key, about, always, lookup)
        else:
            answer = _one_key(key, about, known.domains(key), lookup)
        if isinstance(answer, Impossible):
            return IMPOSSIBLE
        if isinstance(answer, NotProved):
            unsettled = answer
        else:
            values.update(answer.values)
    return unsettled or Model(values)


def _always_one_of(reading: Reading) -> tuple[tuple[str, ...], ...] | None:
    """The readings of a key that every such request has, even if it does not say so; None if it may be absent."""
    if not isinstance(reading, Alternatives):
        return None
    present = tuple(values for values in reading.readings if values is not None)
    return present if len(present) == len(reading.readings) else None


def _any_of(key: str, about: Sequence[Literal], readings: Iterable[tuple[str, ...]], lookup: Lookup) -> Answer:
    answers = (_given(key, about, values, lookup) for values in readings)
    return next((answer for answer in answers if isinstance(answer, Model)), IMPOSSIBLE)


def _given(key: str, about: Sequence[Literal], values: tuple[str, ...] | None, lookup: Lookup) -> Answer:
    return Model({key: values}) if all(each.met(values, lookup) for each in about) else IMPOSSIBLE


def _one_key(key: str, about: Sequence[Literal], domain: Domain, lookup: Lookup) -> Answer:
    if all(each.met(None, lookup) for each in about):
        return Model({key: None})
    # Null, and tests without values, only depend on whether the key is present.
    valued = [each for each in about if each.test.values and each.test.operator.type != "Null"]
    if any(not each.met(("x",), lookup) for each in about if each not in valued):
        return IMPOSSIBLE
    kinds = {each.test.operator.type for each in valued}
    for text in _candidates(valued, domain, kinds):
        if all(each.met((text,), lookup) for each in about) and all(clause.has(text) for clause in domain.clauses):
            return Model({key: (text,)})
    if kinds <= TEXT_TYPES:
        return _texts(key, valued, domain, lookup)
    if len(kinds) == 1 and (len(valued) == 1 or not domain.multi_valued):
        return IMPOSSIBLE  # a value of each part was tried
    return NotProved(f"{valued[0].test.written.key} is compared as {' and as '.join(sorted(kinds))}")


def _candidates(valued: Sequence[Literal], domain: Domain, kinds: Iterable[str]) -> Iterator[str]:
    for kind in kinds:
        if is_ordered(kind):
            yield from points([each.test for each in valued if each.test.operator.type == kind], kind)
    yield from islice(_texts_to_try(valued, domain), _MOST_CANDIDATES)


def _texts_to_try(valued: Sequence[Literal], domain: Domain) -> Iterator[str]:
    written = [v for each in valued if each.test.operator.type in TEXT_TYPES for v in each.test.written.values]
    yield from (text for text in written if not set(text) & set("*?$"))
    yield from domain.examples
    yield from (filled for text in written for filled in realistic_texts(text))
    yield from _PLAIN_WORDS


def _texts(key: str, valued: Sequence[Literal], domain: Domain, lookup: Lookup) -> Answer:
    """Find texts by automata: clauses that all values have to meet, and clauses that some value has to meet."""
    of_all: list[Clause] = list(domain.clauses)
    of_some: list[Clause] = []
    try:
        for each in valued:
            everywhere, clause = _clause(each, lookup)
            (of_all if everywhere else of_some).append(clause)
        if not domain.multi_valued:
            of_all += of_some
            of_some = []
        found = [shortest((*of_all, clause)) for clause in of_some] or [shortest(of_all)]
    except OutOfReachError as error:
        return NotProved(str(error))
    except TooManyStatesError:
        return NotProved(f"the patterns for {valued[0].test.written.key} are too many to compare")
    texts = [text for text in found if text is not None]
    if len(texts) < len(found):
        return IMPOSSIBLE
    return Model({key: tuple(dict.fromkeys(texts))})


def _clause(literal: Literal, lookup: Lookup) -> tuple[bool, Clause]:
    """What the literal demands of values that are present: of all (True) or of some, and which texts these may be."""
    test = literal.test
    negated = test.operator.negated
    patterns = patterns_of(test, lookup, generous=literal.generous is not negated)
    clause = Clause(patterns, inside=not negated)
    some = test.written.qualifier == "ForAnyValue" or (literal.generous and not test.written.qualifier)
    return (not some, clause) if literal.holds else (some, clause.complement())
