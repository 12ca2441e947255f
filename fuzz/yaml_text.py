"""For any bytes there is a value of plain kinds or a refusal, never anything else; each value has a line of the text.

What could make other YAML readers construct objects, or expand or nest without end, is refused. A value that JSON can
represent is read as the same value from its JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from fuzz.documents import SCENARIOS, WORLDS
from fuzz.harness import Harness, choice, demand, fair
from fuzz.mutation import mutated_text
from kms_eval import InputError
from kms_eval.formats.text import decoded
from kms_eval.formats.yaml_text import read_yaml

_WRITTEN = (
    b'a: &x {b: [1, 2.5, ~, "q", !!str 7], c: *x2}\n',
    b"a: &x {b: [1, 2.5, ~, 'q', !!str 7]}\nd: *x\n",
    b"# a comment\n- |\n  block\n   text\n- >-\n  folded\n\n  text\n- {a: yes, b: 0x1f, c: 1_000, d: 2026-01-01}\n",
    b"%YAML 1.2\n---\nkey: value\n...\n",
    b"? complex\n: value\n'quoted': \"\\x41\\u00e9\"\n",
    b'Statement:\n  - Effect: Allow\n    Action: ["kms:*"]\n    Condition: {Bool: {"aws:SecureTransport": true}}\n',
)
_PLAIN = (str, bool, int, Decimal, type(None))


def seeds() -> tuple[bytes, ...]:
    """Texts written for this harness, and parts of the sample scenarios."""
    samples = [path.read_bytes() for path in sorted(Path(SCENARIOS).glob("*.yaml"))]
    parts = [b"\n".join(text.splitlines()[at : at + 40]) for text in samples for at in (0, 20, 60)]
    return (*_WRITTEN, *(part for part in parts if part), *(json.dumps(world).encode() for world in WORLDS[:1]))


def check(data: bytes) -> None:
    """Read the bytes as a file in YAML."""
    try:
        text = decoded(data, "input")
        value, position = read_yaml(text, "input")
    except InputError as error:
        fair(error)
        return
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029") + 1
    found = list(_places(value, ()))
    for steps in (found[choice(data, len(found))], ()):
        where = position(steps)
        demand(where is None or 1 <= where.line <= lines, f"{steps} stands on line {where}, of {lines}")
    again, _position = read_yaml(_as_json(value), "input") if _is_small(value) else (value, None)
    demand(_texts(again) == _texts(value), f"{value!r} is {again!r} as JSON")


def _as_json(value: object) -> str:
    return json.dumps(value, default=str)


def _is_small(value: object) -> bool:
    if value is None or isinstance(value, Decimal):
        return False
    text = repr(value)
    # A pair of surrogate escapes is one character in JSON, and two in YAML.
    return len(text) < 2_000 and max(text) <= "\uffff" and "\\U" not in text


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_texts(member) for member in value]
    return str(value) if isinstance(value, Decimal) else value


def _places(value: Any, steps: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    yield steps
    if isinstance(value, dict):
        for name, member in value.items():
            demand(isinstance(name, str), f"a name that is no text: {name!r}")
            yield from _places(member, (*steps, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _places(member, (*steps, index))
    else:
        demand(type(value) in _PLAIN, f"a value that is not plain: {value!r}")


_SEEDS = seeds()


def _mutated(data: bytes, random: Random) -> bytes:
    return mutated_text(data, random, _SEEDS)


HARNESS = Harness("yaml", _SEEDS, check, _mutated)
