"""What the exit codes of every verb mean.

Comes in: nothing. Goes out: the four numbers of the contract. Never here: anything else.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """A denial, a wrong call and an undetermined answer always have different codes."""

    YES = 0
    """Allowed; every test passed; nothing found."""

    NO = 1
    """Denied; a test failed; something found."""

    WRONG = 2
    """The input or the call is wrong: nothing was decided."""

    OPEN = 3
    """An answer could not be established."""
