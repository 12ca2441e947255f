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


def selection(text: str) -> Callable[[TestCase, World], bool]:
    """Selects the tests whose name, principal, action or key has the words; any name of the key counts."""
    selected = words_selection(text)
    return lambda case, world: selected(_searched(case, world))


def words_selection(text: str) -> Selected:
    """Selects the texts, given in lower case, that have the words."""
    return _Reader(text, _TOKENS.findall(text)).whole()


def _searched(case: TestCase, world: World) -> str:
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
class _Reader:
    """``or`` of ``and`` of (``not`` … | ``(`` … ``)`` | word)."""

    text: str
    tokens: Sequence[str]
    position: int = 0
    depth: int = 0

    def whole(self) -> Selected:
        found = self._either()
        if self.position < len(self.tokens):
            raise self._fault(f"nothing may follow before {quoted(self.tokens[self.position])}")
        return found

    def _either(self) -> Selected:
        found = [self._both()]
        while self._next_is("or"):
            found.append(self._both())
        return lambda text: any(each(text) for each in found)

    def _both(self) -> Selected:
        found = [self._one()]
        while self._next_is("and"):
            found.append(self._one())
        return lambda text: all(each(text) for each in found)

    def _one(self) -> Selected:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fault("is nested too deeply")
        found = self._plain()
        self.depth -= 1
        return found

    def _plain(self) -> Selected:
        if self._next_is("not"):
            inner = self._one()
            return lambda text: not inner(text)
        if self._next_is("("):
            inner = self._either()
            if not self._next_is(")"):
                raise self._fault("a `)` is missing")
            return inner
        word = self.tokens[self.position].lower() if self.position < len(self.tokens) else None
        if word is None or word in {")", "and", "or"}:
            raise self._fault("a word is missing" + (f" before `{word}`" if word else ""))
        self.position += 1
        return lambda text: word in text

    def _next_is(self, token: str) -> bool:
        found = self.position < len(self.tokens) and self.tokens[self.position].lower() == token
        self.position += found
        return found

    def _fault(self, message: str) -> InputError:
        return InputError(
            Fault(f"{quoted(self.text)}: {message}", Location(field="-k"), "as in `decrypt and not admin`")
        )
