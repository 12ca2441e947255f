"""The reference by itself: the vectors of the rules, and that what the strategies make could have been read."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.grants import read_grant
from kms_eval.documents.model import (
    ConditionTest,
    Constraints,
    Grant,
    Policy,
    PolicyKind,
    PrincipalEntry,
    Qualifier,
    Statement,
)
from kms_eval.formats.document import Place, SourceFile
from kms_eval.world.model import Caller, Key, Organization, OrganizationAccount, Principal, Session, VpcEndpoint, World
from tests import reference
from tests.reference import Ask, decide
from tests.strategies import questions
from tests.vocabulary import AWAY, HOME, ORGANIZATION, REQUESTS, UNIT, WITHOUT_KEY

KEY_ARN = f"arn:aws:kms:us-east-1:{HOME}:key/1234abcd"
USER, ROLE = f"arn:aws:iam::{HOME}:user/alice", f"arn:aws:iam::{HOME}:role/app"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/app/s1"
EXTERNAL = f"arn:aws:iam::{AWAY}:role/app"
ACCOUNT, EXTERNAL_ACCOUNT = f"arn:aws:iam::{HOME}:root", f"arn:aws:iam::{AWAY}:root"
SERVICE = "s3.amazonaws.com"
SOURCE = f"arn:aws:s3:us-east-1:{HOME}:bucket/one"


def aws(*texts: str) -> tuple[PrincipalEntry, ...]:
    return tuple(PrincipalEntry("AWS", text) for text in texts)


EVERYONE = (PrincipalEntry("*", "*"),)


def where(operator: str, key: str, *values: str, qualifier: Qualifier = "", if_exists: bool = False) -> ConditionTest:
    return ConditionTest(operator, qualifier, if_exists, key, values)


def allow(
    *conditions: ConditionTest,
    to: tuple[PrincipalEntry, ...] | None = None,
    action: str = "kms:*",
    resource: str = "*",
) -> Statement:
    return Statement(
        0, None, "Allow", principals=to, actions=(action,), resources=(resource,), condition=conditions or None
    )


def deny(
    *conditions: ConditionTest,
    to: tuple[PrincipalEntry, ...] | None = None,
    other_than: tuple[PrincipalEntry, ...] | None = None,
    action: str = "kms:*",
    resource: str = "*",
) -> Statement:
    statement = allow(*conditions, to=to, action=action, resource=resource)
    return replace(statement, effect="Deny", not_principals=other_than)


def policy(kind: PolicyKind, *statements: Statement, version: str | None = "2012-10-17") -> Policy:
    return Policy(kind.name, kind, version, None, statements)


DELEGATION = allow(to=aws(ACCOUNT))
NOTHING = allow(action="s3:*")


@dataclass(frozen=True)
class Vector:
    """One question in a world that has only what it says."""

    rule: str
    expect: str
    caller: str = "role"
    action: str = "kms:Decrypt"
    key: tuple[Statement, ...] = (DELEGATION,)
    identity: tuple[Statement, ...] = ()
    version: str | None = "2012-10-17"
    boundary: tuple[Statement, ...] = ()
    session: tuple[Statement, ...] = ()
    scp: tuple[Statement, ...] = ()
    rcp: tuple[Statement, ...] = ()
    endpoint: tuple[Statement, ...] = ()
    grants: tuple[Grant, ...] = ()
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sent: Mapping[str, str] | None = None
    request: Grant | None = None
    path: str = "/"

    def answer(self) -> str:
        account = AWAY if self.caller == "external" else HOME
        kind = "user" if self.caller in ("user", "federated") else "role"
        arn = {"user": USER, "federated": USER, "external": EXTERNAL}.get(self.caller, ROLE)
        principal = Principal(
            arn,
            "user" if kind == "user" else "role",
            account,
            arn.rpartition("/")[2],
            self.path,
            (policy(PolicyKind.IDENTITY, *self.identity, version=self.version),) if self.identity else (),
            policy(PolicyKind.BOUNDARY, *self.boundary) if self.boundary else None,
        )
        passed = (policy(PolicyKind.SESSION, *self.session),) if self.session else ()
        sts = f"arn:aws:sts::{account}"
        caller = {
            "user": Caller("user", arn, account, "aws", principal),
            "federated": Caller(
                "federated-user", f"{sts}:federated-user/bob", account, "aws", principal, Session("bob", passed)
            ),
            "root": Caller("root", ACCOUNT, HOME, "aws"),
            "service": Caller("service", SERVICE, None, "aws"),
        }.get(
            self.caller,
            Caller("role", f"{sts}:assumed-role/app/s1", account, "aws", principal, Session("s1", passed)),
        )
        key = Key("k", KEY_ARN, "1234abcd", HOME, "us-east-1", policy(PolicyKind.KEY, *self.key), grants=self.grants)
        place = OrganizationAccount(
            HOME,
            UNIT,
            ((policy(PolicyKind.SCP, *self.scp),),) if self.scp else None,
            ((policy(PolicyKind.RCP, *self.rcp),),) if self.rcp else (),
        )
        organized = Organization(ORGANIZATION, "999999999999", {HOME: place}) if self.scp or self.rcp else None
        endpoint = VpcEndpoint("vpce-1", policy(PolicyKind.ENDPOINT, *self.endpoint)) if self.endpoint else None
        world = World(HOME, "us-east-1", "aws", {"k": key}, {arn: principal}, organized)
        ask = Ask(
            caller,
            self.action,
            None if self.action in WITHOUT_KEY else key,
            context=self.context,
            encryption_context=self.sent,
            endpoint=endpoint,
            grant=self.request,
        )
        return decide(world, ask)


def granted(
    *operations: str,
    to: str = ROLE,
    limits: Constraints | None = None,
    retiring: str | None = None,
    issued_by: str | None = None,
) -> Grant:
    return Grant(
        "g",
        grantee_principal=to,
        retiring_principal=retiring,
        issuing_account=issued_by,
        operations=operations,
        constraints=limits or Constraints(),
    )


def wanted(*operations: str, limits: Constraints | None = None) -> Grant:
    return Grant("", grantee_principal=USER, operations=operations, constraints=limits or Constraints())


PAIR, MORE = (("a", "b"),), (("a", "b"), ("c", "d"))
BY_ROLE, BY_SESSION = allow(to=aws(ROLE)), allow(to=aws(SESSION))
ANYTHING = (allow(),)
ONLY_KMS_KEYS = "kms:EncryptionContextKeys"
CREATE, PARENT = "kms:CreateGrant", granted("Decrypt", "CreateGrant")
SUBSET_PARENT = granted("Decrypt", "CreateGrant", limits=Constraints(None, PAIR))

VECTORS = (
    # The numbered vectors of the rules.
    Vector("1 E7", "implicitDeny", key=(allow(to=aws(EXTERNAL)),), identity=ANYTHING),
    Vector("2 E6", "implicitDeny"),
    Vector("2 E10", "allowed", caller="root"),
    Vector("3 E8 bounded", "implicitDeny", key=(BY_ROLE,), boundary=(NOTHING,)),
    Vector("3 E8 free", "allowed", key=(BY_ROLE,)),
    Vector("4 E8", "allowed", key=(BY_SESSION,), boundary=(NOTHING,)),
    Vector("5 E8", "allowed", caller="user", key=(allow(to=aws(USER)),), boundary=(NOTHING,)),
    Vector("6 E8", "implicitDeny", caller="federated", key=(allow(to=aws(USER)),), session=(NOTHING,)),
    Vector("6 E8 passed", "allowed", caller="federated", key=(allow(to=aws(USER)),), session=ANYTHING),
    Vector("6 Z9", "implicitDeny", caller="federated", key=(allow(to=aws(USER)),)),
    Vector("7 Z10", "allowed", key=(allow(to=aws("*")),), boundary=(NOTHING,)),
    Vector("8 Z7", "explicitDeny", key=(BY_ROLE, deny(to=aws(ACCOUNT)))),
    Vector("9 N3", "explicitDeny", key=(BY_ROLE, deny(other_than=aws(ROLE, ACCOUNT))), boundary=ANYTHING),
    Vector("9 S3", "explicitDeny", key=(BY_ROLE, deny(other_than=aws(ROLE, ACCOUNT)))),
    Vector("9 S3 whole", "allowed", key=(BY_ROLE, deny(other_than=aws(SESSION, ROLE, ACCOUNT)))),
    Vector("9 Z20", "explicitDeny", key=(BY_ROLE, deny(other_than=aws(ROLE)))),
    Vector("10 X2", "implicitDeny", caller="external", key=(allow(to=aws(EXTERNAL)),)),
    Vector("10 X2 both", "allowed", caller="external", key=(allow(to=aws(EXTERNAL)),), identity=ANYTHING),
    Vector(
        "11 X7",
        "implicitDeny",
        caller="external",
        action="kms:PutKeyPolicy",
        key=(allow(to=aws(EXTERNAL_ACCOUNT)),),
        identity=ANYTHING,
    ),
    Vector("12 O2", "implicitDeny", identity=ANYTHING, scp=(NOTHING,)),
    Vector("12 O4", "allowed", identity=ANYTHING, scp=(NOTHING,), path="/aws-service-role/s3.amazonaws.com/"),
    Vector("13 O8", "explicitDeny", caller="service", key=(allow(to=EVERYONE),), rcp=(deny(to=EVERYONE),)),
    Vector(
        "13 O10",
        "allowed",
        action="kms:RetireGrant",
        grants=(granted("Decrypt", retiring=ROLE),),
        rcp=(deny(to=EVERYONE),),
    ),
    Vector("14 V1", "implicitDeny", grants=(granted("Decrypt"),), endpoint=(allow(to=EVERYONE, action="kms:Desc*"),)),
    Vector("15 G8", "explicitDeny", key=(DELEGATION, deny(to=aws(ROLE))), grants=(granted("Decrypt"),)),
    Vector("16 G12 more", "allowed", grants=(granted("Decrypt", limits=Constraints(None, PAIR)),), sent=dict(MORE)),
    Vector("16 G12", "implicitDeny", grants=(granted("Decrypt", limits=Constraints(PAIR)),), sent=dict(MORE)),
    Vector("17 G13", "allowed", action="kms:DescribeKey", grants=(granted("DescribeKey", limits=Constraints(PAIR)),)),
    Vector("18 G18", "implicitDeny", action=CREATE, grants=(PARENT,), request=wanted("Decrypt", "Encrypt")),
    Vector("18 G18 fewer", "allowed", action=CREATE, grants=(PARENT,), request=wanted("Decrypt")),
    Vector("18 G17", "allowed", action=CREATE, grants=(PARENT,), identity=ANYTHING, request=wanted("Encrypt")),
    Vector(
        "19 G5",
        "implicitDeny",
        action="kms:GenerateDataKeyWithoutPlaintext",
        grants=(granted("GenerateDataKey"),),
    ),
    Vector("20 R2", "implicitDeny", identity=(allow(resource=f"arn:aws:kms:us-east-1:{HOME}:alias/app"),)),
    Vector("21 A3", "allowed", action="kms:ReEncryptFrom", key=(allow(to=aws(ROLE), action="kms:ReEncrypt*"),)),
    Vector(
        "21 A3 alone", "implicitDeny", action="kms:ReEncryptFrom", key=(allow(to=aws(ROLE), action="kms:ReEncrypt"),)
    ),
    Vector(
        "22 K2",
        "implicitDeny",
        action="kms:CreateKey",
        identity=(allow(where("StringEquals", "kms:KeySpec", "RSA_2048")),),
    ),
    Vector(
        "23 K4",
        "explicitDeny",
        action="kms:DescribeKey",
        identity=(*ANYTHING, deny(where("StringNotEquals", "kms:EncryptionContext:app", "x"))),
    ),
    Vector("24 C10", "allowed", identity=(allow(where("StringEquals", ONLY_KMS_KEYS, "a", qualifier="ForAllValues")),)),
    Vector("25 C8", "implicitDeny", identity=(allow(where("Null", ONLY_KMS_KEYS, "false")),)),
    Vector(
        "26 G20",
        "implicitDeny",
        action=CREATE,
        identity=(allow(where("Bool", "kms:GrantIsForAWSResource", "true")),),
    ),
    Vector("27 K3", "implicitDeny", identity=(allow(where("StringEquals", "kms:RequestAlias", "alias/x")),)),
    Vector("28 Q2", "implicitDeny", identity=(allow(where("StringEquals", "aws:PrincipalArn", SESSION)),)),
    Vector(
        "29 W1",
        "implicitDeny",
        caller="user",
        identity=(allow(resource=f"{KEY_ARN[:-8]}${{aws:username}}"),),
        version="2008-10-17",
    ),
    Vector(
        "30 C7",
        "explicitDeny",
        identity=(*ANYTHING, deny(where("StringNotEquals", "aws:PrincipalOrgID", "o-a", if_exists=True))),
    ),
    # Others, one for each choice that fails closed.
    Vector("E2 session", "explicitDeny", key=(BY_SESSION,), session=(deny(),)),
    Vector("E11 named", "allowed", caller="service", key=(allow(to=(PrincipalEntry("Service", SERVICE),)),)),
    Vector("Z6 Allow", "implicitDeny", caller="service", key=(allow(to=aws("*")),)),
    Vector("Z6 Deny", "explicitDeny", caller="service", key=(allow(to=EVERYONE), deny(to=aws("*")))),
    Vector("R7", "allowed", key=(BY_ROLE, replace(deny(to=aws(ROLE)), resources=None))),
    Vector("Z1", "implicitDeny", grants=(granted("Decrypt"),), boundary=(NOTHING,)),
    Vector("Z2", "implicitDeny", caller="external", grants=(granted("Decrypt", to=EXTERNAL),)),
    Vector("X5", "allowed", caller="external", grants=(granted("Decrypt", to=EXTERNAL, issued_by=AWAY),)),
    Vector("X5 identity", "allowed", caller="external", grants=(granted("Decrypt", to=EXTERNAL),), identity=ANYTHING),
    Vector("Z3", "implicitDeny", grants=(granted("Decrypt", to=ACCOUNT),)),
    Vector("Z28", "implicitDeny", grants=(granted("Decrypt", limits=Constraints(source_arn=SOURCE)),)),
    Vector(
        "G16",
        "allowed",
        caller="service",
        grants=(granted("Decrypt", to=SERVICE, limits=Constraints(source_arn=SOURCE)),),
        context={"aws:SourceArn": (SOURCE,)},
    ),
    Vector("G19 dropped", "implicitDeny", action=CREATE, grants=(SUBSET_PARENT,), request=wanted("Decrypt")),
    Vector(
        "G19 stricter",
        "allowed",
        action=CREATE,
        grants=(SUBSET_PARENT,),
        request=wanted("Decrypt", limits=Constraints(MORE)),
    ),
    Vector("G23 key policy", "implicitDeny", action="kms:RetireGrant", key=(BY_ROLE,), grants=(PARENT,)),
    Vector("G23 delegated", "allowed", action="kms:RetireGrant", identity=ANYTHING, grants=(PARENT,)),
    Vector("G23 no grant", "implicitDeny", action="kms:RetireGrant", identity=ANYTHING),
    Vector("R8", "allowed", action="kms:ListKeys", key=(), identity=ANYTHING),
    Vector("S1", "implicitDeny", action="kms:ListKeys", identity=(allow(resource=f"arn:aws:kms:*:{HOME}:key/*"),)),
    Vector(
        "S1 Deny",
        "allowed",
        action="kms:ListKeys",
        identity=(*ANYTHING, deny(resource=f"arn:aws:kms:*:{HOME}:key/*")),
    ),
    Vector("Z13", "explicitDeny", identity=(*ANYTHING, deny(where("StringEquals", "kms:KeySpec")))),
    Vector("Z14", "implicitDeny", identity=(replace(allow(), condition=()),)),
    Vector("S2", "allowed", identity=(allow(resource="arn:aws:kms:*:key/*"),)),
    Vector("S2 Deny", "explicitDeny", identity=(*ANYTHING, deny(resource="arn:aws:kms:*:key/*"))),
    Vector("S2 incomplete", "allowed", identity=(allow(resource="arn:aws:kms"),)),
    Vector("S2 incomplete Deny", "explicitDeny", identity=(*ANYTHING, deny(resource="arn:aws:kms"))),
    Vector("S2 SCP", "implicitDeny", identity=ANYTHING, scp=(allow(resource="arn:aws:kms"),)),
    Vector("S2 SCP Deny", "explicitDeny", identity=ANYTHING, scp=(*ANYTHING, deny(resource="arn:aws:kms"))),
    Vector("Z23", "implicitDeny", identity=(allow(resource="arn:aws:kms:us*3:key/*"),)),
    Vector("Z23 Deny", "explicitDeny", identity=(*ANYTHING, deny(resource="arn:aws:kms:us*3:key/*"))),
    Vector(
        "S5",
        "allowed",
        action="kms:ListKeys",
        identity=(*ANYTHING, deny(where("StringNotEquals", "aws:ResourceAccount", HOME))),
    ),
    Vector(
        "S6",
        "allowed",
        action=CREATE,
        identity=(allow(where("Bool", "kms:GrantIsForAWSResource", "true")),),
        context={"kms:ViaService": ("rds.us-east-1.amazonaws.com",)},
    ),
    Vector("S8", "explicitDeny", identity=(*ANYTHING, deny(where("Bool", "aws:MultiFactorAuthPresent", "false")))),
    Vector(
        "S8 user",
        "allowed",
        caller="user",
        identity=(*ANYTHING, deny(where("Bool", "aws:MultiFactorAuthPresent", "false"))),
    ),
    Vector(
        "S8 through a service",
        "explicitDeny",
        caller="user",
        identity=(*ANYTHING, deny(where("Bool", "aws:MultiFactorAuthPresent", "false"))),
        context={"kms:ViaService": ("rds.us-east-1.amazonaws.com",)},
    ),
    Vector(
        "S11",
        "allowed",
        caller="service",
        key=(allow(where("StringEquals", "aws:SourceAccount", HOME), to=(PrincipalEntry("Service", SERVICE),)),),
        context={"aws:SourceArn": (SOURCE,)},
    ),
    Vector("S12", "implicitDeny", caller="root", context={"aws:AssumedRoot": ("true",)}),
    Vector(
        "S17",
        "allowed",
        identity=(
            *ANYTHING,
            deny(where("StringEquals", ONLY_KMS_KEYS, "a", qualifier="ForAnyValue", if_exists=True)),
        ),
    ),
    Vector("S18", "implicitDeny", identity=(allow(where("StringEquals", ONLY_KMS_KEYS, "a")),), sent=dict(PAIR)),
    Vector(
        "S18 Deny",
        "explicitDeny",
        identity=(*ANYTHING, deny(where("StringEquals", ONLY_KMS_KEYS, "a"))),
        sent=dict(MORE),
    ),
    Vector(
        "C19",
        "explicitDeny",
        identity=(*ANYTHING, deny(where("NumericLessThan", "aws:MultiFactorAuthAge", "60"))),
        context={"aws:MultiFactorAuthAge": ("soon",)},
    ),
    Vector(
        "V8",
        "explicitDeny",
        grants=(granted("Decrypt"),),
        endpoint=(deny(to=EVERYONE),),
        context={"kms:ViaService": ("s3.us-east-1.amazonaws.com",)},
    ),
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.rule)
def test_vector(vector: Vector) -> None:
    assert vector.answer() == vector.expect


def test_the_reference_stays_short_and_by_itself() -> None:
    text = Path(reference.__file__).read_text(encoding="utf-8")
    imported = {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
    own = {name for name in imported if name and name.startswith("kms_eval")}
    assert len(text.splitlines()) <= 340
    assert own <= {
        *("kms_eval.documents.model", "kms_eval.world.model"),
        *("kms_eval.facts.actions", "kms_eval.facts.condition_keys"),
    }


def test_the_same_seed_asks_the_same() -> None:
    first, again = (
        [decide(world, ask) for world, ask in questions(3, worlds=20)],
        [decide(world, ask) for world, ask in questions(3, worlds=20)],
    )
    assert first == again


def test_every_request_meets_every_decision() -> None:
    met = Counter((ask.action, decide(world, ask)) for world, ask in questions(1, worlds=400))
    missing = {
        (action, decision)
        for action in REQUESTS
        for decision in ("allowed", "explicitDeny", "implicitDeny")
        if not met[action, decision]
    }
    assert not missing


def values(statement: Statement) -> dict[str, object]:
    """A statement as one writes it."""

    def principals(entries: tuple[PrincipalEntry, ...]) -> object:
        if entries == EVERYONE:
            return "*"
        return {kind: [e.value for e in entries if e.kind == kind] for kind in dict.fromkeys(e.kind for e in entries)}

    written: dict[str, object] = {"Effect": statement.effect}
    if statement.principals is not None:
        written["Principal"] = principals(statement.principals)
    if statement.not_principals is not None:
        written["NotPrincipal"] = principals(statement.not_principals)
    for name, listed in (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    ):
        if listed is not None:
            written[name] = list(listed)
    if statement.condition is not None:
        condition: dict[str, dict[str, list[str]]] = {}
        for one in statement.condition:
            operator = f"{one.qualifier}:" * bool(one.qualifier) + one.operator + "IfExists" * one.if_exists
            condition.setdefault(operator, {})[one.key] = list(one.values)
        written["Condition"] = condition
    return written


def documents(world: World, ask: Ask) -> list[Policy]:
    found: list[Policy | None] = [key.policy for key in world.keys.values()]
    found += [endpoint.policy for endpoint in world.vpc_endpoints.values()]
    found += ask.caller.session.policies if ask.caller.session else ()
    for principal in world.principals.values():
        found += [*principal.policies, principal.boundary]
    for account in world.organization.accounts.values() if world.organization else ():
        for level in (*(account.service_control_policies or ()), *account.resource_control_policies):
            found += level
    return [policy for policy in found if policy is not None]


def test_the_grammar_could_have_read_the_documents() -> None:
    findings = Findings()
    for world, ask in questions(2, worlds=100, asks=3):
        for document in documents(world, ask):
            written = {"Statement": [values(statement) for statement in document.statements]}
            version = {"Version": document.version} if document.version else {}
            place = Place(SourceFile(document.name))
            read = read_policy(version | written, place, document.kind, findings)
            if read is None and document.kind is PolicyKind.IDENTITY:
                # One that is about whole accounts only is taken for a key policy, whatever the evaluator makes of it.
                assert [fault.message[:24] for fault in findings.faults] == ["this is a key policy: ev"]
                findings.faults.clear()
                continue
            assert not findings.faults, (findings.faults, written)
            assert read is not None
            assert [replace(s, index=0) for s in read.statements] == [replace(s, index=0) for s in document.statements]


def test_the_grammar_could_have_read_the_grants() -> None:
    findings = Findings()
    for world, ask in questions(2, worlds=200, asks=1):
        for grant in (*(grant for key in world.keys.values() for grant in key.grants), ask.grant):
            if grant is None:
                continue
            limits = {
                "EncryptionContextEquals": grant.constraints.encryption_context_equals,
                "EncryptionContextSubset": grant.constraints.encryption_context_subset,
            }
            written = {
                "GrantId": grant.id or None,
                "GranteePrincipal": grant.grantee_principal,
                "GranteeServicePrincipal": grant.grantee_service_principal,
                "RetiringPrincipal": grant.retiring_principal,
                "RetiringServicePrincipal": grant.retiring_service_principal,
                "IssuingAccount": grant.issuing_account,
                "Operations": list(grant.operations),
                "Constraints": {name: dict(pairs) for name, pairs in limits.items() if pairs is not None}
                | ({"SourceArn": grant.constraints.source_arn} if grant.constraints.source_arn else {}),
            }
            given = {name: value for name, value in written.items() if value is not None}
            read = read_grant(given, Place(SourceFile("grant")), findings, partial=not grant.id)
            assert not findings.faults, (findings.faults, given)
            assert read is not None
            assert replace(read, place=None) == grant
