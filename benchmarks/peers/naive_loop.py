"""The loop of `benchmarks.naive`: not an engine, but what people would write without one."""

from __future__ import annotations

from benchmarks import naive
from benchmarks.peers.adapter import InProcess
from benchmarks.questions import ACCOUNT, Question

NAME = "naive loop"
CALL = "benchmarks/naive.py"


def available() -> str | None:
    """None, as it can always run."""
    return None


def prepare(question: Question) -> InProcess:
    """Its regular expressions are compiled once."""
    policies = {name: key.policy for name, key in question.keys.items()}
    allowed = naive.compile_documents(policies, question.identity, ACCOUNT)
    asks = [(ask.principal, ask.action, ask.key, ask.context) for ask in question.asks]
    return InProcess(lambda: [allowed(*ask) for ask in asks])
