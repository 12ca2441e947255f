"""The entries of scenarios in short: what is plainly right is read by these forms, without loading the models.

Comes in: nothing. Goes out: a form for each model of `scenario`. Never here: what those do not say.
This text is derived from them. After a change of theirs `tests/world/test_forms.py` fails and shows the new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kms_eval.documents.forms import NEEDED, Form, anything, boolean, list_of, mapping_of, optional, string
from kms_eval.world.kinds import (
    account_id,
    actions,
    expectation,
    grants_source,
    key_spec,
    key_state,
    key_usage,
    manager,
    names,
    origin,
    policy_source,
    text,
)

if TYPE_CHECKING:
    from kms_eval.world.scenario import (
        AccountEntry,
        CheckEntry,
        EndpointEntry,
        GroupEntry,
        KeyEntry,
        OrganizationEntry,
        PrincipalEntry,
        Scenario,
        SessionEntry,
        TestEntry,
    )

_MODELS = "kms_eval.world.scenario"

KEY_ENTRY: Form[KeyEntry] = Form(
    _MODELS,
    "KeyEntry",
    {
        "policy": (policy_source, NEEDED),
        "arn": (optional(text), None),
        "key_id": (optional(text), None),
        "account": (optional(account_id), None),
        "region": (optional(text), None),
        "aliases": (list_of(text), ()),
        "grants": (optional(grants_source), None),
        "tags": (mapping_of(text, string), {}),
        "spec": (key_spec, "SYMMETRIC_DEFAULT"),
        "usage": (optional(key_usage), None),
        "origin": (origin, "AWS_KMS"),
        "state": (key_state, "Enabled"),
        "multi_region": (optional(boolean), None),
        "manager": (manager, "CUSTOMER"),
        "primary_region": (optional(text), None),
        "replica_regions": (list_of(text), ()),
    },
)

PRINCIPAL_ENTRY: Form[PrincipalEntry] = Form(
    _MODELS,
    "PrincipalEntry",
    {
        "policies": (list_of(policy_source), ()),
        "groups": (list_of(text), ()),
        "permissions_boundary": (optional(policy_source), None),
        "trust_policy": (optional(policy_source), None),
        "tags": (mapping_of(text, string), {}),
        "id": (optional(text), None),
    },
)

GROUP_ENTRY: Form[GroupEntry] = Form(
    _MODELS,
    "GroupEntry",
    {
        "policies": (list_of(policy_source), ()),
    },
)

ACCOUNT_ENTRY: Form[AccountEntry] = Form(
    _MODELS,
    "AccountEntry",
    {
        "path": (optional(text), None),
        "service_control_policies": (optional(list_of(list_of(policy_source))), None),
        "resource_control_policies": (list_of(list_of(policy_source)), ()),
    },
)

ORGANIZATION_ENTRY: Form[OrganizationEntry] = Form(
    _MODELS,
    "OrganizationEntry",
    {
        "id": (text, NEEDED),
        "management_account": (account_id, NEEDED),
        "accounts": (mapping_of(account_id, ACCOUNT_ENTRY), {}),
    },
)

ENDPOINT_ENTRY: Form[EndpointEntry] = Form(
    _MODELS,
    "EndpointEntry",
    {
        "policy": (optional(policy_source), None),
        "vpc": (optional(text), None),
        "account": (optional(account_id), None),
    },
)

SESSION_ENTRY: Form[SessionEntry] = Form(
    _MODELS,
    "SessionEntry",
    {
        "name": (optional(text), None),
        "policies": (list_of(policy_source), ()),
        "tags": (mapping_of(text, string), {}),
        "source_identity": (optional(text), None),
    },
)

TEST_ENTRY: Form[TestEntry] = Form(
    _MODELS,
    "TestEntry",
    {
        "name": (optional(text), None),
        "principal": (text, NEEDED),
        "action": (actions, NEEDED),
        "key": (optional(text), None),
        "context": (anything, None),
        "encryption_context": (anything, None),
        "session": (optional(SESSION_ENTRY), None),
        "alias": (optional(text), None),
        "destination_key": (optional(text), None),
        "region": (optional(text), None),
        "grant": (anything, None),
        "via_grant": (optional(text), None),
        "vpc_endpoint": (optional(text), None),
        "stranger": (boolean, False),
        "at": (anything, None),
        "expect": (expectation, NEEDED),
        "expect_layer": (optional(text), None),
        "expect_reason_code": (optional(text), None),
        "expect_missing_context": (optional(list_of(text)), None),
    },
)

CHECK_ENTRY: Form[CheckEntry] = Form(
    _MODELS,
    "CheckEntry",
    {
        "name": (optional(text), None),
        "only": (optional(names), None),
        "nobody": (optional(names), None),
        "somebody": (anything, None),
        "may": (actions, NEEDED),
        "on": (optional(names), None),
        "unless": (anything, None),
    },
)

SCENARIO: Form[Scenario] = Form(
    _MODELS,
    "Scenario",
    {
        "name": (optional(text), None),
        "description": (optional(string), None),
        "account": (optional(account_id), None),
        "region": (text, "us-east-1"),
        "partition": (text, "aws"),
        "sources": (list_of(text), ()),
        "keys": (mapping_of(text, KEY_ENTRY), {}),
        "principals": (mapping_of(text, PRINCIPAL_ENTRY), {}),
        "groups": (mapping_of(text, GROUP_ENTRY), {}),
        "attached_by_principal": (list_of(policy_source), ()),
        "organization": (optional(ORGANIZATION_ENTRY), None),
        "vpc_endpoints": (mapping_of(text, ENDPOINT_ENTRY), {}),
        "strangers": (boolean, False),
        "tests": (list_of(TEST_ENTRY), ()),
        "checks": (list_of(CHECK_ENTRY), ()),
    },
)
