"""How a condition that fails (or, of a Deny, holds) could be turned: by the request, or by an edit of the test.

Comes in: a test of a statement in a trace. Goes out: edits. Never here: deciding; `advise` tries them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kms_eval.analysis.advising.edits import Edit, by_alias, in_context, in_encryption_context, on_test
from kms_eval.analysis.advising.limits import can_edit
from kms_eval.analysis.advising.places import Where
from kms_eval.documents.model import ConditionTest, Policy, Statement
from kms_eval.engine.carrying import can_carry, can_have
from kms_eval.engine.conditions import Test
from kms_eval.engine.trace import Trace
from kms_eval.facts.condition_keys import find, spelled
from kms_eval.records import record

_ENCRYPTION = "kms:encryptioncontext:"
_OF_SERVICES = {"aws:principalorgid": "aws:SourceOrgID", "aws:principalaccount": "aws:SourceAccount"}
_LIKE = {"StringEquals": "StringLike", "StringNotEquals": "StringNotLike"}

_ABSENT = "not carried by this request"


@record
class Subject:
    """A statement, where it stands, and the decision about which it is asked."""

    trace: Trace
    where: Where
    policy: Policy
    statement: Statement


def mend_tests(subject: Subject, test: Test) -> Iterator[Edit]:  # noqa: C901 - a list of ways, each on its own
    """Ways to make a failing test of an Allow hold, the request's own first."""
    yield from by_request(subject, test, holds=True)
    if not can_edit(subject.policy, subject.trace.ruling.part, subject.where.layer):
        return
    written = test.written
    seen = subject.trace.ruling.context.get(test.key)
    part = subject.trace.ruling.part
    if isinstance(seen, tuple) and seen and written.operator in _LIKE and _has_wildcards(written):
        after = replace(written, operator=_LIKE[written.operator])
        yield _edited(subject, written, after, "replace-operator", 10, {"replace_operator": after.operator},
                      f"in {{it}}, write {after.operator} for {written.operator} over {written.key}: "
                      "wildcards mean nothing under it")  # fmt: skip
    if isinstance(seen, tuple) and seen and not test.operator.negated and test.operator.type not in {"Null", "Date"}:
        values = (*written.values, *(value for value in seen if value not in written.values))
        added = [value for value in seen if value not in written.values]
        if added and all(_can_be_written(test, value) for value in added) and test.operator.type != "Numeric":
            yield _edited(subject, written, replace(written, values=values), "add-value", 13, {"add": added},
                          f"in {{it}}, add {_listed(added)} to the values of {written.key}")  # fmt: skip
    if test.operator.negated and isinstance(seen, tuple):
        kept = tuple(value for value in written.values if value not in seen)
        if kept and kept != written.values:
            yield _edited(subject, written, replace(written, values=kept), "remove-value", 19,
                          {"remove": list(set(written.values) - set(kept))},
                          f"in {{it}}, take {_listed(seen)} from the values of {written.key}")  # fmt: skip
    source = _OF_SERVICES.get(test.key) if part.scope.caller.kind == "service" else None
    if source is not None:
        yield _edited(subject, written, replace(written, key=source), "replace-condition-key", 11,
                      {"replace_key": source},
                      f"in {{it}}, write {source} for {written.key}, which a service does not send")  # fmt: skip
    refused = bool(test.iam_only_in_key_policy)
    invented = find(test.key) is None
    # Without its last condition a statement for everybody would be public.
    public = len(subject.statement.condition or ()) == 1 and any(
        entry.value == "*" for entry in subject.statement.principals or ()
    )
    if public:
        return
    if invented or refused or (not seen and not can_carry(part.situation, test.key)):
        why = _ABSENT
        if invented or refused:
            why = "no condition key of AWS" if invented else "not supported in a key policy"
        yield _edited(subject, written, None, "remove-condition", 14 if why != _ABSENT else 70,
                      {"remove_key": True},
                      f"in {{it}}, remove the condition on {written.key}: it is {why}")  # fmt: skip


def by_request(subject: Subject, test: Test, *, holds: bool) -> Iterator[Edit]:  # noqa: C901 - one guard for each rule
    """Values that the request could carry so that the test holds, or does not."""
    part, context = subject.trace.ruling.part, subject.trace.ruling.context
    key, name = test.key, spelled(test.key, test.written.key)
    seen = context.get(key)
    changeable = key == "kms:viaservice" or key.startswith(_ENCRYPTION)
    if seen is not None and seen != () and not (changeable and part.scope.caller.kind != "service"):
        return
    target = part.scope.target
    if key == "kms:requestalias":
        for alias in target.key.aliases if target.key is not None else ():
            if test.holds((alias,), context.text, generous=not holds) is holds:
                yield by_alias(alias, f"name the key by its alias `{alias}` in the request")
        return
    if not seen and not can_carry(part.situation, key):
        return
    if key == "kms:grantisforawsresource" and not part.situation.by_service:
        return  # only a service that calls for the caller makes such grants (semantics S6)
    for value in _samples(test):
        if (
            not can_have(part.situation, key, value)
            or test.holds((value,), context.text, generous=not holds) is not holds
        ):
            continue
        if key.startswith(_ENCRYPTION):
            pair = name[len(_ENCRYPTION) :]
            yield in_encryption_context({pair: value}, f"send `{pair}`: `{value}` in the encryption context", 2)
        elif seen:
            yield in_context(name, (value,), f"make the call with {name} `{value}`", 3)
        else:
            yield in_context(name, (value,), f"make the call with {name} `{value}`")
        return


def _samples(test: Test) -> Iterator[str]:
    for text in test.written.values:
        if "${" not in text:
            yield (
                text.replace("*", "any").replace("?", "x").split("/", 1)[0]
                if (test.operator.type == "IPAddress")
                else text.replace("*", "any").replace("?", "x")
            )
    if test.operator.type == "Bool":
        yield from ("true", "false")


def _edited(  # noqa: PLR0917 - the parts of an edit, in its order
    subject: Subject,
    test: ConditionTest,
    after: ConditionTest | None,
    kind: str,
    size: int,
    edit: dict[str, object],
    words: str,
) -> Edit:
    return on_test(subject.where, subject.policy, subject.statement, test, after, kind, size, edit, words)


def spare(subject: Subject, test: Test) -> Iterator[Edit]:
    """Ways to make a test of a Deny that holds fail."""
    yield from by_request(subject, test, holds=False)
    part = subject.trace.ruling.part
    if not can_edit(subject.policy, part, subject.where.layer):
        return
    written = test.written
    seen = subject.trace.ruling.context.get(test.key)
    if written.qualifier == "ForAllValues" and not seen:
        yield _edited(subject, written, replace(written, qualifier="ForAnyValue"), "replace-qualifier", 10,
                      {"replace_qualifier": "ForAnyValue"},
                      f"in {{it}}, write ForAnyValue for ForAllValues over {written.key}: "
                      "ForAllValues is true where nothing was sent")  # fmt: skip
    if test.operator.negated and isinstance(seen, tuple) and len(seen) == 1 and _can_be_written(test, seen[0]):
        yield _edited(subject, written, replace(written, values=(*written.values, seen[0])), "add-value", 18,
                      {"add": [seen[0]]},
                      f"in {{it}}, add `{seen[0]}` to the values of {written.key} that it spares")  # fmt: skip
    if written.if_exists and not seen:
        yield _edited(subject, written, replace(written, if_exists=False), "remove-if-exists", 20,
                      {"remove_if_exists": True},
                      f"in {{it}}, drop IfExists from the test of {written.key}")  # fmt: skip


def _can_be_written(test: Test, value: str) -> bool:
    """Whether the value of a request can stand in a policy, for itself and nothing else."""
    if set(value) & set("*?$") or not value.isprintable():
        return False
    try:
        test.operator.read_text(value)
    except ValueError:
        return False
    return True


def _has_wildcards(test: ConditionTest) -> bool:
    return any(set(value) & set("*?") for value in test.values)


def _listed(values: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)
