"""Whatever prints JSON says by which version of its form it is to be read, and is as its schema says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.doors.command_line import SCENARIO, Cli

MORE = """
  - name: the worker decrypts
    principal: role/worker
    action: kms:Decrypt
    expect: allowed
  - name: nobody in particular
    principal: role/nobody
    action: kms:Decrypt
    expect: denied
checks:
  - name: only admins decrypt
    only: [role/admin]
    may: kms:Decrypt
  - name: nobody from outside
    nobody: outside-account
    may: kms:Decrypt
"""
UNKNOWN = "{unknown: it is known after apply, address: aws_kms_key.app, remedy: ask for the plan}"
CHANGED = SCENARIO.replace("user/alice: {}", "user/alice: {policies: [policies/worker.json]}").replace(
    "role/worker:\n    policies: [policies/worker.json]", f"role/worker:\n    policies: {UNKNOWN}"
)

ANSWERS: list[tuple[str, tuple[str, ...]]] = [
    ("can", ("can", "role/admin", "kms:Decrypt", "--json")),
    ("can", ("can", "role/admin", "kms:ScheduleKeyDeletion", "--json")),
    ("can", ("can", "role/worker", "kms:Decrypt", "--json")),
    ("can", ("can", "user/alice", "kms:Decrypt", "--format", "json")),
    ("can", ("can", "user/alice", "ReEncrypt", "--destination-key", "app", "--json")),
    ("can", ("can", "role/worker", "kms:Decrypt", "-s", "changed.yaml", "--json")),
    ("test", ("test", "more.yaml", "--json")),
    ("test", ("test", "more.yaml", "broken.yaml", "--json")),
    ("check", ("check", "more.yaml", "--json")),
    ("lockout", ("lockout", "--json")),
    ("lockout", ("lockout", "--as", "user/alice", "--json")),
    ("lockout", ("lockout", "-s", "changed.yaml", "--as", "role/worker", "--json")),
    ("who-can", ("who-can", "kms:*", "--why-not", "--json")),
    ("who-can", ("who-can", "kms:Decrypt", "-s", "changed.yaml", "--json")),
    ("matrix", ("matrix", "--json")),
    ("matrix", ("matrix", "-s", "changed.yaml", "--format", "json")),
    ("diff", ("diff", "kms-eval.yaml", "kms-eval.yaml", "--json")),
    ("diff", ("diff", "kms-eval.yaml", "changed.yaml", "--json")),
    ("diff", ("diff", "--key-policy", "locked.json", "--json")),
    ("lint", ("lint", "kms-eval.yaml", "--json")),
    ("lint", ("lint", "locked.json", "--ignore", "KMS4", "--json")),
    ("mutate", ("mutate", "--json")),
]


@pytest.fixture
def folder(scenario: Path) -> Path:
    scenario.with_name("more.yaml").write_text(SCENARIO + MORE)
    scenario.with_name("changed.yaml").write_text(CHANGED)
    scenario.with_name("broken.yaml").write_text("kyes: {}\n")
    scenario.with_name("locked.json").write_text(
        '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"},'
        ' "Action": "kms:Decrypt", "Resource": "*"}}'
    )
    return scenario.parent


def closed(schema: Any) -> Any:
    """The schema that takes no member which it does not name: what is printed has to be documented."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    return made | {"additionalProperties": False} if isinstance(schema.get("properties"), Mapping) else made


def validated(cli: Cli, name: str, text: str) -> dict[str, Any]:
    schema = json.loads(cli("schema", name).out)
    answer: dict[str, Any] = json.loads(text)
    faults = [f"{each.json_path}: {each.message}" for each in Draft202012Validator(closed(schema)).iter_errors(answer)]
    assert faults == []
    return answer


@pytest.mark.parametrize(
    ("name", "words"), ANSWERS, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_an_answer_is_as_its_schema_says_and_names_the_version_first(
    cli: Cli, folder: Path, name: str, words: tuple[str, ...]
) -> None:
    answer = validated(cli, name, cli(*words).out)
    assert next(iter(answer.items())) == ("schema", 1)


def test_coverage_in_a_file_is_as_its_schema_says(cli: Cli, folder: Path) -> None:
    cli("test", "more.yaml", "--coverage-json", "coverage.json")
    answer = validated(cli, "coverage", Path("coverage.json").read_text())
    assert next(iter(answer.items())) == ("schema", 1)


def test_every_line_of_a_batch_is_as_its_schema_says(cli: Cli, folder: Path) -> None:
    Path("in.jsonl").write_text('{"id": 1, "principal": "role/admin", "action": "kms:Decrypt"}\n{"principal": 1}\n')
    for line in cli("batch", "in.jsonl", "--format", "jsonl", "-q").out.splitlines():
        validated(cli, "batch", line)


def test_scenarios_are_as_the_first_schema_says(cli: Cli, folder: Path) -> None:
    schema = json.loads(cli("schema").out)
    validator = Draft202012Validator(schema)
    for name in ("kms-eval.yaml", "more.yaml", "changed.yaml"):
        assert list(validator.iter_errors(yaml.safe_load(Path(name).read_text()))) == []
    assert list(validator.iter_errors({"kyes": {}})) != []


def test_a_schema_that_there_is_not_is_2_with_what_was_meant(cli: Cli) -> None:
    done = cli("schema", "who_can")
    assert (done.code, done.err) == (2, "kms-eval: NAME: unknown name `who_can` (did you mean `who-can`?)\n")
