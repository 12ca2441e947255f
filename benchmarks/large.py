"""Large worlds, put together from tiles of a thousand principals and a hundred keys.

Comes in: how many principals. Goes out: the mapping of a scenario. Never here: timing, files, the package itself.

Every tile is an organization of `worlds` with its own seed and its own accounts; all are in one AWS Organization. The
time to make a world grows linearly with its size, which matters at 100,000 principals.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.worlds import organization

Json = dict[str, Any]

TILE = 1_000
"""The principals of a tile; it has a tenth as many keys, and a hundredth as many accounts."""

_APART = 1_000_000_000


def large(principals: int, *, statements: int = 20) -> Json:
    """A scenario with that many principals (whole thousands, or less than one) and a tenth as many keys."""
    if principals < TILE:
        return organization(principals, max(1, principals // 10), statements)
    world = _tile(0, statements)
    world["name"] = f"{principals} principals, {principals // 10} keys"
    for number in range(1, principals // TILE):
        tile = _tile(number, statements)
        world["keys"].update({f"{name}-of-{number}": key for name, key in tile["keys"].items()})
        world["principals"].update(tile["principals"])
        world["organization"]["accounts"].update(tile["organization"]["accounts"])
    return world


def repeated(world: Json, share: float) -> Json:
    """The same world, in which only that share of the principals have policies of their own; the others repeat them."""
    names = list(world["principals"])
    distinct = max(1, round(len(names) * share))
    for number, name in enumerate(names[distinct:], distinct):
        entry, other = world["principals"][name], world["principals"][names[number % distinct]]
        for field in ("policies", "permissions_boundary"):
            entry.pop(field, None)
            if field in other:
                entry[field] = other[field]
    return world


def _tile(number: int, statements: int) -> Json:
    made = organization(TILE, TILE // 10, statements, seed=1 + number)
    text = json.dumps(made)
    for account in made["organization"]["accounts"]:
        text = text.replace(account, f"{int(account) + number * _APART:012d}")
    tile: Json = json.loads(text)
    return tile
