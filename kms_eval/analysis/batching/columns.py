"""Batches of requests as Arrow columns: a record batch in, a record batch out.

Comes in: record batches with the columns of a batch of requests. Goes out: record batches with a row for each request,
in the order of the requests: either all columns of a decision, or the decision alone, which is much faster.
Never here: files, deciding. This is where `pyarrow` meets the engine; importing this module needs the extra ``batch``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kms_eval.analysis.batching.batch import Answer, Answers, Tally, frozen
from kms_eval.analysis.batching.outcomes import Outcomes
from kms_eval.analysis.batching.residual_entries import OUTCOMES
from kms_eval.analysis.batching.rows import DECISION_COLUMNS, FIELDS, LINE, NESTED, fields_among
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import Fault, InputError, Location

Numbers = NDArray[np.int32]

_WORDS = frozenset({"principal", "action", "key"})

ROWS_AT_ONCE = 1 << 16
"""Rows that are processed together: their columns then fit into a processor's cache."""


def check_schema(schema: Any) -> None:
    """Raises InputError if these columns cannot hold requests: a name or a type is wrong."""
    faults = []
    for name in fields_among(schema.names):
        kind = schema.field(name).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        fits = _is_text(plain) or pa.types.is_null(plain)
        fits |= name in NESTED and (pa.types.is_struct(kind) or (pa.types.is_map(kind) and _is_text(kind.key_type)))
        fits |= name == "at" and pa.types.is_timestamp(kind)
        if name != "id" and not fits:
            faults.append(Fault(f"expected text, found {kind}", Location(field=name)))
    if faults:
        raise InputError(faults)


def decision_schema(requests: Any) -> Any:
    """The columns of the decisions about requests with that schema; the id keeps its type."""
    kind = requests.field("id").type if "id" in requests.names else pa.string()
    return columns_of_decisions(kind)


def columns_of_decisions(id_type: Any) -> Any:
    """The columns of decisions, whose ids are of that type."""
    return pa.schema([("id", id_type), *((name, _type(name)) for name in DECISION_COLUMNS[1:])])


def _type(name: str) -> Any:
    return pa.int64() if name == LINE else pa.string()


def decision_batch(rows: Sequence[tuple[str | None, Answer]]) -> Any:
    """Rows as a record batch; the ids are texts."""
    answers = [answer for _row_id, answer in rows]
    columns = [[encodable(row_id) for row_id, _answer in rows]]
    columns += [_values(answers, name) for name in DECISION_COLUMNS[1:]]
    schema = columns_of_decisions(pa.string())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def one_column(decisions: Any) -> Any:
    """A column of decisions as a record batch."""
    return pa.record_batch([decisions], names=["decision"])


class Columns:
    """Answers record batches of requests, with everything a decision has; `tally` counts the answers."""

    def __init__(self, evaluator: Evaluator, at: datetime, tally: Tally | None = None) -> None:
        self.answers = Answers(evaluator, at)
        self.tally = Tally() if tally is None else tally

    def decide(self, batch: Any, before: int | None = None) -> Any:
        """The decisions about a batch. Raises InputError as `check_schema` does.

        `before` counts the rows before the batch in its file; None: that is unknown.
        """
        check_schema(batch.schema)
        schema = decision_schema(batch.schema)
        columns = [_Column(name, batch.column(name)) for name in FIELDS if name in batch.schema.names]
        distinct, row_of = _distinct(columns, batch.num_rows)
        answers = [self.answers.of(_fields(columns, row)) for row in distinct]
        for answer, times in zip(answers, np.bincount(row_of, minlength=len(answers)).tolist(), strict=True):
            self.tally.add(answer.counted_as, times)
        rows = pa.array(row_of)
        arrays = [batch.column("id") if "id" in batch.schema.names else pa.nulls(batch.num_rows, pa.string())]
        arrays += [pa.array(_values(answers, name), pa.string()).take(rows) for name in DECISION_COLUMNS[1:-1]]
        arrays.append(_lines(answers, row_of, before))
        return pa.record_batch(arrays, schema=schema)


class DecisionColumn:
    """Answers record batches of requests with one decision for each request, in their order; null is an error."""

    def __init__(self, evaluator: Evaluator, at: datetime) -> None:
        self._outcomes = Outcomes(evaluator, at)
        self._readers = {name: _Reader() for name in FIELDS}

    def decide(self, batch: Any) -> Any:
        """The decisions about a batch, a dictionary-encoded array. Raises InputError as `check_schema` does."""
        check_schema(batch.schema)
        parts = [self._decide(batch.slice(at, ROWS_AT_ONCE)) for at in range(0, batch.num_rows, ROWS_AT_ONCE)]
        codes = parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.int16), *parts])
        indices = codes.astype(np.int8)
        wrong = indices >= len(OUTCOMES)
        mask = wrong if wrong.any() else None
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=mask), _DECISIONS, safe=False)

    def _decide(self, batch: Any) -> NDArray[np.int16]:
        outcomes = self._outcomes
        outcomes.make_room(batch.num_rows)
        told = [(name, batch.column(name)) for name in FIELDS if name in batch.schema.names]
        columns = {
            name: _Column(name, array) for name, array in told if name in _WORDS or array.null_count < len(array)
        }
        keys = columns.get("key") or _Column("key", pa.nulls(batch.num_rows))
        others = [column for name, column in columns.items() if name not in _WORDS]
        return outcomes.decide(
            self._words(columns["principal"], outcomes.words.of_principals),
            self._words(columns["action"], outcomes.words.of_actions),
            self._words(keys, outcomes.words.of_keys),
            self._circumstances(others, batch.num_rows),
        )

    def _words(self, column: _Column, numbered: Callable[[list[Any]], Numbers]) -> Numbers:
        return self._readers[column.name].read(column, numbered, lambda: self._outcomes.age)

    def _circumstances(self, columns: list[_Column], rows: int) -> Numbers | int:
        outcomes = self._outcomes
        if not columns:
            return int(outcomes.circumstances([{}])[0])
        if len(columns) == 1:
            name = columns[0].name
            if name == "context" and columns[0].dictionary is not None:
                return self._readers[name].read(columns[0], outcomes.contexts, lambda: outcomes.circumstances_age)
            return self._readers[name].read(
                columns[0],
                lambda values: outcomes.circumstances([{name: value} for value in values]),
                lambda: outcomes.circumstances_age,
            )
        distinct, row_of = _distinct(columns, rows)
        return outcomes.circumstances([_fields(columns, row) for row in distinct]).take(row_of)


class _Reader:
    """Turns one column's values into numbers, batch by batch; batches often share their dictionary."""

    def __init__(self) -> None:
        self._age = 0
        self._dictionary: Any = None
        self._numbers: Numbers = np.zeros(0, np.int32)
        self._same = False

    def read(self, column: _Column, numbered: Callable[[list[Any]], Numbers], age: Callable[[], int]) -> Numbers:
        """The numbers of a column's rows; those of its distinct values are valid as long as `age` does not change."""
        known = self._age == age() and self._dictionary is not None and column.dictionary is not None
        if not known or not self._dictionary.equals(column.dictionary):
            self._numbers = numbered([*column.values, None])
            self._same = bool((self._numbers[:-1] == np.arange(self._numbers.size - 1)).all())
            self._age, self._dictionary = age(), column.dictionary
        if self._same and not column.nulls:
            return column.indices
        return self._numbers.take(column.indices)


class _Column:
    """A column as indices into its distinct values; a null is the index after the last of them."""

    def __init__(self, name: str, array: Any) -> None:
        self.name = name
        self.nulls = array.null_count > 0
        self._values: list[Any] | None = None
        self.dictionary: Any = None
        if pa.types.is_struct(array.type) or pa.types.is_map(array.type):
            self._values, self.indices = _of_nested(array)
            return
        array = _in_microseconds(array)
        if pa.types.is_null(array.type):
            array = array.cast(pa.string())
        if pa.types.is_dictionary(array.type) and len(array.dictionary) > ROWS_AT_ONCE:
            # Only the values in these rows matter.
            array = array.cast(array.type.value_type)
        if not pa.types.is_dictionary(array.type):
            array = array.dictionary_encode()
        self.dictionary = array.dictionary
        indices = array.indices.fill_null(len(self.dictionary)) if self.nulls else array.indices
        self.indices = indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)

    @property
    def values(self) -> list[Any]:
        if self._values is None:
            self._values = self.dictionary.to_pylist()
        return self._values

    def value(self, row: int) -> Any:
        index = self.indices[row]
        return self.values[index] if index < len(self.values) else None


def values_of(array: Any) -> list[Any]:
    """The values of a column, as fields of requests."""
    return [_plain(value) for value in _in_microseconds(array).to_pylist()]


def _in_microseconds(array: Any) -> Any:
    """Times without nanoseconds, which neither Python's times nor policies have."""
    if not pa.types.is_timestamp(array.type):
        return array
    return array.cast(pa.timestamp("us", array.type.tz), safe=False)


def _of_nested(array: Any) -> tuple[list[Any], Numbers]:
    """Distinct mappings, and each row's index among them; Arrow itself cannot tell which of them are equal."""
    numbers: dict[object, int] = {}
    values: list[Any] = []
    indices = []
    for plain in values_of(array):
        index = -1
        if plain is not None:
            index = numbers.setdefault(frozen(plain), len(values))
            if index == len(values):
                values.append(plain)
        indices.append(index)
    found = np.array(indices, np.int32)
    found[found < 0] = len(values)
    return values, found


def _plain(value: Any) -> Any:
    """A struct or map as a mapping. A field of a struct that is null is absent; a map with a key twice stays a list."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
        members = {name: _plain(item) for name, item in value}
        return members if len(members) == len(value) else value
    return value


def _distinct(columns: Sequence[_Column], rows: int) -> tuple[list[int], Numbers]:
    """The first row of each distinct combination of values, and for each row the number of its combination."""
    codes, bound = np.zeros(rows, np.int64), 1
    for column in columns:
        size = len(column.values) + 1
        if bound * size > _LARGEST:
            codes = np.unique(codes, return_inverse=True)[1].reshape(-1)
            bound = rows
        codes = codes * size + column.indices
        bound *= size
    encoded = pa.array(codes).dictionary_encode()
    row_of = encoded.indices.to_numpy().astype(np.int32)
    first = np.zeros(len(encoded.dictionary), np.int64)
    first[row_of[::-1]] = np.arange(rows - 1, -1, -1)
    return first.tolist(), row_of


def _fields(columns: Sequence[_Column], row: int) -> dict[str, Any]:
    told = ((column.name, column.value(row)) for column in columns)
    return {name: value for name, value in told if value is not None}


def _values(answers: Sequence[Answer], name: str) -> list[Any]:
    values = (getattr(answer, name) for answer in answers)
    return list(values) if name == LINE else [encodable(value) for value in values]


def _lines(answers: Sequence[Answer], row_of: Numbers, before: int | None) -> Any:
    """The numbers of the rows that have no decision, counted from 1."""
    if before is None:
        return pa.nulls(row_of.size, pa.int64())
    decided = np.array([answer.error is None for answer in answers], bool)
    numbers = np.arange(before + 1, before + 1 + row_of.size)
    return pa.array(numbers, pa.int64(), mask=decided[row_of] if row_of.size else None)


def encodable(text: str | None) -> str | None:
    """The text, with what UTF-8 cannot encode (lone surrogates, from JSON) as escapes."""
    return text if text is None or text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


_DECISIONS = pa.array(OUTCOMES, pa.string())
_LARGEST = 1 << 62
