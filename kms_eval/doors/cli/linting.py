"""What `lint` reads: policy files, scenarios, other sources, folders; and which findings count.

Comes in: what a call names. Goes out: a report, and messages about what could not be read. Never here: rules, formats.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kms_eval.analysis.linting.baseline import baseline_of, read_baseline
from kms_eval.analysis.linting.choosing import choose
from kms_eval.analysis.linting.finding import Report
from kms_eval.analysis.linting.fixing import without
from kms_eval.analysis.linting.lint import WITH_COMMENTS, Linter, kind_of_policy
from kms_eval.analysis.linting.rule import LEVELS, Level
from kms_eval.analysis.linting.table import BY_REMARK
from kms_eval.documents.model import PolicyKind
from kms_eval.documents.wrapping import type_of_policy, unwrapped
from kms_eval.doors.cli.document_warnings import document_warning_lines
from kms_eval.doors.cli.gathering import files_in, is_scenario
from kms_eval.doors.cli.opening import read_scenario, recognised
from kms_eval.doors.cli.shared_options import SourceOptions
from kms_eval.doors.cli.template_parameters import SharedParameters, parameters_by_name
from kms_eval.doors.discovery import NO_SCENARIO, find
from kms_eval.doors.lint_settings import settings
from kms_eval.doors.output_files import write_whole
from kms_eval.errors import InputError
from kms_eval.formats.document import RawDocument, Steps
from kms_eval.formats.text import read_file
from kms_eval.sources.options import STAND_IN_ACCOUNT, stand_in_notice

_KINDS = {
    "key": PolicyKind.KEY,
    "identity": PolicyKind.IDENTITY,
    "boundary": PolicyKind.BOUNDARY,
    "session": PolicyKind.SESSION,
    "scp": PolicyKind.SCP,
    "rcp": PolicyKind.RCP,
    "endpoint": PolicyKind.ENDPOINT,
}
_BYTE_ORDER_MARK = "\ufeff"
_OF_ORGANIZATIONS = {"SERVICE_CONTROL_POLICY": PolicyKind.SCP, "RESOURCE_CONTROL_POLICY": PolicyKind.RCP}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What to lint: each of `paths` by itself, the sources in `together` as one world."""

    paths: tuple[Path, ...]
    together: tuple[Path, ...]
    source_options: SourceOptions

    @classmethod
    def of(cls, words: Sequence[str], scenario: Sequence[str], source_options: SourceOptions) -> Inputs:
        """What the words name, else the scenario that is found. Raises InputError if none is found."""
        paths, together = tuple(map(Path, words)), tuple(map(Path, scenario))
        if not paths and not together:
            found = find(None)
            if found is None:
                raise InputError(NO_SCENARIO)
            together = (found,)
        return cls(paths, together, source_options)


@dataclass(frozen=True, slots=True)
class LintOptions:
    """Which findings are wanted. `level` is the lowest; `kind` is that of policy files, None: guess it from them."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    level: str
    kind: PolicyKind | None
    baseline: str | None


@dataclass(frozen=True, slots=True)
class NewBaseline:
    """A baseline that is asked for and does not exist yet."""

    path: Path

    def write(self, report: Report) -> str:
        """Write it, and return the message about it."""
        write_whole(self.path, [baseline_of(report).model_dump_json(indent=2), "\n"])
        return f"wrote {self.path}, in which {len(report.findings)} findings are known"


@dataclass(frozen=True, slots=True)
class LintRun:
    """The report, messages, what could not be read, what `--fix` can remove, and the baseline to write."""

    report: Report
    notices: tuple[str, ...]
    unreadable: tuple[str, ...]
    removable: Mapping[Path, Sequence[Steps]]
    baseline: NewBaseline | None


def lint(inputs: Inputs, options: LintOptions) -> LintRun:
    """Lint everything. Raises InputError if the options make no sense; unreadable files are only reported."""
    project = settings()
    choose(project.select, project.ignore, said_by="tool.kms-eval.lint.")
    chosen = choose(options.select or project.select, (*project.ignore, *options.ignore), project.files, said_by="--")
    path = Path(options.baseline) if options.baseline is not None else project.baseline
    # Unlike Path.exists, this returns False instead of raising for invalid names.
    known = read_baseline(read_file(path)) if path is not None and os.path.exists(path) else None  # noqa: PTH110
    linter = Linter(chosen)
    notices: list[str] = []
    unreadable = tuple(_read(inputs, options.kind, linter, notices))
    report = _of_level(linter.report(), options.level)
    if known is not None:
        report = known.without(report)
    fresh = NewBaseline(path) if path is not None and known is None else None
    return LintRun(report, tuple(notices), unreadable, linter.removable(_from(options.level)), fresh)


def fix(result: LintRun) -> Iterator[str]:
    """Take out what changes no decision, and report it.

    Only from policy files and scenarios: other sources show what exists, and a template also depends on what it does
    not write.
    """
    for path, places in result.removable.items():
        if not is_scenario(path) and _policy_in(path) is None:
            continue
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
        written = text.removeprefix(mark)
        shorter, removed = without(written, places, comments=path.suffix.lower() in WITH_COMMENTS)
        if removed:
            write_whole(path, [mark, shorter])
            yield f"{path}: took out {removed} element{'s' if removed != 1 else ''} that changed nothing"


def named_kind(text: str | None) -> PolicyKind | None:
    """The kind of policy with that name."""
    return None if text is None else _KINDS[text]


def _read(inputs: Inputs, kind: PolicyKind | None, linter: Linter, notices: list[str]) -> Iterator[str]:
    """Give the linter everything; yield a message about what cannot be read, and continue with the rest.

    Messages about what could be read are added to `notices`.
    """
    parameters = SharedParameters(parameters_by_name(inputs.source_options.parameter))
    reading = _Reading(inputs.source_options, kind, linter, notices, parameters)
    if inputs.together:
        yield from reading.sources(inputs.together)
    for path in inputs.paths:
        if path.is_dir():
            yield from reading.folder(path)
        else:
            yield from reading.file(path)
    try:
        parameters.refuse_missing()
    except InputError as error:
        yield str(error)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads what is named and gives it to a linter; each method yields what could not be read."""

    source_options: SourceOptions
    kind: PolicyKind | None
    linter: Linter
    notices: list[str]
    parameters: SharedParameters

    def sources(self, paths: Sequence[Path]) -> Iterator[str]:
        """Read sources that make one world."""
        options = self.source_options
        try:
            scenario = self.parameters.read(lambda parameters: read_scenario(paths, options, parameters))
        except InputError as error:
            yield str(error)
            return
        self.notices.extend(scenario.loaded.words)
        if options.verbose:
            self.notices.extend(recognised(scenario, paths[0]))
        warnings = scenario.loaded.warnings
        self.notices.extend(document_warning_lines(warning for warning in warnings if warning.code not in BY_REMARK))
        stands_in = stand_in_notice("account", STAND_IN_ACCOUNT) in scenario.loaded.words
        files = (path for path in paths if path.is_file())
        self.linter.scenario(scenario.evaluator, warnings, files, account_known=not stands_in)

    def file(self, path: Path) -> Iterator[str]:
        """Read a policy, or any source."""
        try:
            document = read_file(path)
            # The output of `aws kms get-key-policy` and similar commands counts as the policy in it.
            looks = kind_of_policy(unwrapped(document.value, document.place)[0])
        except InputError:
            # A file that is not plain YAML or JSON may still be a source: a template with short tags, JSON Lines.
            yield from self.sources([path])
            return
        if looks is None:
            yield from self.sources([path])
        else:
            self.linter.policy(
                document, self.kind or _OF_ORGANIZATIONS.get(type_of_policy(document.value) or "", looks)
            )

    def folder(self, path: Path) -> Iterator[str]:
        """Read the scenarios in a folder and the policies that these do not name; else the folder as one source."""
        files = [] if (path / "snapshot.json").exists() else list(files_in(path))
        scenarios = [file for file in files if is_scenario(file)]
        for file in scenarios:
            yield from self.sources([file])
        policies = [found for file in files if file not in scenarios and (found := _policy_in(file)) is not None]
        for document, kind in policies:
            # A policy that a scenario names has already been linted, as what it is there.
            if document.file.path is None or not self.linter.has_seen(document.file.path):
                self.linter.policy(document, self.kind or kind)
        if not scenarios and not policies:
            yield from self.sources([path])


def _policy_in(path: Path) -> tuple[RawDocument, PolicyKind] | None:
    """The policy in a file of a folder; None for other files, such as workflows and templates."""
    try:
        document = read_file(path)
    except InputError:
        return None
    kind = kind_of_policy(document.value)
    return None if kind is None else (document, kind)


def _of_level(report: Report, level: str) -> Report:
    levels = _from(level)
    return Report(
        tuple(each for each in report.findings if each.level in levels),
        tuple(each for each in report.ignored if each.level in levels),
    )


def _from(level: str) -> tuple[Level, ...]:
    """This level and those above it."""
    return LEVELS[[str(each) for each in LEVELS].index(level) :]
