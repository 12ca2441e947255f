"""Identity policies that name their users and roles in Principal, given to those users and roles.

Comes in: the section `attached_by_principal`. Goes out: identity policies by the ARN of the user or role.
Never here: what a Principal element matches; here it only says what its statement is attached to, and is then removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kms_eval.documents.model import Policy, PolicyKind, PrincipalEntry, Statement
from kms_eval.errors import InputError, quoted
from kms_eval.formats.document import Place
from kms_eval.formats.unknown import unknown_in
from kms_eval.world.identity import Identity, is_account, read_identity
from kms_eval.world.reading import Reading
from kms_eval.world.values import policy_source_complaint

_INSTEAD = "name users and roles, or attach the document in `principals` or `groups`"


def read_attached(reading: Reading) -> dict[str, list[Policy]]:
    """The policies that each user or role gets, in the order of the documents; faults go to `reading`."""
    attached: dict[str, list[Policy]] = {}
    for place, source in reading.items("attached_by_principal"):
        complaint = policy_source_complaint(source)
        if complaint is not None:
            reading.fault(place, complaint)
            continue
        if unknown_in(source) is not None:
            advice = "attach it in `principals` or `groups`"
            reading.fault(place, "an unknown document cannot say whose it is", advice)
            continue
        policy = reading.documents.policy(source, place, PolicyKind.IDENTITY, reading.findings)
        if policy is None:
            continue
        for name, part in _parts(reading, policy, place):
            attached.setdefault(name, []).append(part)
    return attached


def _parts(reading: Reading, policy: Policy, place: Place) -> Iterator[tuple[str, Policy]]:
    """The part of a document that each principal gets; principals with the same statements share one policy."""
    statements: dict[str, dict[int, Statement]] = {}
    for position, statement in enumerate(policy.statements):
        bare = replace(statement, principals=None)
        for name in _names(reading, statement, policy.place or place):
            statements.setdefault(name, {})[position] = bare
    shared: dict[tuple[int, ...], Policy] = {}
    for name, own in statements.items():
        positions = tuple(own)
        if positions not in shared:
            shared[positions] = replace(policy, statements=tuple(own.values()))
        yield name, shared[positions]


def _names(reading: Reading, statement: Statement, place: Place) -> Iterator[str]:
    if not statement.principals:
        here = place.at("Statement", statement.index)
        reading.fault(here, "the statement does not say in `Principal` whose it is", _INSTEAD)
        return
    here = place.at("Statement", statement.index, "Principal")
    for entry in statement.principals:
        identity = _identity(entry)
        if identity is not None and identity.kind in ("user", "role"):
            yield identity.arn
        else:
            reading.fault(here, *_refusal(entry, identity))


def _identity(entry: PrincipalEntry) -> Identity | None:
    try:
        return read_identity(entry.value, account=None, partition="aws") if entry.kind == "AWS" else None
    except InputError:  # the wildcard, an account id, a unique id
        return None


def _refusal(entry: PrincipalEntry, identity: Identity | None) -> tuple[str, str]:
    value = quoted(entry.value)
    if entry.kind not in ("AWS", "*"):
        return f"the {entry.kind} principal {value} has no identity policies", _INSTEAD
    if entry.value == "*":
        return "the statement is for everyone, and cannot be attached", _INSTEAD
    if is_account(entry.value) or (identity is not None and identity.kind == "root"):
        return f"{value} is a whole account, and a policy is attached to one user or role", _INSTEAD
    if identity is None:
        return f"{value} is not the ARN of a user or role", _INSTEAD
    if identity.kind == "assumed-role":
        advice = f"name its role `{identity.name}`; what only the session has goes into `session.policies` of a test"
        return f"{value} is a session, which has no identity policies", advice
    return f"{value} is a federated user, who has no identity policies", "name the user who makes the session"
