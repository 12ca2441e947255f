"""Everybody a check is about: the principals of a world, and any others that may exist in its accounts and elsewhere.

Comes in: an evaluator. Goes out: people: askers of `analysis.access`, each with what is known about the principals it
stands for. Never here: what anybody may do.

If the world describes no principal of an account, the identity policies of that account are unknown: they may allow
anything. In other accounts a principal that is not described has none (contract, scenario files).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kms_eval.analysis.access.principals import Asker, anyone_at_all, anyone_in, asker_named, askers
from kms_eval.analysis.checking.services import other_services
from kms_eval.analysis.proving.automata import Clause, Pattern, TooManyStatesError, exactly, shortest
from kms_eval.analysis.proving.domains import Domain, domain, of_text, outside, principal_arns
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import InputError
from kms_eval.language.pattern import compile_text
from kms_eval.world.checks import OUTSIDE_ACCOUNT, OUTSIDE_ORGANIZATION, PUBLIC, Check
from kms_eval.world.index import index_of
from kms_eval.world.model import Key, World
from kms_eval.world.names import resolve_caller

_ARN = "aws:principalarn"
_ACCOUNT_KEYS = ("kms:calleraccount", "aws:principalaccount")


@dataclass(frozen=True, slots=True, eq=False)
class Someone:
    """One principal, or anyone of many (then `arns` are the ARNs it may have)."""

    asker: Asker
    arns: Domain | None = None
    elsewhere: tuple[str, ...] = ()
    """If its account is not known: the accounts that it is not in."""

    @property
    def account(self) -> str | None:
        """Its account; None for services, and for anyone of an account that the world does not know."""
        return None if self.asker.kind in {"service", "everyone"} else self.asker.caller.account

    def domain(self, key: str, world: World) -> Domain:
        """The values that a condition key (lower case) can have in its requests."""
        if self.arns is not None and key == _ARN:
            return self.arns
        found = domain(key, world)
        if self.elsewhere and key in _ACCOUNT_KEYS:
            known = tuple(exactly(account) for account in self.elsewhere)
            return replace(found, clauses=(*found.clauses, Clause(known, inside=False)))
        organization = world.organization
        if self.asker.kind == "everyone" and organization is not None:
            # Accounts that the organization does not list are outside it.
            ours = {"aws:principalorgid": organization.id, "aws:principalorgpaths": f"{organization.id}/*"}
            if key in ours:
                return replace(found, clauses=(*found.clauses, outside(ours[key])))
        return found

    def arn(self) -> str | None:
        """Its ARN, or that of one principal it stands for; None if none is found."""
        if self.arns is None:
            return self.asker.caller.arn
        clauses = self.arns.clauses
        for text in self.arns.examples:
            if all(clause.has(text) for clause in clauses):
                return text
        try:
            return shortest(clauses)
        except TooManyStatesError:
            return None


def everybody(evaluator: Evaluator) -> tuple[Someone, ...]:
    """All principals that the world describes or names, then anyone in each account of it, then anyone at all."""
    world = evaluator.world
    described = {account for _partition, account in index_of(world).described_accounts}
    named = [each for each in askers(evaluator) if each.is_one]
    people = [Someone(_closed(each, described)) for each in named]
    names = {each.name for each in named}
    people += map(Someone, other_services(evaluator, names))
    for account, partition in _accounts(world, named):
        root = f"arn:{partition}:iam::{account}:root"
        # In accounts without described principals, anyone may be allowed whatever root is allowed.
        if account in described and root not in names:
            people.append(Someone(asker_named(evaluator, root)))
    known = [exactly(each.name) for each in named]
    for account, partition in _accounts(world, named):
        arns = principal_arns(account, partition, but=known, within=())
        people.append(Someone(_closed(anyone_in(account, partition), described), arns))
    elsewhere = anyone_at_all(world)
    elsewhere = replace(elsewhere, unknown=(*elsewhere.unknown, *_ACCOUNT_KEYS))
    accounts = tuple(account for account, _partition in _accounts(world, named))
    known = [of_text(f"arn:*:*::{account}:*") for account in accounts]
    people.append(Someone(elsewhere, principal_arns(None, world.partition, but=known, within=()), accounts))
    return tuple(people)


def someone_of(asker: Asker, world: World) -> Someone:
    """The someone that an asker is, without regard to other askers."""
    if asker.is_one:
        return Someone(asker)
    account = asker.caller.account if asker.kind == "account" else None
    return Someone(asker, principal_arns(account, asker.caller.partition, but=(), within=()))


def _closed(asker: Asker, described: set[str]) -> Asker:
    """If the world describes principals of an account, one that is not described has no identity policies."""
    return replace(asker, described=True, open_policies=False) if asker.caller.account in described else asker


def _accounts(world: World, named: Sequence[Asker]) -> list[tuple[str, str]]:
    found = [(key.account, key.partition) for key in world.keys.values()]
    found += [(each.caller.account, each.caller.partition) for each in named if each.caller.account is not None]
    if world.organization is not None:
        members = (*world.organization.accounts, world.organization.management_account)
        found += [(account, world.partition) for account in members]
    return list(dict.fromkeys(found))


def subjects_of(check: Check, people: Sequence[Someone], evaluator: Evaluator) -> tuple[Someone, ...]:
    """The people that the check is about, whatever the key; anyone of many is narrowed to those it is about."""
    world = evaluator.world
    known = {each.asker.name for each in people}
    others = _beside_users_and_roles(check.who, evaluator)
    people = [*people, *(each for each in others if each.asker.name not in known)]
    if check.kind == "only":
        rest = [each for each in people if not _is_named(each, check.who, world)]
        return tuple(_narrowed(rest, check.who, world, within=False))
    return tuple(
        each
        for name in check.who
        for each in (people if name in _CLASSES else _fitting(people, name, world))
        if name not in _CLASSES or _CLASSES[name](each, world)
    )


def _beside_users_and_roles(names: Sequence[str], evaluator: Evaluator) -> Iterator[Someone]:
    """Those of the names that are neither users nor roles: services, sessions, root users of any account."""
    for name in names:
        if name in _CLASSES or set(name) & set("*?"):
            continue
        try:
            asker = asker_named(evaluator, name)
        except InputError:
            # A name that stands for no principal is allowed nothing.
            continue
        if asker.kind not in {"user", "role"}:
            yield Someone(asker)


def is_subject(check: Check, someone: Someone, key: Key, world: World) -> bool:
    """Whether the check is about one of its people on this key: with `outside-account` that depends on the key."""
    if check.kind != "nobody" or OUTSIDE_ACCOUNT not in check.who:
        return True
    if someone.asker.kind != "service" and someone.account != key.account:
        return True
    return is_subject_in_own_account(check, someone, world)


def is_subject_in_own_account(check: Check, someone: Someone, world: World) -> bool:
    """Whether a check that says `outside-account` is about someone on keys of its own account as well."""
    others = [name for name in check.who if name != OUTSIDE_ACCOUNT]
    return any(
        _CLASSES[name](someone, world) if name in _CLASSES else _is_named(someone, (name,), world) for name in others
    )


def _in_no_account_of_ours(someone: Someone, world: World) -> bool:
    organization = world.organization
    if someone.asker.kind == "service" or organization is None:
        return False
    account = someone.account
    return account not in organization.accounts and account != organization.management_account


_CLASSES: Mapping[str, Callable[[Someone, World], bool]] = {
    OUTSIDE_ACCOUNT: lambda someone, world: someone.asker.kind != "service",
    OUTSIDE_ORGANIZATION: _in_no_account_of_ours,
    PUBLIC: lambda someone, world: someone.asker.kind == "everyone",
}


def _fitting(people: Sequence[Someone], name: str, world: World) -> list[Someone]:
    if not set(name) & set("*?"):
        return [each for each in people if _is_named(each, (name,), world)] or _unmentioned(people, name, world)
    one = [each for each in people if each.arns is None and _is_named(each, (name,), world)]
    return [*one, *_narrowed([each for each in people if each.arns is not None], (name,), world, within=True)]


def _unmentioned(people: Sequence[Someone], name: str, world: World) -> list[Someone]:
    """Anyone of the account, narrowed to the one that is named."""
    return list(_narrowed([each for each in people if each.arns is not None], (name,), world, within=True))


def _narrowed(people: Sequence[Someone], names: Sequence[str], world: World, *, within: bool) -> Iterator[Someone]:
    patterns = [pattern for name in names for pattern in _patterns(name, world)]
    for each in people:
        if each.arns is None or not (patterns or within):
            yield each
            continue
        partition = each.asker.caller.partition
        narrower = principal_arns(
            each.account, partition, but=() if within else patterns, within=patterns if within else ()
        )
        clauses = (*each.arns.clauses, *narrower.clauses[1:])
        found = Someone(each.asker, replace(each.arns, clauses=clauses), each.elsewhere)
        if found.arn() is not None:
            yield found


def _patterns(name: str, world: World) -> Iterator[Pattern]:
    yield of_text(name if name.startswith("arn:") else f"arn:{world.partition}:iam::{world.account}:{name}")


def _is_named(someone: Someone, names: Sequence[str], world: World) -> bool:
    """Whether it has one of the names; a session has those of its role, too."""
    if someone.arns is not None:
        return False
    caller, asker = someone.asker.caller, someone.asker
    principal = caller.principal.arn if caller.principal is not None else caller.arn
    own = f"arn:{world.partition}:iam::{world.account}:"
    texts = {asker.name, asker.label, principal, principal.removeprefix(own)}
    for name in names:
        if set(name) & set("*?"):
            if any(map(compile_text(name), texts)):
                return True
        elif name in texts or resolve_caller(world, name).arn in texts:
            return True
    return False
