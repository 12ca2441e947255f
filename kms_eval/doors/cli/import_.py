"""``kms-eval import``: a scenario and its policy files, made from sources.

Comes in: a call. Goes out: a folder, the same bytes for the same sources. Never here: what is written into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import arguments, option
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import PlanOptions, SourceOptions, SpeakingOptions
from kms_eval.errors import Fault, InputError, Location
from kms_eval.safe_text import printable

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(SourceOptions, PlanOptions, SpeakingOptions):
    """Make a scenario of sources, with a file for each policy, to keep and to edit.

    `kms-eval import account -o scenario`
    """

    sources: tuple[str, ...] = arguments(
        "[SOURCE...]", "AWS responses, snapshots, plans, templates, scenarios.", "files"
    )
    output: str | None = option("--output", "-o", metavar="FOLDER", help="The folder to make.", complete="files")


def run(call: Call, output: Output) -> ExitCode:
    """Write the folder."""
    from kms_eval.doors.cli.document_warnings import document_warning_lines
    from kms_eval.doors.cli.template_parameters import parameters_by_name
    from kms_eval.doors.importing.scenario_files import scenario_files
    from kms_eval.doors.output_files import write_folder
    from kms_eval.sources.options import Options
    from kms_eval.world.load import load, raw_of

    sources = (*call.sources, *call.scenario)
    if not sources:
        raise InputError(Fault("is missing", Location(field="SOURCE"), "name a file or folder"))
    if call.output is None:
        raise InputError(Fault("is missing", Location(field="--output"), "name the folder: `-o scenario`"))
    folder = Path(call.output)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(Fault("is there already", Location(call.output), "name another folder, or remove it"))
    options = Options(call.account, call.region, call.before, parameters_by_name(call.parameter))
    paths = [Path(text) for text in sources]
    # The sources are checked first, so that faults have their places in them and not in the files made from them.
    loaded = load(paths[0], more=paths[1:], options=options)
    raw = raw_of(paths, options)
    files = scenario_files(raw, _name(paths[0]), Path.cwd())
    write_folder(folder, files)
    if call.verbose:
        for line in loaded.recognised:
            output.notice(f"recognised {line}")
    for line in (*loaded.words, *document_warning_lines(loaded.warnings)):
        output.notice(line)
    world = loaded.world
    made = printable(str(folder / "kms-eval.yaml"))
    keys, principals = len(world.keys), len(world.principals)
    named = "user or role" if principals == 1 else "users and roles"
    counts = f"{keys} {'key' if keys == 1 else 'keys'}, {principals} {named}"
    output.answer(f"{made}: {counts}")
    return ExitCode.YES


def _name(source: Path) -> str:
    return source.resolve().name if source.is_dir() else source.name.split(".", 1)[0]
