"""``kms-eval code``: what a code means.

Comes in: a code, or none. Goes out: its page, or the list. Never here: codes; they are rows in `kms_eval.codes`,
questions that AWS leaves open rows in `facts.open_questions`, rules of the lint rows in `analysis.linting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import optional_argument
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import SpeakingOptions

if TYPE_CHECKING:
    from kms_eval.codes import Code
    from kms_eval.doors.cli.output import Output
    from kms_eval.facts.open_questions import OpenQuestion

_KINDS = {
    "allow": "a reason for allowed",
    "undetermined": "a reason for undetermined",
    "deny": "a reason for a deny",
    "warning": "a warning about a decision",
    "notice": "a remark on a document",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(SpeakingOptions):
    """Tell what a code means, or list all codes.

    Of a reason or a warning: what to do about it. Of a question that AWS leaves open (Z1, V8): how it is answered here,
    and what else AWS might mean. Of a rule of the lint (KMS201): why, what triggers it, and what does not.

    `kms-eval code no-identity-policy-allows`

    `kms-eval code KMS201`
    """

    code: str | None = optional_argument("CODE", "A code, as `can --json` and warnings show it.", "codes")


def run(call: Call, output: Output) -> ExitCode:
    """Print the page, or the list."""
    from kms_eval.analysis.linting.table import RULE, RULES
    from kms_eval.codes import CODE, CODES
    from kms_eval.errors import Fault, InputError, did_you_mean, quoted
    from kms_eval.facts.open_questions import OPEN_QUESTION, OPEN_QUESTIONS
    from kms_eval.render.wrapping import wrapped

    if call.code is None:
        listed = [(row.code, _sentence(row)) for row in CODES]
        listed += [(question.code, question.question) for question in OPEN_QUESTIONS]
        listed += [(rule.code, rule.title) for rule in RULES]
        width = max(len(code) for code, _sentence in listed)
        lines = "\n".join(f"{code.ljust(width)}  {sentence}" for code, sentence in listed)
        output.answer(wrapped(lines, output.width))
        return ExitCode.YES
    question = OPEN_QUESTION.get(call.code.upper())
    if question is not None:
        output.answer(wrapped(_question_page(question, output), output.width))
        return ExitCode.YES
    rule = RULE.get(call.code.upper())
    if rule is not None:
        from kms_eval.render.rule_page import render

        output.answer(wrapped(render(rule, paint=output.paint), output.width))
        return ExitCode.YES
    row = CODE.get(call.code.lower())
    if row is None:
        advice = did_you_mean(call.code, (*CODE, *OPEN_QUESTION, *RULE)) or "`kms-eval code` lists them"
        raise InputError(Fault(f"unknown code {quoted(call.code)}", help=advice))
    output.answer(wrapped(_page(row, output), output.width))
    return ExitCode.YES


def _page(row: Code, output: Output) -> str:
    from kms_eval.facts.open_questions import QUESTIONS_BEHIND

    page = f"{output.paint('label', row.code)}: {_KINDS[row.kind]}\n\n  {_sentence(row)}\n\n  {row.meaning}"
    behind = ", ".join(f"`kms-eval code {code}`" for code in QUESTIONS_BEHIND.get(row.code, ()))
    return f"{page}\n\n  AWS leaves this open: {behind}" if behind else page


def _question_page(question: OpenQuestion, output: Output) -> str:
    kind = "a question that AWS has left open" if question.settled else "a question that AWS leaves open"
    lines = [f"{output.paint('label', question.code)}: {kind}", "", f"  {question.question}", ""]
    lines += [f"  here:        {question.here}", f"  other:       {question.other}", f"  AWS's page:  {question.page}"]
    if question.settled is not None:
        lines.append(f"  settled:     {question.settled}")
    if question.warnings:
        said = ", ".join(f"`{code}`" for code in question.warnings)
        lines.append(f"  A decision that hangs on it says so with the warning {said}.")
    return "\n".join(lines)


def _sentence(row: Code) -> str:
    """The sentence with its placeholders in upper case."""
    import re

    return re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), row.sentence)
