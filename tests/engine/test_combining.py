"""The combining alone: every layer reduced to one word, every combination, against the reference.

What the layers' documents say is settled beforehand; what is compared is only what `decide` makes of it.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from kms_eval.documents.model import Grant, Policy, PolicyKind, PrincipalEntry, Statement
from kms_eval.engine import decide
from kms_eval.engine.decide import FIRST_FREE_SLOT, LayerIndex, Shape
from kms_eval.engine.masks import BIT
from kms_eval.world.model import (
    Caller,
    Key,
    Principal,
    Session,
    VpcEndpoint,
    World,
)
from tests.reference import YES, Ask, Judge

STATES = ("absent", "silent", "allow", "deny", "unknown")
HOME, ABROAD = "111122223333", "123456789012"
ROLE = "arn:aws:iam::{}:role/app"
SESSION = "arn:aws:sts::{}:assumed-role/app/s"
DECRYPT = BIT["kms:decrypt"]
LIMITS = (FIRST_FREE_SLOT, FIRST_FREE_SLOT + 1)
GATES = (FIRST_FREE_SLOT + 2, FIRST_FREE_SLOT + 3)

# How the key policy names the caller, and the slot that means.
NAMES = {
    "session": (SESSION, LayerIndex.DIRECT),
    "wildcard": ("*", LayerIndex.DIRECT),
    "role": (ROLE, LayerIndex.LIMITED),
    "account": ("{}", LayerIndex.DELEGATED),
}


def document(kind: PolicyKind) -> Policy:
    return Policy(kind.value, kind, "2012-10-17", None, ())


class Told(Judge):
    """The reference's judge with every document's word looked up in `words` instead of read from its text."""

    words: dict[Policy, str]
    granted: str

    def has(self, effect: str, *policies: Policy) -> bool:
        return any(self.words.get(policy, "absent") == effect.lower() for policy in policies)

    def concerns(self, policy: Policy, _statement: Statement) -> Any:
        return YES if self.words[policy] == "allow" else frozenset({False})

    def grants(self, grant: Grant) -> bool:
        enough = self.identity() if self.foreign else self.within_limits(strict=False)
        return self.granted == "allow" and enough


def reference(name: str, account: str) -> tuple[Told, dict[str, Policy]]:
    principal_text = NAMES[name][0].format(account)
    entry = PrincipalEntry("AWS", principal_text)
    policy = Policy("key", PolicyKind.KEY, "2012-10-17", None, (Statement(0, None, "Allow", principals=(entry,)),))
    documents = {
        "key": policy,
        "identity": document(PolicyKind.IDENTITY),
        "boundary": document(PolicyKind.BOUNDARY),
        "session": document(PolicyKind.SESSION),
        "scp": document(PolicyKind.SCP),
        "endpoint": document(PolicyKind.ENDPOINT),
    }
    arn = f"arn:aws:kms:us-east-1:{HOME}:key/k"
    key = Key("k", arn, "k", HOME, "us-east-1", policy, grants=(Grant("g"),))
    principal = Principal(ROLE.format(account), "role", account, "app", policies=(documents["identity"],))
    caller = Caller("role", SESSION.format(account), account, "aws", principal, Session("s"))
    world = World(HOME, "us-east-1", "aws", {"k": key}, {})
    return Told(world, Ask(caller, "kms:Decrypt", key)), documents


def told(judge: Told, documents: dict[str, Policy], states: dict[str, str], unknown: str) -> bool:
    """The reference's answer with every unknown read as `unknown`."""
    settled = {layer: unknown if state == "unknown" else state for layer, state in states.items()}
    judge.words = {documents[layer]: state for layer, state in settled.items() if layer in documents}
    judge.granted = settled["grant"]
    principal, session = judge.caller.principal, judge.caller.session
    assert principal is not None
    assert session is not None
    boundary = documents["boundary"] if settled["boundary"] != "absent" else None
    judge.principal = Principal(principal.arn, "role", principal.account, "app", "/", principal.policies, boundary)
    judge.session = Session("s", (documents["session"],) if settled["session"] != "absent" else ())
    judge.controls = ((documents["scp"],),) if settled["scp"] != "absent" else ()
    judge.endpoint = VpcEndpoint("vpce-1", documents["endpoint"]) if settled["endpoint"] != "absent" else None
    return judge.allowed()


def engine(name: str, account: str, states: dict[str, str], unknown: str) -> bool:
    settled = {layer: unknown if state == "unknown" else state for layer, state in states.items()}
    sums = [0] * (FIRST_FREE_SLOT + 4)
    for layer, layer_index in {
        "key": NAMES[name][1],
        "identity": LayerIndex.IDENTITY,
        "grant": LayerIndex.GRANT if account == HOME else LayerIndex.GRANT_WITH_IDENTITY,
        "boundary": LIMITS[0],
        "session": LIMITS[1],
        "scp": GATES[0],
        "endpoint": GATES[1],
    }.items():
        sums[layer_index] = DECRYPT if settled[layer] == "allow" else 0
    limits = tuple(
        layer_index
        for layer_index, layer in zip(LIMITS, ("boundary", "session"), strict=True)
        if settled[layer] != "absent"
    )
    gates = tuple(
        layer_index for layer_index, layer in zip(GATES, ("scp", "endpoint"), strict=True) if settled[layer] != "absent"
    )
    shape = Shape(account == HOME, root=False, target="key", limits=limits, grant_limits=limits, gates=gates)
    return bool(decide.allowed(sums, shape) & DECRYPT)


@pytest.mark.parametrize("account", [HOME, pytest.param(ABROAD, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", NAMES)
def test_every_combination_of_the_layers_words(name: str, account: str) -> None:
    judge, documents = reference(name, account)
    layers = ("key", "identity", "boundary", "session", "scp", "endpoint", "grant")
    # A Deny counts before the layers are combined, so that here it is one more document without Allow.
    for words in product(STATES, repeat=len(layers)):
        states = dict(zip(layers, words, strict=True))
        certainly, perhaps = (told(judge, documents, states, unknown) for unknown in ("silent", "allow"))
        assert (engine(name, account, states, "silent"), engine(name, account, states, "allow")) == (
            certainly,
            perhaps,
        ), states
        assert perhaps >= certainly
