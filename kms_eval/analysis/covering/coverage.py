"""Coverage by tests: for every statement and each of its elements, whether a decision of a test depended on it.

Comes in: decisions, as they are made, each with the name of its test. Goes out: a report of plain values.
Never here: running tests, files, tables.

The terms:

- A statement is *covered* if it counted in a layer's result in the decision of a test: it matched the caller, the
action and the resource, and its conditions held. It *decided* if that decision would differ without it.
- An action pattern, principal or resource is covered if its statement counted and it matches the request.
- An entry of NotAction, NotPrincipal or NotResource is covered if it alone kept the statement from counting.
- A condition is covered if both happened: its statement counted with it, and it alone kept the statement from counting.
If it always held, removing it would not be noticed; if it always failed, it could be wrong.
- A grant is covered like a statement, its operations like action patterns, its constraints like a condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar
from weakref import WeakKeyDictionary

from kms_eval.analysis.covering.coverage_report import CoverageReport, ElementCoverage, StatementCoverage
from kms_eval.analysis.covering.written_statements import Catalogue, ElementName, Written, catalogue
from kms_eval.documents.model import Policy, Statement
from kms_eval.engine import decide
from kms_eval.engine.caller_policies import caller_policies
from kms_eval.engine.cell import Outcome, compile_cell
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import Evaluator, PartRuling, Ruling
from kms_eval.engine.masks import UNPUBLISHED, bit_of, covered
from kms_eval.engine.principals import Grade, grade
from kms_eval.engine.rules import Rule, compile_policy
from kms_eval.engine.trace import Trace
from kms_eval.world.model import World

_Element = tuple[ElementName, int]
_Value = TypeVar("_Value")


@dataclass(slots=True)
class _Tally:
    """What has been recorded about one statement so far."""

    written: Written
    tests: dict[str, None] = field(default_factory=dict)
    decided: dict[str, None] = field(default_factory=dict)
    counted: dict[_Element, int] = field(default_factory=dict)
    refused: dict[_Element, int] = field(default_factory=dict)


class Coverage:
    """Collects what decisions cover. Worlds are added first, so that what no test covers is known as well."""

    def __init__(self) -> None:
        self.decisions = 0
        self._tallies: dict[str, _Tally] = {}
        self._catalogues: WeakKeyDictionary[World, Catalogue] = WeakKeyDictionary()

    def add(self, evaluator: Evaluator) -> Catalogue:
        """Record all statements and grants of the evaluator's world; once for each world."""
        known = self._catalogues.get(evaluator.world)
        if known is None:
            known = self._catalogues[evaluator.world] = catalogue(evaluator.world, evaluator.rules)
            for written in known.all:
                self._tallies.setdefault(written.reference.id, _Tally(written))
        return known

    def record(self, evaluator: Evaluator, ruling: Ruling, test: str) -> None:
        """Record a decision that this evaluator made for the test of that name."""
        known = self.add(evaluator)
        if any(part.cell.doubtful & part.bit for part in ruling.parts):
            # Which statements counted depends on something unknown.
            return
        self.decisions += 1
        counted: list[dict[str, list[Entry]]] = []
        for part in ruling.parts:
            trace = Trace(part, evaluator.rules)
            mine: dict[str, list[Entry]] = {}
            for entry in trace.counted:
                tally = self._tally_of(known, entry)
                if tally is not None:
                    mine.setdefault(tally.written.reference.id, []).append(entry)
                    _count(tally, entry, part)
            counted.append(mine)
            self._refusals(known, trace, evaluator)
        for name in dict.fromkeys(name for mine in counted for name in mine):
            tally = self._tallies[name]
            tally.tests[test] = None
            if test not in tally.decided and _without(ruling, name, counted) != ruling.outcome:
                tally.decided[test] = None

    def report(self) -> CoverageReport:
        """The report on everything recorded so far."""
        return CoverageReport(tuple(_reported(tally) for tally in self._tallies.values()), self.decisions)

    def _tally_of(self, known: Catalogue, entry: Entry) -> _Tally | None:
        written = None
        if entry.rule is not None:
            written = known.of_rule(entry.rule)
        elif entry.allowance is not None:
            written = known.of_grant(entry.allowance.grant)
        return self._tallies[written.reference.id] if written is not None else None

    def _refusals(self, known: Catalogue, trace: Trace, evaluator: Evaluator) -> None:
        """Record the elements that alone kept their statement from counting, each once per statement."""
        counted = set(trace.counted)
        counting = {entry.rule for entry in counted}
        seen: set[tuple[str, _Element]] = set()
        for entry in trace.about:
            tally = self._tally_of(known, entry)
            if entry in counted or tally is None:
                continue
            if entry.rule is None:
                if ("Constraints", 0) in {(each.name, each.position) for each in tally.written.elements}:
                    seen.add((tally.written.reference.id, ("Constraints", 0)))
                continue
            failed = entry.failed_tests(trace.ruling.context)
            if len(failed) == 1 and _covers_resource(entry, trace.ruling):
                position = entry.rule.condition.tests.index(failed[0]) if entry.rule.condition is not None else 0
                seen.add((tally.written.reference.id, ("Condition", position)))
        for rule in _in_force(trace):
            written = known.of_rule(rule)
            if written is not None and rule not in counting:
                seen |= {(written.reference.id, element) for element in _excluding(rule, trace.ruling, evaluator)}
        for name, element in seen:
            refused = self._tallies[name].refused
            refused[element] = refused.get(element, 0) + 1


def _count(tally: _Tally, entry: Entry, part: PartRuling) -> None:
    for element in _counting(entry, part):
        tally.counted[element] = tally.counted.get(element, 0) + 1


def _counting(entry: Entry, part: PartRuling) -> Iterator[_Element]:
    """The elements through which a statement or grant counts."""
    if entry.rule is not None:
        yield from _counting_in_statement(entry.rule, part)
    if entry.allowance is not None:
        for position, operation in enumerate(entry.allowance.grant.operations):
            if bit_of(f"kms:{operation}") == part.bit:
                yield "Operations", position
        if entry.allowance.holds is not None:
            yield "Constraints", 0


def _counting_in_statement(rule: Rule, part: PartRuling) -> Iterator[_Element]:
    statement, scope = rule.statement, part.part.scope
    generous = rule.effect == "Deny"
    for position, pattern in enumerate(statement.actions or ()):
        if covered((pattern,), _unpublished(part)) & part.bit:
            yield "Action", position
    for position, principal in enumerate(statement.principals or ()):
        if grade((principal,), scope.caller, rule.effect) is not Grade.NONE:
            yield "Principal", position
    if statement.resources is not None and rule.resource is not None:
        for position, resource in enumerate(rule.resource.patterns):
            if rule.resource.with_only(resource).covers(scope.target, part.context, generous=generous):
                yield "Resource", position
    if rule.condition is not None:
        for position in range(len(rule.condition.tests)):
            yield "Condition", position


def _covers_resource(entry: Entry, part: PartRuling) -> bool:
    rule = entry.rule
    if rule is None or rule.resource is None:
        return False
    return rule.resource.covers(part.part.scope.target, part.context, generous=rule.effect == "Deny")


def _unpublished(part: PartRuling) -> str | None:
    return part.part.action.lower() if part.bit == UNPUBLISHED else None


def _in_force(trace: Trace) -> Iterator[Rule]:
    scope = trace.ruling.part.scope
    for in_force in trace.ruling.cell.in_force:
        for group in in_force.layer.documents(scope) or ():
            for policy in group:
                yield from trace.rules(policy)


def _excluding(rule: Rule, part: PartRuling, evaluator: Evaluator) -> Iterator[_Element]:
    """The entries of NotAction, NotPrincipal and NotResource without any one of which the statement would count."""
    for element, shorter in _shorter(rule.statement):
        # Where NotPrincipal has a role and its account, both are needed, and removing either makes the statement count.
        if _would_count(rule, shorter, part, evaluator):
            yield element


def _shorter(statement: Statement) -> Iterator[tuple[_Element, Statement]]:
    for position in range(len(statement.not_actions or ())):
        rest = _dropped(statement.not_actions or (), position)
        yield ("NotAction", position), replace(statement, not_actions=rest)
    for position in range(len(statement.not_principals or ())):
        left = _dropped(statement.not_principals or (), position)
        yield ("NotPrincipal", position), replace(statement, not_principals=left)
    for position in range(len(statement.not_resources or ())):
        rest = _dropped(statement.not_resources or (), position)
        yield ("NotResource", position), replace(statement, not_resources=rest)


def _dropped(values: tuple[_Value, ...], position: int) -> tuple[_Value, ...]:
    return values[:position] + values[position + 1 :]


def _would_count(rule: Rule, statement: Statement, part: PartRuling, evaluator: Evaluator) -> bool:
    (changed,) = compile_policy(replace(rule.policy, statements=(statement,)))
    unpublished = _unpublished(part)
    if not changed.covers(unpublished) & part.bit:
        return False
    scope = part.part.scope

    def rules(policy: Policy) -> tuple[Rule, ...]:
        return tuple(changed if each is rule else each for each in evaluator.rules(policy))

    cell = compile_cell(scope, caller_policies(scope, rules, unpublished))
    return any(
        entry.rule is changed and entry.actions & part.bit and entry.applies(part.context) for entry in cell.entries
    )


def _without(ruling: Ruling, name: str, counted: list[dict[str, list[Entry]]]) -> Outcome:
    """The decision as it would be without one statement."""
    outcomes = set()
    for part, mine in zip(ruling.parts, counted, strict=True):
        gone = set(mine.get(name, ()))
        outcomes.add(_outcome(part, gone) if gone else part.outcome)
    return _together(outcomes)


def _outcome(part: PartRuling, gone: set[Entry]) -> Outcome:
    cell, bit = part.cell, part.bit
    sums = [0] * len(cell.sums)
    for entry in cell.entries:
        if (
            entry.actions & bit
            and not sums[entry.layer_index] & bit
            and entry not in gone
            and entry.applies(part.context)
        ):
            sums[entry.layer_index] |= bit
    if sums[LayerIndex.DENY]:
        return "explicitDeny"
    return "allowed" if decide.allowed(sums, cell.shape) & bit else "implicitDeny"


def _together(outcomes: set[Outcome]) -> Outcome:
    for outcome in ("explicitDeny", "implicitDeny"):
        if outcome in outcomes:
            return outcome
    return "allowed"


def _reported(tally: _Tally) -> StatementCoverage:
    written = tally.written
    return StatementCoverage(
        reference=written.reference,
        tests=tuple(tally.tests),
        decided=tuple(tally.decided),
        elements=tuple(
            ElementCoverage(
                name=element.name,
                text=element.text,
                line=element.line,
                counted=tally.counted.get((element.name, element.position), 0),
                refused=tally.refused.get((element.name, element.position), 0),
            )
            for element in written.elements
        ),
    )
