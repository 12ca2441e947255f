"""moto (Python): the policy evaluation behind its optional access control.

It is called as moto itself calls it: for the identity policies of the caller. moto does not evaluate key policies.
"""

from __future__ import annotations

import json

from benchmarks.peers.adapter import InProcess, missing
from benchmarks.questions import Question

NAME = "moto"
CALL = "IAMPolicy.is_action_permitted"


def available() -> str | None:
    """None if the package is installed."""
    return missing("moto")


def prepare(question: Question) -> InProcess:
    """Policies are read once."""
    from moto.iam.access_control import IAMPolicy, PermissionResult

    policies = {arn: [IAMPolicy(json.dumps(each)) for each in written] for arn, written in question.identity.items()}
    denied, permitted = PermissionResult.DENIED, PermissionResult.PERMITTED
    asks = [
        (policies[ask.principal], ask.action, question.keys[ask.key].arn, dict(ask.context)) for ask in question.asks
    ]

    def allowed(attached: list[IAMPolicy], action: str, resource: str, context: dict[str, str]) -> bool:
        found = False
        for policy in attached:
            result = policy.is_action_permitted(action, resource, None, context)
            if result == denied:
                return False
            found = found or result == permitted
        return found

    return InProcess(lambda: [allowed(*ask) for ask in asks])
