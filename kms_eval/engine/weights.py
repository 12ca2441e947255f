"""What that which is kept about callers weighs: a cheap estimate in bytes, by which memory is bounded.

Comes in: rules, callers, cells. Goes out: numbers of bytes, right within a factor of two. Never here: keeping anything.

Counting would not do: a caller under an organization's longest policies weighs a thousand times what another one does.
"""

from __future__ import annotations

from typing import Any

from kms_eval.documents.model import Policy

HEAVIEST = 128 << 20
"""What an evaluator keeps at most; then it forgets everything and begins anew."""

_OBJECT = 1_000
"""A caller with its names, or a cell with its masks and its place among the cells."""
_ENTRY = 100
_COMPILED = 20
"""Bytes of a parsed and compiled policy for each byte of its text."""
_LONGEST = 6_144
"""The bytes of a policy of which they are not known: as many as AWS takes of a session policy."""


def of_policy(policy: Policy) -> int:
    """A policy that a request brings along, with its rules."""
    return _OBJECT + _COMPILED * (policy.length or _LONGEST)


def of_caller(text: str) -> int:
    """A caller, known by these words."""
    return _OBJECT + 4 * len(text)


def of_cell(entries: tuple[Any, ...], pending: tuple[Any, ...]) -> int:
    """A cell with these entries; those that are pending may be its own, the others are the caller's."""
    return _OBJECT + 8 * len(entries) + _ENTRY * len(pending)


def of_caller_policies(entries: int) -> int:
    """What speaks to a caller, that many entries."""
    return 2 * _OBJECT + _ENTRY * entries
