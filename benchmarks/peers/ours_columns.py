"""kms-eval over columns: up to a million requests in one record batch, which repeats those of the question.

Texts are dictionary-encoded, as in Parquet files; contexts are JSON. The time is that from the batch to the column of
decisions.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from time import process_time
from typing import Any

from benchmarks.peers.adapter import missing
from benchmarks.questions import Question
from kms_eval import Scenario

NAME = "kms-eval, columns"
CALL = "DecisionColumn.decide"

_ROWS = 1_000_000
_TIMES = 8_000
"""The most rows, and the most repetitions of a request."""


def available() -> str | None:
    """None if pyarrow is installed."""
    return missing("pyarrow", "pip install 'kms-eval[batch]'")


def prepare(question: Question) -> _Columns:
    """The batch is made once, and so is everything that is compiled for the first batch."""
    return _Columns(question)


class _Columns:
    def __init__(self, question: Question) -> None:
        import pyarrow as pa

        from kms_eval.analysis.batching.columns import DecisionColumn

        asks = question.asks
        texts: dict[str, list[str | None]] = {
            "principal": [ask.principal for ask in asks],
            "action": [ask.action for ask in asks],
            "key": [ask.key for ask in asks],
        }
        if any(ask.context for ask in asks):
            texts["context"] = [json.dumps(dict(ask.context)) if ask.context else None for ask in asks]
        self._times = max(1, min(_TIMES, _ROWS // len(asks)))
        self._batch: Any = pa.record_batch(
            {name: pa.array(column * self._times).dictionary_encode() for name, column in texts.items()}
        )
        self._column = DecisionColumn(Scenario.from_dict(question.scenario).evaluator, datetime.now(UTC))
        self._asked = len(asks)

    def answers(self) -> list[bool]:
        decided = [decision == "allowed" for decision in self._column.decide(self._batch).to_pylist()]
        passes = {tuple(decided[at : at + self._asked]) for at in range(0, len(decided), self._asked)}
        return list(passes.pop()) if len(passes) == 1 else []

    def seconds(self) -> float:
        """The seconds of one pass, which is a part of the batch."""
        started = process_time()
        self._column.decide(self._batch)
        return (process_time() - started) / self._times
