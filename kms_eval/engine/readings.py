"""The values a condition key has in one request.

Comes in: nothing (types only). Goes out: the three shapes a look-up of a condition key can have. Never here: meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """AWS leaves open which of these the key is; None is an absent key (the two-readings rule, semantics §0).

    `question` is the code of the warning that says so.
    """

    readings: tuple[Values | None, ...]
    question: str


# None: the key is absent. An empty tuple: present without values, which counts as absent (semantics C8).
Reading = Values | Alternatives | None
