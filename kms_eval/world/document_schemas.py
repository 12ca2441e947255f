"""JSON Schemas of the values that a scenario takes from AWS: policies, grants, condition keys.

Comes in: nothing. Goes out: definitions for `scenario.json_schema`, meant for editors: they complete and check what is
written most often, and leave the details to the readers of `documents`.
Never here: the fields of a scenario.
"""

from __future__ import annotations

from typing import Any

from kms_eval.facts.enums import GRANT_OPERATIONS

UNKNOWN = {"$ref": "#/$defs/Unknown"}


def or_unknown(*schemas: dict[str, object]) -> dict[str, object]:
    """A value of one of these schemas, or the marker of a value that exists but cannot be shown."""
    return {"anyOf": [*schemas, UNKNOWN]}


_TEXT: dict[str, object] = {"type": "string"}
_STRING = or_unknown(_TEXT)
_STRINGS = or_unknown(_TEXT, {"type": "array", "items": _STRING})
_SCALAR = or_unknown({"type": ["string", "boolean", "number"]})
_SCALARS = or_unknown({"type": ["string", "boolean", "number"]}, {"type": "array", "items": _SCALAR})
_PAIRS = {"type": "object", "additionalProperties": _STRING}
_PRINCIPAL = {
    "anyOf": [
        {"const": "*"},
        {
            "type": "object",
            "properties": {"AWS": _STRINGS, "Service": _STRINGS, "Federated": _STRINGS, "CanonicalUser": _STRINGS},
            "additionalProperties": False,
        },
        UNKNOWN,
    ]
}

DEFINITIONS: dict[str, dict[str, object]] = {
    "Policy": {
        "title": "Policy",
        "description": "A path relative to the scenario file, a policy document, or AWS's JSON text of one.",
        "anyOf": [{"type": "string", "minLength": 1}, {"$ref": "#/$defs/PolicyDocument"}, UNKNOWN],
    },
    "Unknown": {
        "title": "Unknown",
        "description": "Something that exists and cannot be shown: decisions that hang on it are undetermined.",
        "type": "object",
        "properties": {
            "unknown": {"type": "string", "description": "Why it cannot be shown.", "examples": ["known after apply"]},
            "address": {"type": "string", "description": "What it is about.", "examples": ["kms:ListGrants"]},
            "remedy": {"type": "string", "description": "How to tell it."},
        },
        "required": ["unknown"],
        "additionalProperties": False,
    },
    "PolicyDocument": {
        "title": "Policy document",
        "description": "A policy as AWS stores it.",
        "type": "object",
        "properties": {
            "Version": or_unknown({"enum": ["2012-10-17", "2008-10-17"]}),
            "Id": _STRING,
            "Statement": {
                "anyOf": [
                    {"$ref": "#/$defs/Statement"},
                    {"type": "array", "items": or_unknown({"$ref": "#/$defs/Statement"})},
                    UNKNOWN,
                ]
            },
        },
        "required": ["Statement"],
        "additionalProperties": False,
    },
    "Statement": {
        "title": "Statement",
        "type": "object",
        "properties": {
            "Sid": _STRING,
            "Effect": or_unknown({"enum": ["Allow", "Deny"]}),
            "Principal": _PRINCIPAL,
            "NotPrincipal": _PRINCIPAL,
            "Action": _STRINGS,
            "NotAction": _STRINGS,
            "Resource": _STRINGS,
            "NotResource": _STRINGS,
            "Condition": or_unknown(
                {
                    "type": "object",
                    "additionalProperties": or_unknown({"type": "object", "additionalProperties": _SCALARS}),
                }
            ),
        },
        "required": ["Effect"],
        "additionalProperties": False,
    },
    "Grants": {
        "title": "Grants",
        "description": "Grants as ListGrants returns them, or a path to such output.",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": or_unknown({"$ref": "#/$defs/Grant"})},
            UNKNOWN,
            {"type": "object", "properties": {"Grants": {"type": "array", "items": {"$ref": "#/$defs/Grant"}}}},
        ],
    },
    "Grant": {
        "title": "Grant",
        "description": "An entry of ListGrants, or the request of CreateGrant.",
        "type": "object",
        "properties": {
            "GrantId": _STRING,
            "Name": _STRING,
            "KeyId": _STRING,
            "GranteePrincipal": _STRING,
            "GranteeServicePrincipal": _STRING,
            "RetiringPrincipal": _STRING,
            "RetiringServicePrincipal": _STRING,
            "IssuingAccount": _STRING,
            "CreationDate": {"type": ["string", "number"]},
            "Operations": or_unknown({"type": "array", "items": or_unknown({"enum": list(GRANT_OPERATIONS)})}),
            "Constraints": or_unknown(
                {
                    "type": "object",
                    "properties": {
                        "EncryptionContextEquals": _PAIRS,
                        "EncryptionContextSubset": _PAIRS,
                        "SourceArn": _STRING,
                    },
                    "additionalProperties": False,
                }
            ),
        },
    },
    "Actions": {
        "title": "Action",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        ],
        "examples": ["kms:Decrypt"],
    },
    "Context": {
        "title": "Condition keys",
        "description": "Each condition key with a value or a list of values; an empty list is a key without values.",
        "type": "object",
        "additionalProperties": _SCALARS,
    },
}

MAY_BE_UNKNOWN: dict[str, tuple[str, ...]] = {
    "KeyEntry": ("aliases",),
    "PrincipalEntry": ("policies",),
    "GroupEntry": ("policies",),
    "AccountEntry": ("path", "service_control_policies", "resource_control_policies"),
}
"""Fields of entries that may be unknown as a whole. The schemas of policies and grants allow this themselves."""

TAGGED = ("KeyEntry", "PrincipalEntry")
"""Entries whose tags may be unknown, one by one or all together."""


def with_unknowns(definitions: dict[str, dict[str, Any]]) -> None:
    """Let the fields of those entries be unknown."""
    for entry, names in MAY_BE_UNKNOWN.items():
        fields = definitions[entry]["properties"]
        for name in names:
            said = {
                word: fields[name].pop(word) for word in ("description", "default", "examples") if word in fields[name]
            }
            known = fields[name].get("anyOf") or [fields[name]]
            levels = [_level(each) for each in known] if name.endswith("control_policies") else known
            fields[name] = {"anyOf": [*levels, UNKNOWN], **said}
    for entry in TAGGED:
        tags = definitions[entry]["properties"]["tags"]
        tags["additionalProperties"] = or_unknown(tags["additionalProperties"])


def _level(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a list of levels, in which a single level may be unknown as well."""
    return {**schema, "items": or_unknown(schema["items"])} if "items" in schema else schema
