"""Texts whose end is unknown: they end in the name of a role session that a question leaves out (semantics S7).

Comes in: a glob and the known start of a text. Goes out: whether the glob matches for every end, for some, or for none.
Never here: which condition key has such a value, effects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

OPEN_END = "\x01"
"""Stands for the unknown end of a text. No text of AWS has this character."""

# A role session's name: AWS STS, AssumeRole, RoleSessionName.
_LEAST, _MOST = 2, 64
_NAME = re.compile(r"[\w+=,.@-]*", re.ASCII)

Token = tuple[str, bool]
"""A character of a glob, and whether it is a wildcard."""


def matches_open(glob: str, start: str) -> bool | None:
    """Whether the glob matches `start` followed by a session name: True for all, False for none, None for some."""
    tokens = tuple(_tokens(glob))
    some = False
    for position in _after(tokens, start):
        rest = tokens[position:]
        stars = sum(token == ("*", True) for token in rest)
        characters = "".join(character for character, wildcard in rest if not wildcard)
        least = len(rest) - stars
        if stars and not characters and least <= _LEAST:
            return True
        some = some or bool(_NAME.fullmatch(characters) and least <= _MOST and (stars or least >= _LEAST))
    return None if some else False


def _tokens(glob: str) -> Iterator[Token]:
    characters = iter(glob)
    for character in characters:
        if character == "\\":
            yield next(characters, character), False
        else:
            yield character, character in "*?"


def _after(tokens: tuple[Token, ...], start: str) -> frozenset[int]:
    """The positions in the glob that can be reached by matching `start`."""
    positions = _with_empty_stars(tokens, {0})
    for character in start:
        reached = set()
        for position in positions:
            if position < len(tokens):
                expected, wildcard = tokens[position]
                if wildcard and expected == "*":
                    reached.add(position)
                elif wildcard or expected == character:
                    reached.add(position + 1)
        positions = _with_empty_stars(tokens, reached)
    return positions


def _with_empty_stars(tokens: tuple[Token, ...], positions: set[int]) -> frozenset[int]:
    found = set(positions)
    for position in positions:
        here = position
        while here < len(tokens) and tokens[here] == ("*", True):
            here += 1
            found.add(here)
    return frozenset(found)
