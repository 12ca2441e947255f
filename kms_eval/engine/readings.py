"""The values that a condition key has in one request.

Comes in: what a source says about condition keys. Goes out: the three types of readings, and all combinations of the
values of keys that are open. Never here: what a value means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from math import prod
from typing import Protocol, cast

from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.language.variables import Lookup
from kms_eval.records import record

Values = tuple[str, ...]
Assignment = Mapping[str, Values | None]


@record
class Alternatives:
    """The values that a key may have, where it is open which; None is an absent key (two-readings rule, semantics §0).

    `question` is the code of the warning about it.
    """

    readings: tuple[Values | None, ...]
    question: str


# None: the key is absent. An empty tuple: present without values, which counts as absent (semantics C8).
Reading = Values | Alternatives | None


IAM_ONLY = ("kms:resourcealiases", "aws:resourcetag/")
"""Keys (lower case) that AWS KMS supports in IAM policies only (semantics K5)."""


def iam_only(policy: Policy, keys: frozenset[str]) -> frozenset[str]:
    """Those of `keys` that AWS KMS does not support in the policy."""
    if policy.kind is not PolicyKind.KEY:
        return frozenset()
    return frozenset(key for key in keys if key.startswith(IAM_ONLY))


def or_absent(reading: Reading) -> Alternatives:
    """The reading, with the absent key as a further alternative."""
    real = reading.readings if isinstance(reading, Alternatives) else (reading,)
    return Alternatives((None, *real), "iam-only-key-in-key-policy")


class Source(Protocol):
    """Something that knows the values of condition keys in one request."""

    def get(self, key: str) -> Reading:
        """The reading of a key (lower case)."""


class Nothing:
    """A source in which every key is absent."""

    def get(self, _key: str) -> Reading:
        """None for every key."""
        return None


NOTHING = Nothing()


MOST_WAYS = 256
"""How many combinations of values are tried at most: they multiply with every open key."""


def assignments(readings: Mapping[str, Reading]) -> Iterable[Assignment] | None:
    """Every combination of the values that the readings leave open, or None for more than `MOST_WAYS`."""
    uncertain = {key: value.readings for key, value in readings.items() if isinstance(value, Alternatives)}
    certain = cast("Assignment", readings)
    if not uncertain:
        return (certain,)
    if prod(len(each) for each in uncertain.values()) > MOST_WAYS:
        return None
    return ({**certain, **dict(zip(uncertain, chosen, strict=True))} for chosen in product(*uncertain.values()))


def in_reading(ways: Iterable[Assignment], holds: Callable[[Assignment], bool], *, generous: bool) -> bool:
    """Whether `holds` is true for any of the combinations if `generous`, otherwise whether it is for all."""
    for assignment in ways:
        if holds(assignment) is generous:
            return generous
    return not generous


def text_in(assignment: Assignment) -> Lookup:
    """The lookup for policy variables: the single value of a key, None where it is absent or has several (W4)."""

    def lookup(key: str) -> str | None:
        values = assignment.get(key)
        return values[0] if values is not None and len(values) == 1 else None

    return lookup
