"""Decisions for columns of requests, without reasons: a look-up for each row, and the engine for distinct requests.

Comes in: columns of numbers, which stand for the words of requests. Goes out: a column of outcomes.
Never here: pyarrow, reasons, the meaning of any policy.

Every distinct principal and key is compiled once for each frame (see `circumstance_numbers`), as masks of what is
decided for all actions whatever a request carries; the rest is decided by `residual_entries`. When a table outgrows its
bounds it is emptied and starts again, so that memory depends on how many distinct requests there are within a stretch
of rows, never on the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from kms_eval.analysis.batching.asking import Asking
from kms_eval.analysis.batching.bounded_cache import BoundedCache
from kms_eval.analysis.batching.circumstance_numbers import CircumstanceNumbers
from kms_eval.analysis.batching.request_classes import QuestionClass, RequestClasses
from kms_eval.analysis.batching.residual_entries import OUTCOMES, ResidualEntries
from kms_eval.analysis.batching.row_numbers import RowNumbers
from kms_eval.analysis.batching.vocabulary import Numbers, Vocabulary
from kms_eval.engine.context import Context
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import bit_of
from kms_eval.errors import InputError
from kms_eval.world.request import Request

ERROR = len(OUTCOMES)
"""The outcome of a request without a decision; the others are indices of `OUTCOMES`."""

_ALONE = ERROR + 1
_FIRST_OPEN = ERROR + 2
_UNKNOWN = -1

_CELLS_KEPT = 25_000
"""How many cells an evaluator is sure to still have when they are needed again."""
_MOST_WORDS = 400_000
_MOST_CIRCUMSTANCES = 1 << 17
_HEAVIEST = 64 << 20
"""The most bytes that words, circumstances and frames may take, each of them."""
_MOST_CODES = 1 << 25
_MOST_ALONE = 100_000

Codes = NDArray[np.int16]


class Outcomes:
    """Decides columns of requests in one world; requests without a time are made at one time, `at`.

    `words` turns principals, actions and keys into numbers, `circumstances` everything else. The former are valid as
    long as `age` does not change, the latter as long as `circumstances_age` does not; call `make_room` before asking
    for numbers.
    """

    def __init__(self, evaluator: Evaluator, at: datetime) -> None:
        self.age = self.circumstances_age = 0
        self._at = at
        self._asking = Asking(evaluator)
        self._begin()

    def _begin(self) -> None:
        self.age += 1
        self.words = Vocabulary(self._asking.evaluator)
        self._classes = RequestClasses(self._asking.evaluator, self.words)
        self._known: dict[QuestionClass, int] = {}
        self._frames = CircumstanceNumbers(self._asking.evaluator, self._at)
        self._row_numbers = RowNumbers()
        self._codes: Codes = np.full((64, 8), _UNKNOWN, np.int16)
        self._residual_entries = ResidualEntries(_MOST_CIRCUMSTANCES)
        self._forget_circumstances()

    def _forget_circumstances(self) -> None:
        self.circumstances_age += 1
        self._frames.forget()
        self._residual_entries.forget()
        self._alone: BoundedCache[int] = BoundedCache(_MOST_ALONE)

    def make_room(self, rows: int) -> None:
        """Forget everything if there might be no room for that many more rows, all of them distinct."""
        places = (len(self._row_numbers) + rows) * self._codes.shape[1]
        many = len(self.words) + rows > _MOST_WORDS or places > _MOST_CODES
        heavy = max(self.words.letters, self._frames.frames_weight) > _HEAVIEST
        if len(self._row_numbers) and (many or heavy):
            self._begin()

    def circumstances(self, rows: Sequence[Mapping[str, object]]) -> Numbers:
        """A number for what each row says besides principal, action and key."""
        self._make_room_for_circumstances(len(rows))
        return self._frames.of_circumstances(rows)

    def contexts(self, texts: Sequence[str | None]) -> Numbers:
        """The same for rows that say nothing but a context, as JSON text; None for rows that say nothing at all."""
        self._make_room_for_circumstances(len(texts))
        return self._frames.of_contexts(texts)

    def _make_room_for_circumstances(self, rows: int) -> None:
        many = len(self._frames.circumstances) + rows > _MOST_CIRCUMSTANCES
        if self._frames.circumstances and (many or self._frames.weight > _HEAVIEST):
            self._forget_circumstances()

    def decide(self, principals: Numbers, actions: Numbers, keys: Numbers, circumstances: Numbers | int) -> Codes:
        """The outcome of each row; `circumstances` is one number if they are the same in all rows."""
        words = self.words
        self._row_numbers.make_room(len(self._frames.requests), len(words.principals), len(words.keys))
        table_rows = self._row_numbers.find(self._frames.of_frames(circumstances), principals, keys)
        self._widen()
        width = self._codes.shape[1]
        places = table_rows * np.int32(width) + actions
        flat = self._codes.reshape(-1)
        codes: Codes = flat.take(places)
        if codes.size and codes.min() == _UNKNOWN:
            self._classify(np.unique(places[codes == _UNKNOWN]).tolist())
            codes = flat.take(places)
        if codes.size and codes.max() > ERROR:
            self._decide_open(codes, places, circumstances)
        return codes

    def _decide_open(self, codes: Codes, places: Numbers, circumstances: Numbers | int) -> None:
        rows = np.flatnonzero(codes > ERROR)
        if isinstance(circumstances, int):
            mine = np.full(rows.size, circumstances, np.int32)
        else:
            mine = circumstances.take(rows)
        kinds = codes.take(rows)
        if kinds.min() == _ALONE:
            alone = kinds == _ALONE
            codes[rows[alone]] = self._each(places.take(rows[alone]), mine[alone])
            rows, mine, kinds = rows[~alone], mine[~alone], kinds[~alone]
        if rows.size:
            codes[rows] = self._residual_entries.decide(
                kinds.astype(np.int32) - _FIRST_OPEN, mine, self._frames.circumstances
            )

    def _each(self, places: Numbers, circumstances: Numbers) -> Codes:
        """The outcomes of rows that have no shortcut; each distinct one is decided once."""
        asked, row_of = np.unique(np.stack((places, circumstances)), axis=1, return_inverse=True)
        outcomes = []
        for place, circumstance in asked.T.tolist():
            outcome = self._alone.get((place, circumstance))
            if outcome is None:
                request = self._request(place, self._frames.asked(circumstance))
                outcome = ERROR if request is None else self._outcome(request)
                self._alone.put((place, circumstance), outcome)
            outcomes.append(outcome)
        return np.array(outcomes, np.int16)[row_of.reshape(-1)]

    def _classify(self, places: list[int]) -> None:
        """Fill these places of the table of codes; fill whole rows if their compiled cells may be gone later."""
        if len(self._row_numbers) > _CELLS_KEPT or self._asking.evaluator.age:
            width = self._codes.shape[1]
            table_rows = dict.fromkeys(place // width for place in places)
            places = [row * width + action for row in table_rows for action in range(len(self.words.actions))]
        codes, width = self._codes.reshape(-1), self._codes.shape[1]
        for place in places:
            if codes[place] == _UNKNOWN:
                row, action = divmod(place, width)
                frame, principal, key = self._row_numbers.triple(row)
                asked = self._frames.requests[frame]
                question_class = self._classes.of(frame, asked, principal, action, key)
                code = self._known.get(question_class) if question_class is not None else None
                if code is None:
                    request = self._request(place, asked)
                    code = ERROR if request is None else self._code(request)
                    if question_class is not None:
                        self._known[question_class] = code
                codes[place] = code

    def _request(self, place: int, asked: Request | None) -> Request | None:
        row, action = divmod(place, self._codes.shape[1])
        _frame, principal, key = self._row_numbers.triple(row)
        return self.words.request(principal, action, key, asked)

    def _code(self, request: Request) -> int:
        """The outcome of a request if it is the same for all values in its frame; else how it is to be decided."""
        try:
            found = self._asking.parts(request)
        except InputError:
            return ERROR
        cells = [self._asking.evaluator.cell(part) for part in found]
        definite = True
        for part, cell in zip(found, cells, strict=True):
            definite = definite and bool((cell.allowed | cell.denied | cell.silent) & bit_of(part.action))
        if len(found) > 1:
            return self._outcome(request) if definite else _ALONE
        (part,), (cell,) = found, cells
        if definite:
            return OUTCOMES.index(cell.decide(bit_of(part.action), Context(part.situation)))
        number = self._residual_entries.number(part, cell)
        return _ALONE if number is None else _FIRST_OPEN + number

    def _outcome(self, request: Request) -> int:
        try:
            outcome = self._asking.rule(request).outcome
        except InputError:
            return ERROR
        # What is undetermined has no decision either.
        return OUTCOMES.index(outcome) if outcome in OUTCOMES else ERROR

    def _widen(self) -> None:
        """Make the table of codes as high and as wide as necessary."""
        height, width = self._codes.shape
        if len(self._row_numbers) <= height and len(self.words.actions) <= width:
            return
        height = height if len(self._row_numbers) <= height else 2 * len(self._row_numbers)
        width = width if len(self.words.actions) <= width else 2 * len(self.words.actions)
        codes = np.full((height, width), _UNKNOWN, np.int16)
        codes[: self._codes.shape[0], : self._codes.shape[1]] = self._codes
        self._codes = codes
