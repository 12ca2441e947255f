"""The organization of plans and states, and their VPC endpoints for AWS KMS.

Comes in: the resources of one side. Goes out: the sections `organization` and `vpc_endpoints` of a scenario.
Never here: keys, principals.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/organizations_policy_attachment
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from kms_eval.formats.document import Origin
from kms_eval.formats.unknown import Unknown
from kms_eval.sources.attachments import FIELDS, FULL_ACCESS, unknown_policies
from kms_eval.sources.raw import Attached, Document, Raw
from kms_eval.sources.terraform.documents import Documents
from kms_eval.sources.terraform.references import References
from kms_eval.sources.terraform.resources import Index, Resource

_KMS: Final = (".kms", ".kms-fips")


class Organizations:
    """The organization and the endpoints of one side."""

    def __init__(self, index: Index, references: References, documents: Documents) -> None:
        self._index = index
        self._references = references
        self._documents = documents

    def put(self, raw: Raw) -> None:
        """Write the sections `organization` and `vpc_endpoints`."""
        self._endpoints(raw)
        self._organization(raw)

    def _endpoints(self, raw: Raw) -> None:
        names: dict[str, str] = {}
        for resource in self._index.of_type("aws_vpc_endpoint"):
            service = resource.text("service_name") or ""
            if not service.endswith(_KMS):
                continue
            name = resource.text("id") or resource.address
            names[resource.address] = name
            entry: dict[str, object] = {}
            for field, attribute in (("vpc", "vpc_id"), ("account", "owner_id")):
                text = resource.text(attribute)
                if text is not None:
                    entry[field] = text
            raw.put("vpc_endpoints", name, entry, resource.addressed())
            self._policy_of(raw, name, self._documents.policy(resource, "policy"))
        for resource in self._index.of_type("aws_vpc_endpoint_policy"):
            known = resource.text("vpc_endpoint_id")
            target = self._references.one(resource, "vpc_endpoint_id")
            name = known or (names.get(target.resource.address) if target is not None else None) or ""
            if name in raw.section("vpc_endpoints"):
                self._policy_of(raw, name, self._documents.policy(resource, "policy"))

    @staticmethod
    def _policy_of(raw: Raw, name: str, document: Document | None) -> None:
        if document is not None:
            raw.section("vpc_endpoints")[name]["policy"] = document.value  # type: ignore[index]  # made by `put`
            document.put(raw.origins, ("vpc_endpoints", name, "policy"))

    def _organization(self, raw: Raw) -> None:
        self._attachments(raw)
        found = next(
            (
                each
                for mode in ("managed", "data")
                for each in self._index.of_type("aws_organizations_organization", mode=mode)
            ),
            None,
        )
        identity = found.text("id") if found is not None else None
        management = self._management(found) if found is not None else None
        if found is None or identity is None or management is None:
            return
        parents = self._parents()
        roots = found.get("roots")
        root = found.text("roots", 0, "id") if isinstance(roots, list) and roots else None
        accounts: dict[str, object] = {}
        raw.value["organization"] = {"id": identity, "management_account": management, "accounts": accounts}
        raw.origins.put(("organization",), Origin(found.addressed()))
        in_use = dict.fromkeys(attached.field for attached in raw.attachments)
        for account in self._accounts(found):
            if account != management:
                accounts[account] = _account(account, identity, _path_from_root(account, parents, root), in_use)

    def _attachments(self, raw: Raw) -> None:
        """Put in the policies for each target, and by name alone for wherever another source attaches them."""
        policies = {each.address: each for each in self._index.of_type("aws_organizations_policy")}
        by_id = {text: each for each in policies.values() if (text := each.text("id"))}
        for policy in policies.values():
            content = self._documents.policy(policy, "content")
            if _field(policy) and content is not None:
                raw.attachments[Attached(_field(policy), None, _name(policy))] = content
        for resource in self._index.of_type("aws_organizations_policy_attachment"):
            identity = resource.text("policy_id") or ""
            attached = by_id.get(identity)
            if attached is None:
                target = self._references.one(resource, "policy_id")
                attached = policies.get(target.resource.address) if target is not None else None
            where = self._target(resource)
            if where is None:
                continue
            if attached is None:
                full = identity.endswith("FullAWSAccess")
                unknown = Unknown("not in this plan or state", resource.path("policy_id"), "add a source that has it")
                document = Document(
                    FULL_ACCESS if full else unknown, Origin(resource.addressed("policy_id"), resource.address)
                )
                name = "FullAWSAccess" if full else identity or resource.address
                for field in [FIELDS["SERVICE_CONTROL_POLICY"]] if full else FIELDS.values():
                    raw.attachments[Attached(field, where, name)] = document
                continue
            placed = Attached(_field(attached), where, _name(attached))
            said = raw.attachments.get(replace(placed, target=None))
            if said is not None:
                raw.attachments[placed] = said

    def _target(self, resource: Resource) -> str | None:
        known = resource.text("target_id")
        if known is not None:
            return known
        target = self._references.one(resource, "target_id")
        return target.resource.text("id") or target.resource.address if target is not None else None

    def _parents(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for resource in self._index.of_type("aws_organizations_organizational_unit", "aws_organizations_account"):
            parent = resource.text("parent_id")
            if parent is None:
                target = self._references.one(resource, "parent_id")
                parent = target.resource.text("id") or target.resource.address if target is not None else None
            if parent is not None:
                found[resource.text("id") or resource.address] = parent
        return found

    def _accounts(self, found: Resource) -> list[str]:
        listed: dict[str, None] = {}
        for each in self._index.of_type("aws_organizations_account"):
            text = each.text("id")
            if text is not None:
                listed[text] = None
        entries = found.get("accounts")
        for index in range(len(entries) if isinstance(entries, list) else 0):
            text = found.text("accounts", index, "id")
            if text is not None:
                listed[text] = None
        return list(listed)

    @staticmethod
    def _management(found: Resource) -> str | None:
        return found.text("master_account_id")


def _field(policy: Resource) -> str:
    """The field of an account for policies of its type; empty for types that do not affect access to keys."""
    return FIELDS.get(policy.text("type") or "SERVICE_CONTROL_POLICY", "")


def _name(policy: Resource) -> str:
    return policy.text("name") or policy.address


def _account(account: str, organization: str, path: list[str] | None, in_use: Iterable[str]) -> dict[str, object]:
    """An account without the policies attached here: no plan shows what else is attached at its levels."""
    if path is None:
        unknown = Unknown(
            "not in this plan or state", f"the parents of account {account}", "add a source that has them"
        )
        return {"path": unknown, "service_control_policies": [unknown], "resource_control_policies": [unknown]}
    entry: dict[str, object] = {"path": "/".join([organization, *path]) + "/"}
    for field in in_use:
        entry[field] = [[unknown_policies(target)] for target in (*path, account)]
    return entry


def _path_from_root(account: str, parents: dict[str, str], root: str | None) -> list[str] | None:
    """The root and the OUs from the top down to an account; None if one of them is not known."""
    path: list[str] = []
    here = account
    while here in parents and parents[here] not in path:
        here = parents[here]
        path.insert(0, here)
    return path if path and (path[0] == root or path[0].startswith("r-")) else None
