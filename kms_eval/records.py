"""Records: small values with named fields, which are never changed after they are made.

Comes in: a class with annotated fields. Goes out: a slotted dataclass that type checkers treat as frozen.
Never here: any record in particular.

What users get (worlds, documents, explanations, faults) is frozen at run time, too. For the many internal classes that
costs too much: six methods are generated and compiled for each, which for eighty classes was a third of the time of a
whole `kms-eval can`, and objects take twice as long to make. A record has only an `__init__`, and is equal to nothing
but itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def record(cls: type[_Class]) -> type[_Class]:
    """Make a class a record."""
    return dataclass(slots=True, eq=False, repr=False)(cls)
