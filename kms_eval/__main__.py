"""The command ``kms-eval``, which is ``python -m kms_eval`` too.

Never here: an import before somebody catches Ctrl-C; loading takes longer than most answers.
"""

import sys


def main() -> int:
    """Answer what was typed, and return the exit code."""
    try:
        from kms_eval.doors.cli.main import main as answer  # noqa: PLC0415 - see above

        return answer()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
