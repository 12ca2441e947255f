"""What a user of the package writes, as strict type checkers see it: nothing of it is of an unknown type.

`mypy` and `pyright` read it; it is not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, assert_type

from kms_eval import (
    CheckResult,
    Coverage,
    Decision,
    Diff,
    InputError,
    LintReport,
    Lockout,
    Matrix,
    Mutation,
    Scenario,
    TestRun,
    WhoCan,
)


def asking(world: Scenario) -> None:
    assert_type(Scenario.load("kms-eval.yaml", strict=True, parameters={"Stage": "test"}), Scenario)
    assert_type(Scenario.from_dict({"account": "111122223333", "keys": {}}), Scenario)
    decision = world.can(
        "role/app", "kms:Decrypt", "app", context={"kms:ViaService": ["a", "b"]}, at=datetime.now(UTC), stranger=True
    )
    assert_type(decision, Decision)
    assert_type(bool(decision), bool)
    assert_type(decision.key, str | None)
    assert_type([change.text for change in decision.changes], list[str])
    assert_type([word.layer for word in decision.layers], list[str])
    assert_type(decision.to_dict(), dict[str, Any])
    assert_type(world.allows("role/app", "kms:Decrypt"), bool)
    assert_type({handle: key.arn for handle, key in world.keys.items()}, dict[str, str])
    assert_type([principal.tags for principal in world.principals.values()], list[Mapping[str, str]])


def asking_about_everybody(world: Scenario) -> None:
    answer = world.who_can(["kms:Decrypt", "kms:Encrypt"], "app", principal="role/*", context={"aws:MyKey": True})
    assert_type(answer, WhoCan)
    assert_type(answer.names("always", "public"), tuple[str, ...])
    assert_type([who.person.name for finding in answer.findings for who in finding.answers], list[str])
    assert_type(world.matrix(["app", "other"], action="kms:*"), Matrix)
    changed = world.diff(world.with_policies({"app": {"Statement": []}}, {"role/app": ["policies/app.json"]}))
    assert_type(changed, Diff)
    assert_type([change.actions for change in changed.changes], list[tuple[str, ...]])
    assert_type(world.diff("after.yaml", fail_on=["appears"]).findings, int)
    assert_type(world.lockout("app", caller="role/admin"), tuple[Lockout, ...])


def asking_about_tests_and_policies(world: Scenario) -> None:
    assert_type(world.run_tests(), TestRun)
    assert_type(world.coverage(), Coverage)
    assert_type(world.coverage().share.percent, float)
    assert_type(world.mutate("drop-statement"), Mutation)
    assert_type(world.check(nobody="public", may="kms:*"), CheckResult)
    assert_type(world.run_checks(), tuple[CheckResult, ...])
    assert_type(world.lint(select=["KMS1"]), LintReport)
    try:
        world.can("nobody", "kms:Decrypt")
    except InputError as error:
        assert_type([fault.message for fault in error.faults], list[str])
