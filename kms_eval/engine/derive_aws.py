"""Where each global (``aws:``) condition key gets its value.

Comes in: a situation, and the rest of the name for families. Goes out: a reading. Never here: tables, policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (semantics §15)
"""

from __future__ import annotations

from collections.abc import Mapping

from kms_eval.engine.readings import Alternatives, Reading
from kms_eval.engine.situation import Situation
from kms_eval.language import arn
from kms_eval.language.open_end import OPEN_END
from kms_eval.world.model import Caller

_TYPES = {"user": "User", "role": "AssumedRole", "federated-user": "FederatedUser", "root": "Account"}


def principal_arn(situation: Situation, _rest: str) -> Reading:
    """For a session the ARN of its role, never its own; absent for services (semantics Q2)."""
    caller = situation.scope.caller
    if caller.kind == "service":
        return None
    if caller.kind == "role" and caller.principal is not None:
        return (caller.principal.arn,)
    return (caller.arn,)


def principal_account(situation: Situation, _rest: str) -> Reading:
    """ASSUMPTION Z31: absent for service principals."""
    return _one(situation.scope.caller.account)


def principal_type(situation: Situation, _rest: str) -> Reading:
    """User, AssumedRole, FederatedUser or Account; absent for services."""
    return _one(_TYPES.get(situation.scope.caller.kind))


def userid(situation: Situation, _rest: str) -> Reading:
    """AIDA…; AROA…:session; account:name; account id. Absent where the unique id is not known.

    Where the question does not give the session's name, the value ends in `OPEN_END`.
    """
    caller = situation.scope.caller
    if caller.kind == "root":
        return _one(caller.account)
    if caller.kind == "federated-user":
        return (f"{caller.account}:{caller.arn.rsplit('/', 1)[1]}",)
    unique = caller.principal.id if caller.principal is not None else None
    if unique is None or caller.kind == "user":
        return _one(unique)
    name = _session_name(caller)
    # The session has some name, even if it is not known (semantics S7).
    return (f"{unique}:{name if name is not None else OPEN_END}",)


def username(situation: Situation, _rest: str) -> Reading:
    """The friendly name of an IAM user; nobody else has one (semantics W11)."""
    caller = situation.scope.caller
    return (caller.principal.name,) if caller.kind == "user" and caller.principal is not None else None


def principal_tag(situation: Situation, rest: str) -> Reading:
    """Tags of user or role; a session tag replaces the tag with the same key (semantics Q3, Q5)."""
    caller = situation.scope.caller
    tags = caller.principal.tags if caller.principal is not None else {}
    if caller.session is not None and caller.session.tags:
        replaced = {key.lower() for key in caller.session.tags}
        kept = {key: value for key, value in tags.items() if key.lower() not in replaced}
        tags = {**kept, **caller.session.tags}
    return pair(tags, rest, "tag-key-case")


def principal_org_id(situation: Situation, _rest: str) -> Reading:
    """The organization of the caller's account, if it belongs to one."""
    return org_id(situation, situation.scope.caller.account)


def principal_org_paths(situation: Situation, _rest: str) -> Reading:
    """The path of the caller's account in its organization."""
    return org_paths(situation, situation.scope.caller.account)


def principal_is_aws_service(situation: Situation, _rest: str) -> Reading:
    """True for service principals only."""
    return _truth(value=situation.scope.caller.kind == "service")


def principal_service_name(situation: Situation, _rest: str) -> Reading:
    """The service principal's name; also the one known member of aws:PrincipalServiceNamesList."""
    caller = situation.scope.caller
    return (caller.arn,) if caller.kind == "service" else None


def source_identity(situation: Situation, _rest: str) -> Reading:
    """As set when the session was created."""
    session = situation.scope.caller.session
    return _one(session.source_identity if session is not None else None)


def resource_account(situation: Situation, _rest: str) -> Reading:
    """The owner of the key or alias; the caller's own account for operations without a key."""
    return _one(_owner(situation))


def resource_org_id(situation: Situation, _rest: str) -> Reading:
    """The organization of the resource's owner."""
    return org_id(situation, _owner(situation))


def resource_org_paths(situation: Situation, _rest: str) -> Reading:
    """The path of the resource's owner in its organization."""
    return org_paths(situation, _owner(situation))


def resource_tag(situation: Situation, rest: str) -> Reading:
    """Tags of the key; for CreateKey the tags being set (semantics Q11)."""
    target = situation.scope.target
    if target.key is not None:
        return pair(target.key.tags, rest, "tag-key-case")
    if situation.action == "kms:createkey":
        return situation.circumstances.given.values.get(f"aws:requesttag/{rest}")
    return None


def requested_region(situation: Situation, _rest: str) -> Reading:
    """The Region of the KMS endpoint, which is the key's (semantics Q7)."""
    return (situation.scope.target.region,)


def current_time(situation: Situation, _rest: str) -> Reading:
    """The time of the request."""
    at = situation.circumstances.at
    return (at.isoformat().replace("+00:00", "Z"),) if at is not None else None


def epoch_time(situation: Situation, _rest: str) -> Reading:
    """The time of the request in seconds since 1970."""
    at = situation.circumstances.at
    return (str(int(at.timestamp())),) if at is not None else None


def secure_transport(_situation: Situation, _rest: str) -> Reading:
    """Always true: KMS endpoints accept TLS only."""
    return ("true",)


def via_aws_service(situation: Situation, _rest: str) -> Reading:
    """True in forward access sessions, else false (semantics Q10)."""
    return _truth(value=situation.by_service)


def called_via_first(situation: Situation, _rest: str) -> Reading:
    """The first service of a chain that the question gives."""
    return _end_of_chain(situation, 0)


def called_via_last(situation: Situation, _rest: str) -> Reading:
    """The last service of a chain that the question gives."""
    return _end_of_chain(situation, -1)


def source_vpce(situation: Situation, _rest: str) -> Reading:
    """The endpoint, if the request came through one."""
    endpoint = situation.network
    return (endpoint.id,) if endpoint is not None else None


def source_vpc(situation: Situation, _rest: str) -> Reading:
    """The VPC of the endpoint."""
    endpoint = situation.network
    return _one(endpoint.vpc if endpoint is not None else None)


def source_vpc_arn(situation: Situation, _rest: str) -> Reading:
    """The ARN of the endpoint's VPC: an endpoint for AWS KMS is in the Region that it serves (semantics S9)."""
    endpoint, target = situation.network, situation.scope.target
    if endpoint is None or endpoint.vpc is None or endpoint.account is None:
        return None
    return (f"arn:{target.partition}:ec2:{target.region}:{endpoint.account}:vpc/{endpoint.vpc}",)


def vpce_account(situation: Situation, _rest: str) -> Reading:
    """The owner of the endpoint."""
    endpoint = situation.network
    return _one(endpoint.account if endpoint is not None else None)


def vpce_org_id(situation: Situation, _rest: str) -> Reading:
    """The organization of the endpoint's owner."""
    endpoint = situation.network
    return org_id(situation, endpoint.account) if endpoint is not None else None


def vpce_org_paths(situation: Situation, _rest: str) -> Reading:
    """The path of the endpoint's owner in its organization."""
    endpoint = situation.network
    return org_paths(situation, endpoint.account) if endpoint is not None else None


def source_account(situation: Situation, _rest: str) -> Reading:
    """The account in aws:SourceArn, where the question gives that key (semantics S11)."""
    return _one(_source_account(situation))


def source_org_id(situation: Situation, _rest: str) -> Reading:
    """The organization of aws:SourceAccount, where it is known (semantics S11)."""
    return org_id(situation, _source_account(situation))


def source_org_paths(situation: Situation, _rest: str) -> Reading:
    """The path of aws:SourceAccount in its organization."""
    return org_paths(situation, _source_account(situation))


def multi_factor_auth_present(situation: Situation, _rest: str) -> Reading:
    """Whether the caller signed in with MFA; the key comes with temporary credentials only (semantics S8).

    Unless the question gives the key, both readings are considered for a role session, and for a user where the
    question gives aws:TokenIssueTime. An IAM user with access keys has no such key in its own calls, and false in those
    that a service makes for it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    caller, given = situation.scope.caller, situation.circumstances.given.values
    temporary = caller.kind == "role" or (caller.kind == "user" and given.get("aws:tokenissuetime"))
    if temporary:
        return Alternatives((("true",), ("false",)), "mfa-not-told")
    return ("false",) if caller.kind == "user" and situation.by_service else None


def tag_keys(situation: Situation, _rest: str) -> Reading:
    """The keys of the tags in the request, where the question gives aws:RequestTag."""
    prefix = "aws:requesttag/"
    given = situation.circumstances.given
    return tuple(name[len(prefix) :] for key, name in given.names.items() if key.startswith(prefix)) or None


def org_id(situation: Situation, account: str | None) -> Reading:
    """The id of the organization that the account belongs to."""
    organization = situation.scope.organization_of(account)
    return (organization.id,) if organization is not None else None


def org_paths(situation: Situation, account: str | None) -> Reading:
    """The account's single organization path; absent where the scenario does not have it."""
    organization = situation.scope.organization_of(account)
    if organization is None or account is None or account not in organization.accounts:
        return None
    return (organization.accounts[account].path,)


def pair(pairs: Mapping[str, str], rest: str, question: str) -> Reading:
    """The value of the pair with that name, ignoring case; several readings where names differ only in case (C21)."""
    found = [(value,) for name, value in pairs.items() if name.lower() == rest]
    if not found:
        return None
    return found[0] if len(found) == 1 else Alternatives(tuple(found), question)


def _owner(situation: Situation) -> str | None:
    """The resource's account; for an operation without a key the caller's own (semantics S5, inferred).

    https://github.com/aws-samples/data-perimeter-policy-examples
    """
    return situation.scope.target.account


def _source_account(situation: Situation) -> str | None:
    """aws:SourceAccount as given, else the account in aws:SourceArn; None where there is not exactly one."""
    given = situation.circumstances.given.values
    said = given.get("aws:sourceaccount")
    if said is not None:
        return said[0] if isinstance(said, tuple) and len(said) == 1 else None
    source = given.get("aws:sourcearn")
    parts = arn.parse(source[0]) if isinstance(source, tuple) and len(source) == 1 else None
    return (parts.account or None) if parts is not None else None


def _session_name(caller: Caller) -> str | None:
    return caller.session.name if caller.session is not None else None


def _end_of_chain(situation: Situation, position: int) -> Reading:
    chain = situation.circumstances.given.values.get("aws:calledvia")
    return (chain[position],) if isinstance(chain, tuple) and chain else None


def _one(value: str | None) -> Reading:
    return (value,) if value is not None else None


def _truth(*, value: bool) -> Reading:
    return ("true",) if value else ("false",)
