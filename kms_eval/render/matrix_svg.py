"""A matrix as a picture: a heat map for reports.

Comes in: a matrix. Goes out: SVG text that needs nothing else, in light and dark. Never here: reasons, interaction.

With one key a column is an action, with several a column is a key, and a box fills up by how much of it is allowed.
Each answer has a shape of its own as well as a colour, so that a print in grey says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from kms_eval.analysis.access.access_matrix import Matrix, Row
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.analysis.access.answers import AnswerWord
from kms_eval.analysis.access.reach import OUTSIDE, REACHES
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.render.answers import SHOWN
from kms_eval.render.page import produced_by
from kms_eval.render.palette import variables
from kms_eval.render.short_names import short_names
from kms_eval.safe_text import xml_text

_MOST_LABELLED = 150
_LETTER = 8.4
"""The width of a letter of 14 pixels in wide fonts, on average: in others there is room left."""
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
_STACKED: tuple[AnswerWord, ...] = ("always", "public", "conditional", "undetermined")


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the picture: its name, whether its band is far, and of each column how many have which answer.

    A heading has no columns.
    """

    name: str
    far: bool
    columns: tuple[dict[AnswerWord, int], ...] = ()


@dataclass(slots=True)
class _Drawing:
    """Paths by their class: one element for all the marks of a kind."""

    paths: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, path: str) -> None:
        self.paths.setdefault(kind, []).append(path)

    def elements(self) -> Iterator[str]:
        for kind, paths in self.paths.items():
            yield f'<path class="{kind}" d="{"".join(paths)}"/>\n'
        self.paths.clear()


def render(matrix: Matrix) -> Iterator[str]:
    """The picture. Beyond 150 lines or columns these lose their names and become thin."""
    names, gaps, lines, left_out = _contents(matrix)
    labelled, named = len(lines) <= _MOST_LABELLED, len(names) <= _MOST_LABELLED
    tall, wide = (20 if labelled else 4), (20 if named else 4)
    margin = 16
    left = margin + (int(max((min(len(each.name), 48) for each in lines), default=0) * _LETTER) + 24 if labelled else 0)
    longest = int(max((min(len(name), 40) for name in names), default=0) * _LETTER) if named else 0
    top = 76 + int(longest * 0.87)
    places, x = [], left
    for gap in gaps:
        x += 8 if gap else 0
        places.append(x)
        x += wide
    legend = list(_legend(matrix))
    needed = (x + int(longest * 0.5), int(len(matrix.title) * 10.5), int(len(_caption(matrix, left_out)) * _LETTER))
    width, height = max(*needed, 2 * margin + int(sum(each[1] for each in legend))), top + tall * len(lines) + 48
    title = xml_text(matrix.title)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-labelledby="title">\n<title id="title">{title}</title>\n<style>{_STYLE}</style>\n'
        f'<text class="title" x="{margin}" y="30">{title}</text>\n'
        f'<text class="note" x="{margin}" y="52">{xml_text(_caption(matrix, left_out))}</text>\n'
    )
    if named:
        for place, name in zip(places, names, strict=True):
            at = f"{place + 14} {top - 6}"
            yield f'<text transform="translate({at}) rotate(-60)">{xml_text(_cut(name, 40))}</text>\n'
    drawing = _Drawing()
    mark = _mark if len(matrix.keys) == 1 else _stack
    for number, line in enumerate(lines):
        y = top + number * tall
        if labelled and line.columns:
            yield (
                f'<text x="{margin + 12}" y="{y + 15}">{xml_text(_cut(line.name, 48))}'
                f"<title>{xml_text(line.name)}</title></text>\n"
            )
        elif labelled:
            yield f'<text class="band{" far" * line.far}" x="{margin}" y="{y + 15}">{xml_text(line.name)}</text>\n'
        for place, counts in zip(places, line.columns, strict=False):
            if labelled and named:
                mark(drawing, place + 2, y + 2, counts)
            else:
                _speck(drawing, (place, y), (wide, tall), counts)
    yield from drawing.elements()
    x = margin
    for word, room in legend:
        _sign(drawing, x, height - 32, word, several=len(matrix.keys) != 1)
        yield f'<text x="{x + 22}" y="{height - 19}">{SHOWN[word].head}</text>\n'
        x += int(room)
    yield from drawing.elements()
    yield "</svg>\n"


def _contents(matrix: Matrix) -> tuple[list[str], list[bool], list[_Line], int]:
    """Names of columns, before which of them there is a gap, the lines, and how many of these allow nothing."""
    if len(matrix.keys) == 1:
        actions = [actions_in(group.mask & matrix.actions) for group in ACTION_GROUPS]
        names = [action.name.partition(":")[2] for members in actions for action in members]
        gaps = [number == 0 for members in actions for number, _action in enumerate(members)]
        bits = [bit_of(action.name) for members in actions for action in members]
        rows = [(row.principal, row.reach, tuple({row.answer(bit): 1} for bit in bits)) for row in matrix.rows]
    else:
        names, gaps = [key.handle for key in matrix.keys], [False] * len(matrix.keys)
        rows = []
        with_key = (row for row in matrix.rows if row.key is not None)
        for (principal, reach), own in groupby(
            sorted(with_key, key=lambda row: (row.principal, REACHES.index(row.reach))),
            key=lambda row: (row.principal, row.reach),
        ):
            by_key = {row.key: _counts(matrix, row) for row in own}
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


def _counts(matrix: Matrix, row: Row) -> dict[AnswerWord, int]:
    counts = {word: number for word in _STACKED if (number := row.mask(word).bit_count())}
    left = matrix.actions_of(row).bit_count() - sum(counts.values())
    return {**counts, "never": left} if left else counts


def _mark(drawing: _Drawing, x: int, y: int, counts: dict[AnswerWord, int]) -> None:
    """The sign of the one answer there is."""
    for word in counts:
        _sign(drawing, x, y, word, several=False)


def _stack(drawing: _Drawing, x: int, y: int, counts: dict[AnswerWord, int]) -> None:
    """A box filled from below: what is always allowed as broad as it, what is under conditions narrower."""
    asked = sum(counts.values())
    if not asked:
        return
    if list(counts) == ["never"]:
        _sign(drawing, x, y, "never", several=True)
        return
    drawing.add("box", f"M{x + 0.5} {y + 0.5}h15v15h-15z")
    bottom = y + 15
    for word in _STACKED:
        if word in counts:
            height = max(3, round(14 * counts[word] / asked))
            height = min(height, max(bottom - y - 1, 2))
            _layer(drawing, x, bottom - height, height, word)
            bottom -= height


def _layer(drawing: _Drawing, x: int, y: int, height: int, word: AnswerWord) -> None:
    if word == "undetermined":
        drawing.add(word, f"M{x + 2} {y + height / 2}h12")
    elif word == "public":
        drawing.add(word, f"M{x + 1} {y + height}l7 {-height}l7 {height}z")
    else:
        inset = 1 if word == "always" else 5
        drawing.add(word, f"M{x + inset} {y}h{16 - 2 * inset}v{height}h{2 * inset - 16}z")


def _sign(drawing: _Drawing, x: int, y: int, word: AnswerWord, *, several: bool) -> None:
    """A mark of 16 pixels: a square, a half-filled circle, a diamond, a dashed square, a dot."""
    if several and word != "never":
        drawing.add("box", f"M{x + 0.5} {y + 0.5}h15v15h-15z")
        _layer(drawing, x, y + 5, 10, word)
    elif word == "always":
        drawing.add(word, f"M{x + 1} {y + 1}h14v14h-14z")
    elif word == "conditional":
        drawing.add("ring", f"M{x + 1.5} {y + 8}a6.5 6.5 0 1 1 13 0a6.5 6.5 0 1 1 -13 0z")
        drawing.add(word, f"M{x + 8} {y + 1.5}a6.5 6.5 0 0 0 0 13z")
    elif word == "public":
        drawing.add(word, f"M{x + 8} {y}l8 8l-8 8l-8 -8z")
    elif word == "undetermined":
        drawing.add(word, f"M{x + 2} {y + 2}h12v12h-12z")
    else:
        drawing.add(word, f"M{x + 6} {y + 8}a2 2 0 1 1 4 0a2 2 0 1 1 -4 0z")


def _speck(drawing: _Drawing, at: tuple[int, int], size: tuple[int, int], counts: dict[AnswerWord, int]) -> None:
    """A box where there is no room for signs: full where something is always allowed, half where under conditions."""
    word = next((each for each in _STACKED if each in counts), None)
    if word is None:
        return
    (x, y), (wide, tall) = at, size
    height = tall - 1 if word in {"always", "public"} else (tall + 1) // 2
    kind = word if word != "undetermined" else "never"
    drawing.add(kind, f"M{x} {y + tall - 1 - height}h{wide - 1}v{height}h{1 - wide}z")


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
    there = [word for word in told if SHOWN[word].usual or any(row.mask(word) for row in matrix.rows)]
    return [(word, 22 + len(SHOWN[word].head) * _LETTER + 18) for word in there]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
