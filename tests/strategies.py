"""Small worlds and questions about them, in which everything is alike enough to collide.

Comes in: the tables of `vocabulary`. Goes out: model objects that the grammar could have read; hypothesis strategies
of them (`worlds`, `asks`, `policies`, `statements`, `grants`), and from a seed many questions at once (`questions`).
Never here: what the right answer is.

Two things make a rule decide often enough to be seen: in most worlds one layer is unusual, in one aspect of a
statement, and everything else is plain; and documents and requests of one world are about the same few condition keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

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
from kms_eval.world.model import Caller, Key, Organization, OrganizationAccount, Principal, Session, VpcEndpoint, World
from tests import vocabulary as words
from tests.picking import Drawn, Pick, Rolled, some
from tests.reference import Ask
from tests.vocabulary import VOCABULARY, Vocabulary

__all__ = ["VOCABULARY", "asks", "grants", "policies", "questions", "statements", "worlds"]

Entries = tuple[PrincipalEntry, ...]
Focus = PolicyKind | Literal["grants"] | None
KEY, IDENTITY, BOUNDARY, SESSION = PolicyKind.KEY, PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION
SCP, RCP, ENDPOINT = PolicyKind.SCP, PolicyKind.RCP, PolicyKind.ENDPOINT


@dataclass(frozen=True, slots=True)
class Theme:
    """What one world is about: condition keys, people, and the layer that is unusual (None: all of them)."""

    rows: tuple[Vocabulary, ...]
    people: tuple[str, ...] = words.PEOPLE
    focus: Focus = None

    def is_about(self, kind: PolicyKind) -> bool:
        return self.focus in (kind, None)

    def tests(self, word: str) -> bool:
        """Whether a condition key has the word in its name."""
        return any(word in name for row in self.rows for name in row.names)


FOCUSES: tuple[Focus, ...] = (*(KEY, IDENTITY, "grants") * 2, KEY, BOUNDARY, SESSION, SCP, RCP, ENDPOINT, None, None)


def make_theme(pick: Pick, people: tuple[str, ...] = words.PEOPLE) -> Theme:
    first, second = pick.one(words.INTRICATE), pick.one(VOCABULARY)
    return Theme(pick.one(((first,), (second,), (first, second))), people, pick.one(FOCUSES))


def make_name(pick: Pick, theme: Theme) -> str:
    """A text for an AWS principal, mostly one that can match."""
    arn = pick.one((*theme.people, *theme.people, *theme.people, *words.PEOPLE, words.GHOST))
    others = [text for text in (words.SESSIONS.get(arn), words.UNIQUE_IDS.get(arn)) if text]
    return pick.one((arn, arn, *others))


def make_test(pick: Pick, theme: Theme, *, substitutes: bool) -> ConditionTest:
    row = pick.one(theme.rows)
    kind = pick.one(("", *row.types * 2))
    operator = pick.one(words.OPERATORS[kind])
    qualifiers: tuple[Qualifier, ...] = ("", "ForAllValues", "ForAnyValue")
    pools = [words.POLICY_VALUES[kind]]
    if operator == "Null":
        pools = [words.YES_NO]
    elif kind in ("", "Arn"):
        pools += [row.values, row.values, words.VARIABLES if substitutes else row.values]
    elif kind == "Bool" and substitutes:
        pools += [words.BOOLEAN_VARIABLES]
    values = some(pick, pick.one(pools), low=1, high=pick.one((1, 1, 2)))
    values += some(pick, pools[-1], high=1) if pick.now() else ()
    return ConditionTest(
        operator=operator,
        qualifier=pick.one(qualifiers) if row.several or pick.now() else "",
        if_exists=operator != "Null" and pick.now(),
        key=pick.one(row.names),
        values=() if pick.now(one_in=16) else tuple(dict.fromkeys(values)),
    )


def make_condition(pick: Pick, theme: Theme, *, substitutes: bool) -> tuple[ConditionTest, ...]:
    """No two tests of one operator are of one key: such a document would have one name twice."""
    tests = [make_test(pick, theme, substitutes=substitutes) for _ in range(pick.one((1, 1, 1, 1, 2, 2, 0)))]
    return tuple({(t.operator, t.qualifier, t.if_exists, t.key.lower()): t for t in tests}.values())


def make_principals(pick: Pick, theme: Theme) -> Entries:
    form = pick.one(("name", "name", "name", "account", "anyone", "service", "several", "everyone", "nobody"))
    if form == "several":
        several = [entry for _ in range(pick.one((2, 3, 0))) for entry in make_principals(pick, theme)]
        kinds = ("*", "AWS", "Service", "Federated", "CanonicalUser")  # in the order in which they are read
        ordered = tuple(sorted(dict.fromkeys(several), key=lambda entry: kinds.index(entry.kind)))
        return words.EVERYONE if ordered[:1] == words.EVERYONE else ordered
    return {
        "name": (PrincipalEntry("AWS", make_name(pick, theme)),),
        "account": (PrincipalEntry("AWS", pick.one((*words.ROOTS, *words.ACCOUNTS))),),
        "anyone": (PrincipalEntry("AWS", "*"),),
        "service": (PrincipalEntry("Service", pick.one(words.SERVICES)),),
        "everyone": words.EVERYONE,
        "nobody": (PrincipalEntry("Federated", "cognito"), PrincipalEntry("CanonicalUser", "79a59df900b949e5")),
    }[form]


def make_exceptions(pick: Pick, theme: Theme) -> Entries:
    """A NotPrincipal, mostly with what makes it work (semantics N2)."""
    arn = pick.one(theme.people)
    likely = tuple(text for text in (arn, words.SESSIONS.get(arn)) if text)
    named = (*pick.one((likely, likely, likely[:1], likely[-1:])), *pick.one((words.ROOTS, words.ROOTS, ())))
    services = tuple(PrincipalEntry("Service", name) for name in some(pick, words.SERVICES, high=1))
    return (*(PrincipalEntry("AWS", text) for text in named), *services)


ASPECTS = (*("condition",) * 4, "principal", "principal", "action", "resource", "all")


def make_statement(pick: Pick, kind: PolicyKind, index: int, theme: Theme, *, substitutes: bool) -> Statement:
    """One statement, plain but for one aspect or unusual in all of them."""
    aspect = pick.one(ASPECTS)
    effects: tuple[Effect, ...] = ("Deny",) if kind is RCP else ("Allow", "Deny")
    effect = pick.one(effects)
    named: Entries | None = words.EVERYONE if kind in (KEY, ENDPOINT, RCP) else None
    actions: tuple[str, ...] | None = ("kms:*",)
    resources: tuple[str, ...] | None = ("*",)
    not_named, not_actions, not_resources, tests = None, None, None, None
    if kind in (KEY, ENDPOINT) and (aspect in ("principal", "all") or pick.now()):
        named = make_principals(pick, theme)
        if effect == "Deny" and aspect == "principal" and pick.now(one_in=2):
            named, not_named = None, make_exceptions(pick, theme)
    elif kind is IDENTITY and aspect == "principal" and pick.now(one_in=2):
        named = make_principals(pick, theme)
    if aspect in ("action", "all"):
        actions = some(pick, [text for text in words.ACTION_PATTERNS if text != "*" or kind is not RCP], low=1)
        if kind is not RCP and pick.now():
            actions, not_actions = None, actions
    if aspect in ("resource", "all"):
        resources = some(pick, words.RESOURCE_PATTERNS, low=1, high=pick.one((1, 1, 3)))
        if pick.now():
            resources, not_resources = None, resources
        elif kind is KEY and pick.now(one_in=8):
            resources = None
    if aspect in ("condition", "all"):
        tests = make_condition(pick, theme, substitutes=substitutes)
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


def make_policy(pick: Pick, kind: PolicyKind, theme: Theme) -> Policy:
    """A document of that kind, mostly of one statement."""
    version = pick.one(("2008-10-17", None)) if kind is not RCP and pick.now(one_in=8) else "2012-10-17"
    substitutes = version == "2012-10-17"
    count = 2 if pick.now() else 1
    written = [make_statement(pick, kind, index, theme, substitutes=substitutes) for index in range(count)]
    return Policy(name=kind.name.lower(), kind=kind, version=version, id=None, statements=tuple(written))


def full_access(kind: PolicyKind, *named: PrincipalEntry) -> Policy:
    """Everything is allowed; in a policy that has principals, to those who are named."""
    statement = Statement(0, None, "Allow", principals=named or None, actions=("*",), resources=("*",))
    return Policy(name="full-access", kind=kind, version="2012-10-17", id=None, statements=(statement,))


def no_access(kind: PolicyKind) -> Policy:
    """Nothing of AWS KMS is allowed, and nothing denied."""
    return replace(full_access(kind), statements=(Statement(0, None, "Allow", actions=("s3:*",), resources=("*",)),))


def with_access(policy: Policy, *named: PrincipalEntry) -> Policy:
    """What denies from nothing decides nothing: before it everything is allowed."""
    return replace(policy, statements=(*full_access(policy.kind, *named).statements, *policy.statements))


def make_attached(pick: Pick, kind: PolicyKind, theme: Theme) -> tuple[Policy, ...]:
    """What hangs somewhere: full access or none, or a policy that decides, or one that may take from full access."""
    full = full_access(kind)
    if not theme.is_about(kind) or pick.now():
        silent = pick.now(one_in=2 if theme.focus == "grants" and kind is IDENTITY else 4)
        return pick.one(((), (no_access(kind),))) if silent else (full,)
    policy = make_policy(pick, kind, theme)
    return (full, policy) if policy.statements[0].effect == "Deny" or pick.now(one_in=8) else (policy,)


def make_grant(pick: Pick, identifier: str, theme: Theme) -> Grant:
    """As ListGrants returns it; the request of CreateGrant where `identifier` is empty."""

    def name() -> str:
        return pick.one((make_name(pick, theme), make_name(pick, theme), *words.ROOTS, words.SERVICES[0]))

    pairs = some(pick, words.PAIRS, high=2)
    limits = pick.one((Constraints(), Constraints(pairs), Constraints(None, pairs)))
    service = pick.one(words.SERVICES) if pick.now(one_in=6) else None
    retiring = name() if pick.now(one_in=2) else None
    retiring_service = pick.one((None, *words.SERVICES)) if retiring is None else None
    if service is not None:
        retiring_service = retiring_service or (None if retiring else words.SERVICES[0])
    return Grant(
        id=identifier,
        grantee_principal=name() if service is None else None,
        grantee_service_principal=service,
        retiring_principal=retiring,
        retiring_service_principal=retiring_service,
        issuing_account=pick.one((None, *words.ACCOUNTS)) if identifier else None,
        operations=some(pick, words.GRANT_OPERATIONS, low=2, high=5),
        constraints=replace(limits, source_arn=words.SOURCE) if service or pick.now(one_in=6) else limits,
    )


def make_child(pick: Pick, parent: Grant) -> Grant:
    """A request of CreateGrant that is nearly what the parent permits (semantics G18, G19)."""
    limits = parent.constraints
    pairs = limits.encryption_context_equals or limits.encryption_context_subset or ()
    more = tuple(dict([*pairs, pick.one(words.PAIRS)]).items())
    changed = pick.one((pairs, more, pairs[:-1], pairs[::-1]))
    kept = pick.one((limits, limits, Constraints(changed), Constraints(None, changed), Constraints()))
    operations = some(pick, parent.operations, low=1)
    operations += some(pick, words.GRANT_OPERATIONS, low=1, high=1) if pick.now() else ()
    source = None if pick.now() else limits.source_arn
    return Grant("", grantee_principal=words.ALICE, operations=operations, constraints=replace(kept, source_arn=source))


def make_key(pick: Pick, number: int, theme: Theme) -> Key:
    account = pick.one((words.HOME, words.HOME, words.HOME, words.AWAY))
    region = pick.one((words.REGION, words.REGION, words.OTHER_REGION))
    multi_region = pick.now(one_in=2 if theme.tests("MultiRegion") else 4)
    owner = (PrincipalEntry("AWS", pick.one((account, f"arn:aws:iam::{account}:root"))),)
    accounts = tuple(PrincipalEntry("AWS", text) for text in words.ROOTS)
    if theme.is_about(KEY):
        policy = make_policy(pick, KEY, theme)
        if policy.statements[0].effect == "Deny" or pick.now(one_in=6):
            policy = with_access(policy, *pick.one((words.EVERYONE, owner)))
    else:
        policy = full_access(KEY, *pick.one((owner, owner if theme.focus == "grants" else accounts)))
    tags = {tag: pick.one(("blue", "red", "")) for tag in some(pick, ("team", "Team"))}
    return Key(
        handle=f"key-{number}",
        arn=f"arn:aws:kms:{region}:{account}:key/{words.KEY_IDS[number]}",
        key_id=words.KEY_IDS[number],
        account=account,
        region=region,
        policy=policy,
        aliases=some(pick, words.ALIASES, high=2),
        grants=tuple(
            make_grant(pick, f"grant-{index}", theme)
            for index in range(pick.one((1, 2) if theme.focus == "grants" else (0, 0, 1)))
        ),
        tags=tags | ({"id": pick.one(words.KEY_IDS)} if pick.now(one_in=2) else {}),
        spec=pick.one(("SYMMETRIC_DEFAULT", "RSA_2048")),
        origin=pick.one(("AWS_KMS", "EXTERNAL")),
        multi_region=multi_region,
        manager=pick.one(("CUSTOMER", "CUSTOMER", "CUSTOMER", "AWS")),
        primary_region=pick.one((words.REGION, words.OTHER_REGION)) if multi_region else None,
    )


def make_principal(pick: Pick, arn: str, theme: Theme) -> Principal:
    """The user or role of an ARN."""
    account, resource = arn.split(":")[4:]
    kind, *path, name = resource.split("/")
    boundary = None
    if theme.focus is BOUNDARY or pick.now():
        plain = pick.one((full_access(BOUNDARY), no_access(BOUNDARY)))
        boundary = make_policy(pick, BOUNDARY, theme) if theme.is_about(BOUNDARY) else plain
        if boundary.statements[0].effect == "Deny":
            boundary = with_access(boundary)
    return Principal(
        arn=arn,
        kind="user" if kind == "user" else "role",
        account=account,
        name=name,
        path="/".join(("", *path, "")),
        policies=make_attached(pick, IDENTITY, theme),
        boundary=boundary,
        tags={"team": pick.one(("blue", "red", "*", "b?ue", words.KEY_IDS[0]))} if pick.now(one_in=2) else {},
        id=pick.one((None, words.UNIQUE_IDS.get(arn))),
    )


def make_organization(pick: Pick, theme: Theme) -> Organization:
    full: tuple[Policy, ...] = (full_access(SCP),)

    def place(account: str) -> OrganizationAccount:
        levels = [pick.one((full, make_attached(pick, SCP, theme))) for _ in range(pick.one((1, 2)))]
        denials = (make_policy(pick, RCP, theme),) if theme.is_about(RCP) else ()
        return OrganizationAccount(
            id=account,
            path=pick.one((words.UNIT, f"{words.UNIT}ou-ab12-22222222/")),
            service_control_policies=None if pick.now() else tuple(levels),
            resource_control_policies=(denials,) if pick.now(one_in=2) else ((), denials),
        )

    management = pick.one((words.MANAGEMENT, words.MANAGEMENT, *words.ACCOUNTS))
    members = some(pick, words.ACCOUNTS, low=1)
    return Organization(words.ORGANIZATION, management, {account: place(account) for account in members})


def make_endpoint(pick: Pick, theme: Theme) -> VpcEndpoint:
    policy = pick.one((None, full_access(ENDPOINT, *words.EVERYONE)))
    if theme.is_about(ENDPOINT):
        policy = make_policy(pick, ENDPOINT, theme)
        policy = with_access(policy, *words.EVERYONE) if policy.statements[0].effect == "Deny" else policy
    return VpcEndpoint(words.ENDPOINT, policy, pick.one((None, words.VPC)), pick.one((None, *words.ACCOUNTS)))


def make_world(pick: Pick) -> World:
    people = some(pick, words.PEOPLE, low=1, high=2)
    theme = make_theme(pick, people)
    organized = theme.focus in (SCP, RCP) or theme.tests("Org") or pick.now()
    connected = theme.focus is ENDPOINT or theme.tests("Vpc") or pick.now()
    keys = [make_key(pick, number, theme) for number in range(pick.one((1, 1, 1, 2, 3)))]
    return World(
        account=words.HOME,
        region=words.REGION,
        partition="aws",
        keys={key.handle: key for key in keys},
        principals={arn: make_principal(pick, arn, theme) for arn in people},
        organization=make_organization(pick, theme) if organized else None,
        vpc_endpoints={words.ENDPOINT: make_endpoint(pick, theme)} if connected else {},
        strangers=True,
    )


def _documents(world: World) -> Iterator[Policy | None]:
    yield from (key.policy for key in world.keys.values())
    yield from (endpoint.policy for endpoint in world.vpc_endpoints.values())
    for principal in world.principals.values():
        yield from (*principal.policies, principal.boundary)
    for account in world.organization.accounts.values() if world.organization else ():
        for level in (*(account.service_control_policies or ()), *account.resource_control_policies):
            yield from level


def _theme(pick: Pick, world: World) -> Theme:
    """What the documents of a world are about. Where they have no conditions, session policies may be unusual."""
    documents = [policy for policy in _documents(world) if policy is not None]
    tested = {test.key for policy in documents for statement in policy.statements for test in statement.condition or ()}
    rows = tuple(row for row in VOCABULARY if tested & set(row.names))
    focus = SESSION if not rows or pick.now() else KEY
    return Theme(rows or make_theme(pick).rows, tuple(world.principals), focus)


def make_session(pick: Pick, name: str | None, theme: Theme) -> Session:
    return Session(
        name=name,
        policies=make_attached(pick, SESSION, theme) if pick.now(one_in=2) else (),
        tags=pick.one(({"team": "blue"}, {"Team": "red"}, {"other": "x"})) if pick.now() else {},
        source_identity=pick.one((None, "Saanvi")),
    )


CALLERS = (*("principal",) * 7, "ghost", "federated-user", "federated-user", "root", "service")


def make_caller(pick: Pick, world: World, theme: Theme, grants: tuple[Grant, ...]) -> Caller:
    """One of the world's principals or of their sessions, or somebody of whom the world says nothing."""
    people = tuple(world.principals.values())
    names = {name for grant in grants for name in (grant.grantee_principal, grant.retiring_principal)}
    grantees = tuple(
        one for one in people if names & {one.arn, words.SESSIONS.get(one.arn), words.UNIQUE_IDS.get(one.arn)}
    )
    kind = pick.one(CALLERS)
    if kind == "service":
        return Caller("service", pick.one(words.SERVICES), None, "aws")
    if kind == "root":
        account = pick.one((words.HOME, words.HOME, words.AWAY))
        return Caller("root", f"arn:aws:iam::{account}:root", account, "aws")
    if kind == "federated-user":
        users = [principal for principal in people if principal.kind == "user"]
        user = pick.one((*users, *users, None))
        account = user.account if user else pick.one(words.ACCOUNTS)
        passed = make_session(pick, "alice", theme)
        return Caller("federated-user", f"arn:aws:sts::{account}:federated-user/alice", account, "aws", user, passed)
    ghost = Principal(words.GHOST, "role", words.HOME, "ghost", known=False)
    principal = ghost if kind == "ghost" else pick.one(pick.one((people, grantees or people)))
    if principal.kind == "user":
        return Caller("user", principal.arn, principal.account, "aws", principal)
    name = pick.one(("s1", "s1", "s2", None))
    arn = f"arn:aws:sts::{principal.account}:assumed-role/{principal.name}/{name}" if name else principal.arn
    session = make_session(pick, name, theme) if name or pick.now(one_in=2) else None
    return Caller("role", arn, principal.account, "aws", principal, session)


def make_context(pick: Pick, theme: Theme) -> dict[str, tuple[str, ...]]:
    """Condition keys that the caller adds, no key in two spellings."""
    known = {row.names[0]: row for row in VOCABULARY}
    likely = (known["kms:ViaService"], known["aws:SourceArn"], known["kms:GrantOperations"])
    rows = [row for row in theme.rows if pick.now(one_in=2)]
    rows += [pick.one((*likely, pick.one(VOCABULARY)))] if pick.now() else []
    context: dict[str, tuple[str, ...]] = {}
    for row in dict.fromkeys(rows):
        several = row.several or pick.now(one_in=8)
        context[pick.one(row.names)] = some(pick, row.values, low=not several, high=3 if several else 1)
    return context


def make_ask(pick: Pick, world: World) -> Ask:
    theme = _theme(pick, world)
    key: Key | None = pick.one(tuple(world.keys.values()))
    caller = make_caller(pick, world, theme, key.grants if key else ())
    likely = [action for row in theme.rows for action in row.actions]
    granted = [f"kms:{name}" for name in words.GRANT_OPERATIONS] if key and key.grants else likely
    action = pick.one(pick.one((likely, granted, (*words.REQUESTS, *words.COMMON_REQUESTS * 2))))
    alias = None
    if action in words.WITHOUT_KEY:
        key = None
    elif action in words.ON_ALIASES and pick.now(one_in=2):
        account = pick.one((words.HOME, words.HOME, words.AWAY))
        key, alias = None, f"arn:aws:kms:{words.REGION}:{account}:{pick.one(words.ALIASES)}"
    stored = key.grants if key else ()
    grant, via = None, None
    if action == "kms:CreateGrant":
        near = [make_child(pick, parent) for parent in stored]
        grant = pick.one((None, make_grant(pick, "", theme), *near, *near))
        via = pick.one(("grant-0", "grant-1")) if pick.now() else None
    elif action == "kms:ListRetirableGrants":
        grant = pick.one((None, Grant("", retiring_principal=pick.one(words.PEOPLE))))
    elif action in ("kms:RetireGrant", "kms:RevokeGrant"):
        grant = pick.one((None, *stored))
    sent = {name: pick.one((value, value, "*")) for name, value in some(pick, words.PAIRS)}
    return Ask(
        caller=caller,
        action=action,
        key=key,
        alias_arn=alias,
        request_alias=pick.one((None, *(key.aliases if key else ()))),
        context=make_context(pick, theme) if not pick.now(one_in=3) else {},
        encryption_context=None if pick.now(one_in=3) else sent,
        endpoint=pick.one((None, *world.vpc_endpoints.values())) if caller.kind != "service" else None,
        at=pick.one(words.TIMES),
        grant=grant,
        via_grant=via,
        region=pick.one((None, words.OTHER_REGION)),
    )


def questions(seed: int, *, worlds: int, asks: int = 10) -> Iterator[tuple[World, Ask]]:
    """The same questions for the same seed: `asks` of them about each of so many `worlds`."""
    pick = Rolled(Random(seed))  # noqa: S311 - nothing here is secret
    for _ in range(worlds):
        world = make_world(pick)
        yield from ((world, make_ask(pick, world)) for _ in range(asks))


@st.composite
def worlds(draw: DrawFn) -> World:
    """Two accounts, some principals, up to three keys; sometimes an organization, sometimes an endpoint."""
    return make_world(Drawn(draw))


@st.composite
def asks(draw: DrawFn, world: World) -> Ask:
    """One authorization in the world, mostly one that its documents are about."""
    return make_ask(Drawn(draw), world)


@st.composite
def policies(draw: DrawFn, kind: PolicyKind) -> Policy:
    """A document of that kind, about anything."""
    pick = Drawn(draw)
    return make_policy(pick, kind, make_theme(pick))


@st.composite
def statements(draw: DrawFn, kind: PolicyKind, index: int, *, substitutes: bool) -> Statement:
    """A statement for such a document; `substitutes`: its version has policy variables."""
    pick = Drawn(draw)
    return make_statement(pick, kind, index, make_theme(pick), substitutes=substitutes)


def grants(identifier: str) -> SearchStrategy[Grant]:
    """A grant of that id; the request of CreateGrant where it is empty."""
    return st.composite(lambda draw: make_grant(Drawn(draw), identifier, Theme(())))()
