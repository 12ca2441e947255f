"""How a grant could allow the request: if the request sends something else, or if the grant is created anew.

Comes in: a trace. Goes out: options. Never here: deciding; `advise` tries them.
https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kms_eval.analysis.advising.edits import (
    Edit,
    as_principal,
    both,
    in_encryption_context,
    in_new_grant,
    new_statement,
    with_grant,
)
from kms_eval.analysis.advising.limits import can_edit_key, can_have_policies
from kms_eval.analysis.advising.places import attached
from kms_eval.analysis.advising.proposals import Option, nameable
from kms_eval.documents.model import Grant, PrincipalEntry, Statement
from kms_eval.engine.grants import at_least_as_strict, names_account, names_caller
from kms_eval.engine.masks import CREATE_GRANT, GRANT_BIT, RETIRE_GRANT, covered
from kms_eval.engine.misnamed import serves_deleted
from kms_eval.engine.trace import Trace
from kms_eval.language import arn
from kms_eval.world.model import Key


def by_grant(trace: Trace) -> Iterator[Option]:
    """Ways in which a grant of the key could allow the request."""
    ruling = trace.ruling
    scope = ruling.part.scope
    key = scope.target.key
    if key is None:
        return
    if ruling.bit == RETIRE_GRANT:
        yield from _by_retiring(trace, key)
        return
    operation = ruling.part.action.partition(":")[2]
    bit = GRANT_BIT.get(operation, 0)
    for grant in key.grants if bit & ruling.bit else ():
        yield from _for_deleted_grantee(trace, key, grant, operation)
        mine = names_caller(grant.grantee_principal, scope) or names_account(grant.grantee_principal, scope)
        mine = mine or (scope.caller.kind == "service" and grant.grantee_service_principal == scope.caller.arn)
        if mine and operation == "CreateGrant" in grant.operations:
            yield from _narrowed(trace, grant)
        elif mine:
            yield from _served(trace, key, grant, operation)
    if bit & ruling.bit and can_edit_key(ruling.part) and scope.caller.principal is not None:
        issuers = tuple(_issuers(key, scope.caller.account))
        for account in issuers:
            yield (_new_grant(trace, key, account, operation),)
        if scope.caller.account not in issuers and not can_have_policies(ruling.part):
            yield from _let_create(trace, key, operation)


def _new_grant(trace: Trace, key: Key, account: str, operation: str) -> Edit:
    new = Grant("new-grant", grantee_principal=nameable(trace).value, issuing_account=account, operations=(operation,))
    words = f"create a grant, as a principal of account {account}, for `{new.grantee_principal}` with {operation}"
    return with_grant(key, new, None, "create-grant", 65, words)


def _let_create(trace: Trace, key: Key, operation: str) -> Iterator[Option]:
    """A grant that the caller's account creates, once the key policy allows it to create grants.

    AWS documents this way for service-linked roles of another account, whose policies nobody can edit.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    """
    part = trace.ruling.part
    account = part.scope.caller.account
    found = next(((where, policy) for where, policy in attached(part) if where.layer == "keyPolicy"), None)
    if account is None or found is None:
        return
    where, policy = found
    root = f"arn:{key.partition}:iam::{account}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:CreateGrant", "Resource": "*"}
    words = f"add a statement to the key policy `{policy.name}` that allows `kms:CreateGrant` to `{root}`"
    letting = new_statement(where, policy, statement, "delegate", 5, words)
    yield (both(letting, _new_grant(trace, key, account, operation)),)


def _issuers(key: Key, account: str | None) -> Iterator[str]:
    """The accounts that could create a grant for a caller of `account`: the key's, and `account` itself if it may."""
    yield key.account
    if account not in (None, key.account) and any(_may_create(each, account) for each in key.policy.statements):
        yield account


def _may_create(statement: Statement, account: str) -> bool:
    """Whether a statement of a key policy allows somebody in an account to create grants, perhaps under conditions."""
    if statement.effect != "Allow" or statement.principals is None:
        return False
    if statement.actions is not None:
        creates = covered(statement.actions) & CREATE_GRANT
    else:
        creates = ~covered(statement.not_actions or ()) & CREATE_GRANT
    return bool(creates) and any(_is_of(entry, account) for entry in statement.principals)


def _is_of(entry: PrincipalEntry, account: str) -> bool:
    if entry.value == "*":
        return True
    parts = arn.parse(entry.value)
    return entry.kind == "AWS" and account in (entry.value, parts.account if parts is not None else None)


def _served(trace: Trace, key: Key, grant: Grant, operation: str) -> Iterator[Option]:
    part = trace.ruling.part
    if operation in grant.operations:
        given = part.circumstances.encryption_context or {}
        constraints = grant.constraints
        pairs = dict(constraints.encryption_context_equals or constraints.encryption_context_subset or ())
        lacking = {name: value for name, value in pairs.items() if given.get(name) != value}
        if lacking:
            yield (in_encryption_context(lacking, f", as grant {grant.id} asks"),)
        return
    if can_edit_key(part):
        again = replace(grant, operations=(*grant.operations, operation), id=f"{grant.id}-again")
        words = f"create grant {grant.id} again with {operation} among its operations: grants cannot be edited"
        yield (with_grant(key, again, grant, "add-operation", 17, words),)


def _narrowed(trace: Trace, parent: Grant) -> Iterator[Option]:
    """The new grant, with no more operations and no weaker constraints than the grant that allows it (G18, G19)."""
    asked = trace.ruling.part.circumstances.grant
    if asked is None:
        return
    kept = tuple(each for each in asked.operations if each in parent.operations)
    strict = at_least_as_strict(asked.constraints, parent.constraints)
    if not kept or (strict and kept == asked.operations):
        return
    narrower = replace(asked, operations=kept, constraints=asked.constraints if strict else parent.constraints)
    left_out = [f"`{each}`" for each in asked.operations if each not in kept]
    words = [f"leave {', '.join(left_out)} out of its operations"] if left_out else []
    words += [] if strict else ["give it the constraints of that grant"]
    yield (in_new_grant(narrower, f"{' and '.join(words)}: grant {parent.id} lets a new one do no more"),)


def _for_deleted_grantee(trace: Trace, key: Key, grant: Grant, operation: str) -> Iterator[Option]:
    """A grant with a deleted grantee, created again for the caller; on an AWS managed key, by the service it is of."""
    principal = trace.ruling.part.scope.caller.principal
    if principal is None or not serves_deleted(grant, principal, operation):
        return
    again = replace(grant, grantee_principal=principal.arn, id=f"{grant.id}-again")
    whom = f"for `{principal.arn}`: its grantee, `{grant.grantee_principal}`, is most likely deleted"
    if can_edit_key(trace.ruling.part):
        words = f"create grant {grant.id} again {whom}"
    else:
        service = next((name.removeprefix("alias/aws/") for name in key.aliases if name.startswith("alias/aws/")), None)
        words = f"have {service or 'the service that made it'} make grant {grant.id} again {whom}"
    yield (with_grant(key, again, grant, "replace-grantee", 3, words),)


def _by_retiring(trace: Trace, key: Key) -> Iterator[Option]:
    asked = trace.ruling.part.circumstances.grant
    for grant in (asked,) if asked is not None else key.grants[:1]:
        if grant.retiring_principal is not None and grant.retiring_principal.startswith("arn:"):
            words = f"retire it as its retiring principal `{grant.retiring_principal}`"
            yield (as_principal(grant.retiring_principal, words),)
