"""The values a condition key has in one request.

Comes in: what a source says of condition keys. Goes out: the three shapes a look-up can have, and all ways to settle
those that are open. Never here: what a value means.
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
    """AWS leaves open which of these the key is; None is an absent key (the two-readings rule, semantics §0).

    `question` is the code of the warning that says so.
    """

    readings: tuple[Values | None, ...]
    question: str


# None: the key is absent. An empty tuple: present without values, which counts as absent (semantics C8).
Reading = Values | Alternatives | None


IAM_ONLY = ("kms:resourcealiases", "aws:resourcetag/")
"""Keys that AWS KMS supports in IAM policies only, lower case (semantics K5)."""


def iam_only(policy: Policy, keys: frozenset[str]) -> frozenset[str]:
    """Of the keys that a statement of the policy needs, those that AWS KMS does not support there."""
    if policy.kind is not PolicyKind.KEY:
        return frozenset()
    return frozenset(key for key in keys if key.startswith(IAM_ONLY))


def or_absent(reading: Reading) -> Alternatives:
    """The reading, or that the key is absent."""
    real = reading.readings if isinstance(reading, Alternatives) else (reading,)
    return Alternatives((None, *real), "iam-only-key-in-key-policy")


class Source(Protocol):
    """Whatever knows the values of condition keys in one request."""

    def get(self, key: str) -> Reading:
        """The reading of a key named in lower case."""


class Nothing:
    """A source in which every key is absent."""

    def get(self, _key: str) -> Reading:
        """None, whatever the key."""
        return None


NOTHING = Nothing()


MOST_WAYS = 256
"""More ways to settle a statement than this are not tried: they double with every open key."""


def assignments(readings: Mapping[str, Reading]) -> Iterable[Assignment] | None:
    """Every way to settle what the readings leave open, or None for more than `MOST_WAYS`."""
    uncertain = {key: value.readings for key, value in readings.items() if isinstance(value, Alternatives)}
    certain = cast("Assignment", readings)
    if not uncertain:
        return (certain,)
    if prod(len(each) for each in uncertain.values()) > MOST_WAYS:
        return None
    return ({**certain, **dict(zip(uncertain, chosen, strict=True))} for chosen in product(*uncertain.values()))


def in_reading(ways: Iterable[Assignment], holds: Callable[[Assignment], bool], *, generous: bool) -> bool:
    """Whether something holds in any of the ways if `generous`, else whether it does in all of them."""
    for assignment in ways:
        if holds(assignment) is generous:
            return generous
    return not generous


def text_in(assignment: Assignment) -> Lookup:
    """The look-up for policy variables: the one value of a key, None where it is absent or has several (W4)."""

    def lookup(key: str) -> str | None:
        values = assignment.get(key)
        return values[0] if values is not None and len(values) == 1 else None

    return lookup
