"""Rules about statements that do nothing, or less than they say.

Comes in: subjects. Goes out: rows. Never here: conditions by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.analysis.linting.difference import useless_allows
from kms_eval.analysis.linting.rule import ACCOUNT, ROLE, Example, Found, Rule, allow, deny
from kms_eval.analysis.linting.subject import Subject, actions_of, is_everyone
from kms_eval.documents.model import PolicyKind, Statement
from kms_eval.engine.masks import BIT, RETIRE_GRANT, WITHOUT_KEY, actions_in
from kms_eval.errors import quoted
from kms_eval.facts.actions import ACTION
from kms_eval.language import arn
from kms_eval.language.pattern import compile_text, is_wild, wild

_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_BROAD = sum(BIT[name] for name in ("kms:decrypt", "kms:reencryptfrom"))


def _without_key(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY:
        return
    for statement in subject.statements():
        for index, text in enumerate(statement.actions or ()):
            bit = BIT.get(text.lower(), 0)
            if bit & (WITHOUT_KEY | RETIRE_GRANT):
                name = next(iter(actions_in(bit))).name
                about = "is decided by the grant" if bit == RETIRE_GRANT else "has no key"
                message = f"{quoted(name)} {about}: no key policy can allow or deny it"
                place = subject.at(statement, "Action", index)
                yield Found(place, message, "it belongs in an identity policy", statement, _more_than(statement, index))


def _more_than(statement: Statement, index: int) -> bool:
    """Whether the statement has another action than this one, so that it may be taken out."""
    return len(statement.actions or ()) > 1


def _other_resource(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY or subject.key is None:
        return
    own = subject.key.arn
    for statement in subject.statements():
        texts = statement.resources or ()
        for index, text in enumerate(texts):
            if subject.alone and not _never_this_key(text):
                continue
            if "${" not in text and not compile_text(text)(own):
                message = f"{quoted(text)} is not this key: in a key policy `Resource` means the key that has it"
                place = subject.at(statement, "Resource", index)
                yield Found(place, message, "write `*`", statement, len(texts) > 1)


def _never_this_key(text: str) -> bool:
    """Whether a Resource is no key at all, whichever key the policy belongs to."""
    if text == "*" or not text.startswith("arn:"):
        return text != "*"
    parsed = arn.parse(text)
    return parsed is not None and not is_wild(wild(text)) and not parsed.resource.startswith("key/")


def _alias_resource(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is PolicyKind.KEY:
        return
    for statement in subject.statements():
        actions = actions_of(statement)
        on_alias = sum(BIT[name.lower()] for name, row in ACTION.items() if "alias" in row.resources)
        for index, text in enumerate(statement.resources or ()):
            parsed = arn.parse(text)
            if parsed is None or parsed.service != "kms" or not parsed.resource.startswith("alias/"):
                continue
            if actions and not actions & on_alias:
                message = f"{quoted(text)} is an alias, and what the statement is for is authorized on keys"
                advice = "name the key, or add a condition on `kms:ResourceAliases` or `kms:RequestAlias`"
                yield Found(subject.at(statement, "Resource", index), message, advice, statement)


def _all_keys(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.IDENTITY:
        return
    for statement in subject.statements("Allow"):
        if statement.condition or not actions_of(statement) & _BROAD:
            continue
        for index, text in enumerate(statement.resources or ()):
            if text == "*":
                message = "it gives decryption with every key that lets identity policies decide"
                place = subject.at(statement, "Resource", index)
                yield Found(place, message, "name the keys, or add a condition on `kms:ResourceAliases`", statement)


def _duplicate(subject: Subject) -> Iterator[Found]:
    seen: dict[object, Statement] = {}
    for statement in subject.statements():
        first = seen.setdefault(_content(statement), statement)
        if first is not statement:
            message = f"it says the same as {called(first)}"
            yield Found(subject.at(statement), message, "remove it", statement, removable=True)


def _redundant(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for element, texts in (("Action", statement.actions), ("NotAction", statement.not_actions)):
            listed = tuple(text.lower() for text in texts or ())
            for index, written in enumerate(texts or ()):
                by = next((at for at in range(len(listed)) if at != index and _includes(listed, at, index)), None)
                if by is not None:
                    message = f"{quoted(written)} is among {quoted((texts or ())[by])}"
                    place = subject.at(statement, element, index)
                    yield Found(place, message, "remove it", statement, removable=True)


def _includes(listed: tuple[str, ...], wide: int, narrow: int) -> bool:
    """Whether a pattern covers another one letter by letter; of two that are the same the first one does."""
    if listed[wide] == listed[narrow]:
        return wide < narrow
    return "?" not in listed[narrow] and compile_text(listed[wide])(listed[narrow])


def _content(statement: Statement) -> object:
    """What of a statement decides; the order of lists does not."""
    return (
        statement.effect,
        _entries(statement.principals),
        _entries(statement.not_principals),
        _lowered(statement.actions),
        _lowered(statement.not_actions),
        None if statement.resources is None else frozenset(statement.resources),
        None if statement.not_resources is None else frozenset(statement.not_resources),
        _tests(statement),
    )


def _entries(entries: object) -> object:
    return None if entries is None else frozenset(entries)  # type: ignore[call-overload]  # a tuple of entries


def _lowered(texts: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if texts is None else frozenset(text.lower() for text in texts)


def _tests(statement: Statement) -> frozenset[object] | None:
    if statement.condition is None:
        return None
    return frozenset(
        (test.operator, test.qualifier, test.if_exists, test.key.lower(), frozenset(test.values))
        for test in statement.condition
    )


def called(statement: Statement) -> str:
    """What a statement is called: by its Sid, else by its position, counted from 1."""
    return f"statement {quoted(statement.sid)}" if statement.sid else f"statement {statement.index + 1}"


def _shadowed(subject: Subject) -> Iterator[Found]:
    useless = useless_allows(subject)
    statements = list(subject.statements())
    said: set[object] = set()
    for statement in statements:
        content = _content(statement)
        if content in said:
            continue  # a duplicate is another rule's
        said.add(content)
        by = next((other for other in statements if _takes_back(other, statement)), None)
        if by is not None:
            message = f"{called(by)} denies all that it allows: it has no effect"
            yield Found(subject.at(statement), message, "remove one of the two", statement)
            continue
        by = next((other for other in statements if _says_more(other, statement)), None)
        if by is not None and (statement.effect == "Deny" or useless is None or statement.index in useless):
            message = f"{called(by)} covers it: it makes no difference"
            yield Found(subject.at(statement), message, "remove it", statement, removable=True)
        elif useless is not None and statement.index in useless:
            message = "without it everybody may do the same: it makes no difference"
            # It may be meant and written wrong: nobody but its author can tell, so it is not taken out unasked.
            yield Found(subject.at(statement), message, "remove it, or mend it", statement)


def _takes_back(other: Statement, statement: Statement) -> bool:
    """Whether `other` is a Deny without condition of all that an Allow allows."""
    return statement.effect == "Allow" and other.effect == "Deny" and not other.condition and _covers(other, statement)


def _says_more(other: Statement, statement: Statement) -> bool:
    """Whether `other` has the same effect on more; of two that say the same the later one is the useless one."""
    if other is statement or other.effect != statement.effect or not _covers(other, statement):
        return False
    return _content(other) != _content(statement) and (other.index < statement.index or not _covers(statement, other))


def _covers(wide: Statement, narrow: Statement) -> bool:
    """Whether whatever `narrow` is about, `wide` is about too, by what is written; False where that is not plain."""
    if wide.not_principals is not None or narrow.not_principals is not None or wide.condition == ():
        return False
    if wide.principals is not None and not _all_named(wide, narrow):
        return False
    if (wide.principals is None) != (narrow.principals is None) or wide.not_resources or narrow.not_resources:
        return False
    actions = actions_of(narrow)
    if not actions or actions & ~actions_of(wide):
        return False
    if not set(narrow.resources or ()) or not all(
        _within(text, wide.resources or ()) for text in narrow.resources or ()
    ):
        return False
    return (_tests(wide) or frozenset()) <= (_tests(narrow) or frozenset())


def _all_named(wide: Statement, narrow: Statement) -> bool:
    """Whether `wide` names every principal of `narrow` itself.

    In an Allow a wildcard or an account says something else than a name, which limits set by boundaries and sessions
    tell apart (semantics E8); in a Deny the wildcard covers every name.
    """
    entries = set(wide.principals or ())
    if wide.effect == "Deny" and any(map(is_everyone, entries)):
        return True
    return set(narrow.principals or ()) <= entries


def _within(text: str, patterns: tuple[str, ...]) -> bool:
    return "*" in patterns or text in patterns


_ALIAS = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
_KEYS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"
_OTHER = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/99999999-9999-9999-9999-999999999999"
_APP = {"AWS": ROLE}


def _identity(actions: object, resource: str, **members: object) -> Example:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource, **members}
    return Example((statement,), PolicyKind.IDENTITY)


STATEMENT_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS401",
        "action-without-key",
        "warning",
        "a key policy names an action that no key policy decides",
        "ListKeys, CreateKey, GenerateRandom and others have no key, and RetireGrant is decided by the grant: in a key "
        "policy they have no effect.",
        Example((allow(_APP, "kms:Decrypt", "kms:ListKeys"),)),
        Example((allow(_APP, "kms:Decrypt"),)),
        f"{_KMS}kms-api-permissions-reference.html",
        _without_key,
    ),
    Rule(
        "KMS402",
        "resource-not-this-key",
        "warning",
        "Resource in a key policy is not the key",
        "In a key policy `*` means the key that the policy is of. Anything that does not match its ARN makes the "
        "statement void, aliases included.",
        Example((allow(_APP, "kms:Decrypt", Resource=_OTHER),)),
        Example((allow(_APP, "kms:Decrypt"),)),
        f"{_KMS}key-policy-overview.html",
        _other_resource,
    ),
    Rule(
        "KMS403",
        "resource-is-alias",
        "warning",
        "Resource is an alias, and the actions are authorized on keys",
        "An alias ARN as a resource matters to CreateAlias, UpdateAlias and DeleteAlias only; to everything else the "
        "key's own ARN is the resource, however the request names the key.",
        _identity("kms:Decrypt", _ALIAS),
        _identity("kms:Decrypt", _KEYS, Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/app"}}),
        f"{_KMS}alias-authorization.html",
        _alias_resource,
    ),
    Rule(
        "KMS404",
        "decrypt-with-all-keys",
        "note",
        "an identity policy gives decryption with every key",
        "It reaches every key, now and later, of every account that lets identity policies decide.",
        _identity("kms:Decrypt", "*"),
        _identity("kms:Decrypt", _OTHER),
        f"{_KMS}iam-policies-best-practices.html",
        _all_keys,
    ),
    Rule(
        "KMS411",
        "duplicate-statement",
        "note",
        "a statement says the same as another one",
        "One of the two can go without any difference; whoever changes the other one later will not know of it.",
        Example((allow(_APP, "kms:Decrypt", Sid="One"), allow(_APP, "kms:Decrypt", Sid="Two"))),
        Example((allow(_APP, "kms:Decrypt", Sid="One"),)),
        f"{_IAM}access-analyzer-reference-policy-checks.html",
        _duplicate,
    ),
    Rule(
        "KMS412",
        "statement-without-effect",
        "warning",
        "another statement makes this one useless",
        "A wider statement covers it, or an unconditional Deny takes back all that it allows.",
        Example((allow(_APP, "kms:Decrypt"), deny("*", "kms:Decrypt", "kms:Encrypt"))),
        Example((allow(_APP, "kms:Decrypt"), deny("*", "kms:Encrypt"))),
        f"{_IAM}reference_policies_evaluation-logic.html",
        _shadowed,
    ),
    Rule(
        "KMS413",
        "redundant-action",
        "note",
        "an action is among another one of the same list",
        "The wider pattern covers it. Whoever takes the narrow one out believes to have taken something away.",
        Example((allow(_APP, "kms:Describe*", "kms:DescribeKey"),)),
        Example((allow(_APP, "kms:Describe*"),)),
        f"{_IAM}access-analyzer-reference-policy-checks.html",
        _redundant,
    ),
)
