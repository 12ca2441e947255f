"""The answers there are about one principal, one action and one key, for whatever a request may carry.

Comes in: masks. Goes out: a word. Never here: finding the masks (`grid`), how a word is shown (`render.answers`).
"""

from __future__ import annotations

from typing import Literal

AnswerWord = Literal["always", "public", "conditional", "undetermined", "never"]
"""`public`: whoever it is; `undetermined`: something that no source could show decides. All but `always` and `never`
are of what is allowed in some requests only."""


def answer_word(bit: int, always: int, sometimes: int, undetermined: int, public: int) -> AnswerWord:
    """The answer about one action, given as its bit."""
    if always & bit:
        return "always"
    if not sometimes & bit:
        return "never"
    if undetermined & bit:
        return "undetermined"
    return "public" if public & bit else "conditional"
