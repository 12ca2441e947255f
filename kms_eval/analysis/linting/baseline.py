"""Baselines: findings that are known, so that only new ones are reported.

Comes in: the text of a baseline, reports. Goes out: reports without what is known; the text of a new baseline.
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
    """A finding: what it is known by, and for people what it was."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    fingerprint: str
    code: str = ""
    file: str | None = None
    message: str = ""


class Baseline(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    schema_version: int = 1
    known: list[_Known]

    def without(self, report: Report) -> Report:
        """The report in which what is known counts as ignored; as often as it is known, and no more often."""
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
    """The baseline in which all findings are known."""
    return Baseline(
        known=[
            _Known(fingerprint=each.fingerprint, code=each.code, file=each.file, message=each.message)
            for each in report.findings
        ]
    )


def read_baseline(document: RawDocument) -> Baseline:
    """The baseline in a document. Raises InputError where it is none."""
    try:
        return Baseline.model_validate(document.value)
    except ValidationError:
        place = Location(document.file.name)
        raise InputError(
            Fault("is not a baseline of `kms-eval lint`", place, "name a file that is not there")
        ) from None
