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
from kms_eval.engine.explanation import NearMiss, Source
from kms_eval.engine.grants import keys_to_supply
from kms_eval.engine.layers import GRANT
from kms_eval.engine.masks import RETIRE_GRANT
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
        elif entry in counted and entry.slot == Slot.DENY:
            for test in (
                entry.rule.condition.tests if entry.rule is not None and entry.rule.condition is not None else ()
            ):
                yield NearMiss(entry.layer, source(entry), _holding(test, trace.ruling.context))
    yield from _nearly_named(trace)
    yield from _gone(trace)


def is_unique_id(text: str) -> bool:
    """Whether a principal is written as the unique id that AWS puts in place of a deleted role's or user's ARN."""
    return text.startswith(("AROA", "AIDA")) and ":" not in text


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
    if entry.allowance is not None and trace.ruling.bit == RETIRE_GRANT:
        return  # its constraints do not concern who may retire it
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


def _holding(test: Test, context: Context) -> str:
    """Why a test of a Deny is true."""
    if test.written.qualifier == "ForAllValues" and not context.get(test.key):
        return f"{in_words(test)} is true because nothing was sent: the request has no value"
    return f"{in_words(test)}: the request has {_seen_for(test, context)}"


def _gone(trace: Trace) -> Iterator[NearMiss]:
    """Statements and grants for the unique id of a principal that is not this caller: most likely of a deleted one."""
    key, principal = trace.ruling.part.scope.target.key, trace.ruling.part.scope.caller.principal
    if key is None or principal is None:
        return
    kind = "AROA" if principal.kind == "role" else "AIDA"
    because = "it is for `{0}`, the unique id of a " + principal.kind + ", most likely a deleted one"
    because += f"; `{principal.arn}` has the id `{principal.id}`" if principal.id is not None else ""
    for rule in trace.rules(key.policy):
        if rule.effect == "Allow" and rule.actions & trace.ruling.bit:
            for entry in rule.statement.principals or ():
                if is_unique_id(entry.value) and entry.value.startswith(kind) and entry.value != principal.id:
                    yield NearMiss("keyPolicy", rule_source(rule), because.format(entry.value))
    operation = trace.ruling.part.action.partition(":")[2]
    for grant in key.grants:
        grantee = grant.grantee_principal or ""
        if grantee.startswith(kind) and grantee.split(":")[0] != principal.id and operation in grant.operations:
            place = grant.place.location() if grant.place is not None else None
            yield NearMiss(GRANT, Source(f"grant {grant.id}", grant.name, 0, "Allow", place), because.format(grantee))


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """An encryption context in words."""
    return "{" + ", ".join(f"`{name}`: `{value}`" for name, value in pairs) + "}"


def _seen_for(test: Test, context: Context) -> str:
    parts = [f"{seen(context.get(test.key))}"]
    parts += [f"{spelled(key)} {seen(context.get(key))}" for key in sorted(test.needs - {test.key})]
    return ", ".join(parts)


def _nearly_named(trace: Trace) -> Iterator[NearMiss]:
    """Allow statements of the key policy for a principal that differs from the caller in case, path or partition."""
    key = trace.ruling.part.scope.target.key
    caller = trace.ruling.part.scope.caller
    if key is None or caller.principal is None:
        return
    name = caller.principal.name.lower()
    for rule in trace.rules(key.policy):
        if rule.effect == "Allow" and rule.actions & trace.ruling.bit:
            for entry in rule.statement.principals or ():
                if _nearly(entry, name, caller.principal.arn, caller.account):
                    because = f"it is for `{entry.value}`, not `{caller.principal.arn}`"
                    partition = entry.value.split(":", 2)[1]
                    if partition != caller.partition:
                        because += f": partition `{partition}` is not `{caller.partition}`"
                    yield NearMiss("keyPolicy", rule_source(rule), because)


def _nearly(entry: PrincipalEntry, name: str, arn: str, account: str | None) -> bool:
    fields = entry.value.split(":", 5)
    return (
        entry.kind == "AWS"
        and len(fields) == 6
        and entry.value != arn
        and fields[4] == account
        and (
            (fields[5] == "root" and fields[1] != arn.split(":", 2)[1])
            or (
                fields[5].split("/", 1)[0] == arn.split(":", 5)[5].split("/", 1)[0]
                and fields[5].rsplit("/", 1)[-1].lower() == name
            )
        )
    )
