"""Statements and grants that were for this caller and action, and what kept them from counting.

Comes in: a trace. Goes out: near misses with their reason in words. Never here: deciding, advice (that is `change`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kms_eval.documents.model import PrincipalEntry
from kms_eval.engine.conditions import Test
from kms_eval.engine.context import Context
from kms_eval.engine.decide import Slot
from kms_eval.engine.entries import Entry
from kms_eval.engine.explanation import NearMiss
from kms_eval.engine.grants import keys_to_supply
from kms_eval.engine.readings import Alternatives, Reading
from kms_eval.engine.trace import Trace, rule_source, source
from kms_eval.facts.condition_keys import spelled
from kms_eval.language.open_end import OPEN_END


def near_misses(trace: Trace) -> Iterator[NearMiss]:
    """In the order of the layers; statements of the key policy for a principal of nearly this name come last."""
    counted = set(trace.counted)
    for entry in trace.about:
        if entry not in counted and entry.slot != Slot.DENY:
            for because in _because(entry, trace):
                yield NearMiss(entry.layer, source(entry), because)
    yield from _nearly_named(trace)


def in_words(test: Test) -> str:
    """A test as written: ``StringEquals kms:ViaService `s3.us-east-1.amazonaws.com` ``."""
    written = test.written
    operator = f"{written.qualifier}:" * bool(written.qualifier) + written.operator + "IfExists" * written.if_exists
    wanted = " or ".join(f"`{value}`" for value in written.values)
    return f"{operator} {written.key} {wanted}".rstrip()


def seen(reading: Reading) -> str:
    """The value of a condition key in words."""
    if isinstance(reading, Alternatives):
        return " or ".join(seen(each) for each in reading.readings)
    if not reading:
        return "no value"
    return ", ".join(f"`{value.replace(OPEN_END, '…')}`" for value in reading)


def _because(entry: Entry, trace: Trace) -> Iterator[str]:
    context = trace.ruling.context
    if entry.allowance is not None:
        constraints = entry.allowance.grant.constraints
        lacking = keys_to_supply(entry.allowance, context)
        if lacking:
            yield f"the request has no {' and no '.join(lacking)}"
        elif constraints.encryption_context_equals is not None or constraints.encryption_context_subset is not None:
            given = trace.ruling.part.circumstances.encryption_context or {}
            wanted = constraints.encryption_context_equals or constraints.encryption_context_subset or ()
            measure = "exactly" if constraints.encryption_context_equals is not None else "at least"
            yield f"its constraint asks for {measure} {_pairs(wanted)}: the request has {_pairs(given.items())}"
        else:
            yield "the request does not fit it"
        return
    failed = entry.failed_tests(context)
    for test in failed:
        yield f"{in_words(test)}: the request has {_seen_for(test, context)}"
    rule = entry.rule
    if not failed and rule is not None and rule.condition is not None and not rule.condition.tests:
        yield "its Condition is empty"
    elif not failed and rule is not None:
        written = rule.statement.resources or rule.statement.not_resources or ()
        element = "Resource" if rule.statement.resources is not None else "NotResource"
        target = trace.ruling.part.scope.target
        yield f"its {element} {', '.join(written)} does not cover {target.arn.replace(chr(0), '*')}"


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """An encryption context in words."""
    return "{" + ", ".join(f"`{name}`: `{value}`" for name, value in pairs) + "}"


def _seen_for(test: Test, context: Context) -> str:
    parts = [f"{seen(context.get(test.key))}"]
    parts += [f"{spelled(key)} {seen(context.get(key))}" for key in sorted(test.needs - {test.key})]
    return ", ".join(parts)


def _nearly_named(trace: Trace) -> Iterator[NearMiss]:
    """Allow statements of the key policy for a principal that differs from the caller in case or path only."""
    key = trace.ruling.part.scope.target.key
    caller = trace.ruling.part.scope.caller
    if key is None or caller.principal is None:
        return
    name = caller.principal.name.lower()
    for rule in trace.rules(key.policy):
        if rule.effect == "Allow" and rule.actions & trace.ruling.bit:
            for entry in rule.statement.principals or ():
                if _nearly(entry, name, caller.principal.arn, caller.account):
                    yield NearMiss(
                        "keyPolicy", rule_source(rule), f"it is for `{entry.value}`, not `{caller.principal.arn}`"
                    )


def _nearly(entry: PrincipalEntry, name: str, arn: str, account: str | None) -> bool:
    fields = entry.value.split(":", 5)
    return (
        entry.kind == "AWS"
        and len(fields) == 6
        and entry.value != arn
        and fields[4] == account
        and fields[5].split("/", 1)[0] == arn.split(":", 5)[5].split("/", 1)[0]
        and fields[5].rsplit("/", 1)[-1].lower() == name
    )
