"""The mistakes on which lint tools are compared are found here, and nothing is said of them once they are mended."""

from __future__ import annotations

from benchmarks.lint_corpus import MISTAKES
from benchmarks.lint_peers import compared


def test_every_mistake_is_found_and_no_mended_policy_is_blamed() -> None:
    verdicts = compared(None)
    assert list(verdicts) == ["kms-eval"]
    assert dict(zip((mistake.name for mistake in MISTAKES), verdicts["kms-eval"], strict=True)) == {
        mistake.name: "found" for mistake in MISTAKES
    }
