"""The verbs of the command line: a row for each.

Comes in: nothing. Goes out: names, summaries and, when a verb is called, its module.
Never here: what a verb does. A module has a `Call`, whose fields are its arguments, and `run(call, output)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.output import Output
from kms_eval.doors.cli.shared_options import SpeakingOptions


class VerbModule(Protocol):
    """What the module of a verb has."""

    Call: type[SpeakingOptions]

    def run(self, call: Any, output: Output) -> ExitCode:
        """Answer the call. Raises InputError if the call or an input is wrong."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. Its module has the same name, with underscores; the docstring of its `Call` is the long help."""

    name: str
    summary: str

    def module(self) -> VerbModule:
        """The module, loaded when it is first asked for."""
        return cast(
            "VerbModule",
            import_module(f"kms_eval.doors.cli.{self.name.replace('-', '_').replace('import', 'import_')}"),
        )


VERBS: tuple[Verb, ...] = (
    Verb("can", "Whether a principal may perform an action on a key, and why."),
    Verb("test", "Run the tests in scenario files or folders."),
    Verb("check", "Whether what has to stay true holds for every request."),
    Verb("lockout", "Whether a key policy would lock everybody out of changing it."),
    Verb("who-can", "Everybody who may perform an action, always or under conditions."),
    Verb("matrix", "What everybody may do on every key: table, page, picture or data."),
    Verb("diff", "What a change of policies changes, before it is made."),
    Verb("lint", "What is wrong with policies, whatever anybody asks."),
    Verb("mutate", "Whether the tests would notice a mistake in the policies."),
    Verb("batch", "Decide files of requests: JSON Lines, CSV, Parquet."),
    Verb("pull", "Keep what AWS shows of an account in a folder."),
    Verb("import", "Make a scenario of sources, to keep and to edit."),
    Verb("init", "Write a scenario to start from."),
    Verb("schema", "Print the JSON Schema of scenarios, or of a JSON output."),
    Verb("code", "What a reason or warning code means."),
)

VERB = {verb.name: verb for verb in VERBS}
