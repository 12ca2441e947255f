"""Small worlds and questions about them, in which everything is alike enough to collide.

Comes in: nothing. Goes out: hypothesis strategies of model objects that the grammar could have read: `worlds`, `asks`
(about a given world), `policies` and `grants`. Never here: what the right answer is.

Two things make a rule decide often enough to be seen: a statement is unusual in one aspect and plain in the others, and
conditions and requests of one world are about the same few condition keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from kms_eval.documents.model import (
    ConditionTest,
    Constraints,
    Effect,
    Grant,
    Policy,
    PolicyKind,
    PrincipalEntry,
    Qualifier,
    Statement,
)
from kms_eval.world.model import (
    Caller,
    Key,
    Organization,
    OrganizationAccount,
    Principal,
    Session,
    VpcEndpoint,
    World,
)
from tests.reference import Ask

Item = TypeVar("Item")
Entries = tuple[PrincipalEntry, ...]

HOME, AWAY, MANAGEMENT = "111122223333", "444455556666", "999999999999"
ACCOUNTS = (HOME, AWAY)
REGION, OTHER_REGION = "us-east-1", "us-west-2"
KEY_IDS = ("1234abcd-0000", "1234abcd-1111", "mrk-2222")
ALIASES = ("alias/app", "alias/alice-main", "alias/App")
SERVICES = ("s3.amazonaws.com", "sns.amazonaws.com")
ENDPOINT, VPC = "vpce-0a", "vpc-0a"
ORGANIZATION, UNIT = "o-exampleorgid", "o-exampleorgid/r-ab12/ou-ab12-11111111/"
SOURCE = "arn:aws:s3:us-east-1:111122223333:bucket/one"

ALICE = f"arn:aws:iam::{HOME}:user/alice"
BOB = f"arn:aws:iam::{HOME}:user/team/bob"
WORKER = f"arn:aws:iam::{HOME}:role/worker"
LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/s3.amazonaws.com/AWSServiceRoleForS3"
PARTNER = f"arn:aws:iam::{AWAY}:role/team/partner"
CAROL = f"arn:aws:iam::{AWAY}:user/carol"
PEOPLE = (ALICE, BOB, WORKER, LINKED, PARTNER, CAROL)
GHOST = f"arn:aws:iam::{HOME}:role/ghost"
UNIQUE_IDS = {ALICE: "AIDAALICE", BOB: "AIDABOB", WORKER: "AROAWORKER", PARTNER: "AROAPARTNER"}
SESSIONS = {
    WORKER: f"arn:aws:sts::{HOME}:assumed-role/worker/s1",
    LINKED: f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForS3/s1",
    PARTNER: f"arn:aws:sts::{AWAY}:assumed-role/partner/s1",
    ALICE: f"arn:aws:sts::{HOME}:federated-user/alice",
    CAROL: f"arn:aws:sts::{AWAY}:federated-user/alice",
}
ROOTS = tuple(f"arn:aws:iam::{account}:root" for account in ACCOUNTS)
EVERYONE = (PrincipalEntry("*", "*"),)

REQUESTS = (
    *("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:DescribeKey", "kms:Sign"),
    *("kms:CreateGrant", "kms:RetireGrant", "kms:RevokeGrant", "kms:ListGrants", "kms:GetKeyRotationStatus"),
    *("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:EnableKeyRotation", "kms:TagResource", "kms:ReplicateKey"),
    *("kms:UpdatePrimaryRegion", "kms:SynchronizeMultiRegionKey", "kms:CreateAlias", "kms:DeleteAlias"),
    *("kms:CreateKey", "kms:ListKeys", "kms:GenerateRandom", "kms:ListRetirableGrants"),
    *("kms:FutureOperation", "KMS:decrypt"),
)
COMMON_REQUESTS = ("kms:Decrypt", "kms:CreateGrant", "kms:RetireGrant")
WITHOUT_KEY = frozenset({"kms:CreateKey", "kms:ListKeys", "kms:GenerateRandom", "kms:ListRetirableGrants"})
ON_ALIASES = frozenset({"kms:CreateAlias", "kms:DeleteAlias"})
GRANT_OPERATIONS = ("Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey", "CreateGrant", "RetireGrant")
PAIRS = (("app", "one"), ("App", "two"), ("dept", "IT"))
TIMES = (
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 6, 15, 14, tzinfo=timezone(timedelta(hours=2))),
    datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
)

ACTION_PATTERNS = (
    *("kms:*", "*", "kms:Decrypt", "kms:De*", "kms:?ecrypt", "KMS:DECRYPT", "kms:*Grant*", "kms:CreateGrant"),
    *("kms:RetireGrant", "kms:ReEncrypt*", "kms:ReEncrypt", "kms:*Key*", "kms:*Alias", "kms:Future*", "s3:*", "k*:L*"),
)
RESOURCE_PATTERNS = (
    *("*", "arn:aws:kms:*:key/*", "arn:*:key/*", "arn:aws:kms:*", f"arn:aws:k*:{REGION}:{HOME}:key/*"),
    *(f"arn:aws:kms:{REGION}:{HOME}:key/{key_id}" for key_id in KEY_IDS),
    *(f"arn:aws:kms:*:{account}:key/*" for account in ACCOUNTS),
    *(f"arn:aws:kms:us-????-?:{HOME}:key/1234abcd-*", f"arn:aws:kms:{REGION}:{HOME}:*", f"arn:aws:kms:{REGION}:*"),
    *(f"arn:aws:kms:{REGION}:{HOME}:alias/*", f"arn:aws:kms:*:*:{ALIASES[0]}"),
    *(f"arn:aws:kms:*:{HOME}:alias/${{aws:username}}-*", "arn:aws:kms:*:*:key/${aws:PrincipalTag/team}"),
    *(f"arn:aws:kms:*:{HOME}:key/${{aws:PrincipalTag/team, '1234abcd-0000'}}", f"arn:aws:kms:*:{HOME}:key/${{*}}"),
    f"arn:aws:kms:*:{HOME}:key/${{aws:ResourceTag/id}}",
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What conditions and requests say about one condition key.

    `names`: its spellings. `values`: what a request may hold. `types`: operators that suit it beside those on texts.
    `actions`: permissions whose requests are the most likely to carry it.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    types: tuple[str, ...] = ()
    actions: tuple[str, ...] = ("kms:Decrypt",)
    several: bool = False


YES_NO = ("true", "false")
ON_CREATE_GRANT = ("kms:CreateGrant",)
# fmt: off
VOCABULARY = (
    Vocabulary(("kms:EncryptionContext:app", "KMS:EncryptionContext:APP"), ("one", "two", "*"), actions=("kms:Decrypt",
               "kms:Decrypt", "kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey")),
    Vocabulary(("kms:EncryptionContextKeys",), ("app", "App", "dept", ""), several=True, actions=("kms:Decrypt",
               "kms:CreateGrant", "kms:RetireGrant")),
    Vocabulary(("aws:PrincipalTag/team", "aws:principaltag/Team"), ("blue", "*", "1234abcd-0000")),
    Vocabulary(("aws:ResourceTag/team",), ("blue", "red", ""), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("kms:ResourceAliases",), ALIASES, several=True, actions=("kms:Decrypt", "kms:CreateAlias")),
    Vocabulary(("kms:RequestAlias",), ALIASES, actions=("kms:Decrypt", "kms:ListGrants")),
    Vocabulary(("aws:PrincipalArn",), (ALICE, WORKER, *SESSIONS.values(), ROOTS[0]), ("Arn",)),
    Vocabulary(("aws:PrincipalType",), ("User", "AssumedRole", "FederatedUser", "Account")),
    Vocabulary(("aws:userid",), ("AIDAALICE", "AROAWORKER:s1", HOME, f"{HOME}:alice")),
    Vocabulary(("aws:username", "AWS:UserName"), ("alice", "bob")),
    Vocabulary(("aws:PrincipalAccount",), ACCOUNTS, ("Numeric",)),
    Vocabulary(("kms:CallerAccount",), ACCOUNTS, actions=("kms:Decrypt", "kms:ListRetirableGrants", "kms:ListKeys")),
    Vocabulary(("aws:PrincipalOrgID",), (ORGANIZATION,)),
    Vocabulary(("aws:PrincipalOrgPaths",), (UNIT, "o-exampleorgid/r-ab12/"), several=True),
    Vocabulary(("aws:PrincipalIsAWSService",), YES_NO, ("Bool",)),
    Vocabulary(("aws:PrincipalServiceName",), SERVICES),
    Vocabulary(("aws:PrincipalServiceNamesList",), SERVICES, several=True),
    Vocabulary(("aws:SourceArn",), (SOURCE, f"{SOURCE}/two"), ("Arn",)),
    Vocabulary(("aws:SourceIdentity",), ("Saanvi", "alice")),
    Vocabulary(("kms:ViaService",), ("s3.us-east-1.amazonaws.com",)),
    Vocabulary(("aws:ViaAWSService",), YES_NO, ("Bool",)),
    Vocabulary(("aws:CalledVia",), SERVICES, several=True),
    Vocabulary(("aws:SourceVpce",), (ENDPOINT,)),
    Vocabulary(("aws:SourceVpc",), (VPC,)),
    Vocabulary(("aws:VpceAccount",), ACCOUNTS),
    Vocabulary(("aws:VpceOrgPaths",), (UNIT,), several=True),
    Vocabulary(("aws:SourceIp",), ("203.0.113.7", "198.51.100.1", "2001:db8::1", "2001:db8:1::1", "nowhere"), ("Ip",)),
    Vocabulary(("aws:RequestedRegion",), (REGION, OTHER_REGION), actions=("kms:Decrypt", "kms:CreateKey", "kms:ListKeys")),
    Vocabulary(("aws:ResourceAccount",), ACCOUNTS, actions=("kms:Decrypt", "kms:ListKeys", "kms:CreateAlias")),
    Vocabulary(("aws:ResourceOrgID",), (ORGANIZATION,)),
    Vocabulary(("aws:ResourceOrgPaths",), (UNIT,), several=True),
    Vocabulary(("aws:CurrentTime",), ("2026-01-01T00:00:00Z", "soon"), ("Date", "Numeric")),
    Vocabulary(("aws:EpochTime",), ("1767225600",), ("Date", "Numeric")),
    Vocabulary(("aws:MultiFactorAuthPresent",), (*YES_NO, "maybe"), ("Bool",)),
    Vocabulary(("aws:MultiFactorAuthAge",), ("300", "300.0", "many"), ("Numeric",)),
    Vocabulary(("aws:SecureTransport",), YES_NO, ("Bool",)),
    Vocabulary(("aws:TagKeys",), ("team", ""), several=True, actions=("kms:TagResource",)),
    Vocabulary(("kms:KeySpec", "kms:CustomerMasterKeySpec"), ("SYMMETRIC_DEFAULT", "RSA_2048"), actions=("kms:Decrypt",
               "kms:CreateKey", "kms:ListKeys", "kms:CreateAlias", "kms:FutureOperation")),
    Vocabulary(("kms:KeyUsage",), ("ENCRYPT_DECRYPT", "SIGN_VERIFY"), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("kms:KeyOrigin",), ("AWS_KMS", "EXTERNAL"), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("kms:MultiRegion",), YES_NO, ("Bool",), actions=("kms:Decrypt", "kms:CreateKey")),
    Vocabulary(("kms:MultiRegionKeyType",), ("PRIMARY", "REPLICA")),
    Vocabulary(("kms:EncryptionAlgorithm",), ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"), actions=("kms:Decrypt", "kms:Sign")),
    Vocabulary(("kms:PolicyName",), ("default", "AWS_RAM"), actions=("kms:PutKeyPolicy",)),
    Vocabulary(("kms:MessageType",), ("RAW", "DIGEST"), actions=("kms:Sign",)),
    Vocabulary(("kms:ScheduleKeyDeletionPendingWindowInDays",), ("7", "30"), ("Numeric",), ("kms:ScheduleKeyDeletion",)),
    Vocabulary(("kms:RotationPeriodInDays",), ("90", "365"), ("Numeric",), ("kms:EnableKeyRotation",)),
    Vocabulary(("kms:ReplicaRegion",), (OTHER_REGION,), actions=("kms:ReplicateKey",)),
    Vocabulary(("kms:PrimaryRegion",), (OTHER_REGION,), actions=("kms:UpdatePrimaryRegion",)),
    Vocabulary(("kms:GrantOperations",), GRANT_OPERATIONS[:3], actions=ON_CREATE_GRANT, several=True),
    Vocabulary(("kms:GranteePrincipal",), (ALICE, WORKER), ("Arn",), ON_CREATE_GRANT),
    Vocabulary(("kms:RetiringPrincipal",), (ALICE, WORKER), actions=ON_CREATE_GRANT),
    Vocabulary(("kms:GranteeServicePrincipal",), SERVICES, actions=ON_CREATE_GRANT),
    Vocabulary(("kms:GrantConstraintType",), ("EncryptionContextEquals", "EncryptionContextSubset"),
               actions=("kms:CreateGrant", "kms:RetireGrant")),
    Vocabulary(("kms:GrantConstraintSourceArn",), (SOURCE,), ("Arn",), ON_CREATE_GRANT),
    Vocabulary(("kms:GrantIsForAWSResource",), YES_NO, ("Bool",), ON_CREATE_GRANT),
    Vocabulary(("example:Binary",), ("QQ==", "Qg=="), ("Binary",)),
)
# fmt: on

ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = {
    "": (
        *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
        *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Null"),
    ),
    "Numeric": tuple(f"Numeric{order}" for order in ORDERS),
    "Date": tuple(f"Date{order}" for order in ORDERS),
    "Bool": ("Bool",),
    "Ip": ("IpAddress", "NotIpAddress"),
    "Arn": ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    "Binary": ("BinaryEquals",),
}
POLICY_VALUES = {
    "": ("*", "?", "", "b*", "alias/*", "A*", "a?p", "arn:aws:iam::*", "o-exampleorgid/*", "[a-z]*"),
    "Numeric": ("7", "30", "300", "300.00", "1767225600", HOME),
    "Date": ("2026", "2026-01", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1767225600", "2026-06-15T12:00Z"),
    "Bool": (*YES_NO, "True"),
    "Ip": ("203.0.113.0/24", "203.0.113.7", "203.0.113.9/24", "2001:db8::1", "2001:db8::2", "2001:db8::/64"),
    "Arn": (
        "*",
        f"arn:aws:iam::{HOME}:*",
        f"arn:aws:*::{HOME}:user/*",
        "arn:aws:iam::*:r*",
        "arn:*",
        f"{SOURCE[:-1]}?",
    ),
    "Binary": ("QQ==",),
}
VARIABLES = (
    *("${aws:username}", "${AWS:PrincipalTag/TEAM}", "${aws:PrincipalTag/team, 'blue'}", "${aws:ResourceTag/team}"),
    *("${*}", "b${?}ue", "${$}", "${aws:PrincipalAccount}", "arn:aws:iam::${aws:PrincipalAccount}:user/*"),
    *(
        "${kms:ResourceAliases}",
        "${kms:EncryptionContext:app}",
        "${kms:MessageType, 'RAW'}",
        "a${aws:username, 'lice'}",
    ),
    *("${aws:TagKeys, 'team'}", "${kms:EncryptionContext:app}*", "${aws:PrincipalArn}", "${kms:RequestAlias}"),
)
BOOLEAN_VARIABLES = ("${aws:SecureTransport}", "${aws:MultiFactorAuthPresent, 'true'}")


def rarely(strategy: SearchStrategy[Item], otherwise: Item, *, one_in: int = 4) -> SearchStrategy[Item]:
    return st.integers(1, one_in).flatmap(lambda number: strategy if number == one_in else st.just(otherwise))


def now_and_then(*, one_in: int = 4) -> SearchStrategy[bool]:
    return st.integers(1, one_in).map(lambda number: number == one_in)


def tuples(strategy: SearchStrategy[Item], *, low: int = 0, high: int = 2) -> SearchStrategy[tuple[Item, ...]]:
    return st.lists(strategy, min_size=low, max_size=high).map(tuple)


def some_of(items: Sequence[Item], *, low: int = 0, high: int = 3) -> SearchStrategy[tuple[Item, ...]]:
    return st.lists(st.sampled_from(items), min_size=low, max_size=high, unique=True).map(tuple)


@dataclass(frozen=True, slots=True)
class Theme:
    """What the documents of one world are about: the condition keys they test, and the names they know."""

    rows: tuple[Vocabulary, ...]
    people: tuple[str, ...] = PEOPLE

    @property
    def named(self) -> tuple[str, ...]:
        """Texts for an AWS principal, those that can match twice as often."""
        likely = [
            *self.people,
            *(text for arn in self.people for text in (SESSIONS.get(arn), UNIQUE_IDS.get(arn)) if text),
        ]
        return (*likely, *likely, *likely, *PEOPLE, GHOST, *SESSIONS.values(), *UNIQUE_IDS.values())


def themes(people: tuple[str, ...] = PEOPLE) -> SearchStrategy[Theme]:
    return some_of(VOCABULARY, low=1, high=2).map(lambda rows: Theme(rows, people))


@st.composite
def condition_tests(draw: DrawFn, theme: Theme, *, substitutes: bool) -> ConditionTest:
    row = draw(st.sampled_from(theme.rows))
    kind = draw(st.sampled_from(("", *row.types * 2)))
    operator = draw(st.sampled_from(OPERATORS[kind]))
    qualifiers: tuple[Qualifier, ...] = ("", "ForAllValues", "ForAnyValue")
    often = st.sampled_from(qualifiers)
    pool = (
        (*row.values * 2, *POLICY_VALUES[kind], *VARIABLES * substitutes)
        if kind in ("", "Arn")
        else POLICY_VALUES[kind]
    )
    if operator == "Null":
        pool = YES_NO
    elif kind == "Bool" and substitutes:
        pool = (*pool, *BOOLEAN_VARIABLES)
    return ConditionTest(
        operator=operator,
        qualifier=draw(often if row.several else rarely(often, "")),
        if_exists=operator != "Null" and draw(now_and_then()),
        key=draw(st.sampled_from(row.names)),
        values=draw(st.one_of(some_of(pool, low=1), some_of(pool, low=1, high=1), rarely(st.just(()), (pool[0],)))),
    )


def conditions(theme: Theme, *, substitutes: bool) -> SearchStrategy[tuple[ConditionTest, ...]]:
    """No two tests of one operator are of one key: such a document would have one name twice."""
    return st.lists(
        condition_tests(theme, substitutes=substitutes),
        min_size=0,
        max_size=2,
        unique_by=lambda test: (test.operator, test.qualifier, test.if_exists, test.key.lower()),
    ).map(tuple)


def principals(theme: Theme) -> SearchStrategy[Entries]:
    named = st.sampled_from((*theme.named, *ROOTS * 2, *ACCOUNTS, "*", "*")).map(
        lambda text: PrincipalEntry("AWS", text)
    )
    services = st.sampled_from(SERVICES).map(lambda text: PrincipalEntry("Service", text))
    nobody = st.just((PrincipalEntry("Federated", "cognito"), PrincipalEntry("CanonicalUser", "79a59df900b949e5")))
    one = tuples(st.one_of(named, named, named, services), low=1, high=1)
    return st.one_of(one, one, st.just(EVERYONE), tuples(st.one_of(named, services), low=0, high=3), nobody)


def exceptions(theme: Theme) -> SearchStrategy[Entries]:
    """Of a NotPrincipal: mostly with what makes it work (semantics N2)."""
    texts = st.tuples(some_of(theme.named, low=1), some_of(ROOTS, high=1), st.sampled_from(((), ROOTS, ROOTS)))
    services = rarely(st.sampled_from(SERVICES).map(lambda text: (PrincipalEntry("Service", text),)), ())
    entries = texts.map(lambda parts: tuple(PrincipalEntry("AWS", text) for part in parts for text in part))
    return st.tuples(entries, services).map(lambda parts: (*parts[0], *parts[1]))


ASPECTS = ("condition", "condition", "condition", "principal", "action", "resource", "all")


@st.composite
def statements(draw: DrawFn, kind: PolicyKind, theme: Theme, index: int, *, substitutes: bool) -> Statement:
    """One statement, plain but for one aspect or unusual in all of them."""
    aspect = draw(st.sampled_from(ASPECTS))
    effects: tuple[Effect, ...] = ("Deny",) if kind is PolicyKind.RCP else ("Allow", "Allow", "Deny")
    effect = draw(st.sampled_from(effects))
    named: Entries | None = EVERYONE if kind in (PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.RCP) else None
    not_named = None
    actions: tuple[str, ...] | None = ("kms:*",)
    resources: tuple[str, ...] | None = ("*",)
    not_actions, not_resources, tests = None, None, None
    if kind in (PolicyKind.KEY, PolicyKind.ENDPOINT):
        named = draw(principals(theme)) if aspect in ("principal", "all") or draw(now_and_then()) else named
        if effect == "Deny" and aspect == "principal" and draw(st.booleans()):
            named, not_named = None, draw(exceptions(theme))
    elif kind is PolicyKind.IDENTITY and aspect == "principal" and draw(st.booleans()):
        named = draw(principals(theme))
    if aspect in ("action", "all"):
        patterns = tuple(text for text in ACTION_PATTERNS if text != "*" or kind is not PolicyKind.RCP)
        actions = draw(some_of(patterns, low=1))
        if kind is not PolicyKind.RCP and draw(now_and_then()):
            actions, not_actions = None, actions
    if aspect in ("resource", "all"):
        resources = draw(st.one_of(some_of(RESOURCE_PATTERNS, low=1), some_of(RESOURCE_PATTERNS, low=1, high=1)))
        if draw(now_and_then()):
            resources, not_resources = None, resources
        elif kind is PolicyKind.KEY and draw(now_and_then(one_in=8)):
            resources = None
    if aspect in ("condition", "all"):
        tests = draw(conditions(theme, substitutes=substitutes))
    return Statement(
        index=index,
        sid=None,
        effect=effect,
        principals=named,
        not_principals=not_named,
        actions=actions,
        not_actions=not_actions,
        resources=resources,
        not_resources=not_resources,
        condition=tests,
    )


@st.composite
def policies(draw: DrawFn, kind: PolicyKind, theme: Theme | None = None) -> Policy:
    """A document of that kind; without a theme it is about anything."""
    about = theme or draw(themes())
    version = draw(rarely(st.sampled_from(("2008-10-17", None)), "2012-10-17", one_in=6))
    version = "2012-10-17" if kind is PolicyKind.RCP else version
    count = draw(st.sampled_from((1, 1, 2)))
    substitutes = version == "2012-10-17"
    written = [draw(statements(kind, about, index, substitutes=substitutes)) for index in range(count)]
    return Policy(name=kind.name.lower(), kind=kind, version=version, id=None, statements=tuple(written))


def full_access(kind: PolicyKind, *named: PrincipalEntry) -> Policy:
    """Everything is allowed; in a policy that has principals, to those who are named."""
    statement = Statement(0, None, "Allow", principals=named or None, actions=("*",), resources=("*",))
    return Policy(name="full-access", kind=kind, version="2012-10-17", id=None, statements=(statement,))


@st.composite
def attached(draw: DrawFn, kind: PolicyKind, theme: Theme) -> tuple[Policy, ...]:
    """What hangs somewhere: nothing, full access, a policy, or full access and a policy that may take from it."""
    full = (full_access(kind),)
    form = draw(st.sampled_from(("none", "full", "policy", "policy", "both", "both")))
    if form in ("none", "full"):
        return full if form == "full" else ()
    return (draw(policies(kind, theme)),) if form == "policy" else (*full, draw(policies(kind, theme)))


def constraints() -> SearchStrategy[Constraints]:
    pairs = some_of(PAIRS, high=2)
    source = rarely(st.just(SOURCE), None, one_in=6)
    return st.one_of(
        st.builds(Constraints, source_arn=source),
        st.builds(Constraints, encryption_context_equals=pairs, source_arn=source),
        st.builds(Constraints, encryption_context_subset=pairs, source_arn=source),
    )


@st.composite
def grants(draw: DrawFn, identifier: str, theme: Theme | None = None) -> Grant:
    """As ListGrants returns them; the request of CreateGrant where `identifier` is empty."""
    people = st.sampled_from((*(theme or Theme(())).named, *ROOTS * 2, SERVICES[0]))
    limits, operations = draw(constraints()), draw(some_of(GRANT_OPERATIONS, low=1, high=5))
    service = draw(rarely(st.sampled_from(SERVICES), None, one_in=6))
    retiring = draw(st.one_of(st.none(), people))
    retiring_service = draw(st.sampled_from((None, *SERVICES))) if retiring is None else None
    if service is not None:
        limits = replace(limits, source_arn=SOURCE)
        retiring_service = retiring_service or (None if retiring else SERVICES[0])
    return Grant(
        id=identifier,
        grantee_principal=draw(people) if service is None else None,
        grantee_service_principal=service,
        retiring_principal=retiring,
        retiring_service_principal=retiring_service,
        issuing_account=draw(st.sampled_from((None, None, *ACCOUNTS))) if identifier else None,
        operations=operations,
        constraints=limits,
    )


@st.composite
def children(draw: DrawFn, parent: Grant) -> Grant:
    """Requests of CreateGrant that are nearly what the parent permits (semantics G18, G19)."""
    limits = parent.constraints
    pairs = limits.encryption_context_equals or limits.encryption_context_subset or ()
    more = (*pairs, *draw(some_of([pair for pair in PAIRS if pair not in pairs], high=1)))
    fewer = pairs[:-1]
    changed = draw(st.sampled_from((pairs, pairs, more, more, fewer)))
    kept = draw(
        st.sampled_from((limits, limits, Constraints(changed), Constraints(None, changed), Constraints())),
    )
    source = limits.source_arn if draw(st.integers(0, 3)) else None
    extra = draw(rarely(st.sampled_from(GRANT_OPERATIONS).map(lambda name: (name,)), ()))
    operations = (*draw(some_of(parent.operations, low=1)), *extra)
    return Grant("", grantee_principal=ALICE, operations=operations, constraints=replace(kept, source_arn=source))


@st.composite
def keys(draw: DrawFn, number: int, theme: Theme) -> Key:
    account = draw(st.sampled_from((HOME, HOME, HOME, AWAY)))
    region = draw(st.sampled_from((REGION, REGION, OTHER_REGION)))
    multi_region = draw(now_and_then())
    owner = PrincipalEntry("AWS", draw(st.sampled_from((account, f"arn:aws:iam::{account}:root"))))
    form = draw(st.sampled_from(("delegation", "account", "everyone", "generated", "generated", "both", "both")))
    plain = {"everyone": EVERYONE, "account": tuple(PrincipalEntry("AWS", text) for text in ROOTS)}.get(form, (owner,))
    policy = (
        draw(policies(PolicyKind.KEY, theme)) if form in ("generated", "both") else full_access(PolicyKind.KEY, *plain)
    )
    if form == "both":
        policy = replace(policy, statements=(*full_access(PolicyKind.KEY, owner).statements, *policy.statements))
    tag = st.sampled_from(("blue", "red", ""))
    return Key(
        handle=f"key-{number}",
        arn=f"arn:aws:kms:{region}:{account}:key/{KEY_IDS[number]}",
        key_id=KEY_IDS[number],
        account=account,
        region=region,
        policy=policy,
        aliases=draw(some_of(ALIASES, high=2)),
        grants=tuple(draw(grants(f"grant-{index}", theme)) for index in range(draw(st.sampled_from((0, 0, 1, 2))))),
        tags=draw(st.fixed_dictionaries({}, optional={"team": tag, "Team": tag, "id": st.sampled_from(KEY_IDS)})),
        spec=draw(st.sampled_from(("SYMMETRIC_DEFAULT", "RSA_2048"))),
        origin=draw(st.sampled_from(("AWS_KMS", "AWS_KMS", "EXTERNAL"))),
        multi_region=multi_region,
        manager=draw(st.sampled_from(("CUSTOMER", "CUSTOMER", "CUSTOMER", "AWS"))),
        primary_region=draw(st.sampled_from((REGION, OTHER_REGION))) if multi_region else None,
    )


@st.composite
def people(draw: DrawFn, arn: str, theme: Theme) -> Principal:
    """The user or role of an ARN."""
    account, resource = arn.split(":")[4:]
    kind, *path, name = resource.split("/")
    team = st.sampled_from(("blue", "red", "*", "b?ue", KEY_IDS[0]))
    boundary = draw(attached(PolicyKind.BOUNDARY, theme)) if draw(now_and_then(one_in=3)) else ()
    return Principal(
        arn=arn,
        kind="user" if kind == "user" else "role",
        account=account,
        name=name,
        path="/".join(("", *path, "")),
        policies=draw(attached(PolicyKind.IDENTITY, theme)),
        boundary=boundary[-1] if boundary else None,
        tags=draw(st.fixed_dictionaries({}, optional={"team": team})),
        id=draw(st.sampled_from((None, UNIQUE_IDS.get(arn)))),
    )


@st.composite
def organizations(draw: DrawFn, theme: Theme) -> Organization:
    management = draw(st.sampled_from((MANAGEMENT, *ACCOUNTS)))
    members = [account for account in draw(some_of((HOME, AWAY), low=1)) if account != management]
    level = st.one_of(st.just((full_access(PolicyKind.SCP),)), attached(PolicyKind.SCP, theme))
    return Organization(
        id=ORGANIZATION,
        management_account=management,
        accounts={
            account: OrganizationAccount(
                id=account,
                path=draw(st.sampled_from((UNIT, f"{UNIT}ou-ab12-22222222/"))),
                service_control_policies=draw(st.one_of(st.none(), tuples(level, low=1))),
                resource_control_policies=draw(tuples(tuples(policies(PolicyKind.RCP, theme), high=1), high=1)),
            )
            for account in members
        },
    )


@st.composite
def worlds(draw: DrawFn) -> World:
    """Two accounts, some principals, up to three keys; sometimes an organization, sometimes an endpoint."""
    known = draw(some_of(PEOPLE, low=1, high=2))
    theme = draw(themes(known))
    endpoints: dict[str, VpcEndpoint] = {}
    if draw(now_and_then(one_in=3)):
        plain = full_access(PolicyKind.ENDPOINT, *EVERYONE)
        policy = draw(st.one_of(st.none(), policies(PolicyKind.ENDPOINT, theme), st.just(plain)))
        vpc, account = draw(st.sampled_from((None, VPC))), draw(st.sampled_from((None, *ACCOUNTS)))
        endpoints[ENDPOINT] = VpcEndpoint(ENDPOINT, policy, vpc, account)
    made = [draw(keys(number, theme)) for number in range(draw(st.sampled_from((1, 1, 1, 2, 3))))]
    return World(
        account=HOME,
        region=REGION,
        partition="aws",
        keys={key.handle: key for key in made},
        principals={arn: draw(people(arn, theme)) for arn in known},
        organization=draw(organizations(theme)) if draw(now_and_then(one_in=3)) else None,
        vpc_endpoints=endpoints,
    )


def _documents(world: World) -> Iterator[Policy | None]:
    yield from (key.policy for key in world.keys.values())
    yield from (endpoint.policy for endpoint in world.vpc_endpoints.values())
    for principal in world.principals.values():
        yield from (*principal.policies, principal.boundary)
    for account in world.organization.accounts.values() if world.organization else ():
        for level in (*(account.service_control_policies or ()), *account.resource_control_policies):
            yield from level


def _theme(world: World) -> Theme:
    """What the documents of a world are about, if anything."""
    documents = [policy for policy in _documents(world) if policy is not None]
    keys = {test.key for policy in documents for statement in policy.statements for test in statement.condition or ()}
    rows = tuple(row for row in VOCABULARY if keys & set(row.names))
    return Theme(rows or VOCABULARY[:1], tuple(world.principals))


@st.composite
def sessions(draw: DrawFn, name: str | None, theme: Theme) -> Session:
    return Session(
        name=name,
        policies=draw(attached(PolicyKind.SESSION, theme)) if draw(st.booleans()) else (),
        tags=draw(rarely(st.sampled_from(({"team": "blue"}, {"Team": "red"}, {"other": "x"})), {})),
        source_identity=draw(st.sampled_from((None, "Saanvi"))),
    )


@st.composite
def callers(draw: DrawFn, world: World, theme: Theme) -> Caller:
    """One of the world's principals or of their sessions, or somebody of whom the world says nothing."""
    kind = draw(st.sampled_from(("principal",) * 7 + ("ghost", "federated-user", "federated-user", "root", "service")))
    if kind == "service":
        return Caller("service", draw(st.sampled_from(SERVICES)), None, "aws")
    if kind == "root":
        account = draw(st.sampled_from((HOME, HOME, AWAY)))
        return Caller("root", f"arn:aws:iam::{account}:root", account, "aws")
    if kind == "federated-user":
        users = [principal for principal in world.principals.values() if principal.kind == "user"]
        user = draw(st.sampled_from((*users, *users, None)))
        account = user.account if user else draw(st.sampled_from(ACCOUNTS))
        session = draw(st.one_of(st.none(), sessions(None, theme), sessions(None, theme)))
        return Caller("federated-user", f"arn:aws:sts::{account}:federated-user/alice", account, "aws", user, session)
    ghost = Principal(GHOST, "role", HOME, "ghost", known=False)
    principal = ghost if kind == "ghost" else draw(st.sampled_from(list(world.principals.values())))
    if principal.kind == "user":
        return Caller("user", principal.arn, principal.account, "aws", principal)
    name = draw(st.sampled_from(("s1", "s1", "s2", None)))
    arn = f"arn:aws:sts::{principal.account}:assumed-role/{principal.name}/{name}" if name else principal.arn
    session = draw(st.one_of(st.none(), sessions(name, theme)))
    return Caller("role", arn, principal.account, "aws", principal, session)


@st.composite
def contexts(draw: DrawFn, theme: Theme) -> dict[str, tuple[str, ...]]:
    """Condition keys that the caller adds, no key in two spellings."""
    rows = dict.fromkeys((*draw(some_of(theme.rows)), *draw(some_of(VOCABULARY, high=1))))
    context: dict[str, tuple[str, ...]] = {}
    for row in rows:
        several = row.several or draw(now_and_then(one_in=6))
        context[draw(st.sampled_from(row.names))] = draw(some_of(row.values, low=not several, high=3 if several else 1))
    return context


@st.composite
def asks(draw: DrawFn, world: World) -> Ask:
    """One authorization in the world, mostly one that its documents are about."""
    theme = _theme(world)
    caller = draw(callers(world, theme))
    likely = tuple(action for row in theme.rows for action in row.actions)
    action = draw(st.one_of(st.sampled_from(likely), st.sampled_from((*REQUESTS, *COMMON_REQUESTS * 2))))
    key: Key | None = draw(st.sampled_from(list(world.keys.values())))
    alias = None
    if action in WITHOUT_KEY:
        key = None
    elif action in ON_ALIASES and draw(st.booleans()):
        key, account = None, draw(st.sampled_from((HOME, HOME, AWAY)))
        alias = f"arn:aws:kms:{REGION}:{account}:{draw(st.sampled_from(ALIASES))}"
    stored = key.grants if key else ()
    grant, via = None, None
    if action == "kms:CreateGrant":
        near = [children(parent) for parent in stored]
        grant = draw(st.one_of(st.none(), grants("", theme), *near, *near))
        via = draw(rarely(st.sampled_from(("grant-0", "grant-1")), None))
    elif action in ("kms:RetireGrant", "kms:RevokeGrant"):
        grant = draw(st.sampled_from((None, *stored)))
    pairs = st.fixed_dictionaries({}, optional={name: st.sampled_from((value, value, "*")) for name, value in PAIRS})
    return Ask(
        caller=caller,
        action=action,
        key=key,
        alias_arn=alias,
        request_alias=draw(st.sampled_from((None, *(key.aliases if key else ())))),
        context=draw(rarely(contexts(theme), {}, one_in=2)),
        encryption_context=draw(st.one_of(st.none(), pairs)),
        endpoint=draw(st.sampled_from((None, *world.vpc_endpoints.values()))) if caller.kind != "service" else None,
        at=draw(st.sampled_from(TIMES)),
        grant=grant,
        via_grant=via,
        region=draw(st.sampled_from((None, OTHER_REGION))),
    )
