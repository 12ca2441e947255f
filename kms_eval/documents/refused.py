"""Texts that AWS refuses although they look right: actions, resources, partitions and services that cannot exist.

Comes in: texts of a policy. Goes out: remarks, which are errors under ``--strict``. Never here: what such a text
matches (it is read, and matches as it is written), the elements of a statement (`validity` has them).
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re

from kms_eval.documents.findings import Remark
from kms_eval.documents.model import PolicyKind
from kms_eval.errors import did_you_mean, is_one_slip_from, nearest, quoted
from kms_eval.facts.partitions import PARTITIONS
from kms_eval.facts.regions import could_be_region
from kms_eval.facts.service_principals import SERVICE_NAMES, SERVICE_SUFFIXES

_PREFIX = re.compile(r"[A-Za-z0-9.*?-]+")
_NUMBERED = re.compile(r"[a-z]+(?:-[a-z]+)*-[0-9]+")
_FIELDS = 6
_SERVICE = 2
_TELLING = 4  # shorter names are all too similar to each other

Finding = tuple[str, str | None]
"""A message and perhaps advice."""


def action_remark(text: str) -> Remark | None:
    """What AWS refuses in an action that has a service before its colon."""
    service, _colon, name = text.partition(":")
    if not _PREFIX.fullmatch(service):
        closed = "".join(text.split())
        meant = closed != text and _PREFIX.fullmatch(closed.partition(":")[0])
        advice = f"did you mean `{closed}`?" if meant else "as in `kms:Decrypt`"
        message = f"{quoted(service)} in {quoted(text)} is not the prefix of a service: AWS refuses it"
        return Remark((), message, advice, code="malformed-action", strict=True)
    if ":" in name:
        message = f"{quoted(text)} has more than one colon: AWS refuses it"
        advice = f"did you mean `{service}:{name.replace(':', '')}`?"
        return Remark((), message, advice, code="malformed-action", strict=True)
    return None


def resource_remark(text: str, kind: PolicyKind) -> Remark | None:
    """What is wrong with a resource that begins with ``arn:``: AWS refuses it, or it is incomplete (semantics S2)."""
    fields = text.split(":", _FIELDS - 1)
    partition = fields[1]
    if partition not in PARTITIONS and not set(partition) & set("*?$"):
        message = f"there is no partition {quoted(partition)}: AWS refuses {quoted(text)}"
        return Remark((), message, did_you_mean(partition, sorted(PARTITIONS)), code="unknown-partition", strict=True)
    if len(fields) <= _SERVICE or not fields[_SERVICE]:
        message = f"{quoted(text)} names no service: AWS refuses it"
        return Remark((), message, "as in `arn:aws:kms:*:*:key/*`", code="malformed-resource", strict=True)
    if len(fields) == _FIELDS:
        return None
    if kind is PolicyKind.SESSION or (len(fields) == _FIELDS - 1 and not set(text) & set("*?")):
        message = f"{quoted(text)} has {len(fields)} fields of six: AWS refuses it in {kind.phrase}"
        return Remark((), message, "write all six", code="malformed-resource", strict=True)
    if set(text) & set("*?"):
        return None
    if kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY):
        message = f"{quoted(text)} has {len(fields)} fields of six: AWS puts `*` in each of the others"
    else:
        message = f"{quoted(text)} has {len(fields)} fields of six: AWS does not say what the others are"
    return Remark((), message, "write all six", code="incomplete-arn")


def partition_finding(arn: str) -> Finding | None:
    """What is wrong with the partition of a principal's ARN."""
    partition = arn.split(":", 2)[1]
    if partition in PARTITIONS:
        return None
    return f"there is no partition {quoted(partition)}", did_you_mean(partition, sorted(PARTITIONS))


def service_finding(text: str) -> Finding | None:
    """Why a well-formed name is not that of a service principal; None where it may be."""
    suffix = next((suffix for suffix in SERVICE_SUFFIXES if text.endswith(suffix)), None)
    if suffix is None:
        before = text.split(".", 1)[0]
        return f"{quoted(text)} has not the ending of a service principal", f"did you mean `{before}.amazonaws.com`?"
    name = text.removesuffix(suffix)
    service, region = _region_taken_off(name)
    if region is not None and not could_be_region(region):
        return (
            f"{quoted(text)} is of a Region {quoted(region)}, and there is none",
            "leave it out: `SERVICE.amazonaws.com`",
        )
    if service in SERVICE_NAMES or suffix not in SERVICE_SUFFIXES[:2]:
        return None
    near = nearest(service, sorted(SERVICE_NAMES))
    if near is None or len(service) < _TELLING or abs(len(near) - len(service)) > 1 or near[0] != service[0]:
        return None
    return f"{quoted(text)} is not a service principal that AWS documents", f"did you mean `{near}{suffix}`?"


def caller_finding(text: str) -> Finding | None:
    """Why the service principal of a question most likely does not exist.

    As `service_finding`, and in addition names that differ from a known one by a single typing error.
    """
    found = service_finding(text)
    suffix = next((suffix for suffix in SERVICE_SUFFIXES[:2] if text.endswith(suffix)), None)
    if found is not None or suffix is None:
        return found
    service = _region_taken_off(text.removesuffix(suffix))[0]
    near = next((name for name in sorted(SERVICE_NAMES) if is_one_slip_from(service, name)), None)
    if near is None or service in SERVICE_NAMES:
        return None
    meant = near + text[len(service) :]
    return f"{quoted(text)} is not a service principal that AWS documents", f"did you mean `{meant}`?"


def region_of(service: str) -> str | None:
    """The Region in the name of a service principal, ``logs.us-east-1.amazonaws.com``."""
    suffix = next((suffix for suffix in SERVICE_SUFFIXES if service.endswith(suffix)), "")
    return _region_taken_off(service.removesuffix(suffix))[1]


def _region_taken_off(name: str) -> tuple[str, str | None]:
    service, dot, last = name.rpartition(".")
    return (service, last) if dot and _NUMBERED.fullmatch(last) else (name, None)
