"""How each answer about a principal, an action and a key is shown: one table for who-can and all matrix forms.

Comes in: nothing. Goes out: rows. Never here: finding answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from kms_eval.analysis.access.answers import AnswerWord


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer: `head` over a list of principals, `phrase` for one cell, signs in tables, and `paint` for terminals.

    A `usual` head is shown even where nobody has the answer.
    """

    word: AnswerWord
    head: str
    phrase: str
    picture: str
    letter: str
    paint: str
    usual: bool = True


ANSWERS: tuple[Shown, ...] = (
    Shown("never", "never", "never allowed", "·", "-", "place"),
    Shown("conditional", "only under conditions", "only under conditions", "◐", "c", "label"),
    Shown("always", "always", "always allowed", "●", "A", "allowed"),
    Shown("undetermined", "undetermined", "undetermined", "?", "?", "label", usual=False),
    Shown("public", "public", "public", "◉", "P", "denied", usual=False),
)
"""The position of an answer is its digit in pages."""

SOMETHING: tuple[AnswerWord, ...] = ("always", "public", "conditional", "undetermined")
"""All answers but `never`, as they are listed."""

SHOWN = {each.word: each for each in ANSWERS}
