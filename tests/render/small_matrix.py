"""A small matrix with every answer and with names that renderers must escape.

Comes in: nothing. Goes out: matrices of plain values. Never here: expected output.
"""

from __future__ import annotations

from datetime import UTC, datetime

from kms_eval.analysis.access.access_matrix import KeyName, Matrix, Note, Person, Row
from kms_eval.documents.model import PrincipalEntry, Statement
from kms_eval.engine.explanation import Source
from kms_eval.engine.masks import bit_of
from kms_eval.errors import Location

ARN = "arn:aws:iam::111122223333:role/a"
NASTY = """</script><b>"&'| app"""
DECRYPT, ENCRYPT, LIST_KEYS = (bit_of(f"kms:{name}") for name in ("Decrypt", "Encrypt", "ListKeys"))


def one_key(handle: str = "app") -> Matrix:
    """Two principals on one key: what has a key and what has none in one row. The key's name is in a statement, too."""
    source = Source(handle, "Use", 0, "Allow", Location(f"{handle}.json", 7, "Statement[0]"))
    statement = Statement(0, "Use", "Allow", principals=(PrincipalEntry("AWS", handle),), actions=("kms:Encrypt",))
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
            Row(
                0,
                0,
                DECRYPT,
                ENCRYPT,
                ((DECRYPT, Note("a grant allows it")), (ENCRYPT, Note("if Bool a:b `<true>`", (source,)))),
            ),
            Row(1, 0, LIST_KEYS, 0, ((LIST_KEYS, Note("an identity policy allows it")),), reach="public"),
        ),
        source=f"{handle}.yaml",
        written={source: statement},
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
            Row(0, 0, DECRYPT, ENCRYPT, ((ENCRYPT, Note("if x")),)),
            Row(0, 1, 0, 0),
        ),
    )


def every_answer(keys: int = 1) -> Matrix:
    """One principal for each of the answers about Decrypt: always, conditional, public, undetermined, never."""
    labels = ("role/always", "role/conditional", "anyone at all", "role/undetermined", "role/never")
    masks = ((DECRYPT, 0, 0, 0), (0, DECRYPT, 0, 0), (0, DECRYPT, 0, DECRYPT), (0, DECRYPT, DECRYPT, 0), (0, 0, 0, 0))
    return Matrix(
        title="Every answer",
        at=None,
        actions=DECRYPT,
        principals=tuple(Person(label, label, "role", described=True) for label in labels),
        keys=tuple(KeyName(f"key-{key}", f"arn:{key}") for key in range(keys)),
        rows=tuple(
            Row(
                place,
                key,
                always,
                sometimes,
                undetermined=undetermined,
                public=public,
                reach="public" if place == 2 else "inside the account",
            )
            for place, (always, sometimes, undetermined, public) in enumerate(masks)
            for key in range(keys)
        ),
    )
