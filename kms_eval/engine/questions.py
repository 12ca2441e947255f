"""Which open question makes the two readings of a statement differ in a request.

Comes in: a trace. Goes out: codes of warnings, with the condition key concerned. Never here: choosing a reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kms_eval.engine.conditions import Test, condition_of
from kms_eval.engine.context import Context
from kms_eval.engine.entries import Entry
from kms_eval.engine.readings import Alternatives, Reading
from kms_eval.engine.resources import ANY_PRINCIPAL
from kms_eval.engine.sensitivity import decisive_entries
from kms_eval.engine.trace import Trace
from kms_eval.language.open_end import OPEN_END
from kms_eval.language.variables import Template


def open_questions(trace: Trace) -> Iterator[tuple[str, str]]:
    """(code of a warning, condition key) for each open question in a statement on which the decision depends."""
    asked = ((entry, tuple(_of(entry, trace.ruling.context))) for entry in trace.about if entry.rule is not None)
    found = {id(entry): (entry, questions) for entry, questions in asked if questions}
    if found:
        for entry in decisive_entries(trace, [entry for entry, _questions in found.values()]):
            yield from found[id(entry)][1]


def _of(entry: Entry, context: Context) -> Iterator[tuple[str, str]]:
    rule = entry.rule
    if rule is None or rule.resource is None or rule.condition is None:
        if rule is not None and rule.resource is not None:
            yield from _of_resource(entry, context)
        return
    target = context.situation.scope.target
    if not rule.resource.covers(target, context, generous=True):
        # The statement does not cover this resource in either reading.
        return
    strict = rule.condition.holds(context, generous=False)
    generous = rule.condition.holds(context, generous=True)
    if strict is generous:
        if generous:
            yield from _of_resource(entry, context)
        return
    if not rule.condition.tests:
        yield "empty-condition", ""
    for test in rule.condition.tests:
        alone = condition_of((test,))
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
        if target.arn.endswith(ANY_PRINCIPAL) and target.kind == "none":
            yield "retiring-principal-not-named", ""
        else:
            yield ("unresolved-variable" if resource.negated and resource.needs else "resource-pattern"), ""


def _of_test(test: Test, context: Context) -> str:
    readings = [context.get(key) for key in (test.key, *sorted(test.needs))]
    for reading in readings:
        if isinstance(reading, Alternatives):
            return reading.question
    if any(_has_open_end(reading) for reading in readings):
        return "session-name-not-told"
    return next(code for code, is_it in _QUESTIONS if is_it(test, readings[0]))


def _has_open_end(reading: Reading) -> bool:
    return isinstance(reading, tuple) and any(value.endswith(OPEN_END) for value in reading)


def _has_several(test: Test, reading: Reading) -> bool:
    several = isinstance(reading, tuple) and len(reading) > 1
    return test.needs_qualifier or (several and not test.written.qualifier)


def _has_unreadable(test: Test, reading: Reading) -> bool:
    return isinstance(reading, tuple) and not all(_readable(test, value) for value in reading)


def _has_variable(test: Test, _reading: Reading) -> bool:
    return any(isinstance(value, Template) for value in test.values)


# The first row that matches counts; the only remaining case is a bare asterisk under an ARN operator.
_QUESTIONS: tuple[tuple[str, Callable[[Test, Reading], bool]], ...] = (
    ("iam-only-key-in-key-policy", lambda test, _reading: bool(test.iam_only_in_key_policy)),
    ("empty-value-list", lambda test, _reading: not test.values),
    ("empty-string-as-no-value", lambda test, reading: reading == ("",) and bool(test.written.qualifier)),
    ("multi-valued-without-set-operator", _has_several),
    ("unreadable-request-value", _has_unreadable),
    ("bare-ipv6-address", lambda test, _reading: test.operator.type == "IPAddress"),
    ("variable-under-bool", lambda test, reading: test.operator.type == "Bool" and _has_variable(test, reading)),
    ("wildcard-in-variable", _has_variable),
    ("arn-pattern-bare-star", lambda _test, _reading: True),
)


def _readable(test: Test, value: str) -> bool:
    try:
        test.operator.parse(value)
    except ValueError:
        return False
    return True
