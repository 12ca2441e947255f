"""Policies with unknown parts: each statement becomes a certain variant and a widest possible variant.

Comes in: a policy document as plain values with unknowns in it. Goes out: the same document without them, in which a
statement with unknown parts has up to two variants: one with only what it certainly says, if anything, and one with
everything that it could possibly say (one for Allow and one for Deny where the effect is unknown).
Never here: how this affects a decision; the engine lets an open statement count or not, whichever allows less.

Leaving a value out of a list of alternatives makes a statement narrower; leaving it out of an exclusion makes it wider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from kms_eval.documents.model import Effect, Policy, PolicyKind, Statement
from kms_eval.formats.document import Place
from kms_eval.formats.unknown import Unknown, unknown_in
from kms_eval.language.operators import OPERATORS
from kms_eval.records import record

_NO_CERTAIN: Literal["no certain statement"] = "no certain statement"
_LEFT_OUT = None
_EVERYTHING = "*"
_VARIABLE = "${"
_WITH_VARIABLES = ("Resource", "NotResource", "Condition")
_IF_EXISTS = "IfExists"


@record
class Variant:
    """One statement of the document without unknowns: its index in the original, and the unknowns it depends on.

    `unknowns` is empty for a variant that is certain. `anybody` says that its principals are unknown.
    """

    index: int
    unknowns: tuple[Unknown, ...] = ()
    anybody: bool = False

    def applied(self, statement: Statement) -> Statement:
        """The parsed statement, with its index in the original document, its unknowns and its principals."""
        principals = None if self.anybody else statement.principals
        return replace(statement, index=self.index, open=self.unknowns, principals=principals)


_DEEPEST = len(("Grants", 0, "Statement", 0, "Condition", "StringEquals", "kms:ViaService", 0))


def unknowns_within(value: object, *, depth: int = _DEEPEST) -> Iterator[Unknown]:
    """Every unknown in a value, down to the greatest depth that documents have."""
    if depth < 0:
        return
    found = unknown_in(value)
    if found is not None:
        yield found
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from unknowns_within(member, depth=depth - 1)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from unknowns_within(member, depth=depth - 1)


def open_policy(unknown: Unknown, kind: PolicyKind, place: Place, name: str) -> Policy:
    """A policy that is completely unknown: it may allow everything, and it may deny everything."""
    statements = tuple(_wide_open(effect, unknown) for effect in _EFFECTS)
    return Policy(name, kind, "2012-10-17", None, statements, place)


_EFFECTS: tuple[Effect, ...] = ("Allow", "Deny")


def _wide_open(effect: Effect, unknown: Unknown) -> Statement:
    return Statement(0, None, effect, actions=(_EVERYTHING,), resources=(_EVERYTHING,), open=(unknown,))


def opened(value: Mapping[object, object], kind: PolicyKind) -> tuple[dict[object, object], tuple[Variant, ...]]:
    """The document without unknowns, and for each of its statements a `Variant`, which says where it comes from."""
    written = value.get("Statement")
    if unknown_in(written) is not None or not isinstance(written, (list, tuple)):
        written = [written]
    version = unknown_in(value.get("Version"))
    statements: list[object] = []
    variants: list[Variant] = []
    for index, statement in enumerate(written):
        marked = _with_doubtful_variables(statement, version) if version is not None else statement
        for plain, variant in _variants(marked, index, kind):
            statements.append(plain)
            variants.append(variant)
    known = {name: member for name, member in value.items() if unknown_in(member) is None}
    if version is not None:
        known["Version"] = "2012-10-17"
    return {**known, "Statement": statements}, tuple(variants)


def _with_doubtful_variables(value: object, version: Unknown) -> object:
    """A statement of a document whose Version is unknown: every text with ``${…}`` becomes unknown as well."""
    if not isinstance(value, Mapping):
        return value
    return {name: _marked(member, version) if name in _WITH_VARIABLES else member for name, member in value.items()}


def _marked(value: object, version: Unknown, *, depth: int = _DEEPEST) -> object:
    if depth < 0:
        return value
    if isinstance(value, str):
        return version if _VARIABLE in value else value
    if isinstance(value, Mapping):
        return {name: _marked(member, version, depth=depth - 1) for name, member in value.items()}
    return (
        [_marked(member, version, depth=depth - 1) for member in value] if isinstance(value, (list, tuple)) else value
    )


def _variants(statement: object, index: int, kind: PolicyKind) -> Iterator[tuple[object, Variant]]:
    whole = unknown_in(statement)
    if whole is not None:
        rest: dict[object, object] = {"Action": _EVERYTHING, "Resource": _EVERYTHING}
        if kind in _WITH_PRINCIPAL:
            rest["Principal"] = _EVERYTHING
        for effect in _effects(kind, rest):
            yield {"Effect": effect, **rest}, Variant(index, (whole,), anybody=True)
    elif isinstance(statement, Mapping):
        yield from _forms(statement, index, kind)
    else:
        yield statement, Variant(index)


def _forms(statement: Mapping[object, object], index: int, kind: PolicyKind) -> Iterator[tuple[object, Variant]]:
    """The certain variant of a statement, if there is one, and the widest variant, if something is unknown."""
    unknowns = {name: tuple(unknowns_within(member)) for name, member in statement.items() if name != "Sid"}
    doubtful = {name: found for name, found in unknowns.items() if found}
    known = {name: statement[name] for name in unknowns if name not in doubtful}
    if "Sid" in statement and unknown_in(statement["Sid"]) is None:
        known["Sid"] = statement["Sid"]
    narrow, wide = dict(known), dict(known)
    some_certain = True
    for name in doubtful:
        member, (wide_name, widest) = _PARTS.get(str(name), _unreadable)(str(name), statement[name])
        some_certain = some_certain and member is not _NO_CERTAIN
        narrow[name] = member
        if widest is not _LEFT_OUT:
            wide[wide_name] = widest
    if some_certain:
        yield narrow, Variant(index)
    if doubtful:
        anybody = not doubtful.keys().isdisjoint({"Principal", "NotPrincipal"}) and "NotPrincipal" not in wide
        left_open = tuple(dict.fromkeys(unknown for found in doubtful.values() for unknown in found))
        for effect in [wide["Effect"]] if "Effect" in wide else _effects(kind, wide):
            yield {**wide, "Effect": effect}, Variant(index, left_open, anybody=anybody)


_WITH_PRINCIPAL = frozenset({PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.RCP})


def _effects(kind: PolicyKind, statement: Mapping[object, object]) -> tuple[Effect, ...]:
    """The effects that AWS would accept: RCPs only deny (semantics O9), Allow never has NotPrincipal (N1)."""
    return ("Deny",) if kind is PolicyKind.RCP or "NotPrincipal" in statement else _EFFECTS


_Part = tuple[object, tuple[str, object]]


def _unreadable(name: str, member: object) -> _Part:
    """An element of any other name keeps its value, so that the grammar can say what is wrong."""
    return member, (name, member)


def _known_entries(member: object) -> list[object]:
    if unknown_in(member) is not None:
        return []
    entries = member if isinstance(member, (list, tuple)) else [member]
    return [entry for entry in entries if unknown_in(entry) is None]


def _effect(name: str, _member: object) -> _Part:
    return _NO_CERTAIN, (name, _LEFT_OUT)


def _alternatives(name: str, member: object) -> _Part:
    known = _known_entries(member)
    return known or _NO_CERTAIN, (name, _EVERYTHING)


def _exclusion(name: str, member: object) -> _Part:
    known = _known_entries(member)
    return _NO_CERTAIN, (name, known) if known else (name.removeprefix("Not"), _EVERYTHING)


def _known_principals(member: object) -> dict[object, object]:
    if not isinstance(member, Mapping) or unknown_in(member) is not None:
        return {}
    known = {kind: _known_entries(entries) for kind, entries in member.items()}
    return {kind: entries for kind, entries in known.items() if entries}


def _principal(name: str, member: object) -> _Part:
    return _known_principals(member) or _NO_CERTAIN, (name, _EVERYTHING)


def _not_principal(name: str, member: object) -> _Part:
    known = _known_principals(member)
    return _NO_CERTAIN, (name, known) if known else (name.removeprefix("Not"), _EVERYTHING)


def _condition(name: str, member: object) -> _Part:
    if unknown_in(member) is not None or not isinstance(member, Mapping):
        return _NO_CERTAIN, (name, _LEFT_OUT)
    certain: dict[object, dict[object, object]] | None = {}
    widest: dict[object, dict[object, object]] = {}
    for operator, block in member.items():
        if unknown_in(block) is not None or not isinstance(block, Mapping):
            certain = None
            continue
        for key, values in block.items():
            known = values if not any(unknowns_within(values)) else _known_entries(values)
            whole = known is values
            if whole or (known and _negated(str(operator))):
                # A negated operator with fewer values only matches more often.
                widest.setdefault(operator, {})[key] = known
            if certain is not None and (whole or (known and not _negated(str(operator)))):
                certain.setdefault(operator, {})[key] = known
            elif not whole:
                certain = None
    return (_NO_CERTAIN if certain is None else certain), (name, widest or _LEFT_OUT)


def _negated(written: str) -> bool:
    operator = OPERATORS.get(written.rpartition(":")[2].removesuffix(_IF_EXISTS))
    return operator is not None and operator.negated


_PARTS: Mapping[str, Callable[[str, object], _Part]] = {
    "Effect": _effect,
    "Action": _alternatives,
    "Resource": _alternatives,
    "NotAction": _exclusion,
    "NotResource": _exclusion,
    "Principal": _principal,
    "NotPrincipal": _not_principal,
    "Condition": _condition,
}
