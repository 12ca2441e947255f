"""Policies: from plain values to typed documents, with all faults reported together.

Comes in: a value and its place. Goes out: a Policy; faults and warnings in the caller's `Findings`.
Never here: files (the caller has read them), rules (`validity` has them), evaluation.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kms_eval.documents.conditions import condition_tests
from kms_eval.documents.elements import elements, read_elements
from kms_eval.documents.findings import Findings, Remark
from kms_eval.documents.model import Policy, PolicyKind, Statement
from kms_eval.documents.opened import Variant, open_policy, opened, unknowns_within
from kms_eval.documents.plain_policies import plain_statements
from kms_eval.documents.principals import principal_entries
from kms_eval.documents.shape_forms import POLICY_SHAPE, STATEMENT_SHAPE
from kms_eval.documents.sizes import measure, within_bounds
from kms_eval.documents.validity import Subject, document_checks, statement_checks
from kms_eval.documents.wrapping import unwrapped
from kms_eval.documents.written import written
from kms_eval.errors import InputError
from kms_eval.formats.document import Place
from kms_eval.formats.unknown import Unknown, unknown_in
from kms_eval.records import record

if TYPE_CHECKING:
    from kms_eval.documents.shapes import PolicyShape, StatementShape


def read_policy(
    value: object,
    place: Place,
    kind: PolicyKind,
    findings: Findings,
    *,
    name: str | None = None,
    position: str = "policy",
    length: int | None = None,
    size: int = 0,
) -> Policy | None:
    """The policy in `value`: an object, its JSON text, or either of them wrapped as AWS's responses wrap it.

    None where a fault was added to `findings`. `place` is where it stands, `length` the number of bytes of its text, if
    known; otherwise its text has at most twice `size` bytes (0: not known either). It is called `name` (the stem of its
    file's name), without that by its Id, else by its `position`.
    """
    before = len(findings.faults)
    length = len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else length
    if not (isinstance(value, Mapping) and "Statement" in value):
        try:
            value, place = unwrapped(value, place)
        except InputError as error:
            findings.faults.extend(error.faults)
            return None
    if isinstance(value, Unknown):
        return open_policy(value, kind, place, name or position)
    if not isinstance(value, Mapping):
        findings.fault(place, f"{kind.phrase} is an object", 'it begins `{"Version": "2012-10-17", "Statement": [`')
        return None
    statements = plain_statements(value, kind)
    if statements:
        if not size or not within_bounds(2 * size, kind, length):
            length = _measured(value, place, kind, findings, length)
        called = value.get("Id")
        own = called if isinstance(called, str) else None
        policy = Policy(name or own or position, kind, "2012-10-17", own, statements, place, length)
        return policy if len(findings.faults) == before else None
    return read_thoroughly(value, place, kind, findings, name=name, position=position, length=length)


def read_thoroughly(
    value: Mapping[object, object],
    place: Place,
    kind: PolicyKind,
    findings: Findings,
    *,
    name: str | None,
    position: str,
    length: int | None,
) -> Policy | None:
    """The policy of a document that may have faults, warnings or unknown parts; parameters as in `read_policy`."""
    before, noticed = len(findings.faults), len(findings.warnings)
    shape = _checked(_Written(value, place, findings), kind)
    variants: tuple[Variant, ...] = ()
    if len(findings.faults) > before and any(unknowns_within(value)):
        # The grammar takes every unknown value for a fault, so a document without faults need not be searched for them.
        del findings.faults[before:], findings.warnings[noticed:]
        whole = unknown_in(value)
        if whole is not None:
            return open_policy(whole, kind, place, name or position)
        shape, variants = _opened(value, place, kind, findings)
    if len(findings.faults) == before and not variants:
        length = _measured(value, place, kind, findings, length)
    if len(findings.faults) > before:
        return None
    return Policy(
        name=name or shape.Id or position,
        kind=kind,
        version=shape.Version,
        id=shape.Id,
        statements=_statements(shape, variants),
        place=place,
        length=length,
    )


def _measured(
    value: Mapping[object, object], place: Place, kind: PolicyKind, findings: Findings, length: int | None
) -> int | None:
    """The length of the document, where it is measured; remarks about it go to `findings`."""
    length, remarks = measure(value, kind, length)
    for remark in remarks:
        findings.remark(place, remark)
    return length


def _opened(
    value: Mapping[object, object], place: Place, kind: PolicyKind, findings: Findings
) -> tuple[PolicyShape, tuple[Variant, ...]]:
    """The shape of a document with unknown parts, and for each of its statements how it relates to the original."""
    before, noticed = len(findings.faults), len(findings.warnings)
    known, variants = opened(value, kind)
    shape = _checked(_Written(known, place, findings, tuple(variant.index for variant in variants)), kind)
    findings.say_once(before, noticed)
    return shape, variants


def _statements(shape: PolicyShape, variants: tuple[Variant, ...]) -> tuple[Statement, ...]:
    statements = tuple(_statement(index, statement) for index, statement in enumerate(shape.Statement or ()))
    if not variants:
        return statements
    return tuple(variant.applied(statement) for variant, statement in zip(variants, statements, strict=True))


def _checked(document: _Written, kind: PolicyKind) -> PolicyShape:
    shape = document.shape()
    document.check(shape, kind)
    return shape


@record
class _Written:
    """A policy as written. A single value in place of a list is read as a list of one; remarks name its actual place.

    `original` are the indexes of its statements in the user's document, where they differ.
    """

    value: Mapping[object, object]
    place: Place
    findings: Findings
    original: tuple[int, ...] = ()

    def _remark(self, remark: Remark) -> None:
        steps = written(remark.steps, self.value)
        if self.original and len(steps) > 1 and isinstance(steps[1], int):
            steps = (steps[0], self.original[steps[1]], *steps[2:])
        self.findings.remark(self.place, replace(remark, steps=steps))

    def shape(self) -> PolicyShape:
        """The shape without its faulty elements, which are added to the findings."""
        value = self.value
        if isinstance(value.get("Statement"), Mapping):
            value = {**value, "Statement": self._statements()}
        shape, found = read_elements(POLICY_SHAPE, value)
        for remark in found:
            self._remark(remark)
        return shape

    def check(self, shape: PolicyShape, kind: PolicyKind) -> None:
        """Check every rule for policies of the kind."""
        if "Statement" not in elements(self.value, POLICY_SHAPE):
            self._remark(Remark((), "`Statement` is missing"))
        for check_document in document_checks(kind):
            for remark in check_document(shape, kind):
                self._remark(remark)
        for index, (statement, value) in enumerate(zip(shape.Statement or (), self._statements(), strict=True)):
            if isinstance(value, Mapping):
                substitutes = shape.Version == "2012-10-17"
                subject = Subject(kind, substitutes, statement, elements(value, STATEMENT_SHAPE))
                for check_statement in statement_checks(kind):
                    for remark in check_statement(subject):
                        self._remark(remark.under("Statement", index))

    def _statements(self) -> list[object]:
        statements = self.value.get("Statement")
        if isinstance(statements, (list, tuple)):
            return list(statements)
        return [statements] if isinstance(statements, Mapping) else []


def _statement(index: int, shape: StatementShape) -> Statement:
    return Statement(
        index=index,
        sid=shape.Sid,
        # INVARIANT: where Effect is missing, a fault was found, and this statement is not used.
        effect=shape.Effect or "Deny",
        principals=None if shape.Principal is None else principal_entries(shape.Principal),
        not_principals=None if shape.NotPrincipal is None else principal_entries(shape.NotPrincipal),
        actions=shape.Action,
        not_actions=shape.NotAction,
        resources=shape.Resource,
        not_resources=shape.NotResource,
        condition=None if shape.Condition is None else condition_tests(shape.Condition),
    )
