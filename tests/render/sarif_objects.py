"""The part of the JSON schema of SARIF 2.1.0 that logs of the lint touch, written as one row for each object.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
Every object of the standard is closed: what it does not know is an error. Members that the lint never writes are left
out, so that a log with one of them is refused here before anybody has compared it with the standard.
"""

from __future__ import annotations

from typing import Any, Final

_LEVELS: Final = ["none", "note", "warning", "error"]
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_FROM_ONE: Final[dict[str, Any]] = {"type": "integer", "minimum": 1}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _several(name: str, *, unique: bool) -> dict[str, Any]:
    return {"type": "array", "uniqueItems": unique, "items": _reference(name)}


# Object, members that it must have, members that it may have.
_OBJECTS: Final[tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...]] = (
    (
        "log",
        ("version", "runs"),
        {"$schema": _TEXT, "version": {"const": "2.1.0"}, "runs": _several("run", unique=False)},
    ),
    (
        "run",
        ("tool",),
        {
            "tool": _reference("tool"),
            "results": _several("result", unique=False),
            "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        },
    ),
    ("tool", ("driver",), {"driver": _reference("toolComponent")}),
    (
        "toolComponent",
        ("name",),
        {
            "name": _TEXT,
            "version": _TEXT,
            "informationUri": _TEXT,
            "rules": _several("reportingDescriptor", unique=True),
        },
    ),
    (
        "reportingDescriptor",
        ("id",),
        {
            "id": _TEXT,
            "name": _TEXT,
            "shortDescription": _reference("multiformatMessageString"),
            "fullDescription": _reference("multiformatMessageString"),
            "help": _reference("multiformatMessageString"),
            "helpUri": _TEXT,
            "defaultConfiguration": _reference("reportingConfiguration"),
        },
    ),
    ("multiformatMessageString", ("text",), {"text": _TEXT, "markdown": _TEXT}),
    ("reportingConfiguration", (), {"level": {"enum": _LEVELS}}),
    (
        "result",
        ("message",),
        {
            "ruleId": _TEXT,
            "ruleIndex": {"type": "integer", "minimum": -1},
            "level": {"enum": _LEVELS},
            # A message has a text or names one; the lint's have texts.
            "message": {**_reference("message"), "required": ["text"]},
            "locations": _several("location", unique=False),
            "partialFingerprints": {"type": "object", "additionalProperties": _TEXT},
            "suppressions": _several("suppression", unique=True),
        },
    ),
    ("message", (), {"text": _TEXT, "markdown": _TEXT, "id": _TEXT}),
    (
        "location",
        (),
        {
            "physicalLocation": _reference("physicalLocation"),
            "logicalLocations": _several("logicalLocation", unique=True),
        },
    ),
    (
        "physicalLocation",
        ("artifactLocation",),
        {"artifactLocation": _reference("artifactLocation"), "region": _reference("region")},
    ),
    ("artifactLocation", (), {"uri": _TEXT}),
    (
        "region",
        (),
        {"startLine": _FROM_ONE, "startColumn": _FROM_ONE, "endLine": _FROM_ONE, "endColumn": _FROM_ONE},
    ),
    ("logicalLocation", (), {"fullyQualifiedName": _TEXT}),
    ("suppression", ("kind",), {"kind": {"enum": ["inSource", "external"]}, "justification": _TEXT}),
)

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_reference("log"),
    "$defs": {
        name: {
            "type": "object",
            "additionalProperties": False,
            "required": list(required),
            "properties": properties,
        }
        for name, required, properties in _OBJECTS
    },
}
