"""Numbers for what requests say besides principal, action and key.

Comes in: the other fields of rows. Goes out: numbers of circumstances, and of the frames they belong to.
Never here: deciding.

A *frame* is the part of a request's circumstances that selects the compiled masks: the endpoint, the names of the
context keys and whether they show that a service makes the call, the destination key, but not the values of context
keys. There are many circumstances, but few frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kms_eval.analysis.batching.batch import frozen, read_request
from kms_eval.analysis.batching.bounded_cache import weight
from kms_eval.analysis.batching.relevance import Relevance
from kms_eval.analysis.batching.rows import read_value
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.hindrances import BY_VALUE
from kms_eval.engine.situation import PLAIN, Circumstances, given
from kms_eval.errors import InputError
from kms_eval.facts.condition_keys import canonical
from kms_eval.world.request import Request

Numbers = NDArray[np.int32]

_SOMEBODY = {"principal": "somebody", "action": "something"}
_MOST_TEXTS = 1 << 17
_KINDS_OF_COPIES = 3
"""As a row, as the key that finds its number, and as what it adds to a request."""
_PARSED = 20
"""Bytes of a session's policies, parsed and compiled, for each byte of their text."""


class CircumstanceNumbers:
    """All circumstances met so far, or since `forget`, which keeps frames.

    `weight` is about how many bytes they take, and `frames_weight` how many the frames take. `circumstances` has the
    circumstances by their number, `requests` the first request of each frame, by the number of the frame; None stands
    for circumstances that make no sense. The requests have no principal, action and key of their own.
    """

    def __init__(self, evaluator: Evaluator, at: datetime) -> None:
        self.requests: list[Request | None] = []
        self.circumstances: list[Circumstances] = []
        self._rows: list[Mapping[str, object]] = []
        self._at = at
        self._evaluator = evaluator
        self._relevance = Relevance.of_evaluator(evaluator)
        self._frames: dict[Any, int] = {}
        self.frames_weight = 0
        self.forget()

    def forget(self) -> None:
        """Forget all circumstances; their numbers start again."""
        self.weight = 0
        self.circumstances.clear()
        self._rows.clear()
        self._numbers: dict[Any, int] = {}
        self._texts: dict[str, int] = {}
        self._frame_of = np.zeros(64, np.int32)

    def of_circumstances(self, rows: Sequence[Mapping[str, object]]) -> Numbers:
        """A number for what each row says; rows that differ in nothing that could matter have the same number."""
        return np.array([self._circumstances(row) for row in rows], np.int32)

    def of_contexts(self, texts: Sequence[str | None]) -> Numbers:
        """The same for rows that say nothing but a context, as JSON text; None for rows that say nothing at all."""
        return np.array([self._context(text) for text in texts], np.int32)

    def of_frames(self, circumstances: Numbers | int) -> Numbers | int:
        """The frames of circumstances; one number if all of them are in one frame."""
        if isinstance(circumstances, int):
            return int(self._frame_of[circumstances])
        return self._frame_of.take(circumstances) if len(self.requests) > 1 else 0

    def asked(self, circumstances: int) -> Request | None:
        """The request with these circumstances; None if they make no sense."""
        return self._read(self._rows[circumstances])[1]

    def _context(self, text: str | None) -> int:
        if text is None:
            return self._circumstances({})
        number = self._texts.get(text)
        if number is None:
            number = self._of_text(text)
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            self.weight += weight(text)
            self._texts[text] = number
        return number

    def _of_text(self, text: str) -> int:
        try:
            context = read_value(text)
        except InputError:
            return self._circumstances({"context": text})
        # A strict evaluator looks at values that no policy tests.
        plain = context.__class__ is dict and not self._evaluator.strict
        left = self._relevance.of_texts(context) if plain else None
        if left is None:
            return self._circumstances({"context": text})
        if not left:
            return self._circumstances({})
        # These texts need no further checks; nearly all requests take this path.
        key = tuple(left.items())
        number = self._numbers.get(key)
        if number is None:
            names = tuple(left)
            frame = self._frames.get(names)
            if frame is None:
                frame = self._frames[names] = self._read({"context": left})[0]
            circumstances = Circumstances(given({name: (value,) for name, value in left.items()}), at=self._at)
            number = self._numbers[key] = self._append({"context": left}, frame, circumstances)
        return number

    def _circumstances(self, row: Mapping[str, object]) -> int:
        row = self._relevance.of(row)
        key = frozenset([(name, frozen(value)) for name, value in row.items() if value is not None])
        number = self._numbers.get(key)
        if number is None:
            frame, asked = self._read(row)
            circumstances = PLAIN
            if asked is not None:
                circumstances = Circumstances(given(asked.context), asked.encryption_context, at=asked.at)
            number = self._numbers[key] = self._append(row, frame, circumstances)
        return number

    def _append(self, row: Mapping[str, object], frame: int, circumstances: Circumstances) -> int:
        number = len(self.circumstances)
        if number >= self._frame_of.size:
            self._frame_of = np.concatenate((self._frame_of, np.zeros(number, np.int32)))
        self._frame_of[number] = frame
        self.weight += _KINDS_OF_COPIES * weight(row)
        self._rows.append(row)
        self.circumstances.append(circumstances)
        return number

    def _read(self, row: Mapping[str, object]) -> tuple[int, Request | None]:
        """The number of the frame, and the request; None if the row makes no sense."""
        try:
            asked = read_request({**row, **_SOMEBODY}, self._at)
            self._evaluator.check_context(asked)
        except InputError:
            return self._frame(None, None), None
        names = frozenset((canonical(name), bool(values)) for name, values in asked.context.items())
        context = given(asked.context)
        kind = (
            names, context.by_service, context.assumed_root, asked.vpc_endpoint, asked.alias, asked.destination_key,
            asked.region, asked.via_grant, frozen(row.get("session")), frozen(row.get("grant")),
            *((context.values.get(key) for key in BY_VALUE) if self._evaluator.strict else ()),
        )  # fmt: skip
        frame = self._frame(kind, asked)
        # One session, one caller: what the engine keeps about a caller is kept for all requests of the frame.
        first = self.requests[frame]
        return frame, replace(asked, session=first.session if first is not None else None)

    def _frame(self, kind: Any, asked: Request | None) -> int:
        number = self._frames.get(kind)
        if number is None:
            number = self._frames[kind] = len(self.requests)
            self.frames_weight += _PARSED * weight(kind)
            self.requests.append(asked)
        return number
