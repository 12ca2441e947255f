"""Tells whether a run resumes what another one began: the same world, the same requests.

Comes in: a world, files. Goes out: plain values that are equal for equal things. Never here: rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from typing import Any

from kms_eval.doors.batch.formats import Source
from kms_eval.formats.document import Place
from kms_eval.world.model import World


def of_world(world: World) -> str:
    """A digest of everything in a world that affects decisions; the places where it is written do not count."""
    digest = blake2b(digest_size=16)
    known: dict[int, bytes] = {}

    def feed(value: object) -> bytes:
        if isinstance(value, Place):
            return b""
        if not is_dataclass(value):
            return b"".join(_plain(value, feed))
        # A policy may be attached to many principals; it is digested once.
        found = known.get(id(value))
        if found is None:
            parts = [type(value).__name__.encode()]
            parts += [feed(getattr(value, each.name)) for each in fields(value)]
            found = known[id(value)] = blake2b(b"\x1f".join(parts), digest_size=16).digest()
        return found

    digest.update(feed(world))
    return digest.hexdigest()


def _plain(value: Any, feed: Any) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        yield b"{"
        for name, item in value.items():
            yield repr(name).encode("utf-8", "backslashreplace") + b":" + feed(item) + b","
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield b"["
        for item in value:
            yield feed(item) + b","
    else:
        text = value.name if isinstance(value, Enum) else repr(value)
        yield text.encode("utf-8", "backslashreplace")


def of_files(sources: Sequence[Source]) -> list[list[object]]:
    """The names, sizes and modification times of the files."""
    found: list[list[object]] = []
    for source in sources:
        status = source.path.stat() if source.path is not None else None
        found.append([source.name, status.st_size if status else 0, status.st_mtime_ns if status else 0])
    return found
