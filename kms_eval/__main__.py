"""``python -m kms_eval`` is ``kms-eval``."""

import sys

from kms_eval.doors.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
