"""Rows of batches that are about the small worlds of `strategies`, and what the engine says about each of them.

Comes in: questions. Goes out: fields as a row has them, and the decision columns that `Scenario.can` would give.
Never here: the batch code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from kms_eval.documents.model import Grant
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explain import explain
from kms_eval.errors import InputError
from kms_eval.world.model import Caller, World
from kms_eval.world.request import request
from tests.reference import Ask
from tests.strategies import asks, questions, worlds

AT = datetime(2026, 1, 1, tzinfo=UTC)

Row = dict[str, Any]
Columns = tuple[str | None, str | None, str | None, str | None]

ODD_ROWS: tuple[Row, ...] = (
    {},
    {"principal": "role/admin"},
    {"action": "kms:Decrypt"},
    {"principal": "", "action": "kms:Decrypt"},
    {"principal": "group/x", "action": "kms:Decrypt"},
    {"principal": "role/x", "action": "kms:Decript"},
    {"principal": "role/x", "action": "kms:Decrypt", "key": "no-such-key"},
    {"principal": "role/x", "action": "kms:Decrypt", "key": ""},
    {"principal": "role/x", "action": "kms:Decrypt", "vpc_endpoint": "vpce-none"},
    {"principal": "role/x", "action": "kms:Decrypt", "at": "yesterday"},
    {"principal": "role/x", "action": "kms:Decrypt", "context": {"": "x"}},
    {"principal": "role/x", "action": "kms:Decrypt", "context": {"aws:SourceArn": {}}},
    {"principal": "role/x", "action": "kms:Decrypt", "encryption_context": {"a": ["b"]}},
    {"principal": "role/x", "action": "ReEncrypt"},
    {"principal": "role/x", "action": "ReplicateKey"},
    {"principal": "root", "action": "kms:ListKeys", "session": {"name": "s"}},
)
"""Requests that make no sense in any world."""


def row_of(ask: Ask) -> Row:
    """The fields of a question, as near as names can tell it."""
    key = ask.request_alias or (ask.key.handle if ask.key is not None else ask.alias_arn)
    row: Row = {
        "principal": _principal(ask.caller),
        "action": ask.action,
        "key": key,
        "context": {name: list(values) if len(values) != 1 else values[0] for name, values in ask.context.items()},
        "encryption_context": None if ask.encryption_context is None else dict(ask.encryption_context),
        "vpc_endpoint": ask.endpoint.id if ask.endpoint is not None else None,
        "at": ask.at.isoformat(),
        "region": ask.region,
        "via_grant": ask.via_grant,
        "grant": _grant(ask.grant) if ask.grant is not None else None,
    }
    return {name: value for name, value in row.items() if value is not None}


def _principal(caller: Caller) -> str:
    return caller.arn


def _grant(grant: Grant) -> Row | str:
    """The id of a grant, or the request of CreateGrant."""
    if grant.id:
        return grant.id
    equals, subset = grant.constraints.encryption_context_equals, grant.constraints.encryption_context_subset
    constraints = {
        "EncryptionContextEquals": dict(equals) if equals is not None else None,
        "EncryptionContextSubset": dict(subset) if subset is not None else None,
        "SourceArn": grant.constraints.source_arn,
    }
    row: Row = {
        "GranteePrincipal": grant.grantee_principal,
        "GranteeServicePrincipal": grant.grantee_service_principal,
        "RetiringPrincipal": grant.retiring_principal,
        "RetiringServicePrincipal": grant.retiring_service_principal,
        "Operations": list(grant.operations),
        "Constraints": {name: value for name, value in constraints.items() if value is not None},
    }
    return {name: value for name, value in row.items() if value}


def expected(evaluator: Evaluator, row: Row) -> Columns:
    """Decision, reason code, policy and Sid; all None where the request makes no sense."""
    fields = {"principal": None, "action": None, "at": AT, **row}
    try:
        ruling = evaluator.rule(request(**fields))
    except InputError:
        return None, None, None, None
    explanation = explain(evaluator, ruling)
    source = explanation.deciding
    policy, sid = (source.policy, source.sid) if source is not None else (None, None)
    return explanation.decision, explanation.reason_code, policy, sid


def seeded(seed: int, *, worlds: int, rows: int) -> Iterator[tuple[World, list[Row]]]:
    """Worlds, each with rows about it, mixed from few words so that they collide; some are odd."""
    random = Random(seed)  # noqa: S311 - nothing here is secret
    found: dict[int, tuple[World, list[Row]]] = {}
    for world, ask in questions(seed, worlds=worlds, asks=30):
        found.setdefault(id(world), (world, []))[1].append(row_of(ask))
    for world, some in found.values():
        yield world, [_mixed(random, some) for _ in range(rows)]


def _mixed(random: Random, rows: Sequence[Row]) -> Row:
    if random.randrange(12) == 0:
        return dict(random.choice(ODD_ROWS))
    who, what, where = (random.choice(rows) for _ in range(3))
    mixed = dict(where)
    for name, source in (("principal", who), ("action", what)):
        mixed[name] = source[name]
    return mixed


@st.composite
def worlds_and_rows(draw: DrawFn) -> tuple[World, list[Row]]:
    """A world, and rows about it, the odd ones among them."""
    world = draw(worlds())
    some = [row_of(draw(asks(world))) for _ in range(draw(st.integers(1, 4)))]
    return world, draw(st.lists(st.sampled_from([*some, *ODD_ROWS]), min_size=1, max_size=12))
