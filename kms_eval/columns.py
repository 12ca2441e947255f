"""Decide Arrow record batches of requests, for programs that have their requests in columns.

Comes in: a scenario and record batches of requests. Goes out: record batches of decisions, a row for each request.
Never here: files (`kms-eval batch` reads and writes those), deciding. Needs the extra ``batch``.
`benchmarks/bench_columns.py` measures how much faster it is than a batch of rows.

    from kms_eval import Scenario
    from kms_eval.columns import decide_batches

    world = Scenario.load("scenarios/default-key-policy.yaml")
    for decisions in decide_batches(world, pyarrow.dataset.dataset("requests/").to_batches()):
        ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kms_eval.errors import MissingExtraError
from kms_eval.world.request import request

if TYPE_CHECKING:
    from kms_eval.scenario import Scenario


def decide_batches(scenario: Scenario, batches: Iterable[Any], *, at: str | datetime | None = None) -> Iterator[Any]:
    """The decisions about each batch, in the same order, with the columns that `kms-eval batch` writes.

    Columns of requests: principal and action; where needed id, key, context, encryption_context, vpc_endpoint, at and
    the other fields of a test. They hold plain or dictionary-encoded text; mappings are JSON text, a map or a struct.
    Every distinct request is decided once; the most recent 100,000 are remembered. `at` is the time of requests that
    have none, by default now. An invalid request gets an error and no decision; its number among all rows, counted
    from 1, is in the column `line`.

    Raises InputError where a column is missing, misspelt or of a wrong type, and MissingExtraError without the extra.
    """
    columns = _arrow().Columns(scenario.evaluator, _moment(at))
    return _one_after_the_other(columns, batches)


def decisions_only(scenario: Scenario, batches: Iterable[Any], *, at: str | datetime | None = None) -> Iterator[Any]:
    """Like `decide_batches`, but only the column `decision`, and many times faster; an invalid request gets null.

    The column is dictionary-encoded. Every distinct pair of principal and key is decided once for all actions; where
    the context could change a decision, it is made once for each distinct context. It is fastest where the columns of
    requests are dictionary-encoded, and batches share their dictionaries.
    """
    arrow = _arrow()
    column = arrow.DecisionColumn(scenario.evaluator, _moment(at))
    return (arrow.one_column(column.decide(batch)) for batch in batches)


def _one_after_the_other(columns: Any, batches: Iterable[Any]) -> Iterator[Any]:
    before = 0
    for batch in batches:
        yield columns.decide(batch, before)
        before += batch.num_rows


def _arrow() -> Any:
    try:
        from kms_eval.analysis.batching import columns  # noqa: PLC0415 - importing this module must not take the extra
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package in {"pyarrow", "numpy"}:
            raise MissingExtraError("batch", package) from None
        raise
    return columns


def _moment(at: str | datetime | None) -> datetime:
    return request("root", "kms:ListKeys", at=at).at or datetime.now(UTC)
