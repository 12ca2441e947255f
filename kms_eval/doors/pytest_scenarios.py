"""Scenario files as pytest tests: a file is a collector, each of its tests an item.

Comes in: a file that pytest found. Goes out: items that pass, or fail with file and line of the test.
Never here: what passing means (that is in `analysis.testing`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ExceptionChainRepr, ReprEntry, ReprFileLocation, ReprTraceback, TerminalRepr

from kms_eval.analysis.checking.checking import run_checks
from kms_eval.analysis.checking.results import CheckResult
from kms_eval.analysis.testing import TestResult, request_of, run_test
from kms_eval.doors.pytest_coverage import RUN
from kms_eval.doors.pytest_kms import OpenQuestionWarning, load_options, shown
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import Fault, InputError, Location
from kms_eval.render.results import render_failure
from kms_eval.scenario import Scenario
from kms_eval.world.cases import TestCase
from kms_eval.world.checks import Check


class ScenarioFile(pytest.File):
    """A scenario file; a faulty one has a single item, which fails with the faults."""

    def collect(self) -> Iterable[pytest.Item]:
        """An item for each test and then for each check, in the order of the file."""
        try:
            scenario = Scenario.load(shown(self.path, self.config), **load_options(self.config))
        except InputError as error:
            return [BrokenScenario.from_parent(self, name="the scenario can be read", faults=error.faults)]
        run = self.config.stash.get(RUN, None)
        if run is not None:
            run.coverage.add(scenario.evaluator)
        names = _distinct(case.name for case in scenario.tests)
        tests = [
            ScenarioTest.from_parent(self, name=name, case=case, evaluator=scenario.evaluator)
            for name, case in zip(names, scenario.tests, strict=True)
        ]
        source = shown(self.path, self.config)
        checks = scenario.loaded.checks
        return [
            *tests,
            *(
                ScenarioCheck.from_parent(self, name=f"check: {name}", check=check, scenario=scenario, source=source)
                for name, check in zip(_distinct(each.name for each in checks), checks, strict=True)
            ),
        ]


class NotAsExpectedError(Exception):
    """A test of a scenario did not pass."""

    def __init__(self, result: TestResult) -> None:
        self.result = result
        super().__init__("; ".join(result.mismatches) or "\n".join(map(str, result.faults)))


class ScenarioTest(pytest.Item):
    """One test of a scenario. ``-k`` also knows its principal, action and key."""

    def __init__(self, *, case: TestCase, evaluator: Evaluator, **more: Any) -> None:
        super().__init__(**more)
        self._case = case
        self._evaluator = evaluator
        asked = case.request
        self.extra_keyword_matches.update(word for word in (asked.principal, asked.action, asked.key) if word)

    def runtest(self) -> None:
        """Run the test now."""
        now = datetime.now(UTC)
        result = run_test(self._evaluator, self._case, now=now)
        run = self.config.stash.get(RUN, None)
        if run is not None and result.outcome != "invalid":
            ruling = self._evaluator.rule(request_of(self._case, now))
            run.coverage.record(self._evaluator, ruling, self.nodeid)
        if result.outcome != "passed":
            raise NotAsExpectedError(result)
        for doubt in result.doubts:
            self.warn(OpenQuestionWarning(f"{self.name}: {doubt.message} [{doubt.code}]"))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """What was expected, what the decision was instead and why; then file and line."""
        if not isinstance(excinfo.value, NotAsExpectedError):
            return super().repr_failure(excinfo, style)
        result = excinfo.value.result
        if result.outcome == "invalid":
            return _representation(result.faults, self.path)
        # The first line has name and place, which pytest shows by itself.
        lines = [line.removeprefix("  ") for line in render_failure(result, full=True).split("\n")[1:]]
        return _as_error(lines, "; ".join(result.mismatches), self._case.place.location(), self.path)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the test stands; pytest counts lines from 0."""
        line = self._case.place.location().line
        return self.path, line - 1 if line is not None else None, self.name


class CheckFailedError(Exception):
    """A check of a scenario fails or is undetermined."""

    def __init__(self, result: CheckResult) -> None:
        self.result = result
        super().__init__(str(result))


class ScenarioCheck(pytest.Item):
    """One check of a scenario."""

    def __init__(self, *, check: Check, scenario: Scenario, source: str, **more: Any) -> None:
        super().__init__(**more)
        self._check = check
        self._scenario = scenario
        self._source = source
        self.extra_keyword_matches.add("check")

    def runtest(self) -> None:
        """Run the check now."""
        now = datetime.now(UTC)
        (result,) = run_checks(self._scenario.evaluator, (self._check,), now=now, sources=(self._source,))
        if not result:
            raise CheckFailedError(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """The verdict, the request that shows it, and the command for that request; then file and line."""
        place = self._check.place.location() if self._check.place is not None else None
        if isinstance(excinfo.value, CheckFailedError):
            return _as_error(str(excinfo.value.result).split("\n"), excinfo.value.result.verdict, place, self.path)
        if isinstance(excinfo.value, InputError):
            return _representation(excinfo.value.faults, self.path)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the check stands; pytest counts lines from 0."""
        line = self._check.place.location().line if self._check.place is not None else None
        return self.path, line - 1 if line is not None else None, self.name


class BrokenScenario(pytest.Item):
    """Stands for the tests of a scenario that cannot be read."""

    def __init__(self, *, faults: tuple[Fault, ...], **more: Any) -> None:
        super().__init__(**more)
        self._faults = faults

    def runtest(self) -> None:
        """Fail with all faults of the file and of its policies."""
        raise InputError(self._faults)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """The faults, a line each."""
        return _representation(self._faults, self.path)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The line of the first fault in the file."""
        lines = (fault.location.line for fault in self._faults if fault.location is not None)
        first = next((line for line in lines if line is not None), None)
        return self.path, first - 1 if first is not None else None, self.name


def _representation(faults: Sequence[Fault], path: Path) -> TerminalRepr:
    first = faults[0]
    return _as_error([str(fault) for fault in faults], first.message, first.location, path)


def _as_error(lines: Sequence[str], message: str, place: Location | None, path: Path) -> TerminalRepr:
    """An error in the form in which pytest itself represents exceptions.

    Without it, the summary, JUnit reports and workers in other processes would lack message and place.
    """
    file = place.file if place is not None and place.file is not None else str(path)
    line = place.line if place is not None and place.line is not None else 1
    where = ReprFileLocation(file, line, message)
    entry = ReprEntry([f"E   {line}" for line in lines], None, None, where, "long")
    return ExceptionChainRepr([(ReprTraceback([entry], None, "long"), where, None)])


def _distinct(names: Iterable[str]) -> Iterator[str]:
    """Names that are unique among the tests of one file, as pytest needs them."""
    seen: Counter[str] = Counter()
    for name in names:
        # In the id of a test `::` separates its sections, except in brackets.
        plain = f"[{name}]" if "::" in name else name
        seen[plain] += 1
        yield plain if seen[plain] == 1 else f"{plain} #{seen[plain]}"
