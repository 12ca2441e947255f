"""What could make a layer allow: a statement that nearly matches, edited, or a new one; as edits that belong together.

Comes in: a trace and the place of a layer. Goes out: options, tuples of edits. Never here: deciding; `advise` tries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from kms_eval.analysis.advising.conditions import Subject, mend_tests
from kms_eval.analysis.advising.edits import Edit, new_statement, on_statement
from kms_eval.analysis.advising.limits import can_edit, can_have_policies
from kms_eval.analysis.advising.places import Where, attached
from kms_eval.documents.model import Policy, PrincipalEntry, Statement
from kms_eval.documents.refused import region_of, service_finding
from kms_eval.engine.entries import Entry
from kms_eval.engine.hindrances import is_via_service
from kms_eval.engine.masks import actions_in, published
from kms_eval.engine.misnamed import is_deleted_id, is_near, is_unique_id
from kms_eval.engine.principals import Grade, grade
from kms_eval.engine.rules import Rule
from kms_eval.engine.trace import Trace

Option = tuple[Edit, ...]
_MOST_TESTS = 3


def nameable(trace: Trace) -> PrincipalEntry:
    """How a policy names the caller permanently: by the role, not by one session of it."""
    caller = trace.ruling.part.scope.caller
    if caller.kind == "service":
        return PrincipalEntry("Service", caller.arn)
    if caller.principal is not None and caller.kind != "federated-user":
        return PrincipalEntry("AWS", caller.principal.arn)
    return PrincipalEntry("AWS", caller.arn)


def for_layer(trace: Trace, layer: str, level: int | None = None) -> Iterator[Option]:
    """Every way to make a layer (at one level, where it has several) allow the request."""
    part = trace.ruling.part
    own: tuple[Where, Policy] | None = None
    widened: list[tuple[bool, Option]] = []
    # What one statement allows under conditions, on purpose, is not allowed without them by another.
    conditioned = any(entry.layer == layer and entry.failed_tests(trace.ruling.context) for entry in trace.about)
    for where, policy in attached(part):
        if where.layer != layer or (level is not None and where.level != level):
            continue
        editable = can_edit(policy, part, layer)
        own = own or ((where, policy) if editable else None)
        for rule in trace.rules(policy):
            if rule.effect == "Allow" and rule.resource is not None:
                for each in _mended(trace, where, policy, rule, editable=editable):
                    if each[0].change.kind != "add-action":
                        yield each
                    elif not conditioned:
                        widened.append((_allows_similar_actions(rule, part.action), each))
    # Adding the action to one statement is enough: the first that allows similar actions, else the first.
    yield from (each for _similar, each in sorted(widened, key=lambda found: not found[0])[:1])
    yield from _new(trace, layer, own, level)


def _mended(trace: Trace, where: Where, policy: Policy, rule: Rule, *, editable: bool) -> Iterator[Option]:
    """One statement edited so that it matches; one that fails in two elements was meant for something else."""
    ruling, statement = trace.ruling, rule.statement
    part = ruling.part
    target = part.scope.target
    structural: list[list[Edit]] = []
    if statement.principals is not None and grade(statement.principals, part.scope.caller, "Allow") is Grade.NONE:
        structural.append(list(_named(trace, where, policy, rule)))
    covers = rule.covers(part.action.lower()) if ruling.bit & ~rule.actions else rule.actions
    if not covers & ruling.bit:
        if where.layer == "identityPolicy" and not rule.actions:
            return  # it is about other services
        structural.append(list(_acting(trace, where, policy, statement)))
    if rule.resource is not None and not rule.resource.covers(target, ruling.context, generous=False):
        structural.append(list(_about(trace, where, policy, statement)))
    if len(structural) > 1 or (structural and not editable):
        return
    failed = Entry("", 0, 0, rule).failed_tests(ruling.context)
    if len(failed) > _MOST_TESTS or (structural and failed):
        return
    subject = Subject(trace, where, policy, statement)
    mends = [list(mend_tests(subject, test)) for test in failed]
    yield from product(*structural, *mends) if structural or mends else ()


def _named(trace: Trace, where: Where, policy: Policy, rule: Rule) -> Iterator[Edit]:
    """The caller in place of an entry that was meant for it; else added to the entries, if the actions are similar."""
    statement, caller = rule.statement, trace.ruling.part.scope.caller
    wanted = nameable(trace)
    for other in statement.principals or ():
        deleted = (
            is_unique_id(other.value) and caller.principal is not None and is_deleted_id(other.value, caller.principal)
        )
        if not deleted and not is_near(other, caller):
            continue
        if other.kind == "Service" and not _is_misnamed(other.value, trace.ruling.part.scope.target.region):
            continue
        entry = wanted
        if other.value.endswith(":root"):
            entry = PrincipalEntry("AWS", f"arn:{caller.partition}:{other.value.split(':', 2)[2]}")

        def exchanged(there: Statement, other: PrincipalEntry = other, new: PrincipalEntry = entry) -> Statement:
            return replace(there, principals=tuple(new if each == other else each for each in there.principals or ()))

        edit = {"element": "Principal", "replace": other.value, "with": entry.value}
        words = f"in the Principal of {{it}}, replace `{other.value}` by `{entry.value}`"
        if deleted:
            words += ": it is the unique id of a principal that is not described here, most likely deleted"
        yield on_statement(where, policy, statement, "replace-principal", 12, exchanged, edit, words)
        return
    near = any(is_near(other, caller) for other in statement.principals or ())
    if not near and not _allows_similar_actions(rule, trace.ruling.part.action):
        return

    def added(there: Statement) -> Statement:
        return replace(there, principals=(*(there.principals or ()), wanted))

    added_edit = {"element": "Principal", "add": [wanted.value]}
    words = f"add `{wanted.value}` to the Principal of {{it}}"
    yield on_statement(where, policy, statement, "add-principal", 17 if near else 55, added, added_edit, words)


def _is_misnamed(service: str, region: str) -> bool:
    """Whether a service of this name does not exist, or is in a different Region from the key."""
    return service_finding(service) is not None or region_of(service) not in {None, region}


def _allows_similar_actions(rule: Rule, action: str) -> bool:
    """Whether a caller who needs the action may get everything that the statement allows.

    Use, administration and reading are kept apart: nobody is made an administrator in order to decrypt.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    asked = published(action)
    given = actions_in(rule.actions)
    if asked is None:
        return False
    if asked.cryptographic:
        return all(each.cryptographic or each.name in _BESIDE_USE for each in given)
    if asked.access_level in _READING:
        return all(each.access_level in _READING for each in given)
    return not any(each.cryptographic for each in given)


_BESIDE_USE = frozenset({"kms:DescribeKey", "kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"})
_READING = frozenset({"Read", "List"})


def _acting(trace: Trace, where: Where, policy: Policy, statement: Statement) -> Iterator[Edit]:
    action = trace.ruling.part.action
    if statement.actions is None:
        return

    def added(there: Statement) -> Statement:
        return replace(there, actions=(*(there.actions or ()), action))

    edit = {"element": "Action", "add": [action]}
    yield on_statement(
        where, policy, statement, "add-action", 15, added, edit, f"add `{action}` to the Action of {{it}}"
    )


def _about(trace: Trace, where: Where, policy: Policy, statement: Statement) -> Iterator[Edit]:
    arn = resource_of(trace, where.layer)
    if statement.resources is None:
        return
    target = trace.ruling.part.scope.target
    key = target.key
    aliases = key.aliases if key is not None else ()
    stale = next((text for text in statement.resources if any(text.endswith(f":{name}") for name in aliases)), None)

    def added(there: Statement) -> Statement:
        kept = tuple(text for text in there.resources or () if text != stale)
        return replace(there, resources=(*kept, arn))

    if stale is not None:
        edit: dict[str, Any] = {"element": "Resource", "replace": stale, "with": arn}
        words = f"in the Resource of {{it}}, replace `{stale}` by `{arn}`: aliases are no resources of this action"
        yield on_statement(where, policy, statement, "replace-resource", 12, added, edit, words)
        return
    edit = {"element": "Resource", "add": [arn]}
    yield on_statement(
        where, policy, statement, "add-resource", 16, added, edit, f"add `{arn}` to the Resource of {{it}}"
    )


def resource_of(trace: Trace, layer: str) -> str:
    """The Resource of a statement for the request: the key; in a key policy ``*``, which stands for the key."""
    target = trace.ruling.part.scope.target
    return "*" if layer == "keyPolicy" or target.kind == "none" else target.arn.replace("\x00", "*")


_NEW = {
    "keyPolicy": ("add-statement", 50, "add a statement to the key policy {it} that allows `{action}` to `{caller}`"),
    "identityPolicy": ("add-identity-policy", 40, "attach an identity policy to `{caller}` that allows `{action}`{on}"),
    "permissionsBoundary": ("add-statement", 42, "allow `{action}`{on} in the permissions boundary {it}"),
    "sessionPolicy": ("add-statement", 42, "allow `{action}`{on} in the session policy {it}"),
    "serviceControlPolicy": ("add-statement", 45, "allow `{action}` in a SCP of level {level} above {account}"),
    "vpcEndpointPolicy": ("add-statement", 45, "allow `{action}` to `{caller}` in the policy of the VPC endpoint {it}"),
}  # fmt: skip


def _new(trace: Trace, layer: str, own: tuple[Where, Policy] | None, level: int | None) -> Iterator[Option]:
    part = trace.ruling.part
    caller = part.scope.caller
    entry = nameable(trace)
    kind, size, words = _NEW[layer]
    where, policy = own if own is not None else (None, None)
    if layer == "identityPolicy":
        if not can_have_policies(part) or caller.principal is None or caller.kind == "federated-user":
            return
        where, policy = Where(layer, caller.principal.arn, position=len(caller.principal.policies)), None
        if "/aws-reserved/sso.amazonaws.com/" in caller.principal.arn:
            words = "in the permission set that makes `{caller}`, allow `{action}`{on}"
    elif layer == "serviceControlPolicy" and caller.account is not None and level is not None:
        where, policy = Where(layer, caller.account, level, 1_000_000), None
    if where is None:
        return
    statement: dict[str, Any] = {"Effect": "Allow"}
    if layer in {"keyPolicy", "vpcEndpointPolicy"}:
        statement["Principal"] = {entry.kind: entry.value}
    statement |= {"Action": part.action, "Resource": resource_of(trace, layer)}
    condition = _narrowing(trace) if layer in {"keyPolicy", "identityPolicy"} else None
    if condition:
        statement["Condition"] = condition
    elif layer == "keyPolicy" and caller.kind == "service":
        words += "; the request tells no `aws:SourceArn` to limit it to"
    arn = statement["Resource"]
    under = "".join(
        f" under {operator} {key} `{value}`"
        for operator, block in (condition or {}).items()
        for key, value in block.items()
    )
    text = words.format(
        it=f"`{policy.name}`" if policy is not None else "",
        action=part.action,
        caller=entry.value,
        on="" if arn == "*" else f" on {arn}",
        level=level,
        account=caller.account,
    )
    yield (new_statement(where, policy, statement, kind, size, text + under),)
    root_size = 60
    if layer == "keyPolicy" and caller.account is not None and caller.kind != "root":
        root = f"arn:{caller.partition}:iam::{caller.account}:root"
        delegation = {**statement, "Principal": {"AWS": root}}
        added = words.format(it=f"`{policy.name}`" if policy is not None else "", action=part.action, caller=root)
        yield (
            new_statement(
                where, policy, delegation, "delegate", root_size, f"{added}{under}: identity policies then decide"
            ),
        )


def _narrowing(trace: Trace) -> dict[str, dict[str, str]]:
    """Values of the request that a new statement should require in its condition.

    For a new key, its tags. For a service principal, its source ARN, else the source account, else a pair of the
    encryption context. For other callers, the service that calls on their behalf.
    """
    part, context = trace.ruling.part, trace.ruling.context
    if part.scope.target.kind == "new key":
        tags = {key: name for key, name in part.circumstances.given.names.items() if key.startswith("aws:requesttag/")}
        wanted = [("StringEquals", name, context.text(key)) for key, name in tags.items()]
    elif part.scope.caller.kind == "service":
        pairs = part.circumstances.encryption_context or {}
        wanted = [
            ("ArnEquals", "aws:SourceArn", context.text("aws:sourcearn")),
            ("StringEquals", "aws:SourceAccount", context.text("aws:sourceaccount")),
            *(("StringEquals", f"kms:EncryptionContext:{name}", value) for name, value in pairs.items()),
        ]
        wanted = [each for each in wanted if each[2]][:1]
    else:
        service = context.text("kms:viaservice")
        wanted = [("StringEquals", "kms:ViaService", service if service and is_via_service(service) else None)]
    found: dict[str, dict[str, str]] = {}
    for operator, name, value in wanted:
        if value and not set(value) & set("*?$"):
            found.setdefault(operator, {})[name] = value
    return found
