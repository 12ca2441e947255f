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

    `at` is the time of requests that do not say when; `at_is_given` tells that it is the user's word and not the
    present, for which a resumed run takes the time at which it began. The formats are for names that do not tell.
    `strict` tells how the scenario was read, which is part of what makes two runs the same.
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
    """What a run did. `decided` are the distinct requests, some twice where there were too many to remember.

    `resumed` are the rows that an earlier run had decided; `ignored` the columns that are no field of a request.
    """

    tally: Tally = field(default_factory=Tally)
    decided: int = 0
    resumed: int = 0
    seconds: float = 0.0
    ignored: set[str] = field(default_factory=set)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. `saved` rows are safe, behind which another run can go on; None where it could not be resumed."""

    def __init__(self, saved: int | None) -> None:
        super().__init__()
        self.saved = saved
