"""Rules about statements that have no effect, or less than they seem to have.

Comes in: subjects. Goes out: rows. Never here: conditions by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import ip_network

from kms_eval.analysis.linting.difference import difference
from kms_eval.analysis.linting.element_rules import ELEMENT_RULES
from kms_eval.analysis.linting.never_rules import NEVER_RULES
from kms_eval.analysis.linting.principal_rules import PRINCIPAL_RULES
from kms_eval.analysis.linting.rule import ROLE, Example, Found, Rule, allow, deny
from kms_eval.analysis.linting.subject import Subject, actions_of, called, is_everyone, of_other_partition, tests_on
from kms_eval.documents.model import PolicyKind, Statement
from kms_eval.documents.refused import service_finding
from kms_eval.errors import quoted
from kms_eval.facts.condition_keys import find
from kms_eval.language.operators import OPERATORS, Operator
from kms_eval.language.pattern import compile_text

_BOUND_NAMES = ("LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_ATTESTATION = "kms:recipientattestation:"
_EXPLAINING = frozenset({"KMS401", "KMS402", "KMS421", "KMS422"})
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


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
    """Whether a pattern covers another one, compared as text; of two equal patterns, the first covers the second."""
    if listed[wide] == listed[narrow]:
        return wide < narrow
    return "?" not in listed[narrow] and compile_text(listed[wide])(listed[narrow])


def _redundant_value(subject: Subject) -> Iterator[Found]:
    for statement in subject.statements():
        for element, texts in (("Resource", statement.resources), ("NotResource", statement.not_resources)):
            for index, by in _among(texts or (), _matches):
                place = subject.at(statement, element, index)
                yield Found(place, f"{quoted((texts or ())[index])} is among {quoted(by)}", "remove it", statement)
        for test in statement.condition or ():
            row = OPERATORS.get(test.operator)
            if row is not None:
                for index, by in _among(test.values, _covering(row)):
                    message = f"{quoted(test.values[index])} is among {quoted(by)}"
                    yield Found(subject.test_at(statement, test, index), message, "remove it", statement)


def _among(texts: tuple[str, ...], covers: Callable[[str, str], bool]) -> Iterator[tuple[int, str]]:
    """The positions of texts that another text covers, with that text; of two that cover each other, the later."""
    for index, narrow in enumerate(texts):
        for other, wide in enumerate(texts):
            if other != index and covers(wide, narrow) and (other < index or not covers(narrow, wide)):
                yield index, wide
                break


def _covering(row: Operator) -> Callable[[str, str], bool]:
    if row.type == "IPAddress":
        return _contains
    if row.name in _BOUNDS:
        return partial(_bound_covers, row)
    return _matches if row.wildcards else _equals


_BOUNDS = frozenset(f"{kind}{bound}" for kind in ("Numeric", "Date") for bound in _BOUND_NAMES)


def _bound_covers(row: Operator, wide: str, narrow: str) -> bool:
    """Whether every value within the bound `narrow` is also within the bound `wide`."""
    try:
        one, other = row.parse(wide), row.parse(narrow)
    except ValueError:  # what the reader refuses
        return False
    return bool(one >= other if "LessThan" in row.name else one <= other)


def _equals(wide: str, narrow: str) -> bool:
    return wide == narrow


def _matches(wide: str, narrow: str) -> bool:
    """Whether `wide` matches `narrow` as text: patterns may cover others that this does not find."""
    if wide == narrow:
        return True
    return not set("?$") & set(wide + narrow) and compile_text(wide)(narrow)


def _contains(wide: str, narrow: str) -> bool:
    try:
        one, other = ip_network(wide, strict=False), ip_network(narrow, strict=False)
    except ValueError:  # a policy variable, or what the reader refuses
        return False
    return one.version == other.version and other.subnet_of(one)  # type: ignore[arg-type]  # of one version


def _same_sid(subject: Subject) -> Iterator[Found]:
    seen: dict[str, Statement] = {}
    for statement in subject.statements():
        # In other kinds of policy, AWS refuses two equal Sids, which the reader reports.
        if statement.sid is None or (statement.sid and subject.policy.kind is not PolicyKind.KEY):
            continue
        first = seen.setdefault(statement.sid, statement)
        if not statement.sid or first is not statement:
            message = f"the Sid is that of statement {first.index + 1}, too" if statement.sid else "the Sid is empty"
            yield Found(subject.at(statement, "Sid"), message, "give it one of its own", statement)


def _content(statement: Statement) -> object:
    """The parts of a statement that affect decisions; the order of lists does not."""
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


def _shadowed(subject: Subject) -> Iterator[Found]:
    found = difference(subject)
    statements = list(subject.statements())
    said: set[object] = set()
    for statement in statements:
        content = _content(statement)
        if content in said:
            continue  # a duplicate is reported by another rule
        said.add(content)
        by = next((other for other in statements if _takes_back(other, statement)), None)
        if by is not None:
            message = f"{called(by)} denies all that it allows: it has no effect"
            yield Found(subject.at(statement), message, "remove one of the two", statement)
            continue
        by = next((other for other in statements if _says_more(other, statement)), None)
        if by is not None and any(True for _test in tests_on(statement, _ATTESTATION)):
            continue  # that it is bypassed is reported by another rule
        certain = statement.effect == "Deny" or found is None or statement.index in found.useless
        if by is not None and (certain or (found is not None and statement.index in found.unsettled)):
            message = f"{called(by)} covers it: it makes no difference"
            yield Found(subject.at(statement), message, "remove it", statement, removable=certain)
        elif found is not None and statement.index in found.useless and statement.index not in _explained(subject):
            message = "without it everybody may do the same: it makes no difference"
            # It may be a mistake in writing: only its author can tell, so it is not removed automatically.
            yield Found(subject.at(statement), message, "remove it, or mend it", statement)


def _explained(subject: Subject) -> frozenset[int]:
    """The statements about which another rule already says why they have no effect."""
    rules = (*NEVER_RULES, *(rule for rule in (*ELEMENT_RULES, *PRINCIPAL_RULES) if rule.code in _EXPLAINING))
    found = (each.statement for rule in rules if rule.check is not None for each in rule.check(subject))
    said = (statement for statement in subject.statements() if _remarked(subject, statement))
    return frozenset(statement.index for statement in (*found, *said) if statement is not None)


def _remarked(subject: Subject, statement: Statement) -> bool:
    """Whether the reader remarks on a statement: its principals match nobody, or AWS refuses a condition key."""
    for entry in statement.principals or ():
        if entry.kind in {"Federated", "CanonicalUser"} or of_other_partition(subject, entry):
            return True
        if entry.kind == "Service" and service_finding(entry.value) is not None:
            return True
    rows = [find(test.key) for test in statement.condition or ()]
    return any(row is None or "key" not in row.policies for row in rows)


def _takes_back(other: Statement, statement: Statement) -> bool:
    """Whether `other` is an unconditional Deny of everything that `statement`, an Allow, allows."""
    return statement.effect == "Allow" and other.effect == "Deny" and not other.condition and _covers(other, statement)


def _says_more(other: Statement, statement: Statement) -> bool:
    """Whether `other` has the same effect and covers more; of two that cover each other, the later one is useless."""
    if other is statement or other.effect != statement.effect or not _covers(other, statement):
        return False
    return _content(other) != _content(statement) and (other.index < statement.index or not _covers(statement, other))


def _covers(wide: Statement, narrow: Statement) -> bool:
    """Whether `wide` covers everything that `narrow` covers, judged by their text; False where that is not certain."""
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
    """Whether `wide` itself names every principal of `narrow`.

    In an Allow, a wildcard or an account has a different effect from a name, because boundaries and session policies
    limit them differently (semantics E8). In a Deny, the wildcard covers every name.
    """
    entries = set(wide.principals or ())
    if wide.effect == "Deny" and any(map(is_everyone, entries)):
        return True
    return set(narrow.principals or ()) <= entries


def _within(text: str, patterns: tuple[str, ...]) -> bool:
    return "*" in patterns or text in patterns


_APP = {"AWS": ROLE}


_VIA_ANY = {"StringLike": {"kms:ViaService": ["s3.*"]}}
_VIA_BOTH = {"StringLike": {"kms:ViaService": ["s3.*", "s3.us-*"]}}

STATEMENT_RULES: tuple[Rule, ...] = (
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
    Rule(
        "KMS414",
        "redundant-value",
        "note",
        "a resource or a value is among another one of the same list",
        "The wider one covers it. Whoever takes the narrow one out believes to have taken something away.",
        Example((allow(_APP, "kms:Decrypt", Condition=_VIA_BOTH),)),
        Example((allow(_APP, "kms:Decrypt", Condition=_VIA_ANY),)),
        f"{_IAM}access-analyzer-reference-policy-checks.html",
        _redundant_value,
    ),
    Rule(
        "KMS415",
        "sid-not-unique",
        "note",
        "two statements of a key policy have one Sid, or a Sid is empty",
        "AWS KMS stores it. Explanations, reports and tools that go by the Sid cannot tell the statements apart.",
        Example((allow(_APP, "kms:Decrypt", Sid="Use"), allow(_APP, "kms:Encrypt", Sid="Use"))),
        Example((allow(_APP, "kms:Decrypt", Sid="Use"), allow(_APP, "kms:Encrypt", Sid="Use more"))),
        f"{_IAM}reference_policies_elements_sid.html",
        _same_sid,
    ),
)
