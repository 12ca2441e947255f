"""Grants: entries of ListGrants and requests of CreateGrant.

Comes in: values and their places. Goes out: Grants; faults in the caller's `Findings`.
Never here: whether an operation suits the key, whether a grant fits a request.
https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from kms_eval.documents.elements import elements, read_elements
from kms_eval.documents.findings import Findings, Remark
from kms_eval.documents.forms import Form
from kms_eval.documents.model import Constraints, Grant
from kms_eval.documents.plain_grants import plain_grant
from kms_eval.documents.principals import ACCOUNT_ID, OPAQUE, SERVICE, UNIQUE_ID, arn_complaint, service_complaint
from kms_eval.documents.shape_forms import CONSTRAINTS_SHAPE, GRANT_LIST_SHAPE, GRANT_SHAPE
from kms_eval.errors import InputError, did_you_mean, quoted
from kms_eval.facts import quotas
from kms_eval.facts.enums import GRANT_OPERATIONS
from kms_eval.formats.document import Place
from kms_eval.formats.text import read_embedded
from kms_eval.language import arn
from kms_eval.records import record

if TYPE_CHECKING:
    from kms_eval.documents.shapes import ConstraintsShape, GrantShape, Shape

_Shape = TypeVar("_Shape", bound="Shape")

_NAME = re.compile(r"[a-zA-Z0-9:/_-]{0,256}")
_ROOT_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):root")


# The elements that are present, even if their values are faulty.
Elements = frozenset[str]


@record
class GrantRule:
    """One rule about a grant. `stored`: it applies only to grants that AWS has stored, not to partial requests."""

    check: Callable[[GrantShape, Elements], Iterator[Remark]]
    stored: bool = False


def read_grants(value: object, place: Place, findings: Findings) -> tuple[Grant, ...]:
    """The grants in ``{"Grants": [...]}``, in a list or in a single entry; entries with faults are left out.

    A grant without GrantId gets one from its position: ``grant-0``, ``grant-1``.
    """
    if isinstance(value, str):
        try:
            value = read_embedded(value, place)
        except InputError as error:
            findings.faults.extend(error.faults)
            return ()
    if isinstance(value, Mapping) and "Grants" in value:
        value, place = _shape(GRANT_LIST_SHAPE, value, place, findings).Grants or (), place.at("Grants")
    elif isinstance(value, Mapping):
        grant = read_grant(value, place, findings, otherwise="grant-0")
        return () if grant is None else (grant,)
    if not isinstance(value, (list, tuple)):
        findings.fault(place, "grants are a list, or the output of ListGrants")
        return ()
    grants: dict[str, Grant] = {}
    for index, entry in enumerate(value):
        here = place.at(index)
        grant = read_grant(entry, here, findings, otherwise=f"grant-{index}")
        if grant is not None and grants.setdefault(grant.id, grant) is not grant:
            findings.fault(here.at("GrantId"), f"two grants have the id {quoted(grant.id)}")
    return tuple(grants.values())


def read_grant(
    value: object, place: Place, findings: Findings, *, partial: bool = False, otherwise: str = ""
) -> Grant | None:
    """One grant; `partial` for a request of CreateGrant, which may leave out what the question does not need.

    `otherwise` is the id of a grant without GrantId. None where a fault was added to `findings`.
    """
    if not isinstance(value, Mapping):
        findings.fault(place, "a grant is an object", "as ListGrants returns it: `GranteePrincipal`, `Operations` …")
        return None
    plain = plain_grant(value, place, otherwise)
    return read_thoroughly(value, place, findings, partial=partial, otherwise=otherwise) if plain is None else plain


def read_thoroughly(
    value: Mapping[object, object], place: Place, findings: Findings, *, partial: bool, otherwise: str
) -> Grant | None:
    """The grant of an entry that may have faults; parameters as in `read_grant`."""
    before = len(findings.faults)
    shape, written = _shape(GRANT_SHAPE, value, place, findings), elements(value, GRANT_SHAPE)
    for rule in GRANT_RULES:
        if not (rule.stored and partial):
            for remark in rule.check(shape, written):
                findings.remark(place, remark)
    if len(findings.faults) > before:
        return None
    account = _ROOT_ARN.fullmatch(shape.IssuingAccount or "")
    return Grant(
        id=shape.GrantId or otherwise,
        # ListGrants returns an empty name for a grant without one.
        name=shape.Name or None,
        grantee_principal=shape.GranteePrincipal,
        grantee_service_principal=shape.GranteeServicePrincipal,
        retiring_principal=shape.RetiringPrincipal,
        retiring_service_principal=shape.RetiringServicePrincipal,
        issuing_account=account[1] if account else shape.IssuingAccount,
        operations=shape.Operations or (),
        constraints=_constraints(shape.Constraints or CONSTRAINTS_SHAPE({})),
        place=place,
    )


def _shape(form: Form[_Shape], value: Mapping[object, object], place: Place, findings: Findings) -> _Shape:
    shape, found = read_elements(form, value)
    for remark in found:
        findings.remark(place, remark)
    return shape


def _constraints(shape: ConstraintsShape) -> Constraints:
    def pairs(constraint: dict[str, str] | None) -> tuple[tuple[str, str], ...] | None:
        return None if constraint is None else tuple(constraint.items())

    return Constraints(
        encryption_context_equals=pairs(shape.EncryptionContextEquals),
        encryption_context_subset=pairs(shape.EncryptionContextSubset),
        source_arn=shape.SourceArn,
    )


def _principals(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    """Accounts, users, roles and sessions by ARN; a service; the unique id of a deleted principal (G2, G3, P9)."""
    for name, text in (("GranteePrincipal", grant.GranteePrincipal), ("RetiringPrincipal", grant.RetiringPrincipal)):
        if text is None or UNIQUE_ID.fullmatch(text) or SERVICE.fullmatch(text):
            continue
        if OPAQUE.fullmatch(text):
            message = f"{quoted(text)} is nobody who can be told here: it matches nobody"
            yield Remark((name,), message, code="opaque-grantee")
            continue
        if not text.startswith("arn:"):
            advice = f"the account is `arn:aws:iam::{text}:root`" if ACCOUNT_ID.fullmatch(text) else None
            yield Remark((name,), f"{quoted(text)} is not an ARN", advice)
        elif complaint := arn_complaint(text):
            yield Remark((name,), *complaint)


def _services(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    for name, text in (
        ("GranteeServicePrincipal", grant.GranteeServicePrincipal),
        ("RetiringServicePrincipal", grant.RetiringServicePrincipal),
    ):
        if text is not None and (complaint := service_complaint(text)):
            yield Remark((name,), *complaint)


def _one_grantee(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    if not written & {"GranteePrincipal", "GranteeServicePrincipal"}:
        yield Remark((), "`GranteePrincipal` is missing")


def _exclusive(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    """At most one of each pair (semantics G3)."""
    for principal, service in (
        ("GranteePrincipal", "GranteeServicePrincipal"),
        ("RetiringPrincipal", "RetiringServicePrincipal"),
    ):
        if getattr(grant, principal) is not None and getattr(grant, service) is not None:
            yield Remark((service,), f"`{principal}` and `{service}` exclude each other")


def _grant_to_service(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    """What else a grant to a service needs (semantics G3)."""
    if grant.GranteeServicePrincipal is None:
        return
    if "Constraints" not in written or (grant.Constraints is not None and grant.Constraints.SourceArn is None):
        yield Remark((), "a grant to a service needs the constraint `SourceArn`")
    if not written & {"RetiringPrincipal", "RetiringServicePrincipal"}:
        yield Remark((), "a grant to a service needs `RetiringPrincipal` or `RetiringServicePrincipal`")


def _has_operations(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    if "Operations" not in written:
        yield Remark((), "`Operations` is missing")
    elif grant.Operations == ():
        yield Remark(("Operations",), "a grant allows at least one operation")


def _operations(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    """Exact names, no wildcards (semantics G5)."""
    for index, operation in enumerate(grant.Operations or ()):
        if operation not in GRANT_OPERATIONS:
            message = f"{quoted(operation)} is not an operation that a grant can allow"
            advice = did_you_mean(operation.rpartition(":")[2], GRANT_OPERATIONS)
            yield Remark(("Operations", index), message, advice)


def _issuing_account(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    text = grant.IssuingAccount
    # AWS's own grants are issued by `AWS Internal` or by a service, neither of which is an account (semantics S14).
    known = (ACCOUNT_ID, _ROOT_ARN, OPAQUE, SERVICE)
    if text is not None and not any(form.fullmatch(text) for form in known):
        message = f"{quoted(text)} is not an account"
        yield Remark(("IssuingAccount",), message, "12 digits, or `arn:aws:iam::ACCOUNT:root`")


def _name(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    if not _NAME.fullmatch(grant.Name or ""):
        yield Remark(("Name",), "has up to 256 ASCII letters, digits and `:/_-`")


def _encryption_context(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    """At most one of the two constraints, a limited number of pairs, short values (semantics G12)."""
    constraints = grant.Constraints or CONSTRAINTS_SHAPE({})
    given = {
        "EncryptionContextEquals": constraints.EncryptionContextEquals,
        "EncryptionContextSubset": constraints.EncryptionContextSubset,
    }
    if all(pairs is not None for pairs in given.values()):
        message = "`EncryptionContextEquals` and `EncryptionContextSubset` exclude each other"
        yield Remark(("Constraints", "EncryptionContextSubset"), message)
    for name, pairs in given.items():
        if pairs is not None and len(pairs) > quotas.GRANT_CONSTRAINT_PAIRS:
            message = f"has {len(pairs)} pairs, more than {quotas.GRANT_CONSTRAINT_PAIRS}"
            yield Remark(("Constraints", name), message)
        for key, value in (pairs or {}).items():
            if len(value) > quotas.GRANT_CONSTRAINT_VALUE_CHARACTERS:
                message = f"has {len(value)} characters, more than {quotas.GRANT_CONSTRAINT_VALUE_CHARACTERS}"
                yield Remark(("Constraints", name, key), message)


def _source_arn(grant: GrantShape, written: Elements) -> Iterator[Remark]:
    """A complete ARN with an account (semantics G16)."""
    text = grant.Constraints.SourceArn if grant.Constraints is not None else None
    if text is None:
        return
    parts = arn.parse(text)
    if parts is None or not ACCOUNT_ID.fullmatch(parts.account):
        yield Remark(("Constraints", "SourceArn"), f"{quoted(text)} is not an ARN with an account id of 12 digits")
    elif not quotas.GRANT_SOURCE_ARN_MINIMUM_CHARACTERS <= len(text) <= quotas.GRANT_SOURCE_ARN_CHARACTERS:
        message = f"has {len(text)} characters; a source ARN has 20 to 512"
        yield Remark(("Constraints", "SourceArn"), message)


GRANT_RULES: tuple[GrantRule, ...] = (
    GrantRule(_one_grantee, stored=True),
    GrantRule(_exclusive),
    GrantRule(_principals),
    GrantRule(_services),
    GrantRule(_grant_to_service, stored=True),
    GrantRule(_has_operations, stored=True),
    GrantRule(_operations),
    GrantRule(_issuing_account),
    GrantRule(_name),
    GrantRule(_encryption_context),
    GrantRule(_source_arn),
)
