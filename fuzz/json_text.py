"""For any bytes there is the value that Python's own reader finds, or a refusal; never another value.

What Python's reader refuses is refused. What only Python accepts has one of these faults: a duplicate key, a lone
surrogate, a number that is not valid in JSON or too long, or too many levels. Each value has its line.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Any

from fuzz.documents import GRANTS, POLICIES, WORLDS, texts
from fuzz.harness import Harness, demand, fair
from fuzz.mutation import mutated_json, mutated_text
from kms_eval import InputError
from kms_eval.formats.json_text import read_json
from kms_eval.formats.text import decoded

_SEEDS = (
    *texts((*POLICIES, *GRANTS, WORLDS[1])),
    b'{"a": [1, -2.50, 1e3, true, null, "\\u00e9\\ud83d\\ude00"], "b": {"c": {}}}',
    b'[["a", "b"], {"a": "\\\\\\"/"}, 0.1]',
)
_ONLY_PYTHON_TAKES = (
    "twice", "duplicate", "surrogate", "number", "nested", "NaN", "Infinity", "digits", "larger", "exponent",
    "is empty",
)  # fmt: skip


def check(data: bytes) -> None:
    """Read the bytes as a file in JSON."""
    try:
        text = decoded(data, "input")
    except InputError as error:
        fair(error)
        return
    try:
        theirs: object = json.loads(text, parse_float=_fraction)
        refused = False
    except (ValueError, RecursionError):
        theirs, refused = None, True
    try:
        value, position = read_json(text, "input")
    except InputError as error:
        fair(error)
        demand(refused or any(word in str(error) for word in _ONLY_PYTHON_TAKES), f"only Python takes it: {error}")
        return
    demand(not refused, "only we take it")
    demand(_equal(value, theirs), f"{value!r} is not {theirs!r}")
    where = position(())
    demand(where is None or 1 <= where.line <= text.count("\n") + text.count("\r") + 1, f"stands at {where}")


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None


def _equal(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, dict):
        same = isinstance(theirs, dict) and list(ours) == list(theirs)
        return same and all(_equal(ours[name], theirs[name]) for name in ours)
    if isinstance(ours, list):
        return isinstance(theirs, list) and len(ours) == len(theirs) and all(map(_equal, ours, theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)


_as_tree = mutated_json([*POLICIES, *GRANTS])


def _mutated(data: bytes, random: Random) -> bytes:
    return mutated_text(data, random, _SEEDS) if random.random() < 0.7 else _as_tree(data, random)


HARNESS = Harness("json", _SEEDS, check, _mutated)
