"""Coverage as `test` reports it.

Comes in: the options about coverage, and tests as they are run. Goes out: table, files, and whether it is enough.
Never here: what covered means (that is in `analysis.covering`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.analysis.covering.coverage import Coverage
from kms_eval.doors.cli.numbers import percentage

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output
    from kms_eval.engine.evaluator import Evaluator
    from kms_eval.world.cases import TestCase


@dataclass(frozen=True, slots=True)
class CoverageRecorder:
    """A run of tests that reports coverage."""

    json: str | None
    html: str | None
    least: float | None
    coverage: Coverage = field(default_factory=Coverage)

    @classmethod
    def from_options(
        cls, table: bool, json: str | None, html: str | None, least: str | None
    ) -> CoverageRecorder | None:
        """What the options ask for; None if they ask for nothing. InputError if one makes no sense."""
        if not table and json is None and html is None and least is None:
            return None
        return cls(json, html, None if least is None else percentage(least, "--cov-fail-under"))

    def record(self, evaluator: Evaluator, case: TestCase, path: Path, now: datetime) -> None:
        """Record what a test touches that was run."""
        from kms_eval.analysis.testing import request_of

        self.coverage.record(evaluator, evaluator.rule(request_of(case, now)), f"{path}: {case.name}")

    def write(self, output: Output, width: int | None) -> tuple[str, bool]:
        """Write the files; return the table, for a terminal of that width, and whether enough is covered."""
        from kms_eval.doors.output_files import write_whole
        from kms_eval.render.coverage_text import percent, render

        report = self.coverage.report()
        if self.json is not None:
            from kms_eval.render.coverage_json import render as render_json

            write_whole(Path(self.json), [render_json(report), "\n"])
        if self.html is not None:
            from kms_eval.doors.coverage_files import page

            write_whole(Path(self.html), [page(report, Path())])
        enough = self.least is None or (report.decisions > 0 and report.share.percent >= self.least)
        if not enough:
            output.error(f"not enough: {percent(report.share)} is covered, at least {self.least:g}% has to be")
        return render(report, width=width) + "\n", enough
