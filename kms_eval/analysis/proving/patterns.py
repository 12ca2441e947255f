"""The values of a condition test as patterns over texts.

Comes in: a compiled test of a String or ARN operator, and the values of the variables in it. Goes out: patterns.
Never here: set qualifiers, negation, searching. Globs mean what `language.pattern` says, ARNs what `language.arn` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from kms_eval.analysis.proving.automata import ANYTHING, Pattern, Symbols, Token, one_of
from kms_eval.engine.conditions import Test
from kms_eval.language.variables import Lookup, Template, Variable

_ARN_COLONS = 5
_NO_COLON = Symbols(frozenset({":"}), all_but=True)
TEXT_TYPES: Final = frozenset({"String", "ARN"})


class OutOfReachError(Exception):
    """A test cannot be expressed as a set of texts; the message says why."""


_Piece = tuple[str, bool]
"""A character, and whether it is a wildcard."""


def patterns_of(
    test: Test, lookup: Lookup, *, generous: bool, but: Callable[[object], bool] = lambda _value: False
) -> tuple[Pattern, ...]:
    """What the values of the test match, ignoring negation, without those values for which `but` is true.

    `generous` is the reading of the match itself. Raises OutOfReachError.
    """
    found = []
    for text, prepared in zip(test.written.values, test.values, strict=True):
        if but(prepared):
            continue
        template = prepared if isinstance(prepared, Template) else Template((text,))
        pieces = _pieces(test, template, lookup, generous=generous)
        pattern = None if pieces is None else _pattern(test, pieces, generous=generous)
        if pattern is not None:
            found.append(pattern)
    return tuple(found)


def _pieces(test: Test, template: Template, lookup: Lookup, *, generous: bool) -> list[_Piece] | None:
    """A value character by character; None if a variable in it has no value, so that it matches nothing."""
    wild = test.operator.wildcards
    pieces: list[_Piece] = []
    for part in template.parts:
        if isinstance(part, Variable):
            value = None if part.multi_valued else lookup(part.key)
            value = part.default if value is None else value
            if value is None:
                return None
            pieces += [(character, wild and generous and character in "*?") for character in value]
        elif isinstance(part, tuple):
            pieces.append((part[0], False))
        else:
            pieces += [(character, wild and character in "*?") for character in part]
    return pieces


def _pattern(test: Test, pieces: Sequence[_Piece], *, generous: bool) -> Pattern | None:
    if test.operator.type == "ARN":
        if pieces and all(piece == ("*", True) for piece in pieces):
            return (Token(ANYTHING, repeated=True),) if generous else None
        return _arn_pattern(pieces)
    ignoring_case = test.operator.parse is str.lower
    return tuple(_tokens(pieces, ignoring_case=ignoring_case))


def _arn_pattern(pieces: Sequence[_Piece]) -> Pattern | None:
    """Wildcards in the first five fields stay in their field; a text with fewer fields matches nothing."""
    colons = 0
    tokens: list[Token] = []
    for character, is_wild in pieces:
        if is_wild:
            tokens.append(Token(_NO_COLON if colons < _ARN_COLONS else ANYTHING, repeated=character == "*"))
        else:
            colons += character == ":"
            tokens.append(one_of(character))
    return tuple(tokens) if colons >= _ARN_COLONS else None


def _tokens(pieces: Sequence[_Piece], *, ignoring_case: bool) -> Iterator[Token]:
    for character, is_wild in pieces:
        if is_wild:
            yield Token(ANYTHING, repeated=character == "*")
        elif not ignoring_case:
            yield one_of(character)
        elif character.isascii():
            yield one_of((character.lower(), character.upper()))
        else:
            raise OutOfReachError("letters beyond ASCII without regard to case")
