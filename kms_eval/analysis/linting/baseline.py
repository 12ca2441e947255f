"""Baselines: known findings, so that only new ones are reported.

Comes in: a baseline as a document, reports. Goes out: reports without the known findings; new baselines.
Never here: files.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, ValidationError

from kms_eval.analysis.linting.finding import Finding, Report
from kms_eval.errors import Fault, InputError, Location
from kms_eval.formats.document import RawDocument

REASON = "in the baseline"


class _Known(BaseModel):
    """A known finding: its fingerprint, and for readers what it was."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    fingerprint: str
    code: str = ""
    file: str | None = None
    message: str = ""


class Baseline(BaseModel):
    """The baseline file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    schema_version: int = 1
    known: list[_Known]

    def without(self, report: Report) -> Report:
        """The report with known findings moved to the ignored ones, each as many times as the baseline has it."""
        left = Counter(each.fingerprint for each in self.known)
        found: list[Finding] = []
        ignored = list(report.ignored)
        for finding in report.findings:
            if left[finding.fingerprint] > 0:
                left[finding.fingerprint] -= 1
                ignored.append(replace(finding, reason=REASON))
            else:
                found.append(finding)
        return Report(tuple(found), tuple(ignored))


def baseline_of(report: Report) -> Baseline:
    """The baseline that has all findings of the report."""
    return Baseline(
        known=[
            _Known(fingerprint=each.fingerprint, code=each.code, file=each.file, message=each.message)
            for each in report.findings
        ]
    )


def read_baseline(document: RawDocument) -> Baseline:
    """The baseline in a document. Raises InputError where the document is not a baseline."""
    try:
        return Baseline.model_validate(document.value)
    except ValidationError:
        place = Location(document.file.name)
        raise InputError(
            Fault("is not a baseline of `kms-eval lint`", place, "name a file that is not there")
        ) from None
