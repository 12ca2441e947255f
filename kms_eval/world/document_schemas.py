"""JSON Schemas of the values that a scenario takes from AWS: policies, grants, condition keys.

Comes in: nothing. Goes out: definitions for `scenario.json_schema`, meant for editors: they complete and check what is
written most, and leave the fine print to the readers of `documents`.
Never here: the fields of a scenario.
"""

from __future__ import annotations

from kms_eval.facts.enums import GRANT_OPERATIONS

_STRING = {"type": "string"}
_STRINGS = {"anyOf": [_STRING, {"type": "array", "items": _STRING}]}
_SCALAR = {"type": ["string", "boolean", "number"]}
_SCALARS = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
_PAIRS = {"type": "object", "additionalProperties": _STRING}
_PRINCIPAL = {
    "anyOf": [
        {"const": "*"},
        {
            "type": "object",
            "properties": {"AWS": _STRINGS, "Service": _STRINGS, "Federated": _STRINGS, "CanonicalUser": _STRINGS},
            "additionalProperties": False,
        },
    ]
}

DEFINITIONS: dict[str, dict[str, object]] = {
    "Policy": {
        "title": "Policy",
        "description": "A path relative to the scenario file, a policy document, or AWS's JSON text of one.",
        "anyOf": [{"type": "string", "minLength": 1}, {"$ref": "#/$defs/PolicyDocument"}],
    },
    "PolicyDocument": {
        "title": "Policy document",
        "description": "A policy as AWS stores it.",
        "type": "object",
        "properties": {
            "Version": {"enum": ["2012-10-17", "2008-10-17"]},
            "Id": _STRING,
            "Statement": {
                "anyOf": [
                    {"$ref": "#/$defs/Statement"},
                    {"type": "array", "items": {"$ref": "#/$defs/Statement"}},
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
            "Effect": {"enum": ["Allow", "Deny"]},
            "Principal": _PRINCIPAL,
            "NotPrincipal": _PRINCIPAL,
            "Action": _STRINGS,
            "NotAction": _STRINGS,
            "Resource": _STRINGS,
            "NotResource": _STRINGS,
            "Condition": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": _SCALARS},
            },
        },
        "required": ["Effect"],
        "additionalProperties": False,
    },
    "Grants": {
        "title": "Grants",
        "description": "Grants as ListGrants returns them, or a path to such output.",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"$ref": "#/$defs/Grant"}},
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
            "Operations": {"type": "array", "items": {"enum": list(GRANT_OPERATIONS)}},
            "Constraints": {
                "type": "object",
                "properties": {
                    "EncryptionContextEquals": _PAIRS,
                    "EncryptionContextSubset": _PAIRS,
                    "SourceArn": _STRING,
                },
                "additionalProperties": False,
            },
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
