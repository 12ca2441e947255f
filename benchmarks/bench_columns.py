"""How close do decisions over columns come to a bare look-up with numpy?

    python -m benchmarks.bench_columns            a million rows a candidate
    python -m benchmarks.bench_columns --smoke    to see that it runs

The baseline knows every answer beforehand: on the same columns of numbers it takes a mask and shifts it by the action,
batch by batch, in the same run. Batches have 65,536 rows, the size at which numpy is fastest; over whole columns of the
same rows it is slower, as its second line shows. Before anything is timed, rows are compared with `Scenario.can`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measure import arguments, duration, interleaved, profile, say, timed, times, wrong
from benchmarks.worlds import organization
from kms_eval import Scenario
from kms_eval.analysis.batching.columns import DecisionColumn

AT = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 1 << 16
ACTIONS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:PutKeyPolicy", "kms:ListGrants")
_VIA, _TEAM, _IP = "kms:ViaService", "kms:EncryptionContext:team", "aws:SourceIp"
_AGE, _ISSUED = "aws:MultiFactorAuthAge", "aws:TokenIssueTime"
_HEADINGS = ("columns", "a row", "rows a second", "of numpy")


def main() -> None:
    """Three tables: nothing is conditional; contexts matter; distinct requests."""
    options = arguments(__doc__).parse_args()
    people, keys, batches, rounds = (20, 5, 2, 1) if options.smoke else (1_000, 200, 16, 7)
    data = _Columns(people, keys, batches)
    _unconditional(data, rounds)
    _contexts(data, rounds)
    _distinct(data)
    if options.profile:
        column = DecisionColumn(_world(data, ()).evaluator, AT)
        data.run(column, data.encoded)
        profile("columns where nothing is conditional", lambda: data.run(column, data.encoded))


class _Columns:
    """Columns of principals, actions and keys, drawn evenly: as numbers, as Arrow's dictionaries, as texts."""

    def __init__(self, people: int, keys: int, batches: int) -> None:
        random = np.random.default_rng(1)
        self.people = [f"arn:aws:iam::111122223333:role/team-{number}" for number in range(people)]
        self.keys = [f"key-{number}" for number in range(keys)]
        self.rows = batches * BATCH
        self.numbers = [random.integers(0, most, self.rows).astype(np.int32) for most in (people, len(ACTIONS), keys)]
        self.masks = random.integers(0, 1 << len(ACTIONS), people * keys).astype(np.uint64)
        names = [pa.array(words) for words in (self.people, ACTIONS, self.keys)]
        self.encoded = [
            pa.record_batch(
                [pa.DictionaryArray.from_arrays(column[start : start + BATCH], words)
                 for column, words in zip(self.numbers, names, strict=True)],
                names=["principal", "action", "key"],
            )
            for start in range(0, self.rows, BATCH)
        ]  # fmt: skip
        self.texts = [pa.record_batch([column.cast(pa.string()) for column in batch.columns], batch.schema.names)
                      for batch in self.encoded]  # fmt: skip

    def bare(self, size: int) -> None:
        """Only the take and the shift."""
        who, what, which = self.numbers
        for start in range(0, self.rows, size):
            part = slice(start, start + size)
            places = who[part] * np.int32(len(self.keys)) + which[part]
            (self.masks.take(places) >> what[part].astype(np.uint64)) & np.uint64(1)

    def run(self, column: DecisionColumn, batches: Sequence[Any]) -> None:
        """Decide all batches."""
        for batch in batches:
            column.decide(batch)

    def with_contexts(self, texts: Callable[[], str]) -> list[Any]:
        """The batches with a column of contexts, in which one row in a hundred has a new one."""
        random = np.random.default_rng(2)
        found = []
        for batch in self.encoded:
            words = pa.array([texts() for _ in range(BATCH // 100)])
            places = random.integers(0, len(words), BATCH).astype(np.int32)
            found.append(batch.append_column("context", pa.DictionaryArray.from_arrays(places, words)))
        return found


def _world(data: _Columns, conditions: Sequence[dict[str, Any]]) -> Scenario:
    """Keys whose policies delegate to the account and have a Deny for each condition; roles of three kinds."""
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    denies = [
        {"Effect": "Deny", "Principal": "*", "Action": "kms:*crypt", "Resource": "*", "Condition": condition}
        for condition in conditions
    ]
    use = {"Effect": "Allow", "Action": ["kms:*crypt", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}
    some = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1:111122223333:key/*"}
    policies = [[use], [some], []]
    return Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {key: {"policy": {"Version": "2012-10-17", "Statement": [allow, *denies]}} for key in data.keys},
            "principals": {
                arn: {
                    "policies": [{"Version": "2012-10-17", "Statement": each} for each in policies[n % 3 :: 3] if each]
                }
                for n, arn in enumerate(data.people)
            },
        }
    )


def _check(world: Scenario, batch: Any, *, rows: int = 500) -> DecisionColumn:
    """A column that has decided the batch; its decisions are checked against `can`."""
    column = DecisionColumn(world.evaluator, AT)
    found = column.decide(batch).to_pylist()
    for row, decision in zip(batch.slice(0, rows).to_pylist(), found, strict=False):
        context = json.loads(row["context"]) if row.get("context") else None
        right = world.can(row["principal"], row["action"], row["key"], context=context, at=AT)
        if right.decision != decision:
            wrong(f"{row} is {right.decision}, not {decision}")
    return column


def _unconditional(data: _Columns, rounds: int) -> None:
    world = _world(data, ())
    column = _check(world, data.encoded[0])
    data.run(column, data.encoded)
    nothing = [batch.append_column("context", pa.nulls(BATCH, pa.string())) for batch in data.encoded]
    found = interleaved(
        {
            "numpy, batch by batch": timed(lambda: data.bare(BATCH)),
            "numpy, whole columns": timed(lambda: data.bare(data.rows)),
            "dictionary-encoded": timed(lambda: data.run(column, data.encoded)),
            "… and a context that is null": timed(lambda: data.run(column, nothing)),
            "plain texts": timed(lambda: data.run(column, data.texts)),
        },
        rounds=rounds,
    )
    _say("Nothing is conditional", found, data)


def _contexts(data: _Columns, rounds: int) -> None:
    """The table of contexts: every round has new ones, with principals and keys that have been seen."""
    fresh = count()
    services = ("s3", "ec2", "rds", "sqs")

    def conditions(key: str, many: int) -> list[dict[str, Any]]:
        return [{"StringEquals": {key: f"value-{number}"}} for number in range(many)]

    def asked(key: str) -> Callable[[], str]:
        return lambda: json.dumps({key: f"value-{next(fresh)}"})

    def unasked() -> str:
        number = next(fresh)
        return json.dumps(
            {_VIA: f"{services[number % 4]}.us-east-1.amazonaws.com", _IP: f"10.0.{number // 250}.{number % 250}"}
        )

    mixed = [
        {"StringNotLike": {_TEAM: "value-*"}},
        {"IpAddress": {_IP: "192.0.2.0/24"}},
        {"NumericGreaterThan": {_AGE: "3600"}},
        {"DateLessThan": {_ISSUED: "2020-01-01T00:00:00Z"}},
    ]

    def asked_about_four() -> str:
        number = next(fresh)
        hour, minute, second = number // 3600 % 24, number // 60 % 60, number % 60
        values = (f"value-{number}", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", str(number % 4000),
                  f"2026-01-01T{hour:02}:{minute:02}:{second:02}Z")  # fmt: skip
        return json.dumps(dict(zip((_TEAM, _IP, _AGE, _ISSUED), values, strict=True)))

    kinds = {
        "1 in 100 is new, no policy asks about it": (conditions(_VIA, 1), unasked),
        "1 in 100 is new, one condition asks about it": (conditions(_TEAM, 1), asked(_TEAM)),
        "1 in 100 is new, four conditions ask about it": (conditions(_TEAM, 4), asked(_TEAM)),
        "1 in 100 is new, a pattern, a network, a number and a date": (mixed, asked_about_four),
    }
    candidates = {"numpy, batch by batch": timed(lambda: data.bare(BATCH))}
    for name, (condition, texts) in kinds.items():
        column = _check(_world(data, condition), data.with_contexts(texts)[0])
        data.run(column, data.with_contexts(texts))
        candidates[name] = _fresh(data, column, texts)
    _say("Contexts, of which 1 in 100 is distinct", interleaved(candidates, rounds=rounds), data)


def _fresh(data: _Columns, column: DecisionColumn, texts: Callable[[], str]) -> Callable[[], float]:
    """The seconds for all batches, with new contexts that are made before the timing starts."""

    def seconds() -> float:
        batches = data.with_contexts(texts)
        return timed(lambda: data.run(column, batches))()

    return seconds


def _distinct(data: _Columns) -> None:
    """The table of requests seen for the first time, in a plain world and in one with all kinds of conditions."""
    rows = []
    people, keys = len(data.people), len(data.keys)
    for name, world in (
        ("nothing conditional", _world(data, ())),
        ("an organization", Scenario.from_dict(organization(people, keys))),
    ):
        words = [pa.array(list(each)) for each in (world.world.principals, ACTIONS, world.world.keys)]
        columns = [pa.DictionaryArray.from_arrays(column[: 4 * BATCH], each)
                   for column, each in zip(data.numbers, words, strict=True)]  # fmt: skip
        batch = pa.record_batch(columns, names=["principal", "action", "key"])
        who, what, which = (column[: 4 * BATCH].astype(np.int64) for column in data.numbers)
        pairs = np.unique(who * keys + which)
        triples = np.unique((who * keys + which) * len(ACTIONS) + what)
        seconds = timed(partial(_decide_anew, world, batch))()
        rows.append((name, f"{len(pairs):,}", f"{len(triples):,}", duration(seconds / len(triples)), duration(seconds)))
    say("What is distinct, seen for the first time", ("world", "pairs", "with action", "each", "together"), rows)


def _decide_anew(world: Scenario, batch: Any) -> None:
    DecisionColumn(world.evaluator, AT).decide(batch)


def _say(title: str, found: dict[str, float], data: _Columns) -> None:
    bare = found["numpy, batch by batch"]
    rows = [
        (name, duration(seconds / data.rows), f"{data.rows / seconds / 1e6:,.1f} million", times(seconds / bare))
        for name, seconds in found.items()
    ]
    say(title, _HEADINGS, rows)


if __name__ == "__main__":
    main()
