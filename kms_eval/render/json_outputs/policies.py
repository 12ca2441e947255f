"""The JSON of commands that are about policies as they are written: lint, mutate, and the coverage of tests.

Comes in: nothing. Goes out: types; each member says what it means. Never here: filling them in.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from kms_eval.analysis.linting.rule import Level
from kms_eval.engine.cell import Outcome
from kms_eval.render.json_outputs.form import Effect, Versioned, documented


@documented
class LintFinding(TypedDict):
    """One thing that was found. Lines and columns count from 1."""

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
    policy: str | None
    statement: int | None
    sid: str | None
    fingerprint: str


@documented
class LintIgnored(LintFinding):
    """One that somebody has ignored."""

    reason: str | None


@documented
class Lint(Versioned):
    """`kms-eval lint --json`."""

    findings: list[LintFinding]
    ignored: list[LintIgnored]


@documented
class MutantTried(TypedDict):
    """A mistake that was made in a policy."""

    kind: str
    change: str
    policy: str
    sid: str | None
    index: int
    file: str
    line: int | None
    diff: str


@documented
class Survivor(MutantTried):
    """One that no test has noticed, with a request that would."""

    before: Outcome
    after: Outcome
    request: dict[str, Any]


@documented
class Mutate(Versioned):
    """`kms-eval mutate --json`."""

    tests: int
    mutants: int
    noticed: int
    equivalent: int
    score: float
    survivors: list[Survivor]
    unsettled: list[MutantTried]


@documented
class ElementCovered(TypedDict):
    """An element of a statement."""

    element: str
    text: str
    line: int | None
    covered: bool
    missing: str | None


@documented
class StatementCovered(TypedDict):
    """A statement and its elements."""

    sid: str | None
    index: int
    effect: Effect
    line: int | None
    covered: bool
    decided: bool
    tests: list[str]
    elements: list[ElementCovered]


@documented
class PolicyCovered(TypedDict):
    """A policy and its statements."""

    policy: str
    file: str | None
    kinds: list[str]
    percent: float
    statements: list[StatementCovered]


@documented
class Coverage(Versioned):
    """`kms-eval test --coverage-json FILE`."""

    decisions: int
    covered: int
    all: int
    percent: float
    policies: list[PolicyCovered]
