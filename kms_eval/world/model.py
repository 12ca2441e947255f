"""What exists: accounts, principals, keys, an organization, endpoints, and the policies attached to them.

Comes in: what `load` resolved from a scenario. Goes out: frozen values for the engine to compile and decide on.
Never here: files, names that still need resolving, the meaning of any layer.

These values are compared by identity, and their repr shows only a name: in full it would include all policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kms_eval.documents.model import Grant, OpenGrant, Policy
from kms_eval.formats.unknown import Unknown
from kms_eval.safe_text import printable

CallerKind = Literal["user", "role", "federated-user", "root", "service"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Principal:
    """An IAM user or role as the scenario describes it (semantics I1–I4).

    `policies` holds every identity policy: its own, its groups' (users only) and those of `attached_by_principal`.
    `tags` keep the case they are written in; `id` is the unique id (AIDA…, AROA…), None if not given. `known` is False
    where nothing describes the principal, and it counts as having no policies. `unknowns` has the condition keys (lower
    case; a family of keys ends in ``/``) whose values no source could show. `trust_policy` is the trust policy of a
    role as a plain document; it is kept but affects no decision; None if none is given.
    """

    arn: str
    kind: Literal["user", "role"]
    account: str
    name: str
    path: str = "/"
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    id: str | None = None
    known: bool = True
    unknowns: Mapping[str, Unknown] = field(default_factory=dict)
    trust_policy: object = None

    def __repr__(self) -> str:
        return f"<Principal {printable(self.arn)}: {len(self.policies)} policies>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unshown:
    """What stands for the principals of an account that no source could show: an unknown policy and boundary."""

    unknown: Unknown
    policy: Policy
    boundary: Policy


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Session:
    """What was passed when a session was made: session policies, session tags, source identity (semantics I5, Q3)."""

    name: str | None = None
    policies: tuple[Policy, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Caller:
    """The caller of a request, resolved.

    `arn` is the caller's own ARN: that of the user, the role session (the role where no session name is known), the
    federated user or the root user; for a service its name. `principal` is the user or role whose policies apply: for a
    federated user the IAM user who made the session (None where that user is not known); None for root and services.
    `stranger` says that `principal` is a stranger, or that the service is most likely misspelt (see `world.strangers`).
    """

    kind: CallerKind
    arn: str
    account: str | None
    partition: str
    principal: Principal | None = None
    session: Session | None = None
    stranger: bool = False

    @property
    def service_linked(self) -> bool:
        """True for service-linked roles, which SCPs and RCPs do not bind (semantics E12)."""
        return (
            self.kind == "role" and self.principal is not None and self.principal.path.startswith("/aws-service-role/")
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Key:
    """A KMS key with everything that affects decisions about it. `aliases` are alias names, ``alias/app``.

    `open_grants` are grants that sources do not show in full; `unknowns` has condition keys as in `Principal`.
    """

    handle: str
    arn: str
    key_id: str
    account: str
    region: str
    policy: Policy
    partition: str = "aws"
    aliases: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    spec: str = "SYMMETRIC_DEFAULT"
    usage: str = "ENCRYPT_DECRYPT"
    origin: str = "AWS_KMS"
    state: str = "Enabled"
    multi_region: bool = False
    manager: Literal["CUSTOMER", "AWS"] = "CUSTOMER"
    primary_region: str | None = None
    replica_regions: tuple[str, ...] = ()
    open_grants: tuple[OpenGrant, ...] = ()
    unknowns: Mapping[str, Unknown] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Key {printable(self.handle)}: {printable(self.arn)}>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OrganizationAccount:
    """A member account: its path and, level by level from the root, the policies attached there (semantics O2).

    `unknown_path` stands for a path that no source could show.
    """

    id: str
    path: str
    service_control_policies: tuple[tuple[Policy, ...], ...] | None = None
    resource_control_policies: tuple[tuple[Policy, ...], ...] = ()
    unknown_path: Unknown | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Organization:
    """One organization. Accounts that it does not list are outside it (the management account always belongs to it)."""

    id: str
    management_account: str
    accounts: Mapping[str, OrganizationAccount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VpcEndpoint:
    """An interface endpoint for KMS; `policy` None is the default policy, which allows everything (semantics V1)."""

    id: str
    policy: Policy | None = None
    vpc: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False, weakref_slot=True)
class World:
    """Everything that exists, by the names that requests use. Immutable: a changed world is a new world.

    `keys` is by handle, in the order of the scenario; `principals` by ARN. Worlds are compared by identity and weakly
    referable, so that what is made from a world (an index, a compiled form) can be cached for it. `strangers` says that
    anybody may be asked about, whether the world mentions them or not. `unshown` has the accounts with principals that
    no source could show.
    """

    account: str | None
    region: str
    partition: str
    keys: Mapping[str, Key]
    principals: Mapping[str, Principal]
    organization: Organization | None = None
    vpc_endpoints: Mapping[str, VpcEndpoint] = field(default_factory=dict)
    strangers: bool = False
    unshown: Mapping[str, Unshown] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<World: {len(self.keys)} keys, {len(self.principals)} principals>"


def policies_of(world: World) -> Iterator[Policy]:
    """Every policy of a world, each once: those of keys, principals, the organization, then endpoints."""
    found: dict[Policy, None] = {}
    for key in world.keys.values():
        found[key.policy] = None
    for principal in world.principals.values():
        found |= dict.fromkeys(principal.policies)
        if principal.boundary is not None:
            found[principal.boundary] = None
    for account in world.organization.accounts.values() if world.organization is not None else ():
        for level in (*(account.service_control_policies or ()), *account.resource_control_policies):
            found |= dict.fromkeys(level)
    for endpoint in world.vpc_endpoints.values():
        if endpoint.policy is not None:
            found[endpoint.policy] = None
    yield from found
