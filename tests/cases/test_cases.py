"""Scenario files as tests: every rule file in this folder holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from kms_eval.scenario import Scenario
from kms_eval.world.cases import TestCase

FOLDER = Path(__file__).parent
SCENARIOS = {path.stem: Scenario.load(path) for path in sorted(FOLDER.glob("*.yaml"))}


@pytest.mark.parametrize(
    ("scenario", "case"),
    [
        pytest.param(scenario, case, id=f"{name}: {case.name}")
        for name, scenario in SCENARIOS.items()
        for case in scenario.tests
    ],
)
def test_case(scenario: Scenario, case: TestCase) -> None:
    decision = scenario.decide(case.request)
    assert decision.decision == case.expect, decision.explain()
    if case.expect_reason_code is not None:
        assert decision.reason_code == case.expect_reason_code
    if case.expect_missing_context is not None:
        assert decision.missing_context == case.expect_missing_context
    if case.expect_layer is not None:
        assert case.expect_layer in {word.layer for word in decision.layers if word.outcome in {"allows", "denies"}}
