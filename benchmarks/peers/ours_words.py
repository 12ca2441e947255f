"""kms-eval as a program calls it: with the words of the request each time. Decisions are not cached."""

from __future__ import annotations

from benchmarks.peers.adapter import InProcess
from benchmarks.questions import Question
from kms_eval import Scenario

NAME = "kms-eval"
CALL = "Scenario.can"


def available() -> str | None:
    """None, as it can always run."""
    return None


def prepare(question: Question) -> InProcess:
    """Requests are words, with a context only if they have one. Every answer is a whole `Decision`."""
    can = Scenario.from_dict(question.scenario).can
    asks = [(ask.principal, ask.action, ask.key, ask.context) for ask in question.asks]
    return InProcess(
        lambda: [
            can(principal, action, key, context=context).allowed if context else can(principal, action, key).allowed
            for principal, action, key, context in asks
        ]
    )
