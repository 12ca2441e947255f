"""The smallest thing that would make a denied request allowed, in words.

Comes in: a trace, its reason code and what context could turn it. Goes out: one sentence, or None where none is known.
Never here: changing anything, deciding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kms_eval.engine.decide import Slot
from kms_eval.engine.layers import GRANT
from kms_eval.engine.missing import Turn
from kms_eval.engine.near_misses import in_words
from kms_eval.engine.principals import account_of
from kms_eval.engine.trace import Trace, source


def change(trace: Trace, code: str, turned: Turn) -> str | None:
    """What would have to change. Where context alone could turn the decision, that comes first."""
    if turned.keys:
        return _by_context(trace, turned)
    advise = _ADVICE.get(code)
    return advise(trace) if advise is not None else None


def _by_context(trace: Trace, turned: Turn) -> str:
    conditions = [
        in_words(test)
        for entry in turned.entries
        if entry.slot != Slot.DENY
        for test in entry.failed_tests(trace.ruling.context)
    ]
    if conditions:
        return f"would be allowed if the request met {' and '.join(dict.fromkeys(conditions))}"
    return f"would be allowed if the request carried a fitting {' and '.join(turned.keys_together)}"


def _deny(trace: Trace) -> str | None:
    denying = next((entry for entry in trace.counted if entry.slot == Slot.DENY), None)
    if denying is None:
        return None
    where = source(denying)
    if denying.rule is not None and denying.rule.statement.not_principals is not None:
        return f"list the caller and its account in the NotPrincipal of {where.label} in {where.policy}"
    conditions = denying.rule.condition.tests if denying.rule is not None and denying.rule.condition is not None else ()
    if conditions:
        return f"no Allow outranks it; it denies while {' and '.join(in_words(test) for test in conditions)}"
    return f"no Allow outranks it: remove or narrow {where.label} in {where.policy}"


def _key_policy(trace: Trace) -> str | None:
    part = trace.ruling.part
    key, caller = part.scope.target.key, part.scope.caller
    if key is None or caller.account is None:
        return f"name {caller.arn} as Service principal in the key policy" if key is not None else None
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    statements = key.policy.statements
    delegates = [
        entry
        for statement in statements
        if statement.effect == "Allow"
        for entry in statement.principals or ()
        if (account := account_of(entry)) is not None and account[1] == caller.account
    ]
    if delegates:
        return (
            f"the key policy delegates other actions to account {caller.account}: add {part.action} to that statement, "
            f"or name {_nameable(trace)} in a statement that allows it"
        )
    return (
        f"the key policy names no account principal of {caller.account}, so IAM policies there have no effect on this "
        f"key: add a statement for {root}, or name {_nameable(trace)} in one"
    )


def _nameable(trace: Trace) -> str:
    caller = trace.ruling.part.scope.caller
    return caller.principal.arn if caller.principal is not None and caller.kind != "federated-user" else caller.arn


def _identity(trace: Trace) -> str:
    part = trace.ruling.part
    resource = part.scope.target.arn.replace("\x00", "*")
    caller = part.scope.caller
    if caller.kind == "federated-user":
        return f"name {caller.arn} in the key policy; a federated user has what its session policies allow"
    return f"attach an identity policy to {_nameable(trace)} that allows {part.action} on {resource}"


def _boundary(trace: Trace) -> str:
    return f"allow {trace.ruling.part.action} in the permissions boundary of {_nameable(trace)}"


def _session(trace: Trace) -> str:
    return f"allow {trace.ruling.part.action} in a session policy of the session"


def _organization(trace: Trace) -> str:
    account = trace.ruling.part.scope.caller.account
    return f"allow {trace.ruling.part.action} in a service control policy at every level above account {account}"


def _endpoint(trace: Trace) -> str | None:
    endpoint = trace.ruling.part.scope.endpoint
    return f"allow {trace.ruling.part.action} in the policy of {endpoint.id}" if endpoint is not None else None


def _abroad(trace: Trace) -> str:
    return f"call it as a principal of account {trace.ruling.part.scope.target.account}"


def _grant(trace: Trace) -> str:
    grants = [entry for entry in trace.ruling.cell.entries if entry.layer == GRANT]
    names = ", ".join(dict.fromkeys(source(entry).policy for entry in grants))
    return f"create a grant with {trace.ruling.part.action.partition(':')[2]}, or meet the constraints of {names}"


def _retire(_trace: Trace) -> str:
    return "call it as the grant's retiring principal, or as a principal of the account that issued it"


_ADVICE: Mapping[str, Callable[[Trace], str | None]] = {
    "explicit-deny": _deny,
    "no-key-policy-allows": _key_policy,
    "key-policy-does-not-delegate": _key_policy,
    "no-identity-policy-allows": _identity,
    "no-permissions-boundary-allows": _boundary,
    "no-session-policy-allows": _session,
    "no-service-control-policy-allows": _organization,
    "no-vpc-endpoint-policy-allows": _endpoint,
    "not-supported-across-accounts": _abroad,
    "grant-does-not-cover": _grant,
    "not-retirable": _retire,
}
