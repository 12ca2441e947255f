"""What a reader of sources is given besides the sources: an account, a Region, which side of a plan.

Comes in: options of a call. Goes out: `Options`, and the values that stand in for missing ones. Never here: reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from kms_eval.records import record

STAND_IN_ACCOUNT = "123456789012"
STAND_IN_REGION = "us-east-1"


@record
class Options:
    """What is known before a source is read.

    `account` and `region` are those of the call, else what other sources say; None if nothing says it. `before` asks
    for the state before a plan; `parameters` are values of a template's parameters by name. `stack` is the name of a
    template's stack, given if other stacks have resources with the same logical ids.
    """

    account: str | None = None
    region: str | None = None
    before: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    stack: str | None = None


def stand_in_notice(what: str, value: str) -> str:
    """The sentence that says that a value is made up: `what` is ``account`` or ``Region``."""
    return f"{what} {value} stands in: no source tells it (give `--{what.lower()}`)"
