"""Recognises which response a document is, by its members, and hands it to the table that takes it.

Comes in: plain values. Goes out: rows; all that was taken. Never here: what responses mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kms_eval.records import record
from kms_eval.sources.aws.identities import Identities
from kms_eval.sources.aws.keys import Keys
from kms_eval.sources.aws.organizations import Tree
from kms_eval.sources.aws.shown import KEY_ID, Shown


class Collection:
    """Everything that responses show, put together. `failed` are the calls that a snapshot says were refused."""

    def __init__(self) -> None:
        self.keys = Keys()
        self.identities = Identities()
        self.tree = Tree()
        self.endpoints: dict[str, Shown] = {}
        self.callers: dict[str, Shown] = {}
        self.failed: list[Shown] = []
        self.snapshot: Shown | None = None

    def take_endpoints(self, response: Shown) -> None:
        """DescribeVpcEndpoints; only those of AWS KMS."""
        for entry in response.items("VpcEndpoints"):
            service = entry.text("ServiceName") or ""
            if service.endswith((".kms", ".kms-fips")):
                self.endpoints[entry.needed("VpcEndpointId")] = entry

    def take_caller(self, response: Shown) -> None:
        """GetCallerIdentity."""
        self.callers[response.needed("Account")] = response

    def take_snapshot(self, response: Shown) -> None:
        """The record of a snapshot, with the calls that failed."""
        self.snapshot = response
        self.failed += response.items("failed")


@record
class Response:
    """One kind of response.

    `fits` is called with the members of an object. `late` ones are taken after all others, as only these say which key
    or role they belong to.
    """

    name: str
    fits: Callable[[Mapping[str, object]], bool]
    take: Callable[[Collection, Shown], None]
    late: bool = False


def _is(name: str, kind: type | tuple[type, ...], *inside: str) -> Callable[[Mapping[str, object]], bool]:
    """Tests for a member of that type; with names `inside`, one of them has to be in it, or in its first entry."""

    def fits(value: Mapping[str, object]) -> bool:
        found = value.get(name)
        if not isinstance(found, kind):
            return False
        first = found[0] if isinstance(found, list) and found else found
        return not inside or (isinstance(first, Mapping) and any(each in first for each in inside))

    return fits


def _both(first: str, second: str) -> Callable[[Mapping[str, object]], bool]:
    return lambda value: first in value and second in value


_DETAILS = ("UserDetailList", "GroupDetailList", "RoleDetailList")


def _grants(collection: Collection, shown: Shown) -> None:
    collection.keys.grants(shown, of_principal="retirable" in shown.names[-1] if shown.names else False)


def _groups(collection: Collection, shown: Shown) -> None:
    """ListGroups, or ListGroupsForUser if the file is named after that or after a user."""
    if shown.names and ("user" in shown.names[-1] or collection.identities.is_of_user(shown)):
        collection.identities.groups_of_user(shown)
    else:
        collection.identities.listed(shown, "group")


def _no_tags(collection: Collection, shown: Shown) -> None:
    """An empty list of tags is that of a key if the file is named after one, else that of a role or user."""
    if shown.names and KEY_ID.search(shown.names[-1]):
        collection.keys.tags(shown)
    elif shown.names and any(each in shown.names[-1] for each in ("role", "user")):
        collection.identities.tags(shown)
    elif collection.keys.named(shown) is not None:
        collection.keys.tags(shown)
    else:
        collection.identities.tags(shown)


def _policy_names(collection: Collection, shown: Shown) -> None:
    """ListKeyPolicies always has ``default``; IAM's lists have the names of inline policies."""
    if any(name == "default" for name, _place in shown.texts("PolicyNames")):
        collection.keys.policy_names(shown)
    else:
        collection.identities.inline_names(shown)


RESPONSES: tuple[Response, ...] = (
    Response("snapshot", _both("kms_eval_snapshot", "failed"), Collection.take_snapshot),
    Response("sts get-caller-identity", _both("UserId", "Account"), Collection.take_caller),
    Response("kms describe-key", _is("KeyMetadata", dict), lambda all_, shown: all_.keys.metadata(shown)),
    Response("kms list-keys", _is("Keys", list), lambda all_, shown: all_.keys.list(shown)),
    Response("kms list-aliases", _is("Aliases", list), lambda all_, shown: all_.keys.aliases(shown)),
    Response("kms list-grants", _is("Grants", list), _grants, late=True),
    Response(
        "kms list-resource-tags", _is("Tags", list, "TagKey"), lambda all_, shown: all_.keys.tags(shown), late=True
    ),
    Response(
        "iam get-account-authorization-details",
        lambda value: any(isinstance(value.get(name), list) for name in _DETAILS),
        lambda all_, shown: all_.identities.details(shown),
    ),
    Response("iam get-role", _is("Role", dict, "Arn"), lambda all_, shown: all_.identities.described(shown, "role")),
    Response("iam get-user", _is("User", dict, "Arn"), lambda all_, shown: all_.identities.described(shown, "user")),
    Response("iam get-group", _is("Group", dict, "Arn"), lambda all_, shown: all_.identities.described(shown, "group")),
    Response("iam list-roles", _is("Roles", list), lambda all_, shown: all_.identities.listed(shown, "role")),
    Response("iam list-users", _is("Users", list), lambda all_, shown: all_.identities.listed(shown, "user")),
    Response("iam list-groups", _is("Groups", list), _groups, late=True),
    Response(
        "iam get-role-policy",
        _both("RoleName", "PolicyDocument"),
        lambda all_, shown: all_.identities.inline(shown, "role"),
        late=True,
    ),
    Response(
        "iam get-user-policy",
        _both("UserName", "PolicyDocument"),
        lambda all_, shown: all_.identities.inline(shown, "user"),
        late=True,
    ),
    Response(
        "iam get-group-policy",
        _both("GroupName", "PolicyDocument"),
        lambda all_, shown: all_.identities.inline(shown, "group"),
        late=True,
    ),
    Response(
        "iam list-attached-policies",
        _is("AttachedPolicies", list),
        lambda all_, shown: all_.identities.attached(shown),
        late=True,
    ),
    Response("policy names", _is("PolicyNames", list), _policy_names, late=True),
    Response(
        "organizations describe-policy",
        _is("Policy", dict, "PolicySummary", "Content"),
        lambda all_, shown: all_.tree.policy(shown),
    ),
    Response(
        "iam get-policy", _is("Policy", dict, "DefaultVersionId"), lambda all_, shown: all_.identities.policy(shown)
    ),
    Response("kms get-key-policy", _is("Policy", (str, dict)), lambda all_, shown: all_.keys.policy(shown), late=True),
    Response(
        "iam get-policy-version",
        _is("PolicyVersion", dict),
        lambda all_, shown: all_.identities.version(shown),
        late=True,
    ),
    Response(
        "iam list-policies",
        _is("Policies", list, "DefaultVersionId", "AttachmentCount"),
        lambda all_, shown: all_.identities.policies(shown),
    ),
    Response("organizations list-policies", _is("Policies", list), lambda all_, shown: all_.tree.list_policies(shown)),
    Response(
        "organizations list-targets-for-policy", _is("Targets", list), lambda all_, shown: all_.tree.targets(shown)
    ),
    Response(
        "organizations describe-organization",
        _is("Organization", dict, "Id"),
        lambda all_, shown: all_.tree.described(shown),
    ),
    Response("organizations list-roots", _is("Roots", list), lambda all_, shown: all_.tree.roots(shown)),
    Response("organizations list-accounts", _is("Accounts", list), lambda all_, shown: all_.tree.list_accounts(shown)),
    Response(
        "organizations list-organizational-units",
        _is("OrganizationalUnits", list),
        lambda all_, shown: all_.tree.units(shown),
    ),
    Response("organizations list-children", _is("Children", list), lambda all_, shown: all_.tree.children(shown)),
    Response("organizations list-parents", _is("Parents", list), lambda all_, shown: all_.tree.list_parents(shown)),
    Response("ec2 describe-vpc-endpoints", _is("VpcEndpoints", list), Collection.take_endpoints),
    Response(
        "iam list-role-tags", _is("Tags", list, "Key"), lambda all_, shown: all_.identities.tags(shown), late=True
    ),
    Response(
        "kms list-resource-tags", _both("Tags", "Truncated"), lambda all_, shown: all_.keys.tags(shown), late=True
    ),
    Response("list of no tags", _is("Tags", list), _no_tags, late=True),
)


def response_of(value: object) -> Response | None:
    """The row of a response; None if the value is not a response."""
    if not isinstance(value, Mapping):
        return None
    return next((row for row in RESPONSES if row.fits(value)), None)
