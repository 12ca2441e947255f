"""A matrix as a table for a terminal: a line for each principal (and key), a column for each group of actions.

Comes in: a matrix, which groups to unfold, the width of the terminal, and optionally a way to mark words. Goes out:
text.
Never here: terminals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from kms_eval.analysis.access.access_matrix import Matrix, Row
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.analysis.access.answers import AnswerWord
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.render.answers import ANSWERS, SHOWN, SOMETHING
from kms_eval.render.short_names import short_names
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import printable

_FEW = 8  # up to this many actions are shown by name in any case
_GAP = "  "
_SHORTEST = 12  # a shorter name would mean nothing


Signs = Mapping[AnswerWord, str]
"""The sign of each answer."""

PICTURES: Signs = {shown.word: shown.picture for shown in ANSWERS}
LETTERS: Signs = {shown.word: shown.letter for shown in ANSWERS}
"""For terminals that show ASCII only."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of answers: its name, its actions, and its width in the terminal."""

    name: str
    mask: int
    width: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the table: its beginning, and the answers; None for a principal whose keys follow."""

    start: str
    row: Row | None


def render(
    matrix: Matrix,
    *,
    unfold: Collection[str] = (),
    signs: Signs = PICTURES,
    paint: Paint = plain,
    width: int | None = None,
) -> Iterator[str]:
    """The lines. `unfold` names the groups whose actions get a column each; if there are few actions, all do.

    If there are several keys, lines that allow nothing are left out, and counted below. If lines would be longer than
    `width`, names are shortened, keys are below their principals, and columns that do not fit follow in further tables.
    """
    shown = [row for row in matrix.rows if len(matrix.keys) == 1 or row.always | row.sometimes]
    columns = list(_columns(matrix, unfold, shown, signs))
    head, lines = _beside(matrix, shown)
    start = max(map(len, [head, *(line.start for line in lines)]), default=0)
    blocks = [columns]
    if width is not None and start + sum(len(_GAP) + column.width for column in columns) > width:
        ellipsis = "…" if signs is PICTURES else "..."
        head, lines = _below(matrix, shown, ellipsis)
        longest = max((len(line.start) for line in lines if line.row is not None), default=0)
        start = max(min(longest, max(width * 2 // 5, _SHORTEST)), len(head))
        lines = [
            _Line(_cut(line.start, start if line.row is not None else width, ellipsis), line.row) for line in lines
        ]
        blocks = list(_blocks(columns, width - start))
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield paint("label", _GAP.join([head.ljust(start), *(each.name.ljust(each.width) for each in block)]).rstrip())
        principal = ""
        for line in lines:
            cells = [] if line.row is None else [_cell(matrix, line.row, column.mask, signs) for column in block]
            if line.row is None:
                principal = line.start
            elif any(cells):
                if principal:
                    yield principal
                    principal = ""
                marked = (_marked(cell, column.width, signs, paint) for cell, column in zip(cells, block, strict=True))
                yield _GAP.join([line.start.ljust(start), *marked]).rstrip()
    yield ""
    there = [word for word in SOMETHING if SHOWN[word].usual or any(row.mask(word) for row in shown)]
    yield from _legend(signs, there, width, folded=any(column.mask & (column.mask - 1) for column in columns))
    if len(shown) < len(matrix.rows):
        text = f"{len(matrix.rows) - len(shown)} of {len(matrix.rows)} lines allow nothing and are left out"
        yield from wrap(text, width) if width is not None else [text]


def _columns(matrix: Matrix, unfold: Collection[str], shown: Sequence[Row], signs: Signs) -> Iterator[_Column]:
    few = len(actions_in(matrix.actions)) <= _FEW
    for group in ACTION_GROUPS:
        mask = group.mask & matrix.actions
        if mask and (few or group.name in unfold or "all" in unfold):
            each = [(action.name.partition(":")[2], bit_of(action.name)) for action in actions_in(mask)]
        else:
            each = [(group.name, mask)] if mask else []
        for name, part in each:
            yield _Column(name, part, max([len(name), *(len(_cell(matrix, row, part, signs)) for row in shown)]))


def _beside(matrix: Matrix, shown: Sequence[Row]) -> tuple[str, list[_Line]]:
    """Every line with its principal and, if there are several keys, its key beside it."""
    names = [printable(matrix.principals[row.principal].label) for row in shown]
    if len(matrix.keys) == 1:
        return "principal", [_Line(name, row) for name, row in zip(names, shown, strict=True)]
    keys = [_key(matrix, row) for row in shown]
    wide, wide_key = (max(map(len, each), default=0) for each in ([*names, "principal"], [*keys, "key"]))
    lines = [
        _Line(f"{name.ljust(wide)}{_GAP}{key.ljust(wide_key)}", row)
        for name, key, row in zip(names, keys, shown, strict=True)
    ]
    return f"{'principal'.ljust(wide)}{_GAP}{'key'.ljust(wide_key)}", lines


def _below(matrix: Matrix, shown: Sequence[Row], ellipsis: str) -> tuple[str, list[_Line]]:
    """Lines with short names; if there are several keys, each key is below its principal."""
    labels = short_names([printable(person.label) for person in matrix.principals], ellipsis)
    if len(matrix.keys) == 1:
        return "principal", [_Line(labels[row.principal], row) for row in shown]
    lines: list[_Line] = []
    before = None
    for row in shown:
        if row.principal != before:
            lines.append(_Line(labels[row.principal], None))
            before = row.principal
        lines.append(_Line(f"  {_key(matrix, row) or 'without a key'}", row))
    return "principal, key", lines


def _blocks(columns: Iterable[_Column], room: int) -> Iterator[list[_Column]]:
    """The columns in tables that fit; a column that is too wide has a table of its own."""
    block: list[_Column] = []
    taken = 0
    for column in columns:
        needed = len(_GAP) + column.width
        if block and taken + needed > room:
            yield block
            block, taken = [], 0
        block.append(column)
        taken += needed
    yield block


def _cut(text: str, most: int, ellipsis: str) -> str:
    """The text with its middle left out, as names differ at both ends."""
    if len(text) <= most:
        return text
    left = max(most - len(ellipsis), 2)
    return f"{text[: left // 2]}{ellipsis}{text[-(left - left // 2) :]}"


def _key(matrix: Matrix, row: Row) -> str:
    return "" if row.key is None else printable(matrix.keys[row.key].handle)


def _cell(matrix: Matrix, row: Row, mask: int, signs: Signs) -> str:
    """One sign if all actions of the group have the same answer, else the number of actions with each."""
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


def _legend(signs: Signs, there: Iterable[AnswerWord], width: int | None, *, folded: bool) -> Iterator[str]:
    """The meanings of the signs, in lines that fit."""
    parts = [f"{signs[word]} {SHOWN[word].head}" for word in (*there, "never")]
    if folded:
        parts.append(f"2{signs['always']}1{signs['conditional']}/9: of 9 actions 2 always, 1 under conditions")
    line = ""
    for part in parts:
        if line and width is not None and len(line) + len(_GAP) + len(part) > width:
            yield line
            line = part
        else:
            line = f"{line}{_GAP}{part}" if line else part
    yield line
