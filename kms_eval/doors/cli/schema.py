"""``kms-eval schema``: the JSON Schema of scenario files.

Comes in: nothing. Goes out: the schema. Never here: the format itself; its models are in `world.scenario`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import SpeakingOptions

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(SpeakingOptions):
    """Print the JSON Schema of scenario files, with which editors complete and check them.

    `kms-eval schema > kms-eval.schema.json`
    """


def run(call: Call, output: Output) -> ExitCode:
    """Print it."""
    import json

    from kms_eval.world.scenario import json_schema

    output.answer(json.dumps(json_schema(), indent=2))
    return ExitCode.YES
