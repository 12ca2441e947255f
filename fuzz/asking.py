"""What every harness that gets a world does with it: ask, and hold the answers to what is promised of any answer.

Comes in: a scenario. Goes out: nothing if the promises hold. Never here: how the scenario was made.
"""

from __future__ import annotations

import json

from fuzz.documents import ROLE
from fuzz.harness import demand, fair
from kms_eval import Decision, InputError, Scenario

OUTCOMES = frozenset({"allowed", "explicitDeny", "implicitDeny", "undetermined"})
QUESTIONS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("role/admin", "kms:Decrypt", {"context": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
    ("user/alice", "kms:PutKeyPolicy", {}),
    (ROLE, "kms:CreateGrant", {"encryption_context": {"a": "b"}}),
)


def answers(world: Scenario, key: str | None, *, explained: bool) -> list[Decision]:
    """The decisions about some questions, with `explained` also their explanations, which takes ten times as long."""
    found = []
    for principal, action, fields in QUESTIONS:
        decision = ask(world, principal, action, key, **fields)
        if decision is not None:
            found.append(decision)
            if explained:
                _explained(decision)
    return found


def ask(world: Scenario, principal: str, action: str, key: str | None, **fields: object) -> Decision | None:
    """One decision; None if the question makes no sense in that world."""
    try:
        decision = world.can(principal, action, key, **fields)  # type: ignore[arg-type]  # whatever a harness asks
    except InputError as error:
        fair(error)
        return None
    demand(decision.decision in OUTCOMES, f"the decision is {decision.decision!r}")
    demand(bool(decision) is (decision.decision == "allowed"), "only what is allowed is true")
    return decision


def _explained(decision: Decision) -> None:
    text = decision.explain()
    demand(all(line.isprintable() for line in text.split("\n")), f"not printable: {text!r}")
    demand(json.loads(json.dumps(decision.to_dict()))["decision"] == decision.decision, "the JSON says something else")
