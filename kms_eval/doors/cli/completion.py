"""What a shell offers while a command is typed.

Comes in: the line up to the cursor, as it was typed. Goes out: words to continue with, a line each; or the exit code
that says that a file is wanted. Never here: deciding, errors (no shell can use them), and a word that is not `plain`.
The line is taken apart and never evaluated: of what a shell would put in its place only ``~`` is understood.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import Argument, Described, described
from kms_eval.doors.cli.completion_names import VALUES, plain
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.verbs import VERB, VERBS

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output

SHELLS = ("bash", "zsh", "fish")
SCRIPT_OPTIONS = ("--install-completion", "--show-completion")

FILES = ExitCode.NO
"""What the scripts take as the wish for a file, which a shell completes best by itself."""

_MAIN_OPTIONS = ("--version", *SCRIPT_OPTIONS, "--help")
_CURSOR = "\0"  # no line can hold it
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True, slots=True)
class _Typed:
    """The words behind a verb: values by field, those that stand by their place, and what waits for a value."""

    options: dict[str, list[str]] = field(default_factory=dict)
    placed: list[str] = field(default_factory=list)
    waiting: Described | None = None
    options_ended: bool = False


def answer(shell: str, words: Sequence[str], output: Output) -> ExitCode:
    """Print what continues the line `words[0]`; of bash `words[1]` is the part of it that a name will replace.

    bash takes a word apart at colons and equals signs, and is told the last part only. A shell that is not known gets
    nothing: scripts that typer made for earlier versions evaluate what is printed. Whatever goes wrong, nothing is
    printed: the cursor stands in the middle of a line.
    """
    if shell not in SHELLS or not words:
        return ExitCode.YES
    *before, current = split(words[0])
    try:
        names = offered(before, current)
    except Exception:  # noqa: BLE001 - no error is of use here
        return ExitCode.YES
    if names is None:
        return FILES
    if shell == "bash":
        replaced = words[1] if len(words) > 1 else ""
        kept = len(current) - len(replaced)
        names = [name[kept:] for name in names] if current.endswith(replaced) else []
    if names:
        output.answer("\n".join(names))
    return ExitCode.YES


def split(line: str) -> list[str]:
    """The words behind the name of the program, without quotes; the last is the one being typed, maybe empty."""
    lexer = shlex.shlex(f"{line}{_CURSOR}", posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        for word in lexer:
            words.append(word)  # noqa: PERF402 - so that those before the fault are kept
    except ValueError:  # within quotes
        words.append(lexer.token)
    while len(words) > 1 and _ASSIGNMENT.match(words[0]):
        del words[0]
    # Still in the name of the program there is nothing to say.
    return [word.replace(_CURSOR, "") for word in words[1:]] or [_CURSOR]


def offered(before: Sequence[str], current: str) -> list[str] | None:
    """The words that may stand where `current` has been begun, after those `before`; None: any file."""
    if before and before[0] not in VERB:
        return _fitting(SHELLS if list(before) in ([each] for each in SCRIPT_OPTIONS) else (), current)
    if not before:
        option, equals, value = current.partition("=")
        if equals and option in SCRIPT_OPTIONS:
            return [f"{option}={name}" for name in _fitting(SHELLS, value)]
        return _fitting(_MAIN_OPTIONS if current.startswith("-") else [verb.name for verb in VERBS], current)
    known = described(VERB[before[0]].module().Call)
    typed = _read(before[1:], known)
    if typed.waiting is not None:
        return _values(typed.waiting.argument, typed, current)
    if current.startswith("-") and not typed.options_ended:
        return _options(known, typed, current)
    place = _place([each for each in known if not each.argument.names], len(typed.placed))
    return [] if place is None else _values(place.argument, typed, current)


def _read(words: Sequence[str], known: Sequence[Described]) -> _Typed:
    """What has been typed, right or not."""
    by_name = {name: each for each in known for name in each.argument.names}
    options: dict[str, list[str]] = {}
    placed: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            return _Typed(options, [*placed, *remaining], options_ended=True)
        if not word.startswith("-") or word == "-":
            placed.append(word)
            continue
        name, value = _parted(word)
        each = by_name.get(name)
        if each is None:
            continue
        values = options.setdefault(each.name, [])
        if each.argument.kind == "switch":
            continue
        if value is None and (value := next(remaining, None)) is None:
            return _Typed(options, placed, waiting=each)
        values.append(value)
    return _Typed(options, placed)


def _parted(word: str) -> tuple[str, str | None]:
    """An option and the value that is written into the same word: ``--key=app``, ``-kapp``."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def _options(known: Sequence[Described], typed: _Typed, current: str) -> list[str] | None:
    """The options that begin so and may still be given, or the value behind ``--option=``."""
    name, equals, value = current.partition("=")
    if equals:
        each = next((each for each in known if name in each.argument.names), None)
        if each is None or each.argument.kind == "switch" or not name.startswith("--"):
            return []
        names = _values(each.argument, typed, value)
        return None if names is None else [f"{name}={value}" for value in names]
    names = [
        name
        for each in known
        if each.argument.kind == "many" or each.name not in typed.options
        for name in each.argument.names
        # A short one says the same as the long one beside it.
        if name.startswith("--") or name == current
    ]
    return _fitting([*names, "--help"], current)


def _place(places: Sequence[Described], taken: int) -> Described | None:
    """What the next word that stands by its place is; None where there is room for no more."""
    for position, each in enumerate(places):
        if position == taken or each.argument.kind == "many":
            return each
    return None


def _values(argument: Argument, typed: _Typed, current: str) -> list[str] | None:
    if argument.choices:
        return _fitting(argument.choices, current)
    meant = argument.complete
    if meant == "files":
        return None
    if meant is None:
        return []
    scenarios = [os.path.expanduser(name) for name in typed.options.get("scenario", [])]  # noqa: PTH111 - as typed
    for names in VALUES[meant](scenarios):
        found = _fitting((name for name in names if plain(name)), current)
        if found:
            return found
    return []


def _fitting(names: Sequence[str] | Iterator[str], current: str) -> list[str]:
    """The names that begin like `current`, in any case of letters; each once."""
    begun = current.lower()
    return list(dict.fromkeys(name for name in names if name.lower().startswith(begun)))
