"""A batch on one machine: read requests, decide each distinct one once, write decisions.

Comes in: a job and a scenario. Goes out: a file of decisions and a report. InputError, OutputError or Interrupted end
it early; then no new file has the output's name, and an old one is unchanged.
Never here: the command line, formats, deciding.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import IO, Any, TextIO

from kms_eval.analysis.batching.batch import Answer, Answers
from kms_eval.doors.batch.formats import STANDARD, Format, Source, format_of, sources
from kms_eval.doors.batch.identity import of_files, of_world
from kms_eval.doors.batch.job import Interrupted, Job, Report
from kms_eval.doors.batch.opening import open_reader, open_stream, open_writer
from kms_eval.doors.batch.progress import Clock, Progress
from kms_eval.doors.batch.readers import Reader, Row
from kms_eval.doors.batch.unfinished import Saved, Unfinished
from kms_eval.doors.batch.writers import Writer, first_part, writing
from kms_eval.doors.output_files import is_special_file, link_target
from kms_eval.errors import Fault, InputError, Location
from kms_eval.scenario import Scenario

SAVE_EVERY = 10.0
"""Seconds between saves, and so the most work that an interruption can cost."""

_NOTHING_SAVED = Saved(0, 0, {})


def run(
    job: Job,
    scenario: Scenario,
    *,
    progress: TextIO | None = None,
    clock: Clock = monotonic,
    save_every: float | None = None,
    stdout: IO[bytes] | None = None,
) -> Report:
    """Do a job. Raises InputError, OutputError, MissingExtraError and Interrupted."""
    path = link_target(Path(job.output))
    streamed = job.output == STANDARD or is_special_file(Path(job.output))
    found = sources(job.requests, job.input_format, output=None if streamed else path)
    if job.resume and streamed:
        raise InputError(Fault("a pipe cannot be resumed", Location(job.output), "write into a file"))
    if job.resume and any(source.path is None for source in found):
        raise InputError(Fault("a pipe cannot be resumed", Location(STANDARD), "put the requests into a file"))
    batch = _Batch(job, scenario, found, _output_format(job, found), Progress(progress, _size(found), clock))
    if not streamed:
        _into_file(batch, path, clock, SAVE_EVERY if save_every is None else save_every)
    elif job.output == STANDARD:
        _into_stream(batch, stdout or sys.stdout.buffer)
    else:
        with writing(job.output), Path(job.output).open("wb") as stream:
            _into_stream(batch, stream)
    return batch.reported()


def _into_stream(batch: _Batch, stream: IO[bytes]) -> None:
    writer: Writer | None = None
    try:
        with writing(batch.output_name):
            writer = open_stream(batch.form, stream, batch.schema)
        batch.work(writer, batch.job.at, 0, lambda: None)
        with writing(batch.output_name):
            writer.finish(Path())
    except KeyboardInterrupt:
        raise Interrupted(None) from None
    finally:
        if writer is not None:
            writer.close()


def _into_file(batch: _Batch, path: Path, clock: Clock, save_every: float) -> None:
    if path.is_dir():
        raise InputError(Fault("is a folder, not a file", Location(str(path))))
    if not path.absolute().parent.is_dir():
        raise InputError(Fault("there is no such folder", Location(str(path.parent))))
    file = _File(batch, path, clock, save_every)
    try:
        file.write()
    except KeyboardInterrupt:
        raise Interrupted(file.saved.rows if all(source.path for source in batch.sources) else None) from None
    finally:
        file.close()


class _File:
    """Writes one batch into its file."""

    def __init__(self, batch: _Batch, path: Path, clock: Clock, save_every: float) -> None:
        self.unfinished = Unfinished(path)
        self.saved = _NOTHING_SAVED
        self._batch = batch
        self._path = path
        self._clock = clock
        self._save_every = save_every
        self._saved_at = clock()
        self._writer: Writer | None = None
        self._about: dict[str, Any] = {}

    def write(self) -> None:
        batch, name = self._batch, str(self._path)
        at = batch.job.at
        earlier = self.unfinished.resume(first_part(batch.form)) if batch.job.resume else None
        if earlier is None:
            self.unfinished.begin()
        else:
            about, self.saved = earlier
            at = at if batch.job.at_is_given else datetime.fromisoformat(about["at"])
            self._about = self._job(at)
            self.unfinished.check(self._about, about)
            batch.report.tally.counts.update(self.saved.counts)
            batch.report.resumed = self.saved.rows
        with writing(name):
            self._writer = open_writer(
                batch.form,
                self.unfinished.folder,
                packed=batch.job.output.lower().endswith(".gz"),
                mark=None if earlier is None else self.saved.mark,
                schema=batch.schema,
            )
        try:
            batch.work(self._writer, at, self.saved.rows, lambda: self._note(at))
        except InputError:
            # The requests have to be corrected first; then they are different ones, and nothing can be resumed.
            self.unfinished.remove()
            raise
        with writing(name):
            self._writer.finish(self._path)
        self.unfinished.remove()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self.unfinished.close()

    def _note(self, at: datetime) -> None:
        """Save the progress of the batch, if it is time to."""
        if self._writer is None or self._clock() - self._saved_at < self._save_every:
            return
        self._about = self._about or self._job(at)
        tally = self._batch.report.tally
        with writing(str(self._path)):
            saved = Saved(tally.rows, self._writer.mark(), tally.counts)
            self.unfinished.save(self._about, saved)
        self.saved = Saved(saved.rows, saved.mark, dict(saved.counts))
        self._saved_at = self._clock()

    def _job(self, at: datetime) -> dict[str, Any]:
        from kms_eval import __version__

        return {
            "version": __version__,
            "world": of_world(self._batch.scenario.world),
            "inputs": of_files(self._batch.sources),
            "formats": [source.format for source in self._batch.sources],
            "output": [self._batch.form, self._path.name],
            "at": at.isoformat(),
            "unknown": self._batch.scenario.evaluator.allow_unknown_action,
            "unknown_keys": self._batch.scenario.evaluator.allow_unknown_key,
            "strict": self._batch.job.strict,
        }


class _Batch:
    """All rows of all files, decided."""

    def __init__(self, job: Job, scenario: Scenario, found: list[Source], form: Format, progress: Progress) -> None:
        self.job = job
        self.scenario = scenario
        self.sources = found
        self.form = form
        self.report = Report()
        self.output_name = "standard output" if job.output == STANDARD else job.output
        self._progress = progress
        self._standard: Reader | None = None
        self.schema = self._look()
        if form != "parquet" or any(source.format != "parquet" for source in found):
            self.schema = None

    def _look(self) -> Any:
        """Look at the beginning of every file, so that unreadable files are found before anything is decided.

        Returns the schema of the decisions about the Parquet files, which has to be the same for all of them.
        """
        first: Any = None
        for source in self.sources:
            reader = open_reader(source)
            if source.path is None:
                self._standard = reader
                continue
            reader.close()
            schema = reader.decision_schema
            if schema is not None:
                first = first or schema
                if schema != first:
                    kinds = f"{schema.field('id').type} here and {first.field('id').type} in a file before"
                    raise InputError(Fault(f"is {kinds}", Location(source.name, None, "id")))
        return first

    def work(self, writer: Writer, at: datetime, skip: int, note: Callable[[], None]) -> None:
        """Decide and write all rows but the first `skip`; call `note` whenever the rows so far are written."""
        decided = self._columns(writer, at, skip) if self.schema is not None else self._rows(writer, at, skip)
        for done in decided:
            note()
            self._progress.tell(self.report.tally.rows, done)

    def _rows(self, writer: Writer, at: datetime, skip: int) -> Iterator[int]:
        answers = Answers(self.scenario.evaluator, at)
        for reader, before in self._files():
            for rows in reader.rows():
                left, skip = rows[skip:], max(0, skip - len(rows))
                if not left:
                    continue
                answered = [_answered(answers, row) for row in left]
                with writing(self.output_name):
                    writer.write(answered)
                for _row_id, answer in answered:
                    self.report.tally.add(answer.counted_as)
                self.report.decided = answers.decided
                yield before + reader.done

    def _columns(self, writer: Writer, at: datetime, skip: int) -> Iterator[int]:
        from kms_eval.analysis.batching.columns import Columns

        columns = Columns(self.scenario.evaluator, at, self.report.tally)
        for reader, before in self._files():
            rows = 0
            for batch in reader.batches():
                left, skip = batch.slice(min(skip, batch.num_rows)), max(0, skip - batch.num_rows)
                rows += batch.num_rows
                if not left.num_rows:
                    continue
                answered = columns.decide(left, rows - left.num_rows)
                with writing(self.output_name):
                    writer.write_batch(answered)
                self.report.decided = columns.answers.decided
                yield before + reader.done

    def _files(self) -> Iterator[tuple[Reader, int]]:
        """The readers, each with the size of all files before it."""
        before = 0
        for source in self.sources:
            reader = self._standard if source.path is None and self._standard is not None else open_reader(source)
            try:
                yield reader, before
            finally:
                reader.close()
            self.report.ignored |= reader.ignored
            before += source.size

    def reported(self) -> Report:
        """The report about what has been done."""
        self._progress.clear()
        self.report.seconds = self._progress.seconds
        return self.report


def _answered(answers: Answers, row: Row) -> tuple[object, Answer]:
    row_id, fields, line = row
    answer = fields if isinstance(fields, Answer) else answers.of(fields)
    return row_id, answer if answer.error is None else answer.on_line(line)


def _size(found: list[Source]) -> int:
    """The bytes of all files; 0 if one is a pipe, whose size is not known."""
    return 0 if any(source.path is None for source in found) else sum(source.size for source in found)


def _output_format(job: Job, found: list[Source]) -> Format:
    """The format of the output: that of its name, else the given one, else for standard output that of the requests.

    On standard output it is JSON Lines if the requests have several formats or are Parquet.
    """
    named = format_of(job.output) or job.output_format
    if named is not None:
        return named
    forms = {source.format for source in found}
    if job.output == STANDARD and len(forms) == 1 and forms != {"parquet"}:
        return forms.pop()
    if job.output == STANDARD:
        return "jsonl"
    advice = "name it `.jsonl`, `.csv` or `.parquet`, or say it with `--format`"
    raise InputError(Fault("the format cannot be told by the name", Location(job.output), advice))
