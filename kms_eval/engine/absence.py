"""Why a condition key has no value in a request, or its value cannot match: one row for each reason.

Comes in: a test of a statement and the context. Goes out: words. Never here: deciding, advice.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html
"""

from __future__ import annotations

from collections.abc import Callable

from kms_eval.engine.conditions import Test
from kms_eval.engine.context import Context, carried
from kms_eval.engine.hindrances import hindrance, is_via_service
from kms_eval.engine.masks import published
from kms_eval.facts.condition_keys import find
from kms_eval.language.pattern import compile_text

_Row = Callable[[Test, Context], str | None]
_RESOURCE_TAG, _PRINCIPAL_TAG = "aws:resourcetag/", "aws:principaltag/"


def why_not_met(test: Test, context: Context) -> str | None:
    """Why the test could not hold in this request; None where it fails only because the value is a different one."""
    return _first((*_NEVER, *_AS_IT_IS), test, context)


def why_never_met(test: Test, context: Context) -> str | None:
    """Why no request of this caller for the action can meet the test, whatever else changes; None where one could."""
    return _first(_NEVER, test, context)


def _first(rows: tuple[_Row, ...], test: Test, context: Context) -> str | None:
    return next((words for row in rows if (words := row(test, context)) is not None), None)


def _no_key_of_aws(test: Test, _context: Context) -> str | None:
    return "AWS has no such condition key" if find(test.key) is None else None


def _iam_only(test: Test, _context: Context) -> str | None:
    return "AWS KMS takes it in IAM policies only (Z30)" if test.iam_only_in_key_policy else None


def _not_with_the_action(test: Test, context: Context) -> str | None:
    situation = context.situation
    if carried(situation.action, test.key):
        return None
    row = published(situation.action)
    return f"AWS does not send it with {row.name if row is not None else situation.action}"


def _hindered(test: Test, context: Context) -> str | None:
    return hindrance(context.situation, test.key) if not context.get(test.key) else None


def _of_a_new_key(test: Test, context: Context) -> str | None:
    new = context.situation.scope.target.kind in {"new key", "none"}
    about_keys = test.key.startswith((_RESOURCE_TAG, "kms:resourcealiases"))
    return "a key that is yet to be made has neither tags nor aliases" if new and about_keys else None


def _untagged(test: Test, context: Context) -> str | None:
    if context.get(test.key) is not None:
        return None
    scope = context.situation.scope
    name = test.written.key.partition("/")[2]
    if test.key.startswith(_RESOURCE_TAG) and scope.target.key is not None:
        return f"the key has no tag `{name}`"
    if test.key.startswith(_PRINCIPAL_TAG) and scope.caller.principal is not None:
        return f"`{scope.caller.principal.name}` has no tag `{name}`"
    return None


def _unorganized(test: Test, context: Context) -> str | None:
    scope = context.situation.scope
    account, organization = scope.caller.account, scope.world.organization
    if not test.key.startswith("aws:principalorg") or account is None or context.get(test.key):
        return None
    if organization is not None and account in {*organization.accounts, organization.management_account}:
        return None
    return f"the scenario describes no organization of account {account}"


def _no_via_service(test: Test, _context: Context) -> str | None:
    wanted = test.written.values
    if test.key != "kms:viaservice" or test.operator.negated or not wanted or any(map(_may_be_service, wanted)):
        return None
    return "its values are `SERVICE.REGION.amazonaws.com`, in every partition"


def _may_be_service(text: str) -> bool:
    return bool(set(text) & set("*?$")) or is_via_service(text)


def _wildcards_mean_nothing(test: Test, context: Context) -> str | None:
    seen = context.get(test.key)
    if test.operator.wildcards or not isinstance(seen, (tuple, type(None))) or test.operator.type != "String":
        return None
    meant = [compile_text(text) for text in test.written.values if set(text) & set("*?")]
    fits = any(match(value) for match in meant for value in seen) if seen else bool(meant)
    return "wildcards mean nothing under it" if fits else None


def _other_case(test: Test, context: Context) -> str | None:
    seen = context.get(test.key)
    if test.operator.type != "String" or test.operator.negated or not isinstance(seen, tuple):
        return None
    wanted = set(test.written.values)
    lowered = {text.lower() for text in wanted}
    other = next((text for text in seen if text not in wanted and text.lower() in lowered), None)
    return "only the case differs, which counts under it" if other is not None else None


_NEVER: tuple[_Row, ...] = (_no_key_of_aws, _iam_only, _not_with_the_action, _hindered, _of_a_new_key)
_AS_IT_IS: tuple[_Row, ...] = (_untagged, _unorganized, _no_via_service, _wildcards_mean_nothing, _other_case)
