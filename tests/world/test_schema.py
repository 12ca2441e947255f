"""The JSON Schema of scenarios: complete, described, and without a reference that leads nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kms_eval.facts.enums import KEY_SPECS
from kms_eval.world.scenario import json_schema

SCHEMA: dict[str, Any] = json_schema()


def inside(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from inside(member)
    elif isinstance(value, list):
        for member in value:
            yield from inside(member)


def entry(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA["$defs"][name]["properties"]
    return found


def test_it_is_a_schema_of_the_2020_draft_in_plain_json() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "kms-eval scenario"
    assert SCHEMA["description"]
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_it_has_the_sections_of_a_scenario_and_no_others() -> None:
    assert set(SCHEMA["properties"]) == {
        "name",
        "description",
        "account",
        "region",
        "partition",
        "sources",
        "keys",
        "principals",
        "groups",
        "attached_by_principal",
        "organization",
        "vpc_endpoints",
        "strangers",
        "tests",
        "checks",
    }
    assert SCHEMA["additionalProperties"] is False


def test_every_field_is_described_and_unknown_ones_are_refused() -> None:
    for name in ("Key", "Principal", "Group", "Account", "Organization", "Endpoint", "Session", "Test"):
        definition = SCHEMA["$defs"][f"{name}Entry"]
        assert definition["description"]
        assert definition["additionalProperties"] is False
        assert all(field.get("description") for field in definition["properties"].values()), name
    assert all(field.get("description") for field in SCHEMA["properties"].values())


def test_every_reference_leads_to_a_definition() -> None:
    references = {part["$ref"] for part in inside(SCHEMA) if "$ref" in part}
    assert "#/$defs/PolicyDocument" in references
    assert {reference.removeprefix("#/$defs/") for reference in references} == set(SCHEMA["$defs"])


def test_nothing_of_how_it_is_made_is_left() -> None:
    assert "kms_eval" not in json.dumps(SCHEMA)


def test_words_of_aws_are_listed() -> None:
    assert entry("KeyEntry")["spec"]["enum"] == list(KEY_SPECS)
    assert entry("TestEntry")["expect"]["enum"] == [
        "allowed",
        "denied",
        "explicitDeny",
        "implicitDeny",
        "undetermined",
    ]


def test_what_has_to_be_there_is_required() -> None:
    required = {name: part["required"] for name, part in SCHEMA["$defs"].items() if "required" in part}
    assert required["KeyEntry"] == ["policy"]
    assert required["TestEntry"] == ["principal", "action", "expect"]
    assert "AccountEntry" not in required
    assert required["OrganizationEntry"] == ["id", "management_account"]


def test_what_cannot_be_shown_may_stand_wherever_it_is_read() -> None:
    unknown = {"$ref": "#/$defs/Unknown"}
    places = [
        entry("KeyEntry")["aliases"],
        entry("KeyEntry")["tags"]["additionalProperties"],
        entry("PrincipalEntry")["policies"],
        entry("PrincipalEntry")["tags"]["additionalProperties"],
        entry("GroupEntry")["policies"],
        entry("AccountEntry")["path"],
        entry("AccountEntry")["service_control_policies"],
        SCHEMA["$defs"]["Policy"],
        SCHEMA["$defs"]["Grants"],
        *(entry("Statement")[name] for name in ("Effect", "Action", "Resource", "Principal", "Condition")),
    ]
    assert all(unknown in place["anyOf"] for place in places)
    assert all(place["description"] for place in places[:1])
    assert SCHEMA["$defs"]["Unknown"]["required"] == ["unknown"]
