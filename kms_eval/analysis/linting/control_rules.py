"""Rules about resource control policies: callers that a Deny applies to although its author did not think of them.

Comes in: subjects. Goes out: rows. Never here: other kinds of policy. A resource control policy applies to users, roles
and service principals. Condition keys about the principal are absent where a service calls in its own name, and those
about the source where anybody else calls: a negated test, and one with IfExists, holds there.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.analysis.linting.rule import Check, Example, Found, Members, Rule
from kms_eval.analysis.linting.subject import Subject, actions_of, tests_on
from kms_eval.documents.model import ConditionTest, PolicyKind, Statement
from kms_eval.errors import quoted
from kms_eval.language.operators import OPERATORS
from kms_eval.records import record

_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
_IS_SERVICE = "aws:PrincipalIsAWSService"
_OF_PRINCIPALS = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn")
_OF_SOURCES = ("aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceaccount", "aws:sourcearn")


@record
class _Reach:
    """Callers (`reached`) without `keys`; a test of aws:PrincipalIsAWSService for `is_service` excludes them."""

    keys: tuple[str, ...]
    is_service: str
    reached: str


_SERVICES = _Reach(_OF_PRINCIPALS, "false", "services that call in their own name")
_EVERYBODY = _Reach(_OF_SOURCES, "true", "everybody who is no service")


def _reaches(reach: _Reach) -> Check:
    """A check that finds a Deny which applies where the key is absent, unless another test limits it."""

    def check(subject: Subject) -> Iterator[Found]:
        for statement, test in _met_without(subject, reach.keys):
            # A statement that also tests a source is meant for services.
            asks = reach.keys is _OF_PRINCIPALS and any(True for _test in tests_on(statement, *_OF_SOURCES))
            if not asks and not _says(statement, reach.is_service):
                message = f"it also denies {reach.reached}: they have no {quoted(test.key)}"
                advice = f'add `"BoolIfExists": {{"{_IS_SERVICE}": "{reach.is_service}"}}`'
                yield Found(subject.test_at(statement, test), message, advice, statement)

    return check


def _without_source(subject: Subject) -> Iterator[Found]:
    for statement, test in _met_without(subject, _OF_SOURCES):
        there = (each for each in tests_on(statement, *_OF_SOURCES) if each.operator == "Null")
        if _says(statement, _EVERYBODY.is_service) and not any(set(each.values) == {"false"} for each in there):
            message = f"it also denies calls for which a service sends no {quoted(test.key)}"
            advice = 'add `"Null": {"aws:SourceAccount": "false"}`'
            yield Found(subject.test_at(statement, test), message, advice, statement)


def _met_without(subject: Subject, keys: tuple[str, ...]) -> Iterator[tuple[Statement, ConditionTest]]:
    """The first test of each Deny on one of the keys that also holds where the key is absent."""
    for statement in subject.statements("Deny") if subject.policy.kind is PolicyKind.RCP else ():
        if not actions_of(statement):
            continue  # it is about other services
        for test in tests_on(statement, *keys):
            row = OPERATORS.get(test.operator)
            if row is not None and test.operator != "Null" and (row.negated or test.if_exists):
                yield statement, test
                break


def _says(statement: Statement, value: str) -> bool:
    """Whether the statement tests aws:PrincipalIsAWSService for this value."""
    return any(value in test.values for test in tests_on(statement, _IS_SERVICE.lower()) if test.operator == "Bool")


def _deny(**condition: Members) -> Example:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": condition}
    return Example((statement,), PolicyKind.RCP)


_OUTSIDERS = {"aws:PrincipalOrgID": "o-exampleorgid"}
_FOR_OUTSIDERS = {"aws:SourceOrgID": "o-exampleorgid"}

CONTROL_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS441",
        "control-reaches-services",
        "warning",
        "a resource control policy also denies services that call in their own name",
        "Service principals belong to no account and to no organization. A Deny of everybody else's principals denies "
        "them as well, and with them what AWS does on behalf of the account.",
        _deny(StringNotEqualsIfExists=_OUTSIDERS),
        _deny(StringNotEqualsIfExists=_OUTSIDERS, BoolIfExists={_IS_SERVICE: "false"}),
        _PAGE,
        _reaches(_SERVICES),
    ),
    Rule(
        "KMS442",
        "control-reaches-everybody",
        "warning",
        "a resource control policy for services also denies everybody else",
        "Only services that call in their own name send a source. A Deny of every other source denies the account's "
        "own users and roles as well.",
        _deny(StringNotEquals=_FOR_OUTSIDERS),
        _deny(StringNotEquals=_FOR_OUTSIDERS, BoolIfExists={_IS_SERVICE: "true"}, Null={"aws:SourceAccount": "false"}),
        _PAGE,
        _reaches(_EVERYBODY),
    ),
    Rule(
        "KMS443",
        "control-needs-source",
        "note",
        "a resource control policy also denies services that send no source",
        "Not every service sends a source with every call. Where a Deny is to hold for those that do, a Null test has "
        "to ask for it.",
        _deny(StringNotEqualsIfExists=_FOR_OUTSIDERS, Bool={_IS_SERVICE: "true"}),
        _deny(StringNotEqualsIfExists=_FOR_OUTSIDERS, Bool={_IS_SERVICE: "true"}, Null={"aws:SourceAccount": "false"}),
        _PAGE,
        _without_source,
    ),
)
