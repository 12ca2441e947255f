"""Requests as in real logs: a few principals and keys account for most calls, and each caller uses the same few keys.

Comes in: a scenario that `worlds` made, a number of rows, a seed. Goes out: rows in columns of numbers, record batches,
or rows of texts. Never here: timing, deciding.

Principals, and the keys of each of them, are drawn by Zipf's law: the second occurs half as often as the first, the
third a third as often. Two calls in five come through an AWS service, and one in three has an encryption context that
no other call has, as S3 sends the ARN of the object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

Json = dict[str, Any]

ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants", "kms:PutKeyPolicy")
_SHARES = (0.62, 0.22, 0.1, 0.04, 0.015, 0.005)
_HABITS = 6
"""The keys that one principal uses."""
_SERVICES = ("s3", "dynamodb", "ec2", "rds", "secretsmanager", "sqs", "lambda", "ssm")


class Log:
    """The calls of one organization, in batches; the same seed gives the same calls."""

    def __init__(self, world: Json, *, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self._people = list(world["principals"])
        self._keys = list(world["keys"])
        self._of_people = _zipf(len(self._people))
        self._of_habits = _zipf(_HABITS)
        self._habits = self._random.integers(0, len(self._keys), (len(self._people), _HABITS))
        services = [{"kms:ViaService": f"{name}.us-east-1.amazonaws.com"} for name in _SERVICES]
        self._contexts = pa.array([json.dumps(context) for context in services])
        self._rows = 0

    def batches(self, rows: int, size: int = 1 << 16) -> Iterator[Any]:
        """That many rows, with dictionary-encoded words and contexts, and for one in three an encryption context."""
        people, keys, actions = pa.array(self._people), pa.array(self._keys), pa.array(ACTIONS)
        for start in range(0, rows, size):
            count = min(size, rows - start)
            who = self._random.choice(len(self._people), count, p=self._of_people).astype(np.int32)
            habit = self._random.choice(_HABITS, count, p=self._of_habits)
            which = self._habits[who, habit].astype(np.int32)
            what = self._random.choice(len(ACTIONS), count, p=_SHARES).astype(np.int32)
            # Each key is always used through the same service.
            direct = self._random.random(count) >= 0.4
            service = pa.array((which % len(_SERVICES)).astype(np.int32), mask=direct)
            columns = {
                "id": pa.array(np.arange(self._rows, self._rows + count)),
                "principal": pa.DictionaryArray.from_arrays(who, people),
                "action": pa.DictionaryArray.from_arrays(what, actions),
                "key": pa.DictionaryArray.from_arrays(which, keys),
                "context": pa.DictionaryArray.from_arrays(service, self._contexts),
                "encryption_context": pa.array(self._objects(count), pa.string()),
            }
            self._rows += count
            yield pa.record_batch(columns)

    def _objects(self, count: int) -> list[str | None]:
        with_one = self._random.random(count) < 1 / 3
        first = self._rows
        return [
            f'{{"aws:s3:arn": "arn:aws:s3:::bucket/object-{first + place}"}}' if told else None
            for place, told in enumerate(with_one.tolist())
        ]

    def rows(self, count: int) -> Iterator[Json]:
        """That many rows of texts; contexts are mappings."""
        for batch in self.batches(count):
            for row in batch.to_pylist():
                told = {name: value for name, value in row.items() if value is not None}
                for name in ("context", "encryption_context"):
                    if name in told:
                        told[name] = json.loads(told[name])
                yield told


def _zipf(count: int) -> Any:
    weights = 1 / np.arange(1, count + 1)
    return weights / weights.sum()
