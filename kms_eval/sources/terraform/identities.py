"""Users, roles and groups of plans and states, and all the ways in which they are given policies.

Comes in: the resources of one side. Goes out: the sections `principals` and `groups` of a scenario.
Never here: keys, what policies say.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kms_eval.errors import Fault, InputError, quoted
from kms_eval.formats.document import Origin, Steps
from kms_eval.formats.unknown import Unknown
from kms_eval.language import arn
from kms_eval.sources.raw import Document, Exclusive, Raw, conditional_on
from kms_eval.sources.terraform.documents import Documents
from kms_eval.sources.terraform.naming import Naming
from kms_eval.sources.terraform.references import References
from kms_eval.sources.terraform.resources import AFTER_APPLY, Index, Resource
from kms_eval.sources.terraform.tags import tags_of

_KINDS: Final = ("role", "user", "group")
_NAMES: Final = ("id", "name")
_ELSEWHERE = "not in this plan or state"
_ADD = "add a source that has it: `-s ACCOUNT/` with the output of `kms-eval pull`"


class IamIdentity:
    """A user, role or group as the plan shows it. `resource` is None if other resources only name it.

    `exclusive` has the kinds of policies of which Terraform allows no others, each with the policies that stay and are
    only shown by other sources.
    """

    __slots__ = ("account", "boundary", "exclusive", "groups", "kind", "name", "policies", "resource")

    def __init__(self, kind: str, account: str, name: str, resource: Resource | None) -> None:
        self.kind = kind
        self.account = account
        self.name = name
        self.resource = resource
        self.policies: dict[str, Document] = {}
        self.groups: list[str] = []
        self.boundary: Document | None = None
        self.exclusive: dict[str, dict[str, Unknown]] = {}


class Identities:
    """The users, roles and groups of one side."""

    def __init__(self, index: Index, references: References, naming: Naming, documents: Documents) -> None:
        self._index = index
        self._references = references
        self._naming = naming
        self._documents = documents
        self._identities: dict[tuple[str, str, str], IamIdentity] = {}
        self._managed: dict[str, Document] = {}
        self._notices: list[str] = []
        self._read()

    def put(self, raw: Raw) -> None:
        """Write the sections `principals` and `groups`."""
        raw.managed.update(self._managed)
        raw.notices += self._notices
        for identity in self._identities.values():
            if identity.kind == "group":
                self._put(raw, identity, ("groups", self._group(identity)))
            else:
                self._put(raw, identity, ("principals", self._arn(identity)))

    def _group(self, identity: IamIdentity) -> str:
        """What a group is called in the section `groups`: its name in the plan's main account, its ARN elsewhere."""
        return identity.name if identity.account == self._naming.main_account else self._arn(identity)

    def _arn(self, identity: IamIdentity) -> str:
        if identity.resource is not None:
            return self._naming.iam_arn(identity.resource)
        return self._naming.arn_of(identity.kind, identity.name, identity.account)

    def _put(self, raw: Raw, identity: IamIdentity, steps: Steps) -> None:
        section, name = str(steps[0]), str(steps[1])
        entry: dict[str, object] = {}
        if identity.resource is not None:
            raw.put(section, name, entry, identity.resource.addressed())
        else:
            raw.put(section, name, entry)
            raw.gaps[*steps, "policies"] = Unknown(_ELSEWHERE, name, _ADD)
        policies = {each: document.value for each, document in identity.policies.items()}
        if identity.exclusive:
            policies = Exclusive(policies)
            policies.inline, policies.managed = identity.exclusive.get("inline"), identity.exclusive.get("managed")
        entry["policies"] = policies
        for each, document in identity.policies.items():
            document.put(raw.origins, (*steps, "policies", each))
        if identity.groups:
            entry["groups"] = list(dict.fromkeys(identity.groups))
        if identity.boundary is not None:
            entry["permissions_boundary"] = identity.boundary.value
            identity.boundary.put(raw.origins, (*steps, "permissions_boundary"))
        if identity.resource is not None and identity.kind != "group":
            tags = tags_of(identity.resource)
            if tags:
                entry["tags"] = tags
            unique = identity.resource.text("unique_id")
            if unique is not None:
                entry["id"] = unique

    def _read(self) -> None:
        for resource in self._index.of_type("aws_iam_role", "aws_iam_user", "aws_iam_group"):
            kind = resource.type.removeprefix("aws_iam_")
            account, name = self._naming.account(resource), self._naming.name(resource)
            other = self._identities.get((kind, account, name.lower()))
            if other is not None and other.resource is not None and _both_made(resource, other.resource):
                message = f"{quoted(name)} is the name of {other.resource.address} already"
                raise InputError(Fault(message, resource.addressed("name").location()))
            self._identities[kind, account, name.lower()] = IamIdentity(kind, account, name, resource)
        self._read_managed()
        for identity in list(self._identities.values()):
            if identity.resource is not None:
                self._own(identity, identity.resource)
        self._attachments()
        self._memberships()

    def _attachments(self) -> None:
        for kind in _KINDS:
            for resource in self._index.of_type(f"aws_iam_{kind}_policy"):
                for identity in self._named(resource, kind, kind):
                    self._inline(identity, resource)
                self._attach_to_candidates(resource, kind, kind, self._documents.policy(resource, "policy"))
            for resource in self._index.of_type(f"aws_iam_{kind}_policy_attachment"):
                for identity in self._named(resource, kind, kind):
                    self._attach(identity, resource, "policy_arn")
                self._attach_to_candidates(resource, kind, kind, self._attached(resource, "policy_arn"))
            self._exclusive(kind)
        for resource in self._index.of_type("aws_iam_policy_attachment"):
            for kind in _KINDS:
                for identity in self._named(resource, kind, f"{kind}s"):
                    self._attach(identity, resource, "policy_arn")
                self._attach_to_candidates(resource, kind, f"{kind}s", self._attached(resource, "policy_arn"))

    def _attach_to_candidates(self, resource: Resource, kind: str, name: str, document: Document | None) -> None:
        """A policy of an unknown user, role or group may be that of any whose name is not known yet either."""
        if document is None or not self._has_unresolved(resource, kind, name):
            return
        unknown = Unknown(AFTER_APPLY, resource.path(name), "apply first and plan again")
        self._notices.append(f"{resource.path(name)} is not known before apply: whose policy it is, cannot be told")
        for identity in self._identities.values():
            own = identity.resource
            if identity.kind == kind and own is not None and any(isinstance(own.get(each), Unknown) for each in _NAMES):
                value = conditional_on(document.value, unknown)
                identity.policies[resource.address] = Document(value, document.origin, document.parts)

    def _read_managed(self) -> None:
        for resource in self._index.of_type("aws_iam_policy"):
            document = self._documents.policy(resource, "policy")
            if document is not None:
                self._managed[self._naming.iam_arn(resource)] = document
        for resource in self._index.of_type("aws_iam_policy", mode="data"):
            document, known = self._documents.policy(resource, "policy"), resource.text("arn")
            if document is not None and known is not None:
                self._managed.setdefault(known, document)

    def _own(self, identity: IamIdentity, resource: Resource) -> None:
        """Add the policies and the permissions boundary that a role, user or group sets itself."""
        blocks = resource.get("inline_policy")
        for index in range(len(blocks) if isinstance(blocks, list) else 0):
            document = self._documents.policy(resource, "inline_policy", index, "policy")
            name = resource.text("inline_policy", index, "name") or f"inline_policy[{index}]"
            if document is not None:
                identity.policies[name] = Document(document.value, Origin(document.origin.place, name), document.parts)
        if isinstance(blocks, Unknown) and resource.configured("inline_policy"):
            identity.policies["inline_policy"] = self._unknown(resource, "inline_policy")
        self._attach_all(identity, resource, "managed_policy_arns")
        for name, of_kind in (("inline_policy", "inline"), ("managed_policy_arns", "managed")):
            # Where these are set, Terraform removes all other policies of that kind.
            if resource.configured(name) and resource.get(name) is not None:
                identity.exclusive.setdefault(of_kind, {})
        boundary = resource.get("permissions_boundary")
        if isinstance(boundary, Unknown) or (isinstance(boundary, str) and boundary):
            found = self._policy_arn(resource, "permissions_boundary")
            if found is None:
                identity.boundary = self._unknown(resource, "permissions_boundary")
            elif found:
                identity.boundary = self._of_arn(found, resource, "permissions_boundary")

    def _inline(self, identity: IamIdentity, resource: Resource) -> None:
        document = self._documents.policy(resource, "policy")
        if document is None:
            return
        name = self._naming.name(resource)
        identity.policies[name] = Document(document.value, document.origin, document.parts)

    def _attach(self, identity: IamIdentity, resource: Resource, *path: str | int) -> None:
        document = self._attached(resource, *path)
        if document is not None:
            identity.policies[self._policy_arn(resource, *path) or resource.path(*path)] = document

    def _attached(self, resource: Resource, *path: str | int) -> Document | None:
        """The managed policy that an attribute names; None if the attribute is not set."""
        found = self._policy_arn(resource, *path)
        if found is None:
            return self._unknown(resource, *path)
        return self._of_arn(found, resource, *path) if found else None

    def _attach_all(self, identity: IamIdentity, resource: Resource, name: str) -> None:
        arns = resource.get(name)
        if isinstance(arns, Unknown):
            if resource.configured(name) is not False and resource.expressions is not None:
                targets = self._references.of(resource, name)
                for target in targets:
                    if target.resource.type == "aws_iam_policy":
                        found = self._naming.iam_arn(target.resource)
                        identity.policies[found] = self._of_arn(found, resource, name)
                if not targets:
                    identity.policies[resource.path(name)] = self._unknown(resource, name)
            return
        for index in range(len(arns) if isinstance(arns, list) else 0):
            self._attach(identity, resource, name, index)

    def _exclusive(self, kind: str) -> None:
        """Apply the resources that remove all policies that they do not name.

        https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policies_exclusive
        """
        for resource in self._index.of_type(f"aws_iam_{kind}_policies_exclusive"):
            for identity in self._named(resource, kind, f"{kind}_name"):
                names = resource.get("policy_names")
                if isinstance(names, Unknown):
                    identity.policies[resource.path("policy_names")] = self._unknown(resource, "policy_names")
                identity.exclusive["inline"] = {
                    name: Unknown(_ELSEWHERE, f"{identity.name} {name}", _ADD)
                    for name in (names if isinstance(names, list) else ())
                    if isinstance(name, str) and name not in identity.policies
                }
        for resource in self._index.of_type(f"aws_iam_{kind}_policy_attachments_exclusive"):
            for identity in self._named(resource, kind, f"{kind}_name"):
                identity.exclusive["managed"] = {}
                self._attach_all(identity, resource, "policy_arns")

    def _memberships(self) -> None:
        for resource in self._index.of_type("aws_iam_user_group_membership"):
            for user in self._named(resource, "user", "user"):
                user.groups += [self._group(group) for group in self._named(resource, "group", "groups")]
        for resource in self._index.of_type("aws_iam_group_membership"):
            for group in self._named(resource, "group", "group"):
                for user in self._named(resource, "user", "users"):
                    user.groups.append(self._group(group))

    def _named(self, resource: Resource, kind: str, name: str) -> Iterator[IamIdentity]:
        """The users, roles or groups that an attribute names, or refers to where the names are not known yet."""
        entries = _entries(resource, name)
        for each in entries:
            if isinstance(each, str) and each:
                yield self._identity(kind, each, resource)
        if any(isinstance(each, Unknown) for each in entries):
            for found in self._targets(resource, kind, name):
                yield self._identity(kind, self._naming.name(found), found)

    def _targets(self, resource: Resource, kind: str, name: str) -> list[Resource]:
        """The users, roles or groups that an attribute refers to."""
        found = (target.resource for target in self._references.of(resource, name))
        return [each for each in found if each.type == f"aws_iam_{kind}" and each.mode == "managed"]

    def _has_unresolved(self, resource: Resource, kind: str, name: str) -> bool:
        """Whether an attribute has an entry that neither a known name nor a reference identifies."""
        missing = sum(isinstance(each, Unknown) for each in _entries(resource, name))
        if resource.configured(name) is False:
            return False
        entire = isinstance(resource.get(name), Unknown)
        resolved = len(self._targets(resource, kind, name)) if missing else 0
        return resolved == 0 and missing > 0 if entire else resolved < missing

    def _identity(self, kind: str, name: str, resource: Resource) -> IamIdentity:
        # A Terraform resource may also name a role by its ARN or with its path.
        name = name.rsplit("/", 1)[-1]
        account = self._naming.account(resource)
        key = (kind, account, name.lower())
        if key not in self._identities:
            self._identities[key] = IamIdentity(kind, account, name, None)
        return self._identities[key]

    def _policy_arn(self, resource: Resource, *path: str | int) -> str | None:
        """The ARN of a managed policy; empty if the attribute is not set, None if the ARN is not known."""
        value = resource.get(*path)
        if isinstance(value, str):
            return value
        if not isinstance(value, Unknown):
            return ""
        if resource.configured(str(path[0])) is False:
            return ""
        target = self._references.one(resource, str(path[0]))
        if target is not None and target.resource.type == "aws_iam_policy":
            return self._naming.iam_arn(target.resource)
        return None

    def _of_arn(self, text: str, resource: Resource, *path: str | int) -> Document:
        known = self._managed.get(text)
        parts = arn.parse(text)
        name = parts.resource.rsplit("/", 1)[-1] if parts is not None else text
        if known is not None:
            return Document(known.value, Origin(known.origin.place, name), known.parts)
        return Document(Unknown(_ELSEWHERE, text, _ADD), Origin(resource.addressed(*path), name))

    @staticmethod
    def _unknown(resource: Resource, *path: str | int) -> Document:
        value = Unknown(AFTER_APPLY, resource.path(*path), "apply first and plan again")
        return Document(value, Origin(resource.addressed(*path), resource.path(*path)))


def _both_made(*resources: Resource) -> bool:
    """Whether all of them are managed after the plan: a resource that it forgets may be one that it makes again."""
    return all(each.place.steps[-1:] == ("after",) for each in resources)


def _entries(resource: Resource, name: str) -> list[object]:
    """The entries of a list, or a single value as the only entry."""
    value = resource.get(name)
    return [resource.get(name, index) for index in range(len(value))] if isinstance(value, list) else [value]
