"""The engine and the reference, two readings of the same rules, give the same answers."""

from __future__ import annotations

import os

import pytest

from tests.reference import decide
from tests.strategies import questions
from tests.twins.asking import rule

WORLDS = int(os.environ.get("KMS_EVAL_WORLDS", "60"))


@pytest.mark.parametrize("seed", range(8))
def test_every_decision_is_the_references(seed: int) -> None:
    for world, ask in questions(seed, worlds=WORLDS):
        ruling = rule(world, ask)
        assert ruling.outcome == decide(world, ask), f"{ask.action} by {ask.caller.arn}: {ask}"
