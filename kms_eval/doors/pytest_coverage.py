"""Coverage of policies in a pytest run, with and without workers in other processes.

Comes in: what tests ask, from all processes. Goes out: the reports that the options ask for, and a failed run if too
little is covered. Never here: what covered means.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from kms_eval.analysis.covering.coverage import Coverage
from kms_eval.analysis.covering.coverage_report import CoverageReport, joined
from kms_eval.doors.output_files import unwritable, write_whole
from kms_eval.errors import InputError
from kms_eval.render.coverage_text import NO_TESTS, percent, render

_OF_WORKERS = "kms_eval_coverage"
_KINDS = ("term", "json", "html")


class CoverageRun:
    """A pytest run that asks for coverage; registered as a plugin, found by tests under `RUN`."""

    def __init__(self, config: pytest.Config) -> None:
        self.coverage = Coverage()
        self._config = config
        self._reports = [_kind(text) for text in config.option.kms_cov_report] or [("term", None)]
        self._least: float | None = config.option.kms_cov_fail_under
        self._of_workers: list[CoverageReport] = []
        self._written: list[str] = []
        config.stash[RUN] = self

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def report(self) -> CoverageReport:
        """The report of all processes together."""
        return joined([self.coverage.report(), *self._of_workers])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """When all tests are done, fail the run if too little is covered."""
        result = yield
        if not self._is_worker and not self._config.option.collectonly and self._is_too_low():
            # Counts like a failed test, so that the exit code is 1.
            session.testsfailed += 1
        return result

    def _is_too_low(self) -> bool:
        if self._least is None:
            return False
        report = self.report()
        return not report.decisions or report.share.percent < self._least

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a worker, hand over its report; else write the files."""
        if self._is_worker:
            self._config.workeroutput[_OF_WORKERS] = self.coverage.report().to_plain()  # type: ignore[attr-defined]  # of xdist
            return
        if self._config.option.collectonly:
            return
        for kind, name in self._reports:
            if name is not None and not self._write(kind, name):
                session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _write(self, kind: str, name: str) -> bool:
        folder = self._config.invocation_params.dir
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, [self._text(kind, folder)])
        except (OSError, ValueError, InputError) as error:
            wrong = error if isinstance(error, InputError) else unwritable(path, error)
            self._written.append(f"{name}: {wrong.faults[0].message}")
            return False
        self._written.append(f"{kind} report: {name}")
        return True

    def _text(self, kind: str, folder: Path) -> str:
        if kind == "json":
            from kms_eval.render.coverage_json import render as render_json

            return render_json(self.report()) + "\n"
        from kms_eval.doors.coverage_files import page

        return page(self.report(), folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the report of a worker; one that crashed has none."""
        plain = getattr(node, "workeroutput", {}).get(_OF_WORKERS)
        if plain is not None:
            self._of_workers.append(CoverageReport.from_plain(plain))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table, which files were written, and whether enough is covered."""
        if self._is_worker or self._config.option.collectonly:
            return
        report = self.report()
        terminalreporter.write_sep("=", "kms-eval coverage")
        if any(kind == "term" for kind, _name in self._reports):
            terminalreporter.write_line(render(report))
        elif not report.decisions:
            terminalreporter.write_line(NO_TESTS)
        for line in self._written:
            terminalreporter.write_line(line)
        if self._least is not None:
            self._show_verdict(terminalreporter, report, self._least)

    def _show_verdict(self, terminal: pytest.TerminalReporter, report: CoverageReport, least: float) -> None:
        if self._is_too_low():
            covered = percent(report.share) if report.decisions else "nothing"
            terminal.write_line(f"not enough: {covered} is covered, at least {least:g}% has to be", red=True)


RUN = pytest.StashKey[CoverageRun]()
"""Where tests find the coverage of their run; not set if no option asks for coverage."""


def _kind(text: str) -> tuple[str, str | None]:
    """``html:FILE`` split into kind and file."""
    kind, _colon, name = text.partition(":")
    if kind not in _KINDS or bool(name) is (kind == "term"):
        raise pytest.UsageError(f"--kms-cov-report: `{text}` is none of `term`, `json:FILE` and `html:FILE`")
    return kind, name or None
