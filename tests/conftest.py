"""What holds for every test."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests import effort

# A law holds however busy the machine is: no example has a time limit. The rest is as in the profile that hypothesis
# chose by itself, which in CI tries the same examples in every run.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is imported: laws that say nothing else try as many examples as the run has time for."""
    effort.decide(config.option.markexpr)
    settings.register_profile("patient", deadline=None, max_examples=effort.examples(settings().max_examples))
    settings.load_profile("patient")
