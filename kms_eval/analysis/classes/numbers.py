"""Numbers for values, so that values can be compared by their numbers.

Comes in: values. Goes out: integers, from 1 on. Never here: what the values mean.
"""

from __future__ import annotations

from collections.abc import Hashable


class Numbers:
    """Equal values have equal numbers. Two worlds that share their numbers can be compared by them."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}
        self._values: list[Hashable] = [None]

    def of(self, value: Hashable) -> int:
        """The number of a value: the same for equal values, never 0."""
        number = self._known.get(value)
        if number is None:
            number = self._known[value] = len(self._values)
            self._values.append(value)
        return number

    def value(self, number: int) -> Hashable:
        """The value that has a number."""
        return self._values[number]
