"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A law holds however busy the machine is: no example has a time limit. The rest is as in the profile that hypothesis
# chose by itself, which in CI tries the same examples in every run.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
