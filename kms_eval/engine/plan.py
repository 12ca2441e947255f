"""The authorizations that a question consists of, all of which have to be allowed.

Comes in: a world and a request in the user's words. Goes out: parts, each one permission on one resource with its own
circumstances. Never here: policies, decisions.

A permission (``kms:Decrypt``) is one part; or one part for each of two or three resources where AWS requires it on each
(aliases, primary Region). An API operation, named without prefix (``ReEncrypt``), is everything that the whole call
needs (semantics §11).
https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

from dataclasses import replace

from kms_eval.documents.model import Grant
from kms_eval.engine.action_words import action_name
from kms_eval.engine.masks import published
from kms_eval.engine.resources import ANY_ALIAS, Target, alias_target, key_target, no_target, retiring_target
from kms_eval.engine.situation import Circumstances, Scope, Situation, given
from kms_eval.errors import Fault, InputError, did_you_mean, quoted
from kms_eval.records import record
from kms_eval.world.identity import is_alias_name
from kms_eval.world.model import Caller, Key, VpcEndpoint, World
from kms_eval.world.names import KeyReference, resolve_caller, resolve_key, unknown_endpoint
from kms_eval.world.request import Request


@record
class Part:
    """One permission on one resource. `action` is spelled as AWS spells it, if it is published."""

    action: str
    scope: Scope
    circumstances: Circumstances
    reference: KeyReference | None = None

    @property
    def situation(self) -> Situation:
        """What condition keys are derived from for this part."""
        return Situation(self.scope, self.action.lower(), self.circumstances)


@record
class _Question:
    """A request with its resolved caller, endpoint and circumstances."""

    world: World
    request: Request
    caller: Caller
    endpoint: VpcEndpoint | None
    circumstances: Circumstances

    def key(self, text: str | None) -> KeyReference:
        return resolve_key(self.world, text, caller=self.caller)

    def part(self, action: str, reference: KeyReference, *, same_key: bool | None = None) -> Part:
        request = self.request
        if request.via_grant is not None:
            # Only CreateGrant uses it, but a misspelt name is an error with every action.
            _grant_named(request.via_grant, reference.key)
        circumstances = Circumstances(
            self.circumstances.given,
            request.encryption_context,
            reference.alias,
            request.at,
            request.region,
            same_key,
            _grant(request, action, reference.key),
            request.via_grant,
        )
        return self.on(action, key_target(reference.key), circumstances, reference)

    def on(
        self, action: str, target: Target, circumstances: Circumstances, reference: KeyReference | None = None
    ) -> Part:
        task_only = circumstances.given.assumed_root
        scope = Scope(self.world, self.caller, target, self.endpoint, task_only=task_only)
        return Part(action, scope, circumstances, reference)

    def without_key(self, action: str, region: str | None = None) -> Part:
        caller, grant = self.caller, self.request.grant
        where = (caller.account, region or self.world.region, caller.partition)
        if action == "kms:ListRetirableGrants":
            principal = grant.retiring_principal if isinstance(grant, Grant) else None
            return self.on(action, retiring_target(principal, *where), self.circumstances)
        return self.on(action, no_target(*where), self.circumstances)


def parts(
    world: World, request: Request, *, caller: Caller | None = None, allow_unknown_action: bool = False
) -> tuple[Part, ...]:
    """All authorizations that the request needs; raises InputError where it makes no sense in this world."""
    action = action_name(request.action, allow_unknown=allow_unknown_action)
    caller = caller if caller is not None else resolve_caller(world, request.principal, request.session)
    circumstances = _circumstances(request)
    question = _Question(world, request, caller, _endpoint(world, request), circumstances)
    operation = _OPERATIONS.get(action)
    if operation is not None:
        return operation(question)
    name = action if ":" in action else f"kms:{action}"
    row = published(name)
    _refuse_misspelt(question, keyless=row is not None and not row.resources)
    if row is not None and not row.resources:
        return (question.without_key(name, request.region),)
    if row is None and not world.keys:
        # It is not known whether an unpublished action needs a key. Where the world has keys one is required, which is
        # stricter; most actions need one.
        return (question.without_key(name),)
    if row is not None and "alias" in row.resources:
        return _alias_call(question, name)
    if name == "kms:UpdatePrimaryRegion":
        return _update_primary_region(question, required=":" not in action)
    if name == "kms:ReEncryptTo" and request.destination_key is not None:
        return (question.part(name, question.key(request.destination_key), same_key=_same_key(question)),)
    if name == "kms:ReEncryptFrom" and request.destination_key is not None:
        return (question.part(name, question.key(request.key), same_key=_same_key(question)),)
    return (question.part(name, question.key(request.key)),)


def _circumstances(request: Request) -> Circumstances:
    return Circumstances(
        given=given(request.context),
        encryption_context=request.encryption_context,
        at=request.at,
        region=request.region,
        via_grant=request.via_grant,
    )


def _endpoint(world: World, request: Request) -> VpcEndpoint | None:
    name = request.vpc_endpoint
    if name is None:
        return None
    endpoint = world.vpc_endpoints.get(name)
    if endpoint is None:
        raise InputError(unknown_endpoint(world, name))
    # ASSUMPTION V8: a service's call on behalf of the caller may or may not pass the caller's endpoint; the endpoint's
    # policy applies in either case.
    return endpoint


def _grant(request: Request, action: str, key: Key) -> Grant | None:
    if isinstance(request.grant, Grant):
        return request.grant
    return grant_meant(action.lower(), key) if request.grant is None else _grant_named(request.grant, key)


def grant_meant(action: str, key: Key) -> Grant | None:
    """The grant that a request for the action (lower case) is about if it names none.

    Where the key has exactly one grant, RetireGrant can only be about that one.
    """
    alone = action == "kms:retiregrant" and len(key.grants) == 1 and not key.open_grants
    return key.grants[0] if alone else None


def _grant_named(name: str, key: Key) -> Grant:
    found = next((grant for grant in key.grants if grant.id == name), None)
    if found is None:
        advice = did_you_mean(name, [grant.id for grant in key.grants])
        raise InputError(Fault(f"key `{key.handle}` has no grant {quoted(name)}", help=advice))
    return found


def _same_key(question: _Question) -> bool:
    request = question.request
    return question.key(request.key).key is question.key(request.destination_key).key


def _refuse_misspelt(question: _Question, *, keyless: bool) -> None:
    """Raise InputError for unknown names, even in fields that the call does not use."""
    request = question.request
    for text in (request.destination_key, request.key if keyless else None):
        if text is not None:
            question.key(text)
    if request.alias is not None:
        _alias_name(request.alias)


def _alias_name(text: str) -> str:
    """The name of an alias, given as its name or ARN; raises InputError for anything else."""
    alias = text.split(":", 5)[-1] if text.startswith("arn:") else text
    if not is_alias_name(alias):
        advice = None if alias.startswith("alias/") else f"did you mean `alias/{alias.removeprefix('/')}`?"
        raise InputError(Fault(f"malformed alias name {quoted(alias)}", help=advice))
    return alias


def _alias_call(question: _Question, action: str) -> tuple[Part, ...]:
    """CreateAlias, DeleteAlias, UpdateAlias: the alias, its key, and the key that it will point to (T1, T2, T8)."""
    request = question.request
    exists = request.key is None and request.alias is not None and action != "kms:CreateAlias"
    reference = question.key(request.alias if exists else request.key)
    key = reference.key
    alias = request.alias or reference.alias
    if alias is None and action != "kms:CreateAlias" and len(key.aliases) == 1:
        alias = key.aliases[0]
    alias = _alias_name(alias) if alias is not None else None
    halves = [question.part(action, reference)]
    if request.destination_key is not None:
        halves.append(question.part(action, question.key(request.destination_key)))
    target = alias_target(alias, key.account, key.region, key.partition)
    return (*halves, question.on(action, target, question.circumstances))


def _re_encrypt(question: _Question) -> tuple[Part, ...]:
    """Both parts, even where source and destination are the same key (semantics T3, T10)."""
    request = question.request
    if request.destination_key is None:
        raise InputError(Fault("`ReEncrypt` is a call on two keys", help="name the other one as destination key"))
    same = _same_key(question)
    return (
        question.part("kms:ReEncryptFrom", question.key(request.key), same_key=same),
        question.part("kms:ReEncryptTo", question.key(request.destination_key), same_key=same),
    )


def _replicate_key(question: _Question) -> tuple[Part, ...]:
    """ReplicateKey on the primary in its Region; CreateKey (and TagResource) in the replica's Region (semantics T4)."""
    request = question.request
    if request.region is None:
        raise InputError(Fault("`ReplicateKey` needs the Region of the replica", help="name it as region"))
    reference = question.key(request.key)
    primary = question.part("kms:ReplicateKey", reference)
    key = reference.key
    replica = replace(question.circumstances, replica_of=key)
    created = replace(question, circumstances=replica).without_key("kms:CreateKey", request.region)
    return (primary, created, *_tagging(question, f"key/{key.key_id}", key.account, request.region))


def _create_key(question: _Question) -> tuple[Part, ...]:
    """CreateKey on ``*``; with tags also kms:TagResource, which an identity policy has to allow (semantics T6)."""
    created = question.without_key("kms:CreateKey", question.request.region)
    region = created.scope.target.region
    return (created, *_tagging(question, f"key/{ANY_ALIAS}", question.caller.account, region))


def _tagging(question: _Question, resource: str, account: str | None, region: str) -> tuple[Part, ...]:
    if not any(name.lower().startswith(("aws:requesttag/", "aws:tagkeys")) for name in question.request.context):
        return ()
    partition = question.caller.partition
    arn = f"arn:{partition}:kms:{region}:{account or ''}:{resource}"
    target = Target("new key", arn, account, region, partition)
    return (question.on("kms:TagResource", target, question.circumstances),)


def _update_primary_region(question: _Question, *, required: bool) -> tuple[Part, ...]:
    """The current primary and the replica that becomes the primary, each in its Region (semantics T5)."""
    request = question.request
    primary = question.key(request.key)
    first = question.part("kms:UpdatePrimaryRegion", primary)
    if request.region is None or request.region == primary.key.region:
        if required:
            raise InputError(
                Fault("`UpdatePrimaryRegion` needs the Region of the new primary", help="name it as region")
            )
        return (first,)
    replica = next(
        (
            key
            for key in question.world.keys.values()
            if key.key_id == primary.key.key_id and key.region == request.region and key.account == primary.key.account
        ),
        None,
    )
    if replica is not None:
        return (first, question.part("kms:UpdatePrimaryRegion", KeyReference(replica)))
    if required:
        raise InputError(
            Fault(
                f"the scenario has no replica of `{primary.key.handle}` in {request.region}",
                help="describe it as a key with the same key_id and that region",
            )
        )
    return (first,)


_OPERATIONS = {
    "ReEncrypt": _re_encrypt,
    "ReplicateKey": _replicate_key,
    "CreateKey": _create_key,
}
