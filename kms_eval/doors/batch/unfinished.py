"""The folder beside an unfinished output: its parts, its progress, and a lock against other runs.

Comes in: the path of an output, and what the batch is about. Goes out: a folder to write in, and where to resume.
Never here: rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from kms_eval.doors.batch.formats import PARTIAL
from kms_eval.doors.batch.writers import remove, writing
from kms_eval.errors import Fault, InputError, Location

_STATE = "state.json"
_DIFFERENT = {
    "world": "the scenario has changed since then",
    "inputs": "the requests have changed since then",
    "formats": "the format of the requests is another one",
    "output": "the format of the output is another one",
    "at": "the time of the requests is another one",
    "unknown": "only one of the two runs has `--allow-unknown-action`",
    "unknown_keys": "only one of the two runs has `--allow-unknown-key`",
    "strict": "only one of the two runs has `--strict`",
    "version": "the version of kms-eval is another one",
}


@dataclass(frozen=True, slots=True)
class Saved:
    """The progress of a run: the number of rows safely written, the writer's mark after them, counts of decisions."""

    rows: int
    mark: int
    counts: Mapping[str, int]


class Unfinished:
    """The folder of one output; while it is open, no other run can write the same output."""

    def __init__(self, output: Path) -> None:
        self.folder = output.with_name(output.name + PARTIAL)
        self._output = output
        self._lock: IO[bytes] | None = None

    def begin(self) -> None:
        """Make an empty folder, removing what an earlier run left there."""
        with writing(str(self._output)):
            self.folder.mkdir(exist_ok=True)
            self._acquire_lock()
            for part in self.folder.iterdir():
                if part != self._lock_file:
                    part.unlink()

    def resume(self, first_part: str) -> tuple[dict[str, Any], Saved] | None:
        """What an earlier run was about and how far it came; None if no earlier run saved anything.

        If its `first_part` is missing, the earlier run had finished, and was interrupted while it cleaned up.
        """
        if not (self.folder / _STATE).exists() or not (self.folder / first_part).exists():
            return None
        with writing(str(self._output)):
            self._acquire_lock()
        try:
            state = json.loads((self.folder / _STATE).read_text("utf-8"))
            datetime.fromisoformat(state["job"]["at"])
            return state["job"], Saved(**state["saved"])
        except (OSError, ValueError, KeyError, TypeError):
            advice = "run again without `--resume` to begin anew"
            raise InputError(Fault("what an earlier run has left cannot be read", self._place, advice)) from None

    def check(self, job: Mapping[str, Any], earlier: Mapping[str, Any]) -> None:
        """Raise InputError if a job is not the one that an earlier run began."""
        different = [words for name, words in _DIFFERENT.items() if job.get(name) != earlier.get(name)]
        if different:
            advice = "run again without `--resume` to begin anew"
            raise InputError([Fault(f"cannot go on: {words}", self._place, advice) for words in different])

    def save(self, job: Mapping[str, Any], saved: Saved) -> None:
        """Save the progress of the run, atomically."""
        state = {"job": job, "saved": {"rows": saved.rows, "mark": saved.mark, "counts": dict(saved.counts)}}
        draft = self.folder / f"{_STATE}.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / _STATE)

    def remove(self) -> None:
        """Remove the folder: the output is finished, or never will be."""
        remove(self.folder)
        self.close()

    def close(self) -> None:
        """Release the lock, so that another run can use the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def _lock_file(self) -> Path:
        return self.folder / "lock"

    @property
    def _place(self) -> Location:
        return Location(str(self._output))

    def _acquire_lock(self) -> None:
        """Take the lock, which the system releases when this process ends, however it ends."""
        try:
            import fcntl
        except ImportError:  # this system has no such locks
            return
        self._lock = self._lock_file.open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise InputError(Fault("another run is writing this file", self._place)) from None
