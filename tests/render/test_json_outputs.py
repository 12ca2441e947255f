"""The JSON Schemas that the package carries: made of the types of the outputs, and complete."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from kms_eval.doors.cli.schema import NAMES
from kms_eval.render.json_outputs.schemas import OUTPUTS, output_schema
from kms_eval.world.scenario import json_schema

FOLDER = files("kms_eval").joinpath("schemas")


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_what_the_types_say(name: str) -> None:
    schema = json.loads(FOLDER.joinpath(f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    # If this fails: python .ci/write_schemas.py
    assert schema == (json_schema() if name == "scenario" else output_schema(name))


def test_there_is_a_file_for_each_and_no_other() -> None:
    assert sorted(each.name for each in FOLDER.iterdir()) == sorted(f"{name}.json" for name in NAMES)
    assert set(NAMES) == {"scenario", *OUTPUTS}
