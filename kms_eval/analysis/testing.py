"""Running the tests of a scenario.

Comes in: an evaluator, and test cases. Goes out: a result for each, with everything that is not as expected.
Never here: files, printing, a clock. The command line and the pytest plugin both run tests here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from kms_eval.codes import CODES
from kms_eval.engine.cell import Outcome
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explain import doubts, explain
from kms_eval.engine.explanation import Explanation, LayerOutcome, Warned
from kms_eval.engine.layers import GRANT, LAYERS
from kms_eval.errors import Fault, InputError, did_you_mean, quoted
from kms_eval.world.cases import TestCase
from kms_eval.world.request import Request

_DECISIVE: dict[Outcome, frozenset[LayerOutcome]] = {
    "allowed": frozenset({"allows", "delegates"}),
    "explicitDeny": frozenset({"denies"}),
    "implicitDeny": frozenset({"silent"}),
    "undetermined": frozenset({"unknown"}),
}

_DENIED = ("explicitDeny", "implicitDeny")


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of a test.

    `mismatches` has a sentence for each expectation that was not met. A test is `invalid` if its request or its
    expectations make no sense in the world, as `faults` say: nothing was decided. `explanation` is there unless a test
    passed by its decision alone. `doubts` are the open questions that the decision depends on, even if it is expected.
    """

    __test__: ClassVar[bool] = False  # pytest would otherwise collect the class as tests

    case: TestCase
    outcome: Literal["passed", "failed", "invalid"]
    explanation: Explanation | None = None
    mismatches: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Warned, ...] = ()


def run_tests(evaluator: Evaluator, cases: Iterable[TestCase], *, now: datetime) -> Iterator[TestResult]:
    """Run test after test; `now` is the time of tests that give no other time."""
    return (run_test(evaluator, case, now=now) for case in cases)


def request_of(case: TestCase, now: datetime) -> Request:
    """The request of a test; one without a time is made `now`."""
    return case.request if case.request.at is not None else replace(case.request, at=now)


def run_test(evaluator: Evaluator, case: TestCase, *, now: datetime) -> TestResult:
    """Run one test."""
    faults = list(_senseless(evaluator, case))
    try:
        ruling = evaluator.rule(request_of(case, now))
    except InputError as error:
        faults += error.faults
    if faults:
        return TestResult(case, "invalid", faults=tuple(_at(fault, case) for fault in faults))
    as_decided = ruling.outcome == case.expect or (case.expect == "denied" and ruling.outcome in _DENIED)
    told = doubts(evaluator, ruling)
    if as_decided and not _expects_reasons(case):
        return TestResult(case, "passed", doubts=told)
    explanation = explain(evaluator, ruling)
    mismatches = tuple(_mismatches(case, explanation, as_decided=as_decided))
    return TestResult(case, "failed" if mismatches else "passed", explanation, mismatches, doubts=told)


def _expects_reasons(case: TestCase) -> bool:
    return not (case.expect_layer is None and case.expect_reason_code is None and case.expect_missing_context is None)


def _senseless(evaluator: Evaluator, case: TestCase) -> Iterator[Fault]:
    """Expectations that nothing can meet, most likely misspelt."""
    layers = (*(layer.name for layer in LAYERS), GRANT)
    if case.expect_layer is not None and case.expect_layer not in layers:
        yield _unknown("layer", case.expect_layer, "expect_layer", layers, case)
    codes = [row.code for row in CODES if row.kind != "warning"]
    if case.expect_reason_code is not None and case.expect_reason_code not in codes:
        yield _unknown("reason code", case.expect_reason_code, "expect_reason_code", codes, case)
    for name in case.expect_missing_context or ():
        complaint = evaluator.context_rules.complaint_of_name(name)
        if complaint is not None:
            yield Fault(complaint[0], case.place.at("expect_missing_context").location(), complaint[1])


def _unknown(what: str, text: str, field: str, known: Iterable[str], case: TestCase) -> Fault:
    return Fault(f"unknown {what} {quoted(text)}", case.place.at(field).location(), did_you_mean(text, known))


def _at(fault: Fault, case: TestCase) -> Fault:
    """The fault of a request, placed in the file of its test; the fault of a condition key where the key is written."""
    if fault.location is not None and fault.location.file is not None:
        return fault
    section, dot, name = (fault.location.field or "" if fault.location is not None else "").partition(".")
    place = case.place.at(section, name) if dot else case.place
    return replace(fault, location=place.location())


def _mismatches(case: TestCase, explanation: Explanation, *, as_decided: bool) -> Iterator[str]:
    if not as_decided:
        yield f"expected {case.expect}, got {explanation.decision}"
    if case.expect_layer is not None:
        layers = decisive_layers(explanation)
        if case.expect_layer not in layers:
            yield f"expected {case.expect_layer} to decide, got {', '.join(layers) or 'no layer'}"
    if case.expect_reason_code not in (None, explanation.reason_code):
        yield f"expected reason {case.expect_reason_code}, got {explanation.reason_code}"
    if case.expect_missing_context is not None:
        wanted, got = case.expect_missing_context, explanation.missing_context
        if {key.lower() for key in wanted} != {key.lower() for key in got}:
            yield f"expected missing context {', '.join(wanted) or 'none'}, got {', '.join(got) or 'none'}"


def decisive_layers(explanation: Explanation) -> tuple[str, ...]:
    """The layers that made the decision: those that allow, those that deny, or those whose Allow is missing."""
    wanted = _DECISIVE[explanation.decision]
    # A call is allowed by all its parts together; if it is denied, one of them is reported.
    explained = explanation.parts if explanation.parts and explanation.decision == "allowed" else (explanation,)
    return tuple(dict.fromkeys(word.layer for each in explained for word in each.layers if word.outcome in wanted))
