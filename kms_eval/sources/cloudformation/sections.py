"""The sections of a scenario from the resources of a stack: keys, principals, groups, endpoints.

Comes in: resources with evaluated properties. Goes out: entries of a `Raw`. Never here: functions, names.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_KMS.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kms_eval.documents.wrapping import looks_like_document
from kms_eval.errors import Fault, InputError
from kms_eval.formats.document import Origin, Steps
from kms_eval.formats.unknown import Unknown
from kms_eval.language import arn
from kms_eval.sources.attachments import FIELDS
from kms_eval.sources.cloudformation.lists import Kept
from kms_eval.sources.cloudformation.stack import KEY_TYPES, Resource
from kms_eval.sources.raw import Attached, Document, Raw, conditional_on

_ELSEWHERE: Final = "not in this template"
_ADD: Final = "add a source that has it: `-s ACCOUNT/` with the output of `kms-eval pull`"
_KMS: Final = (".kms", ".kms-fips")
_INLINE: Final = {
    "AWS::IAM::RolePolicy": ("role", "RoleName"),
    "AWS::IAM::UserPolicy": ("user", "UserName"),
    "AWS::IAM::GroupPolicy": ("group", "GroupName"),
}
_OWNERS: Final = (("role", "Roles"), ("user", "Users"), ("group", "Groups"))
_KINDS: Final = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}


def put_keys(raw: Raw, resources: list[Resource]) -> None:
    """Put in keys with their policies, tags and aliases."""
    handles: dict[str, str] = {}
    for resource in resources:
        if resource.type not in KEY_TYPES:
            continue
        logical = resource.logical
        handles[resource.stack.key_id(logical)] = handles[resource.stack.key_arn(logical)] = resource.id
        raw.put("keys", resource.id, _key(resource, logical), resource.place)
        document = _document(resource.get("KeyPolicy"), Origin(resource.place.at("KeyPolicy"), resource.id))
        if document.value is None:
            origin = Origin(resource.place, f"default key policy of {resource.id}")
            document = Document(_default_policy(resource), origin)
        raw.section("keys")[resource.id]["policy"] = document.value  # type: ignore[index]  # made by `put`
        document.put(raw.origins, ("keys", resource.id, "policy"))
    for resource in resources:
        if resource.type == "AWS::KMS::Alias":
            _alias(raw, resource, handles)


def _key(resource: Resource, logical: str) -> dict[str, object]:
    stack = resource.stack
    entry: dict[str, object] = {"key_id": stack.key_id(logical), "account": stack.account, "region": stack.region}
    for name, field in (("KeySpec", "spec"), ("KeyUsage", "usage"), ("Origin", "origin")):
        text = resource.text(name)
        if text is not None:
            entry[field] = text
    replica = resource.type == "AWS::KMS::ReplicaKey"
    if replica or "MultiRegion" in resource.properties:
        entry["multi_region"] = replica or str(resource.get("MultiRegion")).lower() == "true"
    if replica:
        parts = arn.parse(resource.text("PrimaryKeyArn") or "")
        if parts is not None:
            entry["primary_region"] = parts.region
    if str(resource.get("Enabled")).lower() == "false":
        entry["state"] = "Disabled"
    tags = _tags(resource)
    if tags:
        entry["tags"] = tags
    return entry


def _default_policy(resource: Resource) -> dict[str, object]:
    """The default key policy, for a key that is made without one.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    root = f"arn:{resource.stack.partition}:iam::{resource.stack.account}:root"
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}


def _said(resource: Resource, name: str, origin: Origin) -> Document:
    """The policy that a resource has; if it is unknown whether the resource is made, its statements depend on that."""
    document = _document(resource.get(name), origin)
    if resource.conditional_on is None:
        return document
    return Document(conditional_on(document.value, resource.conditional_on), document.origin, document.parts)


def _document(policy: object, origin: Origin) -> Document:
    """A policy without its Id and Sids where these are unknown, as they do not affect any decision.

    Raises InputError for a text that is not a policy; in a template it cannot be the path of a file.
    """
    if isinstance(policy, str) and not looks_like_document(policy):
        place = origin.place.location()
        raise InputError(Fault("is no policy: expected an object, or the text of one", place))
    if not isinstance(policy, Mapping):
        return Document(policy, origin)
    found = {name: value for name, value in policy.items() if name != "Id" or not isinstance(value, Unknown)}
    statements = found.get("Statement")
    parts: dict[Steps, Origin] = {}
    if isinstance(statements, list):
        found["Statement"] = [
            {name: value for name, value in each.items() if name != "Sid" or not isinstance(value, Unknown)}
            if isinstance(each, Mapping)
            else each
            for each in statements
        ]
        written = enumerate(statements.positions if isinstance(statements, Kept) else ())
        parts = {("Statement", index): Origin(origin.place.at("Statement", there)) for index, there in written}
    return Document(found, origin, parts)


def _tags(resource: Resource) -> dict[str, str] | Unknown:
    found: dict[str, str] = {}
    written = resource.get("Tags")
    if isinstance(written, Unknown):
        return written
    for tag in written if isinstance(written, list) else ():
        if isinstance(tag, Unknown):
            return tag
        if not isinstance(tag, Mapping):
            continue
        name, value = tag.get("Key"), tag.get("Value", "")
        for each in (name, value):
            if isinstance(each, Unknown):
                return each
        found[str(name)] = str(value)
    return found


def _alias(raw: Raw, resource: Resource, handles: Mapping[str, str]) -> None:
    target = resource.get("TargetKeyId")
    if not isinstance(target, str):
        raw.notices.append(f"{resource.id} is left out: of which key it is, is not known")
        return
    handle = handles.get(target)
    if handle is None:
        handle = target.rsplit("/", 1)[-1]
        entry: dict[str, object] = {"arn": target}
        if arn.parse(target) is None:
            entry = {"key_id": target, "account": resource.stack.account, "region": resource.stack.region}
        if handle not in raw.section("keys"):
            raw.put("keys", handle, entry, resource.place)
            raw.gaps["keys", handle, "policy"] = Unknown(_ELSEWHERE, f"the key policy of {handle}", _ADD)
    found = raw.section("keys")[handle]
    assert isinstance(found, dict)  # noqa: S101 - INVARIANT: `put` made it
    name = resource.get("AliasName")
    if isinstance(name, Unknown):
        found["aliases"] = name
    elif isinstance(found.setdefault("aliases", {}), dict):
        found["aliases"][str(name)] = True
        if resource.conditional_on is not None:
            # The key can be asked about by this name, though it is unknown whether it has the alias.
            found["aliases"][f"perhaps {name}"] = resource.conditional_on
        raw.origins.put(("keys", handle, "aliases", str(name)), Origin(resource.place, resource.id))


class IamIdentities:
    """The principals and groups of a stack."""

    def __init__(self, raw: Raw, resources: list[Resource]) -> None:
        self._raw = raw
        self._names: dict[tuple[str, str], Steps] = {}
        self._managed: dict[str, Document] = {}
        for resource in resources:
            self._declare(resource)
        for resource in resources:
            if resource.type in _KINDS:
                self._own(resource)
            self._attach(resource)

    def _declare(self, resource: Resource) -> None:
        logical = resource.logical
        if resource.type == "AWS::IAM::ManagedPolicy":
            origin = Origin(resource.place.at("PolicyDocument"), resource.stack.name(logical))
            document = _said(resource, "PolicyDocument", origin)
            self._managed[resource.stack.arn(logical)] = self._raw.managed[resource.stack.arn(logical)] = document
        kind = _KINDS.get(resource.type)
        if kind is None:
            return
        name = resource.stack.name(logical)
        steps: Steps = ("groups", name) if kind == "group" else ("principals", resource.stack.arn(logical))
        self._names[kind, name.lower()] = steps
        self._raw.put(str(steps[0]), str(steps[1]), {"policies": {}}, resource.place)

    def _own(self, resource: Resource) -> None:
        kind = _KINDS[resource.type]
        steps = self._names[kind, resource.stack.name(resource.logical).lower()]
        entry = self._entry(steps)
        self._inline(resource, steps)
        for index, text in enumerate(_entries(resource.get("ManagedPolicyArns"))):
            self._by_arn(steps, text, resource, f"ManagedPolicyArns[{index}]")
        if kind == "group":
            return
        boundary = resource.get("PermissionsBoundary")
        if boundary is not None:
            document = self._managed_policy(boundary, resource, "PermissionsBoundary")
            entry["permissions_boundary"] = document.value
            document.put(self._raw.origins, (*steps, "permissions_boundary"))
        tags = _tags(resource)
        if tags:
            entry["tags"] = tags
        for group in _entries(resource.get("Groups")):
            if isinstance(group, str):
                self._join(steps, group)

    def _inline(self, resource: Resource, steps: Steps) -> None:
        written = resource.get("Policies")
        if isinstance(written, Unknown):
            self._policy(steps, f"{resource.id}.Policies", Document(written, Origin(resource.place, resource.id)))
        for index, each in enumerate(written if isinstance(written, list) else ()):
            where = Origin(resource.place.at("Policies", index))
            if isinstance(each, Unknown):
                self._policy(steps, f"{resource.id}.Policies[{index}]", Document(each, where))
            elif isinstance(each, Mapping):
                name = str(each.get("PolicyName") or f"{resource.id}.Policies[{index}]")
                if isinstance(each.get("PolicyName"), Unknown):
                    name = f"{resource.id}.Policies[{index}]"
                place = resource.place.at("Policies", index, "PolicyDocument")
                self._policy(steps, name, _document(each.get("PolicyDocument"), Origin(place, name)))

    def _attach(self, resource: Resource) -> None:
        name = resource.text("PolicyName") or resource.id
        origin = Origin(resource.place.at("PolicyDocument"), name)
        inline = _INLINE.get(resource.type)
        if inline is not None:
            for owner in _entries(resource.get(inline[1])):
                self._give(inline[0], owner, name, resource, _said(resource, "PolicyDocument", origin))
        elif resource.type == "AWS::IAM::Policy":
            for kind, owner in _owners(resource):
                self._give(kind, owner, name, resource, _said(resource, "PolicyDocument", origin))
        elif resource.type == "AWS::IAM::ManagedPolicy":
            own = resource.stack.arn(resource.logical)
            for kind, owner in _owners(resource):
                self._give(kind, owner, own, resource, self._managed[own])
        elif resource.type == "AWS::IAM::UserToGroupAddition":
            self._add_users(resource)

    def _give(self, kind: str, owner: object, name: str, resource: Resource, document: Document) -> None:
        """Give a policy to a user, role or group; if it is unknown to whom, perhaps to anyone of that kind."""
        if not isinstance(owner, Unknown):
            self._policy(self._owner(kind, owner, resource), name, document)
            return
        self._raw.notices.append(f"{resource.id} hangs on a {kind} that is not known: {owner.address}")
        maybe = Document(conditional_on(document.value, owner), document.origin, document.parts)
        for (each, _name), steps in self._names.items():
            if each == kind and name not in _mapping(self._entry(steps)["policies"]):
                self._policy(steps, name, maybe)

    def _add_users(self, resource: Resource) -> None:
        group = resource.text("GroupName")
        for user in _entries(resource.get("Users")):
            steps = self._owner("user", user, resource)
            if group is not None and steps is not None:
                self._join(steps, group)

    def _owner(self, kind: str, name: object, resource: Resource) -> Steps | None:
        """The steps to the entry of a user, role or group, which is added if the template does not make it."""
        if not isinstance(name, str):
            address = name.address if isinstance(name, Unknown) else ""
            self._raw.notices.append(f"{resource.id} is left out for one of its {kind}s: {address} is not known")
            return None
        known = self._names.get((kind, name.lower()))
        if known is not None:
            return known
        stack = resource.stack
        principal = f"arn:{stack.partition}:iam::{stack.account}:{kind}/{name}"
        steps: Steps = ("groups", name) if kind == "group" else ("principals", principal)
        self._names[kind, name.lower()] = steps
        self._raw.put(str(steps[0]), str(steps[1]), {"policies": {}})
        self._raw.gaps[*steps, "policies"] = Unknown(_ELSEWHERE, str(steps[1]), _ADD)
        return steps

    def _entry(self, steps: Steps) -> dict[str, object]:
        found = self._raw.section(str(steps[0]))[str(steps[1])]
        assert isinstance(found, dict)  # noqa: S101 - INVARIANT: `put` made it
        return found

    def _policy(self, steps: Steps | None, name: str, document: Document) -> None:
        if steps is None:
            return
        policies = self._entry(steps)["policies"]
        assert isinstance(policies, dict)  # noqa: S101 - INVARIANT: made with the entry
        policies[name] = document.value
        document.put(self._raw.origins, (*steps, "policies", name))

    def _by_arn(self, steps: Steps, text: object, resource: Resource, field: str) -> None:
        name = text if isinstance(text, str) else f"{resource.id}.{field}"
        self._policy(steps, name, self._managed_policy(text, resource, field))

    def _managed_policy(self, text: object, resource: Resource, field: str) -> Document:
        place = resource.place.at(field.partition("[")[0])
        if isinstance(text, Unknown):
            return Document(text, Origin(place, f"{resource.id}.{field}"))
        if str(text) in self._managed:
            return self._managed[str(text)]
        return Document(Unknown(_ELSEWHERE, str(text), _ADD), Origin(place, str(text).rsplit("/", 1)[-1]))

    def _join(self, steps: Steps, group: str) -> None:
        found = self._owner_of_group(group)
        groups = self._entry(steps).setdefault("groups", [])
        if isinstance(groups, list) and found not in groups:
            groups.append(found)

    def _owner_of_group(self, name: str) -> str:
        known = self._names.get(("group", name.lower()))
        if known is not None:
            return str(known[1])
        self._names["group", name.lower()] = ("groups", name)
        self._raw.put("groups", name, {"policies": {}})
        self._raw.gaps["groups", name, "policies"] = Unknown(_ELSEWHERE, name, _ADD)
        return name


def put_others(raw: Raw, resources: list[Resource]) -> None:
    """Put in endpoints, and policies of the organization by target, as no template says where accounts are."""
    for resource in resources:
        if resource.type == "AWS::Organizations::Policy":
            _attached(raw, resource)
        if resource.type != "AWS::EC2::VPCEndpoint" or not (resource.text("ServiceName") or "").endswith(_KMS):
            continue
        entry: dict[str, object] = {"account": resource.stack.account}
        if resource.text("VpcId") is not None:
            entry["vpc"] = resource.text("VpcId")
        raw.put("vpc_endpoints", resource.id, entry, resource.place)
        if resource.get("PolicyDocument") is not None:
            origin = Origin(resource.place.at("PolicyDocument"), resource.id)
            document = _document(resource.get("PolicyDocument"), origin)
            entry["policy"] = document.value
            document.put(raw.origins, ("vpc_endpoints", resource.id, "policy"))


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}


def _entries(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _owners(resource: Resource) -> Iterator[tuple[str, object]]:
    return ((kind, owner) for kind, field in _OWNERS for owner in _entries(resource.get(field)))


def _attached(raw: Raw, resource: Resource) -> None:
    """Put in a policy of the organization and what it is attached to.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-organizations-policy.html
    """
    field = FIELDS.get(resource.text("Type") or "")
    if field is None:
        return
    document = _said(resource, "Content", Origin(resource.place.at("Content"), resource.id))
    name = resource.text("Name") or resource.id
    raw.attachments[Attached(field, None, name)] = document
    targets = resource.get("TargetIds")
    for target in targets if isinstance(targets, list) else [targets]:
        if isinstance(target, str):
            raw.attachments[Attached(field, target, name)] = document
        elif isinstance(target, Unknown):
            raw.notices.append(f"{resource.id} is left out where it is attached to what is not known: {target.address}")
