"""Rules about conditions that are met where their author did not mean it: above all where the key is absent.

Comes in: subjects. Goes out: rows. Never here: conditions that no request meets.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.analysis.linting.rule import ROLE, Example, Found, Rule, allow, deny
from kms_eval.analysis.linting.subject import Subject, actions_of, tests_on, written_operator
from kms_eval.documents.model import ConditionTest, PolicyKind, Statement
from kms_eval.engine.masks import CREATE_GRANT
from kms_eval.errors import quoted
from kms_eval.facts.condition_keys import canonical, find
from kms_eval.language.operators import OPERATORS

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

# Every request that is authorized for a key has these; nobody can leave them out.
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
# Every CreateGrant has these, so that a statement for nothing else cannot do without.
_IN_EVERY_GRANT = frozenset({"kms:grantoperations"})
_MFA = "aws:multifactorauthpresent"


def _always_there(statement: Statement, test: ConditionTest) -> bool:
    """Whether every request that the statement is about has the key."""
    name = canonical(test.key)
    return name in _ALWAYS_THERE or (name in _IN_EVERY_GRANT and actions_of(statement) == CREATE_GRANT)


def _requires(statement: Statement, test: ConditionTest) -> bool:
    """Whether another test of the statement demands that the key of `test` is there."""
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


def _for_all_values(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements("Allow"):
        for test in statement.condition or ():
            if test.qualifier != "ForAllValues" or _always_there(statement, test):
                continue
            if _requires(statement, test) or _refused(subject, test):
                continue
            message = f"`{written_operator(test)}` also holds where the request has no {quoted(test.key)}"
            advice = f'add `"Null": {{"{test.key}": "false"}}`'
            yield Found(subject.test_at(statement, test), message, advice, statement)


def _refused(subject: Subject, test: ConditionTest) -> bool:
    """AWS KMS refuses some of them in key policies: the reader says so."""
    return subject.policy.kind is PolicyKind.KEY and canonical(test.key).startswith(
        ("kms:encryptioncontext:", "aws:requesttag/")
    )


def _if_exists(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements("Allow"):
        for test in statement.condition or ():
            if not test.if_exists or _always_there(statement, test) or _requires(statement, test):
                continue
            message = f"`{written_operator(test)}` also holds where the request has no {quoted(test.key)}"
            advice = f"in an Allow write `{written_operator(test).removesuffix('IfExists')}`"
            yield Found(subject.test_at(statement, test), message, advice, statement)


def _negated(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements("Allow"):
        for test in statement.condition or ():
            row = OPERATORS.get(test.operator)
            if row is None or not row.negated or test.if_exists or test.qualifier:
                continue
            if _always_there(statement, test) or _requires(statement, test):
                continue
            message = f"`{test.operator}` also holds where the request has no {quoted(test.key)}"
            advice = f'add `"Null": {{"{test.key}": "false"}}`, or allow what is meant by name'
            yield Found(subject.test_at(statement, test), message, advice, statement)


def _mfa(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements("Deny"):
        for test in tests_on(statement, _MFA):
            if test.operator == "Bool" and not test.if_exists and set(test.values) == {"false"}:
                message = (
                    "calls with an IAM user's access keys have no `aws:MultiFactorAuthPresent`: they pass this Deny"
                )
                yield Found(subject.test_at(statement, test), message, "write `BoolIfExists`", statement)


def _set_over_one(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for test in statement.condition or ():
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
        _for_all_values,
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
        _if_exists,
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
        _negated,
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
        "is true where the key is absent.",
        _when({"ForAnyValue:StringEquals": _VIA_S3}),
        _when({"StringEquals": _VIA_S3}),
        f"{_IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html",
        _set_over_one,
    ),
)
