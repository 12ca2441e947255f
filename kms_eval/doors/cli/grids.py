"""What the questions about many requests have in common: the grid that answers them.

Comes in: options. Goes out: a grid. Never here: the questions.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kms_eval.doors.cli.shared_options import CircumstanceOptions
from kms_eval.errors import InputError

if TYPE_CHECKING:
    from kms_eval.analysis.access.grid import Grid
    from kms_eval.engine.evaluator import Evaluator
    from kms_eval.world.request import Request

_SOMEBODY = "arn:aws:iam::000000000000:root"
"""The principal of the request that carries the circumstances; no answer depends on it."""


def circumstances(call: CircumstanceOptions) -> Request:
    """The circumstances of all requests that are asked about."""
    from kms_eval.doors.cli.question import ask

    asked = ask(_SOMEBODY, "kms:ListKeys", context=call.context, at=call.at, vpc_endpoint=call.vpc_endpoint)
    return asked if asked.at is not None else replace(asked, at=datetime.now(UTC).replace(microsecond=0))


def grid_of(evaluator: Evaluator, asked: Request) -> Grid:
    """The grid of a world in these circumstances."""
    from kms_eval.analysis.access.grid import Grid
    from kms_eval.doors.cli.question import by_option

    try:
        return Grid(evaluator, asked)
    except InputError as error:
        raise by_option(error) from None


NO_KEYS = (
    "no key is described, so that nobody may do anything with one (describe one in `keys`, or add a source that has)"
)
