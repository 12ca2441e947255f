"""A matrix as one JSON object, with the conditions of what is allowed under conditions.

Comes in: a matrix. Goes out: JSON text. Never here: what is never allowed, which is every action that a row does not
name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kms_eval.analysis.access.access_matrix import Matrix, Row
from kms_eval.engine.masks import actions_in
from kms_eval.render.answers import ANSWERS
from kms_eval.render.json_document import SCHEMA
from kms_eval.safe_text import json_text

_RARE = tuple(shown.word for shown in ANSWERS if not shown.usual)


def render(matrix: Matrix) -> Iterator[str]:
    """The object, with each row on a line."""
    head = {"schema": SCHEMA, **_head(matrix)}
    for number, (name, value) in enumerate(head.items()):
        yield ",\n" if number else "{\n"
        yield f"  {json_text(name)}: {json_text(value)}"
    yield ',\n  "rows": ['
    for number, text in enumerate(_rows(matrix)):
        yield f"\n    {text}" if number == 0 else f",\n    {text}"
    yield "\n  ]\n}\n"


def _rows(matrix: Matrix) -> Iterator[str]:
    """Each row as JSON. Most rows give the same answers as another one: their answers are written once."""
    principals = [json_text(person.name) for person in matrix.principals]
    keys = [json_text(key.handle) for key in matrix.keys]
    known: dict[tuple[int, ...], str] = {}
    for row in matrix.rows:
        # The matrix keeps notes and doubts as long as this runs, so that their identities are their own.
        looks = (row.always, row.sometimes, row.undetermined, row.public, id(row.notes), id(row.doubts))
        answers = known.get(looks)
        if answers is None:
            answers = known[looks] = json_text(_answers(row)).removeprefix("{")
        key = "null" if row.key is None else keys[row.key]
        yield f'{{"principal": {principals[row.principal]}, "key": {key}, {answers}'


def to_dict(matrix: Matrix) -> dict[str, Any]:
    """The same as plain values."""
    return {**_head(matrix), "rows": [_row(matrix, row) for row in matrix.rows]}


def _head(matrix: Matrix) -> dict[str, Any]:
    return {
        "title": matrix.title,
        "at": matrix.at.isoformat().replace("+00:00", "Z") if matrix.at is not None else None,
        "actions": _names(matrix.actions),
        "principals": [
            {"principal": person.name, "kind": person.kind, "described": person.described}
            for person in matrix.principals
        ],
        "keys": [{"key": key.handle, "arn": key.arn} for key in matrix.keys],
    }


def _row(matrix: Matrix, row: Row) -> dict[str, Any]:
    return {
        "principal": matrix.principals[row.principal].name,
        "key": None if row.key is None else matrix.keys[row.key].handle,
        **_answers(row),
    }


def _answers(row: Row) -> dict[str, Any]:
    return {
        "always": _names(row.always),
        "conditional": _with_conditions(row, row.mask("conditional")),
        # Rare answers have a member only if there are any.
        **{word: _with_conditions(row, row.mask(word)) for word in _RARE if row.mask(word)},
        **(
            {"warnings": [{"actions": _names(mask), "codes": list(codes)} for mask, codes in row.doubts]}
            if row.doubts
            else {}
        ),
    }


def _with_conditions(row: Row, mask: int) -> list[dict[str, Any]]:
    return [{"actions": _names(part & mask), "conditions": note.text} for part, note in row.notes if part & mask]


def _names(mask: int) -> list[str]:
    return [action.name for action in actions_in(mask)]
