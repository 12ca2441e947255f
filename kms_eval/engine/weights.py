"""A cheap estimate, in bytes, of the memory that the caches of an evaluator use, by which they are bounded.

Comes in: policies, callers, cells. Goes out: numbers of bytes, right within a factor of two. Never here: the caches.

Counting items would not be enough: a caller with an organization's longest policies takes a thousand times as much
memory as another.
"""

from __future__ import annotations

from typing import Any

from kms_eval.documents.model import Policy

HEAVIEST = 128 << 20
"""The most that an evaluator caches; then it empties the caches and starts again."""

_OBJECT = 1_000
"""A caller with its names, or a cell with its masks and its place in the cache."""
_ENTRY = 100
_COMPILED = 20
"""Bytes of a parsed and compiled policy for each byte of its text."""
_LONGEST = 6_144
"""Assumed for a policy whose length is not known: the most that AWS accepts for a session policy."""


def of_policy(policy: Policy) -> int:
    """A session policy of a request, with its rules."""
    return _OBJECT + _COMPILED * (policy.length or _LONGEST)


def of_caller(text: str) -> int:
    """A caller, named by this text."""
    return _OBJECT + 4 * len(text)


def of_cell(entries: tuple[Any, ...], pending: tuple[Any, ...]) -> int:
    """A cell with these entries; the pending ones may be its own, the others belong to the caller."""
    return _OBJECT + 8 * len(entries) + _ENTRY * len(pending)


def of_caller_policies(entries: int) -> int:
    """The compiled policies of a caller, with that many entries."""
    return 2 * _OBJECT + _ENTRY * entries
