"""A matrix as one self-contained web page, which needs no network and no other file.

Comes in: a matrix with reasons. Goes out: HTML text. Never here: the look and behaviour of the page, which are
`pages/matrix.html`, `matrix.css` and `matrix.js`.

The page contains the matrix as JSON, in which equal rows share one *pattern*: an answer and a note for each action. The
content security policy lets the page load nothing at all, and run no script but its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from kms_eval.analysis.access.access_matrix import Matrix, Note, Notes, Row
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.analysis.access.reach import OUTSIDE, REACHES
from kms_eval.documents.model import Statement
from kms_eval.engine.explanation import Source
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.facts.actions import Action
from kms_eval.render.answers import ANSWERS
from kms_eval.render.page import asset, content_security_policy, produced_by
from kms_eval.render.palette import THEMES
from kms_eval.render.policy_json import grant_as_dict, statement_as_dict
from kms_eval.render.short_names import short_names
from kms_eval.safe_text import html_text, json_text, printable, script_json

_ANSWERS = {shown.word: str(digit) for digit, shown in enumerate(ANSWERS)}
_NOT_ASKED = "-"
_WITHOUT_KEY = "without a key"
_BRIEF = "A page this big leaves out why each is never allowed: `kms-eval can` says it."


def render(matrix: Matrix) -> Iterator[str]:
    """The page."""
    style, script = THEMES + asset("matrix.css"), asset("matrix.js")
    before, after = asset("matrix.html").split("{{data}}")
    title = html_text(matrix.title)
    # Texts from outside are inserted last, so that nothing in them is taken for one of these placeholders.
    for name, text in (("policy", content_security_policy(style, script)), ("style", style)):
        before = before.replace(f"{{{{{name}}}}}", text)
    pieces = before.split("{{about}}")
    yield html_text(_about(matrix)).join(piece.replace("{{title}}", title) for piece in pieces)
    yield script_json(_data(matrix))
    yield after.replace("{{script}}", script)


def _about(matrix: Matrix) -> str:
    numbers = [(len(matrix.principals), "principal"), (len(matrix.keys), "key"), (matrix.actions.bit_count(), "action")]
    parts = [" × ".join(f"{number:,} {name}{'' if number == 1 else 's'}" for number, name in numbers)]
    if matrix.at is not None:
        parts.append(f"{matrix.at:%Y-%m-%d %H:%M} UTC")
    if matrix.source:
        parts.append(f"from {matrix.source}")
    parts.append(produced_by())
    if matrix.keys_left_out:
        left_out = f"{matrix.keys_left_out:,} of {matrix.keys_left_out + len(matrix.keys):,} keys"
        parts.append(f"Left out, or this page would be too big: {left_out}; choose them with --key")
    return " · ".join(parts)


def _data(matrix: Matrix) -> dict[str, Any]:
    groups = [(group, actions_in(group.mask & matrix.actions)) for group in ACTION_GROUPS]
    actions = [action for _group, members in groups for action in members]
    patterns = _Patterns(matrix, actions)
    rows = [
        number
        for row in matrix.rows
        for number in (row.principal, -1 if row.key is None else row.key, patterns.number(row), _band(row))
    ]
    return {
        "answers": [shown.phrase for shown in ANSWERS],
        "actions": [action.name for action in actions],
        "groups": [[group.name, group.purpose, len(members)] for group, members in groups if members],
        "bands": [*REACHES, _WITHOUT_KEY],
        "far": len(OUTSIDE),
        "brief": _BRIEF if matrix.notes is Notes.ALLOWED else "",
        "people": [
            [printable(short), printable(person.name), person.kind, int(person.described)]
            for short, person in zip(
                short_names([each.label for each in matrix.principals]), matrix.principals, strict=True
            )
        ],
        "keys": [[printable(key.handle), printable(key.arn)] for key in matrix.keys],
        "patterns": [[answers, _runs(notes)] for answers, notes in patterns.known],
        "notes": [
            [printable(note.text), [patterns.source(each) for each in note.sources], list(codes)]
            for note, codes in patterns.notes
        ],
        "sources": [_source(matrix, each) for each in patterns.sources],
        "rows": rows,
    }


def _runs(notes: tuple[int, ...]) -> list[int]:
    """Notes as run lengths (note, count), as most neighbours have the same note."""
    return [number for note, same in groupby(notes) for number in (note, len(list(same)))]


def _band(row: Row) -> int:
    """The number of the row's band; rows without a key have the last band."""
    return len(REACHES) if row.key is None else REACHES.index(row.reach)


def _source(matrix: Matrix, source: Source) -> list[str]:
    """The name of a source, its effect, file and line, field, and text."""
    place, written = source.location, matrix.written.get(source)
    where = "" if place is None else ":".join(str(part) for part in (place.file, place.line) if part is not None)
    text = ""
    if written is not None:
        plain = statement_as_dict(written) if isinstance(written, Statement) else grant_as_dict(written)
        text = json_text(plain, indent=2)
    return [
        printable(source.name),
        source.effect,
        printable(where),
        printable(place.field or "") if place is not None else "",
        text,
    ]


_Said = tuple[Note, tuple[str, ...]]
_NOTHING: _Said = (Note(""), ())


@dataclass(slots=True)
class _Patterns:
    """The distinct patterns of rows, the distinct notes in them, and the distinct sources of these, all numbered."""

    matrix: Matrix
    actions: list[Action]
    known: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)
    notes: dict[_Said, int] = field(default_factory=lambda: {_NOTHING: 0})
    sources: dict[Source, int] = field(default_factory=dict)
    _pattern_of: dict[object, int] = field(default_factory=dict)

    def number(self, row: Row) -> int:
        """The number of the row's pattern."""
        asked = self.matrix.actions_of(row)
        # Most rows equal others; their notes are the same objects, since each note is kept once.
        content = (asked, row.always, row.sometimes, row.undetermined, row.public, row.doubts,
                 tuple((mask, id(note)) for mask, note in row.notes))  # fmt: skip
        found = self._pattern_of.get(content)
        if found is None:
            found = self._pattern_of[content] = self._number(row, asked)
        return found

    def _number(self, row: Row, asked: int) -> int:
        answers, notes = [], []
        for action in self.actions:
            bit = bit_of(action.name)
            answers.append(_ANSWERS[row.answer(bit)] if asked & bit else _NOT_ASKED)
            said = (row.note(bit) or _NOTHING[0], row.open_questions(bit)) if asked & bit else _NOTHING
            notes.append(self.notes.setdefault(said, len(self.notes)))
        return self.known.setdefault(("".join(answers), tuple(notes)), len(self.known))

    def source(self, source: Source) -> int:
        """The number of a source."""
        return self.sources.setdefault(source, len(self.sources))
