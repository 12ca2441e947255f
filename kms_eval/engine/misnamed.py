"""Statements and grants for a principal whose name is almost the caller's, or that has been deleted.

Comes in: a trace. Goes out: near misses, and whether a text is the unique id of a deleted principal.
Never here: deciding, advice. AWS replaces the ARN of a deleted role or user by its unique id.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.documents.model import Grant, PrincipalEntry
from kms_eval.engine.explanation import NearMiss
from kms_eval.engine.layers import GRANT
from kms_eval.engine.principals import account_of
from kms_eval.engine.trace import Trace, grant_source, rule_source
from kms_eval.world.model import Caller, Principal

_PREFIXES = {"role": "AROA", "user": "AIDA"}


def is_unique_id(text: str) -> bool:
    """Whether a principal is written as a unique id, by which AWS replaces the ARN of a deleted role or user."""
    return text.startswith(("AROA", "AIDA")) and ":" not in text


def is_deleted_id(text: str, principal: Principal) -> bool:
    """Whether a text is the unique id of a different principal of the same kind (semantics S14)."""
    return text.startswith(_PREFIXES[principal.kind]) and text.split(":", 1)[0] != principal.id


def serves_deleted(grant: Grant, principal: Principal, operation: str) -> bool:
    """Whether a grant allows the operation for a unique id that is not this principal's."""
    return operation in grant.operations and is_deleted_id(grant.grantee_principal or "", principal)


def for_deleted(trace: Trace) -> Iterator[NearMiss]:
    """Statements and grants for a unique id that is not this caller's: most likely that of a deleted principal."""
    key, principal = trace.ruling.part.scope.target.key, trace.ruling.part.scope.caller.principal
    if key is None or principal is None:
        return
    for rule in trace.rules(key.policy):
        if rule.effect == "Allow" and rule.actions & trace.ruling.bit:
            for entry in rule.statement.principals or ():
                if is_unique_id(entry.value) and is_deleted_id(entry.value, principal):
                    yield NearMiss("keyPolicy", rule_source(rule), _deleted_in_words(entry.value, principal))
    operation = trace.ruling.part.action.partition(":")[2]
    for grant in key.grants:
        if serves_deleted(grant, principal, operation):
            yield NearMiss(GRANT, grant_source(grant), _deleted_in_words(grant.grantee_principal or "", principal))


def _deleted_in_words(text: str, principal: Principal) -> str:
    words = f"it is for `{text}`, the unique id of a {principal.kind} that is not described here, most likely deleted"
    if principal.id is None:
        return words
    return f"{words}; `{principal.name}`, perhaps made again since, has the id `{principal.id}`"


def nearly_named(trace: Trace) -> Iterator[NearMiss]:
    """Allow statements of the key policy for a name that differs from the caller's in case, path, partition or Region.

    For a service also statements for an account, where identity policies have to allow: services have none.
    """
    key = trace.ruling.part.scope.target.key
    caller = trace.ruling.part.scope.caller
    if key is None:
        return
    accounts: list[NearMiss] = []
    for rule in trace.rules(key.policy):
        if rule.effect == "Allow" and rule.actions & trace.ruling.bit:
            for entry in rule.statement.principals or ():
                if is_near(entry, caller):
                    meant = caller.principal.arn if caller.principal is not None else caller.arn
                    because = f"it is for `{entry.value}`, not `{meant}`"
                    partition = entry.value.split(":", 2)[1] if entry.kind == "AWS" else caller.partition
                    if partition != caller.partition:
                        because += f": partition `{partition}` is not `{caller.partition}`"
                    yield NearMiss("keyPolicy", rule_source(rule), because)
                elif caller.kind == "service" and (account := account_of(entry)) is not None:
                    because = f"it is for account {account[1]}, whose identity policies then decide: "
                    words = because + "services have none, and are named"
                    accounts.append(NearMiss("keyPolicy", rule_source(rule), words))
    yield from accounts


def is_near(entry: PrincipalEntry, caller: Caller) -> bool:
    """Whether an entry was obviously meant for the caller, but has a different case, path, partition or Region."""
    if caller.kind == "service":
        first = entry.value.split(".", 1)[0]
        return entry.kind == "Service" and entry.value != caller.arn and first == caller.arn.split(".", 1)[0]
    principal = caller.principal
    fields = entry.value.split(":", 5)
    if entry.kind != "AWS" or principal is None or len(fields) != 6 or fields[4] != caller.account:
        return False
    if entry.value in {principal.arn, caller.arn}:
        return False
    if fields[5] == "root":
        return fields[1] != caller.partition
    kind, name = fields[5].split("/", 1)[0].lower(), fields[5].rsplit("/", 1)[-1].lower()
    return kind == principal.kind and name == principal.name.lower()
