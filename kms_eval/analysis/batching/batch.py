"""Requests by the million: every distinct one is decided once.

Comes in: an evaluator, and rows of fields worded as in a test. Goes out: an answer for each, in the columns of a batch.
Never here: files, pyarrow, a clock, the meaning of any policy. A row that makes no sense gets an answer that says so;
it is never left out and never allowed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kms_eval.analysis.batching.asking import Asking
from kms_eval.analysis.batching.bounded_cache import BoundedCache
from kms_eval.analysis.batching.relevance import Relevance
from kms_eval.analysis.batching.rows import FIELDS, NESTED, read_value
from kms_eval.engine.cell import Outcome
from kms_eval.engine.evaluator import Evaluator, Ruling
from kms_eval.engine.explain import warnings_of
from kms_eval.engine.explanation import Explanation
from kms_eval.engine.reasons import reason_code
from kms_eval.engine.trace import Trace
from kms_eval.errors import Fault, InputError, Location
from kms_eval.world.request import Request, request

MOST_KEPT = 100_000
"""Distinct requests whose answers are kept; those asked for least recently go first."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The decision about a request: the columns of a batch without the id.

    `principal`, `action` and `key` are the request's own words, None if they are not text. `policy` and `sid` name
    the deciding statement, or the deciding grant and its name. `warnings` are codes, separated by blanks; they include
    the open questions that the decision depends on. An `error` says why there is no decision, and `line` is the row's
    line in its file; an undetermined answer has its reason code as well.
    """

    principal: str | None
    action: str | None
    key: str | None
    decision: Outcome | None = None
    reason_code: str | None = None
    policy: str | None = None
    sid: str | None = None
    error: str | None = None
    warnings: str | None = None
    line: int | None = None

    @property
    def counted_as(self) -> str | None:
        """What a tally counts it as: the decision, ``undetermined``, or None for an error."""
        return self.decision or self.reason_code

    def on_line(self, line: int | None) -> Answer:
        """The same answer to the row on that line of its file."""
        return replace(self, line=line)


class Answers:
    """Answers the requests of one batch; requests without a time are made at one time, `at`.

    `decided` counts how often the engine was asked.
    """

    def __init__(self, evaluator: Evaluator, at: datetime, *, most_kept: int = MOST_KEPT) -> None:
        self.decided = 0
        self._asking = Asking(evaluator)
        self._at = at
        self._relevance = Relevance.of_evaluator(evaluator)
        self._known: BoundedCache[Answer] = BoundedCache(most_kept)

    def of(self, fields: Mapping[str, object]) -> Answer:
        """The answer to the request with these fields (see `rows.FIELDS`); the same object for the same request.

        Requests that differ in nothing that could matter are the same.
        """
        fields = self._relevance.of(fields)
        # A text is its own key; 1, 1.0 and true would be one key, and are three different values.
        known = tuple([(name, value if value.__class__ is str else frozen(value)) for name, value in fields.items()])
        answer = self._known.get(known)
        if answer is None:
            answer = self._decide(fields)
            self._known.put(known, answer)
        return answer

    def _decide(self, fields: Mapping[str, object]) -> Answer:
        self.decided += 1
        principal, action, key = (_text(fields.get(name)) for name in FIELDS[:3])
        try:
            ruling = self._asking.rule(read_request(fields, self._at))
        except InputError as error:
            return Answer(principal, action, key, error=in_one_line(error))
        if ruling.outcome == "undetermined":
            hangs_on = _hangs_on(ruling)
            warned = _warnings(self._asking.evaluator, ruling)
            return Answer(principal, action, key, reason_code="undetermined", error=hangs_on, warnings=warned)
        code, policy, sid = _reasons(self._asking.evaluator, ruling)
        warned = _warnings(self._asking.evaluator, ruling)
        return Answer(principal, action, key, ruling.outcome, code, policy, sid, warnings=warned)


def unreadable(message: str, fields: Mapping[str, object] | None = None) -> Answer:
    """The answer to a row that is not a request; it repeats its `fields` as far as they are known."""
    principal, action, key = (_text((fields or {}).get(name)) for name in FIELDS[:3])
    return Answer(principal, action, key, error=message)


def read_request(fields: Mapping[str, object], at: datetime) -> Request:
    """The request of a row. Raises InputError with every fault, each naming its field."""
    values = {name: value for name, value in fields.items() if value is not None}
    for name in NESTED & values.keys():
        values[name] = _nested(name, values[name])
    # `request` reports what is missing or has the wrong type.
    return request(**{"principal": None, "action": None, "at": at, **values})  # type: ignore[arg-type]


def in_one_line(error: InputError) -> str:
    """All faults of a row in one text, since there is one cell for them."""
    return "; ".join(str(fault) for fault in error.faults)


def _nested(name: str, value: object) -> object:
    if not isinstance(value, str) or (name == "grant" and not value.lstrip().startswith("{")):
        return value
    try:
        return read_value(value)
    except InputError as error:
        raise InputError([_inside(name, fault) for fault in error.faults]) from None


def _inside(name: str, fault: Fault) -> Fault:
    inner = fault.location.field if fault.location is not None else None
    return replace(fault, location=Location(field=f"{name}.{inner}" if inner else name))


def _hangs_on(ruling: Ruling) -> str:
    part = ruling.decisive
    unknowns = part.cell.hangs_on(part.bit, part.context)
    said = (f"{each.address}: {each.reason}" if each.address else each.reason for each in unknowns)
    return f"undetermined: {'; '.join(said)}"


_ABOUT_WORDS = frozenset({"context-contradicts-fact", "context-not-carried-by-action", "encryption-context-ignored"})
"""Warnings about single values of a request; left out, since requests that differ only in such values share answers."""


def _warnings(evaluator: Evaluator, ruling: Ruling) -> str | None:
    codes = dict.fromkeys(warned.code for warned in warnings_of(evaluator, ruling))
    return " ".join(code for code in codes if code not in _ABOUT_WORDS) or None


def _reasons(evaluator: Evaluator, ruling: Ruling) -> tuple[str, str | None, str | None]:
    """Reason code, policy and Sid, as an explanation has them; the rest of it is not computed."""
    trace = Trace(ruling.decisive, evaluator.rules)
    code = reason_code(trace)
    source = Explanation(ruling.outcome, "", "", None, "", code, trace.words).deciding
    return (code, source.policy, source.sid) if source is not None else (code, None, None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def frozen(value: object) -> object:
    """A key for a value that is not text: equal only for equal values of equal types."""
    if isinstance(value, dict) and all(item.__class__ is str for item in value.values()):
        return tuple(value.items())
    return value if value is None else ("json", json.dumps(value, default=repr))


class Tally:
    """How many rows got which decision; undetermined rows and rows with an error are counted as such."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self.counts = Counter(counts or {})

    @property
    def rows(self) -> int:
        """All rows."""
        return self.counts.total()

    @property
    def errors(self) -> int:
        """Rows that are not requests."""
        return self.counts["error"]

    @property
    def open(self) -> int:
        """Rows without a decision."""
        return self.errors + self.counts["undetermined"]

    def add(self, decision: str | None, times: int = 1) -> None:
        """Count a decision, or what stands for one in `Answer.counted_as`; None is an error."""
        self.counts[decision or "error"] += times
