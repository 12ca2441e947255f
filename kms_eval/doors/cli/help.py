"""What `--help` says: about the program as a whole, and about each verb.

Comes in: verbs, and the fields of their calls. Goes out: text for a terminal of some width. Never here: reading a
command line, Markdown (`docs/reference_pages.py` makes the pages).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap

from kms_eval.doors.cli.arguments import Argument, Described, described
from kms_eval.doors.cli.shared_options import (
    AnswerOptions,
    CircumstanceOptions,
    FilterOptions,
    FindingOptions,
    PlanOptions,
    SourceOptions,
    SpeakingOptions,
    StrictOptions,
)
from kms_eval.doors.cli.verbs import VERBS, Verb

Paint = Callable[[str, str], str]

SUMMARY = "Tells whether AWS KMS would allow a request, and why, from policies and grants alone."

MAIN_OPTIONS = (
    Argument("switch", "Show the version and exit.", ("--version",)),
    Argument(
        "one",
        "Have bash, zsh or fish (default: the shell in use) complete commands, and say which files are written.",
        ("--install-completion",),
        "[SHELL]",
    ),
    Argument("one", "Print the script that does so, and write nothing.", ("--show-completion",), "[SHELL]"),
)
"""The options that may be typed in place of a verb."""

TASKS = (
    ("Begin", "kms-eval init"),
    ("", "kms-eval can role/app kms:Decrypt --key-policy key.json"),
    ("Your own account", "kms-eval pull -o account --region eu-west-1"),
    ("", "kms-eval who-can kms:Decrypt -s account"),
    ("Why was I denied?", "kms-eval can role/app kms:Decrypt --key app --explain"),
    ("Before I merge", "kms-eval diff kms-eval.yaml --base origin/main"),
    ("", "kms-eval diff plan.json -s account"),
    ("In CI", "kms-eval test --junit results.xml"),
    ("", "kms-eval check"),
    ("Tighten a key", "kms-eval lint key.json"),
    ("", "kms-eval mutate"),
)
"""Common tasks, each with a command that does it."""

EXIT_CODES = (
    ("0", "allowed; all tests passed; nothing found"),
    ("1", "denied; a test failed; something was found"),
    ("2", "the input or the call is wrong: nothing was decided"),
    ("3", "an answer could not be established"),
)

_HELP = Argument("switch", "Show this message and exit.", ("--help", "-h"))
GROUPS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((FilterOptions,), "What the answer is about"),
    ((CircumstanceOptions,), "What all requests carry"),
    ((AnswerOptions, FindingOptions), "The answer"),
    ((SourceOptions, PlanOptions), "What is read"),
    ((StrictOptions,), "How strictly"),
    ((SpeakingOptions,), "Everywhere"),
)
"""The options that verbs share: the classes that have them, and their heading."""

_LAST = GROUPS[-1][1]
_NARROWEST, _WIDEST, _LEFT = 40, 100, 34


def main_help(width: int, paint: Paint) -> str:
    """What the program is for, how to begin, its verbs, what its exit codes mean."""
    verbs = [(verb.name, verb.summary) for verb in VERBS]
    lines = ["Usage: kms-eval VERB [ARGUMENT]... [OPTION]...", "", *_wrapped(SUMMARY, width), "", *_tasks(width)]
    lines += ["", paint("label", "Verbs"), *_table(verbs, width)]
    lines += ["", paint("label", "Options"), *_table([_row(each) for each in (*MAIN_OPTIONS, _HELP)], width)]
    lines += ["", paint("label", "Exit codes"), *_table(EXIT_CODES, width)]
    return "\n".join([*lines, "", "`kms-eval VERB --help` has the options of a verb, and examples."])


def _tasks(width: int) -> Iterator[str]:
    """Tasks with their commands beside them, or below them if there is no room; commands are not wrapped."""
    heads = max(len(head) for head, _command in TASKS)
    beside = max(heads + len(command) for _head, command in TASKS) + 4 <= width
    for head, command in TASKS:
        if beside:
            yield f"  {head.ljust(heads)}  {command}"
        else:
            yield from (f"  {head}",) if head else ()
            yield f"    {command}"


def verb_help(verb: Verb, width: int, paint: Paint) -> str:
    """What a verb does, with examples, its arguments and options."""
    call = verb.module().Call
    known = described(call)
    placed = [each for each in known if not each.argument.names]
    words = " ".join(_placed(each) for each in placed)
    lines = [f"Usage: kms-eval {verb.name} {words}".rstrip() + " [OPTION]..."]
    texts, examples = paragraphs(call)
    for text in texts:
        lines += ["", *_wrapped(text, width)]
    lines += ["", paint("label", "Examples"), *(f"  {example}" for example in examples)]
    if placed:
        lines += ["", paint("label", "Arguments"), *_table([_row(each.argument) for each in placed], width)]
    for title, found in option_groups(call):
        rows = [_row(each.argument) for each in found]
        lines += ["", paint("label", title), *_table([*rows, _row(_HELP)] if title == _LAST else rows, width)]
    return "\n".join(lines)


def paragraphs(call: type) -> tuple[list[str], list[str]]:
    """The docstring of a call: its paragraphs, and its examples, which are the paragraphs that are a command."""
    texts = [" ".join(each.split()) for each in re.split(r"\n\s*\n", call.__doc__ or "")]
    commands = [each[1:-1] for each in texts if re.fullmatch(r"`kms-eval [^`]*`", each)]
    return [each for each in texts if each and each[1:-1] not in commands], commands


def option_groups(call: type) -> Iterator[tuple[str, list[Described]]]:
    """The options of a verb, then those that it shares with other verbs, each group with its heading."""
    known = [each for each in described(call) if each.argument.names]
    title_of = {
        each.name: title
        for bases, title in GROUPS
        for base in bases
        if issubclass(call, base)
        for each in described(base)
    }
    for title in ("Options", *(title for _bases, title in GROUPS)):
        found = [each for each in known if title_of.get(each.name, "Options") == title]
        if found:
            yield title, found


def _placed(each: Described) -> str:
    word = each.argument.metavar or ""
    return word if each.required or word.startswith("[") else f"[{word}]"


def _row(argument: Argument) -> tuple[str, str]:
    """The names of an option, short ones first, then its value; and its help."""
    names = sorted(argument.names, key=lambda name: name.startswith("--"))
    # The brackets and dots of an argument are only shown in the usage.
    value = argument.metavar or ""
    return ", ".join(names) + (f" {value}" if names and value else "") or value.strip("[]"), argument.help


def _table(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    left = min(max(len(name) for name, _text in rows), _LEFT, max(width - _NARROWEST, _NARROWEST // 4)) + 4
    for name, text in rows:
        first, *more = _wrapped(text, max(width - left, _NARROWEST // 2)) or [""]
        if len(name) + 4 > left:
            yield f"  {name}"
            name = ""  # noqa: PLW2901 - it stands on a line of its own
        yield f"  {name}".ljust(left) + first
        yield from (" " * left + line for line in more)


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width, break_on_hyphens=False, break_long_words=False)


def fitting_width(columns: int | None) -> int:
    """The width of the help on a terminal with that many columns; None means that there is no terminal."""
    return max(min(columns or 80, _WIDEST), _NARROWEST)
