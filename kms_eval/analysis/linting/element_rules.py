"""Rules about what a statement names: actions that have no effect there, resources that do not exist.

Comes in: subjects. Goes out: rows. Never here: conditions, whole statements.
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.analysis.linting.rule import ACCOUNT, ROLE, Example, Found, Rule, allow
from kms_eval.analysis.linting.subject import Subject, actions_of
from kms_eval.documents.model import Policy, PolicyKind, Statement
from kms_eval.documents.refused import action_remark
from kms_eval.engine.masks import BIT, RETIRE_GRANT, WITHOUT_KEY, actions_in
from kms_eval.errors import did_you_mean, quoted
from kms_eval.facts.actions import ACTION
from kms_eval.facts.regions import could_be_region
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
            service, colon, _name = text.partition(":")
            if colon and service.lower() != "kms" and not is_wild(wild(service)):
                message = f"{quoted(text)} is of another service: no key policy decides it"
                place = subject.at(statement, "Action", index)
                yield Found(place, message, None, statement, _more_than(statement, index))
            bit = BIT.get(text.lower(), 0)
            if bit & (WITHOUT_KEY | RETIRE_GRANT):
                name = next(iter(actions_in(bit))).name
                about = "is decided by the grant" if bit == RETIRE_GRANT else "has no key"
                message = f"{quoted(name)} {about}: no key policy can allow or deny it"
                place = subject.at(statement, "Action", index)
                yield Found(place, message, "it belongs in an identity policy", statement, _more_than(statement, index))


def _more_than(statement: Statement, index: int) -> bool:
    """Whether the statement has other actions besides this one, so that it may be removed."""
    return len(statement.actions or ()) > 1


def _other_resource(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is not PolicyKind.KEY or subject.key is None:
        return
    # Several keys may have the same policy, which then names each of them.
    own = [key.arn for key in subject.world.keys.values() if _same(key.policy, subject.policy)]
    for statement in subject.statements():
        texts = statement.resources or ()
        for index, text in enumerate(texts):
            if subject.alone and not _never_this_key(text):
                continue
            if "${" not in text and not any(map(compile_text(text), own)):
                message = f"{quoted(text)} is not this key: in a key policy `Resource` means the key that has it"
                place = subject.at(statement, "Resource", index)
                yield Found(place, message, "write `*`", statement, len(texts) > 1)


def _same(one: Policy, other: Policy) -> bool:
    """Whether two policies are the same document."""
    if one is other or one.place is None or other.place is None:
        return one is other
    return one.place.file.path is not None and (one.place.file.path, one.place.steps) == (
        other.place.file.path,
        other.place.steps,
    )


def _never_this_key(text: str) -> bool:
    """Whether a Resource can match no key, whichever key the policy belongs to."""
    if text == "*" or not text.startswith("arn:"):
        return text != "*"
    parsed = arn.parse(text)
    if parsed is None:
        return False
    if not is_wild(wild(parsed.service)) and parsed.service != "kms":
        return True
    return not is_wild(wild(text)) and not parsed.resource.startswith("key/")


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


def _impossible_resource(subject: Subject) -> Iterator[Found]:
    if subject.policy.kind is PolicyKind.KEY:
        return
    for statement in subject.statements():
        for element, texts in (("Resource", statement.resources), ("NotResource", statement.not_resources)):
            for index, text in enumerate(texts or ()):
                why = _no_resource_of_kms(text, about_keys=bool(actions_of(statement))) or _elsewhere(subject, text)
                if why is not None:
                    place = subject.at(statement, element, index)
                    yield Found(place, f"{quoted(text)} is no key and no alias: {why}", None, statement)


def _elsewhere(subject: Subject, text: str) -> str | None:
    """Why an ARN with the id of a key in the world is not its ARN; multi-Region keys have one id in several Regions."""
    parsed = arn.parse(text)
    if parsed is None or parsed.service != "kms" or is_wild(wild(text)):
        return None
    alike = [key for key in subject.world.keys.values() if parsed.resource == f"key/{key.key_id}"]
    if not alike or any(key.multi_region or key.arn == text for key in alike):
        return None
    return f"the key of that id is {quoted(alike[0].arn)}"


def _no_resource_of_kms(text: str, *, about_keys: bool) -> str | None:
    """Why an ARN that is meant for AWS KMS matches nothing; None where it may match."""
    parsed = arn.parse(text)
    if parsed is None or "${" in text[: -len(parsed.resource)]:
        return None
    if parsed.service != "kms":
        near = about_keys and _nearly_kms(parsed.service)
        return "the name of the service is `kms`" if near or parsed.service.lower() == "kms" else None
    if not is_wild(wild(parsed.account)) and not (parsed.account.isdecimal() and len(parsed.account) == 12):
        return "an account id has 12 digits"
    if not is_wild(wild(parsed.region)) and not could_be_region(parsed.region):
        return f"{quoted(parsed.region)} is no Region" if parsed.region else "it has no Region"
    start = parsed.resource.partition("$")[0].partition("*")[0].partition("?")[0]
    if not any(name.startswith(start) or start.startswith(name) for name in ("key/", "alias/")):
        return "its last field is `key/ID` or `alias/NAME`"
    return None


def _service_of_action(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for element, texts in (("Action", statement.actions), ("NotAction", statement.not_actions)):
            for index, text in enumerate(texts or ()):
                service, colon, name = text.partition(":")
                place = subject.at(statement, element, index)
                if colon and action_remark(text) is not None:
                    continue  # AWS refuses it, which the reader reports
                if colon and is_wild(wild(service)):
                    message = f"{quoted(text)} has a wildcard in the name of the service, where AWS takes none"
                    yield Found(place, message, f"did you mean `kms:{name}`?", statement)
                elif _nearly_kms(service) and f"kms:{name}".lower() in ACTION:
                    message = f"{quoted(text)} is no action of AWS KMS: the name of the service is `kms`"
                    yield Found(place, message, f"did you mean `kms:{name}`?", statement)


def _nearly_kms(service: str) -> bool:
    return service.lower() != "kms" and did_you_mean(service.lower(), ["kms"]) is not None


_ALIAS = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
_KEYS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"
_OTHER = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/99999999-9999-9999-9999-999999999999"
_APP = {"AWS": ROLE}


def _identity(actions: object, resource: str, **members: object) -> Example:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource, **members}
    return Example((statement,), PolicyKind.IDENTITY)


ELEMENT_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS401",
        "action-without-key",
        "warning",
        "a key policy names an action that no key policy decides",
        "ListKeys, CreateKey, GenerateRandom and others have no key, RetireGrant is decided by the grant, and other "
        "services have policies of their own: in a key policy they have no effect.",
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
        "KMS405",
        "impossible-resource",
        "warning",
        "an ARN for AWS KMS is none that a key or an alias has",
        "The service is `kms`, the Region exists, the account has 12 digits, and the last field is `key/ID` or "
        "`alias/NAME`. Anything else is stored and matches nothing.",
        _identity("kms:Decrypt", _KEYS.replace(":key/", ":keys/")),
        _identity("kms:Decrypt", _KEYS),
        f"{_KMS}kms-api-permissions-reference.html",
        _impossible_resource,
    ),
    Rule(
        "KMS406",
        "service-of-action",
        "warning",
        "the service of an action is misspelled or has a wildcard",
        "The part before the colon is the name of one service, letter by letter; wildcards are for the part behind it.",
        _identity("kmz:Decrypt", _KEYS),
        _identity("kms:Decrypt", _KEYS),
        f"{_IAM}reference_policies_elements_action.html",
        _service_of_action,
    ),
)
