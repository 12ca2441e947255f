"""Tables for finding things in a world: keys by ARN, id and alias, roles by name, and what policies mention.

Comes in: a world. Goes out: its index, made once and kept as long as the world lives.
Never here: the order in which names are tried, and messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar
from weakref import WeakKeyDictionary

from kms_eval.documents.model import Policy, Statement
from kms_eval.errors import InputError
from kms_eval.language import variables
from kms_eval.world.identity import read_identity
from kms_eval.world.model import Key, Principal, World

_FIELDS = 6
"""The number of fields of an ARN."""

_WILD = frozenset("*?$")
_ABOUT_CALLERS = frozenset({"aws:principalarn", "aws:principalservicename", "aws:principalservicenameslist"})

RoleName = tuple[str, str, str]
"""Partition, account and the role's name in lower case: unique whatever the path and case (semantics P7)."""


def alias_arn(key: Key, alias: str) -> str:
    """The ARN of an alias; an alias is always in its key's account and Region."""
    return f"arn:{key.partition}:kms:{key.region}:{key.account}:{alias}"


class Index:
    """Tables of one world, each made when it is first used."""

    def __init__(self, world: World) -> None:
        # The parts, not the world: an index that referred to its world would keep it alive forever.
        self._keys = world.keys.values()
        self._principals = world.principals
        self._unshown = frozenset(world.unshown)
        self._documents = tuple(_resource_policies(world))

    @cached_property
    def key_arns(self) -> Mapping[str, Key]:
        """Keys by key ARN."""
        return {key.arn: key for key in self._keys}

    @cached_property
    def key_ids(self) -> Mapping[str, tuple[Key, ...]]:
        """Keys by key id; related multi-Region keys share one."""
        return _grouped((key.key_id, key) for key in self._keys)

    @cached_property
    def aliases(self) -> Mapping[str, tuple[Key, ...]]:
        """Keys by alias name; several accounts and Regions may have the same."""
        return _grouped((alias, key) for key in self._keys for alias in key.aliases)

    @cached_property
    def alias_arns(self) -> Mapping[str, Key]:
        """Keys by alias ARN."""
        return {alias_arn(key, alias): key for key in self._keys for alias in key.aliases}

    @cached_property
    def roles(self) -> Mapping[RoleName, tuple[Principal, ...]]:
        """The scenario's roles by name, without path and case."""
        return _grouped(
            ((principal.arn.split(":", 2)[1], principal.account, principal.name.lower()), principal)
            for principal in self._principals.values()
            if principal.kind == "role"
        )

    @cached_property
    def mentioned_roles(self) -> Mapping[RoleName, tuple[Principal, ...]]:
        """Roles that only policies and grants name.

        The ARN of a role session lacks the role's path. Without this table, a Deny that names a role with a path would
        miss the sessions of that role where the scenario does not describe it.
        """
        texts = dict.fromkeys(text for text in self._mentions() if text.startswith("arn:"))
        return _grouped(
            ((principal.arn.split(":", 2)[1], principal.account, principal.name.lower()), principal)
            for principal in map(_unknown_role, texts)
            if principal is not None
        )

    @cached_property
    def described_accounts(self) -> frozenset[tuple[str, str]]:
        """Partition and account of all described principals, without the accounts that sources show only in part."""
        return frozenset(
            (principal.arn.split(":", 2)[1], principal.account)
            for principal in self._principals.values()
            if principal.account not in self._unshown
        )

    @cached_property
    def mentioned_services(self) -> frozenset[str]:
        """The names of services that occur in any key, endpoint or organization policy, or in any grant."""
        return frozenset(text for text in self._mentions() if not text.startswith("arn:"))

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """The ARNs of users, roles and sessions that occur in full anywhere in a policy or grant."""
        found = {text for text in self._mentions() if text.startswith("arn:")}
        seen: set[int] = set()
        for policy in self._every_policy():
            # Equal documents share their statements.
            if id(policy.statements) not in seen:
                seen.add(id(policy.statements))
                for statement in policy.statements:
                    found.update(_arns_in(statement))
        return frozenset(found)

    @cached_property
    def mentioned_sessions(self) -> frozenset[tuple[str, str, str]]:
        """Partition, account and role name of the role sessions that are mentioned."""
        parts = (text.split(":", 5) for text in self.mentioned if ":assumed-role/" in text)
        return frozenset((part[1], part[4], part[5].split("/")[1]) for part in parts if len(part) == _FIELDS)

    @cached_property
    def by_name(self) -> Mapping[RoleName, tuple[str, ...]]:
        """The ARNs of users and roles that are described or mentioned, by name without path and case."""
        mentioned = (arn for text in sorted(self.mentioned) for arn in _user_or_role(text))
        return _grouped(
            ((arn.split(":", 2)[1], arn.split(":", 5)[4], arn.rpartition("/")[2].lower()), arn)
            for arn in dict.fromkeys((*self._principals, *mentioned))
        )

    @cached_property
    def condition_keys(self) -> Mapping[str, str]:
        """The condition keys that policies name, as written there, by their names in lower case."""
        found: dict[str, str] = {}
        seen: set[int] = set()
        for policy in self._every_policy():
            if id(policy.statements) not in seen:
                seen.add(id(policy.statements))
                found.update((name.lower(), name) for name in keys_in(policy))
        return found

    def _every_policy(self) -> Iterator[Policy]:
        yield from self._documents
        for principal in self._principals.values():
            yield from principal.policies
            if principal.boundary is not None:
                yield principal.boundary

    def _mentions(self) -> Iterator[str]:
        for policy in self._documents:
            for statement in policy.statements:
                yield from _named_in(statement)
        for key in self._keys:
            for grant in key.grants:
                named = (grant.grantee_principal, grant.retiring_principal)
                services = (grant.grantee_service_principal, grant.retiring_service_principal)
                yield from (text for text in (*named, *services) if text)


_K = TypeVar("_K")
_V = TypeVar("_V")

_INDEXES: WeakKeyDictionary[World, Index] = WeakKeyDictionary()


def index_of(world: World) -> Index:
    """The index of `world`."""
    index = _INDEXES.get(world)
    if index is None:
        index = _INDEXES[world] = Index(world)
    return index


def _grouped(pairs: Iterable[tuple[_K, _V]]) -> Mapping[_K, tuple[_V, ...]]:
    lists: dict[_K, list[_V]] = {}
    for key, value in pairs:
        lists.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in lists.items()}


def _resource_policies(world: World) -> Iterator[Policy]:
    for key in world.keys.values():
        yield key.policy
    for endpoint in world.vpc_endpoints.values():
        if endpoint.policy is not None:
            yield endpoint.policy
    for account in world.organization.accounts.values() if world.organization is not None else ():
        for level in (*(account.service_control_policies or ()), *account.resource_control_policies):
            yield from level


def keys_in(policy: Policy) -> Iterator[str]:
    """The condition keys that a policy names, in conditions and as variables."""
    for statement in policy.statements:
        texts = [*(statement.resources or ()), *(statement.not_resources or ())]
        for test in statement.condition or ():
            yield test.key
            texts += test.values
        for text in texts if policy.variables else ():
            if variables.has_variables(text):
                yield from variables.parse(text).keys


def _named_in(statement: Statement) -> Iterator[str]:
    for entry in (*(statement.principals or ()), *(statement.not_principals or ())):
        yield entry.value
    for test in statement.condition or ():
        if test.key.lower() in _ABOUT_CALLERS:
            yield from test.values


def _arns_in(statement: Statement) -> Iterator[str]:
    """Every IAM or STS ARN in a statement: in principals, condition values and resources."""
    entries = (*(statement.principals or ()), *(statement.not_principals or ()))
    values = (value for test in statement.condition or () for value in test.values)
    resources = (*(statement.resources or ()), *(statement.not_resources or ()))
    for text in (*(entry.value for entry in entries), *values, *resources):
        if text.startswith("arn:") and text.split(":", 3)[2:3] in (["iam"], ["sts"]) and not set(text) & _WILD:
            yield text


def _user_or_role(text: str) -> Iterator[str]:
    try:
        identity = read_identity(text, account=None, partition="aws")
    except InputError:  # a text that AWS would not take either
        return
    if identity.kind in ("user", "role"):
        yield identity.arn


def _unknown_role(text: str) -> Principal | None:
    try:
        identity = read_identity(text, account=None, partition="aws")
    except InputError:  # a pattern, or a text that AWS would not take either
        return None
    if identity.kind != "role":
        return None
    return Principal(identity.arn, "role", identity.account or "", identity.name, identity.path, known=False)
