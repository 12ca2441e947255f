"""The command ``kms-eval``: from the words typed to an exit code.

Comes in: arguments, the environment, the streams of the process. Goes out: an exit code; 130 if the user interrupts.
Never here: what verbs do. No error reaches the user as a traceback, unless ``KMS_EVAL_DEBUG`` is set.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.output import Output
from kms_eval.errors import KmsEvalError

if TYPE_CHECKING:
    from kms_eval.doors.cli.shared_options import SpeakingOptions
    from kms_eval.doors.cli.verbs import Verb

_INTERRUPTED = 130
_COLLECTED_AT = 100_000
_COMPLETING = "_KMS_EVAL_COMPLETE"
"""The environment variable with which a shell asks for completions; its value says which shell it is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer what was typed (by default `sys.argv`), and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    output = Output.of_process()
    try:
        code = _answer(words, output)
        output.close()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except KmsEvalError as error:
        _tell(output, str(error))
        code = ExitCode.WRONG
    except OSError as error:
        _tell(output, f"cannot go on: {(error.strerror or 'unknown error').lower()}", error)
        code = ExitCode.OPEN
    except Exception as error:  # noqa: BLE001 - the edge: a traceback is nothing a user can act on
        _tell(output, "internal error, please report it (KMS_EVAL_DEBUG=1 shows where)", error)
        code = ExitCode.OPEN
    if arguments is None:
        # The process ends here, so garbage collection would be wasted time.
        gc.freeze()
    return int(code)


def _answer(words: list[str], output: Output) -> int:
    if _COMPLETING in os.environ:
        from kms_eval.doors.cli import completion

        return completion.answer(os.environ[_COMPLETING], words, output)
    from kms_eval.doors.cli import quick
    from kms_eval.doors.cli.arguments import check_values

    if words == ["--version"]:
        from kms_eval import __version__

        output.answer(f"kms-eval {__version__}")
        return ExitCode.YES
    # Collect garbage rarely: most commands end before it matters.
    gc.set_threshold(_COLLECTED_AT)
    read: tuple[Verb, SpeakingOptions] | int | None = quick.read(words)
    if read is None:
        from kms_eval.doors.cli import application, completion_scripts

        if completion_scripts.asked_for(words):
            return completion_scripts.run(words, output)
        read = application.read(words)
    if isinstance(read, int):
        return read
    verb, call = read
    check_values(call)
    output.obey(quiet=call.quiet, color=call.color)
    code = verb.module().run(call, output)
    return ExitCode.YES if code == ExitCode.NO and getattr(call, "exit_zero", False) else code


def _tell(output: Output, text: str, unexpected: Exception | None = None) -> None:
    """Say what went wrong; for an unexpected error with the traceback, if KMS_EVAL_DEBUG asks for it."""
    if unexpected is not None and os.environ.get("KMS_EVAL_DEBUG"):
        from traceback import format_exception

        text = "".join(format_exception(unexpected)).rstrip()
    with suppress(OSError):  # if the stream cannot be written, only the exit code tells
        output.error(text)
        output.close()
