"""Turn the rows of a table into a mapping that cannot be changed and has no duplicate names.

Comes in: pairs of name and row. Goes out: a read-only mapping in the order of the table.
Never here: a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

Row = TypeVar("Row")


def keyed(pairs: Iterable[tuple[str, Row]]) -> Mapping[str, Row]:
    """Map each name to its row; a ValueError names the first duplicate."""
    table: dict[str, Row] = {}
    for name, row in pairs:
        if name in table:
            msg = f"`{name}` stands in the table twice"
            raise ValueError(msg)
        table[name] = row
    return MappingProxyType(table)
