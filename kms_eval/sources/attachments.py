"""Puts policies of an organization that one source attaches to targets into the accounts that another source has.

Comes in: one `Raw` that has the accounts with their paths, and the attachments of all sources. Goes out: the same, with
the levels of the accounts below every target changed. Never here: any format, who is subject to which policy.

A plan or template knows which policies it attaches to which root, OU or account; only a source of the organization
knows where these targets are. No two policies of one type have the same name in an organization, so policies of a type
are identified by name: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html
(DuplicatePolicyException).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kms_eval.formats.document import Origin, Origins, Steps
from kms_eval.formats.unknown import Unknown, unknown_in
from kms_eval.sources.raw import Attached, Document, Raw

FIELDS: Final[Mapping[str, str]] = {
    "SERVICE_CONTROL_POLICY": "service_control_policies",
    "RESOURCE_CONTROL_POLICY": "resource_control_policies",
}
"""The field of a scenario's account that has the policies of a type."""

FULL_ACCESS: Final[Mapping[str, object]] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
"""The document of ``FullAWSAccess``.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""


def attach(raw: Raw) -> None:
    """Put `raw.attachments` into the accounts, and name those whose targets are nowhere in the organization."""
    for attached, document in raw.attachments.items():
        below = list(_levels(raw, attached))
        for levels, depth, at in below:
            _put(raw.origins, levels[depth], (*at, depth), attached.name, document)
        if not below and attached.target is not None and document is not None:
            raw.notices.append(
                f"{document.origin.name} is left out: nothing here says where {attached.target} is in the organization"
            )
    raw.attachments.clear()


def _levels(raw: Raw, attached: Attached) -> Iterator[tuple[list[list[object]], int, Steps]]:
    """The levels of each account below the target, the index of the target's level, and the steps to the levels."""
    organization = raw.value.get("organization")
    accounts = organization.get("accounts") if isinstance(organization, Mapping) else None
    for name, entry in accounts.items() if isinstance(accounts, Mapping) else ():
        path = entry.get("path") if isinstance(entry, dict) else None
        if not isinstance(path, str):
            continue
        targets = [*path.strip("/").split("/")[1:], str(name)]
        levels = entry.get(attached.field)
        if attached.field == FIELDS["RESOURCE_CONTROL_POLICY"] and attached.target in targets and not levels:
            # RCPFullAWSAccess is attached at every level, and so far nothing else is.
            levels = [[] for _ in targets]
        if unknown_in(levels) is not None or not isinstance(levels, list) or len(levels) != len(targets):
            continue
        if all(isinstance(level, list) for level in levels):
            entry[attached.field] = levels = [list(level) for level in levels]
            at = ("organization", "accounts", str(name), attached.field)
            for depth, target in enumerate(targets):
                if attached.target is None:
                    here = _index(raw.origins, levels[depth], (*at, depth), attached.name) is not None
                else:
                    here = target == attached.target
                if here:
                    yield levels, depth, at


def _index(origins: Origins, level: list[object], at: Steps, name: str) -> int | None:
    """The index of the policy of that name in a level."""
    for index in range(len(level)):
        origin = origins.nearest((*at, index))
        if origin is not None and origin.name == name:
            return index
    return None


def _put(origins: Origins, level: list[object], at: Steps, name: str, document: Document | None) -> None:
    known = _index(origins, level, at, name)
    if document is None:
        if known is not None:
            _take_out(origins, level, at, known)
        return
    if known is None:
        known = len(level)
        level.append(document.value)
    else:
        level[known] = document.value
        origins.drop((*at, known))
    document.put(origins, (*at, known))
    origins.put((*at, known), Origin(document.origin.place, name))


def _take_out(origins: Origins, level: list[object], at: Steps, index: int) -> None:
    del level[index]
    origins.drop((*at, index))
    for later in range(index, len(level)):
        origins.move((*at, later + 1), (*at, later))


def unknown_policies(target: str) -> Unknown:
    """What else may be attached to a target that a source shows only in part."""
    return Unknown("not in this source", f"the policies of {target}", "add a source that has the whole organization")
