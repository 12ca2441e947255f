"""Which keys differ between two worlds that differ in nothing but keys: no answer about the other keys can differ.

Comes in: two worlds. Goes out: pairs of keys. Never here: deciding.

The place of a text and the name of a policy affect no decision, and are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache

from kms_eval.world.model import Key, World

_DECIDES_NOTHING = frozenset({"place", "name", "length"})
"""Fields that are ignored; the name of a principal is in its ARN as well."""
_NOT_OF_KEYS = tuple(each.name for each in fields(World) if each.name != "keys")


def changed_keys(
    before: World, after: World, keys: Sequence[tuple[Key | None, Key | None]]
) -> list[tuple[Key | None, Key | None]]:
    """Those of `keys` that are not the same before and after; all of them if anything else has changed as well."""
    comparing = _Comparing()
    if not all(comparing.same(getattr(before, name), getattr(after, name)) for name in _NOT_OF_KEYS):
        return list(keys)
    return [(one, other) for one, other in keys if not comparing.same(one, other)]


class _Comparing:
    """Compares values of a world by their content; a value that occurs in many places is compared once."""

    def __init__(self) -> None:
        self._same: dict[tuple[int, int], bool] = {}

    def same(self, one: object, other: object) -> bool:
        """Whether nothing differs that affects a decision."""
        if one is other:
            return True
        if type(one) is not type(other):
            return False
        if is_dataclass(one) and not isinstance(one, type):
            pair = (id(one), id(other))
            found = self._same.get(pair)
            if found is None:
                found = self._same[pair] = all(
                    self.same(getattr(one, name), getattr(other, name)) for name in _deciding(type(one))
                )
            return found
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            # Their order has to be the same: when a name is looked up, the first match counts.
            return list(one) == list(other) and all(map(self.same, one.values(), other.values()))
        if isinstance(one, tuple) and isinstance(other, tuple):
            return len(one) == len(other) and all(map(self.same, one, other))
        return one == other


@lru_cache(maxsize=64)
def _deciding(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name not in _DECIDES_NOTHING)
