"""Explanations as the JSON object of the contract (§3).

Comes in: explanations. Goes out: plain dictionaries. Never here: deciding, files.
"""

from __future__ import annotations

from typing import Any

from kms_eval.engine.explanation import Explanation, LayerWord, NearMiss


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """The object that `kms-eval can --json` prints."""
    data: dict[str, Any] = {
        "decision": explanation.decision,
        "principal": explanation.principal,
        "action": explanation.action,
        "key": explanation.key,
        "reason": explanation.reason,
        "reason_code": explanation.reason_code,
        "layers": [_layer(word) for word in explanation.layers],
        "missing_context": list(explanation.missing_context),
        "warnings": [{"code": warned.code, "message": warned.message} for warned in explanation.warnings],
    }
    if explanation.unknowns:
        data["unknowns"] = [
            {"reason": unknown.reason, "address": unknown.address, "remedy": unknown.remedy}
            for unknown in explanation.unknowns
        ]
    data["changes"] = [change.to_dict() for change in explanation.changes]
    if explanation.decision not in ("allowed", "undetermined"):
        data["near_misses"] = [_near(miss) for miss in explanation.near_misses]
    if explanation.why_unchanged is not None:
        data["why_unchanged"] = explanation.why_unchanged
    if explanation.parts:
        data["parts"] = [as_dict(part) for part in explanation.parts]
    return data


def _near(miss: NearMiss) -> dict[str, Any]:
    source = miss.source
    statement = {"policy": source.policy, "sid": source.sid, "index": source.index}
    return {"layer": miss.layer, **statement, "because": miss.because}


def _layer(word: LayerWord) -> dict[str, Any]:
    statements = [
        {"policy": source.policy, "sid": source.sid, "index": source.index, "effect": source.effect}
        for source in word.statements
    ]
    return {"layer": word.layer, "outcome": word.outcome, "statements": statements}
