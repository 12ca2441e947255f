"""A cache of bounded size for results that are needed again.

Comes in: keys and values. Goes out: values, as long as they are kept. Never here: what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

Value = TypeVar("Value")

HEAVIEST = 64 << 20
"""About how many bytes a cache takes at most, by default."""

_OBJECT = 64
_SMALL = 400
"""An answer, a request: whatever has a fixed number of parts, and few texts of its own."""


class BoundedCache(Generic[Value]):
    """Never holds more than `most` values, nor more than about `heaviest` bytes; values that are often read stay.

    A single value may weigh more than that: it is then the only one in its half.
    """

    def __init__(self, most: int, *, heaviest: int = HEAVIEST) -> None:
        self._half = max(1, most // 2)
        self._half_weight = heaviest // 2
        self._weight = 0
        self._young: dict[object, Value] = {}
        self._old: dict[object, Value] = {}

    def get(self, key: object) -> Value | None:
        """The value, if it is kept."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: object, value: Value) -> None:
        """Keep a value; if there is too much, forget the half that was not read lately."""
        mine = weight(key) + weight(value)
        self._weight += mine
        if len(self._young) >= self._half or self._weight > self._half_weight:
            self._young, self._old = {}, self._young
            self._weight = mine
        self._young[key] = value


def weight(value: object) -> int:
    """About as many bytes as a value takes: texts, and what mappings, tuples and lists are made of."""
    if isinstance(value, (str, bytes)):
        return _OBJECT + len(value)
    if isinstance(value, (tuple, list, set, frozenset)):
        return _OBJECT + sum(map(weight, value))
    if isinstance(value, Mapping):
        return _OBJECT + sum(weight(name) + weight(member) for name, member in value.items())
    return _OBJECT // 2 if value is None or isinstance(value, (int, float)) else _SMALL
