"""Decide batches of requests on Apache Spark: the same decisions as on one machine, on as many as the cluster has.

Comes in: a DataFrame of requests and a scenario. Goes out: a DataFrame of decisions.
Never here: deciding, and any file. `kms_eval` has to be installed where the executors run.

    from kms_eval.spark import decide

    decisions = decide(spark.read.parquet("s3://bucket/requests/"), "scenarios/default-key-policy.yaml")
    decisions.groupBy("decision").count().show()

Spark repeats the work of an executor that is lost; a decision depends on its request alone, so repeating is harmless.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kms_eval.analysis.batching.rows import DECISION_COLUMNS, LINE, NESTED, fields_among
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import Fault, InputError, Location, MissingExtraError
from kms_eval.formats.document import Place
from kms_eval.scenario import Scenario

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType, StructType

_TEXTS = ("string", "varchar", "char", "void")


def decide(
    df: DataFrame, world: Scenario | str | Path | Mapping[str, Any], *, at: str | datetime | None = None
) -> DataFrame:
    """The decisions about the requests in a DataFrame, in the same order as far as it has one.

    Columns: principal and action; where needed id, key, context, encryption_context, vpc_endpoint, at and the other
    fields of a test; any other column is ignored. A context is JSON text, a map or a struct. `world` is a scenario, the
    path of one on the driver, or the same structure in memory. `at` is the time of requests that have none: ISO 8601
    text or an aware datetime, by default now. The result has id (of the same type as in `df`), principal, action, key,
    decision, reason_code, policy, sid, error, warnings and line; with an error there is no decision. The column `line`
    is empty, because rows of a DataFrame have no line numbers.

    Raises InputError where a column is missing, misspelt or of a wrong type, and MissingExtraError without the extra.
    """
    from kms_eval.world.request import request  # noqa: PLC0415 - executors that import this module never ask

    check_columns(df)
    moment = request("root", "kms:ListKeys", at=at).at or datetime.now(UTC)
    return df.mapInArrow(_Deciding(shipped(_scenario(world)), moment), decision_type(df))


def check_columns(df: DataFrame) -> None:
    """Raises InputError where a DataFrame does not have the columns of requests, in the right types."""
    faults = []
    for name in fields_among(df.columns):
        kind = df.schema[name].dataType
        told = kind.simpleString()
        fits = told.startswith(_TEXTS) or (name == "at" and told.startswith("timestamp"))
        fits |= name in NESTED and told.startswith(("map", "struct"))
        if name != "id" and not fits:
            faults.append(Fault(f"expected text, found {told}", Location(field=name)))
    if faults:
        raise InputError(faults)


def decision_type(df: DataFrame | None = None) -> StructType:
    """The columns of decisions; the id has the same type as in the requests."""
    from pyspark.sql.types import LongType, StringType, StructField, StructType  # noqa: PLC0415

    kind: DataType = StringType()
    if df is not None and "id" in df.columns:
        kind = df.schema["id"].dataType
    others = (StructField(name, LongType() if name == LINE else StringType()) for name in DECISION_COLUMNS[1:])
    return StructType([StructField("id", kind), *others])


@dataclass(frozen=True, slots=True)
class Shipped:
    """A world, packed for the executors; each of their processes unpacks it once."""

    content: bytes
    digest: str
    allow_unknown_action: bool
    allow_unknown_key: bool
    strict: bool

    @property
    def identity(self) -> tuple[str, bool, bool, bool]:
        """Equal where two worlds decide in the same way: the same world with the same options."""
        return self.digest, self.allow_unknown_action, self.allow_unknown_key, self.strict

    def evaluator(self) -> Evaluator:
        """The evaluator of this process for the world."""
        found: Evaluator = once(
            self.identity,
            lambda: Evaluator(
                pickle.loads(self.content),  # noqa: S301 - our own
                allow_unknown_action=self.allow_unknown_action,
                allow_unknown_key=self.allow_unknown_key,
                strict=self.strict,
            ),
        )
        return found


def shipped(scenario: Scenario) -> Shipped:
    """The scenario's world, packed."""
    packed = io.BytesIO()
    _Packer(packed).dump(scenario.world)
    content = packed.getvalue()
    digest = blake2b(content, digest_size=16).hexdigest()
    evaluator = scenario.evaluator
    return Shipped(content, digest, evaluator.allow_unknown_action, evaluator.allow_unknown_key, evaluator.strict)


class _Packer(pickle.Pickler):
    """Leaves out where documents stood in which file, as decisions do not show it."""

    def reducer_override(self, value: object) -> Any:
        """None in place of each `Place`."""
        return (type(None), ()) if isinstance(value, Place) else NotImplemented


@dataclass(frozen=True, slots=True)
class _Deciding:
    """What runs on the executors."""

    world: Shipped
    at: datetime

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        from kms_eval.analysis.batching.columns import Columns  # noqa: PLC0415 - needs the extra

        columns = once(
            ("columns", *self.world.identity, self.at),
            lambda: Columns(self.world.evaluator(), self.at),
        )
        for batch in batches:
            yield columns.decide(batch)


_MOST_KEPT = 4
_KEPT: dict[object, Any] = {}


def once(key: object, make: Callable[[], Any]) -> Any:
    """What `make` returned for a key in this process, which works on many partitions one after the other."""
    found = _KEPT.get(key)
    if found is None:
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()
        found = _KEPT[key] = make()
    return found


def _scenario(world: Scenario | str | Path | Mapping[str, Any]) -> Scenario:
    try:
        import pyarrow as pa  # noqa: F401, PLC0415 - better missing here than on every executor
    except ImportError:
        raise MissingExtraError("spark", "pyarrow") from None
    if isinstance(world, Scenario):
        return world
    return Scenario.from_dict(world, base=Path()) if isinstance(world, Mapping) else Scenario.load(world)
