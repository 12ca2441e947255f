"""All principals that matter to the keys of a world: those that it describes, and those that its policies only name.

Comes in: a world. Goes out: askers, each with the caller the engine decides for. Never here: deciding, output.

Besides principals with a name there are *anyone in account X* and *anyone at all*, wherever a policy or a grant names
an account or everyone. For them, and for principals that are only named and whose account the world does not describe,
some facts are unknown: which identity policies they have, and the condition keys in `unknown`. A principal that is
only named has no identity policies if the world describes others of its account, as in any decision.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from kms_eval.documents.model import Grant, PrincipalEntry, Statement
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.principals import account_of
from kms_eval.errors import InputError
from kms_eval.world.identity import is_account
from kms_eval.world.index import index_of
from kms_eval.world.model import Caller, Principal, World
from kms_eval.world.names import refuse_stranger

AskerKind = Literal["user", "role", "session", "federated user", "root", "service", "account", "everyone"]

ANYONE_AT_ALL = "anyone at all"

_NOBODY = "anyone"
"""Name of the role that stands for anyone; what could match it is left open, so no pattern is ever compared with it."""

_OF_A_PRINCIPAL = ("aws:principalarn", "aws:principaltag/", "aws:principaltype", "aws:userid", "aws:username")
_OF_AN_ACCOUNT = ("aws:principalorgid", "aws:principalorgpaths")
_TAGS = ("aws:principaltag/",)
_NAMES_ACCOUNT = frozenset({"kms:calleraccount", "aws:principalaccount"})
_NAMES_PRINCIPAL = "aws:principalarn"


@dataclass(frozen=True, slots=True, eq=False)
class Asker:
    """A principal, or anyone of many, whose access is asked about.

    `name` is the ARN, the service or words such as ``anyone at all``; `label` the same, short within the scenario's
    account. `described` tells that the world describes it, `open_policies` that it may have identity policies about
    which nothing is known. `unknown` are prefixes of the condition keys (lower case) about which nothing is known.
    """

    name: str
    label: str
    kind: AskerKind
    caller: Caller
    described: bool = True
    unknown: tuple[str, ...] = ()
    open_policies: bool = False

    @property
    def is_one(self) -> bool:
        """Whether it is a single principal, not anyone of many."""
        return self.kind not in {"account", "everyone"}


def askers(evaluator: Evaluator) -> tuple[Asker, ...]:
    """All askers of the evaluator's world: the described ones in its order, then those that are only named."""
    world = evaluator.world
    named = _Named()
    owners: dict[tuple[str, str], None] = {}
    for key in world.keys.values():
        owners.setdefault((key.partition, key.account))
        for statement in key.policy.statements:
            named.statement(statement, key.partition)
        for grant in key.grants:
            named.grant(grant)
    if named.everyone:
        named.accounts.update(owners)
    found: dict[str, Asker] = {}
    for text in (*world.principals, *named.principals):
        _add(found, evaluator, text)
    for partition, account in {**owners, **named.accounts, **named.roots}:
        _add(found, evaluator, f"arn:{partition}:iam::{account}:root")
    for text in named.services:
        _add(found, evaluator, text)
    anyone = [anyone_in(account, partition) for partition, account in named.accounts]
    if named.everyone:
        anyone.append(anyone_at_all(world))
    return (*found.values(), *anyone)


def label(name: str, world: World) -> str:
    """A principal's ARN as the short name it has within the scenario's account."""
    own = (f"arn:{world.partition}:iam::{world.account}:", f"arn:{world.partition}:sts::{world.account}:")
    return name.split(":", 5)[5] if name.startswith(own) else name


@dataclass(slots=True)
class _Named:
    """What policies and grants name, in their order."""

    principals: dict[str, None] = field(default_factory=dict)
    services: dict[str, None] = field(default_factory=dict)
    accounts: dict[tuple[str, str], None] = field(default_factory=dict)
    roots: dict[tuple[str, str], None] = field(default_factory=dict)
    """Accounts that are named only to be denied something."""
    everyone: bool = False

    def statement(self, statement: Statement, partition: str) -> None:
        if statement.principals is None and statement.not_principals is None:
            # Its principals are unknown: they may include anybody.
            self.everyone = self.everyone or statement.effect == "Allow"
        for entry in statement.principals or ():
            self._entry(entry, partition, allows=statement.effect == "Allow")
        for entry in statement.not_principals or ():
            self._entry(entry, partition, allows=False)
        for test in statement.condition or ():
            key = test.key.lower()
            if key == _NAMES_PRINCIPAL:
                self.principals.update((text, None) for text in test.values if not set(text) & set("*?$"))
            elif key in _NAMES_ACCOUNT:
                self.accounts.update(((partition, text), None) for text in test.values if is_account(text))

    def grant(self, grant: Grant) -> None:
        for text in (grant.grantee_principal, grant.retiring_principal):
            if text is not None:
                self._entry(PrincipalEntry("AWS", text), "aws", allows=True)
        for service in (grant.grantee_service_principal, grant.retiring_service_principal):
            if service is not None:
                self.services.setdefault(service)

    def _entry(self, entry: PrincipalEntry, partition: str, *, allows: bool) -> None:
        account = account_of(entry)
        if entry.value == "*":
            self.everyone = self.everyone or allows
        elif account is not None:
            where = (account[0] or partition, account[1])
            (self.accounts if allows else self.roots).setdefault(where)
        elif entry.kind == "Service":
            self.services.setdefault(entry.value)
        elif entry.kind == "AWS":
            self.principals.setdefault(entry.value)


_KINDS: dict[str, AskerKind] = {
    "user": "user",
    "role": "role",
    "federated-user": "federated user",
    "root": "root",
    "service": "service",
}


def asker_named(evaluator: Evaluator, text: str) -> Asker:
    """The asker that a name or an ARN means; raises InputError for what cannot make requests, and for strangers."""
    caller = evaluator.caller(text)
    refuse_stranger(evaluator.world, caller)
    return asker_of(evaluator, caller)


def asker_of(evaluator: Evaluator, caller: Caller) -> Asker:
    """The asker that a caller is, even if it is a stranger."""
    kind: AskerKind = "session" if ":assumed-role/" in caller.arn else _KINDS[caller.kind]
    described = caller.principal is None or caller.principal.known
    accounts = index_of(evaluator.world).described_accounts
    open_policies = not described and (caller.partition, caller.account or "") not in accounts
    unknown = _TAGS if open_policies else ()
    name = label(caller.arn, evaluator.world)
    return Asker(caller.arn, name, kind, caller, described, unknown, open_policies)


def _add(found: dict[str, Asker], evaluator: Evaluator, text: str) -> None:
    """Add one principal; a text that names none (a deleted principal's id, a malformed ARN) adds nothing."""
    try:
        asker = asker_named(evaluator, text)
    except InputError:
        return
    found.setdefault(asker.name, asker)


def _stranger(account: str, partition: str) -> Caller:
    arn = f"arn:{partition}:iam::{account}:role/{_NOBODY}"
    return Caller("role", arn, account, partition, Principal(arn, "role", account, _NOBODY, known=False))


def anyone_in(account: str, partition: str) -> Asker:
    """Any principal of the account that the world does not describe."""
    name = f"anyone in account {account}"
    caller = _stranger(account, partition)
    return Asker(name, name, "account", caller, described=False, unknown=_OF_A_PRINCIPAL, open_policies=True)


def anyone_at_all(world: World) -> Asker:
    """Any principal of an account that the world does not know."""
    unknown = (*_OF_A_PRINCIPAL, *_OF_AN_ACCOUNT)
    caller = _stranger(next(_unused_accounts(world)), world.partition)
    return Asker(ANYONE_AT_ALL, ANYONE_AT_ALL, "everyone", caller, described=False, unknown=unknown, open_policies=True)


def _unused_accounts(world: World) -> Iterator[str]:
    used = {key.account for key in world.keys.values()} | {each.account for each in world.principals.values()}
    if world.organization is not None:
        used |= {*world.organization.accounts, world.organization.management_account}
    return (text for text in (f"{number:012d}" for number in range(len(used) + 1)) if text not in used)
