"""Accounts, Regions and ARNs of resources, with stand-ins for those that are not known yet.

Comes in: the resources of one side, and what the caller knows. Goes out: accounts, Regions and ARNs; notices about what
is made up. Never here: policies, grants.

A role's ARN follows from its account, path and name; a key id does not follow from anything, so it is made up.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from kms_eval.language import arn
from kms_eval.sources.options import STAND_IN_ACCOUNT, STAND_IN_REGION, Options, stand_in_notice
from kms_eval.sources.terraform.formats import Read
from kms_eval.sources.terraform.references import References
from kms_eval.sources.terraform.resources import Resource

IAM_KINDS: Final[Mapping[str, str]] = {
    "aws_iam_role": "role",
    "aws_iam_user": "user",
    "aws_iam_group": "group",
    "aws_iam_policy": "policy",
}
KEY_TYPES: Final = frozenset(
    {"aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key"}
)

_ACCOUNT = re.compile(r"\d{12}")
_NOT_IN_NAMES = re.compile(r"[^\w+=,.@-]+")
_MANY = 3


class Naming:
    """What resources are called in AWS."""

    def __init__(self, read: Read, references: References, options: Options) -> None:
        self._notices: list[str] = []
        self._references = references
        self._options = options
        self._providers: Mapping[str, object] = read.configuration.get("provider_config") or {}
        self._seen = _seen(read)
        self._accounts: dict[str, str] = {}
        self._regions: dict[str, str] = {}
        self._made: dict[str, str] = {}
        everywhere = [account for accounts, _ in self._seen.values() for account in accounts.elements()]
        self._usual = Counter(everywhere).most_common(1)[0][0] if everywhere else None
        partitions = Counter(parts.partition for parts in _arns(read.index.resources))
        self.partition = partitions.most_common(1)[0][0] if partitions else "aws"

    @property
    def main_account(self) -> str:
        """The account of the default provider."""
        return self._account_of("aws")

    @property
    def main_region(self) -> str:
        """The Region of the default provider."""
        return self._region_of("aws")

    def account(self, resource: Resource) -> str:
        """The account in which a resource is."""
        parts = _own_arn(resource)
        if parts is not None and _ACCOUNT.fullmatch(parts.account):
            return parts.account
        return self._account_of(resource.provider)

    def region(self, resource: Resource) -> str:
        """The Region in which a resource is: that of its ARN, else its own `region`, else that of its provider."""
        parts = _own_arn(resource)
        if parts is not None and parts.region:
            return parts.region
        return resource.text("region") or self._region_of(resource.provider)

    def name(self, resource: Resource) -> str:
        """The name of a user, role, group or policy; a stand-in if Terraform or AWS will make it up."""
        known = resource.text("name")
        if known is not None:
            return known
        parts = _own_arn(resource)
        if parts is not None:
            return parts.resource.rsplit("/", 1)[-1]
        stem = resource.text("name_prefix") or ""
        made = stem + _NOT_IN_NAMES.sub("-", resource.address).strip("-")
        self._made.setdefault(resource.path("name"), made)
        return made

    def iam_arn(self, resource: Resource) -> str:
        """The ARN of a user, role, group or policy."""
        known = resource.text("arn")
        if known is not None:
            return known
        made = self.arn_of(IAM_KINDS[resource.type], self.name(resource), self.account(resource), resource.text("path"))
        if resource.path("name") not in self._made:
            self._made.setdefault(resource.path("arn"), made)
        return made

    def arn_of(self, kind: str, name: str, account: str, path: str | None = None) -> str:
        """The ARN of an IAM resource with that name."""
        return f"arn:{self.partition}:iam::{account}:{kind}{path or '/'}{name}"

    def key_id(self, resource: Resource) -> str:
        """The id of a key; a replica key has that of its primary key, any other unknown id is made up."""
        known = resource.text("key_id") or resource.text("id")
        if known is not None:
            return known.rsplit("/", 1)[-1]
        primary = resource.text("primary_key_arn")
        if primary is not None:
            return primary.rsplit("/", 1)[-1]
        target = self._primary_of(resource)
        if target is not resource:
            return self.key_id(target)
        uuid = uuid5(NAMESPACE_URL, f"kms-eval:{resource.address}")
        return f"mrk-{uuid.hex}" if resource.get("multi_region") is True or "replica" in resource.type else str(uuid)

    def _primary_of(self, resource: Resource) -> Resource:
        """The last key of a chain of references to primary keys; the key itself if it has none, or in a circle."""
        passed: list[Resource] = []
        here = resource
        while here not in passed:
            passed.append(here)
            target = self._references.one(here, "primary_key_arn")
            if target is None or target.resource.type not in KEY_TYPES:
                return here
            here = target.resource
        return resource

    def key_arn(self, resource: Resource) -> str:
        """The ARN of a key."""
        known = resource.text("arn")
        if known is not None:
            return known
        account, region = self.account(resource), self.region(resource)
        return f"arn:{self.partition}:kms:{region}:{account}:key/{self.key_id(resource)}"

    def notices(self) -> list[str]:
        """The notices about everything that was made up so far."""
        notices = list(self._notices)
        if self._made:
            shown = [f"{address} is taken to be {made}" for address, made in list(self._made.items())[:_MANY]]
            more = len(self._made) - len(shown)
            notices.append(f"not known before apply: {'; '.join(shown)}" + (f" (and {more} more)" if more else ""))
        return notices

    def _account_of(self, provider: str) -> str:
        if provider not in self._accounts:
            self._accounts[provider] = self._find_account(provider)
        return self._accounts[provider]

    def _find_account(self, provider: str) -> str:
        configured = self._configured_account(provider)
        if configured is not None:
            return configured
        seen = self._seen.get(provider)
        if seen is not None and seen[0]:
            return seen[0].most_common(1)[0][0]
        found = self._options.account or (self._usual if len(self._providers) <= 1 else None)
        if found is None:
            found = STAND_IN_ACCOUNT
            self._stands_in("account", found, provider)
        return found

    def _configured_account(self, provider: str) -> str | None:
        """The account of the role that a provider assumes, or the only one that it allows."""
        expressions = self._expressions(provider)
        roles = expressions.get("assume_role")
        for role in roles if isinstance(roles, list) else ():
            text = self._references.value(role.get("role_arn")) if isinstance(role, Mapping) else None
            parts = arn.parse(text) if isinstance(text, str) else None
            if parts is not None and _ACCOUNT.fullmatch(parts.account):
                return parts.account
        allowed = self._references.value(expressions.get("allowed_account_ids"))
        if isinstance(allowed, list) and len(allowed) == 1 and _ACCOUNT.fullmatch(str(allowed[0])):
            return str(allowed[0])
        return None

    def _region_of(self, provider: str) -> str:
        if provider not in self._regions:
            self._regions[provider] = self._find_region(provider)
        return self._regions[provider]

    def _find_region(self, provider: str) -> str:
        configured = self._references.value(self._expressions(provider).get("region"))
        if isinstance(configured, str) and configured:
            return configured
        seen = self._seen.get(provider)
        if seen is not None and seen[1]:
            return seen[1].most_common(1)[0][0]
        if self._options.region:
            return self._options.region
        self._stands_in("Region", STAND_IN_REGION, provider)
        return STAND_IN_REGION

    def _stands_in(self, what: str, value: str, provider: str) -> None:
        notice = stand_in_notice(what, value)
        self._notices.append(notice if provider == "aws" else f"provider {provider}: {notice}")

    def _expressions(self, provider: str) -> Mapping[str, object]:
        found = self._providers.get(provider)
        expressions = found.get("expressions") if isinstance(found, Mapping) else None
        return expressions if isinstance(expressions, Mapping) else {}


def _own_arn(resource: Resource) -> arn.Arn | None:
    text = resource.text("arn")
    return arn.parse(text) if text is not None and resource.mode == "managed" else None


def _arns(resources: list[Resource]) -> Iterator[arn.Arn]:
    return (parts for each in resources if (parts := _own_arn(each)) is not None)


def _seen(read: Read) -> dict[str, tuple[Counter[str], Counter[str]]]:
    """The accounts and Regions that occur in the objects of each provider."""
    seen: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for each in read.index.resources:
        accounts, regions = seen.setdefault(each.provider, (Counter(), Counter()))
        parts = _own_arn(each)
        if parts is not None:
            if _ACCOUNT.fullmatch(parts.account):
                accounts[parts.account] += 1
            if parts.region:
                regions[parts.region] += 1
        if each.mode == "data" and each.type == "aws_caller_identity":
            account = each.text("account_id")
            if account is not None:
                accounts[account] += len(read.index.resources)
        if each.mode == "data" and each.type == "aws_region":
            region = each.text("region") or each.text("name")
            if region is not None:
                regions[region] += len(read.index.resources)
    return seen
