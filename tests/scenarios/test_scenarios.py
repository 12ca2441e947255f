"""The scenarios that come with the project: examples, documentation and tests at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from kms_eval import Scenario
from kms_eval.analysis.testing import run_test
from kms_eval.world.cases import TestCase

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
SCENARIOS = {path.stem: Scenario.load(path) for path in FILES}
CASES = [
    pytest.param(scenario, case, id=f"{name}: {case.name}")
    for name, scenario in SCENARIOS.items()
    for case in scenario.tests
]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = "arn:aws:iam::123456789012"


@pytest.mark.parametrize(("scenario", "case"), CASES)
def test_gives_the_expected_decision(scenario: Scenario, case: TestCase) -> None:
    result = run_test(scenario.evaluator, case, now=NOW)
    assert result.outcome == "passed", [*result.mismatches, *map(str, result.faults)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_shows_what_is_allowed_and_what_is_not(name: str) -> None:
    expected = {case.expect for case in SCENARIOS[name].tests}
    assert "allowed" in expected
    assert expected & {"denied", "explicitDeny", "implicitDeny"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_introduces_itself(path: Path) -> None:
    loaded = SCENARIOS[path.stem].loaded
    assert loaded.name != path.stem
    assert loaded.description
    assert path.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_names_of_tests_tell_them_apart(name: str) -> None:
    names = [case.name for case in SCENARIOS[name].tests]
    assert len(names) == len(set(names))


def test_every_document_is_of_use_to_a_scenario() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FILES)
    documents = {f"policies/{path.name}" for path in (FOLDER / "policies").iterdir()}
    assert documents == set(re.findall(r"policies/[\w-]+\.json", text))


# The documents of the two examples, byte for byte as they were given, with what IAM would refuse in them.
GIVEN = [
    ("key-administrators.json", "1709bbf6616046aedccd9dd3ed2790d575e4a7c4894e2dce3fd63305c0adbfca"),
    ("key-combined-1.json", "b2880e686a134bccc3ef7986e99f3c7b2b86a7758d13fd36709e89a44c8e599a"),
    ("key-default-1.json", "ca2e79440c79621912417eba979f64f85a629c426c0799c2c46571a4e05b5a44"),
    ("key-grantors.json", "b91ef0536e320bb3ca25de5859419a429e070cd829f6d6b88537cb22473f2eb7"),
    ("key-users.json", "46f1b627c0d5ca2dcdefe29e5fbf2efd69c357d29fbf6b588c8cfea6abbbad3d"),
]


@pytest.mark.parametrize(("document", "digest"), GIVEN)
def test_a_document_of_the_two_examples_is_as_it_was_given(document: str, digest: str) -> None:
    assert sha256((FOLDER / "policies" / document).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", ["default-key-policy", "combined-key-policy"])
def test_the_two_worlds_have_their_key_and_principals(name: str) -> None:
    world = SCENARIOS[name].world
    assert world.account == "123456789012"
    assert list(world.keys) == ["app"]
    assert world.keys["app"].aliases == ("alias/app",)
    assert {f"{ACCOUNT}:role/admin", f"{ACCOUNT}:user/admin"} <= set(world.principals)


def test_the_documents_of_the_example_are_attached_by_their_principal() -> None:
    principals = SCENARIOS["default-key-policy"].world.principals
    for name in ("role/admin", "user/admin"):
        policies = [policy.name for policy in principals[f"{ACCOUNT}:{name}"].policies]
        assert policies == ["key-administrators", "key-users", "key-grantors"]
