"""All principals whose requests could show a difference: described, named anywhere, or strangers.

Comes in: a world and test cases. Goes out: callers, each with its name for requests. Never here: deciding.

`principals` lists the principals that policies of a world apply to. This also has those that no policy applies to yet,
as a policy with a mistake may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kms_eval.analysis.access.principals import askers, label
from kms_eval.documents.model import Policy
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import InputError
from kms_eval.world.cases import TestCase
from kms_eval.world.identity import is_account, is_service
from kms_eval.world.model import Caller, Session, World, policies_of

_STRANGERS = ("role/anyone-else", "user/anyone-else", "root", "federated-user/anyone-else")
_OUTSIDE = "000000000002"
_SERVICE = "s3.amazonaws.com"
_SOMEWHERE, _SOMEONE = "any", "x"


@dataclass(frozen=True, slots=True)
class Requester:
    """A caller, with its name and session as a request gives them."""

    text: str
    caller: Caller
    session: Session | None = None


def requesters(evaluator: Evaluator, cases: Iterable[TestCase] = ()) -> tuple[Requester, ...]:
    """Strangers in every account and in an unknown one, then all principals that the world or the tests name."""
    world = evaluator.world
    accounts = tuple(_accounts(world))
    found = [
        *_resolved(evaluator, _of_accounts(_STRANGERS, accounts)),
        *_resolved(evaluator, (asker.name for asker in askers(evaluator) if asker.is_one)),
        *_resolved(evaluator, _in_conditions(policies_of(world), accounts)),
        *_resolved(evaluator, (_SERVICE,)),
    ]
    for case in cases:
        found += _resolved(evaluator, (case.request.principal,), case.request.session)
    distinct = {(somebody.caller.arn, somebody.session): somebody for somebody in found}
    return tuple(distinct.values())


def named_in(evaluator: Evaluator, policies: Iterable[Policy]) -> Iterator[Requester]:
    """The principals that Principal and NotPrincipal elements name; unique ids, accounts and patterns are left out."""
    texts = (
        entry.value
        for policy in policies
        for statement in policy.statements
        for entry in (*(statement.principals or ()), *(statement.not_principals or ()))
        if entry.kind in {"AWS", "Service"}
    )
    return _resolved(evaluator, dict.fromkeys(texts))


def _resolved(evaluator: Evaluator, texts: Iterable[str], session: Session | None = None) -> Iterator[Requester]:
    for text in texts:
        try:
            yield Requester(label(text, evaluator.world), evaluator.caller(text, session), session)
        except InputError:  # an account, a pattern, a deleted principal's id
            continue


def _accounts(world: World) -> Iterator[tuple[str, str]]:
    """Accounts with keys or principals, members of the organization, and one that occurs nowhere in the world."""
    members = world.organization.accounts if world.organization is not None else ()
    yield from dict.fromkeys(
        (
            *((key.partition, key.account) for key in world.keys.values()),
            *((principal.arn.split(":", 2)[1], principal.account) for principal in world.principals.values()),
            *((world.partition, account) for account in members),
            (world.partition, _OUTSIDE),
        )
    )


def _of_accounts(names: Iterable[str], accounts: Iterable[tuple[str, str]]) -> Iterator[str]:
    for partition, account in accounts:
        for name in names:
            service = "sts" if name.startswith("federated-user/") else "iam"
            yield f"arn:{partition}:{service}::{account}:{name}"


def _in_conditions(policies: Iterable[Policy], accounts: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """The principals that conditions test for, by ARN (wildcards filled in), name, account or service."""
    tests = {
        (test.key.lower(), value)
        for policy in policies
        for statement in policy.statements
        for test in statement.condition or ()
        for value in test.values
    }
    for key, value in sorted(tests):
        if is_service(value):
            yield value
        elif is_account(value):
            yield from _of_accounts(_STRANGERS, [(accounts[0][0], value)])
        elif key == "aws:username":
            yield from _of_accounts([f"user/{value}"], accounts)
        else:
            yield from _filled(value, accounts)


def _filled(pattern: str, accounts: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """The principals that an ARN, possibly with wildcards, may stand for: one for each account."""
    parts = pattern.replace("?", _SOMEONE).split(":", 5)
    if len(parts) < 6 or parts[2] not in {"iam", "sts"}:
        return
    owners = [account for _partition, account in accounts] if "*" in parts[4] else [parts[4]]
    for owner in owners:
        yield ":".join((*parts[:4], owner, parts[5].replace("*", _SOMEWHERE)))
