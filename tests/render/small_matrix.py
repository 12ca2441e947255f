"""A small matrix with every answer and with names that renderers must escape.

Comes in: nothing. Goes out: matrices of plain values. Never here: expected output.
"""

from __future__ import annotations

from datetime import UTC, datetime

from kms_eval.analysis.access.access_matrix import KeyName, Matrix, Person, Row
from kms_eval.engine.masks import bit_of

ARN = "arn:aws:iam::111122223333:role/a"
NASTY = """</script><b>"&'| app"""
DECRYPT, ENCRYPT, LIST_KEYS = (bit_of(f"kms:{name}") for name in ("Decrypt", "Encrypt", "ListKeys"))


def one_key(handle: str = "app") -> Matrix:
    """Two principals on one key: what has a key and what has none in one row."""
    return Matrix(
        title=f"Access to {handle}",
        at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        actions=DECRYPT | ENCRYPT | LIST_KEYS,
        principals=(
            Person(ARN, "role/a", "role", described=True),
            Person("anyone at all", "anyone at all", "everyone", described=False),
        ),
        keys=(KeyName(handle, "arn:aws:kms:us-east-1:111122223333:key/1"),),
        rows=(
            Row(0, 0, DECRYPT, ENCRYPT, ((DECRYPT, "a grant allows it"), (ENCRYPT, "if Bool a:b `<true>`"))),
            Row(1, 0, LIST_KEYS, 0, ((LIST_KEYS, "an identity policy allows it"),)),
        ),
    )


def two_keys() -> Matrix:
    """One principal on two keys, and a row without key."""
    return Matrix(
        title="Two keys",
        at=None,
        actions=DECRYPT | ENCRYPT | LIST_KEYS,
        principals=(Person(ARN, "role/a", "role", described=True),),
        keys=(KeyName("app", "arn:1"), KeyName("log", "arn:2")),
        rows=(
            Row(0, None, LIST_KEYS, 0),
            Row(0, 0, DECRYPT, ENCRYPT, ((ENCRYPT, "if x"),)),
            Row(0, 1, 0, 0),
        ),
    )
