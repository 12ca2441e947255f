"""Every statement and grant of a world, once for each place where it is written, with its elements.

Comes in: a world and its compiled rules. Goes out: statements and grants with their places. Never here: requests.

A file that is attached to ten roles is written once: results for any of the roles are results for its statements.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kms_eval.documents.model import Grant, Policy, PrincipalEntry, Statement
from kms_eval.engine.caller_policies import Rules
from kms_eval.engine.near_misses import in_words
from kms_eval.engine.rules import Rule
from kms_eval.errors import Location
from kms_eval.formats.document import Place, Steps, field_name
from kms_eval.language.pattern import compile_text
from kms_eval.world.model import World, policies_of

ElementName = Literal[
    "Action", "NotAction", "Principal", "NotPrincipal", "Resource", "NotResource", "Condition", "Operations",
    "Constraints",
]  # fmt: skip

EXCLUSIONS: frozenset[ElementName] = frozenset({"NotAction", "NotPrincipal", "NotResource"})
"""Elements whose entries say what a statement does not apply to."""


@dataclass(frozen=True, slots=True)
class WrittenElement:
    """One action pattern, principal, resource or condition. `position` counts from 0 among those of the same name."""

    name: ElementName
    position: int
    text: str
    line: int | None


@dataclass(frozen=True, slots=True)
class StatementReference:
    """Identifies a statement or grant, and says where it is written; plain values for reports.

    `id` is the same for the same place in the same file, whichever scenario it is read in, and so is `within`, the
    place of its policy. `kinds` are the kinds of policy that it is part of, or ``grant``; `index` counts from 0.
    """

    id: str
    within: str
    location: Location
    policy: str
    kinds: tuple[str, ...]
    sid: str | None
    index: int
    effect: Literal["Allow", "Deny"]

    @property
    def is_grant(self) -> bool:
        """Whether it is a grant, not a statement."""
        return "grant" in self.kinds

    @property
    def label(self) -> str:
        """The Sid in quotes, or the position; empty for a grant, whose policy name already identifies it."""
        if self.is_grant:
            return ""
        return f'"{self.sid}"' if self.sid else f"statement {self.index}"


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """One statement or grant as written, with its elements.

    `policies` are all attached policies that contain it; `statement` is None for a grant.
    """

    reference: StatementReference
    elements: tuple[WrittenElement, ...]
    statement: Statement | None = None
    policies: tuple[Policy, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All statements and grants of a world, in the order of the world, with lookups."""

    all: tuple[Written, ...]
    _of_statements: Mapping[tuple[Policy, int], Written] = field(repr=False)
    _of_grants: Mapping[Grant, Written] = field(repr=False)

    def of_rule(self, rule: Rule) -> Written | None:
        """Where the statement of a rule is written; None for what came with a request (session policies)."""
        return self._of_statements.get((rule.policy, rule.statement.index))

    def of_grant(self, grant: Grant) -> Written | None:
        """Where a grant is written."""
        return self._of_grants.get(grant)


def catalogue(world: World, rules: Rules) -> Catalogue:
    """The catalogue of all statements and grants of a world."""
    statements: dict[tuple[str, int], list[tuple[Policy, Rule]]] = {}
    for policy in policies_of(world):
        for rule in rules(policy):
            if _is_about_kms(rule.statement):
                statements.setdefault((_within(policy), rule.statement.index), []).append((policy, rule))
    grants: dict[Grant, Written] = {}
    for key in world.keys.values():
        for index, grant in enumerate(key.grants):
            grants[grant] = _written_grant(grant, key.arn, index)
    of_statements: dict[tuple[Policy, int], Written] = {}
    written = []
    for (within, _index), attachments in statements.items():
        one = _written_statement(within, attachments)
        written.append(one)
        of_statements |= {(policy, rule.statement.index): one for policy, rule in attachments}
    return Catalogue((*written, *dict.fromkeys(grants.values())), of_statements, grants)


def _file(place: Place | None) -> str:
    """The normalized path of the file, as scenarios in two folders name the same policy differently."""
    if place is None:
        return ""
    path = place.file.path
    return os.path.normpath(path) if path is not None else place.file.name


def _location(place: Place | None) -> Location:
    return replace(place.location(), file=_file(place) or None) if place is not None else Location()


def _within(policy: Policy) -> str:
    """The place of a policy. Without one, as in a world made by a program, every policy is a place of its own."""
    if policy.place is None:
        return f"#{policy.name}.{id(policy)}"
    return f"{_file(policy.place)}#{field_name(policy.place.steps)}"


def is_about_kms(pattern: str) -> bool:
    """Whether an action pattern may match actions of AWS KMS; no test can cover patterns for other services."""
    service, colon, _name = pattern.lower().partition(":")
    return not colon or compile_text(service)("kms")


def _is_about_kms(statement: Statement) -> bool:
    return statement.actions is None or not statement.actions or any(map(is_about_kms, statement.actions))


def _line(place: Place | None, *steps: str | int) -> int | None:
    return place.at(*steps).location().line if place is not None else None


def _written_statement(within: str, attachments: list[tuple[Policy, Rule]]) -> Written:
    # Documents of `attached_by_principal` have lost their Principal once attached; the most complete one is shown.
    policy, rule = max(attachments, key=lambda pair: pair[1].statement.principals is not None)
    statement = rule.statement
    place = policy.place.at("Statement", statement.index) if policy.place is not None else None
    return Written(
        StatementReference(
            id=f"{within}.Statement[{statement.index}]",
            within=within,
            location=_location(place),
            policy=policy.name,
            kinds=tuple(dict.fromkeys(each.kind.value for each, _rule in attachments)),
            sid=statement.sid,
            index=statement.index,
            effect=statement.effect,
        ),
        elements=tuple(_elements(rule, place)),
        statement=statement,
        policies=tuple(policy for policy, _rule in attachments),
        place=place,
    )


def _elements(rule: Rule, place: Place | None) -> Iterator[WrittenElement]:
    statement = rule.statement
    principals: tuple[tuple[ElementName, tuple[PrincipalEntry, ...] | None], ...] = (
        ("Principal", statement.principals), ("NotPrincipal", statement.not_principals),
    )  # fmt: skip
    for name, entries in principals:
        for position, (entry, steps) in enumerate(zip(entries or (), _principal_steps(entries or ()), strict=True)):
            text = entry.value if entry.kind in {"*", "AWS"} else f"{entry.kind} {entry.value}"
            yield WrittenElement(name, position, text, _line(place, name, *steps))
    texts: tuple[tuple[ElementName, tuple[str, ...] | None], ...] = (
        ("Action", statement.actions), ("NotAction", statement.not_actions),
        ("Resource", statement.resources), ("NotResource", statement.not_resources),
    )  # fmt: skip
    for name, values in texts:
        for position, text in enumerate(values or ()):
            if name not in {"Action", "NotAction"} or is_about_kms(text):
                yield WrittenElement(name, position, text, _line(place, name, position))
    for position, test in enumerate(rule.condition.tests if rule.condition is not None else ()):
        written = test.written
        operator = f"{written.qualifier}:" * bool(written.qualifier) + written.operator + "IfExists" * written.if_exists
        yield WrittenElement("Condition", position, in_words(test), _line(place, "Condition", operator, written.key))


def _principal_steps(entries: Iterable[PrincipalEntry]) -> Iterator[Steps]:
    """The place of each entry: its kind, and its position among entries of that kind."""
    seen: dict[str, int] = {}
    for entry in entries:
        position = seen.get(entry.kind, 0)
        seen[entry.kind] = position + 1
        yield () if entry.kind == "*" else (entry.kind, position)


def _written_grant(grant: Grant, key: str, index: int) -> Written:
    place = grant.place
    elements = [
        WrittenElement("Operations", position, operation, _line(place, "Operations", position))
        for position, operation in enumerate(grant.operations)
    ]
    constraints = grant.constraints
    if any((constraints.encryption_context_equals, constraints.encryption_context_subset, constraints.source_arn)):
        elements.append(WrittenElement("Constraints", 0, _constraints_in_words(grant), _line(place, "Constraints")))
    within = f"{_file(place)}#{field_name(place.steps[:-1])}" if place is not None else f"#{key}"
    return Written(
        StatementReference(
            id=f"{within}[{index}]",
            within=within,
            location=_location(place),
            policy=f"grant {grant.id}",
            kinds=("grant",),
            sid=grant.name,
            index=index,
            effect="Allow",
        ),
        elements=tuple(elements),
        place=place,
    )


def _constraints_in_words(grant: Grant) -> str:
    pairs = (
        ("EncryptionContextEquals", grant.constraints.encryption_context_equals),
        ("EncryptionContextSubset", grant.constraints.encryption_context_subset),
    )
    words = [f"{name} {', '.join(f'{key}={value}' for key, value in found)}" for name, found in pairs if found]
    if grant.constraints.source_arn:
        words.append(f"SourceArn {grant.constraints.source_arn}")
    return "; ".join(words)
