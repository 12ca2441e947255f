"""The command ``kms-eval``, which is ``python -m kms_eval`` too.

Never here: an import before somebody catches Ctrl-C; loading takes longer than most answers.
"""

import sys


def main() -> int:
    """Answer what was typed, and return the exit code."""
    try:
        from kms_eval.doors.cli.main import main as answer  # noqa: PLC0415 - see above

        code = answer()
    except KeyboardInterrupt:
        code = 130
    # The answer is out: whoever interrupts now only means the end, which has come.
    import signal  # noqa: PLC0415 - see above

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


if __name__ == "__main__":
    sys.exit(main())
