# fmt: off
"""The rules of AWS KMS authorization a second time: slow, naive and short, to compare the engine with.

Comes in: a world and one authorization. Goes out: the decision, nothing else. Ids such as C6 name the rules.
Never here: anything of the engine or of the language rooms, speed, explanations.
"""
# ruff: noqa: E401, E701, E704, I001  # laid out by hand: a rule takes as few lines as it does in words
from __future__ import annotations

import base64, ipaddress, re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, product
from operator import eq, ge, gt, le, lt
from typing import Any, Literal
from kms_eval.documents.model import ConditionTest, Constraints, Grant, Policy, PolicyKind, PrincipalEntry, Statement
from kms_eval.facts.actions import ACTION, KEY, KEY_REQUEST_KEYS, KEY_RESOURCE_KEYS, Action
from kms_eval.facts.condition_keys import CONDITION_KEYS, find
from kms_eval.world.model import Caller, Key, OrganizationAccount, Principal, Session, VpcEndpoint, World

Values = tuple[str, ...] | None  # of a condition key; None: absent
Truth = frozenset[bool]  # what the readings of a text make of it (2R): an Allow must be YES, a Deny may be OPEN
YES, NO, OPEN = frozenset({True}), frozenset({False}), frozenset({True, False})
STAR, ONE = "\ue000", "\ue001"  # the wildcards of a pattern, apart from the characters `*` and `?`
REST = "\ue002"  # a session name that nobody told (S7)
UNKNOWN = Action("", "Read", KEY, KEY_REQUEST_KEYS, operations=(), source="", rcp=True)
NOBODY, NOWHERE, OUTSIDE = Principal("", "user", "", ""), VpcEndpoint(""), OrganizationAccount("", "")
CHAIN = ("kms:viaservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast")  # Q10
NEW_KEY = Key("", "", "", "", "", Policy("", PolicyKind.KEY, None, None, ()))  # what CreateKey makes by default (K2)
MULTIVALUED = {row.name.lower() for row in CONDITION_KEYS if row.multi_valued}
SYNONYMS = {row.name.lower(): row.synonym_of.lower() for row in CONDITION_KEYS if row.synonym_of}
OPTIONS = {"ScheduleKeyDeletionPendingWindowInDays": "30", "RotationPeriodInDays": "365", "MessageType": "RAW"}  # Z29
ORDER = {"Equals": eq, "LessThan": lt, "LessThanEquals": le, "GreaterThan": gt, "GreaterThanEquals": ge}
TYPES = {"user": "User", "role": "AssumedRole", "federated-user": "FederatedUser", "root": "Account"}  # Q1
DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?", re.ASCII)  # C16
ALL_NAMED = {"user": {"itself", "account"}, "role": {"itself", "entity", "account"}, "root": {"account"},
             "service": {"itself"}, "federated-user": {"itself", "entity", "account"}}  # N2, N5, Z20, S3
@dataclass(frozen=True)
class Ask:  # one authorization: a single permission on a single resource
    caller: Caller
    action: str
    key: Key | None = None  # None for operations without a key (R8)
    alias_arn: str | None = None  # for the alias half of an alias operation (T8), where `key` is None
    request_alias: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    encryption_context: Mapping[str, str] | None = None
    endpoint: VpcEndpoint | None = None
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    grant: Grant | None = None  # the request of CreateGrant; the grant concerned for RetireGrant and RevokeGrant
    via_grant: str | None = None
    region: str | None = None
def decide(world: World, ask: Ask) -> Literal["allowed", "explicitDeny", "implicitDeny"]:
    judge = Judge(world, ask)
    return "explicitDeny" if judge.has("Deny", *judge.documents()) else "allowed" if judge.allowed() else "implicitDeny"

def sure(value: object) -> Truth: return frozenset({bool(value)})
def every(truths: Iterable[Truth]) -> Truth: return frozenset(map(all, product(*truths)))
def some(truths: Iterable[Truth]) -> Truth: return frozenset(map(any, product(*truths)))
def negated(truth: Truth) -> Truth: return frozenset(not outcome for outcome in truth)
def readings(truths: Iterable[Truth]) -> Truth: return frozenset(chain(*truths))
def marked(text: str) -> str: return text.replace("*", STAR).replace("?", ONE)
def canonical(key: str) -> str: return SYNONYMS.get(key.strip().lower(), key.strip().lower())  # C3
def unordered(pairs: Iterable[Any] | None) -> set[Any] | None: return None if pairs is None else set(pairs)

def glob(pattern: str, value: str, narrow: int = 0, *, runs: bool = True) -> bool:  # `narrow`: fields with borders
    final = [runs and pattern[i] == STAR and pattern[i + 1 : i + 2] in ("", ":") for i in range(len(pattern))]  # S2
    ones = ["[^:]" if pattern.count(":", 0, i) < narrow and not final[i] else "." for i in range(len(pattern))]
    regex = "".join({STAR: one + "*", ONE: one}.get(c, re.escape(c)) for c, one in zip(pattern, ones, strict=True))
    return re.fullmatch(regex, value, re.DOTALL) is not None

def read(base: str, text: str) -> Any:  # the number, time, address, bytes or truth that a text stands for, if any
    try:
        if base == "IpAddress": return ipaddress.ip_address(text)
        if base == "BinaryEquals": return base64.b64decode(text, validate=True)
        if base == "Bool": return {"true": True, "false": False}.get(text.lower())  # C15
        if base.startswith("Date") and DATE.fullmatch(text):
            day = datetime.fromisoformat(text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text)
            return Decimal(str(day.replace(tzinfo=day.tzinfo or UTC).timestamp()))
        return Decimal(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII) else None
    except ValueError: return None

def names(wanted: str) -> set[str]:  # session names that a pattern may tell apart (S7)
    tails = [wanted[index:].replace(ONE, "x").replace(STAR, more) for index in range(len(wanted)) for more in ("", "x")]
    return {name for name in ("zz", "q" * 64, *tails) if re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII)}

def same(base: str, wanted: str, value: str) -> Truth:  # a policy value without variables, and one of the request
    if REST in value: return readings(same(base, wanted, value.replace(REST, name)) for name in names(wanted))
    if REST in wanted and base in ("StringEquals", "StringEqualsIgnoreCase"): return OPEN
    if base == "IpAddress": return sure(read(base, value) in ipaddress.ip_network(wanted, strict=False))
    if base.startswith(("Numeric", "Date", "Binary", "Bool")):
        order = ORDER[re.sub("Numeric|Date|Binary|Bool", "", base) or "Equals"]
        return sure(read(base, wanted) is not None and order(read(base, value), read(base, wanted)))
    if base.startswith("Arn") and set(wanted) == {STAR}: return OPEN  # Z15
    if base.startswith("Arn"):  # C18
        return sure(wanted.count(":") > 4 < value.count(":") and glob(wanted, value, 5, runs=False))
    if base in ("StringEquals", "StringLike"): return sure(glob(wanted, value))
    return sure(wanted.lower() == value.lower())

class Judge:
    def __init__(self, world: World, ask: Ask) -> None:
        self.world, self.ask, self.caller, self.principal = world, ask, ask.caller, ask.caller.principal or NOBODY
        self.service, self.root = self.caller.kind == "service", self.caller.kind == "root"
        self.row = ACTION.get(ask.action.lower(), UNKNOWN)  # A1
        self.name = self.row.name.removeprefix("kms:")
        self.key = ask.key if self.row.resources else None  # R9
        self.resource = self.key.arn if self.key else ask.alias_arn  # R2, R3; None: R8
        self.text = self.resource or "*"  # S1
        if self.name == "ListRetirableGrants": self.text = (ask.grant and ask.grant.retiring_principal) or ""  # S4
        self.owner = self.resource.split(":")[4] if self.resource else None
        self.region = self.resource.split(":")[3] if self.resource else ask.region or world.region  # Q7
        self.foreign = None not in (self.owner, self.caller.account) and self.owner != self.caller.account  # X1
        self.given = [(canonical(name), values or None) for name, values in ask.context.items()]  # C8
        self.forwarded = any(v for n, v in self.given if n in CHAIN or (n, v) == ("aws:viaawsservice", ("true",)))  # V6
        self.endpoint = None if self.service else ask.endpoint  # V8, E17
        self.session = Session() if self.root or self.service or not self.caller.session else self.caller.session
        self.about = (ask.grant,) if ask.grant else self.key.grants if self.key and self.name == "RetireGrant" else ()
        self.grant = self.about[0] if len(self.about) == 1 else Grant("")
        self.controls = self.place(self.caller.account, exempt=self.service).service_control_policies or ()  # O2, O7
        missing = () if self.key or self.name == "CreateKey" else KEY_RESOURCE_KEYS  # T1
        self.facts = [(name.lower(), values) for name, values in self.derive() if name.startswith("aws:")
                      or re.sub("(?<=Context:).*", "", name) in {*self.row.condition_keys} - {*missing}]
    def derive(self) -> Iterable[tuple[str, Values]]:  # sections 14 and 15; a key that comes twice has two readings
        ask, caller, grant, organization = self.ask, self.caller, self.grant, self.world.organization
        key, limits = self.key or NEW_KEY, self.grant.constraints
        endpoint = NOWHERE if self.forwarded or self.endpoint is None else self.endpoint  # S9
        account, service = (None, caller.arn) if self.service else (caller.account, None)  # Z31
        entity = self.principal if caller.kind in ("user", "role") else None
        last, uid = caller.arn.rsplit("/", 1)[-1] if ":sts:" in caller.arn else None, self.principal.id
        userid = {"root": account, "user": uid, "role": uid and f"{uid}:{last or REST}"}  # Q1, S7
        source = self.only("aws:sourceaccount") or (self.only("aws:sourcearn") + ":::::").split(":")[4]  # S11
        vpc = f"{self.caller.partition}:ec2:{self.region}:{endpoint.account}:vpc/{endpoint.vpc}"  # S9
        second = "false" if caller.kind == "user" and self.forwarded else None  # S8
        primary = "PRIMARY" if key.primary_region in (None, key.region) else "REPLICA"
        multi = key.multi_region or (not self.key and ("kms:multiregion", ("true",)) in self.given)
        kind = "EncryptionContextSubset" if limits.encryption_context_subset is not None else None
        kind = kind if limits.encryption_context_equals is None else "EncryptionContextEquals"
        stored = dict(limits.encryption_context_equals or limits.encryption_context_subset or ())
        pairs = stored if self.name == "RetireGrant" or ask.encryption_context is None else ask.encryption_context
        facts: dict[str, str | tuple[str, ...] | None] = {
            "aws:PrincipalArn": entity.arn if entity else None if service else caller.arn,
            "aws:userid": userid.get(caller.kind, last and f"{account}:{last}"),
            "aws:username": entity.name if entity and caller.kind == "user" else None,
            "aws:PrincipalType": TYPES.get(caller.kind), "aws:PrincipalIsAWSService": str(self.service).lower(),
            "aws:PrincipalServiceName": service, "aws:PrincipalServiceNamesList": service,
            "aws:SourceIdentity": self.session.source_identity, "aws:SourceVpce": endpoint.id or None,
            "aws:SourceVpc": endpoint.vpc, "aws:MultiFactorAuthPresent": second,
            "aws:SourceVpcArn": f"arn:{vpc}" if endpoint.vpc and endpoint.account else None,
            "aws:CurrentTime": ask.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(ask.at.timestamp())), "aws:SecureTransport": "true",
            "aws:ViaAWSService": str(self.forwarded).lower(), "aws:RequestedRegion": self.region,
            "kms:ReplicaRegion": ask.region, "kms:PrimaryRegion": ask.region, "kms:CallerAccount": account,
            "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT", "kms:PolicyName": "default", "kms:KeySpec": key.spec,
            "kms:KeyUsage": key.usage, "kms:KeyOrigin": key.origin, "kms:MultiRegion": str(key.multi_region).lower(),
            "kms:MultiRegionKeyType": primary if multi else None, "kms:RequestAlias": ask.request_alias,
            "kms:ResourceAliases": key.aliases, "kms:GranteePrincipal": grant.grantee_principal,
            "kms:RetiringPrincipal": grant.retiring_principal,
            "kms:GranteeServicePrincipal": grant.grantee_service_principal,
            "kms:RetiringServicePrincipal": grant.retiring_service_principal, "kms:GrantOperations": grant.operations,
            "kms:GrantConstraintType": kind, "kms:GrantConstraintSourceArn": limits.source_arn,
            "kms:EncryptionContextKeys": tuple(pairs)}
        owners = {"Principal": account, "Resource": self.owner if self.resource else account,  # S5
                  "Vpce": endpoint.account, "Source": source or None}
        for whose, owner in owners.items():
            facts[f"aws:{whose}Account"] = owner
            if organization and owner and owner in (organization.management_account, *organization.accounts):
                path = organization.accounts[owner].path if owner in organization.accounts else None
                facts |= {f"aws:{whose}OrgID": organization.id, f"aws:{whose}OrgPaths": path}
        own = [(t, v) for t, v in self.principal.tags.items() if t.lower() not in map(str.lower, self.session.tags)]
        facts |= {f"aws:PrincipalTag/{tag}": value for tag, value in (*self.session.tags.items(), *own)}  # Q3, Q5
        facts |= {f"aws:ResourceTag/{tag}": value for tag, value in key.tags.items()}
        facts |= {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
        yield from ((name, (v,) if isinstance(v, str) else v) for name, v in facts.items() if v not in (None, ()))
        yield from ((f"kms:{name}", values) for name, default in OPTIONS.items() for values in (None, (default,)))
        by_service = ("true",) if self.service or self.forwarded else None  # S6
        yield from (("kms:GrantIsForAWSResource", values) for values in (by_service or None, by_service or ("false",)))
        if caller.kind == "role" or (caller.kind == "user" and self.only("aws:tokenissuetime")):
            yield from (("aws:MultiFactorAuthPresent", (value,)) for value in ("true", "false"))
    def only(self, name: str) -> str:  # the one value that the question gives, else nothing
        return next((values[0] for key, values in self.given if key == name and values and len(values) == 1), "")
    def lookup(self, name: str, kind: PolicyKind) -> list[Values]:  # the readings of a condition key (C21)
        found = [values for key, values in self.given if key == name]
        row = find(name) if found else None
        if row and row.actions and (self.row.name or "kms:Decrypt") not in row.actions: found += [None]  # K4
        found = found or [values for key, values in self.facts if key == name] or [None]
        unsupported = name == "kms:resourcealiases" or name.startswith("aws:resourcetag/")
        return [*found, None] if unsupported and kind is PolicyKind.KEY else found  # K5, Z30
    def expand(self, text: str, policy: Policy, *, wild: bool) -> list[str | None]:  # section 13; None: no value
        mark = marked if wild else str
        pieces = re.split(r"\$\{([^}]*)\}", text) if policy.variables else [text]  # W1
        options: list[list[str | None]] = [[mark(piece)] for piece in pieces]
        for index in range(1, len(pieces), 2):
            name, comma, default = (part.strip() for part in pieces[index].partition(","))
            values = self.known.get(canonical(name)) or ((default[1:-1],) if comma else ())  # W5
            value = values[0] if len(values) == 1 and name.lower() not in MULTIVALUED else None  # W4
            live = value and mark(value).replace(REST, STAR if wild else REST)  # S7
            options[index] = [name] if name in ("*", "?", "$") else [value, live]  # W8, W9
        return [None if None in texts else "".join(map(str, texts)) for texts in product(*options)]  # W6, W10
    def covers(self, policy: Policy, pattern: str, *, excluding: bool) -> Truth:  # `excluding`: of NotResource
        if set(pattern) == {"*"}: return YES
        head = marked(":".join(pattern.split(":", 5)[:5]))
        tails = self.expand(pattern[len(head):], policy, wild=True) if pattern.count(":") > 4 else [""]  # W2
        missing = f":{STAR}" * (5 - pattern.count(":")) if pattern.startswith("arn:") else ""  # S2
        sure_of_it = policy.kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY)
        return readings(
            (OPEN if excluding else NO) if tail is None else  # W6, W7
            self.one_or_other(head + tail, head + missing, completes=sure_of_it) for tail in tails)
    def one_or_other(self, written: str, whole: str, *, completes: bool) -> Truth:  # S2
        return some((self.fits_arn(written), self.fits_arn(whole) | (frozenset() if completes else NO))
                    if whole.count(":") == 5 and written.count(":") < 5 else (self.fits_arn(written),))
    def fits_arn(self, pattern: str) -> Truth:
        if self.text == "*": return sure(glob(pattern, "*"))  # S1
        if not self.text:  # a principal that nobody named (S4)
            heads = [f"arn:{self.caller.partition}:{iam}::{self.caller.account}" for iam in ("iam", "sts")]
            head = ":".join(pattern.split(":", 5)[:5])
            whole, wild = pattern.count(":") > 4, {STAR, ONE} & {*pattern}
            return sure(any(glob(head, each) for each in heads) if whole else wild) | NO
        service = "".join(pattern.split(":")[2:3])  # R4: no wildcard in it
        strict = not {STAR, ONE} & {*service} and glob(pattern, self.text, 5)
        return sure(strict) | sure(glob(pattern, self.text))  # Z23
    def compare(self, base: str, policy: Policy, wanted: str, value: str) -> Truth:  # a policy with a request value
        bare = base == "IpAddress" and ":" in wanted and "/" not in wanted  # C17
        texts: list[str | None] = [wanted + "/128", wanted + "/32"] if bare else [wanted]
        if base.startswith(("String", "Arn", "Bool")):  # W2
            texts = self.expand(wanted, policy, wild=base == "StringLike" or base.startswith("Arn"))
        truth = readings(NO if text is None else same(base, text, value) for text in texts)  # W6
        return truth | NO if base == "Bool" and "${" in wanted else truth  # Z21
    def matches(self, policy: Policy, test: ConditionTest, value: str) -> Truth:  # any value or, with Not, none (C1)
        base = test.operator.replace("Not", "")
        if not base.startswith(("String", "Arn")) and read(base, value) is None:
            return OPEN if base == test.operator else YES  # C19
        found = some(self.compare(base, policy, wanted, value) for wanted in test.values)
        return found if base == test.operator else negated(found)
    def holds(self, policy: Policy, test: ConditionTest, values: Values) -> Truth:
        for_all, absent = test.qualifier == "ForAllValues", values is None
        if not test.values:  # C13
            return sure(absent) if for_all or test.if_exists else NO if test.qualifier else OPEN
        if test.operator == "Null":  # C8
            return sure(for_all if test.qualifier else any((t.lower() == "true") == absent for t in test.values))
        each = [self.matches(policy, test, value) for value in values or ()]
        if test.qualifier:  # C9, C10, S17
            nothing = sure(for_all) if values and not any(values) else frozenset()  # Z24
            return (every(each) if for_all else some(each)) | nothing
        if values is None: return sure(test.if_exists or "Not" in test.operator)  # C6, C7
        never = NO if canonical(test.key) in MULTIVALUED else frozenset()  # S18
        return sure(every(each) == YES) | sure(True in some(each)) | never  # C12, Z5
    def concerns(self, policy: Policy, statement: Statement) -> Truth:  # under each reading of the keys in it (2R)
        keys = {*dict(self.given), *dict(self.facts)}
        known = [[(key, values) for values in self.lookup(key, policy.kind)] for key in keys]
        return readings(self.applies(policy, statement, dict(combination)) for combination in product(*known))
    def applies(self, policy: Policy, statement: Statement, known: Mapping[str, Values]) -> Truth:
        self.known = known
        texts, excluding = statement.actions or statement.not_actions or (), statement.not_resources is not None
        action = sure(any(glob(marked(text.lower()), self.ask.action.lower()) for text in texts))  # A1, A2
        texts = statement.resources or statement.not_resources or ()  # R7: without any nothing matches
        resource = some(self.covers(policy, text, excluding=excluding) for text in texts)
        tests = [self.holds(policy, test, known.get(canonical(test.key))) for test in statement.condition or ()]
        return every((action if statement.not_actions is None else negated(action), negated(resource) if excluding
                      else resource, OPEN if statement.condition == () else YES, *tests))  # A5, R6, C14, C2
    def grade(self, entry: PrincipalEntry) -> str | None:  # "entity": as the role, or as a federated user's user
        if entry.kind == "*": return "anyone"
        if entry.kind == "AWS" and entry.value == "*": return "doubtful" if self.service else "anyone"  # P5, Z6
        if self.service: return "itself" if (entry.kind, entry.value) == ("Service", self.caller.arn) else None  # P6
        if entry.kind != "AWS": return None
        account = self.caller.account
        if entry.value in (account, f"arn:{self.caller.partition}:iam::{account}:root"): return "account"  # P2
        if entry.value in (self.principal.arn, self.principal.id):  # P7, P9, P11
            return "itself" if self.caller.kind == "user" else "entity"
        return "itself" if entry.value == self.caller.arn else None
    def named(self, statement: Statement) -> Truth:  # here an account is everybody in it (P13, V3)
        grades = {self.grade(entry) for entry in statement.principals or statement.not_principals or ()} - {None}
        if statement.not_principals is None:
            return YES if statement.principals is None or grades - {"doubtful"} else OPEN if grades else NO
        return sure(self.principal.boundary or not (ALL_NAMED[self.caller.kind] <= grades or "anyone" in grades))  # N3
    def has(self, effect: str, *given: Policy) -> bool:  # 2R
        hits = [every((self.named(s), self.concerns(p, s))) for p in given for s in p.statements if s.effect == effect]
        return YES in hits or (effect == "Deny" and OPEN in hits)
    def place(self, account: str | None, *, exempt: bool) -> OrganizationAccount:  # O1, O4, O8
        organization = None if exempt or self.caller.service_linked else self.world.organization
        if organization is None or account in (None, organization.management_account): return OUTSIDE
        return organization.accounts.get(account or "", OUTSIDE)
    def documents(self) -> Iterable[Policy]:  # whose Deny counts (E17)
        place = self.place(self.owner, exempt=not self.row.rcp or (self.key or NEW_KEY).manager == "AWS")  # O10
        key, principal = None if self.name == "RetireGrant" else self.key, self.principal  # G23
        yield from chain(*self.controls, *place.resource_control_policies, principal.policies, self.session.policies)
        yield from filter(None, (principal.boundary, self.endpoint and self.endpoint.policy, key and key.policy))
    def within_limits(self, *, strict: bool) -> bool:  # boundary and session (I4, I5); `strict`: Z9
        sessions, boundary = self.session.policies, self.principal.boundary
        in_session = self.has("Allow", *sessions) if sessions else not (strict and self.caller.kind == "federated-user")
        return in_session and (boundary is None or self.has("Allow", boundary))
    def identity(self) -> bool:  # I6; the root user is exempt from the default deny (E10, X9)
        return self.root or (self.has("Allow", *self.principal.policies) and self.within_limits(strict=True))
    def allowed(self) -> bool:
        if any(n == "aws:assumedroot" and "true" in map(str.lower, v or ()) for n, v in self.given): return False  # S12
        if self.foreign and (self.key is None or not self.row.cross_account): return False  # X7, T8
        if self.resource and self.resource.split(":")[1] != self.caller.partition: return False  # X1
        if not all(self.has("Allow", *level) for level in self.controls): return False  # O2
        if self.endpoint and self.endpoint.policy and not self.has("Allow", self.endpoint.policy): return False  # V1
        if self.key is None: return self.identity()  # R8, T8
        if self.name == "RetireGrant": return bool(self.about) and all(map(self.may_retire, self.about))
        only = self.ask.via_grant if self.name == "CreateGrant" else None
        granted = any(self.grants(grant) for grant in self.key.grants if only in (None, grant.id))
        return granted or (only is None and self.by_key_policy(self.key.policy))
    def by_key_policy(self, policy: Policy) -> bool:
        statements = [s for s in policy.statements if s.effect == "Allow" and self.concerns(policy, s) == YES]
        grades = {self.grade(entry) for s in statements for entry in s.principals or ()} - {None, "doubtful"}
        if self.foreign: return bool(grades) and self.identity()  # X2
        return bool(grades & {"itself", "anyone"}) or (  # E8, E9; E6
            "entity" in grades and self.within_limits(strict=True)) or ("account" in grades and self.identity())
    def holder(self, principal: str | None, service: str | None) -> str | None:  # how a grant names the caller (G3, G4)
        if self.service: return "itself" if self.caller.arn in (principal, service) else None
        grade = self.grade(PrincipalEntry("AWS", principal)) if principal else None
        if grade == "account" and not self.root: return "account"
        return "itself" if grade and (grade != "entity" or self.caller.kind == "role") else None
    def grants(self, grant: Grant) -> bool:  # alone (G7)
        holder = self.holder(grant.grantee_principal, grant.grantee_service_principal)
        listed = self.row.grantable and self.name in grant.operations  # G5
        abroad = self.foreign and (grant.issuing_account or self.owner) != self.caller.account  # X5, Z2
        enough = self.identity() if abroad or holder == "account" else self.within_limits(strict=False)  # Z3; Z1
        return holder is not None and listed and self.fits(grant.constraints, grant.operations) and enough
    def fits(self, limits: Constraints, operations: tuple[str, ...]) -> bool:
        equals, subset = unordered(limits.encryption_context_equals), unordered(limits.encryption_context_subset)
        source = self.lookup("aws:sourcearn", PolicyKind.IDENTITY) if self.service else None
        if limits.source_arn is not None and source != [(limits.source_arn,)]: return False  # G16, Z28
        if self.name != "CreateGrant":
            pairs = set((self.ask.encryption_context or {}).items())  # G12, G13, G15
            return not self.row.encryption_context or (equals in (None, pairs) and (subset or set()) <= pairs)
        wanted, child = self.lookup("kms:grantoperations", PolicyKind.IDENTITY)[0], self.grant.constraints
        exact, kept = unordered(child.encryption_context_equals), unordered(child.encryption_context_subset)
        kept = kept if exact is None else exact  # G18, G19
        return bool(wanted and set(wanted) <= set(operations) and limits.source_arn in (None, child.source_arn)
                    and equals in (None, exact) and (subset is None or (kept is not None and subset <= kept)))
    def may_retire(self, grant: Grant) -> bool:  # G23
        grantee = self.holder(grant.grantee_principal, grant.grantee_service_principal)
        retiring = self.holder(grant.retiring_principal, grant.retiring_service_principal)
        holders = retiring, grantee if "RetireGrant" in grant.operations else None
        delegated = self.caller.account == (grant.issuing_account or self.owner) or not (self.foreign or self.root)
        return "itself" in holders or ((delegated or "account" in holders) and self.identity())  # (a, b); (c, d), Z19
