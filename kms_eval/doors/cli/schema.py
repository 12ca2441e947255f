"""``kms-eval schema``: the JSON Schemas of scenario files, and of the JSON that verbs print.

Comes in: a name. Goes out: the schema. Never here: the forms themselves; schemas are files of the package, made from
the models in `world.scenario` and the types in `render.json_outputs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import optional_argument
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import SpeakingOptions

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output

NAMES = (
    "scenario",
    "can",
    "test",
    "check",
    "lockout",
    "who-can",
    "matrix",
    "diff",
    "lint",
    "mutate",
    "coverage",
    "batch",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(SpeakingOptions):
    """Print the JSON Schema of scenario files, with which editors complete and check them; or that of an output.

    `kms-eval schema > kms-eval.schema.json`

    `kms-eval schema who-can`
    """

    name: str | None = optional_argument(
        "[NAME]",
        f"scenario (default), or what `--json` prints: {', '.join(NAMES[1:])} (`batch`: a line of its JSON Lines).",
        choices=NAMES,
    )


def run(call: Call, output: Output) -> ExitCode:
    """Print it."""
    from importlib.resources import files

    schema = files("kms_eval").joinpath(f"schemas/{call.name or 'scenario'}.json")
    output.answer(schema.read_text("utf-8").removesuffix("\n"))
    return ExitCode.YES
