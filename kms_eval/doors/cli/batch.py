"""``kms-eval batch``: files of requests in, a file of decisions out.

Comes in: a call. Goes out: the decisions; 0 if every request was decided, 3 if one could not be.
Never here: reading, deciding, writing (`doors.batch`).
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import arguments, option, switch, words_of
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import SpeakingOptions, WorldOptions
from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.safe_text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from kms_eval.doors.batch.job import Job, Report
    from kms_eval.doors.cli.output import Output
    from kms_eval.scenario import Scenario

_ENGINES = ("local", "spark")
_FORMS = ("jsonl", "csv", "parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(WorldOptions, SpeakingOptions):
    """Decide files of requests: JSON Lines, CSV or Parquet, told by their names, the first two also packed (.gz).

    REQUESTS are files, folders, patterns, or `-` for standard input. Columns: id, principal, action, key, context,
    encryption_context, vpc_endpoint, at, and the other fields of a test; principal and action have to be there. The
    decisions keep order and id: id, principal, action, key, decision, reason_code, policy, sid, error, warnings, line.

    A request that cannot be read or decided becomes a row with an error and no decision. The exit code is 0 where every
    request was decided (a denial is a decision), 3 where at least one was not, and 2 where nothing was written. The
    file of decisions is there whole or not at all; an interrupted run goes on with --resume.

    `kms-eval batch logs/ -o decisions.parquet`

    `kms-eval batch requests.jsonl --format csv`
    """

    requests: tuple[str, ...] = arguments(
        "REQUESTS", "Files, folders or patterns of requests; - for standard input.", "files"
    )
    output: str | None = option(
        "--output", "-o", metavar="DECISIONS", help="The file to write; default: standard output.", complete="files"
    )
    resume: bool = switch("--resume", help="Go on where an interrupted run of the same command has stopped.")
    at: str | None = option("--at", metavar="TIME", help="When requests are made that do not say; default: now.")
    input_format: str | None = option(
        "--input-format", metavar="FORM", help="The form of the requests: jsonl, csv or parquet.", choices=_FORMS
    )
    format: str | None = option(
        "--format", "-f", metavar="FORM", help="The form of the decisions: jsonl, csv or parquet.", choices=_FORMS
    )
    engine: str | None = option("--engine", metavar="ENGINE", help="local (default) or spark.", choices=_ENGINES)
    master: str | None = option("--master", metavar="URL", help="The Spark cluster; default: as Spark is set up.")


def run(call: Call, output: Output) -> ExitCode:
    """Decide the requests."""
    from kms_eval.doors.cli.opening import open_scenario
    from kms_eval.doors.discovery import find
    from kms_eval.doors.output_files import refuse_overwriting

    if not call.requests:
        raise InputError(
            Fault("no requests are named", help="name files, folders or patterns, or `-` for standard input")
        )
    engine = call.engine or "local"
    if engine == "local" and call.master is not None:
        raise InputError(Fault("is for `--engine spark`", Location(field="--master")))
    if call.output is not None:
        refuse_overwriting(Path(call.output), [find(call.scenario)])
    opened = open_scenario(call.scenario, call)
    for notice in (*opened.assumptions, *opened.notices):
        output.notice(notice)
    report = (_on_cluster if engine == "spark" else _here)(call, opened.scenario, output)
    if report is None:
        return ExitCode.YES
    _tell(report, output)
    return ExitCode.OPEN if report.tally.open else ExitCode.YES


def _here(call: Call, scenario: Scenario, output: Output) -> Report | None:
    """The report; None if the reader of the decisions has closed the pipe, as it does not want the rest."""
    import gc

    from kms_eval.doors.batch.job import Interrupted
    from kms_eval.doors.batch.run import run as run_batch
    from kms_eval.doors.batch.writers import OutputError

    # The scenario is used to the end, so the garbage collector need not look through it again and again.
    gc.freeze()
    try:
        return run_batch(_job(call), scenario, progress=None if call.quiet else sys.stderr)
    except Interrupted as interrupted:
        if interrupted.saved is None:
            output.error("interrupted; what was written is not whole")
        else:
            output.error(f"interrupted; {interrupted.saved:,} rows are saved, go on with: {_again(call)}")
        raise
    except OutputError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            return None
        raise
    finally:
        gc.unfreeze()


def _on_cluster(call: Call, scenario: Scenario, output: Output) -> Report:
    from kms_eval.doors.batch.cluster import run_on_cluster

    return run_on_cluster(_job(call), scenario, call.master)


def _job(call: Call) -> Job:
    from kms_eval.doors.batch.formats import STANDARD, format_named
    from kms_eval.doors.batch.job import Job

    return Job(
        requests=call.requests,
        output=call.output or STANDARD,
        at=_time(call.at),
        at_is_given=call.at is not None,
        input_format=format_named(call.input_format, "--input-format"),
        output_format=format_named(call.format, "--format"),
        resume=call.resume,
        strict=call.strict,
    )


def _time(text: str | None) -> datetime:
    from datetime import UTC, datetime

    from kms_eval.world.request import request

    if text is None:
        return datetime.now(UTC)
    try:
        asked = request("root", "kms:ListKeys", at=text)
    except InputError as error:
        raise InputError([Fault(fault.message, Location(field="--at"), fault.help) for fault in error.faults]) from None
    return asked.at or datetime.now(UTC)


def _again(call: Call) -> str:
    """The same command with `--resume`."""
    return shlex.join(["kms-eval", "batch", *words_of(replace(call, resume=True))])


def _tell(report: Report, output: Output) -> None:
    from kms_eval.doors.batch.progress import in_words

    tally = report.tally
    words = [_counted(tally.rows, "row")]
    if report.seconds >= 1:
        words.append(f"in {in_words(report.seconds)}, {(tally.rows - report.resumed) / report.seconds:,.0f} a second")
    distinct = f"; {_counted(report.decided, 'distinct request')} decided" if report.decided else ""
    output.notice(" ".join(words) + distinct)
    if report.resumed:
        output.notice(f"{report.resumed:,} of the rows had been decided before")
    names = (
        ("allowed", "allowed"),
        ("explicitDeny", "explicitDeny"),
        ("implicitDeny", "implicitDeny"),
        ("undetermined", "undetermined"),
        ("error", "error"),
    )
    said = [(name, word) for name, word in names if name != "undetermined" or tally.counts[name]]
    output.notice(", ".join(f"{tally.counts[name]:,} {word}" for name, word in said))
    if report.ignored:
        columns = ", ".join(f"{quoted(printable(name))}" for name in sorted(report.ignored)[:20])
        output.notice(f"columns that are no part of a request: {columns}")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
