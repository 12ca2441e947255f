"""Which tests ``-k`` means: words, joined by `and`, `or`, `not` and parentheses.

Comes in: the expression as typed. Goes out: a predicate. InputError if the expression cannot be read.
Never here: tests. The language is that of pytest's `-k`; case does not matter, and a word may match part of a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.world.cases import TestCase
from kms_eval.world.model import World
from kms_eval.world.names import resolve_key

_TOKENS = re.compile(r"\s*([()]|[^\s()]+)")
_DEEPEST = 50

Selected = Callable[[str], bool]


def case_matcher(text: str) -> Callable[[TestCase, World], bool]:
    """Selects the tests whose name, principal, action or key has the words; any name of the key counts."""
    selected = keyword_matcher(text)
    return lambda case, world: selected(_searchable_text(case, world))


def keyword_matcher(text: str) -> Selected:
    """Selects the texts, given in lower case, that have the words."""
    return _Parser(text, _TOKENS.findall(text)).parse()


def _searchable_text(case: TestCase, world: World) -> str:
    asked = case.request
    return " ".join((case.name, asked.principal, asked.action, asked.key or "", *_names(asked.key, world))).lower()


def _names(name: str | None, world: World) -> tuple[str, ...]:
    """The short names of the key that a test means; empty if it does not mean a key."""
    try:
        key = resolve_key(world, name).key
    except InputError:
        return ()
    return key.handle, key.key_id, *key.aliases


@dataclass(slots=True)
class _Parser:
    """``or`` of ``and`` of (``not`` … | ``(`` … ``)`` | word)."""

    text: str
    tokens: Sequence[str]
    position: int = 0
    depth: int = 0

    def parse(self) -> Selected:
        found = self._or()
        if self.position < len(self.tokens):
            raise self._fault(f"nothing may follow before {quoted(self.tokens[self.position])}")
        return found

    def _or(self) -> Selected:
        found = [self._and()]
        while self._accept("or"):
            found.append(self._and())
        return lambda text: any(each(text) for each in found)

    def _and(self) -> Selected:
        found = [self._term()]
        while self._accept("and"):
            found.append(self._term())
        return lambda text: all(each(text) for each in found)

    def _term(self) -> Selected:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fault("is nested too deeply")
        found = self._parse_term()
        self.depth -= 1
        return found

    def _parse_term(self) -> Selected:
        if self._accept("not"):
            inner = self._term()
            return lambda text: not inner(text)
        if self._accept("("):
            inner = self._or()
            if not self._accept(")"):
                raise self._fault("a `)` is missing")
            return inner
        word = self.tokens[self.position].lower() if self.position < len(self.tokens) else None
        if word is None or word in {")", "and", "or"}:
            raise self._fault("a word is missing" + (f" before `{word}`" if word else ""))
        self.position += 1
        return lambda text: word in text

    def _accept(self, token: str) -> bool:
        found = self.position < len(self.tokens) and self.tokens[self.position].lower() == token
        self.position += found
        return found

    def _fault(self, message: str) -> InputError:
        return InputError(
            Fault(f"{quoted(self.text)}: {message}", Location(field="-k"), "as in `decrypt and not admin`")
        )
