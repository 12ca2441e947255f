"""Small worlds to ask whole-organization questions of.

Comes in: parts of a scenario. Goes out: scenarios and grids at a fixed time. Never here: answers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kms_eval import Scenario
from kms_eval.analysis.access.grid import Grid, GridCell
from kms_eval.analysis.access.principals import Asker, askers
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import bit_of
from kms_eval.world.request import Request

ACCOUNT, ABROAD = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
AT = datetime(2026, 1, 1, tzinfo=UTC)
DELEGATES = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}


def statement(action: object = "kms:*", effect: str = "Allow", **more: object) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


def document(*statements: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def scenario(
    *key_statements: object,
    principals: dict[str, Any] | None = None,
    grants: list[Any] | None = None,
    aliases: list[str] | None = None,
    **more: Any,
) -> Scenario:
    """One key, `app`; its policy delegates to the account unless it is given statements."""
    key = {"policy": document(*(key_statements or (DELEGATES,))), "grants": grants or [], "aliases": aliases or []}
    return Scenario.from_dict({"account": ACCOUNT, "keys": {"app": key}, "principals": principals or {}, **more})


def grid(evaluator: Evaluator, **circumstances: Any) -> Grid:
    asked = Request("arn:aws:iam::000000000000:root", "kms:ListKeys", **{"at": AT, **circumstances})
    return Grid(evaluator, asked)


def asker(evaluator: Evaluator, label: str) -> Asker:
    return next(each for each in askers(evaluator) if label in {each.label, each.name})


def grid_cell(world: Scenario, who: str, key: str = "app", **circumstances: Any) -> GridCell:
    evaluator = world.evaluator
    return grid(evaluator, **circumstances).on(asker(evaluator, who), world.world.keys[key])


def answer(world: Scenario, who: str, action: str, key: str = "app", **circumstances: Any) -> str:
    """``always``, ``never``, or the conditions."""
    evaluator = world.evaluator
    table = grid(evaluator, **circumstances)
    bit = bit_of(action)
    found = table.on(asker(evaluator, who), world.world.keys[key])
    if found.sometimes & bit:
        ((_mask, residual),) = table.residual(found, bit)
        return str(residual)
    return "always" if found.always & bit else "never"
