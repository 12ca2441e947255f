"""``kms-eval code``: what a code means.

Comes in: a code, or none. Goes out: its page, or the list. Never here: codes; they are rows in `kms_eval.codes`,
those of the lint in `analysis.linting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import optional_argument
from kms_eval.doors.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from kms_eval.codes import Code
    from kms_eval.doors.cli.output import Output

_KINDS = {
    "allow": "a reason for allowed",
    "undetermined": "a reason for undetermined",
    "deny": "a reason for a deny",
    "warning": "a warning about a decision",
    "notice": "a remark on a document",
}


@dataclass(frozen=True, slots=True)
class Call:
    """Tell what a reason code, a warning code or a rule of the lint means; without CODE, list all."""

    code: str | None = optional_argument("CODE", "A code, as `can --json` and warnings show it.", "codes")


def run(call: Call, output: Output) -> ExitCode:
    """Print the page, or the list."""
    from kms_eval.analysis.linting.table import RULE, RULES
    from kms_eval.codes import CODE, CODES
    from kms_eval.errors import Fault, InputError, did_you_mean, quoted

    if call.code is None:
        width = max(len(row.code) for row in CODES)
        lines = [f"{row.code.ljust(width)}  {_sentence(row)}" for row in CODES]
        lines += [f"{rule.code.ljust(width)}  {rule.title}" for rule in RULES]
        output.answer("\n".join(lines))
        return ExitCode.YES
    rule = RULE.get(call.code.upper())
    if rule is not None:
        from kms_eval.render.rule_page import render

        output.answer(render(rule, paint=output.paint))
        return ExitCode.YES
    row = CODE.get(call.code.lower())
    if row is None:
        advice = did_you_mean(call.code, (*CODE, *RULE)) or "`kms-eval code` lists them"
        raise InputError(Fault(f"unknown code {quoted(call.code)}", help=advice))
    output.answer(_page(row, output))
    return ExitCode.YES


def _page(row: Code, output: Output) -> str:
    return f"{output.paint('label', row.code)}: {_KINDS[row.kind]}\n\n  {_sentence(row)}\n\n  {row.meaning}"


def _sentence(row: Code) -> str:
    """The sentence with the names of what it is filled with."""
    import re

    return re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), row.sentence)
