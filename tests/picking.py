"""Where generated examples take their choices from: hypothesis, or a seed.

Comes in: what there is to choose from. Goes out: a choice. Never here: what the choices mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

Item = TypeVar("Item")


class Pick(Protocol):
    """Chooses. The first item and `False` are the simplest choices, to which hypothesis shrinks."""

    def one(self, items: Sequence[Item]) -> Item: ...

    def now(self, *, one_in: int = 4) -> bool: ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """Choices that hypothesis draws: few examples, and each can be shrunk."""

    draw: DrawFn

    def one(self, items: Sequence[Item]) -> Item:
        return self.draw(st.sampled_from(items))

    def now(self, *, one_in: int = 4) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in


@dataclass(frozen=True, slots=True)
class Rolled:
    """Choices of a seeded generator: many examples at once."""

    random: Random

    def one(self, items: Sequence[Item]) -> Item:
        return self.random.choice(items)

    def now(self, *, one_in: int = 4) -> bool:
        return self.random.randrange(one_in) == 0


def some(pick: Pick, items: Sequence[Item], *, low: int = 0, high: int = 3) -> tuple[Item, ...]:
    """Several different items, in any order."""
    left = list(dict.fromkeys(items))
    count = min(pick.one(range(low, high + 1)), len(left))
    return tuple(left.pop(pick.one(range(len(left)))) for _ in range(count))
