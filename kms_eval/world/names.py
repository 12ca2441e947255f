"""Resolves the names that requests use: who the caller is, and which key is meant.

Comes in: a world and the user's words for a principal or a key. Goes out: a `Caller`, a `KeyReference`, or InputError
with the nearest names. Never here: policies, and whether anything is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Literal

from kms_eval.errors import Fault, InputError, nearest, quoted
from kms_eval.language import arn
from kms_eval.records import record
from kms_eval.world.identity import Identity, is_role_of_aws, is_session_name, read_identity
from kms_eval.world.index import alias_arn, index_of
from kms_eval.world.model import Caller, Key, Principal, Session, World
from kms_eval.world.strangers import is_misspelt, is_stranger, refusal, refusal_of_service
from kms_eval.world.unshown import as_unshown

_SEARCHED = 500  # a name is compared with at most this many others, so that a bad row among a million stays cheap


@record
class KeyReference:
    """A key, and the alias name by which the request named it (None: it named the key itself)."""

    key: Key
    alias: str | None = None


def resolve_caller(world: World, text: str, session: Session | None = None) -> Caller:
    """The caller that `text` means: an ARN, a short name of `world.account`, or an AWS service.

    A principal that the scenario does not describe can be a caller too, with a `Principal` that is not `known`; one
    that nothing mentions, and a service that is most likely misspelt, is marked as a stranger for `refuse_stranger` to
    refuse. `session` says what was passed when the caller's session was made: by AssumeRole for a role, by
    GetFederationToken for a user, which makes the caller the federated user of that name. Raises InputError for what
    cannot make requests (groups, accounts), for malformed names, and for a session of root or of a service.
    """
    if text.startswith(_PERMISSION_SET):
        return _by_permission_set(world, text, session)
    try:
        identity = read_identity(text, account=world.account, partition=world.partition)
    except InputError as error:
        near = _near_principals(world, text)
        if not near:
            raise
        meant = " or ".join(f"`{name}`" for name in near)
        raise InputError(replace(error.faults[0], help=f"did you mean {meant}?")) from None
    caller = _CALLERS[identity.kind](world, identity, session)
    principal = caller.principal
    if principal is None or principal.known or not is_stranger(world, principal):
        return caller
    return replace(caller, stranger=True)


def refuse_stranger(world: World, caller: Caller, *, meant: bool = False) -> None:
    """Raise InputError where the caller is a stranger, unless the world or the request says that one is meant."""
    if not caller.stranger or meant or world.strangers:
        return
    raise refusal(world, caller.principal) if caller.principal is not None else refusal_of_service(caller.arn)


def resolve_key(world: World, text: str | None, *, caller: Caller | None = None) -> KeyReference:
    """The key that `text` means: a handle, key id, key ARN, alias name or alias ARN; None is the scenario's only key.

    Handles come first. AWS looks a bare key id or alias name up in the caller's own account and Region (semantics X6);
    where several keys have that name, the caller's account is preferred, then the scenario's, each in the scenario's
    Region. Raises InputError where nothing has the name, or where several keys still have it.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
    """
    if text is None:
        return KeyReference(_only_key(world))
    key = world.keys.get(text)
    if key is not None:
        return KeyReference(key)
    names = index_of(world)
    if text.startswith("arn:"):
        key = names.key_arns.get(text)
        if key is not None:
            return KeyReference(key)
        key = names.alias_arns.get(text)
        if key is not None:
            return KeyReference(key, text.split(":", 5)[5])
        raise _unknown_key(world, text)
    if text.startswith("alias/"):
        return KeyReference(_choose(world, text, names.aliases.get(text, ()), caller), text)
    return KeyReference(_choose(world, text, names.key_ids.get(text, ()), caller))


_PERMISSION_SET = "sso/"
_SSO_PATH = "/aws-reserved/sso.amazonaws.com/"
_SSO_NAME = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")


def _by_permission_set(world: World, text: str, session: Session | None) -> Caller:
    """The role that IAM Identity Center made for a permission set in the scenario's account.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    wanted = text.removeprefix(_PERMISSION_SET)
    found: dict[str, Principal] = {}
    for principal in world.principals.values():
        named = _SSO_NAME.fullmatch(principal.name)
        if named is not None and principal.path.startswith(_SSO_PATH) and principal.account == world.account:
            found[named[1]] = principal
    if wanted not in found:
        near = nearest(wanted, found)
        advice = f"did you mean `{_PERMISSION_SET}{near}`?" if near else None
        raise InputError(Fault(f"no role of the account is of the permission set {quoted(wanted)}", help=advice))
    return _role_session(found[wanted], world.partition, session)


def _user(world: World, identity: Identity, session: Session | None) -> Caller:
    principal = world.principals.get(identity.arn) or _undescribed(world, "user", identity)
    if session is None:
        return Caller("user", identity.arn, identity.account, identity.partition, principal)
    if session.name is None:
        raise InputError(
            Fault(
                f"the session of `{identity.arn}` has no name",
                help="a user's session is that of a federated user (GetFederationToken): set `session.name`",
            )
        )
    _check_session_name(session.name)
    federated = Identity("federated-user", session.name, identity.partition, identity.account)
    return Caller("federated-user", federated.arn, identity.account, identity.partition, principal, session)


def _role(world: World, identity: Identity, session: Session | None) -> Caller:
    principal = world.principals.get(identity.arn) or _undescribed(world, "role", identity)
    return _role_session(principal, identity.partition, session)


def _assumed_role(world: World, identity: Identity, session: Session | None) -> Caller:
    principal = _role_named(world, identity) or _undescribed(world, "role", identity)
    return _role_session(principal, identity.partition, _named_session(identity.session, session))


def _federated_user(world: World, identity: Identity, session: Session | None) -> Caller:
    """The user who made the session is not known, so no identity policy counts (semantics I2)."""
    named = _named_session(identity.name, session)
    return Caller("federated-user", identity.arn, identity.account, identity.partition, None, named)


def _root(world: World, identity: Identity, session: Session | None) -> Caller:
    if session is not None:
        raise InputError(Fault(f"the root user `{identity.arn}` has no session", help="leave `session` out"))
    return Caller("root", identity.arn, identity.account, identity.partition)


def _service(world: World, identity: Identity, session: Session | None) -> Caller:
    if session is not None:
        raise InputError(Fault(f"the service `{identity.name}` has no session", help="leave `session` out"))
    stranger = is_misspelt(world, identity.name)
    return Caller("service", identity.name, None, identity.partition, stranger=stranger)


_CALLERS = {
    "user": _user,
    "role": _role,
    "assumed-role": _assumed_role,
    "federated-user": _federated_user,
    "root": _root,
    "service": _service,
}


def _role_session(principal: Principal, partition: str, session: Session | None) -> Caller:
    text = principal.arn
    if session is not None and session.name is not None:
        _check_session_name(session.name)
        text = Identity("assumed-role", principal.name, partition, principal.account, session=session.name).arn
    return Caller("role", text, principal.account, partition, principal, session)


def _named_session(name: str, session: Session | None) -> Session:
    if session is None:
        return Session(name=name)
    if session.name not in (None, name):
        raise InputError(
            Fault(f"the principal names the session `{name}`, `session.name` is `{session.name}`", help="leave one out")
        )
    return replace(session, name=name)


def _check_session_name(name: str) -> None:
    if not is_session_name(name):
        raise InputError(
            Fault(f"malformed session name {quoted(name)}", help="it has ASCII letters, digits and `+=,.@_-` only")
        )


def _role_named(world: World, identity: Identity) -> Principal | None:
    """The role of a session, by account and name, regardless of path and case (semantics P7)."""
    names = index_of(world)
    who = (identity.partition, identity.account or "", identity.name.lower())
    roles = names.roles.get(who) or names.mentioned_roles.get(who, ())
    if len(roles) > 1:
        raise InputError(
            Fault(
                f"`{identity.arn}` may be a session of several roles",
                help=f"name the role, and the session in `session.name`: {_listed(role.arn for role in roles)}",
            )
        )
    if not roles:
        return None
    return roles[0] if roles[0].known else as_unshown(world, roles[0])


def _undescribed(world: World, kind: Literal["user", "role"], identity: Identity) -> Principal:
    """A principal that the scenario does not describe: it has no policies, and the answer says so.

    In an account with principals that no source could show, its policies are unknown.
    """
    owner = Identity(kind, identity.name, identity.partition, identity.account, identity.path)
    principal = Principal(
        arn=owner.arn,
        kind=kind,
        account=identity.account or "",
        name=identity.name,
        path=identity.path,
        # Roles that AWS owns are known, and known to have no policies (semantics S14).
        known=is_role_of_aws(identity.name),
    )
    return as_unshown(world, principal) if world.unshown else principal


def _near_principals(world: World, text: str) -> list[str]:
    """The principals of the scenario whose bare name is `text`, or whose ARN is `text` in another case."""
    return [
        f"{each.kind}{each.path}{each.name}" if each.account == world.account else each.arn
        for each in islice(world.principals.values(), _SEARCHED)
        if each.name == text or each.arn.lower() == text.lower()
    ]


def _only_key(world: World) -> Key:
    if len(world.keys) == 1:
        return next(iter(world.keys.values()))
    if not world.keys:
        raise InputError(Fault("the scenario has no key", help="describe one in `keys`"))
    message = f"the request names no key, and the scenario has {len(world.keys)}"
    raise InputError(Fault(message, help=f"name one: {_listed(world.keys)}"))


def _choose(world: World, text: str, found: tuple[Key, ...], caller: Caller | None) -> Key:
    if not found:
        raise _unknown_key(world, text)
    if len(found) == 1:
        return found[0]
    accounts = [caller.account if caller else None, world.account]
    for account in accounts:
        near = [key for key in found if key.account == account]
        here = [key for key in near if key.region == world.region]
        if len(here) == 1:
            return here[0]
        if len(near) == 1:
            return near[0]
    raise InputError(
        Fault(f"{quoted(text)} may be several keys", help="name one by its ARN: " + _listed(key.arn for key in found))
    )


def _unknown_key(world: World, text: str) -> InputError:
    advice = f"the scenario has {_listed(world.keys)}" if world.keys else "describe it in `keys`"
    parts = arn.parse(text)
    if text.startswith("arn:") and (parts is None or parts.service != "kms"):
        advice = "a key's ARN is written `arn:aws:kms:us-east-1:123456789012:key/KEY_ID`"
    first = text.partition(",")[0].strip()
    if first and "," in text:
        return InputError(Fault(f"{quoted(text)} is more than one key", help=f"name one at a time: `{first}`"))
    near = _near_arn(world, parts) if parts is not None else _nearest_key(text, islice(_key_names(world), _SEARCHED))
    if near is not None:
        advice = f"did you mean `{near}`?"
    return InputError(Fault(f"the scenario has no key {quoted(text)}", help=advice))


def _key_names(world: World) -> Iterator[str]:
    for handle, key in world.keys.items():
        yield from (handle, key.key_id, *key.aliases)


def _near_arn(world: World, wanted: arn.Arn) -> str | None:
    """The ARN of the same key or alias elsewhere, else of one with a similar name in the same account and Region.

    Whole ARNs are too similar to each other, and too long, to be compared.
    """
    names = index_of(world)
    resource = wanted.resource
    same = (*names.key_ids.get(resource.removeprefix("key/"), ()), *names.aliases.get(resource, ()))
    if same:
        key = max(same, key=lambda each: (each.account == wanted.account, each.region == wanted.region))
        return alias_arn(key, resource) if resource in key.aliases else key.arn
    here = [key for key in world.keys.values() if (key.account, key.region) == (wanted.account, wanted.region)]
    known = {key.arn.split(":", 5)[5]: key.arn for key in here}
    known |= {alias: alias_arn(key, alias) for key in here for alias in key.aliases}
    near = _nearest_key(resource, islice(known, _SEARCHED))
    return known[near] if near is not None else None


def _nearest_key(text: str, names: Iterable[str]) -> str | None:
    """The nearest name, compared without the part before the slash, which would make all of them look similar."""
    by_rest: dict[str, list[str]] = {}
    for name in names:
        by_rest.setdefault(name.partition("/")[2] or name, []).append(name)
    kind, _slash, rest = text.partition("/")
    near = nearest(rest or text, by_rest)
    if near is None:
        return None
    return max(by_rest[near], key=lambda name: name.startswith(kind[:3]))


def unknown_endpoint(world: World, endpoint: str) -> Fault:
    """The fault of naming an endpoint that the scenario does not describe."""
    near = nearest(endpoint, islice(world.vpc_endpoints, _SEARCHED))
    if near is not None:
        advice = f"did you mean `{near}`?"
    else:
        advice = f"describe it in `vpc_endpoints`, or give its id as context: `aws:SourceVpce={endpoint}`"
    return Fault(f"unknown VPC endpoint {quoted(endpoint)}", help=advice)


def _listed(names: Iterable[str]) -> str:
    shown = [f"`{name}`" for name in islice(names, 9)]
    return ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")
