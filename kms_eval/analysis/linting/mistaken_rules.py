"""Rules about conditions that AWS reads differently from how they look: variables that are text, wider networks.

Comes in: subjects. Goes out: rows. Never here: conditions that always or never hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network

from kms_eval.analysis.linting.rule import ACCOUNT, ROLE, Example, Found, Members, Rule, allow
from kms_eval.analysis.linting.subject import Subject, every_test, written_operator
from kms_eval.documents.model import PolicyKind
from kms_eval.errors import quoted
from kms_eval.facts.condition_keys import canonical, find
from kms_eval.language.operators import OPERATORS
from kms_eval.language.pattern import is_wild, wild

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_OPERATORS = f"{_IAM}reference_policies_elements_condition_operators.html"
SENSITIVE_KEYS = frozenset(
    {
        *("aws:principalaccount", "aws:principalorgid", "aws:resourceaccount", "aws:resourceorgid"),
        *("aws:sourceaccount", "aws:sourceorgid", "aws:sourcevpc", "aws:sourcevpce", "aws:vpceaccount"),
        *("aws:vpceorgid", "kms:calleraccount"),
    }
)
"""Condition keys in whose values, according to AWS, a wildcard has no use; and kms:CallerAccount, which is similar.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sensitive
"""
_OF_THE_CALLER = frozenset({"aws:referer", "aws:useragent"})
_VARIABLE = re.compile(r"\$\{[A-Za-z0-9-]+:[^}]+\}")


def _without_qualifier(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        key = find(test.key)
        if key is None or not key.multi_valued or test.qualifier or test.operator == "Null":
            continue
        message = f"{quoted(test.key)} has several values, and `{test.operator}` does not say which have to match"
        advice = f"write `ForAnyValue:{written_operator(test)}`, or ForAllValues with a `Null` test beside it"
        yield Found(subject.test_at(statement, test), message, advice, statement)


def _variables_as_text(subject: Subject) -> Iterator[Found]:
    if subject.policy.variables:
        return
    for statement in subject.statements():
        texts = [("Resource", index, text) for index, text in enumerate(statement.resources or ())]
        for element, index, text in texts:
            if _VARIABLE.search(text):
                yield Found(subject.at(statement, element, index), _as_text(text), _VERSION, statement)
        for test in statement.condition or ():
            for index, value in enumerate(test.values):
                if _VARIABLE.search(value):
                    yield Found(subject.test_at(statement, test, index), _as_text(value), _VERSION, statement)


_VERSION = 'write `"Version": "2012-10-17"`'


def _as_text(value: str) -> str:
    return f"{quoted(value)} is plain text: a policy has variables only with Version 2012-10-17"


def _without_values(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        if not test.values:
            message = f"`{written_operator(test)}` has nothing to compare {quoted(test.key)} with"
            yield Found(subject.test_at(statement, test), message, "name a value, or take the test out", statement)


def _host_in_network(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        row = OPERATORS.get(test.operator)
        for index, value in enumerate(test.values) if row is not None and row.type == "IPAddress" else ():
            network = _wider(value)
            if network is not None:
                message = f"{quoted(value)} is read as the network {quoted(network)}"
                yield Found(subject.test_at(statement, test, index), message, "write what is meant", statement)


def _wider(text: str) -> str | None:
    """The network that AWS reads where a host address has a mask; None where the network itself is written."""
    try:
        network = ip_network(text, strict=False)
        host = text.partition("/")[0]
        return None if ip_network(host).network_address == network.network_address else str(network)
    except ValueError:  # a policy variable, or what the reader refuses
        return None


def _string_over_arn(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        key, row = find(test.key), OPERATORS.get(test.operator)
        if key is None or key.type != "ARN" or row is None or row.type != "String" or not row.wildcards:
            continue
        # A lone asterisk is reported by another rule.
        if any("*" in value and value != "*" for value in test.values):
            message = f"under `{test.operator}` a `*` in {quoted(test.key)} also runs across colons"
            like = test.operator.replace("String", "Arn")
            yield Found(subject.test_at(statement, test), message, f"write `{like}`", statement)


def _open_id(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        row = OPERATORS.get(test.operator)
        if canonical(test.key) not in SENSITIVE_KEYS or row is None or not row.wildcards:
            continue
        for index, value in enumerate(test.values):
            if is_wild(wild(value)):
                message = f"{quoted(value)} also matches the ids of others: {quoted(test.key)} is an id, not a name"
                place = subject.test_at(statement, test, index)
                yield Found(place, message, "list the ids in full, under `StringEquals`", statement)


def _said_by_caller(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        if canonical(test.key) in _OF_THE_CALLER and test.operator != "Null":
            message = f"{quoted(test.key)} is whatever the caller's program says"
            advice = "ask for something that AWS tells: who calls, from which network, through which service"
            yield Found(subject.test_at(statement, test), message, advice, statement)


def _epoch(subject: Subject) -> Iterator[Found]:
    for statement, test in every_test(subject):
        row = OPERATORS.get(test.operator)
        if row is None or row.type != "Date" or canonical(test.key) == "aws:epochtime":
            continue
        for index, value in enumerate(test.values):
            if re.fullmatch(r"[0-9]{5,}(?:\.[0-9]+)?", value):
                message = f"{quoted(value)} counts seconds since 1970, in which nobody reads a mistake"
                place = subject.test_at(statement, test, index)
                yield Found(place, message, "write the date: `2026-01-31T00:00:00Z`", statement)


def _when(condition: Members, version: str | None = None) -> Example:
    document = {} if version is None else {"Version": version}
    return Example((allow({"AWS": ROLE}, "kms:Decrypt", Condition=condition),), document=document)


_CONTEXT_KEYS = "kms:EncryptionContextKeys"
_KEYS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"
_OWN = {"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}}
_VIA = "kms:ViaService"
_BUCKETS = {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/app*"}


_ORGANIZATION = "aws:PrincipalOrgID"
_NAMED_AS_ROLE = {"ArnLike": _BUCKETS}
_UNTIL = "aws:CurrentTime"


def _of_an_identity(condition: Members) -> Example:
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": _KEYS, "Condition": condition}
    return Example((statement,), PolicyKind.IDENTITY)


MISTAKEN_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS316",
        "missing-qualifier",
        "warning",
        "an operator stands over a key with several values, and says nothing about them",
        "ForAnyValue asks for one value that matches, ForAllValues for all. Without either AWS does not say what "
        "happens, and an Allow may never hold.",
        _when({"StringEquals": {_CONTEXT_KEYS: "app"}}),
        _when({"ForAnyValue:StringEquals": {_CONTEXT_KEYS: "app"}}),
        f"{_IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html",
        _without_qualifier,
    ),
    Rule(
        "KMS317",
        "variable-as-text",
        "warning",
        "a policy variable is plain text",
        "Without Version 2012-10-17 AWS reads a policy as one of 2008-10-17, which has no variables.",
        _when(_OWN, "2008-10-17"),
        _when(_OWN),
        f"{_IAM}reference_policies_variables.html",
        _variables_as_text,
    ),
    Rule(
        "KMS318",
        "test-without-values",
        "warning",
        "a condition compares with nothing",
        "What an empty list of values means AWS says in two ways; whoever wrote it meant something else.",
        _of_an_identity({"StringEquals": {_VIA: []}}),
        _of_an_identity({"StringEquals": {_VIA: ["s3.us-east-1.amazonaws.com"]}}),
        f"{_IAM}access-analyzer-reference-policy-checks.html",
        _without_values,
    ),
    Rule(
        "KMS319",
        "host-in-network",
        "note",
        "an address with a mask is the whole network",
        "The bits behind the mask count for nothing: what looks like one host is all of its network.",
        _when({"IpAddress": {"aws:SourceIp": "203.0.113.7/24"}}),
        _when({"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}}),
        f"{_OPERATORS}#Conditions_IPAddress",
        _host_in_network,
    ),
    Rule(
        "KMS320",
        "string-over-arn",
        "note",
        "a String operator with wildcards stands over an ARN",
        "ArnLike compares field by field, so that a wildcard stays in its field. Under StringLike it also runs across "
        "colons, into another account or another kind of resource.",
        _when({"StringLike": _BUCKETS}),
        _when({"ArnLike": _BUCKETS}),
        f"{_OPERATORS}#Conditions_ARN",
        _string_over_arn,
    ),
    Rule(
        "KMS321",
        "wildcard-in-id",
        "warning",
        "a wildcard stands in the id of an account, an organization, a VPC or an endpoint",
        "Ids are given out at random: what begins alike belongs to anybody. AWS calls these condition keys sensitive "
        "and knows no use of a wildcard in them.",
        _when({"StringLike": {_ORGANIZATION: "o-exam*"}}),
        _when({"StringEquals": {_ORGANIZATION: "o-exampleorgid"}}),
        f"{_IAM}reference_policies_condition-keys.html#condition-keys-sensitive",
        _open_id,
    ),
    Rule(
        "KMS323",
        "said-by-caller",
        "warning",
        "a condition trusts what the caller says of itself",
        "Programs set the headers behind aws:Referer and aws:UserAgent as they please, so that whoever knows the value "
        "meets the condition.",
        _when({"StringEquals": {"aws:UserAgent": "our-application"}}),
        _when(_NAMED_AS_ROLE),
        f"{_IAM}reference_policies_condition-keys.html#condition-keys-referer",
        _said_by_caller,
    ),
    Rule(
        "KMS324",
        "date-as-seconds",
        "note",
        "a date is written as seconds since 1970",
        "AWS takes it, and warns that it may not resolve as expected. A date that people can read has its mistakes "
        "found.",
        _when({"DateLessThan": {_UNTIL: "1798761600"}}),
        _when({"DateLessThan": {_UNTIL: "2027-01-01T00:00:00Z"}}),
        f"{_IAM}access-analyzer-reference-policy-checks.html",
        _epoch,
    ),
)
