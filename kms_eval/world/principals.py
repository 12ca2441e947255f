"""IAM users and roles of a scenario, each with all of its identity policies.

Comes in: the sections `principals`, `groups` and `attached_by_principal`. Goes out: principals by ARN.
Never here: who calls (`names`), and what policies allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kms_eval.documents.findings import DocumentWarning, Remark
from kms_eval.documents.misplaced import misplaced
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.errors import InputError, quoted
from kms_eval.formats.document import Place
from kms_eval.formats.unknown import Unknown
from kms_eval.world.attached import read_attached
from kms_eval.world.entry_forms import GROUP_ENTRY, PRINCIPAL_ENTRY
from kms_eval.world.identity import Identity, read_identity
from kms_eval.world.model import Principal
from kms_eval.world.reading import Reading
from kms_eval.world.unknown_fields import unknown_tags
from kms_eval.world.unshown import names_everybody

if TYPE_CHECKING:
    from kms_eval.world.scenario import PrincipalEntry

_Groups = dict[str, tuple[Policy, ...]]


def read_principals(reading: Reading) -> dict[str, Principal]:
    """The scenario's users and roles by ARN; faults and warnings go to `reading`.

    Identity policies are in this order: the principal's own, its groups', those of `attached_by_principal`.
    """
    groups = _groups(reading)
    attached = read_attached(reading)
    principals: dict[str, Principal] = {}
    # Equal documents share their statements. The policies are kept here so that the ids of statements are not reused.
    elsewhere: dict[tuple[int, str], tuple[Policy, tuple[Remark, ...]]] = {}
    for text, place, entry in reading.entries("principals", PRINCIPAL_ENTRY, but=names_everybody):
        identity = _identity(reading, text, place)
        if identity is None:
            continue
        name = identity.arn
        if name in principals:
            reading.fault(place, f"{quoted(text)} is described twice", f"it is `{name}`")
            continue
        own = _own_policies(reading, identity, place, entry, groups)
        policies = (*own, *attached.pop(name, ()))
        for policy in policies:
            known = (id(policy.statements), identity.partition)
            if known not in elsewhere:
                elsewhere[known] = (policy, tuple(misplaced(policy, identity.partition)))
            for remark in elsewhere[known][1]:
                reading.findings.remark(policy.place or place, remark)
        tags = unknown_tags(reading.unknowns, ("principals", text), "aws:principaltag/") if reading.unknowns else {}
        trust = None if entry.trust_policy is None else _trust_policy(reading, identity, place, entry)
        boundary = _boundary(reading, place, entry)
        principals[name] = _described(identity, policies, boundary, entry, unknowns=tags, trust_policy=trust)
    for name, rest in attached.items():
        identity = read_identity(name, account=None, partition="aws")
        principals[name] = _described(identity, tuple(rest))
    _check_names(reading, principals)
    return principals


def _groups(reading: Reading) -> _Groups:
    return {
        name: reading.documents.policies(entry.policies, place.at("policies"), PolicyKind.IDENTITY, reading.findings)
        for name, place, entry in reading.entries("groups", GROUP_ENTRY)
    }


def _identity(reading: Reading, text: str, place: Place) -> Identity | None:
    """The user or role that the entry describes; None where the entry describes neither."""
    try:
        identity = read_identity(text, account=reading.scenario.account, partition=reading.scenario.partition)
    except InputError as error:
        reading.failed(place, error)
        return None
    if identity.kind in ("user", "role"):
        return identity
    if identity.kind == "root":
        if _says_anything(reading, text):
            advice = "what it may do with a key, the key policy says"
            reading.fault(place, "the root user has no policies, groups, boundary or tags", advice)
    elif identity.kind == "assumed-role":
        advice = f"describe `role/{identity.name}`; what a session has of its own goes into `session` of a test"
        reading.fault(place, f"{quoted(text)} is a session, not a role", advice)
    elif identity.kind == "federated-user":
        advice = "describe the user who makes the session; what it passes goes into `session` of a test"
        reading.fault(place, f"{quoted(text)} is a federated user, who has no policies", advice)
    else:
        reading.fault(place, f"{quoted(text)} is an AWS service, which has no identity policies", "leave it out")
    return None


def _says_anything(reading: Reading, text: str) -> bool:
    section = reading.value.get("principals")
    return isinstance(section, Mapping) and bool(section[text])


def _boundary(reading: Reading, place: Place, entry: PrincipalEntry) -> Policy | None:
    if entry.permissions_boundary is None:
        return None
    here = place.at("permissions_boundary")
    return reading.documents.policy(entry.permissions_boundary, here, PolicyKind.BOUNDARY, reading.findings)


def _trust_policy(reading: Reading, identity: Identity, place: Place, entry: PrincipalEntry) -> object:
    """The trust policy of a role. Only its form is checked: no decision on a request to AWS KMS depends on it."""
    here = place.at("trust_policy")
    if identity.kind != "role":
        reading.fault(here, "a user is not assumed, and has no trust policy", "leave it out")
        return None
    return reading.documents.plain(entry.trust_policy, here, reading.findings)


def _own_policies(
    reading: Reading, identity: Identity, place: Place, entry: PrincipalEntry, groups: _Groups
) -> tuple[Policy, ...]:
    """The principal's policies and those of a user's groups; roles are in no group.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html
    """
    here = place.at("policies")
    policies = list(reading.documents.policies(entry.policies, here, PolicyKind.IDENTITY, reading.findings))
    if entry.groups and identity.kind != "user":
        reading.fault(place.at("groups"), "a role is in no group", "attach the policies to the role itself")
        return tuple(policies)
    for index, name in enumerate(entry.groups):
        if name in groups:
            policies.extend(groups[name])
        elif "groups" not in reading.broken:
            advice = reading.advice(name, groups) or "describe it in `groups`"
            reading.fault(place.at("groups", index), f"unknown group {quoted(name)}", advice)
    return tuple(policies)


def _described(
    identity: Identity,
    policies: tuple[Policy, ...],
    boundary: Policy | None = None,
    entry: PrincipalEntry | None = None,
    *,
    unknowns: Mapping[str, Unknown] | None = None,
    trust_policy: object = None,
) -> Principal:
    return Principal(
        arn=identity.arn,
        kind="user" if identity.kind == "user" else "role",
        account=identity.account or "",
        name=identity.name,
        path=identity.path,
        policies=policies,
        boundary=boundary,
        tags=entry.tags if entry else {},
        id=entry.id if entry else None,
        unknowns=unknowns or {},
        trust_policy=trust_policy,
    )


def _check_names(reading: Reading, principals: dict[str, Principal]) -> None:
    """Two roles, or two users, of one account cannot have the same name, regardless of path and case.

    This affects only which role a session belongs to, so it is a warning and not a fault.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    seen: dict[tuple[str, str, str], str] = {}
    for name, principal in principals.items():
        other = seen.setdefault((principal.account, principal.kind, principal.name.lower()), name)
        if other != name:
            message = f"`{name}` and `{other}` cannot both exist: names are unique whatever the path and case"
            reading.findings.warnings.append(
                DocumentWarning("principal-name-twice", message, reading.place.at("principals"))
            )
