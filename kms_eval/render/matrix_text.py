"""A matrix as a table for a terminal: a line for each principal (and key), a column for each group of actions.

Comes in: a matrix, which groups to unfold, and perhaps a way to mark words. Goes out: text. Never here: terminals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from kms_eval.analysis.access.access_matrix import Matrix, Row
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.analysis.access.answers import AnswerWord
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.render.answers import ANSWERS, SHOWN, SOMETHING
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import printable

_FEW = 8  # so many actions are shown by name without being asked to


Signs = Mapping[AnswerWord, str]
"""What stands for each answer."""

PICTURES: Signs = {shown.word: shown.picture for shown in ANSWERS}
LETTERS: Signs = {shown.word: shown.letter for shown in ANSWERS}
"""For terminals that show ASCII only."""


def render(
    matrix: Matrix, *, unfold: Collection[str] = (), signs: Signs = PICTURES, paint: Paint = plain
) -> Iterator[str]:
    """The lines. `unfold` names the groups whose actions get a column each; few actions get one anyway.

    Where there are several keys, lines that allow nothing are left out, and counted below.
    """
    columns = list(_columns(matrix, unfold))
    shown = [row for row in matrix.rows if len(matrix.keys) == 1 or row.always | row.sometimes]
    names = [printable(matrix.principals[row.principal].label) for row in shown]
    keys = [_key(matrix, row) for row in shown] if len(matrix.keys) != 1 else []
    wide = max(map(len, [*names, "principal"]), default=0)
    wide_key = max(map(len, [*keys, "key"]), default=0) if keys else 0
    cells = [[_cell(matrix, row, mask, signs) for _name, mask in columns] for row in shown]
    widths = [max([len(name), *(len(line[place]) for line in cells)]) for place, (name, _mask) in enumerate(columns)]
    head = ["principal".ljust(wide), *(["key".ljust(wide_key)] if keys else [])]
    head += [name.ljust(width) for (name, _mask), width in zip(columns, widths, strict=True)]
    yield paint("label", "  ".join(head).rstrip())
    for place, line in enumerate(cells):
        start = [names[place].ljust(wide), *([keys[place].ljust(wide_key)] if keys else [])]
        marked = [_marked(cell, width, signs, paint) for cell, width in zip(line, widths, strict=True)]
        yield "  ".join([*start, *marked]).rstrip()
    there = [word for word in SOMETHING if SHOWN[word].usual or any(row.mask(word) for row in shown)]
    yield from _legend(signs, there, folded=any(mask & (mask - 1) for _name, mask in columns))
    if len(shown) < len(matrix.rows):
        yield f"{len(matrix.rows) - len(shown)} of {len(matrix.rows)} lines allow nothing and are left out"


def _columns(matrix: Matrix, unfold: Collection[str]) -> Iterator[tuple[str, int]]:
    few = len(actions_in(matrix.actions)) <= _FEW
    for group in ACTION_GROUPS:
        mask = group.mask & matrix.actions
        if mask and (few or group.name in unfold or "all" in unfold):
            yield from ((action.name.partition(":")[2], bit_of(action.name)) for action in actions_in(mask))
        elif mask:
            yield group.name, mask


def _key(matrix: Matrix, row: Row) -> str:
    return "" if row.key is None else printable(matrix.keys[row.key].handle)


def _cell(matrix: Matrix, row: Row, mask: int, signs: Signs) -> str:
    """One sign where all of the group's actions have one answer, else how many have which."""
    mask &= matrix.actions_of(row)
    if not mask:
        return ""
    counts = [(number, signs[word]) for word in SOMETHING if (number := (row.mask(word) & mask).bit_count())]
    if not counts:
        return signs["never"]
    if counts[0][0] == mask.bit_count():
        return counts[0][1]
    return f"{''.join(f'{number}{sign}' for number, sign in counts)}/{mask.bit_count()}"


def _marked(cell: str, width: int, signs: Signs, paint: Paint) -> str:
    kinds = {signs[each.word]: each.paint for each in ANSWERS}
    kind = kinds.get(cell, "label") if cell else None
    return (paint(kind, cell) if kind else cell) + " " * (width - len(cell))


def _legend(signs: Signs, there: Iterable[AnswerWord], *, folded: bool) -> Iterator[str]:
    yield ""
    words = "  ".join(f"{signs[word]} {SHOWN[word].head}" for word in (*there, "never"))
    counts = f"  2{signs['always']}1{signs['conditional']}/9: of 9 actions 2 always, 1 under conditions"
    yield words + counts * folded
