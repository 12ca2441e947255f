"""Sets of texts that patterns describe, and the shortest text that is in several of them.

Comes in: clauses, each a union of patterns or its complement. Goes out: the shortest text that is in all of them, or
None, which is a proof that there is none. Never here: condition keys, operators, where patterns come from.

Patterns run side by side as position automata, a bit for each position; texts are searched in order of their length.
Characters that no pattern tells apart count as one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_STATES = 20_000
"""A search gives up after this many states."""

_READABLE = "abcdefghijklmnopqrstuvwxyz0123456789-_./ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STRANGE = "\u00b6"


class TooManyStatesError(Exception):
    """The search was given up; nothing is proved."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """Some characters, or all but some."""

    characters: frozenset[str]
    all_but: bool = False

    def has(self, character: str) -> bool:
        """Whether the character is one of them."""
        return (character in self.characters) is not self.all_but


ANYTHING = Symbols(frozenset(), all_but=True)


@dataclass(frozen=True, slots=True)
class Token:
    """One character out of `symbols`, or any run of them (even an empty one)."""

    symbols: Symbols
    repeated: bool = False


Pattern = tuple[Token, ...]


def one_of(characters: Iterable[str]) -> Token:
    """A token for one of these characters."""
    return Token(Symbols(frozenset(characters)))


def exactly(text: str) -> Pattern:
    """The pattern that matches only this text."""
    return tuple(one_of(character) for character in text)


@dataclass(frozen=True, slots=True)
class Clause:
    """The texts that match any of the patterns, or, if `inside` is False, those that match none."""

    patterns: tuple[Pattern, ...]
    inside: bool = True

    def has(self, text: str) -> bool:
        """Whether the text is one of them."""
        return any(_fits(pattern, text) for pattern in self.patterns) is self.inside

    def complement(self) -> Clause:
        """All other texts."""
        return Clause(self.patterns, not self.inside)

    @property
    def texts(self) -> tuple[str, ...] | None:
        """All of its texts, if each pattern is a single text; else None."""
        if not self.inside:
            return None
        found = []
        for pattern in self.patterns:
            single = [token.symbols for token in pattern if not token.repeated]
            if len(single) < len(pattern) or any(each.all_but or len(each.characters) != 1 for each in single):
                return None
            found.append("".join(next(iter(each.characters)) for each in single))
        return tuple(found)


def shortest(clauses: Sequence[Clause], *, most_states: int = MOST_STATES) -> str | None:
    """The shortest text in all of the clauses, or None if there is no such text.

    Raises TooManyStatesError if `most_states` states are not enough to find out.
    """
    for clause in clauses:
        listed = clause.texts
        if listed is not None:
            others = [each for each in clauses if each is not clause]
            return next((text for text in sorted(listed, key=len) if all(each.has(text) for each in others)), None)
    search = _Search(clauses)
    start = search.start()
    if search.is_dead(start):
        return None
    came_from: dict[_State, tuple[_State, str] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        if search.accepts(state):
            return _path(came_from, state)
        for character in search.alphabet:
            following = search.step(state, character)
            if following not in came_from and not search.is_dead(following):
                came_from[following] = (state, character)
                waiting.append(following)
        if len(came_from) > most_states:
            raise TooManyStatesError
    return None


_State = tuple[int, ...]


class _Search:
    """All patterns of all clauses, run side by side."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self._clauses = [(len(clause.patterns), clause.inside) for clause in clauses]
        patterns = [pattern for clause in clauses for pattern in clause.patterns]
        self.alphabet = _alphabet(patterns)
        self._runs = [_Run(pattern, self.alphabet) for pattern in patterns]

    def start(self) -> _State:
        return tuple(run.closed(1) for run in self._runs)

    def step(self, state: _State, character: str) -> _State:
        return tuple(run.step(mask, character) for run, mask in zip(self._runs, state, strict=True))

    def accepts(self, state: _State) -> bool:
        """Whether the text so far is in all clauses."""
        ends = [bool(mask & run.last) for run, mask in zip(self._runs, state, strict=True)]
        position = 0
        for count, inside in self._clauses:
            if any(ends[position : position + count]) is not inside:
                return False
            position += count
        return True

    def is_dead(self, state: _State) -> bool:
        """Whether it is obvious that no continuation of the text can be in all clauses."""
        position = 0
        for count, inside in self._clauses:
            masks = state[position : position + count]
            if inside and not any(masks):
                return True
            runs = self._runs[position : position + count]
            if not inside and any(mask & run.sink for run, mask in zip(runs, masks, strict=True)):
                return True
            position += count
        return False


class _Run:
    """One pattern as an automaton: bit N of a mask says that the text so far may match the first N tokens."""

    def __init__(self, pattern: Pattern, alphabet: Sequence[str]) -> None:
        self.last = 1 << len(pattern)
        self.sink = 0
        self._repeated = sum(1 << index for index, token in enumerate(pattern) if token.repeated)
        if pattern and pattern[-1] == Token(ANYTHING, repeated=True):
            self.sink = 1 << (len(pattern) - 1)
        self._taking = {
            character: sum(1 << index for index, token in enumerate(pattern) if token.symbols.has(character))
            for character in alphabet
        }

    def closed(self, mask: int) -> int:
        """The mask with the positions after runs that may be empty."""
        while (more := mask | (mask & self._repeated) << 1) != mask:
            mask = more
        return mask

    def step(self, mask: int, character: str) -> int:
        taking = mask & self._taking[character]
        if not taking:
            return 0
        return self.closed(taking & self._repeated | (taking & ~self._repeated) << 1)


def _alphabet(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """A character of each kind that the patterns tell apart, readable ones first."""
    sets = tuple({token.symbols: None for pattern in patterns for token in pattern})
    mentioned = {character for symbols in sets for character in symbols.characters}
    kinds: dict[tuple[bool, ...], str] = {}
    for character in (*_READABLE, *sorted(mentioned - set(_READABLE)), _strange(mentioned)):
        kinds.setdefault(tuple(symbols.has(character) for symbols in sets), character)
    return tuple(kinds.values())


def _strange(mentioned: set[str]) -> str:
    """A character that no pattern mentions."""
    code = ord(_STRANGE)
    while chr(code) in mentioned:
        code += 1
    return chr(code)


def _path(came_from: dict[_State, tuple[_State, str] | None], state: _State) -> str:
    characters: list[str] = []
    while (step := came_from[state]) is not None:
        state, character = step
        characters.append(character)
    return "".join(reversed(characters))


def _fits(pattern: Pattern, text: str) -> bool:
    positions = {0}
    for character in text:
        reached = _closed(pattern, positions)
        positions = {
            position if pattern[position].repeated else position + 1
            for position in reached
            if position < len(pattern) and pattern[position].symbols.has(character)
        }
    return len(pattern) in _closed(pattern, positions)


def _closed(pattern: Pattern, positions: set[int]) -> set[int]:
    reached = set(positions)
    waiting = list(positions)
    while waiting:
        position = waiting.pop()
        if position < len(pattern) and pattern[position].repeated and position + 1 not in reached:
            reached.add(position + 1)
            waiting.append(position + 1)
    return reached
