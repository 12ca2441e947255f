"""Statements and grants that were for this caller or this action, and what kept them from counting.

Comes in: a trace. Goes out: near misses with their reason in words. Never here: deciding, advice (`analysis.advising`).

The nearest come first: what lists the action for the caller and fails because of its conditions, then what is for a
principal with almost this name or for a deleted one, then what is for the caller and lists other actions. A layer that
allows has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kms_eval.documents.model import Grant
from kms_eval.engine.absence import why_not_met
from kms_eval.engine.conditions import Test
from kms_eval.engine.context import Context
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.explanation import NearMiss
from kms_eval.engine.grants import at_least_as_strict, issuing_account, keys_to_supply
from kms_eval.engine.layers import GRANT
from kms_eval.engine.masks import CREATE_GRANT, RETIRE_GRANT
from kms_eval.engine.misnamed import for_deleted, nearly_named
from kms_eval.engine.other_actions import for_other_actions
from kms_eval.engine.readings import Alternatives, Reading
from kms_eval.engine.retiring import ways_to_retire
from kms_eval.engine.trace import Trace, source
from kms_eval.facts.condition_keys import spelled
from kms_eval.language.open_end import OPEN_END

_VARIABLE = re.compile(r"\$\{\s*([^,}\s]+)")
"""The condition key of a policy variable, as written."""


def near_misses(trace: Trace) -> Iterator[NearMiss]:
    """For an explicit deny why its statements apply; for an implicit deny what almost allowed it."""
    if trace.ruling.outcome == "explicitDeny":
        for entry in trace.counted:
            if entry.layer_index == LayerIndex.DENY:
                yield from (NearMiss(entry.layer, source(entry), because) for because in _denying(entry, trace))
        return
    found = tuple(_near(trace))
    yield from found
    yield from for_other_actions(trace, {miss.layer for miss in found})


def _near(trace: Trace) -> Iterator[NearMiss]:
    counted = set(trace.counted)
    allowing = {word.layer for word in trace.words if word.outcome == "allows"}
    if trace.ruling.bit == RETIRE_GRANT:
        yield from ways_to_retire(trace)
    for entry in trace.about:
        if entry in counted and entry.layer_index == LayerIndex.GRANT_WITH_IDENTITY:
            yield NearMiss(GRANT, source(entry), _not_alone(entry, trace))
        elif entry not in counted and entry.layer_index != LayerIndex.DENY and entry.layer not in allowing:
            for because in _because(entry, trace):
                yield NearMiss(entry.layer, source(entry), because)
    yield from nearly_named(trace)
    yield from for_deleted(trace)


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
        if trace.ruling.bit != RETIRE_GRANT:  # its constraints do not concern who may retire it
            yield _of_grant(entry, trace)
        return
    failed = entry.failed_tests(context)
    for test in failed:
        why = why_not_met(test, context)
        yield f"{in_words(test)}: the request has {_seen_for(test, context)}" + (f"; {why}" if why is not None else "")
    rule = entry.rule
    if not failed and rule is not None and rule.condition is not None and not rule.condition.tests:
        yield "its Condition is empty"
    elif not failed and rule is not None:
        written = rule.statement.resources or rule.statement.not_resources or ()
        element = "Resource" if rule.statement.resources is not None else "NotResource"
        target = trace.ruling.part.scope.target
        aliases = target.kind == "key" and any(":alias/" in text for text in written)
        why = "; aliases are no resources of this action" if aliases else ""
        yield f"its {element} {', '.join(written)} does not cover {target.arn.replace(chr(0), '*')}{why}"


def _of_grant(entry: Entry, trace: Trace) -> str:
    allowance, context = entry.allowance, trace.ruling.context
    if allowance is None:  # pragma: no cover - asked about grants alone
        raise AssertionError
    lacking = keys_to_supply(allowance, context)
    if lacking:
        return f"the request has no {' and no '.join(lacking)}"
    constraints = allowance.grant.constraints
    if allowance.actions & CREATE_GRANT:
        return _of_child(allowance.grant, context)
    if constraints.source_arn is not None and context.get("aws:sourcearn") != (constraints.source_arn,):
        sent = seen(context.get("aws:sourcearn"))
        return f"its constraint asks for aws:SourceArn `{constraints.source_arn}`: the request has {sent}"
    if constraints.encryption_context_equals is None and constraints.encryption_context_subset is None:
        return "the request does not fit it"
    given = trace.ruling.part.circumstances.encryption_context or {}
    wanted = constraints.encryption_context_equals or constraints.encryption_context_subset or ()
    measure = "exactly" if constraints.encryption_context_equals is not None else "at least"
    return f"its constraint asks for {measure} {_pairs(wanted)}: the request has {_pairs(given.items())}"


def _of_child(parent: Grant, context: Context) -> str:
    """Why a grant does not allow the creation of the new grant (semantics G18, G19)."""
    wanted = context.get("kms:grantoperations")
    more = [each for each in wanted if each not in parent.operations] if isinstance(wanted, tuple) else []
    if more:
        return (
            f"the new grant has {', '.join(f'`{each}`' for each in more)} among its operations, which this one has not"
        )
    asked = parent.constraints
    pairs = asked.encryption_context_equals or asked.encryption_context_subset
    child = context.situation.circumstances.grant
    if child is None or at_least_as_strict(child.constraints, asked) or pairs is None:
        return "it lets no such grant be made"
    measure = "exactly" if asked.encryption_context_equals is not None else "at least"
    given = child.constraints.encryption_context_equals or child.constraints.encryption_context_subset or ()
    wanted_pairs = f"{measure} {_pairs(pairs)}"
    return f"the constraint of the new grant has to ask for {wanted_pairs}, as its own does: it is {_pairs(given)}"


def _not_alone(entry: Entry, trace: Trace) -> str:
    """Why a grant that covers the request is not enough (Z2, Z3)."""
    scope = trace.ruling.part.scope
    account = issuing_account(entry.allowance.grant, scope) if entry.allowance is not None else None
    if account == scope.caller.account:
        return f"it is for account {account} as a whole: an identity policy has to allow it as well (Z3)"
    return (
        f"it covers the request, but account {account} made it: for a principal of account {scope.caller.account} "
        "an identity policy there has to allow it as well, or the grant has to be made from that account (Z2)"
    )


def _denying(entry: Entry, trace: Trace) -> Iterator[str]:
    """Why a Deny counts: the values that its tests found, that it has no condition, or its NotPrincipal."""
    rule, context = entry.rule, trace.ruling.context
    if rule is None:
        return
    statement = rule.statement
    if statement.not_principals is not None:
        yield f"its NotPrincipal does not spare `{trace.ruling.part.scope.caller.arn}`"
    for test in rule.condition.tests if rule.condition is not None else ():
        if test.written.qualifier == "ForAllValues" and not context.get(test.key):
            yield f"{in_words(test)} is true because nothing was sent: the request has no value"
        else:
            why = why_not_met(test, context) if test.operator.negated else None
            because = f"; {why}" if why is not None else ""
            yield f"{in_words(test)}: the request has {_seen_for(test, context)}{because}"
    if not statement.condition and statement.not_principals is None:
        listed = statement.actions if statement.actions is not None else statement.not_actions or ()
        element = "Action" if statement.actions is not None else "NotAction"
        yield f"it has no condition, and its {element} is {_some(listed)}"


def _some(texts: tuple[str, ...]) -> str:
    return ", ".join(texts[:3]) + (", …" if len(texts) > 3 else "")


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """An encryption context in words."""
    return "{" + ", ".join(f"`{name}`: `{value}`" for name, value in pairs) + "}"


def _seen_for(test: Test, context: Context) -> str:
    parts = [f"{seen(context.get(test.key))}"]
    written = {name.lower(): name for text in test.written.values for name in _VARIABLE.findall(text)}
    others = sorted(test.needs - {test.key})
    parts += [f"{spelled(key, written.get(key))} {seen(context.get(key))}" for key in others]
    return ", ".join(parts)
