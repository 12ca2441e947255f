"""Rego (Rust, through regorus), with the policies translated: statements as data, the rules of KMS as Rego.

Microsoft does not publish its Python binding (bindings/python of https://github.com/microsoft/regorus); any build of it
will do, for example gordon-to-regorus on PyPI. The statements are looked up by key and by principal, which is faster
than a plain translation would be.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.peers.adapter import InProcess, missing
from benchmarks.peers.translated import Statement, delegated, statements
from benchmarks.questions import Question

NAME = "regorus"
CALL = "Engine.eval_rule"

_RULES = """
package kms

import rego.v1

default allow := false

allow if {
    not denied
    granted
}

denied if {
    some statement in concerned
    statement.effect == "Deny"
    applies(statement)
}

granted if {
    some statement in data.keys[input.key].statements
    statement.effect == "Allow"
    applies(statement)
}

granted if {
    data.keys[input.key].delegated
    some statement in data.identity[input.principal]
    statement.effect == "Allow"
    applies(statement)
}

concerned contains statement if {
    some statement in data.keys[input.key].statements
}

concerned contains statement if {
    some statement in data.identity[input.principal]
}

applies(statement) if {
    statement.actions[input.action]
    speaks(statement)
    every condition in statement.conditions {
        condition.values[input.context[condition.key]]
    }
}

speaks(statement) if statement.anyone

speaks(statement) if statement.principals[input.principal]
"""


def available() -> str | None:
    """None if the binding is installed."""
    return missing("regorus", "pip install gordon-to-regorus")


def prepare(question: Question) -> InProcess:
    """Inputs are given as JSON texts."""
    from regorus import Engine

    engine = Engine()
    engine.add_policy("kms.rego", _RULES)
    engine.add_data_json(json.dumps(_data(question)))
    asks = [
        json.dumps({"principal": ask.principal, "action": ask.action, "key": ask.key, "context": dict(ask.context)})
        for ask in question.asks
    ]

    def allowed(ask: str) -> bool:
        engine.set_input_json(ask)
        return engine.eval_rule("data.kms.allow") is True

    return InProcess(lambda: [allowed(ask) for ask in asks])


def _data(question: Question) -> dict[str, Any]:
    delegating = delegated(question)
    keys: dict[str, Any] = {name: {"delegated": name in delegating, "statements": []} for name in question.keys}
    identity: dict[str, list[Any]] = {arn: [] for arn in question.identity}
    for statement in statements(question):
        if statement.key is not None:
            keys[statement.key]["statements"].append(_statement(statement))
        else:
            for arn in statement.principals or ():
                identity[arn].append(_statement(statement))
    return {"keys": keys, "identity": identity}


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "effect": statement.effect,
        "anyone": statement.principals is None,
        "principals": dict.fromkeys(statement.principals or (), True),
        "actions": dict.fromkeys(statement.actions, True),
        "conditions": [{"key": key, "values": dict.fromkeys(values, True)} for key, values in statement.conditions],
    }
