"""A memory of bounded size for what was found out about things that come again.

Comes in: keys and values. Goes out: values, as long as they are remembered. Never here: what they are.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")


class BoundedCache(Generic[Value]):
    """Never holds more than `most` values; what is asked for again and again is what stays."""

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._young: dict[object, Value] = {}
        self._old: dict[object, Value] = {}

    def get(self, key: object) -> Value | None:
        """The value, if it is remembered."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: object, value: Value) -> None:
        """Remember a value, and forget the half that was not asked for lately where there are too many."""
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young
        self._young[key] = value
