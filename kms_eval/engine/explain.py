"""Explaining a decision: the same compiled rules are evaluated a second time, only on demand.

Comes in: rulings. Goes out: explanations as plain values. Never here: deciding (the outcome is the ruling's),
formatting.
"""

from __future__ import annotations

from dataclasses import replace

from kms_eval.codes import CODE
from kms_eval.engine.evaluator import Evaluator, Ruling
from kms_eval.engine.explanation import Explanation, Warned, layer_in_words
from kms_eval.engine.missing import reversal
from kms_eval.engine.near_misses import near_misses
from kms_eval.engine.reasons import reason_code
from kms_eval.engine.trace import Trace
from kms_eval.engine.warnings import request_warnings, warnings
from kms_eval.facts.open_questions import QUESTIONS_BEHIND


def explain(evaluator: Evaluator, ruling: Ruling) -> Explanation:
    """The decision that this evaluator made about a request, with its reasons."""
    about = {part: _part(Trace(part, evaluator.rules)) for part in ruling.parts}
    decisive = about[ruling.decisive]
    more = tuple(request_warnings(ruling))
    if len(ruling.parts) == 1:
        return replace(decisive, warnings=(*more, *decisive.warnings)) if more else decisive
    told = dict.fromkeys([*more, *(warned for part in about.values() for warned in part.warnings)])
    return replace(decisive, action=ruling.request.action, warnings=tuple(told), parts=tuple(about.values()))


def warnings_of(evaluator: Evaluator, ruling: Ruling) -> tuple[Warned, ...]:
    """The warnings of a decision and of its parts, without duplicates and without the rest of an explanation."""
    parts = (Trace(part, evaluator.rules) for part in ruling.parts)
    return tuple(dict.fromkeys([*request_warnings(ruling), *(warned for part in parts for warned in warnings(part))]))


def doubts(evaluator: Evaluator, ruling: Ruling) -> tuple[Warned, ...]:
    """The warnings that name the open questions on which a decision depends."""
    return tuple(warned for warned in warnings_of(evaluator, ruling) if warned.code in QUESTIONS_BEHIND)


def _part(trace: Trace) -> Explanation:
    ruling = trace.ruling
    code = reason_code(trace)
    target, caller = ruling.part.scope.target, ruling.part.scope.caller
    denying = next((word.layer for word in trace.words if word.outcome == "denies"), "")
    found = reversal(ruling)
    return Explanation(
        decision=ruling.outcome,
        principal=caller.arn,
        action=ruling.part.action,
        key=None if target.kind == "none" else target.arn.replace("\x00", "*"),
        reason=CODE[code].sentence.format(layer=layer_in_words(denying), action=ruling.part.action),
        reason_code=code,
        layers=trace.words,
        missing_context=found.keys,
        warnings=tuple(warnings(trace)),
        near_misses=tuple(near_misses(trace)) if ruling.outcome in ("explicitDeny", "implicitDeny") else (),
        unknowns=ruling.cell.hangs_on(ruling.bit, ruling.context) if ruling.outcome == "undetermined" else (),
        key_name=target.key.handle if target.key is not None and target.kind == "key" else None,
    )
