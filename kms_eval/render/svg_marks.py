"""The marks of the answers in pictures: each has its own shape.

Comes in: a place and answers. Goes out: paths, collected by their CSS class. Never here: colours (`palette`), layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kms_eval.analysis.access.answers import AnswerWord

Counts = Mapping[AnswerWord, int]
"""How many actions have each answer."""

STACKED: tuple[AnswerWord, ...] = ("always", "public", "conditional", "undetermined")
"""The order in which answers are stacked; where there is room for only one, the first that occurs is shown."""


@dataclass(slots=True)
class Drawing:
    """Paths by their class: one element for all marks of a class."""

    paths: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, path: str) -> None:
        """Add a path of a class."""
        self.paths.setdefault(kind, []).append(path)

    def elements(self) -> Iterator[str]:
        """The elements for the paths added since the last call."""
        for kind, paths in self.paths.items():
            yield f'<path class="{kind}" d="{"".join(paths)}"/>\n'
        self.paths.clear()


def mark(drawing: Drawing, x: int, y: int, counts: Counts) -> None:
    """The sign of the only answer."""
    for word in counts:
        sign(drawing, x, y, word, several=False)


def stack(drawing: Drawing, x: int, y: int, counts: Counts) -> None:
    """A box filled from below: as wide as the box for what is always allowed, narrower for what is under conditions."""
    asked = sum(counts.values())
    if not asked:
        return
    if list(counts) == ["never"]:
        sign(drawing, x, y, "never", several=True)
        return
    drawing.add("box", f"M{x + 0.5} {y + 0.5}h15v15h-15z")
    bottom = y + 15
    for word in STACKED:
        if word in counts:
            height = max(3, round(14 * counts[word] / asked))
            height = min(height, max(bottom - y - 1, 2))
            _layer(drawing, x, bottom - height, height, word)
            bottom -= height


def _layer(drawing: Drawing, x: int, y: int, height: int, word: AnswerWord) -> None:
    if word == "undetermined":
        drawing.add(word, f"M{x + 2} {y + height / 2}h12")
    elif word == "public":
        drawing.add(word, f"M{x + 1} {y + height}l7 {-height}l7 {height}z")
    else:
        inset = 1 if word == "always" else 5
        drawing.add(word, f"M{x + inset} {y}h{16 - 2 * inset}v{height}h{2 * inset - 16}z")


def sign(drawing: Drawing, x: int, y: int, word: AnswerWord, *, several: bool) -> None:
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


def speck(drawing: Drawing, at: tuple[int, int], size: tuple[int, int], counts: Counts) -> None:
    """The mark of an answer where there is no room for a sign.

    A full box if something is always allowed, half a box if it is under conditions, a triangle for public access, a
    line for what is undetermined; nothing if nothing is allowed.
    """
    word = next((each for each in STACKED if each in counts), None)
    if word is None:
        return
    (x, y), (wide, tall) = at, size
    if word == "undetermined":
        drawing.add(word, f"M{x} {y + tall / 2:g}h{wide - 1}")
    elif word == "public":
        drawing.add(word, f"M{x} {y + tall - 1}l{(wide - 1) / 2:g} {1 - tall}l{(wide - 1) / 2:g} {tall - 1}z")
    else:
        height = tall - 1 if word == "always" else (tall + 1) // 2
        drawing.add(word, f"M{x} {y + tall - 1 - height}h{wide - 1}v{height}h{1 - wide}z")
