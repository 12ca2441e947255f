"""One authorization in its circumstances: everything from which condition keys get their values.

Comes in: the world and a resolved question. Goes out: what `context` derives from. Never here: deriving, deciding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from kms_eval.documents.model import Grant
from kms_eval.engine.readings import Alternatives
from kms_eval.engine.resources import Target
from kms_eval.facts.condition_keys import canonical
from kms_eval.records import record
from kms_eval.world.model import Caller, Key, Organization, OrganizationAccount, VpcEndpoint, World


@record
class Given:
    """The condition keys that the question itself gives, by their canonical name.

    `names` keeps the spelling, which matters where part of the name is a value (tag and encryption context keys).
    """

    values: Mapping[str, tuple[str, ...] | Alternatives] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_service(self) -> bool:
        """Whether the question describes a forward access session.

        Only there is a key of `CHAIN` present, or aws:ViaAWSService true.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html (semantics V6, Q10)
        """
        values = self.values
        if not values:
            return False
        return any(values.get(key) for key in CHAIN) or self._may_be_true(VIA_AWS_SERVICE)

    @property
    def assumed_root(self) -> bool:
        """Whether the question describes a session of AssumeRoot.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html (semantics S12, I9)
        """
        return bool(self.values) and self._may_be_true(ASSUMED_ROOT)

    def _may_be_true(self, key: str) -> bool:
        said = self.values.get(key)
        readings = said.readings if isinstance(said, Alternatives) else (said,)
        return any(value.lower() == "true" for reading in readings for value in reading or ())


CHAIN = ("kms:viaservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
VIA_AWS_SERVICE = "aws:viaawsservice"
ASSUMED_ROOT = "aws:assumedroot"
NOTHING_GIVEN = Given()


def given(context: Mapping[str, tuple[str, ...]]) -> Given:
    """The question's own context. If a key is given in two spellings, either may be the one that AWS compares (C21)."""
    if not context:
        return NOTHING_GIVEN
    values: dict[str, tuple[str, ...] | Alternatives] = {}
    names: dict[str, str] = {}
    for name, value in context.items():
        key = canonical(name)
        earlier = values.get(key)
        if earlier is None:
            values[key] = value
        else:
            before = earlier.readings if isinstance(earlier, Alternatives) else (earlier,)
            values[key] = Alternatives((*before, value), "context-key-twice")
        names[key] = name
    return Given(values, names)


@record
class Circumstances:
    """What one authorization has besides caller, action and resource.

    `request_alias` is the alias name by which the request names the key; `region` the second Region of ReplicateKey and
    UpdatePrimaryRegion; `same_key` whether ReEncrypt uses the same key twice (None: not known); `grant` the request of
    CreateGrant or the grant that RetireGrant or RevokeGrant is about; `via_grant` the only grant that may allow a
    CreateGrant; `at` the request's time; `replica_of` the primary key where CreateKey is part of ReplicateKey.
    """

    given: Given = NOTHING_GIVEN
    encryption_context: Mapping[str, str] | None = None
    request_alias: str | None = None
    at: datetime | None = None
    region: str | None = None
    same_key: bool | None = None
    grant: Grant | None = None
    via_grant: str | None = None
    replica_of: Key | None = None

    def with_context(
        self, context: Given, encryption_context: Mapping[str, str] | None, at: datetime | None
    ) -> Circumstances:
        """The same with this context, encryption context and time in place of those it has."""
        return Circumstances(
            context,
            encryption_context,
            self.request_alias,
            at,
            self.region,
            self.same_key,
            self.grant,
            self.via_grant,
            self.replica_of,
        )


PLAIN = Circumstances()


@record
class Scope:
    """What is the same for all actions of one caller on one resource; each scope has a compiled cell.

    `task_only`: the session is one of AssumeRoot, whose task policy allows no action of AWS KMS (semantics S12).
    """

    world: World
    caller: Caller
    target: Target
    endpoint: VpcEndpoint | None = None
    task_only: bool = False

    @property
    def own_account(self) -> bool:
        """Whether caller and resource are in the same account. Services have none and count as in the key's account."""
        caller = self.caller
        if caller.kind == "service" or self.target.kind == "none":
            return True
        return caller.account == self.target.account and caller.partition == self.target.partition

    def organization_of(self, account: str | None) -> Organization | None:
        """The organization if the account belongs to it."""
        organization = self.world.organization
        if organization is None or account is None:
            return None
        return organization if account in organization.accounts or account == organization.management_account else None

    def member(self, account: str | None) -> OrganizationAccount | None:
        """The account's record if it is a *member* account, which the management account is not (semantics O4, O8)."""
        organization = self.organization_of(account)
        if organization is None or account is None or account == organization.management_account:
            return None
        return organization.accounts.get(account)


@record
class Situation:
    """A scope, one action in it (lower case) and its circumstances."""

    scope: Scope
    action: str
    circumstances: Circumstances = PLAIN

    @property
    def by_service(self) -> bool:
        """Whether it is a forward access session, in which a service uses the caller's credentials (semantics V6)."""
        return self.circumstances.given.by_service

    @property
    def network(self) -> VpcEndpoint | None:
        """The endpoint for the network condition keys: None where a service makes the call (semantics S9, V6)."""
        return None if self.by_service else self.scope.endpoint

    @property
    def replica_of(self) -> Key | None:
        """The primary key, where the action creates a replica of it."""
        return self.circumstances.replica_of if self.action == "kms:createkey" else None
