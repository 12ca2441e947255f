"""Cedar (Rust, through cedarpy), with the policies translated: one Cedar policy a statement.

Policies and entities are parsed once. Cedar looks at every policy for every request.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.peers.adapter import InProcess, missing
from benchmarks.peers.translated import Statement, delegated, statements
from benchmarks.questions import Question

NAME = "cedarpy"
CALL = "is_authorized"


def available() -> str | None:
    """None if the package is installed."""
    return missing("cedarpy")


def prepare(question: Question) -> InProcess:
    """Contexts are given as JSON texts, which saves cedarpy the work."""
    from cedarpy import Entities, PolicySet, is_authorized

    policies = PolicySet.from_str("\n".join(_policy(statement) for statement in statements(question)))
    delegating = delegated(question)
    entities = Entities.from_json_str(
        json.dumps([
            {"uid": {"type": "Key", "id": name}, "attrs": {"delegated": name in delegating}, "parents": []}
            for name in question.keys
        ])
    )  # fmt: skip
    asks: list[dict[str, Any]] = [
        {
            "principal": _entity("Principal", ask.principal),
            "action": _entity("Action", ask.action),
            "resource": _entity("Key", ask.key),
            "context": json.dumps(dict(ask.context)),
        }
        for ask in question.asks
    ]
    return InProcess(lambda: [is_authorized(ask, policies, entities).allowed for ask in asks])


def _policy(statement: Statement) -> str:
    people, key = statement.principals, statement.key
    one = people is not None and len(people) == 1
    principal = f"principal == {_entity('Principal', people[0])}" if people is not None and one else "principal"
    actions = ", ".join(_entity("Action", action) for action in statement.actions)
    resource = f"resource == {_entity('Key', key)}" if key is not None else "resource"
    tests = []
    if people is not None and not one:
        tests.append(f"[{', '.join(_entity('Principal', each) for each in people)}].contains(principal)")
    if key is None and statement.effect == "Allow":
        tests.append("resource.delegated")
    for name, values in statement.conditions:
        tests.append(
            f"context has {json.dumps(name)} && {json.dumps(list(values))}.contains(context[{json.dumps(name)}])"
        )
    word = "permit" if statement.effect == "Allow" else "forbid"
    when = f" when {{ {' && '.join(tests)} }}" if tests else ""
    return f"{word} ({principal}, action in [{actions}], {resource}){when};"


def _entity(kind: str, name: str) -> str:
    return f"{kind}::{json.dumps(name)}"
