"""A matrix as CSV: a line for each principal and key, a column for each action.

Comes in: a matrix. Goes out: CSV text (RFC 4180). Never here: conditions; JSON has them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from kms_eval.analysis.access.access_matrix import Matrix
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.safe_text import csv_cell


def render(matrix: Matrix) -> Iterator[str]:
    """The header, then the lines. A cell is empty if only one of its action and its line has a key."""
    actions = actions_in(matrix.actions)
    bits = [bit_of(action.name) for action in actions]
    yield _line(["principal", "key", *(action.name for action in actions)])
    known: dict[tuple[int, int, int], str] = {}
    keys = [_cells([key.handle]) for key in matrix.keys]
    principals = [_cells([person.name]) for person in matrix.principals]
    for row in matrix.rows:
        # Most rows equal others, so their cells are joined only once.
        looks = (row.always, row.sometimes, matrix.actions_of(row))
        cells = known.get(looks)
        if cells is None:
            cells = known[looks] = ",".join(row.answer(bit) if looks[2] & bit else "" for bit in bits)
        yield f"{principals[row.principal]},{'' if row.key is None else keys[row.key]},{cells}\r\n"


def _cells(cells: list[str]) -> str:
    return _line(cells)[:-2]


def _line(cells: list[str]) -> str:
    text = StringIO()
    csv.writer(text).writerow(map(csv_cell, cells))
    return text.getvalue()
