"""Condition elements, compiled: set qualifiers, IfExists, Null, missing keys, negation and variables handled once.

Comes in: condition tests of a statement. Goes out: a Condition that can be evaluated for a request, in either reading.
Never here: where values come from, effects (the caller chooses the reading), the operators themselves.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from kms_eval.documents.model import ConditionTest, Policy
from kms_eval.engine.readings import (
    Alternatives,
    Assignment,
    Reading,
    Source,
    Values,
    assignments,
    iam_only,
    in_reading,
    or_absent,
    text_in,
)
from kms_eval.facts.condition_keys import canonical, find
from kms_eval.language import variables
from kms_eval.language.open_end import OPEN_END, matches_open
from kms_eval.language.operators import OPERATORS, Operator, same
from kms_eval.language.pattern import literal, wild
from kms_eval.language.variables import Lookup, Template
from kms_eval.records import record


class Status(Enum):
    """The three-valued answer about a condition while some keys are still open."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"


@record
class Test:
    """One condition key under one operator. `key` and `needs` (also the keys of its variables) are in lower case."""

    key: str
    written: ConditionTest
    operator: Operator
    values: tuple[Any, ...]
    needs: frozenset[str]
    iam_only_in_key_policy: frozenset[str]
    equals: frozenset[Any] | None = None
    """The policy values where the operator tests equality and none has variables, so that one lookup is enough."""
    needs_qualifier: bool = False
    """The key is multivalued, and no set qualifier says which of its values have to match."""

    def holds(self, values: Values | None, lookup: Lookup, *, generous: bool) -> bool:
        """Whether the test is true for these request values (semantics C6-C13)."""
        written, negated = self.written, self.operator.negated
        present = bool(values)
        if not self.values:
            return self._without_policy_values(present=present, generous=generous)
        if self.operator.type == "Null":
            return self._null(present=present)
        if not values:
            if written.qualifier:
                # IfExists does not make ForAnyValue true where there is no value (semantics S17).
                return written.qualifier == "ForAllValues"
            return written.if_exists or negated
        if self.needs_qualifier and not generous:
            # ASSUMPTION Z5: a multivalued key without ForAllValues or ForAnyValue may never match (semantics S18).
            return False
        # ASSUMPTION Z5: several values without a set operator: one matching value suffices for Deny, Allow needs all.
        one_suffices = written.qualifier == "ForAnyValue" or (generous and not written.qualifier)
        found = not one_suffices
        for value in values:
            found = self._one(value, lookup, generous=generous)
            if found is one_suffices:
                break
        if written.qualifier and not any(values):
            # ASSUMPTION Z24: a list holding only "" may count as no values.
            without = written.qualifier == "ForAllValues"
            return (found or without) if generous else (found and without)
        return found

    def _null(self, *, present: bool) -> bool:
        if self.written.qualifier:
            return self.written.qualifier == "ForAllValues"
        return any(expects_absence is not present for expects_absence in self.values)

    def _without_policy_values(self, *, present: bool, generous: bool) -> bool:
        if self.written.qualifier == "ForAnyValue" and not self.written.if_exists:
            return False
        if self.written.qualifier or self.written.if_exists:
            return not present
        # ASSUMPTION Z13: AWS contradicts itself for a plain operator with an empty value list.
        return generous

    def _one(self, text: str, lookup: Lookup, *, generous: bool) -> bool:
        """One request value against all policy values: OR, or NOR for negated operators (semantics C1)."""
        operator = self.operator
        if operator.type == "String" and text.endswith(OPEN_END):
            return self._open(text.removesuffix(OPEN_END), lookup, generous=generous)
        try:
            value = operator.parse(text)
        except ValueError:
            # ASSUMPTION C19: a value that is not of the operator's type may be anything.
            return operator.negated or generous
        # A negated test holds in both readings only if the positive test fails in both.
        inner = generous is not operator.negated
        if self.equals is not None:
            return (value in self.equals) is not operator.negated
        for prepared in self.values:
            ready = self._filled(prepared, lookup, generous=inner) if isinstance(prepared, Template) else prepared
            if ready is _ANYTHING or (ready is not _UNRESOLVED and operator.matches(ready, value, inner)):
                return not operator.negated
        return operator.negated

    def _open(self, start: str, lookup: Lookup, *, generous: bool) -> bool:
        """Like `_one`, for a request value of which only the start is known (semantics S7)."""
        operator = self.operator
        inner = generous is not operator.negated
        fold = str.lower if operator.name.endswith("IgnoreCase") else str
        for text, prepared in zip(self.written.values, self.values, strict=True):
            glob = self._glob(text, prepared, lookup, generous=inner)
            found = matches_open(fold(glob), fold(start)) if glob is not None else False
            if found or (found is None and inner):
                return not operator.negated
        return operator.negated

    def _glob(self, text: str, prepared: Any, lookup: Lookup, *, generous: bool) -> str | None:
        """A policy value as a glob; None where a variable in it has no value."""
        wildcards = self.operator.wildcards
        if not isinstance(prepared, Template):
            return wild(text) if wildcards else literal(text)
        if wildcards:
            return prepared.glob(lookup, wildcards_in_values=generous)
        filled = prepared.text(lookup)
        if filled is None:
            return None
        return literal(filled).replace(OPEN_END, "*") if generous else literal(filled)

    def _filled(self, template: Template, lookup: Lookup, *, generous: bool) -> Any:
        operator = self.operator
        if operator.variables == "uncertain" and not generous:
            # ASSUMPTION Z21: AWS documents both that Bool takes variables and that it does not.
            return _UNRESOLVED
        # ASSUMPTION Z27: wildcards inside a substituted value are literal for Allow, live for Deny.
        filled = template.glob(lookup, wildcards_in_values=generous) if operator.wildcards else template.text(lookup)
        if filled is None:
            return _UNRESOLVED
        if OPEN_END in filled and not operator.wildcards:
            return _ANYTHING if generous else _UNRESOLVED
        try:
            return operator.read(filled)
        except ValueError:
            return _UNRESOLVED


_UNRESOLVED = object()
_ANYTHING = object()


@record
class Condition:
    """A whole Condition element: all its tests have to hold (semantics C1). `needs` are all keys, in lower case.

    `plain`: no test has variables, or stands in a key policy with a key that AWS KMS supports in IAM policies only.
    """

    tests: tuple[Test, ...]
    needs: frozenset[str]
    plain: bool

    def holds(self, source: Source, *, generous: bool) -> bool:
        """Whether it is true in both readings of what AWS leaves open, or with `generous` (for Deny) in either."""
        if not self.tests:
            # ASSUMPTION Z14: an empty Condition block; an Allow does not apply, a Deny does.
            return generous
        if self.plain:
            for test in self.tests:
                reading: Any = source.get(test.key)
                if reading.__class__ is Alternatives:
                    break
                if not test.holds(reading, _no_variable, generous=generous):
                    return False
            else:
                return True
        return self._hold(self.tests, {key: source.get(key) for key in self.needs}, generous=generous)

    def status(self, source: Source, open_keys: frozenset[str], *, generous: bool) -> Status:
        """Whether the condition holds while these keys may still have any value."""
        if open_keys.isdisjoint(self.needs):
            return Status.HOLDS if self.holds(source, generous=generous) else Status.FAILS
        # Where a test's own key has no value, the values of its variables make no difference.
        decided = [
            test
            for test in self.tests
            if test.needs.isdisjoint(open_keys) or (test.key not in open_keys and not source.get(test.key))
        ]
        if decided:
            readings = {key: source.get(key) for test in decided for key in test.needs}
            if not self._hold(decided, readings, generous=generous):
                return Status.FAILS
        return Status.HOLDS if len(decided) == len(self.tests) else Status.OPEN

    @staticmethod
    def _hold(tests: Iterable[Test], readings: dict[str, Reading], *, generous: bool) -> bool:
        for test in tests:
            if test.iam_only_in_key_policy:
                # ASSUMPTION Z30: in a key policy these keys may be absent or have their real values.
                readings = {**readings, **{key: or_absent(readings[key]) for key in test.iam_only_in_key_policy}}
        ways = assignments(readings)
        if ways is None:
            # Too many combinations: evaluate each test separately. For Allow that is the same, for Deny it denies more.
            return all(_alone(test, readings, generous=generous) for test in tests)
        return in_reading(ways, lambda assignment: _all(tests, assignment, generous=generous), generous=generous)


def _alone(test: Test, readings: dict[str, Reading], *, generous: bool) -> bool:
    ways = assignments({key: readings[key] for key in test.needs})
    if ways is None:
        # Too many combinations even for one test: an Allow does not count, a Deny does.
        return generous
    return in_reading(ways, lambda assignment: _all((test,), assignment, generous=generous), generous=generous)


def _all(tests: Iterable[Test], assignment: Assignment, *, generous: bool) -> bool:
    lookup = text_in(assignment)
    for test in tests:  # noqa: SIM110 - making a generator takes longer than most tests
        if not test.holds(assignment[test.key], lookup, generous=generous):
            return False
    return True


def compile_condition(policy: Policy, written: tuple[ConditionTest, ...]) -> Condition:
    """The compiled Condition element of a statement of this policy."""
    return condition_of(tuple(_compile(policy, test) for test in written))


def condition_of(tests: tuple[Test, ...]) -> Condition:
    """The condition that all of these tests hold."""
    needs = frozenset(key for test in tests for key in test.needs)
    plain = not any(
        test.iam_only_in_key_policy or any(isinstance(value, Template) for value in test.values) for test in tests
    )
    return Condition(tests, needs, plain)


def _no_variable(_key: str) -> None:
    """The lookup for a test without variables."""


def _compile(policy: Policy, written: ConditionTest) -> Test:
    operator = OPERATORS[written.operator]
    key = canonical(written.key)
    values = tuple(_value(operator, text, variables_on=policy.variables) for text in written.values)
    needs = frozenset({key}).union(*(v.keys for v in values if isinstance(v, Template)))
    plain = operator.matches is same and not any(isinstance(value, Template) for value in values)
    row = find(key)
    return Test(
        key,
        written,
        operator,
        values,
        needs,
        iam_only(policy, needs),
        frozenset(values) if plain else None,
        needs_qualifier=not written.qualifier and row is not None and row.multi_valued,
    )


def _value(operator: Operator, text: str, *, variables_on: bool) -> Any:
    if variables_on and operator.variables != "no" and variables.has_variables(text):
        return variables.parse(text)
    return operator.read_text(text)
