"""Inputs that are nearly right: valid documents, changed in a few places.

Comes in: a valid input and a random source. Goes out: a changed input. Never here: what any of it means.

Bytes that are wrong from the first one on are refused there, and test nothing else. So documents are changed as trees:
members are added and removed, moved and renamed, and replaced by something hostile or by a part of another document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

ATOMS: tuple[Any, ...] = (
    "", " ", "*", "?", "**", "a*b?c", "${", "${aws:username}", "${aws:PrincipalTag/a}", "${*}", "${a, 'b'}",
    "\x00", "\x1b[2J", "\u202e", "\ud800", "\ufeff", "é", "a" * 3_000, "*a" * 40 + "b", "`", "|", "\n", "../x", "-",
    "=1",
    0, 1, -1, 1.5, 1e308, 10**40, True, False, None, [], {}, [[]], [None], [""], ["*"], {"AWS": "*"}, {"": ""},
    {"unknown": "cannot be read"}, {"unknown": "cannot be read", "address": "a.b", "remedy": "look"}, {"unknown": 1},
    "Allow", "Deny", "deny", "2012-10-17", "2008-10-17", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-12:00", "10.0.0.0/8", "::/0", "0.0.0.0/33", "kms:*", "kms:Decrypt", "kms:GenerateMac", "*:*",
    "111122223333", "000000000000", "root", "role/admin", "user/../x", "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:role/admin", "arn:aws:sts::111122223333:assumed-role/admin/s", "arn:aws:kms:*:*:key/*",
    "arn:::::", "arn:aws-cn:iam::111122223333:user/a", "s3.us-east-1.amazonaws.com", "s3.amazonaws.com", "us-east-1",
    "StringEquals", "ForAllValues:StringLike", "ForAnyValue:StringNotEqualsIfExists", "Null", "IpAddress", "Bool",
    "DateLessThan", "NumericEquals", "ArnLike", "BinaryEquals", "kms:ViaService", "kms:EncryptionContext:a",
    "kms:EncryptionContextKeys", "aws:PrincipalArn", "aws:SourceIp", "aws:CurrentTime", "aws:PrincipalOrgPaths",
    "alias/app", "alias/aws/ebs", "mrk-1234abcd12ab34cd56ef1234567890ab", "1234abcd-12ab-34cd-56ef-1234567890ab",
)  # fmt: skip
"""Values that are put in place of the right ones."""

TOKENS = tuple(
    text.encode()
    for text in (
        *"{}[]:,\"'\\|>&*!%@#?-\t\n\r\x00\x7f", "\\u0000", "\\ud800", "null", "NaN", "-Infinity", "1e999", "\ufeff",
        "${", "}", "/*", "<<: *a", "&a ", "*a", "!!binary ", "!!python/object:os.system ", "!Sub ", "---\n", "...\n",
        '"Effect":', '"Statement":', "unknown: ", "[" * 200, "{" * 200, "&a [*a]", "9" * 150, "é", "\u2028",
    )
)  # fmt: skip
"""Texts that are put between the characters of a text."""


def mutated_text(data: bytes, random: Random, others: Sequence[bytes] = (), tokens: Sequence[bytes] = TOKENS) -> bytes:
    """The bytes, with some of them removed, repeated, replaced or taken from another input."""
    begin = random.randrange(len(data) + 1)
    end = min(len(data), begin + random.choice((0, 1, 2, 8, 40)))
    kind = random.randrange(6)
    if kind == 0:
        return data[:begin] + data[end:]
    if kind == 1:
        return data[:end] + data[begin:end] * random.choice((1, 2, 50)) + data[end:]
    if kind == 2:
        return data[:begin] + bytes([random.randrange(256)]) + data[begin + 1 :]
    if kind == 3 and others:
        other = random.choice(others)
        return data[:begin] + other[random.randrange(len(other) + 1) :]
    if kind == 4:
        return data[:begin]
    return data[:begin] + random.choice(tokens) + data[end:]


def mutated_json(pool: Sequence[Any]) -> Callable[[bytes, Random], bytes]:
    """A mutation of JSON texts as trees, with parts of other documents from the pool; now and then as plain texts."""
    parts = [part for document in pool for part in _parts(document)]
    names = sorted({name for part in parts if isinstance(part, dict) for name in part})
    texts = [json.dumps(document).encode() for document in pool]

    def mutated(data: bytes, random: Random) -> bytes:
        if random.random() < 0.1:
            return mutated_text(data, random, texts)
        try:
            tree = json.loads(data)
        except (ValueError, RecursionError):
            return mutated_text(data, random, texts)
        tree = mutated_tree(tree, random, parts, names)
        return json.dumps(tree, ensure_ascii=random.random() < 0.8).encode("utf-8", "surrogatepass")

    return mutated


def mutated_tree(tree: Any, random: Random, parts: Sequence[Any] = (), names: Sequence[str] = ()) -> Any:
    """The tree with a few places changed."""
    root = [tree]
    for _ in range(random.choice((1, 1, 2, 4))):
        places = list(_places(root))
        holder, step = random.choice(places)
        _change(holder, step, random, parts, names)
        if not root:
            return None
    return root[0]


def _parts(tree: Any) -> Iterator[Any]:
    yield tree
    if isinstance(tree, (dict, list)):
        for member in tree.values() if isinstance(tree, dict) else tree:
            yield from _parts(member)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    for step in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, step
        if isinstance(tree[step], (dict, list)):
            yield from _places(tree[step])


def _change(holder: Any, step: Any, random: Random, parts: Sequence[Any], names: Sequence[str]) -> None:
    kind, value = random.randrange(10), holder[step]
    if kind == 0:
        del holder[step]
    elif kind == 1 and isinstance(holder, dict):
        name = _name(step, random, names)
        holder[name] = holder.pop(step)
    elif kind == 2 and isinstance(holder, dict):
        holder[_name(step, random, names)] = _copied(value)
    elif kind == 3 and isinstance(holder, list) and len(holder) < 100:
        holder[step:step] = [_copied(value)] * random.choice((1, 1, 2, 30))
    elif kind == 4:
        holder[step] = random.choice(([value], {"": value}, [value, value], {"AWS": value}, _deep(value, 120)))
    elif kind == 5 and isinstance(value, (dict, list)) and value:
        holder[step] = next(iter(value.values())) if isinstance(value, dict) else value[0]
    elif kind == 6 and parts:
        holder[step] = _copied(random.choice(parts))
    elif kind == 7 and isinstance(value, str):
        holder[step] = _text(value, random)
    else:
        holder[step] = _copied(random.choice(ATOMS))


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value)) if isinstance(value, (dict, list)) else value


def _deep(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


def _name(name: Any, random: Random, names: Sequence[str]) -> str:
    if names and random.random() < 0.5:
        return random.choice(names)
    atom = random.choice(ATOMS)
    return atom if isinstance(atom, str) and random.random() < 0.5 else _text(str(name), random)


def _text(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return random.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + random.choice("*?:/${},`\x00\x1bé\ud800 ") + text[at:],
            text.swapcase(),
            text + "*",
            text[:at],
            text + text,
            f" {text}",
        )
    )
