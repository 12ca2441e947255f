"""Reads what iam-collect writes: a folder for each resource, in which ``metadata.json`` says what it is.

Comes in: folders. Goes out: the facts of keys, users, groups, roles, managed policies, the organization and endpoints
in a `Collection`. Never here: AWS's own responses, the structure of scenarios.

The `arn` in its metadata says what a resource is; all else that is known about it is in the other files of its folder.
No empty files are written, so a user without ``inline-policies.json`` has no inline policies. iam-collect does not
collect grants and aliases of keys, and writes no file for a policy or tags that AWS refused to show: all of these are
unknown, not empty.
https://github.com/cloud-copilot/iam-collect/blob/main/docs/Storage.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kms_eval.errors import Fault, InputError
from kms_eval.formats.unknown import Unknown
from kms_eval.language import arn
from kms_eval.records import record
from kms_eval.sources.aws.identities import Kind, ManagedPolicy
from kms_eval.sources.aws.responses import Collection
from kms_eval.sources.aws.shown import Shown

METADATA = "metadata"
"""The name, without ending, of the file that says what a resource is."""


@record
class Resource:
    """One resource: its ARN, its metadata, and the other files of its folder by their names without ending."""

    arn: arn.Arn
    metadata: Shown
    files: Mapping[str, Shown]

    @property
    def text(self) -> str:
        """The ARN as it is written."""
        return self.metadata.needed("arn")


def resource_arn(metadata: object) -> arn.Arn | None:
    """The ARN of the resource that this metadata describes; None if the document is something else."""
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("arn"), str):
        return None
    return arn.parse(metadata["arn"])


def reader_of(resource: arn.Arn) -> Callable[[Collection, Resource], None] | None:
    """The function that reads resources of that kind; None for kinds that have nothing to do with AWS KMS."""
    kind = resource.resource.split("/", 1)[0]
    return _READERS.get((resource.service, kind))


def _key(collection: Collection, resource: Resource) -> None:
    key = collection.keys.shown(resource.text, resource.metadata)
    policy = resource.files.get("policy")
    if policy is not None:
        key.policy = policy.document()
    tags = resource.files.get("tags")
    if tags is not None:
        key.tags = (_tags(tags), tags)


def _principal(collection: Collection, resource: Resource) -> None:
    kind = _IDENTITIES[resource.arn.resource.split("/", 1)[0]]
    found = collection.identities.shown(kind, resource.text, resource.metadata)
    found.whole |= {"inline", "attached", "groups", "tags", "boundary"}
    # iam-collect writes all of IAM, or nothing of it.
    collection.identities.mark_complete(resource.arn.account)
    found.id = resource.metadata.text("id") or found.id
    boundary = resource.metadata.text("permissionBoundary")
    if boundary is not None:
        found.boundary = (boundary, resource.metadata)
    tags = resource.files.get("tags")
    found.tags = (_tags(tags), tags) if tags is not None else ({}, resource.metadata)
    trust = resource.files.get("trust-policy")
    found.trust = trust.document() if trust is not None else found.trust
    found.inline = dict(_inline(resource.files.get("inline-policies")))
    found.attached = {text: (text.rsplit("/", 1)[-1], shown) for text, shown in _texts(resource, "managed-policies")}
    found.groups = {text.rsplit("/", 1)[-1]: shown for text, shown in _texts(resource, "groups")}


def _inline(shown: Shown | None) -> list[tuple[str, Shown | None]]:
    if shown is None:
        return []
    found: list[tuple[str, Shown | None]] = []
    for entry in shown.entries():
        document = entry.member("PolicyDocument")
        found.append((entry.needed("PolicyName"), document.document() if document is not None else None))
    return found


def _managed(collection: Collection, resource: Resource) -> None:
    policy = collection.identities.managed.setdefault(resource.text, ManagedPolicy(resource.text))
    version = resource.metadata.text("defaultVersionId") or policy.default or "v1"
    document = resource.files.get("current-policy") or resource.files.get("policy")
    policy.default = version
    if document is not None:
        policy.versions[version] = document.document()


def _organization(collection: Collection, resource: Resource) -> None:
    tree, metadata = collection.tree, resource.metadata
    described = {"Id": metadata.needed("id"), "MasterAccountId": metadata.text("rootAccountId")}
    tree.organization = Shown(described, metadata.place, metadata.names)
    features = metadata.member("features")
    if features is not None and isinstance(features.value, Mapping):
        tree.types = frozenset(str(name) for name, enabled in features.value.items() if enabled is True)
    accounts, units = resource.files.get("accounts"), resource.files.get("ous")
    tree.whole = accounts is not None
    for listed, parent in ((accounts, "ou"), (units, "parent")):
        for target, entry in listed.members() if listed is not None else ():
            if listed is accounts:
                tree.accounts[target] = entry
            if (above := entry.text(parent)) is not None:
                tree.parents[target] = above
            for kind, field in _POLICY_TYPES:
                tree.shown_at.add((target, kind))
                for text, shown in _texts_of(entry, field):
                    tree.named(text.rsplit("/", 1)[-1], kind).targets[target] = shown
    if accounts is not None and units is not None:
        tree.listed |= {kind for kind, _field in _POLICY_TYPES}


def _organization_policy(collection: Collection, resource: Resource) -> None:
    _policy, *_organization, kind, policy_id = resource.arn.resource.split("/")
    found = collection.tree.named(policy_id, kind.upper())
    found.name = resource.metadata.text("name") or found.name
    found.whole = True
    content = resource.files.get("policy")
    if content is not None:
        found.content = content.document()


def _endpoint(collection: Collection, resource: Resource) -> None:
    metadata = resource.metadata
    service = metadata.text("serviceName")
    if service is not None and not service.endswith((".kms", ".kms-fips")):
        return
    if service is None and metadata.text("type") == "Gateway":
        return
    name = resource.arn.resource.split("/", 1)[1]
    policy = resource.files.get("endpoint-policy") or resource.files.get("policy")
    unknown = Unknown(
        "iam-collect has no policy of the endpoint", f"{name}.policy", "save `aws ec2 describe-vpc-endpoints`"
    )
    entry: dict[str, object] = {"PolicyDocument": policy.value if policy is not None else unknown}
    if (vpc := metadata.text("vpc")) is not None:
        entry["VpcId"] = vpc.rsplit("/", 1)[-1]
    entry["OwnerId"] = resource.arn.account
    collection.endpoints[name] = Shown(entry, policy.place if policy is not None else metadata.place, metadata.names)


_POLICY_TYPES = (("SERVICE_CONTROL_POLICY", "scps"), ("RESOURCE_CONTROL_POLICY", "rcps"))
_IDENTITIES: Mapping[str, Kind] = {"user": "user", "role": "role", "group": "group"}
_READERS: Mapping[tuple[str, str], Callable[[Collection, Resource], None]] = {
    ("kms", "key"): _key,
    ("iam", "user"): _principal,
    ("iam", "role"): _principal,
    ("iam", "group"): _principal,
    ("iam", "policy"): _managed,
    ("organizations", "organization"): _organization,
    ("organizations", "policy"): _organization_policy,
    ("ec2", "vpc-endpoint"): _endpoint,
}


def _tags(shown: Shown) -> dict[str, str]:
    """Tags as a mapping by name."""
    return {name: tag.value if isinstance(tag.value, str) else "" for name, tag in shown.members()}


def _texts(resource: Resource, file: str) -> list[tuple[str, Shown]]:
    shown = resource.files.get(file)
    return _listed(shown) if shown is not None else []


def _texts_of(entry: Shown, field: str) -> list[tuple[str, Shown]]:
    found = entry.member(field)
    return _listed(found) if found is not None else []


def _listed(shown: Shown) -> list[tuple[str, Shown]]:
    if not isinstance(shown.value, list):
        raise InputError(Fault("expected a list", shown.place.location()))
    found = []
    for index, text in enumerate(shown.value):
        place = shown.place.at(index)
        if not isinstance(text, str):
            raise InputError(Fault("expected a string", place.location()))
        found.append((text, Shown(text, place, shown.names)))
    return found
