"""Numbers for triples of numbers: which row of a table belongs to a frame, a principal and a key.

Comes in: columns of small numbers. Goes out: a column of rows, numbered in the order in which triples are first met.
Never here: what the numbers stand for. Memory grows with the triples that occur, not with those that could occur.

As long as all possible triples fit, they are looked up in a plain table, which takes one step for a column; after that
in a hash table with open addressing, written with numpy, which takes a few.
"""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Codes = NDArray[np.int64]

NEW = -1
_WIDEST = 1 << 24
"""The most places of the plain table: 64 MiB."""
_BITS = 20
"""Principals and keys are fewer than 2**20, frames fewer than 2**22."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio's fraction: neighbours end far apart


class RowNumbers:
    """Rows for triples of frame, principal and key."""

    def __init__(self, *, widest: int = _WIDEST) -> None:
        self._triples = array("q")  # three numbers each, in the order of their rows
        self._widest = widest
        self._shape = (1, 64, 64)
        self._plain: Numbers | None = np.full(64 * 64, NEW, np.int32)
        self._hashed = _Hashed()

    def __len__(self) -> int:
        return len(self._triples) // 3

    def triple(self, row: int) -> tuple[int, int, int]:
        """The frame, principal and key of a row."""
        frame, principal, key = self._triples[3 * row : 3 * row + 3]
        return frame, principal, key

    def make_room(self, frames: int, principals: int, keys: int) -> None:
        """Make room for numbers below these."""
        wanted = (frames, principals, keys)
        if any(had < number for had, number in zip(self._shape, wanted, strict=True)):
            self._grow(*(max(had, _power(number)) for had, number in zip(self._shape, wanted, strict=True)))

    def find(self, frames: Numbers | int, principals: Numbers, keys: Numbers) -> Numbers:
        """The row of each triple; those met for the first time get the next ones."""
        if self._plain is not None:
            _frames, width, depth = self._shape
            places = (principals + frames * width if _some(frames) else principals) * depth + keys
            rows = self._plain.take(places)
            if rows.size and rows.min() == NEW:
                new = np.unique(places[rows == NEW])
                self._plain[new] = self._append(new // (width * depth), new // depth % width, new % depth)
                rows = self._plain.take(places)
            return rows
        codes = _code(frames, principals, keys)
        rows = self._hashed.find(codes)
        if rows.size and rows.min() == NEW:
            fresh = np.unique(codes[rows == NEW])
            below = (1 << _BITS) - 1
            self._hashed.add(fresh, self._append(fresh >> 2 * _BITS, fresh >> _BITS & below, fresh & below))
            rows = self._hashed.find(codes)
        return rows

    def _append(self, frames: Any, principals: Any, keys: Any) -> Numbers:
        first = len(self)
        self._triples.frombytes(np.stack((frames, principals, keys), axis=1).astype(np.int64).tobytes())
        return np.arange(first, len(self), dtype=np.int32)

    def _grow(self, frames: int, width: int, depth: int) -> None:
        self._shape = (frames, width, depth)
        if self._plain is None:
            return
        known = np.array(self._triples, np.int64).reshape(-1, 3).T
        rows = np.arange(len(self), dtype=np.int32)
        if frames * width * depth <= self._widest:
            self._plain = np.full(frames * width * depth, NEW, np.int32)
            self._plain[(known[0] * width + known[1]) * depth + known[2]] = rows
        else:
            self._plain = None
            self._hashed.add(_code(known[0], known[1], known[2]), rows)


class _Hashed:
    """A hash table from codes to rows."""

    def __init__(self) -> None:
        self._held = 0
        self._empty(1 << 16)

    def find(self, codes: Codes) -> Numbers:
        places = self._home(codes)
        found = self._codes.take(places)
        rows = self._rows.take(places)
        astray = np.flatnonzero((found != codes) & (found != NEW))
        while astray.size:
            # Another code is there: try the next place.
            places[astray] = places[astray] + 1 & self._codes.size - 1
            found = self._codes[places[astray]]
            rows[astray] = self._rows[places[astray]]
            astray = astray[(found != codes[astray]) & (found != NEW)]
        return rows

    def add(self, codes: Codes, rows: Numbers) -> None:
        """Add codes that are not in the table yet, each once."""
        self._held += codes.size
        if self._held * 4 > self._codes.size:
            full = self._codes != NEW
            old_codes, old_rows = self._codes[full], self._rows[full]
            self._empty(1 << (self._held * 8).bit_length())
            self._insert(old_codes, old_rows)
        self._insert(codes, rows)

    def _insert(self, codes: Codes, rows: Numbers) -> None:
        places = self._home(codes)
        while codes.size:
            free = self._codes[places] == NEW
            # Of several codes for one place, the last one written gets it; the others move on.
            self._codes[places[free]] = codes[free]
            placed = self._codes[places] == codes
            self._rows[places[placed]] = rows[placed]
            codes, rows = codes[~placed], rows[~placed]
            places = places[~placed] + 1 & self._codes.size - 1

    def _empty(self, size: int) -> None:
        self._codes = np.full(size, NEW, np.int64)
        self._rows = np.full(size, NEW, np.int32)
        self._shift = np.uint64(64 - (size.bit_length() - 1))

    def _home(self, codes: Codes) -> Codes:
        return (codes.view(np.uint64) * _SPREAD >> self._shift).view(np.int64)


def _code(frames: Any, principals: Any, keys: Any) -> Codes:
    places: Codes = principals.astype(np.int64) << _BITS | keys
    return places | frames.astype(np.int64) << 2 * _BITS if _some(frames) else places


def _some(frames: Numbers | int) -> bool:
    """Whether there is any frame but the first."""
    return not isinstance(frames, int) or frames != 0


def _power(number: int) -> int:
    """The smallest power of two that is not less."""
    return 1 << (number - 1).bit_length() if number > 1 else 1
