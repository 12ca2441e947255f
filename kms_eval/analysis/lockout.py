"""Who could still change a key policy, and whether AWS KMS would accept it from a caller (semantics L1, L2).

Comes in: an evaluator, a key with the policy in question, perhaps the caller who would put it. Goes out: both answers.
Never here: files, printing, a clock.

AWS KMS refuses a key policy under which its caller could not call PutKeyPolicy again. ASSUMPTION Z32: how exactly AWS
evaluates that is not documented; here it is the full decision, with the request's own context.
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kms_eval.documents.misplaced import misplaced
from kms_eval.documents.putting import refusals
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.explain import explain
from kms_eval.engine.explanation import Explanation
from kms_eval.errors import InputError
from kms_eval.world.identity import Identity, is_role_of_aws, read_identity
from kms_eval.world.model import Key, World
from kms_eval.world.request import Request

ACTION = "kms:PutKeyPolicy"
_DENIED = ("explicitDeny", "implicitDeny")


@dataclass(frozen=True, slots=True)
class Lockout:
    """Who would still have control over one key.

    `caller` is the decision about the principal that would put the policy, None if no principal was named. `left` has
    the principals that could change the policy again, `maybe` those that could with further context, `undetermined`
    those whose answer depends on something that no source could show; principals of other accounts are never among
    them, since PutKeyPolicy does not work across accounts. `refusals` say what AWS KMS refuses in the document, whoever
    puts it (semantics S13); the policy of an AWS managed key has none, since nobody puts it. `assumed` has the
    principals that the policy names and the scenario does not describe, and that are assumed to exist.
    """

    key: Key
    caller: Explanation | None
    left: tuple[Explanation, ...]
    maybe: tuple[Explanation, ...]
    refusals: tuple[str, ...] = ()
    undetermined: tuple[Explanation, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether AWS KMS would refuse the policy, or nobody could change it."""
        refused = self.caller is not None and self.caller.decision not in ("allowed", "undetermined")
        return bool(self.refusals) or refused or not (self.left or self.undetermined)

    @property
    def open(self) -> bool:
        """Whether that depends on something that no source could show."""
        return not self.found and (not self.left or (self.caller is not None and self.caller.decision != "allowed"))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How PutKeyPolicy would be called: when, and with which condition keys."""

    at: datetime
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def check_lockout(
    evaluator: Evaluator, key: Key, circumstances: Circumstances, *, caller: str | None = None
) -> Lockout:
    """Both answers about one key. Raises InputError if `caller` names no principal."""
    asked = _ask(evaluator, key, caller, circumstances) if caller is not None else None
    answers = [
        _ask(evaluator, key, principal, circumstances) for principal in dict.fromkeys(_candidates(evaluator.world, key))
    ]
    left = tuple(answer for answer in answers if answer.decision == "allowed")
    maybe = tuple(answer for answer in answers if answer.decision in _DENIED and answer.missing_context)
    undetermined = tuple(answer for answer in answers if answer.decision == "undetermined")
    if key.manager == "AWS":
        return Lockout(key, asked, left, maybe, (), undetermined)
    world = evaluator.world
    described = {principal.arn for principal in world.principals.values() if principal.account == key.account}
    missing = tuple(dict.fromkeys(_undescribed(described, key)))
    refused = (*refusals(key.policy), *_misplaced(key))
    if world.strangers or not described or key.account in world.unshown:
        return Lockout(key, asked, left, maybe, refused, undetermined, missing)
    nobody = tuple(_does_not_exist(name, key, len(described)) for name in missing)
    return Lockout(key, asked, left, maybe, (*refused, *nobody), undetermined)


def _misplaced(key: Key) -> Iterator[str]:
    """Principals of another partition or Region than the key: none of them exist here."""
    called: dict[object, str] = {each.index: repr(each.sid) for each in key.policy.statements if each.sid}
    for remark in misplaced(key.policy, key.partition, key.region):
        index = remark.steps[1]
        yield f"statement {called.get(index, index)}: {remark.message}"


def _does_not_exist(name: str, key: Key, described: int) -> str:
    """AWS KMS refuses principals that do not exist (semantics S13, D5); the scenario says which ones do."""
    others = "1 user or role" if described == 1 else f"{described} users and roles"
    return (
        f"`{name}` does not exist: the scenario describes {others} of account {key.account}, taken to be all; "
        "if it does exist, put it under `principals`, or say with `--stranger` (`strangers: true`) that there are more"
    )


def _undescribed(known: Collection[str], key: Key) -> Iterator[str]:
    """Users and roles of the key's account that its policy names and the scenario does not describe."""
    roles = {arn.rsplit("/", 1)[1] for arn in known if ":role/" in arn}
    for statement in key.policy.statements:
        for entry in (*(statement.principals or ()), *(statement.not_principals or ())):
            if entry.kind != "AWS" or not entry.value.startswith("arn:"):
                continue
            identity = next(_identity(entry.value, key), None)
            if identity is None or identity.kind in {"root", "federated-user"} or is_role_of_aws(identity.name):
                continue
            exists = identity.name in roles if identity.kind == "assumed-role" else identity.arn in known
            if not exists:
                yield entry.value


def _ask(evaluator: Evaluator, key: Key, principal: str, circumstances: Circumstances) -> Explanation:
    request = Request(principal, ACTION, key.arn, context=circumstances.context, at=circumstances.at)
    return explain(evaluator, evaluator.rule(request))


def _candidates(world: World, key: Key) -> Iterator[str]:
    """All known principals: the root user of the account, the scenario's principals, those the key policy names."""
    yield f"arn:{key.partition}:iam::{key.account}:root"
    yield from (principal.arn for principal in world.principals.values() if principal.account == key.account)
    for statement in key.policy.statements:
        for entry in statement.principals or ():
            if entry.kind == "AWS" and entry.value.startswith("arn:"):
                yield from (identity.arn for identity in _identity(entry.value, key))


def _identity(text: str, key: Key) -> Iterator[Identity]:
    """The principal that the text names, if it is in the key's account."""
    try:
        identity = read_identity(text, account=None, partition=key.partition)
    except InputError:  # a text that AWS would not accept as a principal either
        return
    if identity.account == key.account:
        yield identity
