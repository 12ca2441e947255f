"""The calls that make a snapshot: the permission that each needs, and the file that keeps its response.

Comes in: nothing. Goes out: rows; the permissions and the AWS CLI commands that follow from them. Never here: calling.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from shlex import quote

from kms_eval.records import record
from kms_eval.safe_text import printable

ADVICE_BEFORE_RESUMING = "go on with `--resume`, or remove it"
_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


@record
class Call:
    """One read-only call: service and operation as AWS names them, and the file for its response.

    `file` is below the folder of the account; `{region}` and what the call is about (`{key}`, `{policy}` …) are filled
    in, and so they are in `parameters`, which are those of the API.
    """

    service: str
    operation: str
    file: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def command(self) -> str:
        """The operation as the AWS CLI names it."""
        return _WORDS.sub("-", self.operation).lower()

    @property
    def method(self) -> str:
        """The operation as boto3 names it."""
        return self.command.replace("-", "_")

    def filled(self, **names: str) -> tuple[str, dict[str, str]]:
        """The file and the parameters of one call, filled in with these names."""
        return self.file.format(**names), {name: value.format(**names) for name, value in self.parameters}


IDENTITY = Call("sts", "GetCallerIdentity", "sts/get-caller-identity.json")
DETAILS = Call("iam", "GetAccountAuthorizationDetails", "iam/get-account-authorization-details.json")
ORGANIZATION = Call("organizations", "DescribeOrganization", "organizations/describe-organization.json")
ROOTS = Call("organizations", "ListRoots", "organizations/list-roots.json")
ACCOUNTS = Call("organizations", "ListAccounts", "organizations/list-accounts.json")
PARENTS = Call("organizations", "ListParents", "organizations/list-parents-{child}.json", (("ChildId", "{child}"),))
POLICIES = Call("organizations", "ListPolicies", "organizations/list-policies-{type}.json", (("Filter", "{type}"),))
POLICY = Call(
    "organizations", "DescribePolicy", "organizations/{policy}/describe-policy.json", (("PolicyId", "{policy}"),)
)
TARGETS = Call(
    "organizations",
    "ListTargetsForPolicy",
    "organizations/{policy}/list-targets-for-policy.json",
    (("PolicyId", "{policy}"),),
)
KEYS = Call("kms", "ListKeys", "kms/{region}/list-keys.json")
ALIASES = Call("kms", "ListAliases", "kms/{region}/list-aliases.json")
ENDPOINTS = Call("ec2", "DescribeVpcEndpoints", "ec2/{region}/describe-vpc-endpoints.json")
OF_KEY = (
    Call("kms", "DescribeKey", "kms/{region}/{key}/describe-key.json", (("KeyId", "{key}"),)),
    Call(
        "kms",
        "GetKeyPolicy",
        "kms/{region}/{key}/get-key-policy.json",
        (("KeyId", "{key}"), ("PolicyName", "default")),
    ),
    Call("kms", "ListGrants", "kms/{region}/{key}/list-grants.json", (("KeyId", "{key}"),)),
    Call("kms", "ListResourceTags", "kms/{region}/{key}/list-resource-tags.json", (("KeyId", "{key}"),)),
)
POLICY_TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")

ALL = (IDENTITY, DETAILS, ORGANIZATION, ROOTS, ACCOUNTS, PARENTS, POLICIES, POLICY, TARGETS, KEYS, ALIASES, ENDPOINTS,
       *OF_KEY)  # fmt: skip

PERMISSIONS: tuple[str, ...] = tuple(sorted(f"{call.service}:{call.operation}" for call in ALL if call is not IDENTITY))
"""What the smallest sufficient identity policy allows; GetCallerIdentity needs no permission."""


def _word(text: str) -> str:
    """A text as one word of a script; control characters are written as escapes."""
    return quote(printable(text))


def commands(folder: str, regions: Sequence[str], profile: str | None) -> list[str]:
    """The same calls as a script for bash, for those who may not run other tools with their credentials."""
    profiled = f" --profile {_word(profile)}" if profile else ""
    all_policies = "ids organizations list-policies --filter \"$type\" --query 'Policies[].Id'"
    all_keys = "ids kms list-keys --region \"$region\" --query 'Keys[].KeyId'"
    parent = """ids organizations list-parents --child-id "$child" --query 'Parents[0].Id'"""
    return [
        "set -u",
        f"folder={_word(folder)}",
        "# A call that is refused leaves an empty file: what it would tell is not known, and not taken for nothing.",
        f'aws() {{ command aws "$@"{profiled} --output json; }}',
        f'ids() {{ command aws "$@"{profiled} --output text; }}',
        "account=$(ids sts get-caller-identity --query Account)",
        *(_command(call) for call in (IDENTITY, DETAILS, ORGANIZATION, ROOTS, ACCOUNTS)),
        "child=$account",
        'while [ -n "$child" ] && [ "${child#r-}" = "$child" ]; do',
        f"  {_command(PARENTS)}",
        f"  child=$({parent})",
        "done",
        f"for type in {' '.join(POLICY_TYPES)}; do",
        f"  {_command(POLICIES)}",
        f"  for policy in $({all_policies}); do",
        f"    {_command(POLICY)}",
        f"    {_command(TARGETS)}",
        "  done",
        "done",
        f"for region in {' '.join(regions)}; do",
        *(f"  {_command(call)}" for call in (KEYS, ALIASES, ENDPOINTS)),
        f"  for key in $({all_keys}); do",
        *(f"    {_command(call)}" for call in OF_KEY),
        "  done",
        "done",
    ]


def _command(call: Call) -> str:
    file, parameters = call.filled(region="$region", key="$key", policy="$policy", type="$type", child="$child")
    words = ["aws", call.service, call.command]
    for name, value in parameters.items():
        words += [f"--{_WORDS.sub('-', name).lower()}", f'"{value}"' if value.startswith("$") else value]
    if "{region}" in call.file:
        words += ["--region", '"$region"']
    path = f'"$folder/$account/{file}"'
    return f'mkdir -p "$(dirname {path})" && {" ".join(words)} > {path}'
