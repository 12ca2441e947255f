"""``kms-eval init``: a scenario to start from.

Comes in: where to write it. Goes out: the file, and what to do next. Never here: overwriting anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import optional_argument
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import SpeakingOptions

if TYPE_CHECKING:
    from pathlib import Path

    from kms_eval.doors.cli.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(SpeakingOptions):
    """Write a commented scenario with a key policy, two roles and tests that pass; nothing is overwritten.

    `kms-eval init`

    `kms-eval init policies/app.kms.yaml`
    """

    path: str | None = optional_argument("PATH", "The file, or its folder; default: kms-eval.yaml.", "files")


def run(call: Call, output: Output) -> ExitCode:
    """Write it, and print the next steps."""
    from importlib.resources import files

    from kms_eval.doors.discovery import FILE_NAME

    path = _target(call.path, FILE_NAME)
    _write(path, files("kms_eval.doors.cli").joinpath("starter.yaml").read_bytes())
    option = "" if path.name == FILE_NAME and not path.parent.name else f" -s {_quoted(path)}"
    output.answer(
        f"wrote {path}\n\n"
        f"  kms-eval test{option and f' {_quoted(path)}'}\n"
        f"  kms-eval can role/worker kms:Decrypt{option} --explain\n\n"
        "then put your own key policies and principals in it; `kms-eval --help` has the rest"
    )
    return ExitCode.YES


def _target(text: str | None, name: str) -> Path:
    from pathlib import Path

    path = Path(text) if text is not None else Path(name)
    return path / name if path.is_dir() else path


def _quoted(path: Path) -> str:
    from shlex import quote

    return quote(str(path))


def _write(path: Path, data: bytes) -> None:
    from kms_eval.errors import Fault, InputError, Location

    try:
        with path.open("xb") as file:
            try:
                file.write(data)
                file.flush()
            except OSError:
                path.unlink()
                raise
    except FileExistsError:
        raise InputError(
            Fault("is there already", Location(str(path)), "name another file: `kms-eval init PATH`")
        ) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a name for a file").lower()
        raise InputError(Fault(f"cannot be written: {reason}", Location(str(path)))) from None
