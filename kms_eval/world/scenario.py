"""The scenario file, field by field, as models that check its shape and as a JSON Schema.

Comes in: the plain values of a scenario. Goes out: entries in which every field has the right type; policies, grants
and requests inside them are still plain values.
Never here: files, references between entries, what documents say. The models are the only description of the format.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from kms_eval.world.document_schemas import DEFINITIONS, with_unknowns
from kms_eval.world.fields import (
    DEFINITION,
    AccountId,
    Actions,
    Context,
    EncryptionContext,
    Expectation,
    GrantRequest,
    GrantsSource,
    KeySpec,
    KeyState,
    KeyUsage,
    Levels,
    Manager,
    Names,
    Origin,
    Policies,
    PolicySource,
    Requester,
    Tags,
    Text,
    Texts,
    Time,
)


class Entry(BaseModel):
    """What all parts of a scenario have in common: unknown fields are faults, and nothing is converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class KeyEntry(Entry, title="Key"):
    """An AWS KMS key."""

    policy: PolicySource = Field(description="The key policy.")
    arn: Text | None = Field(None, description="The key ARN, instead of `key_id`, `account` and `region`.")
    key_id: Text | None = Field(None, description="The key id; derived from the handle where it is left out.")
    account: AccountId | None = Field(None, description="The account that owns the key; default: the scenario's.")
    region: Text | None = Field(None, description="The Region of the key; default: the scenario's.")
    aliases: Texts = Field((), description="Alias names, each starting with `alias/`.", examples=[["alias/app"]])
    grants: GrantsSource | None = Field(None, description="Grants as ListGrants returns them, or a path to its output.")
    tags: Tags = Field({}, description="The tags of the key.")
    spec: KeySpec = Field("SYMMETRIC_DEFAULT", description="The key spec.")
    usage: KeyUsage | None = Field(None, description="What the key is for; default: the first its spec admits.")
    origin: Origin = Field("AWS_KMS", description="Where the key material comes from.")
    state: KeyState = Field("Enabled", description="The key state.")
    multi_region: bool | None = Field(None, description="Whether it is a multi-Region key; default: if its id says so.")
    manager: Manager = Field("CUSTOMER", description="Who manages the key; AWS for those AWS services make.")
    primary_region: Text | None = Field(
        None,
        description="The Region of the primary of a multi-Region key; default: the key's own, making it the primary.",
    )
    replica_regions: Texts = Field((), description="The Regions of the replicas of a multi-Region key.")


class PrincipalEntry(Entry, title="Principal"):
    """An IAM user or role."""

    policies: Policies = Field((), description="Its identity policies, managed and inline alike.")
    groups: Texts = Field((), description="The groups a user is in, by their names in `groups`.")
    permissions_boundary: PolicySource | None = Field(None, description="Its permissions boundary.")
    trust_policy: PolicySource | None = Field(
        None, description="The trust policy of a role: who may assume it. It is kept, and decides nothing about keys."
    )
    tags: Tags = Field({}, description="The tags of the user or role.")
    id: Text | None = Field(None, description="Its unique id, which starts with AIDA or AROA.")


class GroupEntry(Entry, title="Group"):
    """A group of IAM users."""

    policies: Policies = Field((), description="The policies that every user of the group has.")


class AccountEntry(Entry, title="Account"):
    """A member account of the organization."""

    path: Text | None = Field(
        None,
        description="Where the account is: organization, root and organizational units, as in aws:PrincipalOrgPaths; "
        "left out: unknown where a condition asks for it.",
        examples=["o-exampleorgid/r-ab12/ou-ab12-11111111/"],
    )
    service_control_policies: Levels | None = Field(
        None, description="A list of SCPs for each level from the root to the account; left out: SCPs are not in use."
    )
    resource_control_policies: Levels = Field(
        (), description="A list of RCPs for each level; RCPFullAWSAccess is implied at every level."
    )


class OrganizationEntry(Entry, title="Organization"):
    """The organization that accounts belong to. Accounts that it does not list are outside it."""

    id: Text = Field(description="The organization id.", examples=["o-exampleorgid"])
    management_account: AccountId = Field(description="The account that no SCP or RCP binds.")
    accounts: Annotated[dict[AccountId, AccountEntry], Field(strict=False)] = Field(
        {}, description="The member accounts by account id."
    )


class EndpointEntry(Entry, title="VPC endpoint"):
    """An interface VPC endpoint for AWS KMS."""

    policy: PolicySource | None = Field(
        None, description="The endpoint policy; left out: the default, which allows all."
    )
    vpc: Text | None = Field(None, description="The VPC of the endpoint, for aws:SourceVpc.")
    account: AccountId | None = Field(None, description="The account that owns the endpoint, for aws:VpceAccount.")


class SessionEntry(Entry, title="Session"):
    """What was passed when a role was assumed, or when a user called GetFederationToken."""

    name: Text | None = Field(None, description="The name of the role session or of the federated user.")
    policies: Policies = Field((), description="The session policies, inline and managed alike.")
    tags: Tags = Field({}, description="The session tags.")
    source_identity: Text | None = Field(None, description="The source identity, aws:SourceIdentity.")


class TestEntry(Entry, title="Test"):
    """A request and the decision it is expected to get."""

    __test__ = False  # pytest would take the class for tests of its own

    name: Text | None = Field(None, description="What the test shows; default: the principal and the action.")
    principal: Text = Field(description="Who asks: an ARN, a short name such as `role/admin`, or an AWS service.")
    action: Actions = Field(description="The action, or a list of actions that are a test each.")
    key: Text | None = Field(None, description="The key by handle, key id, ARN or alias; default: the only key.")
    context: Context = Field(None, description="Condition keys the caller adds, each with a value or a list of values.")
    encryption_context: EncryptionContext = Field(None, description="The encryption context of the request.")
    session: SessionEntry | None = Field(None, description="What was passed when the caller's session was made.")
    alias: Text | None = Field(None, description="The alias of an alias operation that no key has yet.")
    destination_key: Text | None = Field(None, description="The other key of ReEncrypt and UpdateAlias.")
    region: Text | None = Field(None, description="The other Region of ReplicateKey and UpdatePrimaryRegion.")
    grant: GrantRequest = Field(
        None, description="The request of CreateGrant, or the GrantId of RetireGrant and RevokeGrant."
    )
    via_grant: Text | None = Field(None, description="The GrantId of the grant that allows a CreateGrant.")
    vpc_endpoint: Text | None = Field(None, description="The VPC endpoint the request came through.")
    stranger: bool = Field(
        default=False, description="The principal is meant to be one whom nothing in the scenario mentions."
    )
    at: Time = Field(None, description="The time of the request, ISO 8601 with `Z` or an offset; default: now.")
    expect: Expectation = Field(description="The decision; `denied` is either deny.")
    expect_layer: Text | None = Field(None, description="A layer that has to be among those that decided.")
    expect_reason_code: Text | None = Field(None, description="The reason code of the decision.")
    expect_missing_context: Texts | None = Field(None, description="The condition keys whose absence decided.")


class CheckEntry(Entry, title="Check"):
    """A sentence about everybody that has to stay true, with one of `only`, `nobody` and `somebody`."""

    name: Text | None = Field(None, description="What has to stay true; default: the sentence itself.")
    only: Names | None = Field(None, description="Nobody but these principals may: names, ARNs, or globs over them.")
    nobody: Names | None = Field(
        None,
        description="None of these may: outside-account, outside-organization, public, principals, or globs over them.",
    )
    somebody: Requester = Field(None, description="At least one of the principals in `in` may.")
    may: Actions = Field(description="The action, a list of actions, or globs such as `kms:*`.")
    on: Names | None = Field(
        None, description="On which keys: handles, ids, ARNs, aliases, or globs; default: every key."
    )
    unless: Context = Field(None, description="Requests that carry these condition keys with these values are excused.")


class Scenario(Entry, title="kms-eval scenario"):
    """One world (keys, principals, organization, endpoints) and, optionally, tests and checks on it."""

    name: Text | None = Field(None, description="A title; default: the name of the file.")
    description: str | None = Field(None, description="What the scenario shows, and where it is from.")
    account: AccountId | None = Field(
        None, description="The account of short names, and the owner of keys that say nothing else."
    )
    region: Text = Field("us-east-1", description="The Region of keys that say nothing else.")
    partition: Text = Field("aws", description="The AWS partition.", examples=["aws", "aws-cn", "aws-us-gov"])
    sources: Texts = Field(
        (), description="Other sources, which this scenario completes; what it says itself replaces what they say."
    )
    keys: Annotated[dict[Text, KeyEntry], Field(strict=False)] = Field({}, description="The keys by handle.")
    principals: Annotated[dict[Text, PrincipalEntry], Field(strict=False)] = Field(
        {}, description="IAM users and roles by ARN, or by short name: `role/admin`, `user/path/alice`."
    )
    groups: Annotated[dict[Text, GroupEntry], Field(strict=False)] = Field({}, description="IAM groups by name.")
    attached_by_principal: Policies = Field(
        (), description="Documents whose statements say in Principal whose identity policies they are."
    )
    organization: OrganizationEntry | None = Field(None, description="The organization, its accounts and policies.")
    vpc_endpoints: Annotated[dict[Text, EndpointEntry], Field(strict=False)] = Field(
        {}, description="VPC endpoints by endpoint id."
    )
    strangers: bool = Field(
        default=False,
        description="Anybody may be asked about, also users and roles whom nothing in the scenario mentions.",
    )
    tests: Annotated[tuple[TestEntry, ...], Field(strict=False)] = Field((), description="Tests on this world.")
    checks: Annotated[tuple[CheckEntry, ...], Field(strict=False)] = Field(
        (), description="What has to hold for every request that could be made."
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of scenario files, for editors and other tools."""
    schema = Scenario.model_json_schema(mode="validation")
    with_unknowns(schema["$defs"])
    schema["$defs"] |= DEFINITIONS
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_with_references(schema)}


def _with_references(schema: dict[str, Any]) -> dict[str, object]:
    """Put references where fields name definitions that are not pydantic's, and drop titles that repeat field names."""
    resolved: dict[str, object] = {}
    for name, value in schema.items():
        if name == DEFINITION:
            resolved["$ref"] = f"#/$defs/{value}"
        elif name == "properties":
            untitled = {field: {k: v for k, v in inner.items() if k != "title"} for field, inner in value.items()}
            resolved[name] = _with_references(untitled)
        elif isinstance(value, dict):
            resolved[name] = _with_references(value)
        elif isinstance(value, list):
            resolved[name] = [_with_references(item) if isinstance(item, dict) else item for item in value]
        else:
            resolved[name] = value
    return resolved
