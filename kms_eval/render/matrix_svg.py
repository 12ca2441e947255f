"""A matrix as a picture: a heat map for reports.

Comes in: a matrix. Goes out: self-contained SVG text, for light and dark themes. Never here: reasons, interaction.

With one key, a column is an action; with several, a column is a key, and a box is filled by the share of actions that
are allowed. Each answer has its own shape as well as its own colour, so that a greyscale print is just as readable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from kms_eval.analysis.access.access_matrix import Folded, Matrix, Row
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.analysis.access.answers import AnswerWord
from kms_eval.analysis.access.reach import OUTSIDE, REACHES
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.render.answers import SHOWN
from kms_eval.render.page import produced_by
from kms_eval.render.palette import variables
from kms_eval.render.short_names import short_names
from kms_eval.render.svg_marks import STACKED, Counts, Drawing, mark, sign, speck, stack
from kms_eval.safe_text import xml_text

_MOST_LABELLED = 250
_MARGIN = 16
_LONGEST_LINE, _LONGEST_COLUMN = 48, 40
"""The number of characters of a name that are shown."""
_LETTER = 8.4
"""The average width of a character of 14 pixels in wide fonts; in narrower fonts, some room is left."""
_STYLE = f"""
  svg {{ {variables("light")} background: var(--ground); font: 14px ui-sans-serif, system-ui, sans-serif }}
  @media (prefers-color-scheme: dark) {{ svg {{ {variables("dark")} }} }}
  text {{ fill: var(--ink) }} .title {{ font-size: 18px; font-weight: 600 }} .note {{ fill: var(--quiet) }}
  .band {{ font-weight: 600 }} .far {{ fill: var(--warning) }}
  .box {{ fill: var(--raised); stroke: var(--line) }}
  .always {{ fill: var(--always) }} .conditional {{ fill: var(--conditional) }} .never {{ fill: var(--never) }}
  .public {{ fill: var(--public) }} .ring {{ fill: none; stroke: var(--conditional); stroke-width: 1.5 }}
  .undetermined {{ fill: none; stroke: var(--undetermined); stroke-width: 2; stroke-dasharray: 3 2 }}
"""


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the picture: its name, whether its band is far, and for each column the number of each answer.

    A heading has no columns.
    """

    name: str
    far: bool
    columns: tuple[Counts, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The layout: columns from the left, lines from the top, all in pixels."""

    lines: list[_Line]
    names: list[str]
    columns: list[int]
    top: int
    tall: int
    wide: int
    right: int

    @property
    def labelled(self) -> bool:
        """Whether lines have names."""
        return len(self.lines) <= _MOST_LABELLED

    @property
    def named(self) -> bool:
        """Whether columns have names."""
        return len(self.names) <= _MOST_LABELLED

    @property
    def bottom(self) -> int:
        """The y coordinate at which the lines end."""
        return self.top + self.tall * len(self.lines)


def render(matrix: Matrix) -> Iterator[str]:
    """The picture. More than 250 lines or columns are thin and without names."""
    names, gaps, lines, left_out = _contents(matrix)
    sheet = _sheet(names, gaps, lines)
    legend = list(_legend(matrix))
    caption, title = _caption(matrix, left_out), xml_text(matrix.title)
    texts = (len(matrix.title) * 10.5, len(caption) * _LETTER, _MARGIN + sum(each[1] for each in legend))
    width, height = max(sheet.right, *map(int, texts)) + _MARGIN, sheet.bottom + 48
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-labelledby="title">\n<title id="title">{title}</title>\n<style>{_STYLE}</style>\n'
        f'<text class="title" x="{_MARGIN}" y="30">{title}</text>\n'
        f'<text class="note" x="{_MARGIN}" y="52">{xml_text(caption)}</text>\n'
    )
    yield from _labels(sheet)
    yield from _marks(sheet, several=len(matrix.keys) != 1)
    yield from _explained(sheet, legend, several=len(matrix.keys) != 1)
    yield "</svg>\n"


def _sheet(names: list[str], gaps: list[bool], lines: list[_Line]) -> _Sheet:
    labelled, named = len(lines) <= _MOST_LABELLED, len(names) <= _MOST_LABELLED
    tall, wide = (20 if labelled else 4), (20 if named else 4)
    longest = max((min(len(name), _LONGEST_COLUMN) for name in names), default=0) * _LETTER if named else 0
    x = _MARGIN
    if labelled:
        x += int(max((min(len(each.name), _LONGEST_LINE) for each in lines), default=0) * _LETTER) + 24
    columns = []
    for gap in gaps:
        x += 8 if gap else 0
        columns.append(x)
        x += wide
    # Names of columns are rotated by 60 degrees.
    return _Sheet(lines, names, columns, 76 + int(longest * 0.87), tall, wide, x + int(longest * 0.5))


def _labels(sheet: _Sheet) -> Iterator[str]:
    if sheet.named:
        for place, name in zip(sheet.columns, sheet.names, strict=True):
            turned = f"translate({place + 14} {sheet.top - 6}) rotate(-60)"
            yield f'<text transform="{turned}">{xml_text(_cut(name, _LONGEST_COLUMN))}</text>\n'
    for number, line in enumerate(sheet.lines if sheet.labelled else ()):
        y = sheet.top + number * sheet.tall + 15
        name = xml_text(line.name)
        if line.columns:
            shown = xml_text(_cut(line.name, _LONGEST_LINE))
            yield f'<text x="{_MARGIN + 12}" y="{y}">{shown}<title>{name}</title></text>\n'
        else:
            yield f'<text class="band{" far" * line.far}" x="{_MARGIN}" y="{y}">{name}</text>\n'


def _marks(sheet: _Sheet, *, several: bool) -> Iterator[str]:
    drawing = Drawing()
    draw = stack if several else mark
    for number, line in enumerate(sheet.lines):
        y = sheet.top + number * sheet.tall
        for x, counts in zip(sheet.columns, line.columns, strict=False):
            if sheet.labelled and sheet.named:
                draw(drawing, x + 2, y + 2, counts)
            else:
                speck(drawing, (x, y), (sheet.wide, sheet.tall), counts)
    yield from drawing.elements()


def _explained(sheet: _Sheet, legend: Sequence[tuple[AnswerWord, float]], *, several: bool) -> Iterator[str]:
    drawing, x, y = Drawing(), _MARGIN, sheet.bottom + 16
    for word, room in legend:
        if sheet.labelled and sheet.named:
            sign(drawing, x, y, word, several=several)
        else:
            speck(drawing, (x, y), (16, 16), {word: 1})
        yield f'<text x="{x + 22}" y="{y + 13}">{SHOWN[word].head}</text>\n'
        x += int(room)
    yield from drawing.elements()


def _contents(matrix: Matrix) -> tuple[list[str], list[bool], list[_Line], int]:
    """Names of columns, whether each has a gap before it, the lines, and how many rows allow nothing (left out)."""
    if len(matrix.keys) == 1:
        actions = [actions_in(group.mask & matrix.actions) for group in ACTION_GROUPS]
        names = [action.name.partition(":")[2] for members in actions for action in members]
        gaps = [number == 0 for members in actions for number, _action in enumerate(members)]
        bits = [bit_of(action.name) for members in actions for action in members]
        rows = [(row.principal, row.reach, tuple(_one(row.answer(bit)) for bit in bits)) for row in matrix.rows]
    else:
        names, gaps = [key.handle for key in matrix.keys], [False] * len(matrix.keys)
        rows = []
        known: dict[tuple[int, ...], Counts] = {}
        with_key = (row for row in matrix.rows if row.key is not None)
        for (principal, reach), own in groupby(
            sorted(with_key, key=lambda row: (row.principal, REACHES.index(row.reach))),
            key=lambda row: (row.principal, row.reach),
        ):
            by_key = {row.key: _counts(matrix, row, known) for row in own}
            rows.append((principal, reach, tuple(by_key.get(key, {}) for key in range(len(matrix.keys)))))
    some = [row for row in rows if any(set(counts) - {"never"} for counts in row[2])]
    labels = short_names([each.label for each in matrix.principals])
    lines: list[_Line] = []
    for reach in REACHES:
        here = [row for row in some if row[1] == reach]
        if here:
            lines.append(_Line(f"{reach[0].upper()}{reach[1:]}", reach in OUTSIDE))
            lines += [_Line(labels[principal], reach in OUTSIDE, columns) for principal, _reach, columns in here]
    return names, gaps, lines, len(rows) - len(some)


def _one(word: AnswerWord) -> Counts:
    return {word: 1}


def _counts(matrix: Matrix, row: Row, known: dict[tuple[int, ...], Counts]) -> Counts:
    """How many actions of a row have each answer; most rows give the same answers as another one."""
    looks = (row.always, row.sometimes, row.undetermined, row.public)
    counts = known.get(looks)
    if counts is None:
        counts = known[looks] = _counted(matrix, row)
    return counts


def _counted(matrix: Matrix, row: Row) -> Counts:
    counts = {word: number for word in STACKED if (number := row.mask(word).bit_count())}
    left = matrix.actions_of(row).bit_count() - sum(counts.values())
    return {**counts, "never": left} if left else counts


def _caption(matrix: Matrix, left_out: int) -> str:
    number = matrix.actions.bit_count()
    what = f"{number} actions" if number != 1 else actions_in(matrix.actions)[0].name
    one_key = f"key {matrix.keys[0].handle}" if len(matrix.keys) == 1 else f"{len(matrix.keys)} keys"
    parts = [f"{len(matrix.principals)} principals, {one_key}, {what}"]
    if left_out:
        many = "rows that allow nothing are" if left_out != 1 else "row that allows nothing is"
        parts.append(f"{left_out} {many} left out")
    if matrix.at is not None:
        parts.append(f"{matrix.at:%Y-%m-%d}")
    return " · ".join((*parts, produced_by()))


def _legend(matrix: Matrix) -> Sequence[tuple[AnswerWord, float]]:
    """The answers to explain, each with its width."""
    told: tuple[AnswerWord, ...] = ("always", "conditional", "public", "undetermined", "never")
    rows = [row for row, _times in matrix.rows.looks()] if isinstance(matrix.rows, Folded) else matrix.rows
    there = [word for word in told if SHOWN[word].usual or any(row.mask(word) for row in rows)]
    return [(word, 22 + len(SHOWN[word].head) * _LETTER + 18) for word in there]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
