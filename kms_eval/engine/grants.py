"""Grants: for whom they work, for which operations, under which constraints, and who may retire them.

Comes in: the grants of a key and a scope. Goes out: allowances, with the test that each leaves for the request.
Never here: policies, combining. Grants never deny (semantics G1).
https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kms_eval.documents.model import Constraints, Grant, OpenGrant
from kms_eval.engine.context import Context
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.masks import BIT, CREATE_GRANT, EVERYTHING, GRANT_BIT, RETIRE_GRANT
from kms_eval.engine.readings import Alternatives
from kms_eval.engine.situation import Scope
from kms_eval.facts.actions import ACTION
from kms_eval.formats.unknown import Unknown
from kms_eval.records import record

_UNCONSTRAINED = BIT["kms:describekey"] | RETIRE_GRANT
"""Operations for which encryption context constraints are ignored (semantics G13)."""

Question = Callable[[Context], bool]


@record
class Allowance:
    """Actions that one grant allows the caller, counted in the slot `layer_index`, if `holds` is true (None: always).

    With an `unknown` it is not known whether such a grant exists.
    """

    grant: Grant
    layer_index: LayerIndex
    actions: int
    holds: Question | None = None
    unknown: Unknown | None = None


def allowances(scope: Scope, about: int = EVERYTHING) -> Iterator[Allowance]:
    """Everything that the grants on the scope's key allow the scope's caller, for the actions `about`."""
    key = scope.target.key
    if key is None:
        return
    for grant in key.grants:
        layer_index = _serves(grant, scope)
        if layer_index is not None:
            yield from _about(_operations(grant, layer_index, scope), about)
    if about & RETIRE_GRANT:
        yield from _retirements(scope, key.grants, all_known=not key.open_grants)
    for open_grant in key.open_grants:
        yield from _about(_open(open_grant, scope), about)


def _about(found: Iterable[Allowance], mask: int) -> Iterator[Allowance]:
    return (allowance for allowance in found if allowance.actions & mask)


def _open(open_grant: OpenGrant, scope: Scope) -> Iterator[Allowance]:
    """The most that a partly unknown grant could allow: constraints would only restrict it."""
    grant = open_grant.grant
    anybody = grant.grantee_principal is None and grant.grantee_service_principal is None
    layer_index = LayerIndex.GRANT if anybody else _serves(grant, scope)
    granted = 0
    for operation in grant.operations or GRANT_BIT:
        granted |= GRANT_BIT[operation]
    if layer_index is not None:
        yield Allowance(grant, layer_index, granted & ~RETIRE_GRANT, unknown=open_grant.unknown)
    yield Allowance(grant, LayerIndex.RETIRE, RETIRE_GRANT, names_no_grant, open_grant.unknown)


def names_no_grant(context: Context) -> bool:
    """Whether the request does not say which grant it is about."""
    return context.situation.circumstances.grant is None


def names_caller(text: str | None, scope: Scope) -> bool:
    """Whether a grantee or retiring principal is the caller itself, not just its account (semantics G4)."""
    caller, principal = scope.caller, scope.caller.principal
    if text is None:
        return False
    if text == caller.arn:
        return True
    # A federated user does not use the grants of the user who created the session.
    return caller.kind in {"user", "role"} and principal is not None and text in {principal.arn, principal.id}


def names_account(text: str | None, scope: Scope) -> bool:
    """Whether a grantee or retiring principal is the caller's account as a whole."""
    account = scope.caller.account
    return account is not None and text in {account, f"arn:{scope.caller.partition}:iam::{account}:root"}


def issuing_account(grant: Grant, scope: Scope) -> str | None:
    """The account in which the grant was created; ASSUMPTION X5: the key's own where ListGrants does not show it."""
    return grant.issuing_account or scope.target.account


def _serves(grant: Grant, scope: Scope) -> LayerIndex | None:
    if names_caller(grant.grantee_principal, scope) or (
        scope.caller.kind == "service" and grant.grantee_service_principal == scope.caller.arn
    ):
        # ASSUMPTION Z2: a grant by the key's owner to a principal of another account needs an identity policy there.
        enough = scope.own_account or issuing_account(grant, scope) == scope.caller.account
        return LayerIndex.GRANT if enough else LayerIndex.GRANT_WITH_IDENTITY
    if names_account(grant.grantee_principal, scope):
        # ASSUMPTION Z3: for the root user directly (see `names_caller`), for others only with an identity policy.
        return LayerIndex.GRANT_WITH_IDENTITY
    return None


def _operations(grant: Grant, layer_index: LayerIndex, scope: Scope) -> Iterator[Allowance]:
    granted = 0
    for operation in grant.operations:
        granted |= GRANT_BIT.get(operation, 0)
    constraints = grant.constraints
    source = constraints.source_arn
    if source is not None:
        if scope.caller.kind != "service":
            # ASSUMPTION Z28: a grant with SourceArn does not serve an IAM principal that calls directly.
            return
        held = _same_source(source)
    else:
        held = None
    rest = granted & ~(RETIRE_GRANT | CREATE_GRANT)
    constrained = constraints.encryption_context_equals is not None or constraints.encryption_context_subset is not None
    free = rest & _UNCONSTRAINED if constrained else rest
    if free:
        yield Allowance(grant, layer_index, free, held)
    if rest & ~free:
        yield Allowance(grant, layer_index, rest & ~free, _both(held, _context_fits(constraints)))
    if granted & CREATE_GRANT:
        yield Allowance(grant, layer_index, CREATE_GRANT, _both(held, _child_fits(grant)))


def _both(first: Question | None, second: Question) -> Question:
    return second if first is None else lambda context: first(context) and second(context)


def _same_source(source: str) -> Question:
    # An exact match of the whole ARN; wildcards in the constraint are not documented (semantics G16).
    return lambda context: context.get("aws:sourcearn") == (source,)


def _context_fits(constraints: Constraints) -> Question:
    """Whether the encryption context meets the constraints (G12, G15). ASSUMPTION Z4: keys are case-sensitive."""
    equals, subset = constraints.encryption_context_equals, constraints.encryption_context_subset

    def fits(context: Context) -> bool:
        pairs = context.situation.circumstances.encryption_context or {}
        action = ACTION.get(context.situation.action)
        if action is not None and not action.encryption_context:
            pairs = {}
        if equals is not None:
            return dict(pairs) == dict(equals)
        return all(pairs.get(name) == value for name, value in subset or ())

    return fits


def _child_fits(parent: Grant) -> Question:
    """A grant created by means of a grant: no operations beyond its parent's, no weaker constraints (G18, G19).

    Operations or constraints of the child that the question does not give are not taken to fit.
    https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html
    """
    operations = frozenset(parent.operations)

    def fits(context: Context) -> bool:
        wanted = context.get("kms:grantoperations")
        if wanted is None or isinstance(wanted, Alternatives) or not wanted or not operations.issuperset(wanted):
            return False
        child = context.situation.circumstances.grant
        return at_least_as_strict(child.constraints if child is not None else Constraints(), parent.constraints)

    return fits


def at_least_as_strict(child: Constraints, parent: Constraints) -> bool:
    """Whether a child grant's constraints are at least as strict as its parent's (semantics G19)."""
    if parent.source_arn is not None and child.source_arn != parent.source_arn:
        return False
    if parent.encryption_context_equals is not None:
        equals = child.encryption_context_equals
        return equals is not None and dict(equals) == dict(parent.encryption_context_equals)
    if parent.encryption_context_subset is not None:
        pairs = child.encryption_context_equals
        if pairs is None:
            pairs = child.encryption_context_subset
        return pairs is not None and set(pairs) >= set(parent.encryption_context_subset)
    return True


def _retirements(scope: Scope, grants: tuple[Grant, ...], *, all_known: bool) -> Iterator[Allowance]:
    """Which grants the caller may retire (G23). If the request names none, all of the key's have to be retirable."""
    ways = {grant: retires(grant, scope) for grant in grants}
    if not ways:
        return
    for grant, way in ways.items():
        if way is not None:
            yield Allowance(grant, way, RETIRE_GRANT, _is_about(grant))
    worst = _worst(list(ways.values()))
    if worst is not None and all_known:
        yield Allowance(grants[0], worst, RETIRE_GRANT, names_no_grant)


def _is_about(grant: Grant) -> Question:
    def about(context: Context) -> bool:
        asked = context.situation.circumstances.grant
        return asked is not None and asked.id == grant.id

    return about


def _worst(ways: list[LayerIndex | None]) -> LayerIndex | None:
    if None in ways:
        return None
    return LayerIndex.RETIRE_WITH_IDENTITY if LayerIndex.RETIRE_WITH_IDENTITY in ways else LayerIndex.RETIRE


def retires(grant: Grant, scope: Scope) -> LayerIndex | None:
    """How the caller may retire the grant: on its own, if an identity policy allows kms:RetireGrant, or not at all."""
    caller = scope.caller
    as_grantee = "RetireGrant" in grant.operations
    services = {grant.retiring_service_principal, grant.grantee_service_principal if as_grantee else None}
    if caller.kind == "service" and caller.arn in services:
        return LayerIndex.RETIRE
    if names_caller(grant.retiring_principal, scope) or (as_grantee and names_caller(grant.grantee_principal, scope)):
        return LayerIndex.RETIRE
    account = caller.account
    if account is None:
        return None
    if as_grantee and caller.kind != "root" and names_account(grant.grantee_principal, scope):
        return LayerIndex.RETIRE_WITH_IDENTITY
    issuer = account == issuing_account(grant, scope) or names_account(grant.retiring_principal, scope)
    if caller.kind == "root":
        return LayerIndex.RETIRE if issuer else None
    return LayerIndex.RETIRE_WITH_IDENTITY if issuer or account == scope.target.account else None


def keys_to_supply(allowance: Allowance, context: Context) -> tuple[str, ...]:
    """The condition keys, as AWS spells them, whose absence alone keeps the allowance from holding; else empty."""
    circumstances = context.situation.circumstances
    constraints = allowance.grant.constraints
    if allowance.holds is None or allowance.holds(context) or allowance.actions & RETIRE_GRANT:
        return ()
    if allowance.actions & CREATE_GRANT:
        return ("kms:GrantOperations",) if context.get("kms:grantoperations") is None else ()
    if constraints.source_arn is not None and not _same_source(constraints.source_arn)(context):
        return ("aws:SourceArn",) if context.get("aws:sourcearn") is None else ()
    given = circumstances.encryption_context or {}
    pairs = constraints.encryption_context_equals or constraints.encryption_context_subset or ()
    if any(name in given and given[name] != value for name, value in pairs):
        return ()
    return tuple(f"kms:EncryptionContext:{name}" for name, _value in pairs if name not in given)
