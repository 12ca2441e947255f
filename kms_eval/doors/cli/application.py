"""The verbs as an application of typer: for help, and for command lines that `quick` is not sure about.

Comes in: words. Goes out: a verb's call, or an exit code if typer has answered. InputError says what is wrong.
Never here: running a verb. Everything is made from the fields of the verbs' calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from kms_eval.doors.cli.arguments import Described, described
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.help import Paint, fitting_width, main_help, verb_help
from kms_eval.doors.cli.output import Output
from kms_eval.doors.cli.shared_options import SpeakingOptions
from kms_eval.doors.cli.verbs import VERB, VERBS, Verb
from kms_eval.errors import Fault, InputError, did_you_mean, quoted

_NAME = "kms-eval"
_HELP_OPTIONS = {"help_option_names": ["--help", "-h"]}


@dataclass(frozen=True, slots=True)
class _Read:
    verb: Verb
    call: SpeakingOptions


def read(words: Sequence[str]) -> tuple[Verb, SpeakingOptions] | int:
    """The verb and its call; or the exit code if help or the version was printed."""
    try:
        result = _run(list(words))
    except SystemExit as ended:
        # Typer's way to say that the reader of its help has closed the pipe, which is no error.
        unread = isinstance(ended.__context__, BrokenPipeError)
        return ExitCode.WRONG if ended.code and not unread else ExitCode.YES
    except InputError:
        raise
    except Exception as error:
        # The module of typer's exceptions changes from release to release; that they have `format_message` does not.
        if not hasattr(error, "format_message"):
            raise
        raise InputError(_fault(error)) from None
    if isinstance(result, _Read):
        return result.verb, result.call
    # Typer's own failures, such as a shell it does not know, are neither denials nor findings.
    return ExitCode.WRONG if result or not words else ExitCode.YES


def _run(words: list[str]) -> Any:
    verb = VERB.get(words[0]) if words else None
    if verb is not None:
        # The group is bypassed, as its own parameters would make typer load pydantic.
        return _command(verb).main(words[1:], prog_name=f"{_NAME} {verb.name}", standalone_mode=False)
    return _application().main(words or ["--help"], prog_name=_NAME, standalone_mode=False)


def _fault(error: Any) -> Fault:
    """An error of typer, in the wording of this program."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else _NAME
    advice = f"see `{path} --help`"
    wrong = getattr(error, "option_name", None)
    if isinstance(wrong, str) and hasattr(error, "possibilities"):
        # typer puts suggestions into the message, each release in its own way, and has none for single letters.
        near = _near(wrong, [name for each in context.command.params for name in each.opts] if context else [])
        return Fault(f"no such option {quoted(wrong)}", help=f"{near} {advice}" if near else advice)
    message = re.sub(r"'([^']*)'", r"`\1`", error.format_message()).rstrip(".")
    message = re.sub(r"argument\(s\) \((.*)\)", r"`\1`", message, flags=re.DOTALL)
    if path == f"{_NAME} can" and "unexpected extra" in message:
        advice = f"first the principal, then the action; the key is named with `--key`; {advice}"
    return Fault(message[:1].lower() + message[1:], help=advice)


def _near(wrong: str, names: Sequence[str]) -> str | None:
    """The suggestion of another option; for a single letter, of those that begin with it. None if none is similar."""
    long = [name for name in names if name.startswith("--")]
    if len(wrong) > 2:
        return did_you_mean(wrong, long)
    listed = " or ".join(f"`{name}`" for name in long if name.startswith(f"-{wrong}"))
    return f"did you mean {listed}?" if listed else None


def _helped(text: Callable[[int, Paint], str]) -> str:
    """The help, as wide and as colourful as suits the output."""
    output = Output.of_process()
    return text(fitting_width(output.width), output.paint)


class _Command(TyperCommand):
    """A verb with our own help: typer's shows Python types, and changes from release to release."""

    def get_help(self, ctx: Any) -> str:
        verb = VERB[self.name or ""]
        return _helped(lambda width, paint: verb_help(verb, width, paint))


class _Group(TyperGroup):
    """Lists the verbs without loading them, and loads the one that is called."""

    def get_help(self, ctx: Any) -> str:
        return _helped(main_help)

    def list_commands(self, ctx: Any) -> list[str]:
        return [verb.name for verb in VERBS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        verb = VERB.get(cmd_name)
        return None if verb is None else TyperCommand(name=verb.name, help=verb.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if not ctx.resilient_parsing and args[0] not in VERB and not args[0].startswith("-"):
            near = did_you_mean(args[0], VERB)
            advice = f"see `{_NAME} --help`"
            raise InputError(Fault(f"no such command {quoted(args[0])}", help=f"{near} {advice}" if near else advice))
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if command is None or name is None else _command(VERB[name]), rest


def _application() -> Any:
    """The whole program."""
    application = typer.Typer(
        name=_NAME,
        cls=_Group,
        rich_markup_mode=None,
        context_settings=_HELP_OPTIONS,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    application.callback()(_options)
    return get_command(application)


def _show_version(wanted: bool) -> None:
    if wanted:
        from kms_eval import __version__

        typer.echo(f"{_NAME} {__version__}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False,  # noqa: FBT003 - typer's way to say the default
        "--version",
        callback=_show_version,
        is_eager=True,
    ),
    install_completion: str = typer.Option(None, "--install-completion"),
    show_completion: str = typer.Option(None, "--show-completion"),
) -> None:
    """Hold the options that stand before any verb; those of completion are answered by `completion_scripts`."""


def _command(verb: Verb) -> Any:
    """A verb as a command of typer that returns the verb's call."""
    call = verb.module().Call
    fields = described(call)

    def command(**values: Any) -> _Read:
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return _Read(verb, call(**plain))

    annotations = {each.name: _TYPES[each.argument.kind] for each in fields}
    parameters = [
        Parameter(each.name, Parameter.KEYWORD_ONLY, default=_parameter(each), annotation=annotations[each.name])
        for each in fields
    ]
    command.__annotations__ = annotations
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # typer reads the signature from here
    application = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_HELP_OPTIONS)
    application.command(verb.name, cls=_Command)(command)
    return get_command(application)


_TYPES: dict[str, Any] = {"one": str, "many": list[str], "switch": bool}
_ABSENT: dict[str, Callable[[], Any]] = {"one": lambda: None, "many": list, "switch": lambda: False}


def _parameter(each: Described) -> Any:
    argument = each.argument
    default = ... if each.required else _ABSENT[argument.kind]()
    said: dict[str, Any] = {
        "metavar": argument.metavar,
        "show_default": False,
    }
    return typer.Option(default, *argument.names, **said) if argument.names else typer.Argument(default, **said)
