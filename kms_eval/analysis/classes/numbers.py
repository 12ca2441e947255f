"""Numbers for what is said, so that saying the same is having the same number.

Comes in: values. Goes out: integers, from one on. Never here: what the values mean.
"""

from __future__ import annotations

from collections.abc import Hashable


class Numbers:
    """Equal values have equal numbers. Two worlds that share their numbers can be compared by them."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, value: Hashable) -> int:
        """The number of a value: the same for equal ones, never 0."""
        known = self._known
        return known.setdefault(value, len(known) + 1)
