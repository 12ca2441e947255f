"""Records: small values with a name for each part, which nobody changes once they are made.

Comes in: a class with annotated fields. Goes out: a slotted dataclass of it that type checkers hold to be frozen.
Never here: any record in particular.

What users get into their hands (worlds, documents, explanations, faults) is frozen when the program runs, too. For the
many classes between the two that is dear: six methods are written and compiled for each, which for eighty classes was a
third of the time of a whole `kms-eval can`, and objects take twice as long to make. A record has an `__init__`, and is
equal to nothing but itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def record(cls: type[_Class]) -> type[_Class]:
    """Make a record of a class."""
    return dataclass(slots=True, eq=False, repr=False)(cls)
