"""How the result of a condition could be reversed: by another request, or by an edit of a test of the condition.

Comes in: a test of a statement in a trace. Goes out: edits that make it hold in an Allow, or fail in a Deny. Never
here: deciding; `advise` tries them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from kms_eval.analysis.advising.edits import (
    Edit,
    both,
    by_alias,
    in_context,
    in_encryption_context,
    on_test,
    one_less,
    tag,
)
from kms_eval.analysis.advising.limits import can_edit, can_edit_key, can_have_policies
from kms_eval.analysis.advising.places import Where
from kms_eval.documents.model import ConditionTest, Policy, Statement
from kms_eval.engine.absence import why_never_met
from kms_eval.engine.carrying import can_carry, can_have
from kms_eval.engine.conditions import Test
from kms_eval.engine.context import Context, carried
from kms_eval.engine.hindrances import is_via_service
from kms_eval.engine.masks import actions_in, covered
from kms_eval.engine.trace import Trace
from kms_eval.facts.condition_keys import example_value, find, spelled
from kms_eval.language import variables
from kms_eval.records import record
from kms_eval.world.model import Key, Principal

_ENCRYPTION = "kms:encryptioncontext:"
_TOLD_OR_NOT = "aws:multifactorauthpresent"
"""A session may or may not have it where the request does not say so; then advice may be to send it."""
_CONTEXT_KEYS = "kms:encryptioncontextkeys"
_OF_SERVICES = {"aws:principalorgid": "aws:SourceOrgID", "aws:principalaccount": "aws:SourceAccount"}
_LIKE = {"StringEquals": "StringLike", "StringNotEquals": "StringNotLike"}
_ARN_LIKE = {"StringEquals": "ArnLike", "StringNotEquals": "ArnNotLike"}


@record
class Subject:
    """A statement, its policy and place, and the trace of the decision in question."""

    trace: Trace
    where: Where
    policy: Policy
    statement: Statement


def mend_tests(subject: Subject, test: Test) -> Iterator[Edit]:
    """Ways to make a failing test of an Allow hold, those by changing the request first."""
    yield from by_request(subject, test, holds=True)
    yield from _by_tag(subject, test)
    if can_edit(subject.policy, subject.trace.ruling.part, subject.where.layer):
        yield from _replaced(subject, test)
        yield from _other_values(subject, test)
        yield from _removed(subject, test)


def _by_tag(subject: Subject, test: Test) -> Iterator[Edit]:
    """A tag that the test asks for, on the key or the caller."""
    part = subject.trace.ruling.part
    family, _slash, name = test.written.key.partition("/")
    key, principal = part.scope.target.key, part.scope.caller.principal
    whose: Key | Principal | None = None
    if family.lower() == "aws:resourcetag" and key is not None and can_edit_key(part):
        whose = key if find_tag(key, name) is None else None
    elif family.lower() == "aws:principaltag" and principal is not None and can_have_policies(part):
        whose = principal if find_tag(principal, name) is None else None
    if whose is None or part.scope.caller.kind not in {"user", "role", "root", "service"}:
        return
    for written in test.written.values:
        value = _filled_in(written, subject.trace.ruling.context)
        if value and not set(value) & set("*?$"):
            yield tag(whose, name, value)
            return


def _filled_in(text: str, context: Context) -> str | None:
    """The text with the values of its policy variables; None where one has none."""
    return variables.parse(text).text(context.text) if variables.has_variables(text) else text


def find_tag(tagged: Key | Principal, name: str) -> str | None:
    """The value of a tag, whose key may be in any case; None where there is no such tag."""
    return next((value for key, value in tagged.tags.items() if key.lower() == name.lower()), None)


def _replaced(subject: Subject, test: Test) -> Iterator[Edit]:
    """Replaces the operator, a value that no request has, or the condition key."""
    written, context = test.written, subject.trace.ruling.context
    seen = context.get(test.key)
    if isinstance(seen, tuple) and seen and written.operator in _LIKE and _has_wildcards(written):
        row = find(test.key)
        likes = _ARN_LIKE if row is not None and row.type == "ARN" else _LIKE
        after = replace(written, operator=likes[written.operator])
        yield _edited(subject, written, after, "replace-operator", 10, {"replace_operator": after.operator},
                      f"in {{it}}, write {after.operator} for {written.operator} over {written.key}: "
                      "wildcards mean nothing under it")  # fmt: skip
    if seen is None and written.operator in _LIKE and not test.operator.negated and _has_wildcards(written):
        yield from _liked_and_sent(subject, test)
    if test.key == "kms:viaservice" and isinstance(seen, tuple) and not test.operator.negated:
        for value in seen:
            yield from (_instead(subject, test, old, value) for old in written.values if _was_meant(old, value))
    service = subject.trace.ruling.part.scope.caller.kind == "service"
    source = _OF_SERVICES.get(test.key) if service else None
    if source is not None:
        yield _edited(subject, written, replace(written, key=source), "replace-condition-key", 11,
                      {"replace_key": source},
                      f"in {{it}}, write {source} for {written.key}, which a service does not send")  # fmt: skip


def _liked_and_sent(subject: Subject, test: Test) -> Iterator[Edit]:
    """The operator under which wildcards work, together with a matching value in the request."""
    part, written = subject.trace.ruling.part, test.written
    row = find(test.key)
    if row is None or not can_carry(part.situation, test.key):
        return
    after = replace(written, operator=(_ARN_LIKE if row.type == "ARN" else _LIKE)[written.operator])
    liked = _edited(subject, written, after, "replace-operator", 10, {"replace_operator": after.operator},
                    f"in {{it}}, write {after.operator} for {written.operator} over {written.key}: "
                    "wildcards mean nothing under it")  # fmt: skip
    samples = _samples(test, part.scope.target.region)
    value = next((text for text in samples if can_have(part.situation, test.key, text)), None)
    if value is not None and not test.key.startswith(_ENCRYPTION):
        name = spelled(test.key, written.key)
        yield both(liked, in_context(name, (value,), f"make the call with {name} `{value}`"))


def _was_meant(old: str, value: str) -> bool:
    """Whether a value that kms:ViaService never has was most likely meant to be this one, of the same service."""
    return not is_via_service(old) and not set(old) & set("*?$") and old.split(".", 1)[0] == value.split(".", 1)[0]


def _instead(subject: Subject, test: Test, old: str, new: str) -> Edit:
    written = test.written
    values = tuple(new if each == old else each for each in written.values)
    after = replace(written, values=values)
    return _edited(subject, written, after, "replace-value", 10, {"replace": old, "with": new},
                   f"in {{it}}, write `{new}` for `{old}` under {written.key}: "
                   "its values are `SERVICE.REGION.amazonaws.com`, in every partition")  # fmt: skip


def _other_values(subject: Subject, test: Test) -> Iterator[Edit]:
    """Adds values of the request to those a test accepts, or removes them from those a negated test excludes."""
    written, seen = test.written, subject.trace.ruling.context.get(test.key)
    # A Bool test that accepts both true and false would test nothing any more.
    if not isinstance(seen, tuple) or test.operator.type in {"Null", "Date", "Bool"}:
        return
    if test.operator.negated:
        refused = tuple(value for value in written.values if value in seen)
        if refused and len(refused) < len(written.values):
            yield _without_values(subject, test, refused)
        return
    added = tuple(value for value in dict.fromkeys(seen) if value not in written.values)
    if added and all(_can_be_written(test, value) for value in added) and test.operator.type != "Numeric":
        yield _with_values(subject, test, added)


def _with_values(subject: Subject, test: Test, added: tuple[str, ...]) -> Edit:
    written = test.written
    after = replace(written, values=(*written.values, *added))
    return _edited(subject, written, after, "add-value", 13, {"add": list(added)},
                   f"in {{it}}, add {_listed(added)} to the values of {written.key}",
                   one_less(added, lambda fewer: _with_values(subject, test, fewer)))  # fmt: skip


def _without_values(subject: Subject, test: Test, refused: tuple[str, ...]) -> Edit:
    written = test.written
    after = replace(written, values=tuple(value for value in written.values if value not in refused))
    return _edited(subject, written, after, "remove-value", 19, {"remove": list(refused)},
                   f"in {{it}}, take {_listed(refused)} from the values of {written.key}",
                   one_less(refused, lambda fewer: _without_values(subject, test, fewer)))  # fmt: skip


def _removed(subject: Subject, test: Test) -> Iterator[Edit]:
    """Removes a test that never holds, but not the last one of a statement for everybody, which would become public."""
    part, context = subject.trace.ruling.part, subject.trace.ruling.context
    last = len(subject.statement.condition or ()) == 1
    if last and any(entry.value == "*" for entry in subject.statement.principals or ()):
        return
    if can_carry(part.situation, test.key):
        return
    why = why_never_met(test, context)
    if why is None or _serves_other_actions(subject, test):
        return
    invented = find(test.key) is None or bool(test.iam_only_in_key_policy)
    yield _edited(subject, test.written, None, "remove-condition", 14 if invented else 70, {"remove_key": True},
                  f"in {{it}}, remove the condition on {test.written.key}: {why}")  # fmt: skip


def _serves_other_actions(subject: Subject, test: Test) -> bool:
    """Whether requests for another action of the statement carry the key: for those the test makes sense."""
    action = subject.trace.ruling.part.action.lower()
    if carried(action, test.key) or find(test.key) is None:
        return False
    others = actions_in(covered(subject.statement.actions or ()))
    return any(carried(each.name.lower(), test.key) for each in others)


def by_request(subject: Subject, test: Test, *, holds: bool) -> Iterator[Edit]:
    """Values that the request could carry so that the test holds, or fails."""
    part, context = subject.trace.ruling.part, subject.trace.ruling.context
    key = test.key
    seen = None if key == _TOLD_OR_NOT else context.get(key)
    changeable = key == "kms:viaservice" or key.startswith(_ENCRYPTION)
    if seen is not None and seen != () and not (changeable and part.scope.caller.kind != "service"):
        return
    target = part.scope.target
    if key == "kms:requestalias":
        for alias in target.key.aliases if target.key is not None else ():
            if test.holds((alias,), context.text, generous=not holds) is holds:
                yield by_alias(alias, f"name the key by its alias `{alias}` in the request")
        return
    # Only a service that calls on the caller's behalf makes grants for its resources (semantics S6).
    of_services = key == "kms:grantisforawsresource" and not part.situation.by_service
    if not of_services and (seen or can_carry(part.situation, key)):
        yield from _by_value(subject, test, changed=bool(seen), holds=holds)


def _by_value(subject: Subject, test: Test, *, changed: bool, holds: bool) -> Iterator[Edit]:
    """The first value in the request that reverses the result of the test; `changed`: it now has another value."""
    part, context = subject.trace.ruling.part, subject.trace.ruling.context
    name = spelled(test.key, test.written.key)
    null = test.operator.type == "Null"
    as_key = test.key == _CONTEXT_KEYS
    for value in ("name",) if null and as_key else _samples(test, part.scope.target.region):
        if not can_have(part.situation, test.key, value):
            continue
        if test.holds((value,), context.text, generous=not holds) is not holds:
            continue
        if as_key:
            yield in_encryption_context({value: "value"}, f": any {'pair' if null else 'value'} will do")
        elif test.key.startswith(_ENCRYPTION):
            yield in_encryption_context({name[len(_ENCRYPTION) :]: value})
        elif null:
            yield in_context(name, (value,), f"make the call with a value of {name}, as `{value}` is one")
        else:
            yield in_context(name, (value,), f"make the call with {name} `{value}`", 6 if changed else 4)
        return


def _samples(test: Test, region: str) -> Iterator[str]:
    if test.operator.type == "Null":  # the values of the test say whether the key is present
        yield example_value(test.key, region)
        return
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
    smaller: Callable[[], Iterable[Edit]] = tuple,
) -> Edit:
    return on_test(subject.where, subject.policy, subject.statement, test, after, kind, size, edit, words, smaller)


def fail_test(subject: Subject, test: Test) -> Iterator[Edit]:
    """Ways to make a test of a Deny fail that now holds."""
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
    # Only where the caller cannot send the key: a caller who could send it could avoid the Deny by leaving it out.
    if written.if_exists and not seen and not can_carry(part.situation, test.key):
        yield _edited(subject, written, replace(written, if_exists=False), "remove-if-exists", 20,
                      {"remove_if_exists": True},
                      f"in {{it}}, drop IfExists from the test of {written.key}")  # fmt: skip


def _can_be_written(test: Test, value: str) -> bool:
    """Whether the value of a request can be written in a policy so that it matches itself and nothing else."""
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
