"""Which facts of a caller and a key a statement reads, and what its condition comes to for one pair of them.

Comes in: compiled rules, scopes. Goes out: residuals, what partial evaluation leaves of conditions: values that are
equal only if the condition is met, failed or left open by the same requests. Never here: what a test means (the
engine's own tests are evaluated), entries, classes.

A test that reads only facts is evaluated, and its answer is its residual: a thousand role names that a pattern does not
match have the same residual. That of a test which also reads what requests carry is its text, with the facts it reads.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache

from kms_eval.analysis.classes.numbers import Numbers
from kms_eval.engine import derive_aws, derive_kms
from kms_eval.engine.conditions import Test, condition_of
from kms_eval.engine.context import fact_of
from kms_eval.engine.masks import RETIRE_GRANT
from kms_eval.engine.readings import NOTHING, Alternatives, Reading
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope, Situation
from kms_eval.engine.unknowns import unknown_facts, unknown_of
from kms_eval.facts.condition_keys import find
from kms_eval.records import record

Residual = Hashable

_OF_THE_RESOURCE = (
    derive_aws.resource_account,
    derive_aws.resource_org_id,
    derive_aws.resource_org_paths,
    derive_kms.resource_aliases,
    *derive_kms.OF_THE_KEY,
)
_OF_AN_EXISTING_KEY = (derive_kms.resource_aliases, *derive_kms.OF_THE_KEY)
_OF_THE_ORGANIZATION = ("aws:sourceorg", "aws:vpceorg")
_READINGS = (False, True)


@lru_cache(maxsize=4096)
def of_the_resource(key: str) -> bool:
    """Whether a condition key (lower case) is filled from the resource."""
    found = fact_of(key)
    return found is not None and found[0].derive in _OF_THE_RESOURCE


@lru_cache(maxsize=4096)
def of_an_existing_key(key: str) -> bool:
    """Whether a condition key (lower case) is filled from an existing key."""
    found = fact_of(key)
    return found is not None and found[0].derive in _OF_AN_EXISTING_KEY


def asks_about_the_grant(rule: Rule) -> bool:
    """Whether a rule applies to RetireGrant and tests the grant that is to be retired."""
    return bool(rule.actions & RETIRE_GRANT) and any(map(_of_the_grant, rule.needs))


@lru_cache(maxsize=4096)
def _of_the_grant(key: str) -> bool:
    found = fact_of(key)
    return found is not None and found[0].derive in derive_kms.OF_THE_GRANT


@lru_cache(maxsize=4096)
def of_the_caller(key: str) -> bool:
    """Whether a condition key (lower case) is filled from the caller, the same for all its requests."""
    found = fact_of(key)
    return found is not None and found[0].fixed and found[0].derive not in _OF_THE_RESOURCE


@record
class RuleRead:
    """A rule, numbered by its content, and the facts it reads: condition keys in lower case."""

    rule: Rule
    number: int
    of_caller: tuple[str, ...]
    of_resource: tuple[str, ...]
    of_existing_key: bool


@record
class _TestRead:
    """A test, numbered by its text, and the facts among the condition keys it reads.

    `asked` tells that it reads nothing else, so that its answer can stand for it.
    """

    test: Test
    number: int
    facts: tuple[str, ...]
    asked: bool
    of_organization: bool


class FactsRead:
    """Residuals for one question: `said` are the condition keys that the question itself gives values for."""

    def __init__(self, numbers: Numbers, said: frozenset[str]) -> None:
        self._numbers = numbers
        self._said = said
        self._rules: dict[int, RuleRead] = {}
        self._tests: dict[int, _TestRead] = {}
        self._answers: dict[Residual, Residual | bool] = {}

    def rule(self, rule: Rule) -> RuleRead:
        """What a rule reads; rules with the same content have one number, wherever they are written."""
        known = self._rules.get(id(rule))
        if known is None:
            statement, policy = rule.statement, rule.policy
            said = (policy.kind, policy.variables, rule.effect, rule.actions, statement.actions, statement.not_actions,
                    statement.resources, statement.not_resources, statement.condition, rule.open)  # fmt: skip
            needs = sorted(rule.needs)
            known = self._rules[id(rule)] = RuleRead(
                rule,
                self._numbers.of(said),
                tuple(key for key in needs if of_the_caller(key)),
                tuple(key for key in needs if of_the_resource(key)),
                any(map(of_an_existing_key, needs)),
            )
        return known

    def test(self, test: Test, rule: Rule) -> _TestRead:
        """What a test of the rule reads; it is numbered by its text and by how the text is to be read."""
        known = self._tests.get(id(test))
        if known is None:
            number = self._numbers.of(("test", test.written, rule.policy.variables, rule.policy.kind))
            facts = tuple(key for key in sorted(test.needs) if of_the_caller(key) or of_the_resource(key))
            other = len(facts) < len(test.needs) or test.iam_only_in_key_policy or test.needs_qualifier
            given = not self._said.isdisjoint(facts)
            of_organization = any(key.startswith(_OF_THE_ORGANIZATION) for key in test.needs)
            known = self._tests[id(test)] = _TestRead(test, number, facts, not (other or given), of_organization)
        return known

    def residual(self, rule: Rule, scope: Scope, unknown: tuple[str, ...]) -> Residual | None:
        """What is left of the rule's condition in a scope; None if it is met in no reading, whatever a request carries.

        `unknown` are prefixes of condition keys about which nothing is known.
        """
        condition = rule.condition
        if condition is None:
            return ()
        if not condition.tests:
            return ("empty",)
        residuals = []
        for test in condition.tests:
            residual = self.residual_of_test(test, rule, scope, unknown)
            if residual is False:
                return None
            if residual is not True:
                residuals.append(residual)
        return tuple(residuals)

    def as_written(self, rule: Rule, scope: Scope) -> Residual:
        """The rule's condition as its text and all facts it reads, for a rule tested on more than one resource."""
        tests = rule.condition.tests if rule.condition is not None else ()
        return tuple((self.test(test, rule).number, readings(test.needs, scope)) for test in tests)

    def residual_of_test(self, test: Test, rule: Rule, scope: Scope, unknown: tuple[str, ...]) -> Residual | bool:
        """The residual of one test in a scope: true, false, or what is left of the test."""
        read = self.test(test, rule)
        if read.of_organization:
            return (read.number, _readings_of(read.facts, scope), _organization(scope))
        if not read.facts:
            return read.number
        written = (read.number, _readings_of(read.facts, scope))
        if not read.asked or (unknown and any(key.startswith(unknown) for key in read.facts)):
            return written
        not_shown = unknown_facts(scope)
        if not_shown and any(unknown_of(key, not_shown) is not None for key in read.facts):
            return written
        answer = self._answers.get(written)
        if answer is None:
            answer = self._answers[written] = _answer(test, scope, written)
        return answer


def _answer(test: Test, scope: Scope, written: Residual) -> Residual | bool:
    source = _Facts(scope)
    if any(isinstance(source.get(key), Alternatives) for key in test.needs):
        return written
    alone = condition_of((test,))
    strict, generous = (alone.holds(source, generous=each) for each in _READINGS)
    if strict is not generous:
        return written
    if all(_with_every_action(key) for key in test.needs):
        return strict
    if len(test.needs) > 1:
        return written
    absent, generously = (alone.holds(NOTHING, generous=each) for each in _READINGS)
    if absent is not generously:
        return written
    return strict if strict is absent else ("fact", test.key, strict)


@lru_cache(maxsize=4096)
def _with_every_action(key: str) -> bool:
    row = find(key)
    return row is None or row.actions is None


class _Facts:
    """The facts of a scope as a source of readings, whatever the action."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, key: str) -> Reading:
        """The reading of a key named in lower case."""
        return fact(self._scope, key)


def fact(scope: Scope, key: str) -> Reading:
    """The reading that the facts of a scope give a condition key (lower case), whatever the action."""
    found = fact_of(key)
    return None if found is None else found[0].derive(Situation(scope, "kms:decrypt"), found[1])


def readings(keys: Iterable[str], scope: Scope) -> Hashable:
    """The readings of those condition keys (lower case) that are facts, in a form that can be compared."""
    return _readings_of([key for key in sorted(keys) if of_the_caller(key) or of_the_resource(key)], scope)


def _readings_of(facts: Iterable[str], scope: Scope) -> Hashable:
    return tuple([(key, _comparable(fact(scope, key))) for key in facts])


def _comparable(value: Reading) -> Hashable:
    return ("either", value.readings, value.question) if isinstance(value, Alternatives) else value


def _organization(scope: Scope) -> tuple[Hashable, ...]:
    """All that an organization says about accounts, for tests that look up an account of the request in it."""
    organization = scope.world.organization
    if organization is None:
        return ()
    accounts = tuple((account, known.path) for account, known in sorted(organization.accounts.items()))
    return (organization.id, organization.management_account, accounts)
