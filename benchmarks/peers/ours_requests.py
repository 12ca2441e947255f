"""kms-eval, part by part: the way that decides all questions that are not plain, and that explanations start from.

Like the other engines it is given requests that were made before.
"""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.peers.adapter import InProcess
from benchmarks.questions import Question
from kms_eval import Scenario
from kms_eval.world.request import request

NAME = "kms-eval, part by part"
CALL = "Scenario.decide"


def available() -> str | None:
    """None, as it can always run."""
    return None


def prepare(question: Question) -> InProcess:
    """All requests have the same time, as reading the clock is not part of a decision."""
    decide = Scenario.from_dict(question.scenario).decide
    now = datetime.now(UTC)
    asks = [request(ask.principal, ask.action, ask.key, context=ask.context, at=now) for ask in question.asks]
    return InProcess(lambda: [decide(asked).decision == "allowed" for asked in asks])
