"""The JSON of commands that are about all principals: who-can, matrix, diff.

Comes in: nothing. Goes out: types; each member says what it means. Never here: filling them in.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from kms_eval.analysis.access.access_diff import ChangeKind
from kms_eval.analysis.access.principals import AskerKind
from kms_eval.analysis.access.reach import Reach
from kms_eval.render.json_outputs.decisions import WitnessRequest
from kms_eval.render.json_outputs.form import Effect, Versioned, documented


@documented
class Who(TypedDict):
    """A principal with an answer."""

    principal: str
    kind: AskerKind
    described: bool
    reason: NotRequired[str]
    """Of `always`, and of `never` with `--why-not`."""
    conditions: NotRequired[str]
    """Of the other answers."""
    by: NotRequired[list[str]]
    warnings: NotRequired[list[str]]
    unknowns: NotRequired[list[str]]


@documented
class WhoCanFinding(TypedDict):
    """Everybody's answer about one action on one key."""

    action: str
    key: str | None
    key_arn: str | None
    always: list[Who]
    public: list[Who]
    conditional: list[Who]
    undetermined: list[Who]
    never: list[Who]


@documented
class WhoCan(Versioned):
    """`kms-eval who-can --json`."""

    at: str | None
    findings: list[WhoCanFinding]


@documented
class MatrixPrincipal(TypedDict):
    """A principal of a matrix."""

    principal: str
    kind: AskerKind
    described: bool


@documented
class MatrixKey(TypedDict):
    """A key of a matrix."""

    key: str
    arn: str


@documented
class MatrixConditions(TypedDict):
    """Actions that are allowed under the same conditions."""

    actions: list[str]
    conditions: str


@documented
class MatrixWarnings(TypedDict):
    """Actions whose answers hang on the same open questions."""

    actions: list[str]
    codes: list[str]


@documented
class MatrixRow(TypedDict):
    """One principal on one key; what it does not name is never allowed."""

    principal: str
    key: str | None
    """Null: the actions that have no key."""
    always: list[str]
    conditional: list[MatrixConditions]
    public: NotRequired[list[MatrixConditions]]
    undetermined: NotRequired[list[MatrixConditions]]
    warnings: NotRequired[list[MatrixWarnings]]


@documented
class Matrix(Versioned):
    """`kms-eval matrix --format json`."""

    title: str
    at: str | None
    actions: list[str]
    principals: list[MatrixPrincipal]
    keys: list[MatrixKey]
    rows: list[MatrixRow]


@documented
class Cause(TypedDict):
    """A statement or grant that is new or gone; `unchanged`: it is on both sides, and what it speaks of changed."""

    policy: str
    sid: str | None
    statement: int
    effect: Effect
    unchanged: bool
    file: str | None
    line: int | None
    field: str | None


@documented
class AccessChange(TypedDict):
    """What happens to some actions of one principal on one key."""

    kind: ChangeKind
    expected: bool
    finding: bool
    principal: str
    principal_kind: AskerKind
    account: str | None
    reach: Reach
    key: str | None
    key_arn: str | None
    actions: list[str]
    before: str
    """`never`, `always`, or the conditions; likewise `after`."""
    after: str
    hangs_on: list[str]
    because: list[Cause]
    gained: WitnessRequest | None
    """A request that only the side after allows; `lost` likewise one that only the side before does."""
    lost: WitnessRequest | None
    warnings: list[str]


@documented
class LockedKey(TypedDict):
    """A key whose policy nobody known could change after the change."""

    key: str
    key_arn: str
    reason: str


@documented
class Diff(Versioned):
    """`kms-eval diff --json`."""

    findings: int
    principals: int
    keys: int
    lockouts: list[LockedKey]
    changes: list[AccessChange]
