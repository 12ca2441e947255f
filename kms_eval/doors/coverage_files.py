"""The page of a coverage report, with the texts of the files that it covers.

Comes in: a report and the folder that its file names are relative to. Goes out: the page as text.
Never here: what is covered, and where the page goes.
"""

from __future__ import annotations

from pathlib import Path

from kms_eval.analysis.covering.coverage_report import CoverageReport
from kms_eval.render.coverage_html import render


def page(report: CoverageReport, folder: Path) -> str:
    """The page. For a file that cannot be read (any more), it only lists the statements."""
    texts = {}
    for name in dict.fromkeys(policy.file for policy in report.policies):
        try:
            texts[name] = (folder / name).read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            continue
    return render(report, texts)
