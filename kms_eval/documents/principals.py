"""The names of principals in policies and grants: which texts AWS accepts.

Comes in: text of a Principal element or of a grant. Goes out: what is wrong with it. Never here: whom it matches.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from kms_eval.documents.findings import Remark
from kms_eval.documents.model import PrincipalEntry
from kms_eval.documents.refused import partition_finding, service_finding
from kms_eval.errors import quoted
from kms_eval.language import arn

if TYPE_CHECKING:
    from kms_eval.documents.shapes import Everyone, PrincipalShape

ACCOUNT_ID = re.compile(r"[0-9]{12}")
# AWS shows the unique id in place of a deleted user or role (semantics P9).
UNIQUE_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]+")
# In grants: a session of a deleted role, and principals that AWS does not show (semantics S14).
OPAQUE = re.compile(r"AROA[A-Z0-9]+:[\w+=,.@-]+|AWS Internal", re.ASCII)
# The pattern of ServicePrincipalType in the KMS API.
SERVICE = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+){2,}")

_PARTITION = re.compile(r"aws(?:-[a-z]+)*")
_NAME = r"[A-Za-z0-9_+=,.@-]{1,128}"
_PATH = r"(?:[!-~]+/)?"
# Service and resource of the ARNs that are principals (semantics P1). Only AWS's own roles, such as
# `aws:ec2-infrastructure`, have a colon in the name (semantics S14).
_RESOURCES: Mapping[str, re.Pattern[str]] = {
    "iam": re.compile(rf"root|user/{_PATH}{_NAME}|role/(?:{_PATH}|aws:){_NAME}"),
    "sts": re.compile(rf"assumed-role/(?:aws:)?{_NAME}/{_NAME}|federated-user/{_NAME}"),
}
# Other IAM resources, which people mistake for principals (semantics P10).
_NEVER: Mapping[str, str] = {
    "group": "a group",
    "instance-profile": "an instance profile",
    "policy": "a policy",
}
_FORMS = "a principal is an ARN of an account, user, role or session, a 12-digit account id or `*`"


def principal_entries(principal: PrincipalShape | Everyone) -> tuple[PrincipalEntry, ...]:
    """The entries of a Principal element, grouped by type."""
    if isinstance(principal, str):
        return (PrincipalEntry("*", "*"),)
    return (
        *[PrincipalEntry("AWS", value) for value in principal.AWS or ()],
        *[PrincipalEntry("Service", value) for value in principal.Service or ()],
        *[PrincipalEntry("Federated", value) for value in principal.Federated or ()],
        *[PrincipalEntry("CanonicalUser", value) for value in principal.CanonicalUser or ()],
    )


def names_nobody(principal: PrincipalShape | Everyone) -> bool:
    """Whether a Principal element has no entry."""
    if isinstance(principal, str):
        return False
    return not (principal.AWS or principal.Service or principal.Federated or principal.CanonicalUser)


def principal_remarks(principal: PrincipalShape | Everyone) -> Iterator[Remark]:
    """What is wrong with the entries of a Principal element (semantics D5)."""
    if isinstance(principal, str):
        return
    for index, value in enumerate(principal.AWS or ()):
        if value != "*":
            yield from (remark.under("AWS", index) for remark in aws_remarks(value))
    for index, value in enumerate(principal.Service or ()):
        yield from (remark.under("Service", index) for remark in service_remarks(value))
    for member, code in (("Federated", "federated-principal"), ("CanonicalUser", "canonical-user-principal")):
        if getattr(principal, member):
            yield Remark((member,), f"`{member}` principals never call AWS KMS: this matches nobody", code=code)


def aws_remarks(text: str) -> Iterator[Remark]:
    """What is wrong with a text under ``AWS``, other than ``*``."""
    if complaint := aws_principal_complaint(text):
        yield Remark((), *complaint)
    elif text.startswith("arn:") and (found := partition_finding(text)):
        yield Remark((), *found, code="unknown-partition", strict=True)


def service_remarks(text: str) -> Iterator[Remark]:
    """What is wrong with a text under ``Service``."""
    if complaint := service_complaint(text):
        yield Remark((), *complaint)
    elif found := service_finding(text):
        yield Remark((), *found, code="unknown-service-principal", strict=True)


def aws_principal_complaint(text: str) -> tuple[str, str | None] | None:
    """What is wrong with a text under ``AWS``, other than ``*``, and the advice; None if nothing is."""
    if text.startswith("arn:"):
        return arn_complaint(text)
    if ACCOUNT_ID.fullmatch(text) or UNIQUE_ID.fullmatch(text):
        return None
    if text.isdecimal():
        return f"{quoted(text)} is not an account id: those have 12 digits", None
    if text.startswith("AGPA"):
        return f"{quoted(text)} is a group, and groups are never principals", None
    advice = "services stand under `Service`" if SERVICE.fullmatch(text) else _FORMS
    return f"{quoted(text)} is not a principal", advice


def arn_complaint(text: str) -> tuple[str, str | None] | None:
    """What is wrong with the ARN of a principal, and the advice; None if nothing is."""
    parts = arn.parse(text)
    if parts is None:
        return f"{quoted(text)} is not an ARN: it has not six parts", None
    if "*" in text or "?" in text:
        # Semantics P4.
        advice = "use `*`, with a condition on `aws:PrincipalArn`"
        return f"{quoted(text)} has a wildcard, and AWS takes none inside a principal", advice
    if not _PARTITION.fullmatch(parts.partition):
        return f"{quoted(text)} has no partition that AWS has", "write `arn:aws:…`"
    if parts.service not in _RESOURCES or parts.region:
        return f"{quoted(text)} is not the ARN of a principal", _FORMS
    if not ACCOUNT_ID.fullmatch(parts.account):
        return f"{quoted(text)} has no account id of 12 digits", None
    if parts.service == "iam" and (what := _NEVER.get(parts.resource.partition("/")[0])):
        return f"{quoted(text)} is {what}, and that is never a principal", None
    if _RESOURCES[parts.service].fullmatch(parts.resource):
        return None
    if parts.resource.startswith("assumed-role/"):
        return f"{quoted(text)} names no session", "write the ARN of the role, or `…:assumed-role/ROLE/SESSION`"
    return f"{quoted(text)} is not the ARN of a principal", _FORMS


def service_complaint(text: str) -> tuple[str, str | None] | None:
    """What is wrong with the name of a service principal, and the advice; None if nothing is."""
    if SERVICE.fullmatch(text):
        return None
    if "*" in text or "?" in text:
        return f"{quoted(text)} has a wildcard, and AWS takes none in a service principal", "name each service"
    return f"{quoted(text)} is not a service principal", "they look like `s3.amazonaws.com`"
