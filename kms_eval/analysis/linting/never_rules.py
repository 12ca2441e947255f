"""Rules about conditions that no request can meet.

Comes in: subjects. Goes out: rows. Never here: conditions that every request meets.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network

from kms_eval.analysis.linting.contradicting import contradictions
from kms_eval.analysis.linting.rule import ROLE, Example, Found, Rule, allow
from kms_eval.analysis.linting.subject import Subject, actions_of, tests_on
from kms_eval.documents.model import ConditionTest, PolicyKind, Statement
from kms_eval.engine.masks import BIT
from kms_eval.errors import did_you_mean, quoted
from kms_eval.facts.condition_keys import canonical, find
from kms_eval.facts.regions import could_be_region
from kms_eval.facts.service_principals import SERVICE_SUFFIXES
from kms_eval.facts.services import VIA_SERVICE_SUFFIX, VIA_SERVICES
from kms_eval.language.operators import OPERATORS, Operator
from kms_eval.language.pattern import compile_text, is_wild, wild

_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

_ACCOUNT_KEYS = frozenset(
    {"kms:calleraccount", "aws:principalaccount", "aws:sourceaccount", "aws:resourceaccount", "aws:vpceaccount"}
)
_ORGANIZATION_KEYS = frozenset({"aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid", "aws:vpceorgid"})
_ARN_KEYS = frozenset({"aws:principalarn", "aws:sourcearn", "kms:granteeprincipal", "kms:retiringprincipal"})
_REGION_KEYS = frozenset({"aws:requestedregion", "kms:primaryregion", "kms:replicaregion"})
_SERVICE_KEYS = frozenset(
    {
        *("aws:calledvia", "aws:calledviafirst", "aws:calledvialast"),
        *("aws:principalservicename", "aws:principalservicenameslist"),
    }
)
_ID = "(?:[0-9a-z]{8}|[0-9a-z]{17})"
_FORMS: tuple[tuple[frozenset[str], Callable[[str], object], str], ...] = (
    (_ACCOUNT_KEYS, re.compile(r"[0-9]{12}").fullmatch, "an account id has 12 digits"),
    (
        _ORGANIZATION_KEYS,
        re.compile(r"o-[a-z0-9]{10,32}").fullmatch,
        "the id of an organization is `o-` and 10 to 32 characters",
    ),
    (
        frozenset({"aws:sourcevpc"}),
        re.compile(rf"vpc-{_ID}").fullmatch,
        "the id of a VPC is `vpc-` and 8 or 17 letters and digits",
    ),
    (
        frozenset({"aws:sourcevpce"}),
        re.compile(rf"vpce-{_ID}").fullmatch,
        "the id of a VPC endpoint is `vpce-` and 8 or 17 letters and digits",
    ),
    (
        _SERVICE_KEYS,
        re.compile(r"[a-z0-9.-]+(?:" + "|".join(map(re.escape, SERVICE_SUFFIXES)) + ")").fullmatch,
        "it is the name of a service, as in `s3.amazonaws.com`",
    ),
    (_REGION_KEYS, could_be_region, "this is no Region"),
)
_VIA = re.compile(r"[a-z0-9-]+\.(?P<region>[a-z]{2,}(?:-[a-z]+)+-[0-9]+)\.amazonaws\.com")
# RFC 1918 and RFC 4193: private addresses.
_PRIVATE = tuple(ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
_REGION = "us-east-1"


def _plain(value: str) -> bool:
    """Whether a value has neither wildcards nor variables."""
    return not is_wild(wild(value)) and "${" not in value


def _positive(statement: Statement) -> Iterator[tuple[ConditionTest, Operator]]:
    """The tests that hold for one of their values: not negated, and not Null."""
    for test in statement.condition or ():
        row = OPERATORS.get(test.operator)
        if row is not None and not row.negated and test.operator != "Null":
            yield test, row


def _wildcard(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for test in statement.condition or ():
            row = OPERATORS.get(test.operator)
            if row is None or row.wildcards or row.type != "String":
                continue
            for index, value in enumerate(test.values):
                bare = value.replace("${*}", "").replace("${?}", "").replace("${$}", "")
                if set("*?") & set(re.sub(r"\$\{[^}]*\}", "", bare)):
                    like = "StringNotLike" if row.negated else "StringLike"
                    holds = "always holds" if row.negated else "never holds"
                    message = f"{quoted(value)} has a wildcard, which `{test.operator}` takes literally: it {holds}"
                    place = subject.test_at(statement, test, index)
                    yield Found(place, message, f"write `{like}`", statement)


def _via_form(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for test, row in _positive(statement):
            if canonical(test.key) != "kms:viaservice" or row.type != "String":
                continue
            for index, value in enumerate(test.values):
                if "${" not in value and not _can_be_via(value, wildcards=row.wildcards):
                    message = f"{quoted(value)} is never the value of `kms:ViaService`"
                    advice = "the form is `SERVICE.REGION.amazonaws.com`, as in `s3.us-east-1.amazonaws.com`"
                    yield Found(subject.test_at(statement, test, index), message, advice, statement)


def _can_be_via(value: str, *, wildcards: bool) -> bool:
    if not is_wild(wild(value)) or not wildcards:
        # A wildcard under an operator without wildcards is reported by another rule.
        return bool(_VIA.fullmatch(value)) or is_wild(wild(value))
    if re.fullmatch(r"[a-z0-9*?-]+\.[a-z0-9*?-]+\.amazonaws\.com", value):
        return True
    matches = compile_text(value)
    regions = {_REGION, "eu-west-1", "cn-north-1", "us-gov-west-1", "ap-southeast-2"}
    return any(matches(f"{name}.{region}{VIA_SERVICE_SUFFIX}") for name in VIA_SERVICES for region in regions)


def _other_region(subject: Subject) -> Iterator[Found]:
    key = subject.key
    if key is None or subject.alone:
        return
    for statement in subject.statements():
        for test, row in _positive(statement):
            if canonical(test.key) != "kms:viaservice" or row.wildcards:
                continue
            regions = [found["region"] for value in test.values if (found := _VIA.fullmatch(value))]
            if len(regions) == len(test.values) and regions and key.region not in regions:
                message = f"the key is in {key.region}, and services call the keys of their own Region only"
                advice = f"write {key.region} instead of {regions[0]}"
                yield Found(subject.test_at(statement, test), message, advice, statement)


def _value(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for test, row in _positive(statement):
            key = find(test.key)
            if key is None or row.type != "String":
                continue
            for index, value in enumerate(test.values):
                if _plain(value) and (advice := _impossible(canonical(test.key), key.values, value, row)) is not None:
                    message = f"{quoted(test.key)} never has the value {quoted(value)}"
                    yield Found(subject.test_at(statement, test, index), message, advice or None, statement)


def _impossible(name: str, values: tuple[str, ...], value: str, row: Operator) -> str | None:
    """Advice where the key cannot have the value (it may be empty); None where it can."""
    for keys, form, says in _FORMS:
        if name in keys:
            return None if form(value) else says
    if not values:
        return None
    ignoring_case = "IgnoreCase" in row.name
    if value in values or (ignoring_case and value.lower() in {each.lower() for each in values}):
        return None
    return did_you_mean(value, values) or ""


def _not_carried(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        actions = actions_of(statement)
        for test in statement.condition or ():
            key, row = find(test.key), OPERATORS.get(test.operator)
            if key is None or key.actions is None or row is None or test.operator == "Null":
                continue
            if actions and not any(actions & BIT[name.lower()] for name in key.actions):
                absent_holds = row.negated or test.if_exists or test.qualifier == "ForAllValues"
                if statement.effect == "Allow" and absent_holds:
                    continue  # reported by another rule
                does = "it always holds" if absent_holds else "it never holds"
                message = f"no action of this statement carries {quoted(test.key)}: {does}"
                advice = f"requests that carry it: {', '.join(key.actions[:3])}" if key.actions else None
                yield Found(subject.test_at(statement, test), message, advice, statement)


def _tag_case(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements("Allow"):
        for test in tests_on(statement, "aws:resourcetag/"):
            tag = test.key.partition("/")[2]
            held = {each.tags[tag] for each in subject.world.keys.values() if tag in each.tags}
            for index, value in enumerate(test.values):
                near = sorted(each for each in held if each.lower() == value.lower())
                if near and value not in held and test.operator == "StringEquals":
                    message = f"{quoted(value)} differs from the tag {quoted(near[0])} of a key in case only"
                    place = subject.test_at(statement, test, index)
                    yield Found(place, message, f"did you mean {quoted(near[0])}?", statement)


def _private(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for test in tests_on(statement, "aws:sourceip"):
            row = OPERATORS.get(test.operator)
            if row is None or row.type != "IPAddress":
                continue
            for index, value in enumerate(test.values):
                if _is_private(value):
                    message = f"{quoted(value)} is private: requests to AWS KMS never come from there over the internet"
                    advice = (
                        "through a VPC endpoint there is `aws:VpcSourceIp`, with `aws:SourceVpc` or `aws:SourceVpce`"
                    )
                    yield Found(subject.test_at(statement, test, index), message, advice, statement)


def _is_private(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:  # a policy variable, or what the reader refuses
        return False
    return any(network.version == each.version and network.subnet_of(each) for each in _PRIVATE)  # type: ignore[arg-type]  # of one version


def _partition(subject: Subject) -> Iterator[Found]:
    partition = subject.key.partition if subject.key is not None else subject.world.partition
    for statement in subject.statements() if not subject.alone else ():
        for test, _row in _positive(statement):
            for index, value in enumerate(test.values):
                other = value.split(":")[1] if value.startswith("arn:") and ":" in value[4:] else partition
                if canonical(test.key) in _ARN_KEYS and other != partition and _plain(other):
                    message = f"{quoted(value)} is of another partition, and none of its principals calls this key"
                    place = subject.test_at(statement, test, index)
                    yield Found(place, message, f"here it begins `arn:{partition}:`", statement)


def _other_type(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for test in statement.condition or ():
            key, row = find(test.key), OPERATORS.get(test.operator)
            # The values of tags and encryption contexts may be of any type.
            if key is None or row is None or key.name[-1] in "/:" or test.operator == "Null":
                continue
            if not _suits(row.type, {key.type, key.also_type}, test.values):
                message = f"{quoted(test.key)} is compared as {_TYPES[row.type]}, and is {_TYPES[key.type]}"
                yield Found(subject.test_at(statement, test), message, f"operators for it: {key.type}…", statement)


_TYPES = {
    "String": "a text", "ARN": "an ARN", "Bool": "true or false", "Numeric": "a number", "Date": "a time",
    "IPAddress": "an address", "Binary": "bytes",
}  # fmt: skip


def _suits(operator: str, types: set[str | None], values: tuple[str, ...]) -> bool:
    """Whether an operator of one type makes sense for a condition key of the other types.

    A String operator compares the text of any type; but no address equals a network.
    """
    if operator in types:
        return True
    if operator == "String":
        return "IPAddress" not in types or not any("/" in value for value in values)
    return (operator == "ARN" and "String" in types) or {operator, *types} <= {"Numeric", "Date", None}


def _when(operator: str, key: str, value: object) -> Example:
    return Example((allow({"AWS": ROLE}, "kms:Decrypt", Condition={operator: {key: value}}),))


_VIA_S3 = "s3.us-east-1.amazonaws.com"
_TAGGED = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}

NEVER_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS301",
        "wildcard-taken-literally",
        "warning",
        "a value has a wildcard under an operator that takes none",
        "StringEquals compares letter by letter: an asterisk there is an asterisk. Under StringNotEquals the test then "
        "always holds. Only StringLike, StringNotLike and the ARN operators have wildcards.",
        _when("StringEquals", "kms:ViaService", "s3.*.amazonaws.com"),
        _when("StringLike", "kms:ViaService", "s3.*.amazonaws.com"),
        f"{_IAM}reference_policies_elements_condition_operators.html",
        _wildcard,
    ),
    Rule(
        "KMS302",
        "via-service-form",
        "warning",
        "kms:ViaService never has this value",
        "Its values are SERVICE.REGION.amazonaws.com, in every partition, with the name that the service has there.",
        _when("StringEquals", "kms:ViaService", "s3.amazonaws.com"),
        _when("StringEquals", "kms:ViaService", _VIA_S3),
        f"{_KMS}conditions-kms.html#conditions-kms-via-service",
        _via_form,
    ),
    Rule(
        "KMS303",
        "via-service-of-another-region",
        "warning",
        "kms:ViaService names another Region than the key's",
        "A service calls the keys of its own Region, so the key never sees a call of a service of another one.",
        _when("StringEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com"),
        _when("StringEquals", "kms:ViaService", _VIA_S3),
        f"{_KMS}conditions-kms.html#conditions-kms-via-service",
        _other_region,
    ),
    Rule(
        "KMS304",
        "impossible-value",
        "warning",
        "a condition key never has this value",
        "The key has few possible values, or all of them have one form, and this is none of them.",
        _when("StringEquals", "kms:EncryptionAlgorithm", "RSAES_OAEP_SHA256"),
        _when("StringEquals", "kms:EncryptionAlgorithm", "RSAES_OAEP_SHA_256"),
        f"{_KMS}conditions-kms.html",
        _value,
    ),
    Rule(
        "KMS305",
        "contradiction",
        "warning",
        "the tests of a condition contradict each other",
        "All tests of a Condition element have to hold. Where no request meets them all, the statement has no effect; "
        "that is proved. A request also comes from one place: through a VPC endpoint it has no aws:SourceIp.",
        Example(
            (
                allow(
                    {"AWS": ROLE},
                    "kms:Decrypt",
                    Condition={
                        "StringEquals": {"kms:ViaService": _VIA_S3},
                        "StringNotLike": {"kms:ViaService": "s3.*"},
                    },
                ),
            )
        ),
        _when("StringEquals", "kms:ViaService", _VIA_S3),
        f"{_IAM}reference_policies_condition-logic-multiple-context-keys-or-values.html",
        contradictions,
    ),
    Rule(
        "KMS306",
        "key-not-carried",
        "warning",
        "no action of the statement carries the condition key",
        "Most condition keys of AWS KMS come with some operations only. Where no action of a statement carries the "
        "key, the test never holds, and the statement allows nothing.",
        Example(
            (allow({"AWS": ROLE}, "kms:DescribeKey", Condition={"StringEquals": {"kms:EncryptionContext:app": "pay"}}),)
        ),
        _when("StringEquals", "kms:EncryptionContext:app", "pay"),
        f"{_KMS}kms-api-permissions-reference.html",
        _not_carried,
    ),
    Rule(
        "KMS307",
        "tag-case",
        "warning",
        "a tag value differs from that of a key in case only",
        "Tag values are compared letter by letter: `Blue` is not `blue`.",
        Example(
            ({**_TAGGED, "Condition": {"StringEquals": {"aws:ResourceTag/team": "Blue"}}},),
            PolicyKind.IDENTITY,
            {"tags": {"team": "blue"}},
        ),
        Example(
            ({**_TAGGED, "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}},),
            PolicyKind.IDENTITY,
            {"tags": {"team": "blue"}},
        ),
        f"{_KMS}tag-authorization.html",
        _tag_case,
    ),
    Rule(
        "KMS308",
        "private-address",
        "warning",
        "aws:SourceIp never has a private address",
        "It is the address from which a request reaches AWS over the internet. Requests through a VPC endpoint have "
        "aws:VpcSourceIp instead.",
        _when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        _when("IpAddress", "aws:SourceIp", "198.51.100.0/24"),
        f"{_IAM}reference_policies_condition-keys.html#condition-keys-sourceip",
        _private,
    ),
    Rule(
        "KMS309",
        "condition-on-other-partition",
        "warning",
        "a condition asks for an ARN of another partition",
        "Principals and resources of one partition (aws, aws-cn, aws-us-gov) never use keys of another: the test never "
        "holds.",
        _when("ArnLike", "aws:PrincipalArn", "arn:aws-cn:iam::111122223333:role/*"),
        _when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
        f"{_IAM}reference-arns.html",
        _partition,
    ),
    Rule(
        "KMS310",
        "operator-of-another-type",
        "warning",
        "an operator is for another type than the condition key has",
        "NumericEquals over a text, IpAddress over what is no address, StringEquals with a network over an address: "
        "no value of the key is ever equal to it.",
        _when("StringEquals", "aws:SourceIp", "203.0.113.0/24"),
        _when("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        f"{_IAM}reference_policies_elements_condition_operators.html",
        _other_type,
    ),
)
