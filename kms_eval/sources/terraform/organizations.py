"""The organization of plans and states, and their VPC endpoints for AWS KMS.

Comes in: the resources of one side. Goes out: the sections `organization` and `vpc_endpoints` of a scenario.
Never here: keys, principals.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/organizations_policy_attachment
"""

from __future__ import annotations

from typing import Final

from kms_eval.formats.document import Origin
from kms_eval.formats.unknown import Unknown
from kms_eval.sources.raw import Raw
from kms_eval.sources.terraform.documents import Document, Documents
from kms_eval.sources.terraform.references import References
from kms_eval.sources.terraform.resources import Index, Resource

_TYPES: Final = {
    "SERVICE_CONTROL_POLICY": "service_control_policies",
    "RESOURCE_CONTROL_POLICY": "resource_control_policies",
}
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
        attached = self._attachments()
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
            for target, _kind, document in attached:
                raw.words.append(
                    f"{document.origin.name} is left out: nothing here says where {target} is in the organization"
                )
            return
        parents = self._parents()
        roots = found.get("roots")
        root = found.text("roots", 0, "id") if isinstance(roots, list) and roots else None
        accounts: dict[str, object] = {}
        raw.value["organization"] = {"id": identity, "management_account": management, "accounts": accounts}
        raw.origins.put(("organization",), Origin(found.addressed()))
        for account in self._accounts(found):
            if account == management:
                continue
            way = _way(account, parents, root)
            accounts[account] = self._account(raw, account, identity, way, attached)

    def _account(
        self, raw: Raw, account: str, identity: str, way: list[str] | None, attached: list[tuple[str, str, Document]]
    ) -> dict[str, object]:
        unknown = Unknown(
            "not in this plan or state", f"the parents of account {account}", "add a source that has them"
        )
        if way is None:
            return {"path": unknown, "service_control_policies": [unknown], "resource_control_policies": [unknown]}
        entry: dict[str, object] = {"path": "/".join([identity, *way]) + "/"}
        for field in dict.fromkeys(_TYPES.values()):
            levels: list[list[object]] = [[] for _ in (*way, account)]
            for depth, target in enumerate((*way, account)):
                for where, kind, document in attached:
                    if where == target and kind == field:
                        steps = ("organization", "accounts", account, field, depth, len(levels[depth]))
                        document.put(raw.origins, steps)
                        levels[depth].append(document.value)
            if any(levels):
                entry[field] = levels
        return entry

    def _attachments(self) -> list[tuple[str, str, Document]]:
        """Targets, the kind of policy, and the policy of every attachment."""
        policies = {each.address: each for each in self._index.of_type("aws_organizations_policy")}
        by_id = {text: each for each in policies.values() if (text := each.text("id"))}
        found: list[tuple[str, str, Document]] = []
        for resource in self._index.of_type("aws_organizations_policy_attachment"):
            policy = by_id.get(resource.text("policy_id") or "")
            if policy is None:
                target = self._references.one(resource, "policy_id")
                policy = policies.get(target.resource.address) if target is not None else None
            where = self._target(resource)
            if where is None:
                continue
            if policy is None:
                unknown = Unknown("not in this plan or state", resource.path("policy_id"), "add a source that has it")
                full = (resource.text("policy_id") or "").endswith("FullAWSAccess")
                value: object = _FULL if full else unknown
                found += [
                    (where, field, Document(value, Origin(resource.addressed("policy_id"), resource.address)))
                    for field in (["service_control_policies"] if full else _TYPES.values())
                ]
                continue
            kind = _TYPES.get(policy.text("type") or "SERVICE_CONTROL_POLICY")
            document = self._documents.policy(policy, "content")
            if kind is not None and document is not None:
                found.append((where, kind, document))
        return found

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


_FULL: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def _way(account: str, parents: dict[str, str], root: str | None) -> list[str] | None:
    """The root and the organizational units from the top down to an account; None where one of them is not told."""
    way: list[str] = []
    here = account
    while here in parents and parents[here] not in way:
        here = parents[here]
        way.insert(0, here)
    return way if way and (way[0] == root or way[0].startswith("r-")) else None
