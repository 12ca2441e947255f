"""Which callers a Principal element matches, and how directly.

Comes in: entries of Principal or NotPrincipal and a caller. Goes out: a grade. Never here: actions, conditions.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from kms_eval.documents.model import Effect, PrincipalEntry
from kms_eval.world.model import Caller


class Grade(IntEnum):
    """How directly an Allow of a key policy applies to a caller in the key's account (semantics E8), best first."""

    DIRECT = 3
    """By the caller's own ARN or a wildcard: nothing else has to allow, not even boundary and session policies."""
    LIMITED = 2
    """By the ARN of the session's role or federating user: boundary and session policies have to allow as well."""
    DELEGATED = 1
    """By the account principal: an identity policy has to allow as well."""
    NONE = 0


def grade(entries: tuple[PrincipalEntry, ...], caller: Caller, effect: Effect) -> Grade:
    """The best grade of the entries of a Principal element for the caller (lists are alternatives, P3)."""
    best = Grade.NONE
    for entry in entries:
        found = _grade(entry, caller, effect)
        if found > best:
            best = found
            if best is Grade.DIRECT:
                break
    return best


def names_of(caller: Caller) -> frozenset[str]:
    """Every text by which a Principal element could name the caller; an element without any of them does not match."""
    names = {"*", caller.arn}
    if caller.account is not None:
        names |= {caller.account, f"arn:{caller.partition}:iam::{caller.account}:root"}
    if caller.principal is not None:
        names.add(caller.principal.arn)
        if caller.principal.id is not None:
            names.add(caller.principal.id)
    return frozenset(names)


def account_of(entry: PrincipalEntry) -> tuple[str | None, str] | None:
    """(partition or None, account) of an account principal, written as root ARN or bare id (P2); else None."""
    return _account_in(entry.value) if entry.kind == "AWS" else None


@lru_cache(maxsize=4096)
def _account_in(value: str) -> tuple[str | None, str] | None:
    if value.isdigit():
        return None, value
    if value.startswith("arn:") and value.endswith(":root"):
        _arn, partition, _iam, _region, account, _root = value.split(":", 5)
        return partition, account
    return None


def _is_account_of(entry: PrincipalEntry, caller: Caller) -> bool:
    account = account_of(entry)
    return account is not None and account[1] == caller.account and account[0] in {None, caller.partition}


def _grade(entry: PrincipalEntry, caller: Caller, effect: Effect) -> Grade:
    value = entry.value
    if entry.kind == "*":
        return Grade.DIRECT
    if entry.kind == "Service":
        return Grade.DIRECT if caller.kind == "service" and value == caller.arn else Grade.NONE
    if entry.kind != "AWS":
        # Federated is for role trust policies, CanonicalUser for Amazon S3: they match no caller of KMS (semantics P1).
        return Grade.NONE
    if caller.kind == "service":
        # ASSUMPTION Z6: {"AWS": "*"} covers service principals for Deny, not for Allow.
        return Grade.DIRECT if value == "*" and effect == "Deny" else Grade.NONE
    if value in {"*", caller.arn}:
        # The ARN of the caller is that of the role where the session is not known, otherwise that of the session.
        by_role_arn = (
            caller.kind == "role" and value != "*" and caller.principal is not None and value == caller.principal.arn
        )
        return Grade.LIMITED if by_role_arn else Grade.DIRECT
    if _is_account_of(entry, caller):
        # ASSUMPTION Z7: a Deny that names the account denies every principal of it.
        return Grade.DIRECT if caller.kind == "root" else Grade.DELEGATED
    principal = caller.principal
    if principal is not None and value in {principal.arn, principal.id}:
        return Grade.DIRECT if caller.kind == "user" else Grade.LIMITED
    return Grade.NONE


def is_exempt(entries: tuple[PrincipalEntry, ...], caller: Caller) -> bool:
    """Whether a Deny with NotPrincipal exempts the caller (semantics N2-N5).

    ASSUMPTION Z20: only where the caller *and* what it belongs to are listed (user and account; session, role and
    account; federated user, user and account). A caller with a permissions boundary is never exempt, nor is a session
    whose name is not known: a role session has two ARNs, and both have to be listed (semantics S3).
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    if any(entry.value == "*" for entry in entries):
        return True
    if caller.kind == "service":
        return any(entry.kind == "Service" and entry.value == caller.arn for entry in entries)
    if not any(_is_account_of(entry, caller) for entry in entries):
        return False
    if caller.kind == "root":
        return True
    principal = caller.principal
    if principal is not None and principal.boundary is not None:
        return False
    listed = {entry.value for entry in entries if entry.kind == "AWS"}
    names_principal = principal is not None and not listed.isdisjoint({principal.arn, principal.id})
    return names_principal and (caller.kind == "user" or (_is_session(caller) and caller.arn in listed))


def _is_session(caller: Caller) -> bool:
    """Whether the caller's ARN is that of a session, not of a role whose session is not known."""
    return caller.principal is not None and caller.arn != caller.principal.arn
