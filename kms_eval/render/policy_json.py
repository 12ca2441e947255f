"""Statements as AWS writes them, to show what a changed statement looks like.

Comes in: parsed statements. Goes out: plain values in AWS's order, JSON lines, differences. Never here: reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Any

from kms_eval.documents.model import Grant, PrincipalEntry, Statement
from kms_eval.safe_text import json_text


def statement_as_dict(statement: Statement) -> dict[str, Any]:
    """The statement as in AWS's JSON; a list with one member is written as that member."""
    elements: tuple[tuple[str, Any], ...] = (
        ("Sid", statement.sid),
        ("Effect", statement.effect),
        ("Principal", _principal(statement.principals)),
        ("NotPrincipal", _principal(statement.not_principals)),
        ("Action", _texts(statement.actions)),
        ("NotAction", _texts(statement.not_actions)),
        ("Resource", _texts(statement.resources)),
        ("NotResource", _texts(statement.not_resources)),
        ("Condition", _condition(statement)),
    )
    return {name: value for name, value in elements if value is not None}


def grant_as_dict(grant: Grant) -> dict[str, Any]:
    """The grant as in ListGrants, without its key.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
    """
    constraints: dict[str, Any] = {
        "EncryptionContextEquals": _pairs(grant.constraints.encryption_context_equals),
        "EncryptionContextSubset": _pairs(grant.constraints.encryption_context_subset),
        "SourceArn": grant.constraints.source_arn,
    }
    members: tuple[tuple[str, Any], ...] = (
        ("GrantId", grant.id),
        ("Name", grant.name),
        ("GranteePrincipal", grant.grantee_principal),
        ("GranteeServicePrincipal", grant.grantee_service_principal),
        ("RetiringPrincipal", grant.retiring_principal),
        ("RetiringServicePrincipal", grant.retiring_service_principal),
        ("Operations", list(grant.operations)),
        ("Constraints", {name: value for name, value in constraints.items() if value is not None} or None),
    )
    return {name: value for name, value in members if value is not None}


def difference(before: Statement, after: Statement | None) -> Iterator[str]:
    """The changed lines with their neighbours, marked as in a unified diff; `after` None means that it is removed."""
    lines = unified_diff(_lines(before), [] if after is None else _lines(after), n=1, lineterm="")
    # Without file names and line numbers: these texts are in no file.
    yield from (line for line in lines if not line.startswith(("@@", "---", "+++")))


def _lines(statement: Statement) -> list[str]:
    return json_text(statement_as_dict(statement), indent=2).split("\n")


def _texts(values: Sequence[str] | None) -> str | list[str] | None:
    if values is None:
        return None
    return values[0] if len(values) == 1 else list(values)


def _principal(entries: tuple[PrincipalEntry, ...] | None) -> str | dict[str, Any] | None:
    if entries is None:
        return None
    if [entry.kind for entry in entries] == ["*"]:
        return "*"
    kinds = dict.fromkeys(entry.kind for entry in entries)
    return {kind: _texts([entry.value for entry in entries if entry.kind == kind]) for kind in kinds}


def _pairs(pairs: tuple[tuple[str, str], ...] | None) -> dict[str, str] | None:
    return None if pairs is None else dict(pairs)


def _condition(statement: Statement) -> dict[str, dict[str, Any]] | None:
    if statement.condition is None:
        return None
    block: dict[str, dict[str, Any]] = {}
    for test in statement.condition:
        operator = f"{test.qualifier}:" * bool(test.qualifier) + test.operator + "IfExists" * test.if_exists
        block.setdefault(operator, {})[test.key] = _texts(test.values)
    return block
