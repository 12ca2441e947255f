"""Rules about who has access by a key policy: everybody, other accounts, services on anybody's behalf.

Comes in: subjects. Goes out: rows. Never here: conditions that cannot hold, and statements without effect.
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.analysis.linting.rule import ACCOUNT, ROLE, ROOT, Example, Found, Rule, allow, deny
from kms_eval.analysis.linting.subject import (
    Subject,
    account_named,
    actions_of,
    is_everyone,
    is_whole_account,
    of_other_partition,
    tests_on,
)
from kms_eval.documents.model import ConditionTest, PolicyKind, Statement
from kms_eval.documents.refused import service_finding
from kms_eval.engine.masks import BIT, IN_KEY_POLICY, UNPUBLISHED, actions_in
from kms_eval.errors import quoted
from kms_eval.facts.source_conditions import NOT_SENT_TO_TOPICS, SENDS_SOURCE
from kms_eval.language import arn
from kms_eval.language.operators import OPERATORS

_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

# Keys that say who the caller is, or where the request comes from: with one of them, a wildcard is not everybody.
_WHO = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalserviceorgid",
    "aws:principalservicename",
    "aws:principalisawsservice",
    "aws:userid",
    "aws:username",
    "kms:calleraccount",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
)
_SOURCE = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
_CONTEXT = ("kms:encryptioncontext:",)
_ORGANIZATION = ("aws:principalorgid", "aws:principalorgpaths")
_CONTROL = sum(BIT[name] for name in ("kms:putkeypolicy", "kms:schedulekeydeletion", "kms:disablekey"))
_DESCRIBE = BIT["kms:describekey"]
_USE = sum(BIT[name] for name in ("kms:decrypt", "kms:generatedatakey", "kms:sign", "kms:encrypt"))


def limits(test: ConditionTest) -> bool:
    """Whether a test holds for some values only, and not where the key is absent."""
    row = OPERATORS.get(test.operator)
    if row is None or row.negated or test.if_exists or test.qualifier == "ForAllValues" or test.operator == "Null":
        return False
    every = {"*", "0.0.0.0/0", "::/0", "arn:*", "arn:*:*:*:*:*:*"}
    return (bool(test.values) and not (row.wildcards or row.type == "IPAddress")) or not every & set(test.values)


def limited(statement: Statement, *keys: str) -> bool:
    """Whether a test on one of these condition keys narrows the statement."""
    return any(limits(test) for test in tests_on(statement, *keys))


def _public(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY:
        return
    for statement in subject.statements("Allow"):
        if any(map(is_everyone, statement.principals or ())) and not limited(statement, *_WHO):
            message = f"anybody in the world may {_some(actions_of(statement))} with this key"
            advice = "name the principals, or add a condition on `aws:PrincipalOrgID` or `kms:CallerAccount`"
            yield Found(subject.at(statement, "Principal"), message, advice, statement)


def _some(mask: int) -> str:
    """The actions of a mask that a key policy can allow, in few words."""
    if mask & IN_KEY_POLICY == IN_KEY_POLICY & ~UNPUBLISHED:
        return "do everything"
    names = [action.name for action in actions_in(mask & IN_KEY_POLICY)]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more if names else "do nothing"


def _outside(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY or subject.account is None:
        return
    organization = subject.world.organization
    members = set(organization.accounts) | {organization.management_account} if organization is not None else set()
    for statement in subject.statements("Allow"):
        if limited(statement, *_ORGANIZATION):
            continue
        for index, entry in enumerate(statement.principals or ()):
            account = account_named(entry)
            if of_other_partition(subject, entry):
                continue  # AWS refuses it, which the reader reports
            if account is not None and account != subject.account and account not in members:
                message = f"{quoted(entry.value)} is of another account than the key, which is in {subject.account}"
                advice = "if it is meant, limit it by `aws:PrincipalOrgID`, or ignore this finding with a reason"
                yield Found(subject.at(statement, "Principal", "AWS", index), message, advice, statement)


def _without_source(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY:
        return
    for statement in subject.statements("Allow"):
        if limited(statement, *_SOURCE, *_CONTEXT) or not actions_of(statement) & ~_DESCRIBE:
            continue
        services = [entry.value for entry in statement.principals or () if entry.kind == "Service"]
        sending = [
            index
            for index, name in enumerate(services)
            if name.split(".", 1)[0] in SENDS_SOURCE and service_finding(name) is None
        ]
        if sending:
            row = SENDS_SOURCE[services[sending[0]].split(".", 1)[0]]
            more = f" and {len(sending) - 1} more" if len(sending) > 1 else ""
            message = f"{quoted(services[sending[0]])}{more} may use the key on behalf of anybody's resources"
            advice = f"add a condition on {' or '.join(map(quoted, row.keys))}"
            if row.without is not None:
                advice += f"; {row.without}"
            yield Found(subject.at(statement, "Principal", "Service", sending[0]), message, advice, statement)


def _source_without_account(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY:
        return
    for statement in subject.statements("Allow"):
        services = any(entry.kind == "Service" for entry in statement.principals or ())
        if not services or limited(statement, "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", *_CONTEXT):
            continue
        for test in tests_on(statement, "aws:sourcearn"):
            for index, value in enumerate(test.values) if limits(test) else ():
                parsed = arn.parse(value)
                if parsed is not None and not parsed.account:
                    message = f"{quoted(value)} does not tell the account: whoever has a resource of that name may come"
                    place = subject.test_at(statement, test, index)
                    yield Found(place, message, "add a condition on `aws:SourceAccount`", statement)


def _source_not_sent(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY:
        return
    for statement in subject.statements("Allow"):
        entries = statement.principals or ()
        silent = [entry.value for entry in entries if entry.kind == "Service" and entry.value in NOT_SENT_TO_TOPICS]
        for test in tests_on(statement, *_SOURCE) if silent else ():
            if limits(test):
                message = f"{quoted(silent[0])} does not send {quoted(test.key)} with calls for encrypted SNS topics"
                advice = "leave it out for topics; for event buses and queues keep it, and ignore this finding"
                yield Found(subject.test_at(statement, test), message, advice, statement)


def _not_principal(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements("Deny"):
        if statement.not_principals is not None:
            message = "everybody who is not listed is denied: a session of a role only if it is not listed itself"
            advice = "use `Principal` `*` with `ArnNotEquals` on `aws:PrincipalArn`"
            yield Found(subject.at(statement, "NotPrincipal"), message, advice, statement)


def _address_without_vpc(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        if any(tests_on(statement, "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn")):
            continue
        for test in tests_on(statement, "aws:vpcsourceip"):
            if test.operator != "Null":
                message = f"every VPC in the world may have the addresses of {quoted(test.key)}"
                advice = "add a condition on `aws:SourceVpc` or `aws:SourceVpce`"
                yield Found(subject.test_at(statement, test), message, advice, statement)


def _admin_and_use(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY:
        return
    for statement in subject.statements("Allow"):
        actions = actions_of(statement)
        if not (actions & _CONTROL and actions & _USE):
            continue
        for index, entry in enumerate(statement.principals or ()):
            if entry.kind == "AWS" and not is_whole_account(entry) and not is_everyone(entry):
                message = f"{quoted(entry.value)} may both administer the key and use it"
                place = subject.at(statement, "Principal", "AWS", index)
                yield Found(place, message, "give administration and use to different roles", statement)


_PARTNER = "arn:aws:iam::444455556666:role/partner"
_TRAIL = {"Service": "cloudtrail.amazonaws.com"}
_TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
_S3 = {"Service": "s3.amazonaws.com"}
_OF_BUCKET = {"aws:SourceArn": "arn:aws:s3:::amzn-s3-demo-bucket"}
_EVENTS = {"Service": "events.amazonaws.com"}
_OF_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
_OF_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}
_PRIVATE = {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}
_OF_VPC = {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}
_SPARED = {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}
_EXCEPT = {"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE, ROOT]}, "Action": "kms:Decrypt", "Resource": "*"}

ACCESS_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS201",
        "public-access",
        "warning",
        "a key policy lets in anybody in the world",
        "`*` in a Principal element is every principal of every AWS account. That an outsider also needs an identity "
        "policy of its own account hinders nobody: it writes one. A condition on who asks or from where makes it less.",
        Example((allow("*", "kms:Decrypt"),)),
        Example((allow("*", "kms:Decrypt", Condition=_OF_ORGANIZATION),)),
        f"{_KMS}key-policy-overview.html",
        _public,
    ),
    Rule(
        "KMS202",
        "outside-account",
        "note",
        "a key policy lets in another account",
        "A principal of another account is under that account's control: whoever administers it decides who uses the "
        "key. Spared are accounts of the scenario's organization, and statements with a condition on it.",
        Example((allow({"AWS": _PARTNER}, "kms:Decrypt"),)),
        Example((allow({"AWS": _PARTNER}, "kms:Decrypt", Condition=_OF_ORGANIZATION),)),
        f"{_KMS}key-policy-modifying-external-accounts.html",
        _outside,
    ),
    Rule(
        "KMS203",
        "service-without-source",
        "warning",
        "a service principal may use the key for anybody's resources",
        "A service that calls in its own name does so for the resources of all its users: without a condition on the "
        "source, somebody else's resource can make it use this key (the confused deputy problem).",
        Example((allow(_TRAIL, "kms:GenerateDataKey*"),)),
        Example((allow(_TRAIL, "kms:GenerateDataKey*", Condition={"StringEquals": {"aws:SourceArn": _TRAIL_ARN}}),)),
        f"{_IAM}confused-deputy.html",
        _without_source,
    ),
    Rule(
        "KMS204",
        "source-not-sent",
        "note",
        "a condition on the source stands where the service does not send it",
        "EventBridge does not send aws:SourceArn, aws:SourceAccount and aws:SourceOrgID with what it publishes to an "
        "encrypted SNS topic: such a statement allows nothing there. For encrypted event buses and SQS queues it does.",
        Example((allow(_EVENTS, "kms:GenerateDataKey*", "kms:Decrypt", Condition=_OF_ACCOUNT),)),
        Example((allow(_EVENTS, "kms:GenerateDataKey*", "kms:Decrypt"),)),
        "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
        _source_not_sent,
    ),
    Rule(
        "KMS205",
        "not-principal",
        "note",
        "a Deny names whom it spares",
        "NotPrincipal denies everybody who is not listed. A role session is spared only if account, role and session "
        "are all listed, which nobody can do for sessions to come; AWS advises conditions on aws:PrincipalArn instead.",
        Example((_EXCEPT,)),
        Example((deny("*", "kms:Decrypt", Condition=_SPARED),)),
        f"{_IAM}reference_policies_elements_notprincipal.html",
        _not_principal,
    ),
    Rule(
        "KMS206",
        "source-arn-without-account",
        "warning",
        "the ARN of a source does not tell its account",
        "The ARN of a bucket has no account in it. Whoever takes the name after the bucket is deleted could make the "
        "service use the key: aws:SourceAccount beside aws:SourceArn rules that out.",
        Example((allow(_S3, "kms:GenerateDataKey*", Condition={"ArnLike": _OF_BUCKET}),)),
        Example((allow(_S3, "kms:GenerateDataKey*", Condition={"ArnLike": _OF_BUCKET, **_OF_ACCOUNT}),)),
        f"{_IAM}confused-deputy.html",
        _source_without_account,
    ),
    Rule(
        "KMS207",
        "admin-and-use",
        "note",
        "one principal may both administer the key and use it",
        "Whoever may change the key policy and decrypt needs nobody's consent to read what the key protects. Where "
        "duties are to be separated, no statement gives both. This rule runs only where it is selected.",
        Example((allow({"AWS": ROLE}, "kms:PutKeyPolicy", "kms:Decrypt"),)),
        Example((allow({"AWS": ROLE}, "kms:Decrypt"),)),
        f"{_KMS}least-privilege.html",
        _admin_and_use,
        optional=True,
    ),
    Rule(
        "KMS208",
        "vpc-address-without-vpc",
        "warning",
        "an address in a VPC is asked for, and not which VPC",
        "Private addresses are the same in every VPC: whoever may call from one of their own has them as well. The VPC "
        "or its endpoint has to be named beside them.",
        Example((allow({"AWS": ROLE}, "kms:Decrypt", Condition=_PRIVATE),)),
        Example((allow({"AWS": ROLE}, "kms:Decrypt", Condition={**_PRIVATE, **_OF_VPC}),)),
        f"{_IAM}reference_policies_condition-keys.html#condition-keys-vpcsourceip",
        _address_without_vpc,
    ),
)
