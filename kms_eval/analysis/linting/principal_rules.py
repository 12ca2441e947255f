"""Rules about the principals of statements: deleted, unknown, or allowed without what another statement requires.

Comes in: subjects. Goes out: rows. Never here: other accounts, whole statements.
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.analysis.linting.rule import ROLE, Example, Found, Rule, allow
from kms_eval.analysis.linting.subject import Subject, actions_of, called, is_everyone, tests_on
from kms_eval.documents.model import ConditionTest, PolicyKind, Statement
from kms_eval.documents.principals import UNIQUE_ID
from kms_eval.engine.masks import BIT, actions_in
from kms_eval.errors import nearest, quoted
from kms_eval.facts.actions import ACTION
from kms_eval.language import arn

_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_ATTESTATION = "kms:recipientattestation:"


def _deleted(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for element, entries in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):
            named = [entry for entry in entries or () if entry.kind == "AWS"]
            for index, entry in enumerate(named):
                if UNIQUE_ID.fullmatch(entry.value):
                    message = f"{quoted(entry.value)} is the id of a deleted user or role: it matches nobody"
                    advice = "remove it, or name the one that was made anew"
                    removable = len(named) > 1 and statement.effect == "Allow"
                    yield Found(subject.at(statement, element, "AWS", index), message, advice, statement, removable)


def _unknown_principal(subject: Subject) -> Iterator[Found]:
    described = [person for person in subject.world.principals.values() if person.known]
    if subject.policy.kind is not PolicyKind.KEY or not described:
        return
    accounts = {person.account for person in described}
    names = {(person.account, person.kind, person.name.lower()) for person in described}
    arns = {(person.account, person.name): person.arn for person in described}
    for statement in subject.statements():
        named = [entry for entry in statement.principals or () if entry.kind == "AWS"]
        for index, entry in enumerate(named):
            parsed = arn.parse(entry.value)
            if parsed is None or parsed.account not in accounts or parsed.service not in {"iam", "sts"}:
                continue
            kind, _slash, path = parsed.resource.partition("/")
            if kind == "assumed-role":
                kind, path = "role", path.partition("/")[0]
            if kind not in {"user", "role"} or path.startswith("aws-service-role/"):
                continue
            if (parsed.account, kind, path.rpartition("/")[2].lower()) not in names:
                message = f"{quoted(entry.value)} is not among the principals of its account"
                place = subject.at(statement, "Principal", "AWS", index)
                # By names alone: the common beginnings of ARNs would make them look similar.
                here = [name for account, name in arns if account == parsed.account]
                near = nearest(path.rpartition("/")[2], here)
                advice = f"did you mean `{arns[parsed.account, near]}`?" if near is not None else None
                yield Found(place, message, advice, statement)


def _attestation(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY:
        return
    for statement in subject.statements("Allow"):
        attested = [test for test in tests_on(statement, _ATTESTATION) if _asks(test)]
        if not attested:
            continue
        carried = sum(
            BIT[name.lower()] for name, row in ACTION.items() if "kms:RecipientAttestation:" in row.condition_keys
        )
        for other in subject.statements("Allow"):
            both = actions_of(statement) & actions_of(other) & carried
            if other is statement or not both or any(_asks(test) for test in tests_on(other, _ATTESTATION)):
                continue
            if _same_people(statement, other):
                names = ", ".join(action.name for action in actions_in(both)[:2])
                message = f"it allows {names} without the attestation that {called(statement)} asks for"
                yield Found(subject.at(other), message, "take these actions out of this statement", other)


def _asks(test: ConditionTest) -> bool:
    return not test.if_exists and test.operator.startswith("StringEquals") and test.qualifier != "ForAllValues"


def _same_people(one: Statement, other: Statement) -> bool:
    entries, more = set(one.principals or ()), set(other.principals or ())
    return bool(entries & more) or any(map(is_everyone, more))


_ENCLAVE = {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "9f" * 48}}
_APP = {"AWS": ROLE}
_GONE = {"AWS": [ROLE, "AROAEXAMPLEEXAMPLE123"]}

PRINCIPAL_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS421",
        "deleted-principal",
        "warning",
        "a policy names a deleted user or role",
        "AWS shows the unique id of a user or role that was deleted. One with the same name made later is another one.",
        Example((allow(_GONE, "kms:Decrypt"),)),
        Example((allow(_APP, "kms:Decrypt"),)),
        f"{_IAM}reference_policies_elements_principal.html",
        _deleted,
    ),
    Rule(
        "KMS422",
        "unknown-principal",
        "warning",
        "a key policy names a user or role that its account does not have",
        "Of this account users and roles are described, and this one is not among them. AWS KMS refuses a key policy "
        "that names somebody who does not exist.",
        Example((allow({"AWS": f"{ROLE}s"}, "kms:Decrypt"),), described=True),
        Example((allow(_APP, "kms:Decrypt"),), described=True),
        "https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html",
        _unknown_principal,
    ),
    Rule(
        "KMS431",
        "attestation-bypassed",
        "warning",
        "another statement allows without attestation what one allows an enclave only",
        "Where one statement asks for kms:RecipientAttestation and another allows the same to the same principal, "
        "nobody needs the enclave.",
        Example((allow(_APP, "kms:Decrypt", Condition=_ENCLAVE), allow(_APP, "kms:Decrypt", "kms:DescribeKey"))),
        Example((allow(_APP, "kms:Decrypt", Condition=_ENCLAVE), allow(_APP, "kms:DescribeKey"))),
        f"{_KMS}conditions-nitro-enclaves.html",
        _attestation,
    ),
)
