"""Lockout checks as text for a person and as JSON.

Comes in: results of `analysis.lockout`. Goes out: text, plain dictionaries. Never here: checking, terminals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kms_eval.analysis.lockout import Lockout
from kms_eval.engine.explanation import Explanation
from kms_eval.render.json import as_dict
from kms_eval.render.text import Paint, plain, reasons
from kms_eval.safe_text import printable


def render(lockout: Lockout, *, paint: Paint = plain) -> str:
    """The verdict on one key, then why, then who could still change its policy."""
    return "\n".join(_lines(lockout, paint))


def to_dict(lockout: Lockout) -> dict[str, Any]:
    """The same as an object: ``accepted`` is null where no caller was named."""
    caller = lockout.caller
    return {
        "key": lockout.key.arn,
        "policy": lockout.key.policy.name,
        "accepted": _accepted(lockout),
        "refusals": list(lockout.refusals),
        "caller": None if caller is None else as_dict(caller),
        "assumed": list(lockout.assumed),
        "left": [{"principal": each.principal, "reason_code": each.reason_code} for each in lockout.left],
        "left_with_context": [
            {"principal": each.principal, "missing_context": list(each.missing_context)} for each in lockout.maybe
        ],
        "undetermined": [
            {"principal": each.principal, "unknowns": [unknown.written() for unknown in each.unknowns]}
            for each in lockout.undetermined
        ],
    }


def _accepted(lockout: Lockout) -> bool | None:
    """Whether AWS KMS would accept the policy; None where no caller is named, or the decision is undetermined."""
    if lockout.refusals:
        return False
    if lockout.caller is None or lockout.caller.decision == "undetermined":
        return None
    return lockout.caller.decision == "allowed"


def _lines(lockout: Lockout, paint: Paint) -> Iterator[str]:
    key = printable(f"{lockout.key.handle} ({lockout.key.arn})")
    caller = lockout.caller
    if lockout.refusals:
        yield f"{paint('denied', 'refused')}: AWS KMS takes no such key policy of {key} from anybody"
        yield from (printable(f"  {each}") for each in lockout.refusals)
    elif caller is not None:
        verdict = _verdict(caller, paint)
        yield f"{verdict}: the key policy of {key}, put by {printable(caller.principal)}"
        yield from (f"  {line}" for line in _why(caller, paint))
    if lockout.left:
        yield f"{paint('allowed', 'changeable')}: the key policy of {key}, by"
        yield from (printable(f"  {each.principal}: {each.reason}") for each in lockout.left)
    elif lockout.undetermined:
        yield f"{paint('label', 'undetermined')}: whether anybody can change the key policy of {key}"
    else:
        yield f"{paint('denied', 'locked')}: nobody who is known can change the key policy of {key}"
    if lockout.undetermined:
        yield "undetermined for"
        for each in lockout.undetermined:
            hangs_on = ", ".join(unknown.address or unknown.reason for unknown in each.unknowns)
            yield printable(f"  {each.principal}: unknown: {hangs_on}")
    if lockout.assumed:
        yield printable(f"taken to exist, and not described: {', '.join(f'`{each}`' for each in lockout.assumed)}")
    if lockout.maybe:
        yield "with further context also" if lockout.left else "with further context only"
        yield from (printable(f"  {each.principal}: {', '.join(each.missing_context)}") for each in lockout.maybe)


def _verdict(caller: Explanation, paint: Paint) -> str:
    if caller.decision == "undetermined":
        return paint("label", "undetermined")
    return paint("allowed", "accepted") if caller.decision == "allowed" else paint("denied", "refused")


def _why(caller: Explanation, paint: Paint) -> Iterator[str]:
    if caller.decision == "allowed":
        yield "this caller could call kms:PutKeyPolicy again"
    elif caller.decision == "undetermined":
        yield "whether this caller could call kms:PutKeyPolicy again hangs on something unknown"
    else:
        yield "this caller could not call kms:PutKeyPolicy again: the lockout safety check of AWS KMS fails"
    yield from reasons(caller, full=False, paint=paint)
