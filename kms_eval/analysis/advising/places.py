"""What policies are attached to in a world, and the world after one of them has changed.

Comes in: a state (world, request, caller) and a place. Goes out: policies, and changed states. Never here: statements.
A file that is attached in several places is one policy: changing it changes it everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from kms_eval.documents.model import Policy
from kms_eval.engine.plan import Part
from kms_eval.world.model import Caller, Key, Organization, OrganizationAccount, Principal, VpcEndpoint, World
from kms_eval.world.request import Request


@dataclass(frozen=True, slots=True)
class State:
    """A world and a request in it, with the caller that the request means."""

    world: World
    request: Request
    caller: Caller


class Where(NamedTuple):
    """A place for a policy: the layer, its owner (handle, ARN, account or endpoint), the level and the position."""

    layer: str
    owner: str
    level: int = 0
    position: int = 0


def attached(part: Part) -> Iterator[tuple[Where, Policy]]:  # noqa: C901 - a clause for each layer
    """Every policy that applies in a part's scope, with its place."""
    scope = part.scope
    caller, key, endpoint = scope.caller, scope.target.key, scope.endpoint
    if key is not None:
        yield Where("keyPolicy", key.handle), key.policy
    principal = caller.principal
    if principal is not None:
        for index, policy in enumerate(principal.policies):
            yield Where("identityPolicy", principal.arn, position=index), policy
        if principal.boundary is not None:
            yield Where("permissionsBoundary", principal.arn), principal.boundary
    for index, policy in enumerate(caller.session.policies if caller.session is not None else ()):
        yield Where("sessionPolicy", caller.arn, position=index), policy
    member = scope.member(caller.account)
    for level, policies in enumerate(member.service_control_policies or () if member is not None else ()):
        for index, policy in enumerate(policies):
            yield Where("serviceControlPolicy", caller.account or "", level, index), policy
    owner = scope.member(scope.target.account)
    for level, policies in enumerate(owner.resource_control_policies if owner is not None else ()):
        for index, policy in enumerate(policies):
            yield Where("resourceControlPolicy", scope.target.account or "", level, index), policy
    if endpoint is not None and endpoint.policy is not None:
        yield Where("vpcEndpointPolicy", endpoint.id), endpoint.policy


def policy_at(state: State, where: Where) -> Policy | None:
    """The policy at a place; None where the place is empty."""
    world = state.world
    if where.layer == "keyPolicy":
        return world.keys[where.owner].policy
    if where.layer == "vpcEndpointPolicy":
        return world.vpc_endpoints[where.owner].policy
    if where.layer == "permissionsBoundary":
        principal = _principal(state)
        return principal.boundary if principal is not None else None
    policies = _list_at(state, where)
    return policies[where.position] if where.position < len(policies) else None


def _list_at(state: State, where: Where) -> tuple[Policy, ...]:
    if where.layer == "identityPolicy":
        principal = _principal(state)
        return principal.policies if principal is not None else ()
    if where.layer == "sessionPolicy":
        return state.caller.session.policies if state.caller.session is not None else ()
    account = _account(state.world, where.owner)
    levels = account.resource_control_policies
    if where.layer == "serviceControlPolicy":
        levels = account.service_control_policies or ()
    return levels[where.level]


def _principal(state: State) -> Principal | None:
    return state.caller.principal


def _account(world: World, account: str) -> OrganizationAccount:
    if world.organization is None:  # pragma: no cover - places are made from what is there
        raise AssertionError
    return world.organization.accounts[account]


def with_policy(state: State, where: Where, policy: Policy) -> State:
    """The state with this policy at the place: instead of the policy there, or as a new one after the others."""
    old = policy_at(state, where)
    return _exchanged(state, old, policy) if old is not None else _added(state, where, policy)


def _exchanged(state: State, old: Policy, new: Policy) -> State:
    world = state.world

    def one(policy: Policy) -> Policy:
        return new if policy is old else policy

    def every(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
        return tuple(map(one, policies)) if old in policies else policies

    def levels(policies: tuple[tuple[Policy, ...], ...]) -> tuple[tuple[Policy, ...], ...]:
        return tuple(map(every, policies))

    keys = {handle: replace(key, policy=new) for handle, key in world.keys.items() if key.policy is old}
    principals = {
        arn: replace(who, policies=every(who.policies), boundary=one(who.boundary) if who.boundary else None)
        for arn, who in world.principals.items()
        if old in who.policies or who.boundary is old
    }
    endpoints = {
        name: replace(endpoint, policy=new) for name, endpoint in world.vpc_endpoints.items() if endpoint.policy is old
    }
    organization = world.organization
    if organization is not None:
        accounts = {
            name: replace(
                account,
                service_control_policies=levels(account.service_control_policies)
                if account.service_control_policies is not None
                else None,
                resource_control_policies=levels(account.resource_control_policies),
            )
            for name, account in organization.accounts.items()
        }
        organization = replace(organization, accounts=accounts)
    changed = _world(world, keys=keys, principals=principals, endpoints=endpoints, organization=organization)
    moved = _moved(state, changed)
    session = moved.caller.session
    if session is None or old not in session.policies:
        return moved
    return _with_session_policies(moved, every(session.policies))


def _added(state: State, where: Where, policy: Policy) -> State:
    world = state.world
    if where.layer == "sessionPolicy":
        session = state.caller.session
        return _with_session_policies(state, (*(session.policies if session is not None else ()), policy))
    if where.layer == "serviceControlPolicy" and world.organization is not None:
        account = _account(world, where.owner)
        levels = list(account.service_control_policies or ())
        levels[where.level] = (*levels[where.level], policy)
        accounts = {
            **world.organization.accounts,
            where.owner: replace(account, service_control_policies=tuple(levels)),
        }
        return _moved(state, _world(world, organization=replace(world.organization, accounts=accounts)))
    principal = _principal(state)
    if principal is None:  # pragma: no cover - nobody else has identity policies
        raise AssertionError
    described = replace(principal, policies=(*principal.policies, policy), known=True)
    return with_principal(state, described)


def with_principal(state: State, principal: Principal) -> State:
    """The state in which the caller's principal is this one."""
    world = _world(state.world, principals={principal.arn: principal})
    return State(world, state.request, replace(state.caller, principal=principal))


def with_key(state: State, key: Key) -> State:
    """The state in which the key of this handle is this one."""
    return _moved(state, _world(state.world, keys={key.handle: key}))


def _with_session_policies(state: State, policies: tuple[Policy, ...]) -> State:
    session = state.caller.session
    if session is None:  # pragma: no cover - only sessions have session policies
        raise AssertionError
    asked = state.request.session
    request = state.request
    passed = replace(asked, policies=policies) if asked is not None else replace(session, policies=policies)
    request = replace(request, session=passed)
    return State(state.world, request, replace(state.caller, session=replace(session, policies=policies)))


def _moved(state: State, world: World) -> State:
    """The same request and caller in another world."""
    principal = state.caller.principal
    there = world.principals.get(principal.arn) if principal is not None else None
    caller = replace(state.caller, principal=there) if there is not None else state.caller
    return State(world, state.request, caller)


def _world(
    world: World,
    *,
    keys: Mapping[str, Key] | None = None,
    principals: Mapping[str, Principal] | None = None,
    endpoints: Mapping[str, VpcEndpoint] | None = None,
    organization: Organization | None = None,
) -> World:
    return replace(
        world,
        keys={**world.keys, **keys} if keys else world.keys,
        principals={**world.principals, **principals} if principals else world.principals,
        vpc_endpoints={**world.vpc_endpoints, **endpoints} if endpoints else world.vpc_endpoints,
        organization=organization if organization is not None else world.organization,
    )
