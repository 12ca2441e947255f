"""Whatever prints JSON says by which version of its form it is to be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import Cli

ANSWERS = {
    "can": ("can", "role/admin", "kms:Decrypt", "--json"),
    "who-can": ("who-can", "kms:Decrypt", "--json"),
    "matrix": ("matrix", "--format", "json"),
    "diff": ("diff", "kms-eval.yaml", "kms-eval.yaml", "--json"),
    "lockout": ("lockout", "--json"),
    "mutate": ("mutate", "--json"),
    "lint": ("lint", "kms-eval.yaml", "--json"),
}


@pytest.mark.parametrize("verb", ANSWERS)
def test_the_version_of_the_form_comes_first(cli: Cli, scenario: Path, verb: str) -> None:
    answer = json.loads(cli(*ANSWERS[verb]).out)
    assert next(iter(answer.items())) == ("schema", 1)


def test_coverage_in_a_file_says_it_too(cli: Cli, scenario: Path) -> None:
    cli("test", "kms-eval.yaml", "--coverage-json", "coverage.json")
    assert json.loads(Path("coverage.json").read_text())["schema"] == 1
