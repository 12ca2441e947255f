"""What AWS Organizations answers: the tree, its accounts, and which policies are attached where.

Comes in: responses. Goes out: `Tree`. Never here: the structure of scenarios.
https://docs.aws.amazon.com/organizations/latest/APIReference/
"""

from __future__ import annotations

import re

from kms_eval.errors import Fault, InputError
from kms_eval.sources.aws.shown import Shown

_TARGET = re.compile(
    r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|(?<![0-9a-z])r-[0-9a-z]{4,32}(?![0-9a-z-])|(?<![0-9])[0-9]{12}(?![0-9])"
)
_POLICY = re.compile(r"(?<![a-z0-9])p-(?:[0-9a-z]{8,128}|FullAWSAccess|RCPFullAWSAccess)")


class OrganizationPolicy:
    """A policy of the organization: its name, type and content, and the roots, OUs and accounts it is attached to."""

    __slots__ = ("content", "id", "name", "targets", "type", "whole")

    def __init__(self, policy_id: str) -> None:
        self.id = policy_id
        self.name: str | None = None
        self.type: str | None = None
        self.content: Shown | None = None
        self.targets: dict[str, Shown] = {}
        self.whole = False


class Tree:
    """The organization as all responses together show it.

    `types` are the policy types that are enabled in the root, None if no response says so. `listed` has the types
    whose policies were all listed, `shown_at` the pairs of a target and a type whose attached policies were all listed.
    `whole` says that all accounts of the organization were listed.
    """

    def __init__(self) -> None:
        self.organization: Shown | None = None
        self.accounts: dict[str, Shown] = {}
        self.parents: dict[str, str] = {}
        self.policies: dict[str, OrganizationPolicy] = {}
        self.types: frozenset[str] | None = None
        self.listed: set[str] = set()
        self.shown_at: set[tuple[str, str]] = set()
        self.whole = False

    def described(self, response: Shown) -> None:
        """DescribeOrganization."""
        self.organization = response.member("Organization")

    def roots(self, response: Shown) -> None:
        """ListRoots, which shows the policy types that are enabled."""
        for root in response.items("Roots"):
            enabled = (each.text("Type") for each in root.items("PolicyTypes") if each.text("Status") == "ENABLED")
            self.types = frozenset(text for text in enabled if text)

    def list_accounts(self, response: Shown) -> None:
        """ListAccounts, or ListAccountsForParent if the file is named after an OU or root."""
        parent = self._target(response)
        of_unit = parent is not None and not parent.isdigit()
        for account in response.items("Accounts"):
            self.accounts[account.needed("Id")] = account
            if parent is not None and of_unit:
                self.parents[account.needed("Id")] = parent
        if not of_unit:
            # If there are several pages, the last one decides.
            self.whole = response.next_token() is None

    def units(self, response: Shown) -> None:
        """ListOrganizationalUnitsForParent."""
        parent = self._target(response)
        for unit in response.items("OrganizationalUnits"):
            if parent is not None:
                self.parents[unit.needed("Id")] = parent

    def children(self, response: Shown) -> None:
        """ListChildren."""
        parent = self._target(response)
        for child in response.items("Children"):
            if parent is not None:
                self.parents[child.needed("Id")] = parent

    def list_parents(self, response: Shown) -> None:
        """ListParents of the OU or account that the file is named after."""
        child = self._target(response)
        for parent in response.items("Parents"):
            if child is None:
                advice = "put the id of the account or unit into the name of the file"
                raise InputError(Fault("does not say whose parent it is", response.place.location(), advice))
            self.parents[child] = parent.needed("Id")

    def list_policies(self, response: Shown) -> None:
        """ListPolicies, or ListPoliciesForTarget if the file is named after a target."""
        target = self._target(response)
        whole = response.next_token() is None
        for entry in response.items("Policies"):
            found = self._summary(entry)
            if target is not None:
                found.targets[target] = entry
            if found.type and whole and target is None:
                self.listed.add(found.type)
            elif found.type and whole and target is not None:
                self.shown_at.add((target, found.type))

    def policy(self, response: Shown) -> None:
        """DescribePolicy."""
        entry = response.member("Policy")
        assert entry is not None  # noqa: S101 - INVARIANT: by this member the response was recognised
        summary = entry.member("PolicySummary")
        found = self._summary(summary) if summary is not None else self._policy_named(response)
        content = entry.member("Content")
        found.content = content.document() if content is not None else None

    def targets(self, response: Shown) -> None:
        """ListTargetsForPolicy, of the policy that the file or folder is named after."""
        found = self._policy_named(response)
        for target in response.items("Targets"):
            found.targets[target.needed("TargetId")] = target
        found.whole = response.next_token() is None

    def path_from_root(self, account: str) -> tuple[str, ...] | None:
        """The root and the OUs down to an account; None if a step is not shown."""
        path: list[str] = []
        here = account
        while not here.startswith("r-"):
            parent = self.parents.get(here)
            if parent is None or parent in path:
                return None
            here = parent
            path.append(here)
        return tuple(reversed(path))

    def named(self, policy_id: str, kind: str | None) -> OrganizationPolicy:
        """The policy with that id; its type becomes `kind`, if that is given."""
        found = self.policies.setdefault(policy_id, OrganizationPolicy(policy_id))
        found.type = kind or found.type
        return found

    def _summary(self, entry: Shown) -> OrganizationPolicy:
        found = self.named(entry.needed("Id"), None)
        found.name = entry.text("Name") or found.name
        found.type = entry.text("Type") or found.type
        return found

    def _policy_named(self, response: Shown) -> OrganizationPolicy:
        for name in reversed(response.names):
            if match := _POLICY.search(name):
                return self.policies.setdefault(match.group(), OrganizationPolicy(match.group()))
        advice = "put the id of the policy (`p-…`) into the name of the file or of its folder"
        raise InputError(Fault("does not say of which policy it is", response.place.location(), advice))

    @staticmethod
    def _target(response: Shown) -> str | None:
        """The target that the file itself is named after; the folders around it may be those of a snapshot."""
        found = _TARGET.search(response.names[-1]) if response.names else None
        return found.group() if found else None
