"""What a batch is asked to do, and what it reports.

Comes in: nothing (types only). Goes out: values that the engines and the command line share. Never here: doing it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kms_eval.analysis.batching.batch import Tally
from kms_eval.doors.batch.formats import Format


@dataclass(frozen=True, slots=True)
class Job:
    """What to decide and where to write it: files, folders, patterns and ``-`` as they are typed.

    `at` is the time of requests without a time of their own; `at_is_given` says that the user gave it. Otherwise it is
    the present, and a resumed run takes the time of the run that it resumes. The formats are for files whose names do
    not tell them. `strict` says how the scenario was read, which has to be the same when a run is resumed.
    """

    requests: tuple[str, ...]
    output: str
    at: datetime
    at_is_given: bool = False
    input_format: Format | None = None
    output_format: Format | None = None
    resume: bool = False
    strict: bool = False


@dataclass(slots=True)
class Report:
    """What a run did. `decided` counts distinct requests, some of them twice if there were too many to remember.

    `resumed` counts the rows that an earlier run had decided; `ignored` has the columns that are not fields of a
    request.
    """

    tally: Tally = field(default_factory=Tally)
    decided: int = 0
    resumed: int = 0
    seconds: float = 0.0
    ignored: set[str] = field(default_factory=set)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. `saved` rows are safely written, and another run can resume after them; None if it cannot be resumed."""

    def __init__(self, saved: int | None) -> None:
        super().__init__()
        self.saved = saved
