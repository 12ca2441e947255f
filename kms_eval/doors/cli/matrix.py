"""``kms-eval matrix``: principals by actions by keys.

Comes in: a call. Goes out: a table, a page, a picture or data; 0. Never here: what is in it (`analysis.access`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import options
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.grids import NO_KEYS, circumstances, grid_of
from kms_eval.doors.cli.shared_options import (
    AnswerOptions,
    CircumstanceOptions,
    FilterOptions,
    SpeakingOptions,
    WorldOptions,
    format_option,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kms_eval.analysis.access.access_matrix import Matrix
    from kms_eval.doors.cli.output import Output

_TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(FilterOptions, CircumstanceOptions, AnswerOptions, WorldOptions, SpeakingOptions):
    """Show what every principal may do on every key: always, only under conditions, never.

    On the terminal actions are folded into groups (`--unfold use`, `--unfold all` open them). As HTML it is one page
    that opens from disk, with filters and, for each answer, the reason and the statements behind it; as SVG a picture;
    as CSV and JSON data.
    `*` is a wildcard in names. The exit code is 0.

    `kms-eval matrix --key app`

    `kms-eval matrix --principal "role/*" --output access.html`
    """

    unfold: tuple[str, ...] = options(
        "--unfold",
        metavar="GROUP",
        help="A group whose actions get a column each in the table; `all` for all.",
        complete="action groups",
    )
    format: str | None = format_option(_TABLE, "csv", "json", "html", "svg")


def run(call: Call, output: Output) -> ExitCode:
    """Answer the call."""
    from kms_eval.analysis.access.access_matrix import Notes, matrix
    from kms_eval.analysis.access.grid import ACTIONS_ON_KEY
    from kms_eval.analysis.access.selection import chosen_actions, chosen_askers, chosen_keys
    from kms_eval.doors.cli.opening import open_scenario
    from kms_eval.doors.cli.progress import tracking
    from kms_eval.doors.cli.writing import check_output, chosen_format, deliver
    from kms_eval.doors.discovery import find
    from kms_eval.render.matrix import MATRIX_FORM

    check_output(call.output, [find(call.scenario)])
    form = MATRIX_FORM.get(chosen_format(call))
    _check_groups(call.unfold)
    actions = chosen_actions(call.action)
    asked = circumstances(call)
    opened = open_scenario(call.scenario, call)
    for line in opened.assumptions:
        output.notice(line)
    evaluator = opened.scenario.evaluator
    askers = chosen_askers(evaluator, call.principal)
    keys = chosen_keys(evaluator.world, call.key)
    room = len(keys)
    if form is not None and form.most_rows is not None:
        room = max(form.most_rows // max(len(askers), 1), 1)
    made = matrix(
        grid_of(evaluator, asked),
        askers,
        keys[:room],
        actions,
        title=opened.scenario.loaded.name,
        notes=form.notes_for(len(askers) * len(keys[:room])) if form is not None else Notes.NONE,
        source=_named(call, find(call.scenario)),
        keys_left_out=len(keys[room:]),
        track=tracking("Asking about everybody", output),
    )
    deliver(output, call.output, form.pieces(made) if form is not None else _table(made, call, output))
    if made.keys_left_out:
        output.notice(f"the page has room for {room} of {len(keys)} keys: choose them with `--key`")
    for code, number in made.doubts.items():
        answers = "1 answer hangs" if number == 1 else f"{number} answers hang"
        output.notice(f"warning: {answers} on a question that AWS leaves open: `kms-eval code {code}`")
    if not keys and actions & ACTIONS_ON_KEY:
        output.notice(NO_KEYS)
    for line in opened.notices:
        output.notice(line)
    return ExitCode.YES


def _named(call: Call, found: Path | None) -> str:
    """The sources of the answers, as a reader of the page would name them."""
    return ", ".join(call.scenario) or (found.name if found is not None else "")


def _table(made: Matrix, call: Call, output: Output) -> Iterator[str]:
    from kms_eval.doors.cli.writing import painting
    from kms_eval.render.matrix_text import LETTERS, PICTURES, render

    signs = LETTERS if output.ascii_only and call.output is None else PICTURES
    width = output.width if call.output is None else None
    lines = render(made, unfold=call.unfold, signs=signs, paint=painting(call.output, output), width=width)
    return (f"{line}\n" for line in lines)


def _check_groups(names: tuple[str, ...]) -> None:
    from kms_eval.analysis.access.action_groups import ACTION_GROUPS
    from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted

    known = [*(group.name for group in ACTION_GROUPS), "all"]
    for name in names:
        if name not in known:
            advice = did_you_mean(name, known) or f"there are {', '.join(f'`{each}`' for each in known)}"
            raise InputError(Fault(f"unknown group {quoted(name)}", Location(field="--unfold"), advice))
