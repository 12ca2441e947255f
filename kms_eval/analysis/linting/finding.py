"""Findings: the results of the lint, as plain values.

Comes in: nothing (types only). Goes out: findings and reports. Never here: rules, rendering for people.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from kms_eval.analysis.linting.rule import Level


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. Lines and columns count from 1; None where the place has none (in memory).

    `policy` is the policy's name, `statement` the statement's index and `sid` its Sid; None where the finding is not
    about one. `excerpt` is the line of the file. `reason` is why the finding is ignored, None where it is not;
    `by_comment` says whether a comment in the file ignores it, rather than the settings of a project.
    """

    code: str
    name: str
    level: Level
    message: str
    help: str | None
    file: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    field: str | None
    policy: str | None = None
    statement: int | None = None
    sid: str | None = None
    excerpt: str | None = None
    reason: str | None = None
    by_comment: bool = False

    @property
    def fingerprint(self) -> str:
        """An id of the finding that stays the same when lines are inserted above it."""
        text = "\n".join((self.code, self.file or "", self.policy or "", self.sid or "", self.message))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def where(self) -> str:
        """File, line and column, as editors take them."""
        parts = [self.file or "", *(str(number) for number in (self.line, self.column) if number is not None)]
        return ":".join(part for part in parts if part)

    def __str__(self) -> str:
        advice = f" ({self.help})" if self.help else ""
        return f"{self.where}: {self.level}: {self.message}{advice} [{self.code} {self.name}]"

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--format json`` has for it."""
        return {
            "code": self.code,
            "name": self.name,
            "level": self.level,
            "message": self.message,
            "help": self.help,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "end_line": self.end_line,
            "end_column": self.end_column,
            "field": self.field,
            "policy": self.policy,
            "statement": self.statement,
            "sid": self.sid,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What is wrong with policies; true where something is.

    Attributes:
        findings: What was found, in the order of its places. Each has `code`, `name`, `level`, `message`, `help`,
            `file`, `line`, `column`, `end_line`, `end_column`, `field`, `policy`, `statement`, `sid`, `excerpt`,
            `reason`, `by_comment`, `where` and `fingerprint`.
        ignored: What comments or settings have ignored, with the reason.
    """

    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.findings)

    def __repr__(self) -> str:
        return f"<LintReport {len(self.findings)} findings, {len(self.ignored)} ignored>"

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--format json`` prints."""
        return {
            "findings": [finding.to_dict() for finding in self.findings],
            "ignored": [{**finding.to_dict(), "reason": finding.reason} for finding in self.ignored],
        }
