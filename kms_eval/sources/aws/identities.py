"""What IAM answers about users, groups and roles and their policies, put together by ARN.

Comes in: responses. Goes out: tables of `PrincipalFacts`, and of managed policies. Never here: the structure of
scenarios. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from kms_eval.errors import Fault, InputError
from kms_eval.language import arn
from kms_eval.sources.aws.shown import Shown

Kind = Literal["user", "role", "group"]


class PrincipalFacts:
    """All that responses show about a user, a role or a group.

    `whole` names what was shown completely: ``inline``, ``attached``, ``groups``, ``tags``, ``boundary``.
    `next_tokens` has the token with which an incomplete list continues.
    """

    __slots__ = ("arn", "attached", "boundary", "groups", "id", "inline", "kind", "name", "next_tokens", "place",
                 "tags", "trust", "whole")  # fmt: skip

    def __init__(self, kind: Kind, name: str, principal_arn: str, shown: Shown) -> None:
        self.kind = kind
        self.name = name
        self.arn = principal_arn
        self.place = shown.place
        self.id: str | None = None
        self.inline: dict[str, Shown | None] = {}
        self.attached: dict[str, tuple[str, Shown]] = {}
        self.groups: dict[str, Shown] = {}
        self.boundary: tuple[str, Shown] | None = None
        self.tags: tuple[dict[str, str], Shown] | None = None
        self.trust: Shown | None = None
        self.whole: set[str] = set()
        self.next_tokens: dict[str, str] = {}


class ManagedPolicy:
    """A managed policy: its documents by version, and which version is the default one."""

    __slots__ = ("arn", "default", "versions")

    def __init__(self, policy_arn: str) -> None:
        self.arn = policy_arn
        self.default: str | None = None
        self.versions: dict[str, Shown] = {}

    @property
    def document(self) -> Shown | None:
        """The document in force; None where it is not shown."""
        return self.versions.get(self.default) if self.default is not None else None


class Identities:
    """The users, groups, roles and managed policies of all responses that were taken."""

    def __init__(self) -> None:
        self.table: dict[str, PrincipalFacts] = {}
        self.managed: dict[str, ManagedPolicy] = {}
        self.next_tokens: dict[tuple[str, str], str] = {}
        """The token with which an incomplete list of an account continues, by account and operation."""
        self._listed: set[tuple[str | None, Kind]] = set()
        self._names: dict[tuple[Kind, str], list[PrincipalFacts]] = {}

    def details(self, response: Shown) -> None:
        """GetAccountAuthorizationDetails."""
        account: str | None = None
        for policy in response.items("Policies"):
            self._policy(policy)
        for kind, section in (("group", "GroupDetailList"), ("role", "RoleDetailList"), ("user", "UserDetailList")):
            for entry in response.items(section):
                found = self._described(kind, entry)  # type: ignore[arg-type]  # the literals of the line above
                account = found.arn.split(":")[4]
                title = kind.capitalize()
                self._inline(found, entry, f"{title}PolicyList")
                self._attached(found, entry, "AttachedManagedPolicies")
                found.whole |= {"inline", "attached", "groups", "tags", "boundary"}
                found.groups = {name: Shown(name, place) for name, place in entry.texts("GroupList")}
                found.tags = (entry.tags("Tags", "Key", "Value"), entry)
        token = response.next_token()
        account = account or response.account()
        if token is None:
            self._listed |= {(account, "user"), (account, "role")}
        self._record_token(account, "GetAccountAuthorizationDetails", token)

    def described(self, response: Shown, kind: Kind) -> None:
        """GetRole, GetUser, and GetGroup, which has the users of the group as well."""
        entry = response.member(kind.capitalize())
        assert entry is not None  # noqa: S101 - INVARIANT: by this member the response was recognised
        found = self._described(kind, entry)
        found.whole |= {"boundary", "tags"}
        found.tags = (entry.tags("Tags", "Key", "Value"), entry)
        for user in response.items("Users"):
            self._described("user", user).groups[found.name] = user

    def listed(self, response: Shown, kind: Kind) -> None:
        """ListRoles, ListUsers and ListGroups, which have neither policies nor tags nor permissions boundaries."""
        account = response.account()
        for entry in response.items(f"{kind.capitalize()}s"):
            account = self._described(kind, entry).arn.split(":")[4]
        token = response.next_token()
        if token is None:
            self._listed.add((account, kind))
        self._record_token(account, f"List{kind.capitalize()}s", token)

    def _record_token(self, account: str | None, operation: str, token: str | None) -> None:
        if account is not None and token is not None:
            self.next_tokens[account, operation] = token
        elif account is not None:
            self.next_tokens.pop((account, operation), None)

    def mark_complete(self, account: str) -> None:
        """Record that all users and roles of the account are shown."""
        self._listed |= {(account, "user"), (account, "role")}

    def is_complete(self, account: str) -> bool:
        """Whether all users and roles of the account are shown; a list without an account may be that of this one."""
        return all((account, kind) in self._listed or (None, kind) in self._listed for kind in ("user", "role"))

    def is_of_user(self, response: Shown) -> bool:
        """Whether the file of a response is named after a user."""
        name = response.names[-1] if response.names else "list-groups"
        return "list-groups" not in name and any(_ends_in(name, each.arn) for each in self.of_kind("user"))

    def groups_of_user(self, response: Shown) -> None:
        """ListGroupsForUser."""
        user = self._named("user", response)
        for entry in response.items("Groups"):
            user.groups[self._described("group", entry).name] = entry
        self._ends(user, "groups", response)

    def inline(self, response: Shown, kind: Kind) -> None:
        """GetRolePolicy, GetUserPolicy and GetGroupPolicy."""
        name = response.needed(f"{kind.capitalize()}Name")
        document = response.member("PolicyDocument")
        found = self._called(kind, name, response)
        found.inline[response.needed("PolicyName")] = document.document() if document is not None else None

    def inline_names(self, response: Shown) -> None:
        """ListRolePolicies, ListUserPolicies and ListGroupPolicies."""
        found = self._owner(response)
        for name, _place in response.texts("PolicyNames"):
            found.inline.setdefault(name, None)
        self._ends(found, "inline", response)

    def attached(self, response: Shown) -> None:
        """ListAttachedRolePolicies, ListAttachedUserPolicies and ListAttachedGroupPolicies."""
        found = self._owner(response)
        self._attached(found, response, "AttachedPolicies")
        self._ends(found, "attached", response)

    def tags(self, response: Shown) -> None:
        """ListRoleTags and ListUserTags."""
        found = self._owner(response)
        before = found.tags[0] if found.tags is not None and "tags" in found.next_tokens else {}
        found.tags = ({**before, **response.tags("Tags", "Key", "Value")}, response)
        self._ends(found, "tags", response)

    def policy(self, response: Shown) -> None:
        """GetPolicy."""
        entry = response.member("Policy")
        assert entry is not None  # noqa: S101 - INVARIANT: by this member the response was recognised
        self._policy(entry)

    def policies(self, response: Shown) -> None:
        """ListPolicies."""
        for entry in response.items("Policies"):
            self._policy(entry)

    def version(self, response: Shown) -> None:
        """GetPolicyVersion, which does not name its policy: the name of its file or folder does."""
        entry = response.member("PolicyVersion")
        assert entry is not None  # noqa: S101 - INVARIANT: by this member the response was recognised
        self._version(self._policy_named(response), entry)

    def of_kind(self, *kinds: Kind) -> Iterator[PrincipalFacts]:
        """The users, roles or groups, in the order in which they were shown."""
        return (each for each in self.table.values() if each.kind in kinds)

    def shown(self, kind: Kind, text: str, entry: Shown) -> PrincipalFacts:
        """The user, role or group with that ARN, which `entry` is about. Raises InputError."""
        found = self.table.get(text)
        if found is not None:
            return found
        parts = arn.parse(text)
        if parts is None or parts.service != "iam" or not parts.resource.startswith(f"{kind}/"):
            raise InputError(Fault(f"`{text}` is not the ARN of a {kind}", entry.place.location()))
        found = self.table[text] = PrincipalFacts(kind, parts.resource.rsplit("/", 1)[1], text, entry)
        self._names.setdefault((kind, found.name.lower()), []).append(found)
        return found

    def _described(self, kind: Kind, entry: Shown) -> PrincipalFacts:
        found = self.shown(kind, entry.needed("Arn"), entry)
        found.id = entry.text(f"{kind.capitalize()}Id") or found.id
        found.trust = entry.member("AssumeRolePolicyDocument") or found.trust
        boundary = entry.member("PermissionsBoundary")
        if boundary is not None and (text := boundary.text("PermissionsBoundaryArn") or ""):
            found.boundary = (text, boundary)
            found.whole.add("boundary")
        return found

    @staticmethod
    def _document(entry: Shown, name: str) -> Shown | None:
        found = entry.member(name)
        return found.document() if found is not None else None

    def _inline(self, found: PrincipalFacts, entry: Shown, section: str) -> None:
        found.inline = {
            policy.needed("PolicyName"): self._document(policy, "PolicyDocument") for policy in entry.items(section)
        }

    @staticmethod
    def _attached(found: PrincipalFacts, entry: Shown, section: str) -> None:
        if "attached" not in found.next_tokens:
            found.attached = {}
        for policy in entry.items(section):
            text = policy.needed("PolicyArn")
            found.attached[text] = (policy.text("PolicyName") or text.rsplit("/", 1)[-1], policy)

    @staticmethod
    def _ends(found: PrincipalFacts, what: str, response: Shown) -> None:
        token = response.next_token()
        if token is None:
            found.whole.add(what)
            found.next_tokens.pop(what, None)
        else:
            found.next_tokens[what] = token

    def _policy(self, entry: Shown) -> None:
        found = self.managed.setdefault(entry.needed("Arn"), ManagedPolicy(entry.needed("Arn")))
        found.default = entry.text("DefaultVersionId") or found.default
        for version in entry.items("PolicyVersionList"):
            self._version(found, version)

    def _version(self, found: ManagedPolicy, entry: Shown) -> None:
        version = entry.text("VersionId") or found.default or "v1"
        document = self._document(entry, "Document")
        if document is not None:
            found.versions[version] = document
        is_default = entry.member("IsDefaultVersion")
        if found.default is None and (is_default is None or is_default.value is True):
            found.default = version

    def _policy_named(self, response: Shown) -> ManagedPolicy:
        """The managed policy that a file or folder is named after, by its ARN or by its name."""
        for name in reversed(response.names):
            plain = name.replace("_", "/")
            best = max(
                (each for each in self.managed.values() if _ends_in(plain, each.arn) or _ends_in(name, each.arn)),
                key=lambda each: len(each.arn.rsplit("/", 1)[1]),
                default=None,
            )
            if best is not None:
                return best
        advice = "put the name of the policy into the name of the file or of its folder, and save list-policies too"
        raise InputError(Fault("does not say of which policy it is", response.place.location(), advice))

    def _owner(self, response: Shown) -> PrincipalFacts:
        """The user, role or group that a file or folder is named after."""
        account = response.account()
        for name in reversed(response.names):
            best: PrincipalFacts | None = None
            for each in self.table.values():
                if account is not None and f":{account}:" not in each.arn:
                    continue
                if _ends_in(name, each.arn) and (best is None or len(each.name) > len(best.name)):
                    best = each
            if best is not None:
                return best
        advice = "put the name of the user, role or group into the name of the file or of its folder"
        raise InputError(Fault("does not say whose it is", response.place.location(), advice))

    def _named(self, kind: Kind, response: Shown) -> PrincipalFacts:
        found = self._owner(response)
        if found.kind != kind:
            raise InputError(Fault(f"does not say of which {kind} it is", response.place.location()))
        return found

    def _called(self, kind: Kind, name: str, response: Shown) -> PrincipalFacts:
        known = self._names.get((kind, name.lower()), [])
        account = response.account()
        fitting = [each for each in known if account is None or f":{account}:" in each.arn]
        if len(fitting) == 1:
            return fitting[0]
        if account is None or fitting:
            advice = f"save `aws iam get-{kind}` too, or put it into a folder named after the account"
            raise InputError(Fault(f"nothing says in which account `{name}` is", response.place.location(), advice))
        made = PrincipalFacts(kind, name, f"arn:aws:iam::{account}:{kind}/{name}", response)
        self.table[made.arn] = made
        self._names.setdefault((kind, name.lower()), []).append(made)
        return made


def _ends_in(name: str, principal_arn: str) -> bool:
    """Whether a file or folder is named after something: its name, or a longer text that has it as a part."""
    last = principal_arn.rsplit("/", 1)[1].lower()
    text = name.lower()
    if text == last:
        return True
    start = text.find(last)
    while start >= 0:
        before = text[start - 1] if start else "."
        after = text[start + len(last)] if start + len(last) < len(text) else "."
        if before in ".:/_ -" and after in ".:/_ -":
            return True
        start = text.find(last, start + 1)
    return False
