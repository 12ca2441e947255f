"""What `lint` is asked to look at: scenarios, policy files and folders of them, and which findings count.

Comes in: words of a call. Goes out: a report, and words about what could not be read. Never here: rules, formats.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kms_eval.analysis.linting.baseline import baseline_of, read_baseline
from kms_eval.analysis.linting.choosing import choose
from kms_eval.analysis.linting.finding import Report
from kms_eval.analysis.linting.fixing import without
from kms_eval.analysis.linting.lint import Linter, kind_of_policy
from kms_eval.documents.model import PolicyKind
from kms_eval.doors.cli.gathering import files_in, is_scenario
from kms_eval.doors.discovery import NO_SCENARIO, find
from kms_eval.doors.lint_settings import settings
from kms_eval.doors.output_files import write_whole
from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted
from kms_eval.formats.document import Steps
from kms_eval.formats.text import read_file
from kms_eval.scenario import Scenario

_ORDER = ("note", "warning", "error")
_KINDS = {
    "key": PolicyKind.KEY,
    "identity": PolicyKind.IDENTITY,
    "boundary": PolicyKind.BOUNDARY,
    "session": PolicyKind.SESSION,
    "scp": PolicyKind.SCP,
    "rcp": PolicyKind.RCP,
    "endpoint": PolicyKind.ENDPOINT,
}


@dataclass(frozen=True, slots=True)
class Named:
    """What is to be looked at."""

    paths: tuple[Path, ...]

    @classmethod
    def of(cls, words: Iterable[str], scenario: str | None) -> Named:
        """What the words name, else the scenario that is found. Raises InputError where there is none."""
        paths = [Path(word) for word in words]
        if scenario is not None:
            paths.append(Path(scenario))
        if not paths:
            found = find(None)
            if found is None:
                raise InputError(NO_SCENARIO)
            paths.append(found)
        return cls(tuple(paths))


@dataclass(frozen=True, slots=True)
class Wish:
    """Which findings are wanted. `level` is the lowest; `kind` is what policy files are, None: by their looks."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    level: str
    kind: PolicyKind | None
    baseline: str | None


@dataclass(frozen=True, slots=True)
class NewBaseline:
    """A baseline that is asked for and not there yet."""

    path: Path

    def write(self, report: Report) -> str:
        """Write it, and say so."""
        write_whole(self.path, [baseline_of(report).model_dump_json(indent=2), "\n"])
        return f"wrote {self.path}, in which {len(report.findings)} findings are known"


@dataclass(frozen=True, slots=True)
class Looked:
    """The report, what could not be read, and the baseline that is to be written."""

    report: Report
    words: tuple[str, ...]
    wrong: bool
    removable: Mapping[Path, Sequence[Steps]]
    baseline: NewBaseline | None


def look(named: Named, wish: Wish) -> Looked:
    """Look at everything. Raises InputError where the wish makes no sense; files that cannot be read are words."""
    project = settings()
    choose(project.select, project.ignore, said_by="tool.kms-eval.lint.")
    chosen = choose(wish.select or project.select, (*project.ignore, *wish.ignore), project.files, said_by="--")
    path = Path(wish.baseline) if wish.baseline is not None else project.baseline
    # This answers no where Path's own would raise, for names that are no names.
    known = read_baseline(read_file(path)) if path is not None and os.path.exists(path) else None  # noqa: PTH110
    linter = Linter(chosen)
    words = list(_read(named, wish.kind, linter))
    report = _of_level(linter.report(), wish.level)
    if known is not None:
        report = known.without(report)
    fresh = NewBaseline(path) if path is not None and known is None else None
    return Looked(report, tuple(words), bool(words), linter.removable(), fresh)


def fix(looked: Looked) -> Iterator[str]:
    """Take out what changes no decision, and say so."""
    for path, places in looked.removable.items():
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        shorter, removed = without(text, places)
        if removed:
            write_whole(path, [shorter])
            yield f"{path}: took out {removed} element{'s' if removed != 1 else ''} that changed nothing"


def named_kind(text: str | None) -> PolicyKind | None:
    """The kind of policy of that name."""
    if text is None:
        return None
    if text not in _KINDS:
        advice = did_you_mean(text, _KINDS) or f"there are {', '.join(_KINDS)}"
        raise InputError(Fault(f"unknown kind of policy {quoted(text)}", Location(field="--policy-type"), advice))
    return _KINDS[text]


def _read(named: Named, kind: PolicyKind | None, linter: Linter) -> Iterator[str]:
    """Give the linter everything; what cannot be read is said, and keeps nobody from looking at the rest."""
    for path in named.paths:
        folder = path.is_dir()
        policies: list[Path] = []
        scenarios: list[Path] = []
        for file in files_in(path) if folder else (path,):
            (scenarios if is_scenario(file) else policies).append(file)
        for file in scenarios:
            yield from _scenario(file, linter)
        # What a scenario has named is looked at as what it is there.
        for file in policies:
            if not linter.has_seen(file):
                yield from _policy(file, kind, linter, folder=folder)


def _scenario(path: Path, linter: Linter) -> Iterator[str]:
    try:
        scenario = Scenario.load(path)
    except InputError as error:
        yield str(error)
        return
    linter.scenario(scenario.evaluator, scenario.loaded.notices)


def _policy(path: Path, kind: PolicyKind | None, linter: Linter, *, folder: bool) -> Iterator[str]:
    try:
        document = read_file(path)
    except InputError as error:
        # In a folder there is much that is neither: a workflow with tags, a template.
        if not folder:
            yield str(error)
        return
    looks = kind_of_policy(document.value)
    if looks is not None:
        linter.policy(document, kind or looks)
    elif not folder:
        yield from _scenario(path, linter)


def _of_level(report: Report, level: str) -> Report:
    least = _ORDER.index(level)
    return Report(
        tuple(each for each in report.findings if _ORDER.index(each.level) >= least),
        tuple(each for each in report.ignored if _ORDER.index(each.level) >= least),
    )
