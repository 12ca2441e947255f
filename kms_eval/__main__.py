"""The command ``kms-eval``, the same as ``python -m kms_eval``.

Never here: an import outside the code that catches Ctrl-C; loading takes longer than most answers.
"""

import sys


def main() -> int:
    """Run the command line and return the exit code."""
    try:
        from kms_eval.doors.cli.main import main as answer  # noqa: PLC0415 - see above

        code = answer()
    except KeyboardInterrupt:
        code = 130
    # The answer has been printed: an interrupt from now on could only ask to stop, and the process is ending anyway.
    import signal  # noqa: PLC0415 - see above

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


if __name__ == "__main__":
    sys.exit(main())
