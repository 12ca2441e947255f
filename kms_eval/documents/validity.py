"""What AWS refuses to store, and what it stores although it has no effect: one row for each rule.

Comes in: the shape of a policy, or of one of its statements. Goes out: remarks. Never here: requests, and decisions.

A document that AWS would refuse is not evaluated (semantics D10). To add a rule, write a function that yields remarks,
and a row with the kinds of policies that it applies to.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from kms_eval.documents.conditions import condition_remarks
from kms_eval.documents.findings import Remark
from kms_eval.documents.mistaken import key_policy_instead
from kms_eval.documents.model import PolicyKind
from kms_eval.documents.principals import names_nobody, principal_remarks
from kms_eval.documents.refused import action_remark, resource_remark
from kms_eval.errors import did_you_mean, nearest, quoted
from kms_eval.facts.actions import ACTION, ACTIONS
from kms_eval.language import variables
from kms_eval.language.pattern import compile_text, only_stars
from kms_eval.records import record

if TYPE_CHECKING:
    from kms_eval.documents.shapes import PolicyShape, StatementShape

PolicyKinds = frozenset[PolicyKind]

EVERY: PolicyKinds = frozenset(PolicyKind)
KEY: PolicyKinds = frozenset({PolicyKind.KEY})
RCP: PolicyKinds = frozenset({PolicyKind.RCP})
# Policies of IAM principals (semantics I3).
IAM: PolicyKinds = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION})
# Resource-based policies may have an Id, and have a Principal in each statement (semantics D1, D3).
RESOURCE: PolicyKinds = frozenset({PolicyKind.KEY, PolicyKind.ENDPOINT})

_SID = re.compile(r"[A-Za-z0-9]*")
_STARS = re.compile(r"\*+")
_LONGEST_ACTION = max(map(len, ACTION))
# Names that people write for permissions with a different name (semantics A3).
_EXPLAINED: Mapping[str, str] = {
    "kms:reencrypt": "the permissions are `kms:ReEncryptFrom` and `kms:ReEncryptTo`; `kms:ReEncrypt*` covers both",
}


@record
class Subject:
    """A statement and what the rules need of its document.

    `substitutes`: its Version has policy variables. `written`: the elements that are present, even if faulty.
    """

    kind: PolicyKind
    substitutes: bool
    shape: StatementShape
    written: frozenset[str]


StatementCheck = Callable[[Subject], Iterator[Remark]]


@record
class StatementRule:
    """One rule about a statement."""

    kinds: PolicyKinds
    check: StatementCheck


DocumentCheck = Callable[["PolicyShape", PolicyKind], Iterator[Remark]]


@record
class DocumentRule:
    """One rule about a document as a whole."""

    kinds: PolicyKinds
    check: DocumentCheck


def _one_of(name: str, advice: str | None = None) -> StatementCheck:
    """An element or its negation is needed (semantics D3, A7); `_not_both` refuses both together."""

    def check(subject: Subject) -> Iterator[Remark]:
        if not subject.written & {name, f"Not{name}"}:
            yield Remark((), f"`{name}` is missing", advice)

    return check


def _void_without(name: str, code: str) -> StatementCheck:
    """AWS KMS stores a statement without the element, but it has no effect, even as a Deny (semantics R7, D6)."""

    def check(subject: Subject) -> Iterator[Remark]:
        if not subject.written & {name, f"Not{name}"}:
            yield Remark((), f"a key policy statement without `{name}` is stored and has no effect", code=code)

    return check


def _not_both(name: str) -> StatementCheck:
    def check(subject: Subject) -> Iterator[Remark]:
        if {name, f"Not{name}"} <= subject.written:
            yield Remark((f"Not{name}",), f"`{name}` and `Not{name}` exclude each other")

    return check


def _forbidden(name: str) -> StatementCheck:
    def check(subject: Subject) -> Iterator[Remark]:
        if name in subject.written:
            yield Remark((name,), f"`{name}` is not allowed in {subject.kind.phrase}")

    return check


def _effect(subject: Subject) -> Iterator[Remark]:
    if "Effect" not in subject.written:
        yield Remark((), "`Effect` is missing")


def _principal_in_identity_policy(subject: Subject) -> Iterator[Remark]:
    if "Principal" in subject.written:
        message = "AWS refuses an identity policy with `Principal`"
        yield Remark(("Principal",), message, code="identity-policy-principal", strict=True)


def _principals(subject: Subject) -> Iterator[Remark]:
    for name in ("Principal", "NotPrincipal"):
        principal = getattr(subject.shape, name)
        if principal is not None:
            yield from (remark.under(name) for remark in principal_remarks(principal))


def _allow_with_not_principal(subject: Subject) -> Iterator[Remark]:
    if subject.shape.Effect == "Allow" and "NotPrincipal" in subject.written:
        # Semantics N1.
        yield Remark(("NotPrincipal",), "`NotPrincipal` works only with `Deny`")


def _sid(subject: Subject) -> Iterator[Remark]:
    if not _SID.fullmatch(subject.shape.Sid or ""):
        message = f"AWS refuses the Sid {quoted(subject.shape.Sid or '')} in {subject.kind.phrase}"
        advice = "only ASCII letters and digits"
        yield Remark(("Sid",), message, advice, code="identity-policy-sid", strict=True)


def _actions(subject: Subject) -> Iterator[Remark]:
    for name in ("Action", "NotAction"):
        yield from action_remarks(name, getattr(subject.shape, name) or ())


def action_remarks(name: str, texts: tuple[str, ...]) -> Iterator[Remark]:
    """What is wrong with the actions under the element of that name."""
    for index, text in enumerate(texts):
        service, colon, rest = text.partition(":")
        if only_stars(text):
            continue
        advice: str | None
        if not (service and colon and rest):
            near = nearest(text, (row.name.removeprefix("kms:") for row in ACTIONS))
            advice = f"did you mean `kms:{near}`?" if near else "as in `kms:Decrypt`"
            if service and colon:
                yield Remark((name, index), f"action {quoted(text)} names no action after the colon", advice)
            else:
                yield Remark((name, index), f"action {quoted(text)} has no service before a colon", advice)
        elif refused := action_remark(text):
            yield refused.under(name, index)
        elif service.lower() == "kms" and not _is_known(text):
            # Semantics A4: stored, and it matches nothing.
            advice = _EXPLAINED.get(text.lower()) or did_you_mean(text, (row.name for row in ACTIONS))
            message = f"{quoted(text)} matches no action of AWS KMS"
            yield Remark((name, index), message, advice, code="unknown-action")


@lru_cache(maxsize=4096)
def _is_known(text: str) -> bool:
    pattern = _STARS.sub("*", text.lower())
    # A pattern with more characters than any name, without its `*`, matches none and need not be compiled.
    return pattern in ACTION or (
        len(pattern.replace("*", "")) <= _LONGEST_ACTION and any(map(compile_text(pattern), ACTION))
    )


def _resources(subject: Subject) -> Iterator[Remark]:
    for name in ("Resource", "NotResource"):
        for index, text in enumerate(getattr(subject.shape, name) or ()):
            if subject.substitutes:
                try:
                    variables.parse(text)
                except ValueError as error:
                    yield Remark((name, index), str(error))
            # In a key policy any text is accepted here (semantics R1).
            if subject.kind is not PolicyKind.KEY and not text.startswith(("arn:", "*", "${")):
                message = f"{quoted(text)} is neither an ARN nor `*`: AWS refuses it, and it matches nothing"
                yield Remark((name, index), message, code="resource-not-an-arn", strict=True)
            elif (
                subject.kind is not PolicyKind.KEY
                and text.startswith("arn:")
                and (refused := resource_remark(text, subject.kind))
            ):
                yield refused.under(name, index)


def _empty_lists(subject: Subject) -> Iterator[Remark]:
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if getattr(subject.shape, name) == ():
            message = f"`{name}` is an empty list: {_without_members(name)}"
            yield Remark((name,), message, code="empty-element")
    for name in ("Principal", "NotPrincipal"):
        principal = getattr(subject.shape, name)
        if principal is not None and names_nobody(principal):
            message = f"`{name}` names nobody: {_without_members(name)}"
            yield Remark((name,), message, code="empty-element")


def _without_members(name: str) -> str:
    if name.startswith("Not"):
        return "it excepts nothing from a Deny, and in an Allow the statement has no effect"
    return "the statement has no effect"


def _condition(subject: Subject) -> Iterator[Remark]:
    block = subject.shape.Condition
    if block is not None:
        found = condition_remarks(block, subject.kind, substitutes=subject.substitutes)
        yield from (remark.under("Condition") for remark in found)


def _resource_control(subject: Subject) -> Iterator[Remark]:
    """The grammar of RCPs that customers write; only AWS's own RCPFullAWSAccess may allow (semantics O11)."""
    shape = subject.shape
    full_access = (shape.Effect, shape.Principal, shape.Action, shape.Resource) == ("Allow", "*", ("*",), ("*",))
    if full_access and subject.written <= {"Sid", "Effect", "Principal", "Action", "Resource"}:
        return
    if shape.Effect == "Allow":
        yield Remark(("Effect",), "a resource control policy only denies", "write `Deny`")
    if shape.Principal is not None and shape.Principal != "*":
        yield Remark(("Principal",), 'the principal of a resource control policy is `"*"`', "use a condition instead")
    for index, text in enumerate(shape.Action or ()):
        if only_stars(text):
            yield Remark(("Action", index), "a resource control policy names services", "write `kms:*`")


STATEMENT_RULES: tuple[StatementRule, ...] = (
    StatementRule(EVERY, _effect),
    StatementRule(KEY, _one_of("Principal", "a statement without it belongs into an identity policy")),
    StatementRule((RESOURCE | RCP) - KEY, _one_of("Principal")),
    StatementRule(EVERY - KEY, _one_of("Action")),
    StatementRule(KEY, _void_without("Action", "statement-without-action")),
    StatementRule(EVERY - KEY, _one_of("Resource")),
    StatementRule(KEY, _void_without("Resource", "statement-without-resource")),
    StatementRule(EVERY, _not_both("Principal")),
    StatementRule(EVERY, _not_both("Action")),
    StatementRule(EVERY, _not_both("Resource")),
    StatementRule(frozenset({PolicyKind.IDENTITY}), _principal_in_identity_policy),
    StatementRule(frozenset({PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP}), _forbidden("Principal")),
    StatementRule(EVERY - RESOURCE, _forbidden("NotPrincipal")),
    StatementRule(RCP, _forbidden("NotAction")),
    StatementRule(RESOURCE, _allow_with_not_principal),
    StatementRule(RCP, _resource_control),
    StatementRule(IAM, _sid),
    StatementRule(EVERY, _principals),
    StatementRule(EVERY, _actions),
    StatementRule(EVERY, _resources),
    StatementRule(EVERY, _empty_lists),
    StatementRule(EVERY, _condition),
)


def _statements(policy: PolicyShape, kind: PolicyKind) -> Iterator[Remark]:
    if policy.Statement == ():
        # Semantics D4.
        yield Remark(("Statement",), "a key policy needs a statement")


def _distinct_sids(policy: PolicyShape, kind: PolicyKind) -> Iterator[Remark]:
    first: dict[str, int] = {}
    for index, statement in enumerate(policy.Statement or ()):
        if statement.Sid and first.setdefault(statement.Sid, index) != index:
            message = f"Sid {quoted(statement.Sid)} is that of statement {first[statement.Sid]} already"
            yield Remark(("Statement", index, "Sid"), message, f"each Sid of {kind.phrase} is its own")


def _id(policy: PolicyShape, kind: PolicyKind) -> Iterator[Remark]:
    if policy.Id is not None:
        yield Remark(("Id",), f"AWS refuses {kind.phrase} with `Id`", code="policy-id", strict=True)


def _has_statement(policy: PolicyShape, kind: PolicyKind) -> Iterator[Remark]:
    if policy.Statement == ():
        yield Remark(
            ("Statement",),
            f"AWS refuses {kind.phrase} without a statement",
            code="policy-without-statement",
            strict=True,
        )


def _current_version(policy: PolicyShape, kind: PolicyKind) -> Iterator[Remark]:
    if policy.Version != "2012-10-17":
        message = f"AWS refuses {kind.phrase} without `Version` `2012-10-17`"
        advice = "its policy variables are plain text, as they are in one of version 2008-10-17"
        yield Remark((), message, advice, code="policy-version", strict=True)


def _version(policy: PolicyShape, kind: PolicyKind) -> Iterator[Remark]:
    if policy.Version != "2012-10-17":
        yield Remark((), f"{kind.phrase} needs `Version` `2012-10-17`")


DOCUMENT_RULES: tuple[DocumentRule, ...] = (
    DocumentRule(frozenset({PolicyKind.IDENTITY}), key_policy_instead),
    DocumentRule(KEY, _statements),
    DocumentRule(IAM, _has_statement),
    DocumentRule(IAM, _current_version),
    DocumentRule(RCP, _version),
    DocumentRule(EVERY - RESOURCE, _id),
    DocumentRule(IAM, _distinct_sids),
)


@cache
def statement_checks(kind: PolicyKind) -> tuple[StatementCheck, ...]:
    """The rules about statements of policies of that kind."""
    return tuple(rule.check for rule in STATEMENT_RULES if kind in rule.kinds)


@cache
def document_checks(kind: PolicyKind) -> tuple[DocumentCheck, ...]:
    """The rules about policies of that kind as a whole."""
    return tuple(rule.check for rule in DOCUMENT_RULES if kind in rule.kinds)
