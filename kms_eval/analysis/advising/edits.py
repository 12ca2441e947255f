"""Edits: each is one small change of a world or of a request, with its text and its effect.

Comes in: places, statements, values. Goes out: edits. Never here: choosing among them, deciding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kms_eval.analysis.advising.places import State, Where, policy_at, with_key, with_policy, with_principal
from kms_eval.documents.model import ConditionTest, Grant, Policy, PolicyKind, PrincipalEntry, Statement
from kms_eval.engine.explanation import Change
from kms_eval.records import record
from kms_eval.world.model import Key, Principal


@record
class Edit:
    """One change and its size; `apply` returns the state after the change.

    `smaller` returns the edits that do one thing less: without one of the values that are added or removed.
    """

    size: int
    change: Change
    apply: Callable[[State], State]
    smaller: Callable[[], Iterable[Edit]] = tuple

    @property
    def name(self) -> str:
        """The same for edits that do the same."""
        return f"{self.change.kind} {self.change.policy} {self.change.statement} {self.change.edit}"


def both(first: Edit, second: Edit) -> Edit:
    """Two edits as one, where the first alone has no effect on the decision yet."""
    steps = (first.change, second.change)
    edit = {"first": dict(first.change.edit), "second": dict(second.change.edit)}
    text = "; and ".join(step.text for step in steps)
    change = Change("together", None, None, edit, text, steps)
    return Edit(first.size + second.size, change, lambda state: second.apply(first.apply(state)))


def _label(statement: Statement) -> str:
    return f'"{statement.sid}"' if statement.sid else f"statement {statement.index}"


def on_statement(  # noqa: PLR0917 - the parts of an edit, in its order
    where: Where,
    policy: Policy,
    statement: Statement,
    kind: str,
    size: int,
    changed: Callable[[Statement], Statement],
    edit: Mapping[str, Any],
    words: str,
    smaller: Callable[[], Iterable[Edit]] = tuple,
) -> Edit:
    """An edit of one statement; ``{it}`` in `words` stands for the statement."""
    index = statement.index

    def apply(state: State) -> State:
        there = policy_at(state, where)
        if there is None:
            return state
        statements = tuple(changed(each) if each.index == index else each for each in there.statements)
        return with_policy(state, where, replace(there, statements=statements))

    text = words.replace("{it}", f"{policy.name} {_label(statement)}")
    return Edit(size, Change(kind, policy.name, index, edit, text), apply, smaller)


def on_test(  # noqa: PLR0917 - the parts of an edit, in its order
    where: Where,
    policy: Policy,
    statement: Statement,
    test: ConditionTest,
    after: ConditionTest | None,
    kind: str,
    size: int,
    edit: Mapping[str, Any],
    words: str,
    smaller: Callable[[], Iterable[Edit]] = tuple,
) -> Edit:
    """An edit of one test of a statement's condition; `after` None removes the test."""

    def changed(there: Statement) -> Statement:
        tests = tuple(new for each in there.condition or () if (new := after if each == test else each) is not None)
        return replace(there, condition=tests or None)

    operator = f"{test.qualifier}:" * bool(test.qualifier) + test.operator + "IfExists" * test.if_exists
    whole = {"element": "Condition", "operator": operator, "key": test.key, **edit}
    return on_statement(where, policy, statement, kind, size, changed, whole, words, smaller)


def new_statement(  # noqa: PLR0917 - the parts of an edit, in its order
    where: Where, policy: Policy | None, statement: Mapping[str, Any], kind: str, size: int, words: str
) -> Edit:
    """A statement that is added to a policy, or becomes a new policy (`policy` None)."""
    parsed = _parsed(statement)

    def apply(state: State) -> State:
        there = policy_at(state, where) if policy is not None else None
        if there is None:
            new = Policy("new policy", _KIND[where.layer], "2012-10-17", None, (parsed,))
            return with_policy(state, where, new)
        index = max((each.index for each in there.statements), default=-1) + 1
        return with_policy(state, where, replace(there, statements=(*there.statements, replace(parsed, index=index))))

    name = policy.name if policy is not None else None
    return Edit(size, Change(kind, name, None, {"statement": dict(statement)}, words), apply)


_KIND = {
    "keyPolicy": PolicyKind.KEY,
    "identityPolicy": PolicyKind.IDENTITY,
    "permissionsBoundary": PolicyKind.BOUNDARY,
    "sessionPolicy": PolicyKind.SESSION,
    "serviceControlPolicy": PolicyKind.SCP,
    "resourceControlPolicy": PolicyKind.RCP,
    "vpcEndpointPolicy": PolicyKind.ENDPOINT,
}


def _parsed(statement: Mapping[str, Any]) -> Statement:
    principal = statement.get("Principal")
    principals: tuple[PrincipalEntry, ...] | None = None
    if principal == "*":
        principals = (PrincipalEntry("*", "*"),)
    elif isinstance(principal, Mapping):
        principals = tuple(PrincipalEntry(kind, text) for kind, text in principal.items())
    condition = tuple(
        ConditionTest(operator, "", if_exists=False, key=key, values=(value,))
        for operator, block in statement.get("Condition", {}).items()
        for key, value in block.items()
    )
    return Statement(
        index=0,
        sid=None,
        effect="Allow",
        principals=principals,
        actions=(statement["Action"],),
        resources=(statement["Resource"],),
        condition=condition or None,
    )


def one_less(items: Sequence[str], make: Callable[[tuple[str, ...]], Edit]) -> Callable[[], Iterable[Edit]]:
    """A function that returns the edits with one of several items left out; it returns none where there is only one."""

    def smaller() -> Iterable[Edit]:
        if len(items) > 1:
            for left_out in items:
                yield make(tuple(each for each in items if each != left_out))

    return smaller


def in_context(key: str, values: tuple[str, ...], words: str, size: int = 4) -> Edit:
    """Let the request carry a condition key."""

    def apply(state: State) -> State:
        others = {name: value for name, value in state.request.context.items() if name.lower() != key.lower()}
        return replace(state, request=replace(state.request, context={**others, key: values}))

    written: Any = values[0] if len(values) == 1 else list(values)
    return Edit(size, Change("add-context", None, None, {"context": {key: written}}, words), apply)


def in_encryption_context(pairs: Mapping[str, str], because: str = "") -> Edit:
    """Add pairs to the request's encryption context; its other pairs stay."""

    def apply(state: State) -> State:
        given = {**(state.request.encryption_context or {}), **pairs}
        return replace(state, request=replace(state.request, encryption_context=given))

    listed = ", ".join(f"`{name}`: `{value}`" for name, value in pairs.items())
    change = Change(
        "add-encryption-context",
        None,
        None,
        {"encryption_context": dict(pairs)},
        f"send {listed} in the encryption context{because}",
    )

    def with_these(names: tuple[str, ...]) -> Edit:
        return in_encryption_context({name: pairs[name] for name in names}, because)

    return Edit(2, change, apply, one_less(tuple(pairs), with_these))


def tag(state_of: Key | Principal, name: str, value: str) -> Edit:
    """Add a tag to the key, or to the caller's user or role."""

    def apply(state: State) -> State:
        if isinstance(state_of, Key):
            key = state.world.keys[state_of.handle]
            return with_key(state, replace(key, tags={**key.tags, name: value}))
        principal = state.caller.principal
        if principal is None:  # pragma: no cover - only users and roles have tags
            raise AssertionError
        return with_principal(state, replace(principal, tags={**principal.tags, name: value}))

    kind, whom = ("tag-key", "the key") if isinstance(state_of, Key) else ("tag-principal", f"`{state_of.arn}`")
    return Edit(9, Change(kind, None, None, {"tags": {name: value}}, f"tag {whom} with `{name}`: `{value}`"), apply)


def by_alias(alias: str, words: str) -> Edit:
    """Let the request name the key by an alias."""
    return Edit(
        0,
        Change("use-alias", None, None, {"key": alias}, words),
        lambda state: replace(state, request=replace(state.request, key=alias)),
    )


def as_principal(principal: str, words: str) -> Edit:
    """Let another principal make the request; only for calls that are for one particular principal (RetireGrant)."""
    return Edit(
        45,
        Change("ask-as", None, None, {"principal": principal}, words),
        lambda state: replace(state, request=replace(state.request, principal=principal, session=None)),
    )


def with_grant(  # noqa: PLR0917 - the parts of an edit, in its order
    key: Key, grant: Grant, old: Grant | None, kind: str, size: int, words: str
) -> Edit:
    """Create a grant on the key, in place of `old` if that is given, as grants cannot be edited."""

    def apply(state: State) -> State:
        there = state.world.keys[key.handle]
        kept = tuple(each for each in there.grants if old is None or each.id != old.id)
        return with_key(state, replace(there, grants=(*kept, grant)))

    edit = {"grant": _written(grant), **({"account": grant.issuing_account} if grant.issuing_account else {})}
    return Edit(size, Change(kind, f"grant {old.id}" if old is not None else None, None, edit, words), apply)


def in_new_grant(grant: Grant, words: str) -> Edit:
    """Let the request (CreateGrant) ask for another grant."""
    change = Change("narrow-grant", None, None, {"grant": _written(grant)}, f"of the new grant, {words}")
    return Edit(5, change, lambda state: replace(state, request=replace(state.request, grant=grant)))


def _written(grant: Grant) -> dict[str, Any]:
    """A grant as the parameters of CreateGrant."""
    parameters: dict[str, Any] = {"GranteePrincipal": grant.grantee_principal, "Operations": list(grant.operations)}
    if grant.grantee_service_principal is not None:
        parameters = {"GranteeServicePrincipal": grant.grantee_service_principal, "Operations": list(grant.operations)}
    constraints = grant.constraints
    for name, pairs in (
        ("EncryptionContextEquals", constraints.encryption_context_equals),
        ("EncryptionContextSubset", constraints.encryption_context_subset),
    ):
        if pairs is not None:
            parameters["Constraints"] = {name: dict(pairs)}
    return parameters
