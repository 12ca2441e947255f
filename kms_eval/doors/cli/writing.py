"""Writes answers to where the call says, in the form that it says: to stdout, or to a file.

Comes in: what `--output` and `--format` name, and the pieces of a text. Goes out: the answer. Never here: how a file is
written, what a form looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kms_eval.doors.cli.arguments import described
from kms_eval.doors.cli.output import Output
from kms_eval.doors.cli.shared_options import AnswerOptions
from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.render.text import Paint, plain
from kms_eval.render.wrapping import wrapped


def check_output(path: str | None, inputs: Iterable[str | Path | None]) -> None:
    """Raise InputError now, before long work, if the answer cannot be written there, or would replace an input."""
    if path is not None:
        from kms_eval.doors.output_files import check_writable, refuse_overwriting

        check_writable(Path(path))
        refuse_overwriting(Path(path), inputs)


def deliver(output: Output, path: str | None, pieces: Iterable[str]) -> None:
    """Write the answer to the file, if one is named, else to stdout."""
    if path is None:
        output.answer("".join(pieces).removesuffix("\n"))
        return
    from kms_eval.doors.output_files import write_whole

    write_whole(Path(path), pieces)
    output.notice(f"wrote {path}")


def fitted(text: str, path: str | None, output: Output) -> str:
    """The text wrapped to the width of the terminal; unchanged if it goes to a file or to a program."""
    return wrapped(text, output.width if path is None else None)


def painting(path: str | None, output: Output) -> Paint:
    """How words are coloured: not at all if they go to a file."""
    return output.paint if path is None else plain


def chosen_format(call: AnswerOptions) -> str:
    """The form that is asked for, by name or by the file's ending; without either, the first form of the verb.

    Raises InputError for an ending that is not that of a form of the verb.
    """
    if call.json and call.format not in {None, "json"}:
        raise InputError(Fault(f"`--json` and `--format {call.format}` are two forms", help="name one of them"))
    if call.json or call.format is not None:
        return call.format or "json"
    known = next(each.argument.choices for each in described(type(call)) if each.name == "format")
    return _form_of_ending(call.output, known)


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
"""The endings of files that get the first form, which is for reading."""

_FORM_OF_ENDING = {".md": "markdown", ".htm": "html", ".xml": "junit"}
