"""What the questions about many requests have in common: their options, and the grid they are asked of.

Comes in: options. Goes out: a grid. Never here: the questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kms_eval.doors.cli.arguments import option, options
from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted

if TYPE_CHECKING:
    from kms_eval.analysis.access.grid import Grid
    from kms_eval.engine.evaluator import Evaluator
    from kms_eval.world.request import Request

_SOMEBODY = "arn:aws:iam::000000000000:root"
"""Who stands in the request that carries the circumstances; no answer depends on it."""


def context_option() -> Any:
    """What all requests carry."""
    return options(
        "--context", "-c", metavar="K=V", help="A condition key that all requests carry; what is not said stays open."
    )


def at_option() -> Any:
    """When all requests are made."""
    return option("--at", metavar="TIME", help="When: 2026-01-01T00:00:00Z; default: now.")


def endpoint_option() -> Any:
    """How all requests come."""
    return option("--vpc-endpoint", metavar="ID", help="The VPC endpoint all come through.", complete="endpoints")


def format_option(*names: str) -> Any:
    """In which form the answer is wanted."""
    return option("--format", "-f", metavar="FORM", help=f"{', '.join(names[:-1])} or {names[-1]}.")


def output_option(endings: str) -> Any:
    """Where the answer goes."""
    return option("--output", "-o", metavar="FILE", help=f"A file to write to, whole or not at all{endings}.")


def circumstances(context: Sequence[str], at: str | None, vpc_endpoint: str | None) -> Request:
    """The circumstances of all requests that are asked about."""
    from kms_eval.doors.cli.question import ask

    asked = ask(_SOMEBODY, "kms:ListKeys", context=context, at=at, vpc_endpoint=vpc_endpoint)
    return asked if asked.at is not None else replace(asked, at=datetime.now(UTC).replace(microsecond=0))


def grid_of(evaluator: Evaluator, asked: Request) -> Grid:
    """The grid of a world in these circumstances."""
    from kms_eval.analysis.access.grid import Grid
    from kms_eval.doors.cli.question import by_option

    try:
        return Grid(evaluator, asked)
    except InputError as error:
        raise by_option(error) from None


def chosen_format(given: str | None, path: str | None, known: Sequence[str], *, json: bool = False) -> str:
    """The form that is asked for, by name or by the file's ending; without either the first of the known ones.

    Raises InputError for a name or an ending that means none of them.
    """
    if json and given not in {None, "json"}:
        raise InputError(Fault(f"`--json` and `--format {given}` are two forms", help="name one of them"))
    if json:
        given = "json"
    if given is None:
        return _form_of_ending(path, known)
    if given not in known:
        advice = did_you_mean(given, known) or f"there are {', '.join(f'`{name}`' for name in known)}"
        raise InputError(Fault(f"unknown form {quoted(given)}", Location(field="--format"), advice))
    return given


def _form_of_ending(path: str | None, known: Sequence[str]) -> str:
    ending = Path(path).suffix.lower() if path is not None else ""
    if ending in _PLAIN_ENDINGS:
        return known[0]
    named = _FORM_OF_ENDING.get(ending, ending[1:])
    if named not in known:
        message = f"the ending {quoted(ending)} means no form that this verb has"
        raise InputError(Fault(message, Location(field="--output"), f"name one with `--format`: {', '.join(known)}"))
    return named


_PLAIN_ENDINGS = frozenset({"", ".txt", ".log"})
"""Of files that take the first form, which is for reading."""

_FORM_OF_ENDING = {".md": "markdown", ".htm": "html", ".xml": "junit"}
