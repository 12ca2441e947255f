"""``kms-eval batch``: files of requests in, a file of decisions out.

Comes in: a call. Goes out: the decisions; 0 where every request was decided, 3 where one could not be.
Never here: reading, deciding, writing (`doors.batch`).
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import (
    account_option,
    arguments,
    before_option,
    option,
    parameter_option,
    scenario_option,
    stranger_option,
    strict_option,
    switch,
    unknown_key_option,
    verbose_option,
)
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted
from kms_eval.safe_text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from kms_eval.doors.batch.job import Job, Report
    from kms_eval.doors.cli.output import Output
    from kms_eval.scenario import Scenario

_ENGINES = ("local", "spark")


@dataclass(frozen=True, slots=True)
class Call:
    """Decide files of requests: JSON Lines, CSV or Parquet, told by their names, the first two also packed (.gz).

    REQUESTS are files, folders, patterns, or `-` for standard input. Columns: id, principal, action, key, context,
    encryption_context, vpc_endpoint, at, and the other fields of a test; principal and action have to be there. The
    decisions keep order and id: id, principal, action, key, decision, reason_code, policy, sid, error, warnings, line.

    A request that cannot be read or decided becomes a row with an error and no decision. The exit code is 0 where every
    request was decided (a denial is a decision), 3 where at least one was not, and 2 where nothing was written. The
    file of decisions is there whole or not at all; an interrupted run goes on with --resume.

    `kms-eval batch logs/ -o decisions.parquet`
    """

    requests: tuple[str, ...] = arguments("REQUESTS", "Files, folders or patterns of requests; - for standard input.")
    output: str | None = option(
        "--output", "-o", metavar="DECISIONS", help="The file to write; default: standard output."
    )
    resume: bool = switch("--resume", help="Go on where an interrupted run of the same command has stopped.")
    at: str | None = option("--at", metavar="TIME", help="When requests are made that do not say; default: now.")
    input_format: str | None = option("--input-format", metavar="FORMAT", help="jsonl, csv or parquet.")
    output_format: str | None = option("--output-format", metavar="FORMAT", help="jsonl, csv or parquet.")
    engine: str | None = option("--engine", metavar="ENGINE", help="local (default) or spark.")
    master: str | None = option("--master", metavar="URL", help="The Spark cluster; default: as Spark is set up.")
    scenario: tuple[str, ...] = scenario_option()
    account: str | None = account_option()
    before: bool = before_option()
    parameter: tuple[str, ...] = parameter_option()
    verbose: bool = verbose_option()
    allow_unknown_action: bool = switch("--allow-unknown-action", help="Decide actions that AWS may have added since.")
    strict: bool = strict_option()
    stranger: bool = stranger_option()
    allow_unknown_key: bool = unknown_key_option()
    quiet: bool = switch("--quiet", "-q", help="Say nothing but what went wrong.")


def run(call: Call, output: Output) -> ExitCode:
    """Decide the requests."""
    from kms_eval.doors.cli.opening import Sources, open_scenario
    from kms_eval.doors.discovery import find
    from kms_eval.doors.output_files import check_spared

    if not call.requests:
        raise InputError(
            Fault("no requests are named", help="name files, folders or patterns, or `-` for standard input")
        )
    engine = call.engine or "local"
    if engine not in _ENGINES:
        raise InputError(
            Fault(f"unknown engine `{engine}`", Location(field="--engine"), did_you_mean(engine, _ENGINES))
        )
    if engine == "local" and call.master is not None:
        raise InputError(Fault("is for `--engine spark`", Location(field="--master")))
    if call.output is not None:
        check_spared(Path(call.output), [find(call.scenario)])
    opened = open_scenario(
        call.scenario,
        sources=Sources.of(call),
        strict=call.strict,
        strangers=call.stranger,
        allow_unknown_action=call.allow_unknown_action,
        allow_unknown_key=call.allow_unknown_key,
    )
    for words in opened.words if not call.quiet else ():
        output.word(words)
    report = (_on_cluster if engine == "spark" else _here)(call, opened.scenario, output)
    if report is None:
        return ExitCode.YES
    if not call.quiet:
        _tell(report, output)
    return ExitCode.OPEN if report.tally.open else ExitCode.YES


def _here(call: Call, scenario: Scenario, output: Output) -> Report | None:
    """What was done; None where the reader of the decisions has gone away: what is left was not wanted."""
    import gc

    from kms_eval.doors.batch.job import Interrupted
    from kms_eval.doors.batch.run import run as run_batch
    from kms_eval.doors.batch.writers import OutputError

    # The scenario stays to the end: there is no point in looking through it for garbage again and again.
    gc.freeze()
    try:
        return run_batch(_job(call), scenario, progress=None if call.quiet else sys.stderr)
    except Interrupted as interrupted:
        if interrupted.saved is None:
            output.word("interrupted; what was written is not whole")
        else:
            output.word(f"interrupted; {interrupted.saved:,} rows are saved, go on with: {_again(call)}")
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
        output_format=format_named(call.output_format, "--output-format"),
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
    """The same command once more, going on."""
    words = ["kms-eval", "batch", *call.requests]
    options = {
        "--output": call.output,
        "--at": call.at,
        "--input-format": call.input_format,
        "--output-format": call.output_format,
    }
    for name, value in options.items():
        words += [name, value] if value is not None else []
    for name in call.scenario:
        words += ["--scenario", name]
    words += ["--allow-unknown-action"] if call.allow_unknown_action else []
    words += ["--allow-unknown-key"] if call.allow_unknown_key else []
    words += ["--stranger"] if call.stranger else []
    words += ["--strict"] if call.strict else []
    return shlex.join([*words, "--resume"])


def _tell(report: Report, output: Output) -> None:
    from kms_eval.doors.batch.progress import in_words

    tally = report.tally
    words = [f"{tally.rows:,} rows"]
    if report.seconds >= 1:
        words.append(f"in {in_words(report.seconds)}, {(tally.rows - report.resumed) / report.seconds:,.0f} a second")
    distinct = f"; {report.decided:,} distinct requests decided" if report.decided else ""
    output.word(" ".join(words) + distinct)
    if report.resumed:
        output.word(f"{report.resumed:,} of the rows had been decided before")
    names = (
        ("allowed", "allowed"),
        ("explicitDeny", "explicitDeny"),
        ("implicitDeny", "implicitDeny"),
        ("undetermined", "undetermined"),
        ("error", "error"),
    )
    said = [(name, word) for name, word in names if name != "undetermined" or tally.counts[name]]
    output.word(", ".join(f"{tally.counts[name]:,} {word}" for name, word in said))
    if report.ignored:
        columns = ", ".join(f"{quoted(printable(name))}" for name in sorted(report.ignored)[:20])
        output.word(f"columns that are no part of a request: {columns}")
