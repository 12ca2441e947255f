"""How long a run of the tests may take: `pytest` alone takes a sample, `pytest -m ""` and `.ci/run` take all of it."""

from __future__ import annotations

from typing import Final

_SAMPLE: Final = 5
_state: Final = {"whole": True}


def decide(markexpr: str) -> None:
    """Take note of what `-m` selects: where the marker `long` is left out, laws try a fifth of their examples."""
    _state["whole"] = "not long" not in markexpr


def examples(number: int) -> int:
    """How many examples a law tries that needs so many to be trusted."""
    return number if _state["whole"] else max(number // _SAMPLE, 5)
