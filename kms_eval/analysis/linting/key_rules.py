"""Rules about a key as a whole: who can still change its policy, what its spec allows, who can use its grants.

Comes in: subjects of key policies. Goes out: rows. Never here: single statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from kms_eval.analysis.linting.difference import hangs_on_facts
from kms_eval.analysis.linting.rule import ROLE, ROOT, Example, Found, Rule, allow
from kms_eval.analysis.linting.subject import Subject, account_named, is_whole_account
from kms_eval.analysis.lockout import ACTION as ACTION_OF_LOCKOUT, Circumstances, check_lockout
from kms_eval.documents.model import Grant, Statement
from kms_eval.documents.principals import UNIQUE_ID
from kms_eval.errors import quoted
from kms_eval.facts.actions import ACTION, Action
from kms_eval.formats.document import Place
from kms_eval.language import arn
from kms_eval.world.request import Request

_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"
# No condition on the time can be meant to lock everybody out forever, so any time will do.
_SOME_DAY = Circumstances(datetime(2026, 1, 1, tzinfo=UTC))


def _lockout(subject: Subject) -> Iterator[Found]:
    if _locks_out(subject):
        message = "nobody who is known could change this key policy again: AWS KMS refuses to put it"
        advice = "let somebody call `kms:PutKeyPolicy`, or delegate to the account"
        yield Found(subject.place, message, advice)


def _locks_out(subject: Subject) -> bool:
    key = subject.key
    # Only AWS changes the policies of AWS managed keys.
    if key is None or key.manager == "AWS" or any(statement.open for statement in subject.policy.statements):
        return False
    if subject.account != key.account and any(_accounts_of(subject)):
        return False  # the key is in one of these accounts, not in the placeholder account
    facts_unknown = subject.alone or subject.world.organization is None
    if facts_unknown and any(each.effect == "Deny" and hangs_on_facts(subject, each) for each in subject.statements()):
        return False  # it is not known whether the Deny applies
    # Most keys delegate to the account; then asking about its root user shows at once that somebody is left.
    root = f"arn:{key.partition}:iam::{key.account}:root"
    if subject.evaluator.rule(Request(root, ACTION_OF_LOCKOUT, key.arn, at=_SOME_DAY.at)).outcome == "allowed":
        return False
    found = check_lockout(subject.evaluator, key, _SOME_DAY)
    return not found.left and not found.maybe


def _accounts_of(subject: Subject) -> Iterator[str]:
    """The accounts that the policy names."""
    for statement in subject.policy.statements:
        yield from filter(None, map(account_named, statement.principals or ()))


def _delegates(subject: Subject, statement: Statement) -> bool:
    entries = statement.principals or ()
    return any(is_whole_account(entry) and account_named(entry) == subject.account for entry in entries)


def _may_delegate(subject: Subject) -> bool:
    """Whether a statement with unknown parts may be an Allow for the account."""
    return any(statement.open and statement.effect == "Allow" for statement in subject.policy.statements)


def _no_delegation(subject: Subject) -> Iterator[Found]:
    if subject.key is None or subject.account is None or subject.key.manager == "AWS" or _may_delegate(subject):
        return
    if _locks_out(subject):
        return
    if any(statement.open for statement in subject.policy.statements):
        return  # a statement with unknown parts may delegate
    if not any(
        _delegates(subject, statement) for statement in subject.policy.statements if statement.effect == "Allow"
    ):
        message = "the key policy does not let identity policies of its account decide about anything"
        advice = "if it is not meant, allow the account principal what IAM policies are to give"
        yield Found(subject.place, message, advice)


def _conditional_delegation(subject: Subject) -> Iterator[Found]:
    if subject.key is None or subject.account is None or _may_delegate(subject):
        return
    delegating = [each for each in subject.statements("Allow") if _delegates(subject, each)]
    if delegating and all(each.condition for each in delegating):
        message = "identity policies of the account decide under a condition only"
        place = subject.at(delegating[0], "Condition")
        yield Found(place, message, "if it is not meant, take the condition out", delegating[0])


def _unsuited(subject: Subject) -> Iterator[Found]:
    key = subject.key
    if key is None or subject.alone:
        return
    for statement in subject.statements("Allow"):
        for index, text in enumerate(statement.actions or ()):
            row = ACTION.get(text.lower())
            because = _fails(subject, row) if row is not None else None
            if because is not None:
                place = subject.at(statement, "Action", index)
                yield Found(place, f"{quoted(text)} fails on this key: {because}", "remove it", statement)
    for grant in key.grants:
        for index, operation in enumerate(grant.operations):
            because = _fails(subject, ACTION.get(f"kms:{operation}".lower()))
            if because is not None:
                place = _of(subject, grant).at("Operations", index)
                yield Found(place, f"{quoted(operation)} fails on this key: {because}", "leave it out of the grant")


def _fails(subject: Subject, row: Action | None) -> str | None:
    key = subject.key
    if key is None or row is None:
        return None
    if row.key_usage and key.usage not in row.key_usage:
        return f"its usage is {key.usage}"
    if row.origins and key.origin not in row.origins:
        return f"its origin is {key.origin}"
    return None


def _of(subject: Subject, grant: Grant) -> Place:
    return grant.place or subject.place


def _grant_name(grant: Grant) -> str:
    return f"grant {quoted(grant.name or grant.id)}"


def _missing_grantee(subject: Subject) -> Iterator[Found]:
    for grant in subject.key.grants if subject.key is not None else ():
        if grant.grantee_principal is not None and _does_not_exist(subject, grant.grantee_principal):
            message = (
                f"{_grant_name(grant)} is for {quoted(grant.grantee_principal)}, who does not exist: nobody can use it"
            )
            yield Found(_of(subject, grant).at("GranteePrincipal"), message, "revoke it")


def _does_not_exist(subject: Subject, text: str) -> bool:
    if UNIQUE_ID.fullmatch(text.partition(":")[0]):
        return True
    described = [person for person in subject.world.principals.values() if person.known]
    parsed = arn.parse(text)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith(("user/", "role/")):
        return False
    if "/aws-service-role/" in text or parsed.account not in {person.account for person in described}:
        return False
    if parsed.account in subject.world.unshown:
        return False
    return text not in {person.arn for person in described}


def _not_retirable(subject: Subject) -> Iterator[Found]:
    for grant in subject.key.grants if subject.key is not None else ():
        retiring = grant.retiring_principal
        if retiring is not None and _does_not_exist(subject, retiring):
            message = f"{_grant_name(grant)} is to be retired by {quoted(retiring)}, who does not exist"
            yield Found(_of(subject, grant).at("RetiringPrincipal"), message, "whoever may revoke grants ends it")
        elif retiring is None and grant.retiring_service_principal is None and "RetireGrant" not in grant.operations:
            message = f"{_grant_name(grant)} has nobody to retire it: it ends by RevokeGrant only"
            yield Found(_of(subject, grant), message, "name a `RetiringPrincipal`, or allow `RetireGrant`")


_APP = {"AWS": ROLE}
_ADMIN = allow(_APP, "kms:PutKeyPolicy", "kms:DescribeKey")
_WHILE = {"StringEquals": {"aws:PrincipalTag/team": "owners"}}
_WHOLE = allow({"AWS": ROOT}, "kms:*")


def _grant(**members: object) -> dict[str, object]:
    grant = {"GrantId": "one", "GranteePrincipal": ROLE, "RetiringPrincipal": ROLE, "Operations": ["Decrypt"]}
    return {"grants": [{name: value for name, value in {**grant, **members}.items() if value is not None}]}


_ROLE_ID = "AROAEXAMPLEEXAMPLE123"

KEY_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS501",
        "lockout",
        "error",
        "nobody could change the key policy again",
        "AWS KMS refuses a key policy under which its caller could not call PutKeyPolicy again. Whoever bypasses the "
        "check is left with a key that only AWS Support can bring back.",
        Example((allow(_APP, "kms:Decrypt"),), delegated=False),
        Example((_ADMIN,), delegated=False),
        "https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html",
        _lockout,
    ),
    Rule(
        "KMS502",
        "no-delegation",
        "note",
        "the key policy does not delegate to its account",
        "Without a statement for the account principal, identity policies that allow have no effect on this key, and a "
        "key whose administrators are deleted cannot be mended.",
        Example((_ADMIN,), delegated=False),
        Example((_ADMIN,)),
        f"{_KMS}key-policy-default.html",
        _no_delegation,
    ),
    Rule(
        "KMS503",
        "delegation-under-conditions",
        "note",
        "the key policy delegates to its account under a condition only",
        "Identity policies count only where the condition holds, for administrators as well.",
        Example((_ADMIN, allow({"AWS": ROOT}, "kms:*", Condition=_WHILE)), delegated=False),
        Example((_ADMIN, _WHOLE), delegated=False),
        f"{_KMS}key-policy-default.html",
        _conditional_delegation,
    ),
    Rule(
        "KMS511",
        "unsuited-operation",
        "warning",
        "an operation does not work with the key",
        "Usage and origin are checked after authorization: the operation may be allowed, and fails.",
        Example((allow(_APP, "kms:Sign"),)),
        Example((allow(_APP, "kms:Sign"),), key={"spec": "ECC_NIST_P256", "usage": "SIGN_VERIFY"}),
        f"{_KMS}key-types.html",
        _unsuited,
    ),
    Rule(
        "KMS601",
        "grant-for-nobody",
        "warning",
        "a grant is for somebody who does not exist",
        "A deleted role takes its grants with it: one made later under its name is another role.",
        Example(key=_grant(GranteePrincipal=_ROLE_ID)),
        Example(key=_grant()),
        f"{_KMS}grants.html",
        _missing_grantee,
    ),
    Rule(
        "KMS602",
        "grant-without-end",
        "note",
        "a grant has nobody who can retire it",
        "Without a retiring principal, and without RetireGrant among its operations, only those who may call "
        "RevokeGrant can end it.",
        Example(key=_grant(RetiringPrincipal=None)),
        Example(key=_grant()),
        f"{_KMS}grant-manage.html",
        _not_retirable,
    ),
)
