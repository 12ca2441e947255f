"""The JSON of commands that decide requests: can, test, check, lockout, batch.

Comes in: nothing. Goes out: types; each member says what it means. Never here: filling them in (`render.json` and the
like).
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from kms_eval.analysis.checking.results import Verdict
from kms_eval.engine.cell import Outcome
from kms_eval.engine.explanation import LayerOutcome
from kms_eval.render.json_outputs.form import Effect, Versioned, documented


@documented
class Statement(TypedDict):
    """A statement of a policy, or a grant."""

    policy: str
    """The name of the policy; of a grant its id."""
    sid: str | None
    index: int
    """Its position in the policy, from 0."""


@documented
class StatementWithEffect(Statement):
    """A statement that had a say."""

    effect: Effect


@documented
class LayerWord(TypedDict):
    """What one kind of policy said."""

    layer: str
    """keyPolicy, identityPolicy, grant, permissionsBoundary, sessionPolicy, serviceControlPolicy, …"""
    outcome: LayerOutcome
    statements: list[StatementWithEffect]


@documented
class Coded(TypedDict):
    """A code, which `kms-eval code` explains, and its sentence."""

    code: str
    message: str


@documented
class UnknownPart(TypedDict):
    """Something that no source could show, on which the decision hangs."""

    reason: str
    address: str | None
    remedy: str | None


@documented
class ChangeAdvised(TypedDict):
    """A change that the engine has tried: with it the request is allowed."""

    kind: str
    """What is done: `add-action`, `add-statement`, `together` …"""
    policy: str | None
    """The document or grant; null: the request, or a new document."""
    statement: int | None
    """The position of the statement; null: a new one, or none."""
    edit: dict[str, Any]
    """What is added, replaced or removed; of `together`, `steps` has the changes in order."""
    text: str


@documented
class NearMiss(Statement):
    """A statement or grant for this caller that did not count."""

    layer: str
    because: str


@documented
class Decision(TypedDict):
    """One decision and its reasons."""

    decision: Outcome
    principal: str
    action: str
    key: str | None
    reason: str
    reason_code: str
    layers: list[LayerWord]
    missing_context: list[str]
    """Condition keys that are absent and could turn the decision."""
    warnings: list[Coded]
    unknowns: NotRequired[list[UnknownPart]]
    """There where it is undetermined."""
    changes: list[ChangeAdvised]
    near_misses: NotRequired[list[NearMiss]]
    """There where it is denied."""
    why_unchanged: NotRequired[str]
    """Why no change is advised."""
    parts: NotRequired[list[Decision]]
    """The decisions of a call that needs several."""


@documented
class Can(Versioned, Decision):
    """`kms-eval can --json`."""


@documented
class FaultFound(TypedDict):
    """Something that is wrong with an input."""

    message: str
    help: str | None
    file: str | None
    line: int | None
    field: str | None


@documented
class TestOutcome(TypedDict):
    """How one test ended."""

    name: str
    outcome: Literal["passed", "failed", "invalid"]
    file: str | None
    line: int | None
    principal: str
    action: str
    key: str | None
    expect: str
    decision: Outcome | None
    """What was decided, of a test that did not simply pass; null otherwise."""
    reason: str | None
    reason_code: str | None
    mismatches: list[str]
    faults: list[FaultFound]
    """Why an invalid one could not be run."""
    warnings: list[Coded]


@documented
class Test(Versioned):
    """`kms-eval test --json`."""

    passed: int
    failed: int
    invalid: int
    not_run: int
    tests: list[TestOutcome]
    faults: list[FaultFound]
    """Those of files that could not be read."""


@documented
class WitnessRequest(TypedDict):
    """A request that the engine has decided against a check."""

    principal: str
    action: str
    key: str | None
    context: dict[str, list[str]]
    encryption_context: dict[str, str] | None
    grant: str | None
    at: str | None
    policy: str | None
    """The identity policy that an account of which nothing is described may give the principal."""
    stands_for: str
    decision: Outcome
    reason: str
    command: str


@documented
class CheckEnd(TypedDict):
    """How one check ended."""

    name: str
    check: str
    verdict: Verdict
    file: str | None
    line: int | None
    failing: int
    """How many pairs of principal and key were found to fail."""
    witnesses: list[WitnessRequest]
    open: list[str]
    """What an undetermined check hangs on."""


@documented
class Check(Versioned):
    """`kms-eval check --json`."""

    checks: list[CheckEnd]


@documented
class Left(TypedDict):
    """Somebody who could change the key policy."""

    principal: str
    reason_code: str


@documented
class LeftWithContext(TypedDict):
    """Somebody who could with further context."""

    principal: str
    missing_context: list[str]


@documented
class LeftOpen(TypedDict):
    """Somebody about whom something decides that no source could show."""

    principal: str
    unknowns: list[dict[str, Any]]


@documented
class KeyLockout(TypedDict):
    """What is left of the control over one key."""

    key: str
    policy: str
    accepted: bool | None
    """Whether AWS KMS would take the policy from the caller; null where none is named, or nobody can tell."""
    refusals: list[str]
    caller: Decision | None
    assumed: list[str]
    """What was assumed about the caller, and what settles it."""
    left: list[Left]
    left_with_context: list[LeftWithContext]
    undetermined: list[LeftOpen]


@documented
class Lockout(Versioned):
    """`kms-eval lockout --json`."""

    keys: list[KeyLockout]


@documented
class Batch(TypedDict):
    """A line of what `kms-eval batch --format jsonl` writes."""

    id: Any
    """As in the request; null where it has none."""
    principal: str | None
    action: str | None
    key: str | None
    decision: Literal["allowed", "explicitDeny", "implicitDeny"] | None
    """Null where nothing was decided: then `error` says why."""
    reason_code: str | None
    policy: str | None
    sid: str | None
    error: str | None
    warnings: str | None
    """Codes, separated by blanks."""
    line: int | None
    """The place of a row that cannot be read."""
