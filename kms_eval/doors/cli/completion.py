"""What a shell offers while a command is typed.

Comes in: the line up to the cursor, as it was typed. Goes out: words to continue with, a line each; or the exit code
that says that a file is wanted. Never here: deciding, errors (no shell can use them), and a word that is not `plain`.
The line is split into words and never evaluated: ``~`` is the only expansion of a shell that is applied.
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
"""The exit code that tells the scripts to complete file names, which a shell does best by itself."""

_MAIN_OPTIONS = ("--version", *SCRIPT_OPTIONS, "--help")
_CURSOR = "\0"  # no line can contain it
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True, slots=True)
class _Typed:
    """The words after a verb: values of options by field, positional arguments, and an option that needs a value."""

    options: dict[str, list[str]] = field(default_factory=dict)
    placed: list[str] = field(default_factory=list)
    waiting: Described | None = None
    options_ended: bool = False


def answer(shell: str, words: Sequence[str], output: Output) -> ExitCode:
    """Print what continues the line `words[0]`; for bash `words[1]` is the part of it that a name will replace.

    bash splits words at colons and equals signs, so it is only given the last part. An unknown shell gets nothing, as
    the scripts that typer made for earlier versions evaluate what is printed. If anything goes wrong, nothing is
    printed, as the cursor is in the middle of a line.
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
    """The words after the name of the program, without quotes; the last is the one being typed, maybe empty."""
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
    # While the name of the program is being typed, nothing fits.
    return [word.replace(_CURSOR, "") for word in words[1:]] or [_CURSOR]


def offered(before: Sequence[str], current: str) -> list[str] | None:
    """The words that begin like `current` and may follow those `before`; None: any file."""
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
    """An option and the value that is written in the same word: ``--key=app``, ``-kapp``."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def _options(known: Sequence[Described], typed: _Typed, current: str) -> list[str] | None:
    """The options that begin like `current` and may still be given, or the values after ``--option=``."""
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
        # A short name is only offered if it has been typed, as the long name means the same.
        if name.startswith("--") or name == current
    ]
    return _fitting([*names, "--help"], current)


def _place(places: Sequence[Described], taken: int) -> Described | None:
    """The next positional argument; None if there are no more."""
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
