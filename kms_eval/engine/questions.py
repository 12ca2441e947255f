"""Which question that AWS leaves open made the two readings of a statement differ in a request.

Comes in: a trace. Goes out: codes of questions, with the condition key concerned. Never here: choosing a reading.
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.engine.conditions import Condition, Test
from kms_eval.engine.context import Context
from kms_eval.engine.entries import Entry
from kms_eval.engine.hanging import turning
from kms_eval.engine.readings import Alternatives
from kms_eval.engine.trace import Trace
from kms_eval.language.variables import Template


def open_questions(trace: Trace) -> Iterator[tuple[str, str]]:
    """(code, condition key) for each question about a statement on which the decision hangs."""
    asked = ((entry, tuple(_of(entry, trace.ruling.context))) for entry in trace.about if entry.rule is not None)
    found = {id(entry): (entry, questions) for entry, questions in asked if questions}
    if found:
        for entry in turning(trace, [entry for entry, _questions in found.values()]):
            yield from found[id(entry)][1]


def _of(entry: Entry, context: Context) -> Iterator[tuple[str, str]]:
    rule = entry.rule
    if rule is None or rule.resource is None or rule.condition is None:
        if rule is not None and rule.resource is not None:
            yield from _of_resource(entry, context)
        return
    strict = rule.condition.holds(context, generous=False)
    generous = rule.condition.holds(context, generous=True)
    if strict is generous:
        yield from _of_resource(entry, context)
        return
    if not rule.condition.tests:
        yield "empty-condition", ""
    for test in rule.condition.tests:
        alone = Condition((test,), test.needs)
        if alone.holds(context, generous=False) is not alone.holds(context, generous=True):
            yield _of_test(test, context), test.written.key


def _of_resource(entry: Entry, context: Context) -> Iterator[tuple[str, str]]:
    resource = entry.rule.resource if entry.rule is not None else None
    if resource is None:
        return
    target = context.situation.scope.target
    strict = resource.covers(target, context, generous=False)
    generous = resource.covers(target, context, generous=True)
    if strict is not generous:
        yield ("unresolved-variable" if resource.negated and resource.needs else "resource-pattern"), ""


def _of_test(test: Test, context: Context) -> str:
    reading = context.get(test.key)
    for key in (test.key, *sorted(test.needs)):
        other = context.get(key)
        if isinstance(other, Alternatives):
            return other.question
    if test.iam_only_in_key_policy:
        return "iam-only-key-in-key-policy"
    if not test.values:
        return "empty-value-list"
    if reading == ("",) and test.written.qualifier:
        return "empty-string-as-no-value"
    if isinstance(reading, tuple) and len(reading) > 1 and not test.written.qualifier:
        return "multi-valued-without-set-operator"
    if isinstance(reading, tuple) and not all(_readable(test, value) for value in reading):
        return "unreadable-request-value"
    if test.operator.type == "IPAddress":
        return "bare-ipv6-address"
    if any(isinstance(value, Template) for value in test.values):
        return "variable-under-bool" if test.operator.type == "Bool" else "wildcard-in-variable"
    return "arn-pattern-bare-star"


def _readable(test: Test, value: str) -> bool:
    try:
        test.operator.parse(value)
    except ValueError:
        return False
    return True
