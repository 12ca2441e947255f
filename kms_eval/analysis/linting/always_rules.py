"""Rules about conditions that are met where their author did not mean it, mostly where the condition key is absent.

Comes in: subjects. Goes out: rows. Never here: conditions that no request meets.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kms_eval.analysis.linting.mistaken_rules import SENSITIVE_KEYS
from kms_eval.analysis.linting.rule import ROLE, Check, Example, Found, Rule, allow, deny
from kms_eval.analysis.linting.subject import Subject, actions_of, every_test, tests_on, written_operator
from kms_eval.documents.model import ConditionTest, PolicyKind, Statement
from kms_eval.engine.masks import CREATE_GRANT
from kms_eval.errors import quoted
from kms_eval.facts.condition_keys import canonical, find
from kms_eval.language.operators import OPERATORS
from kms_eval.records import record

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

# Every request for a KMS key has these condition keys; no caller can leave them out.
_ALWAYS_THERE = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:securetransport",
        "kms:calleraccount",
        "kms:keyorigin",
        "kms:keyspec",
        "kms:keyusage",
        "kms:multiregion",
    }
)
# Every CreateGrant request has these, so a statement for CreateGrant alone never lacks them.
_IN_EVERY_GRANT = frozenset({"kms:grantoperations"})
_MFA = "aws:multifactorauthpresent"


def _always_there(statement: Statement, test: ConditionTest) -> bool:
    """Whether every request that the statement covers has the condition key."""
    name = canonical(test.key)
    return name in _ALWAYS_THERE or (name in _IN_EVERY_GRANT and actions_of(statement) == CREATE_GRANT)


def _requires(statement: Statement, test: ConditionTest) -> bool:
    """Whether another test of the statement requires the key of `test` to be present."""
    for other in tests_on(statement, canonical(test.key)):
        row = OPERATORS.get(other.operator)
        if other is test or row is None:
            continue
        if other.operator == "Null":
            if set(other.values) == {"false"}:
                return True
        elif (
            not row.negated and not other.if_exists and other.qualifier != "ForAllValues"
        ) or other.qualifier == "ForAnyValue":
            return True
    return False


@record
class _Absence:
    """A kind of test that also holds where the key is absent: which tests, and what to write instead."""

    meant: Callable[[Subject, ConditionTest], bool]
    advice: Callable[[ConditionTest], str]


_OVER_ALL_VALUES = _Absence(
    lambda subject, test: test.qualifier == "ForAllValues" and test.operator != "Null" and not _refused(subject, test),
    lambda test: f'add `"Null": {{"{test.key}": "false"}}`',
)
_IF_EXISTS = _Absence(
    lambda _subject, test: test.if_exists,
    lambda test: f"in an Allow write `{written_operator(test).removesuffix('IfExists')}`",
)
_NEGATED = _Absence(
    lambda _subject, test: _is_negated(test) and not test.if_exists and not test.qualifier,
    lambda test: f'add `"Null": {{"{test.key}": "false"}}`, or allow what is meant by name',
)


def _allows_absence(absence: _Absence) -> Check:
    """A check that finds this kind of test in an Allow where nothing requires the key to be present."""

    def check(subject: Subject) -> Iterator[Found]:
        for statement, test in every_test(subject, "Allow"):
            if not absence.meant(subject, test) or says_any_value(test):
                continue
            if not _always_there(statement, test) and not _requires(statement, test):
                message = f"`{written_operator(test)}` also holds where the request has no {quoted(test.key)}"
                yield Found(subject.test_at(statement, test), message, absence.advice(test), statement)

    return check


def _is_negated(test: ConditionTest) -> bool:
    row = OPERATORS.get(test.operator)
    return row is not None and row.negated


def _refused(subject: Subject, test: ConditionTest) -> bool:
    """AWS KMS refuses some of these in key policies, which the reader reports."""
    return subject.policy.kind is PolicyKind.KEY and canonical(test.key).startswith(
        ("kms:encryptioncontext:", "aws:requesttag/")
    )


def says_any_value(test: ConditionTest) -> bool:
    """Whether a test accepts any value, so that it checks at most whether the key is present."""
    row, key = OPERATORS.get(test.operator), find(test.key)
    if row is None or row.type != "String" or not row.wildcards or "*" not in test.values:
        return False
    # Without a qualifier, the meaning for a multivalued key is uncertain, which another rule reports.
    return bool(test.qualifier) or key is None or not key.multi_valued


def _any_value(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        if says_any_value(test) and canonical(test.key) not in SENSITIVE_KEYS:
            there = _always_there(statement, test) or _requires(statement, test)
            message = f"`{written_operator(test)}` with `*` {_holds(test, there=there)}"
            yield Found(subject.test_at(statement, test), message, _said_by_null(test, there=there), statement)


def _holds(test: ConditionTest, *, there: bool) -> str:
    """When a test that accepts any value holds; `there`: every request that the statement covers has the key."""
    if _is_negated(test):
        return "never holds" if there or test.qualifier == "ForAnyValue" else "holds only where the key is absent"
    without = test.if_exists or test.qualifier == "ForAllValues"
    return "always holds" if there or without else "holds with every value of the key"


def _said_by_null(test: ConditionTest, *, there: bool) -> str:
    says = _holds(test, there=there)
    if says in {"always holds", "never holds"}:
        return "take the test out"
    return f'`"Null": {{"{test.key}": "{"true" if _is_negated(test) else "false"}"}}` says so plainly'


def _mfa(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements("Deny"):
        for test in tests_on(statement, _MFA):
            if test.operator == "Bool" and not test.if_exists and set(test.values) == {"false"}:
                message = (
                    "calls with an IAM user's access keys have no `aws:MultiFactorAuthPresent`: they pass this Deny"
                )
                yield Found(subject.test_at(statement, test), message, "write `BoolIfExists`", statement)


def _set_over_one(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        if test.qualifier and test.operator == "Null":
            always = "always" if test.qualifier == "ForAllValues" else "never"
            message = f"`{written_operator(test)}` {always} holds"
            yield Found(subject.test_at(statement, test), message, "write `Null`", statement)
            continue
        key = find(test.key)
        if test.qualifier and key is not None and not key.multi_valued and not _refused(subject, test):
            message = f"{quoted(test.key)} has one value, and `{test.qualifier}` is for keys with several"
            if test.qualifier == "ForAllValues":
                message += ": it also holds where the key is absent"
            plain = written_operator(test).partition(":")[2]
            yield Found(subject.test_at(statement, test), message, f"write `{plain}`", statement)


def _when(condition: dict[str, object]) -> Example:
    return Example((allow({"AWS": ROLE}, "kms:Decrypt", Condition=condition),))


_KEYS = "kms:EncryptionContextKeys"
_VIA_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
_NO_MFA = {"aws:MultiFactorAuthPresent": "false"}

ALWAYS_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS311",
        "for-all-values-of-none",
        "warning",
        "ForAllValues in an Allow holds for requests without the key",
        "ForAllValues asks whether every value is listed, which is true where there is none. An Allow with it lets in "
        "whoever leaves the condition key out; with `Null` `false` beside it the key has to be there.",
        _when({"ForAllValues:StringEquals": {_KEYS: ["app"]}}),
        _when({"ForAllValues:StringEquals": {_KEYS: ["app"]}, "Null": {_KEYS: "false"}}),
        f"{_IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html",
        _allows_absence(_OVER_ALL_VALUES),
    ),
    Rule(
        "KMS312",
        "if-exists-in-allow",
        "warning",
        "an operator with IfExists in an Allow holds for requests without the key",
        "IfExists makes a test hold where the condition key is absent. In a Deny that is strict; in an Allow it opens "
        "what the test was to close.",
        _when({"StringEqualsIfExists": _VIA_S3}),
        _when({"StringEquals": _VIA_S3}),
        f"{_IAM}reference_policies_elements_condition_operators.html#Conditions_IfExists",
        _allows_absence(_IF_EXISTS),
    ),
    Rule(
        "KMS313",
        "negation-in-allow",
        "note",
        "a negated operator in an Allow holds for requests without the key",
        "StringNotEquals and its like are true where the condition key is absent. In an Allow that is more than "
        "everything but the listed values.",
        _when({"StringNotEquals": {"aws:PrincipalTag/team": "guests"}}),
        _when({"StringEquals": {"aws:PrincipalTag/team": "owners"}}),
        f"{_IAM}reference_policies_elements_condition_operators.html",
        _allows_absence(_NEGATED),
    ),
    Rule(
        "KMS314",
        "mfa-without-if-exists",
        "warning",
        "a Deny without a second factor does not reach access keys",
        "Requests signed with the access keys of an IAM user do not have aws:MultiFactorAuthPresent at all, so that "
        "`Bool` `false` does not match them. BoolIfExists does.",
        Example((deny("*", "kms:Decrypt", Condition={"Bool": _NO_MFA}),)),
        Example((deny("*", "kms:Decrypt", Condition={"BoolIfExists": _NO_MFA}),)),
        f"{_IAM}reference_policies_condition-keys.html#condition-keys-multifactorauthpresent",
        _mfa,
    ),
    Rule(
        "KMS315",
        "set-operator-over-one-value",
        "warning",
        "ForAllValues or ForAnyValue stands over a key that has one value",
        "The qualifiers are for keys with several values. Over a key with one they say nothing more, and ForAllValues "
        "is true where the key is absent. Before `Null` they make a test that always holds, or never.",
        _when({"ForAnyValue:StringEquals": _VIA_S3}),
        _when({"StringEquals": _VIA_S3}),
        f"{_IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html",
        _set_over_one,
    ),
    Rule(
        "KMS322",
        "any-value",
        "note",
        "a condition compares with every value there is",
        "A lone asterisk matches whatever the key is: the test asks only whether the key is there, or nothing at all. "
        "`Null` says the former in plain words.",
        _when({"StringLike": {"kms:ViaService": "*"}}),
        _when({"Null": {"kms:ViaService": "false"}}),
        f"{_IAM}access-analyzer-reference-policy-checks.html",
        _any_value,
    ),
)
