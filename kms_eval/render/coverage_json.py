"""Coverage as JSON, for programs.

Comes in: a coverage report. Goes out: a plain dictionary, and its text. Never here: measuring.

    {"decisions": 75, "covered": 31, "all": 37, "percent": 83.8,
     "policies": [{"policy": "key-users", "file": "key-users.json", "kinds": ["identity policy"], "percent": 100.0,
       "statements": [{"sid": null, "index": 0, "effect": "Allow", "line": 4, "covered": true, "decided": true,
         "tests": ["the admin can decrypt"],
         "elements": [{"element": "Action", "text": "kms:Decrypt", "line": 9, "covered": true, "missing": null}]}]}]}
"""

from __future__ import annotations

from typing import Any

from kms_eval.analysis.covering.coverage_report import (
    CoverageReport,
    ElementCoverage,
    PolicyCoverage,
    StatementCoverage,
)
from kms_eval.render.json_document import json_document


def as_dict(report: CoverageReport) -> dict[str, Any]:
    """The report as one object."""
    share = report.share
    return {
        "decisions": report.decisions,
        "covered": share.covered,
        "all": share.all,
        "percent": round(share.percent, 1),
        "policies": [_policy(policy) for policy in report.policies],
    }


def render(report: CoverageReport) -> str:
    """The object as text."""
    return json_document(as_dict(report))


def _policy(policy: PolicyCoverage) -> dict[str, Any]:
    return {
        "policy": policy.name,
        "file": policy.file,
        "kinds": list(policy.kinds),
        "percent": round(policy.share.percent, 1),
        "statements": [_statement(statement) for statement in policy.statements],
    }


def _statement(statement: StatementCoverage) -> dict[str, Any]:
    return {
        "sid": statement.reference.sid,
        "index": statement.reference.index,
        "effect": statement.reference.effect,
        "line": statement.reference.location.line,
        "covered": statement.covered,
        "decided": bool(statement.decided),
        "tests": list(statement.tests),
        "elements": [_element(element) for element in statement.elements],
    }


def _element(element: ElementCoverage) -> dict[str, Any]:
    return {
        "element": element.name,
        "text": element.text,
        "line": element.line,
        "covered": element.covered,
        "missing": element.missing,
    }
