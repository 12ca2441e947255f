"""ministack (Python): the evaluator behind its emulated services, with its rule for key policies."""

from __future__ import annotations

from typing import Any

from benchmarks.peers.adapter import InProcess, missing
from benchmarks.questions import ACCOUNT, REGION, Ask, Question

NAME = "ministack"
CALL = "evaluate + combine_resource_policy"


def available() -> str | None:
    """None if the package is installed."""
    return missing("ministack")


def prepare(question: Question) -> InProcess:
    """Identity policies are parsed once; ministack takes the key policy as a document in every call."""
    from ministack.core import iam_evaluator as engine

    policies = {
        arn: [engine.parse_policy_document(document) for document in documents]
        for arn, documents in question.identity.items()
    }

    def context(ask: Ask) -> Any:
        return engine.EvalContext(
            principal_arn=ask.principal,
            principal_type="User" if ":user/" in ask.principal else "AssumedRole",
            principal_account=ACCOUNT,
            action=ask.action,
            resource_arn=question.keys[ask.key].arn,
            region=REGION,
            secure_transport=True,
            service_context={name.lower(): value for name, value in ask.context.items()},
        )

    asks = [(context(ask), policies[ask.principal], question.keys[ask.key].policy) for ask in question.asks]
    evaluate, combine = engine.evaluate, engine.combine_resource_policy
    return InProcess(
        lambda: [
            combine(evaluate(asked, attached), asked, policy, ACCOUNT, required=True).decision == "Allow"
            for asked, attached, policy in asks
        ]
    )
