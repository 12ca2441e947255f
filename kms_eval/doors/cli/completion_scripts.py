"""The scripts with which a shell completes `kms-eval`: shown, or written where the shell finds them.

Comes in: which of the two, and for which shell. Goes out: the script; or files in the home folder, each named.
Never here: what is offered. A start-up file of the user only gets one line added, and that once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from kms_eval.doors.cli.completion import SCRIPT_OPTIONS, SHELLS
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.output_files import unwritable, write_whole
from kms_eval.errors import Fault, InputError, Location, quoted

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output


@dataclass(frozen=True, slots=True)
class _Install:
    """Where a shell looks for the script; and the line that its start-up file has to have, if any.

    A place is a variable, a folder and a name: below the folder in the variable, if it is set, else below that folder
    in the home folder.
    """

    script: tuple[str, str, str]
    start_up: tuple[str, str, str] | None = None
    line: str = ""


_INSTALLS = {
    "bash": _Install(
        ("", "", ".bash_completions/kms-eval.sh"),
        ("", "", ".bashrc"),
        "source ~/.bash_completions/kms-eval.sh",
    ),
    "zsh": _Install(
        ("", "", ".zfunc/_kms-eval"),
        ("ZDOTDIR", "", ".zshrc"),
        "fpath+=~/.zfunc; autoload -Uz compinit; compinit",
    ),
    "fish": _Install(("XDG_CONFIG_HOME", ".config", "fish/completions/kms-eval.fish")),
}
"""The same places that typer used for earlier versions, whose scripts evaluate what is printed: they are replaced."""


def asked_for(words: Sequence[str]) -> bool:
    """Whether a command line asks for a script."""
    return bool(words) and words[0].partition("=")[0] in SCRIPT_OPTIONS


def run(words: Sequence[str], output: Output) -> ExitCode:
    """Show or install the script for the shell that is named after the option, or for the one in use.

    Raises InputError if the shell is not known, and if a file cannot be written.
    """
    option, equals, shell = words[0].partition("=")
    rest = [shell, *words[1:]] if equals else words[1:]
    if len(rest) > 1:
        raise InputError(Fault(f"unexpected argument {quoted(rest[1])}", Location(field=option)))
    shell = rest[0] if rest else current_shell(_parent(), os.environ)
    if shell not in SHELLS:
        known = ", ".join(SHELLS[:-1]) + f" and {SHELLS[-1]}"
        message = f"there is no completion for {quoted(shell)}" if shell else "cannot tell which shell is in use"
        raise InputError(Fault(message, Location(field=option), f"`kms-eval {option} SHELL` knows {known}"))
    text = files("kms_eval.doors.cli").joinpath(f"completion.{shell}").read_text("utf-8")
    if option == "--show-completion":
        output.answer(text.removesuffix("\n"))
    else:
        for line in _install(_INSTALLS[shell], text):
            output.answer(line)
        output.answer(f"{shell} completes `kms-eval` from its next start on")
    return ExitCode.YES


def current_shell(parent: str, environment: Mapping[str, str]) -> str:
    """The shell that started this process, if one did; else the user's, by $SHELL; empty if neither is known."""
    name = parent.removeprefix("-")  # a login shell
    return name if name in SHELLS else PurePath(environment.get("SHELL", "")).name


def _parent() -> str:
    """The name of the process that started this one; empty if the system does not have it in a file."""
    try:
        return Path(f"/proc/{os.getppid()}/comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _install(install: _Install, text: str) -> list[str]:
    """Write the files; return a line about each."""
    script = _path(*install.script)
    _make_folder(script)
    write_whole(script, [text])
    said = [f"wrote {script}"]
    if install.start_up is not None:
        path = _path(*install.start_up)
        before = _read(path)
        if install.line.encode() in before.splitlines():
            said.append(f"left {path} as it is: it has the line `{install.line}`")
        else:
            _append(path, b"\n" * (not before.endswith(b"\n") and bool(before)) + install.line.encode() + b"\n")
            said.append(f"added to {path} the line `{install.line}`")
    return said


def _path(variable: str, folder: str, name: str) -> Path:
    try:
        home = Path.home()
    except RuntimeError:
        raise InputError(Fault("there is no home folder", help="set $HOME")) from None
    return Path(os.environ.get(variable) or home / folder) / name


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise InputError(Fault(f"cannot be read: {reason}", Location(str(path)))) from None


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def _append(path: Path, line: bytes) -> None:
    """Add the line with one write: the content of the file, its mode and its link stay as they are."""
    _make_folder(path)
    try:
        with path.open("ab", buffering=0) as file:
            file.write(line)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
