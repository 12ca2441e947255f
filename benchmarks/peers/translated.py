"""The policies of a question in a form from which other policy languages can be written.

Comes in: a question. Goes out: its statements with the actions spelled out and conditions as pairs. Never here: a
policy language. What the questions do not use is not supported, and raises NotImplementedError.

A statement that delegates to the account becomes a property of its key: the same meaning, and less to evaluate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from benchmarks.questions import ROOT_USER, WITH_A_KEY, Question

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement. `principals` None means anyone, `key` None every key; each condition key needs one of its values."""

    effect: str
    principals: tuple[str, ...] | None
    actions: tuple[str, ...]
    key: str | None
    conditions: tuple[tuple[str, tuple[str, ...]], ...]


def statements(question: Question) -> Iterator[Statement]:
    """All statements but delegations. Those with a key are from its key policy, the others from identity policies."""
    for name, key in question.keys.items():
        for written in key.policy["Statement"]:
            if not _delegates(written):
                principal = written["Principal"]
                people = None if principal == "*" else tuple(_list(principal["AWS"]))
                yield _statement(written, people, name)
    for arn, documents in question.identity.items():
        for document in documents:
            for written in document["Statement"]:
                yield _statement(written, (arn,), None)


def delegated(question: Question) -> frozenset[str]:
    """The keys whose key policy delegates to the account, so that identity policies can allow everything."""
    return frozenset(name for name, key in question.keys.items() if any(map(_delegates, key.policy["Statement"])))


def _delegates(written: Json) -> bool:
    principal = written["Principal"]
    if principal == "*" or _list(principal["AWS"]) != [ROOT_USER]:
        return False
    if _list(written["Action"]) != ["kms:*"] or "Condition" in written or written["Effect"] != "Allow":
        message = "a delegation of less than everything has no translation here"
        raise NotImplementedError(message)
    return True


def _statement(written: Json, principals: tuple[str, ...] | None, key: str | None) -> Statement:
    if written["Resource"] != "*" or not set(written.get("Condition", {})) <= {"Bool", "StringEquals"}:
        message = "no translation for this statement"
        raise NotImplementedError(message)
    patterns = [pattern.lower() for pattern in _list(written["Action"])]
    actions = tuple(action for action in WITH_A_KEY if any(fnmatchcase(action.lower(), each) for each in patterns))
    tests = [test for tests in written.get("Condition", {}).values() for test in tests.items()]
    conditions = tuple((name, tuple(_list(values))) for name, values in tests)
    return Statement(written["Effect"], principals, actions, key, conditions)


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
