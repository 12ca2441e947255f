"""Values that no policy tells apart: of each kind of values of a condition key, the first one met stands for all.

Comes in: the compiled tests of a condition key. Goes out: a value for a value. Never here: which keys are read by
anything but tests (`relevance` knows), the meaning of a test (the engine's own tests are evaluated).

If conditions test for a department or for a service, nearly all of a log's values are of one kind: "none of those".
Two requests whose values are of the same kinds count as one request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kms_eval.analysis.batching.bounded_cache import BoundedCache
from kms_eval.engine.conditions import Test

_MOST_TESTS = 16
"""Evaluating more tests than this one by one takes longer than it saves."""
_MOST_KINDS = 10_000
_MOST_VALUES = 10_000
_MALFORMED = object()
_READINGS = (False, True)


class EquivalentValues:
    """The kinds of values that one condition key has, as far as those tests can tell."""

    def __init__(self, tests: Iterable[Test], mentioned: Iterable[str] = ()) -> None:
        """`mentioned` are values that are compared as they are, besides those of the tests."""
        asked = [test for test in tests if test.values and test.operator.type != "Null"]
        listed: dict[Callable[[str], Any], set[Any]] = {str: set(mentioned)}
        for test in asked:
            if test.equals is not None:
                listed.setdefault(test.operator.parse, set()).update(test.equals)
        self._listed = tuple((parse, values) for parse, values in listed.items() if values)
        self._others = tuple(test for test in asked if test.equals is None)
        self._first: dict[tuple[object, ...], str] = {}
        self._recent: BoundedCache[str] = BoundedCache(_MOST_VALUES)
        self.few = len(self._others) <= _MOST_TESTS

    def representative(self, value: str) -> str:
        """The first value met of the same kind."""
        if not self._others:
            return self._first_of(self._listing(value), value)
        # An address or a time comes again in other contexts, and takes longer to read than to remember.
        first = self._recent.get(value)
        if first is None:
            asked = [test.holds((value,), _no_variable, generous=each) for test in self._others for each in _READINGS]
            first = self._first_of((self._listing(value), *asked), value)
            self._recent.put(value, first)
        return first

    def _listing(self, value: str) -> tuple[object, ...]:
        """Which of the listed values the value is."""
        found: list[object] = [bool(value)]
        for parse, values in self._listed:
            try:
                parsed = parse(value)
            except ValueError:
                found.append(_MALFORMED)
            else:
                found.append(parsed if parsed in values else None)
        return tuple(found)

    def _first_of(self, kind: tuple[object, ...], value: str) -> str:
        first = self._first.get(kind)
        if first is None:
            if len(self._first) >= _MOST_KINDS:
                return value
            first = self._first[kind] = value
        return first


def _no_variable(_key: str) -> None:
    return None
