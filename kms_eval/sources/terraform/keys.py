"""Keys of plans and states with their policies, aliases, grants and tags.

Comes in: the resources of one side. Goes out: the section `keys` of a scenario. Never here: principals.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/kms_key
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kms_eval.formats.document import Origin
from kms_eval.formats.unknown import Unknown
from kms_eval.language import arn
from kms_eval.sources.raw import Document, Raw
from kms_eval.sources.terraform.documents import Documents
from kms_eval.sources.terraform.naming import KEY_TYPES, Naming
from kms_eval.sources.terraform.references import References
from kms_eval.sources.terraform.resources import AFTER_APPLY, Index, Resource
from kms_eval.sources.terraform.tags import tags_of

_ELSEWHERE = "not in this plan or state"
_ADD = "add a source that has it: `-s ACCOUNT/` with the output of `kms-eval pull`"
_SPECS: Final = ("customer_master_key_spec", "key_spec")
_EXTERNAL: Final = frozenset({"aws_kms_external_key", "aws_kms_replica_external_key"})
_STATES: Final = frozenset(
    {"Creating", "Enabled", "Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable"}
)


class Keys:
    """The keys of one side, by address; a key that other resources only name goes by its id."""

    def __init__(self, index: Index, references: References, naming: Naming, documents: Documents) -> None:
        self._index = index
        self._references = references
        self._naming = naming
        self._documents = documents
        self._handles: dict[str, str] = {}

    def put(self, raw: Raw) -> None:
        """Write the section `keys`."""
        keys = list(self._index.of_type(*KEY_TYPES))
        for resource in keys:
            raw.put("keys", resource.address, self._key(resource), resource.addressed())
            for name in (self._naming.key_arn(resource), self._naming.key_id(resource)):
                self._handles.setdefault(name, resource.address)
            self._policy(raw, resource)
        for resource in self._index.of_type("aws_kms_alias"):
            self._alias(raw, resource)
        for resource in self._index.of_type("aws_kms_key_policy"):
            handle = self._handle(raw, resource, "key_id")
            document = self._documents.policy(resource, "policy")
            if handle is not None and document is not None:
                raw.section("keys")[handle]["policy"] = document.value  # type: ignore[index]  # made by `put`
                document.put(raw.origins, ("keys", handle, "policy"))
        for resource in self._index.of_type("aws_kms_grant"):
            self._grant(raw, resource)
        for handle, entry in raw.section("keys").items():
            if isinstance(entry, dict) and "policy" not in entry:
                raw.gaps["keys", handle, "policy"] = Unknown(_ELSEWHERE, f"the key policy of {handle}", _ADD)

    def _key(self, resource: Resource) -> dict[str, object]:
        entry: dict[str, object] = {}
        known = resource.text("arn")
        if known is not None:
            entry["arn"] = known
        else:
            entry["key_id"] = self._naming.key_id(resource)
            entry["account"] = self._naming.account(resource)
            entry["region"] = self._naming.region(resource)
        spec = next((text for name in _SPECS if (text := resource.text(name))), None)
        if spec is not None:
            entry["spec"] = spec
        usage = resource.text("key_usage")
        if usage is not None:
            entry["usage"] = usage
        replica = "replica" in resource.type
        if replica or isinstance(resource.get("multi_region"), bool):
            entry["multi_region"] = replica or resource.get("multi_region") is True
        primary = self._primary_region(resource) if replica else None
        if primary is not None:
            entry["primary_region"] = primary
        origin = self._origin(resource)
        if origin is not None:
            entry["origin"] = origin
        state = resource.text("key_state")
        if state in _STATES:
            entry["state"] = state
        elif resource.get("is_enabled") is False or resource.get("enabled") is False:
            entry["state"] = "Disabled"
        tags = tags_of(resource)
        if tags:
            entry["tags"] = tags
        return entry

    def _primary_region(self, resource: Resource) -> str | None:
        parts = arn.parse(resource.text("primary_key_arn") or "")
        if parts is not None:
            return parts.region
        target = self._references.one(resource, "primary_key_arn")
        return self._naming.region(target.resource) if target is not None else None

    @staticmethod
    def _origin(resource: Resource) -> str | None:
        if resource.type in _EXTERNAL:
            return "EXTERNAL"
        if resource.text("xks_key_id"):
            return "EXTERNAL_KEY_STORE"
        return "AWS_CLOUDHSM" if resource.text("custom_key_store_id") else None

    def _policy(self, raw: Raw, resource: Resource) -> None:
        """Put in the key policy; a key without one has the default key policy, unless `aws_kms_key_policy` sets it."""
        document = self._documents.policy(resource, "policy")
        unset = document is None and resource.get("policy") in (None, "")
        computed = isinstance(resource.get("policy"), Unknown) and resource.configured("policy") is False
        if document is None and (unset or computed):
            document = Document(
                self._default(resource),
                Origin(resource.addressed("policy"), f"default key policy of {resource.address}"),
            )
        if document is not None:
            raw.section("keys")[resource.address]["policy"] = document.value  # type: ignore[index]  # made by `put`
            document.put(raw.origins, ("keys", resource.address, "policy"))

    def _default(self, resource: Resource) -> dict[str, object]:
        """The default key policy, for a key that is made without one.

        https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
        """
        root = f"arn:{self._naming.partition}:iam::{self._naming.account(resource)}:root"
        statement = {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "kms:*",
            "Resource": "*",
        }
        return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}

    def _handle(self, raw: Raw, resource: Resource, name: str) -> str | None:
        """The handle of the key that an attribute names; a key outside the plan gets an entry with what is known."""
        value = resource.get(name)
        if isinstance(value, str) and value:
            return self._handles.get(value) or self._elsewhere(raw, value, resource)
        for target in self._references.of(resource, name):
            if target.resource.type in KEY_TYPES and target.resource.mode == "managed":
                return target.resource.address
            known = target.resource.text("target_key_arn") or target.resource.text("arn")
            if known is not None and target.resource.type in ("aws_kms_alias", "aws_kms_key"):
                return self._handles.get(known) or self._elsewhere(raw, known, resource)
            if target.resource.type == "aws_kms_alias" and target.resource is not resource:
                return self._handle(raw, target.resource, "target_key_id")
        if isinstance(value, Unknown):
            raw.notices.append(f"{resource.path(name)} is not known before apply: {resource.address} is left out")
        return None

    def _elsewhere(self, raw: Raw, text: str, resource: Resource) -> str | None:
        parts = arn.parse(text)
        named = parts.resource if parts is not None else text
        key_id = named.rsplit("/", 1)[-1]
        if named.startswith("alias/"):
            raw.notices.append(
                f"{resource.address}: the key of `{text}` is not in this plan: {resource.address} is left out"
            )
            return None
        entry: dict[str, object] = {"arn": text}
        if parts is None:
            entry = {
                "key_id": key_id,
                "account": self._naming.account(resource),
                "region": self._naming.region(resource),
            }
        raw.put("keys", key_id, entry, resource.addressed())
        self._handles[text] = self._handles[key_id] = key_id
        return key_id

    def _alias(self, raw: Raw, resource: Resource) -> None:
        handle = self._handle(raw, resource, "target_key_id")
        entry = raw.section("keys").get(handle) if handle is not None else None
        if not isinstance(entry, dict):
            return
        name = resource.text("name") or resource.text("id")
        if name is None:
            entry["aliases"] = Unknown(AFTER_APPLY, resource.path("name"))
        elif isinstance(entry.setdefault("aliases", {}), dict):
            entry["aliases"][name] = True
            raw.origins.put(
                ("keys", str(handle), "aliases", name), Origin(resource.addressed("name"), resource.address)
            )

    def _grant(self, raw: Raw, resource: Resource) -> None:
        handle = self._handle(raw, resource, "key_id")
        entry = raw.section("keys").get(handle) if handle is not None else None
        if not isinstance(entry, dict):
            return
        grant = self._grant_entry(resource)
        # The `id` of a grant is the key id and the grant id, with a colon between them.
        grant_id = resource.text("grant_id") or (resource.text("id") or "").rpartition(":")[2]
        name = grant_id or resource.address
        if isinstance(grant, dict):
            grant["GrantId"] = name
        grants = entry.setdefault("grants", {})
        if isinstance(grants, dict):
            grants[name] = grant
            raw.origins.put(("keys", str(handle), "grants", name), Origin(resource.addressed(), resource.address))

    def _grant_entry(self, resource: Resource) -> dict[str, object] | Unknown:
        entry: dict[str, object] = {}
        for name, member in (("grantee_principal", "GranteePrincipal"), ("retiring_principal", "RetiringPrincipal")):
            principal = self._principal(resource, name)
            if isinstance(principal, Unknown):
                return principal
            if principal is not None:
                entry[member] = principal
        operations = resource.get("operations")
        listed = [resource.get("operations", i) for i in range(len(operations))] if isinstance(operations, list) else []
        unknown = next((each for each in (operations, *listed) if isinstance(each, Unknown)), None)
        if unknown is not None:
            return Unknown(AFTER_APPLY, unknown.address)
        entry["Operations"] = listed
        if resource.text("name"):
            entry["Name"] = resource.text("name")
        constraints = self._constraints(resource)
        if isinstance(constraints, Unknown):
            return constraints
        if constraints:
            entry["Constraints"] = constraints
        return entry

    @staticmethod
    def _constraints(resource: Resource) -> dict[str, object] | Unknown:
        constraints = resource.get("constraints")
        if isinstance(constraints, Unknown):
            return Unknown(AFTER_APPLY, constraints.address)
        found: dict[str, object] = {}
        for index in range(len(constraints) if isinstance(constraints, list) else 0):
            for name, member in _CONSTRAINTS:
                pairs = resource.get("constraints", index, name)
                if isinstance(pairs, Unknown):
                    return Unknown(AFTER_APPLY, pairs.address)
                if isinstance(pairs, Mapping) and pairs:
                    values = {pair: resource.get("constraints", index, name, pair) for pair in pairs}
                    hidden = next((each for each in values.values() if isinstance(each, Unknown)), None)
                    if hidden is not None:
                        return hidden
                    found[member] = values
        return found

    def _principal(self, resource: Resource, name: str) -> object:
        value = resource.get(name)
        if not isinstance(value, Unknown):
            return value or None
        if resource.configured(name) is False:
            return None
        target = self._references.one(resource, name)
        if target is not None and target.resource.type in ("aws_iam_role", "aws_iam_user"):
            return self._naming.iam_arn(target.resource)
        return value


_CONSTRAINTS: Final = (
    ("encryption_context_equals", "EncryptionContextEquals"),
    ("encryption_context_subset", "EncryptionContextSubset"),
)
