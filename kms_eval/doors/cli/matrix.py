"""``kms-eval matrix``: principals by actions by keys.

Comes in: a call. Goes out: a table, a page, a picture or data; 0. Never here: what is in it (`analysis.access_matrix`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import (
    account_option,
    before_option,
    options,
    parameter_option,
    scenario_option,
    stranger_option,
    strict_option,
    unknown_key_option,
    verbose_option,
)
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.grids import (
    at_option,
    chosen_format,
    circumstances,
    context_option,
    endpoint_option,
    format_option,
    grid_of,
    output_option,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kms_eval.analysis.access.access_matrix import Matrix
    from kms_eval.doors.cli.output import Output

_TABLE = "table"
_FORMS = (_TABLE, "csv", "json", "html", "svg")


@dataclass(frozen=True, slots=True)
class Call:
    """Show what every principal may do on every key: always, only under conditions, never.

    On the terminal actions are folded into groups (`--unfold use`, `--unfold all` open them). As HTML it is one page
    that opens from disk, with filters and, for each answer, the reason and the statements behind it; as SVG a picture;
    as CSV and JSON data.
    `*` is a wildcard in names. The exit code is 0.

    `kms-eval matrix --key app --output access.html`
    """

    principal: tuple[str, ...] = options("--principal", metavar="PRINCIPAL", help="Whom to show; default: everybody.")
    action: tuple[str, ...] = options("--action", "-a", metavar="ACTION", help="Which actions; default: all.")
    key: tuple[str, ...] = options("--key", "-k", metavar="KEY", help="Which keys; default: all.")
    unfold: tuple[str, ...] = options(
        "--unfold", metavar="GROUP", help="A group whose actions get a column each in the table; `all` for all."
    )
    context: tuple[str, ...] = context_option()
    at: str | None = at_option()
    vpc_endpoint: str | None = endpoint_option()
    format: str | None = format_option(*_FORMS)
    output: str | None = output_option("; its ending says the form")
    scenario: tuple[str, ...] = scenario_option()
    account: str | None = account_option()
    before: bool = before_option()
    parameter: tuple[str, ...] = parameter_option()
    verbose: bool = verbose_option()
    strict: bool = strict_option()
    stranger: bool = stranger_option()
    allow_unknown_key: bool = unknown_key_option()


def run(call: Call, output: Output) -> ExitCode:
    """Answer the call."""
    from kms_eval.analysis.access.access_matrix import Notes, matrix
    from kms_eval.analysis.access.selection import chosen_actions, chosen_askers, chosen_keys
    from kms_eval.doors.cli.opening import Sources, open_scenario
    from kms_eval.doors.cli.progress import tracking
    from kms_eval.doors.cli.writing import check_output, deliver
    from kms_eval.doors.discovery import find
    from kms_eval.render.matrix import MATRIX_FORM

    check_output(call.output, [find(call.scenario)])
    form = MATRIX_FORM.get(chosen_format(call.format, call.output, _FORMS))
    _check_groups(call.unfold)
    actions = chosen_actions(call.action)
    asked = circumstances(call.context, call.at, call.vpc_endpoint)
    opened = open_scenario(
        call.scenario,
        sources=Sources.of(call),
        strict=call.strict,
        strangers=call.stranger,
        allow_unknown_key=call.allow_unknown_key,
    )
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
        track=tracking("Asking about everybody"),
    )
    deliver(output, call.output, form.pieces(made) if form is not None else _table(made, call, output))
    if made.keys_left_out:
        output.word(f"the page has room for {room} of {len(keys)} keys: choose them with `--key`")
    for code, number in made.doubts.items():
        output.word(f"warning: {number} answers hang on a question that AWS leaves open: `kms-eval code {code}`")
    for line in opened.words:
        output.word(line)
    return ExitCode.YES


def _named(call: Call, found: Path | None) -> str:
    """What the answers are about, as a reader of the page would name it."""
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
