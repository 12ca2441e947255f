"""The possible answers about one principal, one action and one key, whatever a request carries.

Comes in: masks. Goes out: a word. Never here: finding the masks (`grid`), how a word is shown (`render.answers`).
"""

from __future__ import annotations

from typing import Literal

AnswerWord = Literal["always", "public", "conditional", "undetermined", "never"]
"""`public`: no condition is about who asks; `undetermined`: it depends on something that no source could show. All
but `always` and `never` mean that some requests are or may be allowed, and others are not."""


def answer_word(bit: int, always: int, sometimes: int, undetermined: int, public: int) -> AnswerWord:
    """The answer about one action, given as its bit."""
    if always & bit:
        return "always"
    if not sometimes & bit:
        return "never"
    if undetermined & bit:
        return "undetermined"
    return "public" if public & bit else "conditional"
