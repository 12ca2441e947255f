"""What of two worlds is the same, as far as decisions go: so that a comparison need not decide it twice.

Comes in: parts of a world. Goes out: prints: values that are equal only if everything that can decide is.
Never here: deciding. INVARIANT: whatever a layer or a fact reads of a caller or a key is in its print.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from kms_eval.analysis.access.principals import Asker
from kms_eval.documents.model import Grant, Policy
from kms_eval.world.model import Key, Principal, World

Print = tuple[Hashable, ...]


class Prints:
    """Prints of one world's principals and keys; a policy's is made once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._policies: dict[Policy, Print] = {}

    def of_caller(self, asker: Asker) -> Print:
        """Everything about who asks; the same whatever the key."""
        caller = asker.caller
        principal = caller.principal
        return (
            caller.kind,
            caller.arn,
            asker.described,
            asker.open_policies,
            asker.unknown,
            None if principal is None else self._principal(principal),
            self._account(caller.account, callers=True),
            self._world.region,
        )

    def of_key(self, key: Key) -> Print:
        """Everything about what is asked for; the same whoever asks."""
        return (
            key.arn,
            key.aliases,
            _pairs(key.tags),
            (key.spec, key.usage, key.origin, key.state, key.multi_region, key.manager),
            (key.primary_region, key.replica_regions),
            self.of_policy(key.policy),
            tuple(_grant(grant) for grant in key.grants),
            tuple((each.unknown, *_grant(each.grant)) for each in key.open_grants),
            tuple(sorted(key.unknowns)),
            self._account(key.account, callers=False),
        )

    def of_endpoint(self, name: str | None) -> Print:
        """The VPC endpoint the requests come through."""
        endpoint = self._world.vpc_endpoints.get(name) if name is not None else None
        if endpoint is None:
            return ()
        policy = () if endpoint.policy is None else self.of_policy(endpoint.policy)
        return (endpoint.id, endpoint.vpc, endpoint.account, policy, self._account(endpoint.account, callers=True))

    def _principal(self, principal: Principal) -> Print:
        boundary = () if principal.boundary is None else self.of_policy(principal.boundary)
        return (
            (principal.arn, principal.kind, principal.path, principal.id, principal.known),
            _pairs(principal.tags),
            tuple(map(self.of_policy, principal.policies)),
            boundary,
            tuple(sorted(principal.unknowns)),
        )

    def _account(self, account: str | None, *, callers: bool) -> Print:
        """What the organization says about an account, and the policies it puts on it."""
        organization = self._world.organization
        if organization is None or account is None:
            return ()
        known = organization.accounts.get(account)
        about: Print = (organization.id, organization.management_account == account)
        if known is None:
            return about
        levels = known.service_control_policies if callers else known.resource_control_policies
        printed = None if levels is None else tuple(tuple(map(self.of_policy, level)) for level in levels)
        return (*about, known.path, known.unknown_path, printed)

    def of_policy(self, policy: Policy) -> Print:
        """Everything that a policy says, but neither its name nor where it stands."""
        known = self._policies.get(policy)
        if known is None:
            known = self._policies[policy] = (policy.kind, policy.variables, policy.statements)
        return known


def _pairs(pairs: Mapping[str, str]) -> Print:
    return tuple(sorted(pairs.items()))


def _grant(grant: Grant) -> Print:
    """All of it but the place where it stands."""
    return (
        (grant.id, grant.grantee_principal, grant.grantee_service_principal, grant.issuing_account),
        (grant.retiring_principal, grant.retiring_service_principal),
        grant.operations,
        grant.constraints,
    )
