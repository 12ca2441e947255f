"""kms-eval as a program calls it over and over: the words of the request each time, answers it has given before."""

from __future__ import annotations

from benchmarks.peers.adapter import InProcess
from benchmarks.questions import Question
from kms_eval import Scenario

NAME = "kms-eval"
CALL = "Scenario.allows, asked before"


def available() -> str | None:
    """Always."""
    return None


def prepare(question: Question) -> InProcess:
    """Requests are words; those without context are asked without."""
    allows = Scenario.from_dict(question.scenario).allows
    asks = [(ask.principal, ask.action, ask.key, ask.context) for ask in question.asks]
    return InProcess(
        lambda: [
            allows(principal, action, key, context=context) if context else allows(principal, action, key)
            for principal, action, key, context in asks
        ]
    )
