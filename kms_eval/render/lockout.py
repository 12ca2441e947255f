"""Lockout checks as text for a person and as JSON.

Comes in: what `analysis.lockout` found. Goes out: text, plain dictionaries. Never here: finding out, terminals.
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
    """The verdict on one key, then why, then who is left."""
    return "\n".join(_lines(lockout, paint))


def to_dict(lockout: Lockout) -> dict[str, Any]:
    """The same as an object: ``accepted`` is null where no caller was named."""
    caller = lockout.caller
    return {
        "key": lockout.key.arn,
        "policy": lockout.key.policy.name,
        "accepted": None if caller is None else caller.decision == "allowed",
        "caller": None if caller is None else as_dict(caller),
        "left": [{"principal": each.principal, "reason_code": each.reason_code} for each in lockout.left],
        "left_with_context": [
            {"principal": each.principal, "missing_context": list(each.missing_context)} for each in lockout.maybe
        ],
    }


def _lines(lockout: Lockout, paint: Paint) -> Iterator[str]:
    key = printable(f"{lockout.key.handle} ({lockout.key.arn})")
    caller = lockout.caller
    if caller is not None:
        accepted = caller.decision == "allowed"
        verdict = paint("allowed", "accepted") if accepted else paint("denied", "refused")
        yield f"{verdict}: the key policy of {key}, put by {printable(caller.principal)}"
        yield from (f"  {line}" for line in _why(caller, paint))
    if lockout.left:
        yield f"{paint('allowed', 'changeable')}: the key policy of {key}, by"
        yield from (printable(f"  {each.principal}: {each.reason}") for each in lockout.left)
    else:
        yield f"{paint('denied', 'locked')}: nobody who is known can change the key policy of {key}"
    if lockout.maybe:
        yield "with further context also" if lockout.left else "with further context only"
        yield from (printable(f"  {each.principal}: {', '.join(each.missing_context)}") for each in lockout.maybe)


def _why(caller: Explanation, paint: Paint) -> Iterator[str]:
    if caller.decision == "allowed":
        yield "this caller could call kms:PutKeyPolicy again"
    else:
        yield "this caller could not call kms:PutKeyPolicy again: the lockout safety check of AWS KMS fails"
    yield from reasons(caller, full=False, paint=paint)
