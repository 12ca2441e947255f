"""The JSON Schemas of what commands print, made from their types.

Comes in: the name of an output. Goes out: its schema. Never here: the types.

The schemas are files in `kms_eval/schemas`, written by ``python .ci/write_schemas.py``; a test checks that they match
the types. Members may be added within a version of the form, so a schema allows members that it does not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from kms_eval.render.json_outputs import access, decisions, policies

OUTPUTS: Mapping[str, type] = {
    "can": decisions.Can,
    "test": decisions.Test,
    "check": decisions.Check,
    "lockout": decisions.Lockout,
    "who-can": access.WhoCan,
    "matrix": access.Matrix,
    "diff": access.Diff,
    "lint": policies.Lint,
    "mutate": policies.Mutate,
    "coverage": policies.Coverage,
    "batch": decisions.Batch,
}
"""The JSON of each command, and that of coverage; for `batch`, it is that of a line."""


def output_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one output."""
    schema = TypeAdapter(OUTPUTS[name]).json_schema(mode="serialization")
    if "$ref" in schema:
        definitions = schema["$defs"]
        schema = {**definitions[schema["$ref"].rpartition("/")[2]], "$defs": definitions}
    _drop_titles(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"kms-eval {name}",
        **{member: value for member, value in schema.items() if member != "title"},
    }


def _drop_titles(value: object) -> None:
    """Remove the titles of members, which only repeat their names."""
    if isinstance(value, dict):
        for member in value.get("properties", {}).values():
            member.pop("title", None)
        for each in value.values():
            _drop_titles(each)
    elif isinstance(value, list):
        for each in value:
            _drop_titles(each)
