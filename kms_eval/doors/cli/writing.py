"""Answers that go where the call says, in the form it says: on stdout, or into a file.

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
    """Say now, before long work, that the answer could not be written there, or would replace what it is about."""
    if path is not None:
        from kms_eval.doors.output_files import check_spared, check_writable

        check_writable(Path(path))
        check_spared(Path(path), inputs)


def deliver(output: Output, path: str | None, pieces: Iterable[str]) -> None:
    """Give the answer: into the file where one is named, else on stdout."""
    if path is None:
        output.answer("".join(pieces).removesuffix("\n"))
        return
    from kms_eval.doors.output_files import write_whole

    write_whole(Path(path), pieces)
    output.word(f"wrote {path}")


def fitted(text: str, path: str | None, output: Output) -> str:
    """The text as wide as the terminal that shows it; as it is where it goes into a file or to a program."""
    return wrapped(text, output.width if path is None else None)


def painting(path: str | None, output: Output) -> Paint:
    """How words are marked: not at all where they go into a file."""
    return output.paint if path is None else plain


def chosen_format(call: AnswerOptions) -> str:
    """The form that is asked for, by name or by the file's ending; without either the first one that the verb has.

    Raises InputError for an ending that means none of them.
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
"""Of files that take the first form, which is for reading."""

_FORM_OF_ENDING = {".md": "markdown", ".htm": "html", ".xml": "junit"}
