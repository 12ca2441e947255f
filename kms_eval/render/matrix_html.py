"""A matrix as one web page that needs nothing else: no network, no other file.

Comes in: a matrix with reasons. Goes out: HTML text. Never here: the look and behaviour of the page (`matrix_page`).

The matrix is in the page as JSON, in which equal rows share one *pattern*: an answer and a text for each action.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kms_eval.analysis.access.access_matrix import Matrix, Row
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.engine.masks import actions_in, bit_of
from kms_eval.facts.actions import Action
from kms_eval.render.answers import ANSWERS
from kms_eval.render.matrix_page import PAGE
from kms_eval.safe_text import html_text, printable, script_json

_ANSWERS = {shown.word: str(digit) for digit, shown in enumerate(ANSWERS)}
_NOT_ASKED = "-"


def render(matrix: Matrix) -> Iterator[str]:
    """The page."""
    before, between, after = PAGE.split("<!--here-->")
    title = html_text(matrix.title)
    yield before.replace("{{title}}", title)
    yield between.replace("{{title}}", title).replace("{{about}}", html_text(_about(matrix)))
    yield script_json(_data(matrix))
    yield after


def _about(matrix: Matrix) -> str:
    numbers = [(len(matrix.principals), "principal"), (len(matrix.keys), "key"), (matrix.actions.bit_count(), "action")]
    text = " × ".join(f"{number:,} {name}{'' if number == 1 else 's'}" for number, name in numbers)
    if matrix.at is not None:
        text += f", at {matrix.at:%Y-%m-%d %H:%M} UTC"
    if matrix.keys_left_out:
        left_out = f"{matrix.keys_left_out:,} of {matrix.keys_left_out + len(matrix.keys):,} keys"
        text += f". Left out, or this page would be too big: {left_out}; choose them with --key"
    return text


def _data(matrix: Matrix) -> dict[str, Any]:
    groups = [(group, actions_in(group.mask & matrix.actions)) for group in ACTION_GROUPS]
    actions = [action for _group, members in groups for action in members]
    patterns = _Patterns(matrix, actions)
    rows = [number for row in matrix.rows for number in (row.principal, _position(row), patterns.number(row))]
    return {
        "answers": [shown.phrase for shown in ANSWERS],
        "actions": [action.name for action in actions],
        "groups": [[group.name, group.purpose, len(members)] for group, members in groups if members],
        "people": [
            [printable(person.label), printable(person.name), person.kind, int(person.described)]
            for person in matrix.principals
        ],
        "keys": [[printable(key.handle), printable(key.arn)] for key in matrix.keys],
        "texts": [printable(text) for text in patterns.texts],
        "patterns": [[answers, list(notes)] for answers, notes in patterns.known],
        "rows": rows,
    }


def _position(row: Row) -> int:
    return -1 if row.key is None else row.key


@dataclass(slots=True)
class _Patterns:
    """The different rows, numbered; and the different texts in them."""

    matrix: Matrix
    actions: list[Action]
    known: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=lambda: {"": 0})

    def number(self, row: Row) -> int:
        """The number of the row's pattern."""
        asked = self.matrix.actions_of(row)
        answers, notes = [], []
        for action in self.actions:
            bit = bit_of(action.name)
            answers.append(_ANSWERS[row.answer(bit)] if asked & bit else _NOT_ASKED)
            notes.append(self.texts.setdefault(row.note(bit), len(self.texts)))
        return self.known.setdefault(("".join(answers), tuple(notes)), len(self.known))
