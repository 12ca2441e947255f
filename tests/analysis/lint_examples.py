"""Examples of rules as scenarios, and what the lint finds in them."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kms_eval.analysis.linting.choosing import Chosen
from kms_eval.analysis.linting.finding import Finding
from kms_eval.analysis.linting.lint import Linter, lint_scenario
from kms_eval.analysis.linting.rule import ACCOUNT, DELEGATION, Example
from kms_eval.documents.model import PolicyKind
from kms_eval.formats.text import read_text
from kms_eval.scenario import Scenario

DEFAULT = {"Version": "2012-10-17", "Statement": [dict(DELEGATION)]}


def scenario_of(example: Example) -> dict[str, Any]:
    """A scenario with a key and, where the example is about one, a role, or an organization."""
    key = dict(example.key)
    principals = dict(key.pop("principals", {}))
    if example.kind is PolicyKind.IDENTITY:
        principals["role/app"] = {"policies": [example.policy]}
    elif example.described:
        principals["role/app"] = {}
    policy = example.policy if example.kind is PolicyKind.KEY else DEFAULT
    world: dict[str, Any] = {"account": ACCOUNT, "keys": {"app": {"policy": policy, **key}}, "principals": principals}
    if example.kind is PolicyKind.RCP:
        member = {"resource_control_policies": [[example.policy]]}
        world["organization"] = {
            "id": "o-exampleorgid",
            "management_account": "999999999999",
            "accounts": {ACCOUNT: member},
        }
    return world


def found(example: Example, *codes: str) -> tuple[Finding, ...]:
    """What the rules of these codes find in an example; one that AWS refuses is read alone."""
    chosen = Chosen(codes)
    if "KMS100" in codes:
        linter = Linter(chosen)
        linter.policy(read_text(json.dumps(example.policy), "policy.json", format="json"), example.kind)
        return linter.report().findings
    if example.comment:
        return _found_in_file(example, chosen)
    scenario = Scenario.from_dict(scenario_of(example))
    return lint_scenario(scenario.evaluator, scenario.loaded.warnings, chosen).findings


def _found_in_file(example: Example, chosen: Chosen) -> tuple[Finding, ...]:
    """Likewise where it matters what stands around the policy: comments are in files only."""
    data = scenario_of(example)
    key = json.dumps(data.pop("keys")["app"])
    lines = [f"{name}: {json.dumps(value)}" for name, value in data.items()]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "world.yaml"
        path.write_text("\n".join([*lines, "keys:", f"  {example.comment}", f"  app: {key}", ""]), encoding="utf-8")
        scenario = Scenario.load(path)
        # What the comment names has to run, or nothing is known of it.
        linter = Linter(Chosen(tuple({*chosen.select, "KMS201"})))
        linter.scenario(scenario.evaluator, scenario.loaded.warnings, [path])
        return tuple(each for each in linter.report().findings if each.code.startswith(chosen.select))


def alone(*statements: object, kind: PolicyKind = PolicyKind.KEY, select: tuple[str, ...] = ()) -> list[str]:
    """The codes of what is found in a policy that stands for itself."""
    linter = Linter(Chosen(select))
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    linter.policy(read_text(json.dumps(document), "policy.json", format="json"), kind)
    return [finding.code for finding in linter.report().findings]
