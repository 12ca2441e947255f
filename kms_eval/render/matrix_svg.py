"""A matrix as a picture: a heat map for reports.

Comes in: a matrix. Goes out: SVG text that needs nothing else, in light and dark. Never here: reasons, interaction.

With one key a column is an action, with several a column is a key, shaded by how much of it is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from kms_eval.analysis.access.access_matrix import Matrix, Row
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.render.answers import ANSWERS, SHOWN, SOMETHING
from kms_eval.safe_text import xml_text

_MOST_LABELLED = 150
_LEVELS = 5
_STYLE = """
  svg { background: #fff; font: 10px ui-sans-serif, system-ui, sans-serif; color: #1f2328 }
  text { fill: currentColor } .title { font-size: 14px; font-weight: 600 } .note { fill: #59636e }
  .grid { stroke: #fff; stroke-width: 1 }
  .always { fill: #0a5bb5 } .conditional { fill: #e59c24 } .never { fill: #eceff2 }
  .undetermined { fill: #b08cf0 } .public { fill: #d1242f }
  .level1 { fill: #cfe1f5 } .level2 { fill: #94bfe9 } .level3 { fill: #5598d9 } .level4 { fill: #1f70c1 }
  .level5 { fill: #0a4f9e }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; color: #e6edf3 } .note { fill: #9198a1 }
    .grid { stroke: #0d1117 }
    .always { fill: #58a6ff } .conditional { fill: #d29922 } .never { fill: #21262d }
    .undetermined { fill: #6e40c9 } .public { fill: #f85149 }
    .level1 { fill: #10294a } .level2 { fill: #14417a } .level3 { fill: #1f63b5 } .level4 { fill: #3f8be6 }
    .level5 { fill: #79b8ff }
  }
"""


def render(matrix: Matrix) -> Iterator[str]:
    """The picture. Beyond 150 lines or columns these lose their names and become thin."""
    columns, lines = _by_action(matrix) if len(matrix.keys) == 1 else _by_key(matrix)
    labelled, named = len(lines) <= _MOST_LABELLED, len(columns) <= _MOST_LABELLED
    tall, wide = (13 if labelled else 3), (13 if named else 3)
    left = 12 + (max((min(len(name), 60) for name, _ in lines), default=0) * 6 if labelled else 0)
    top = 56 + (max((min(len(name), 45) for name in columns), default=0) * 5 if named else 0)
    width, height = max(left + wide * len(columns) + 110, 560), top + tall * len(lines) + 44
    title = xml_text(matrix.title)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-labelledby="title">\n<title id="title">{title}</title>\n<style>{_STYLE}</style>\n'
        f'<text class="title" x="12" y="22">{title}</text>\n'
        f'<text class="note" x="12" y="38">{_caption(matrix)}</text>\n'
    )
    if named:
        for place, name in enumerate(columns):
            x, y = left + place * wide + 9, top - 5
            yield f'<text x="{x}" y="{y}" transform="rotate(-60 {x} {y})">{xml_text(_cut(name, 45))}</text>\n'
    runs: dict[str, list[str]] = {}
    for number, (name, classes) in enumerate(lines):
        y = top + number * tall
        if labelled:
            yield (
                f'<text x="{left - 6}" y="{y + 10}" text-anchor="end">{xml_text(_cut(name, 60))}'
                f"<title>{xml_text(name)}</title></text>\n"
            )
        for kind, first, length in _runs(classes):
            gap = 1 if labelled else 0
            box = f"M{left + first * wide} {y}h{length * wide - gap}v{tall - gap}h-{length * wide - gap}z"
            runs.setdefault(kind, []).append(box)
    for kind, boxes in runs.items():
        yield f'<path class="{kind}" d="{"".join(boxes)}"/>\n'
    if named:
        lines_down = (f"M{left + place * wide - 0.5} {top}v{tall * len(lines)}" for place in range(1, len(columns)))
        yield f'<path class="grid" d="{"".join(lines_down)}"/>\n'
    yield from _legend(matrix, top + tall * len(lines) + 16)
    yield "</svg>\n"


def _by_action(matrix: Matrix) -> tuple[list[str], list[tuple[str, list[str]]]]:
    actions = [action for group in ACTION_GROUPS for action in actions_in(group.mask & matrix.actions)]
    bits = [bit_of(action.name) for action in actions]
    lines = [(matrix.principals[row.principal].label, [str(row.answer(bit)) for bit in bits]) for row in matrix.rows]
    return [action.name.partition(":")[2] for action in actions], lines


def _by_key(matrix: Matrix) -> tuple[list[str], list[tuple[str, list[str]]]]:
    rows = (row for row in matrix.rows if row.key is not None)
    lines = [
        (matrix.principals[principal].label, [_level(matrix, row) for row in own])
        for principal, own in groupby(rows, key=lambda row: row.principal)
    ]
    return [key.handle for key in matrix.keys], lines


def _level(matrix: Matrix, row: Row) -> str:
    asked = matrix.actions_of(row).bit_count()
    if row.public:
        return "public"
    allowed = (row.always | row.sometimes & ~row.undetermined).bit_count()
    if row.undetermined and not allowed:
        return "undetermined"
    return f"level{-int(-(allowed / asked) * _LEVELS // 1)}" if allowed else "never"


def _runs(classes: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Neighbours of one class as one box: (class, first column, columns)."""
    first = 0
    for kind, same in groupby(classes):
        length = len(list(same))
        yield kind, first, length
        first += length


def _caption(matrix: Matrix) -> str:
    number = len(actions_in(matrix.actions))
    what = f"{number} actions" if number != 1 else xml_text(actions_in(matrix.actions)[0].name)
    one_key = f"key {xml_text(matrix.keys[0].handle)}" if len(matrix.keys) == 1 else f"{len(matrix.keys)} keys"
    return f"{len(matrix.principals)} principals, {one_key}, {what}"


def _legend(matrix: Matrix, y: int) -> Iterator[str]:
    rare = [each.word for each in ANSWERS if not each.usual and any(row.mask(each.word) for row in matrix.rows)]
    entries: list[tuple[str, str]]
    if len(matrix.keys) == 1:
        entries = [(word, SHOWN[word].head) for word in (*SOMETHING, "never") if SHOWN[word].usual or word in rare]
    else:
        entries = [("never", "nothing")]
        entries += [(f"level{level}", f"up to {level * 100 // _LEVELS} %") for level in range(1, _LEVELS + 1)]
        entries += [(word, SHOWN[word].head) for word in rare]
    x = 12
    for kind, text in entries:
        yield f'<rect class="{kind}" x="{x}" y="{y}" width="11" height="11"/>'
        yield f'<text x="{x + 16}" y="{y + 9}">{text}</text>\n'
        x += 30 + 6 * len(text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
