"""What a harness is: a door for outside input, valid inputs to begin with, and the invariant that holds for any input.

Comes in: any bytes. Goes out: nothing if the invariant holds, an exception if it does not.
Never here: a door, or how inputs are made (that is `mutation`).

Every harness is a file of its own. Its docstring begins with the invariant; it defines `HARNESS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zlib import crc32

from kms_eval import InputError
from kms_eval.errors import KmsEvalError

CORPUS = Path(__file__).parent / "corpus"
LONGEST_LINE = 4_000
"""The most characters on one line of a message: quoted input is cut, however long it is."""

Mutated = Callable[[bytes, Random], bytes]


class BrokenInvariantError(Exception):
    """The invariant of a harness does not hold for an input; the text says what is wrong."""


@dataclass(frozen=True, slots=True, repr=False)
class Harness:
    """One door. `seeds` are valid inputs; `check` raises for an input for which the invariant does not hold."""

    name: str
    seeds: Sequence[bytes]
    check: Callable[[bytes], None]
    mutated: Mutated

    def input(self, number: int) -> bytes:
        """The input of that number: a seed, changed in some places. The same number always gives the same input."""
        random = Random(number)
        data = random.choice(self.seeds)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            data = self.mutated(data, random)
        return data

    def past_failures(self) -> list[Path]:
        """The inputs for which the invariant once did not hold: every run replays them."""
        return sorted((CORPUS / self.name).glob("*")) if (CORPUS / self.name).is_dir() else []


def choice(data: bytes, options: int) -> int:
    """A number below `options` that depends on nothing but the input."""
    return crc32(data) % options


def demand(holds: object, message: str) -> None:
    """Raise BrokenInvariantError if `holds` is false."""
    if not holds:
        raise BrokenInvariantError(message)


def fair(error: KmsEvalError) -> None:
    """Check that a refusal is readable: every fault on one line, printable, and not too long."""
    lines = str(error).split("\n")
    demand(all(line.isprintable() for line in lines), f"not printable: {str(error)!r}")
    demand(all(len(line) <= LONGEST_LINE for line in lines), f"a line of {max(map(len, lines)):,} characters")
    if isinstance(error, InputError):
        demand(error.faults, "a refusal without a fault")
        demand(len(lines) == len(error.faults), f"{len(error.faults)} faults on {len(lines)} lines: {str(error)!r}")
