"""What counted in one decision: the basis of reasons, near misses and warnings.

Comes in: a part's ruling. Goes out: its entries and what each layer said. Never here: sentences, deciding.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from kms_eval.documents.model import Grant, Policy, Statement
from kms_eval.engine.caller_policies import Rules
from kms_eval.engine.conditions import Status
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry, InForce
from kms_eval.engine.evaluator import PartRuling
from kms_eval.engine.explanation import LayerOutcome, LayerWord, Source
from kms_eval.engine.layers import GRANT, Part
from kms_eval.engine.rules import Rule
from kms_eval.engine.unknowns import status


def source(entry: Entry) -> Source:
    """Where an entry comes from."""
    if entry.rule is not None:
        return rule_source(entry.rule)
    if entry.allowance is None:  # pragma: no cover - an entry is a rule or a grant
        raise AssertionError
    return grant_source(entry.allowance.grant)


def grant_source(grant: Grant) -> Source:
    """Where a grant stands."""
    place = grant.place.location() if grant.place is not None else None
    return Source(_of_grant(grant), grant.name, 0, "Allow", place)


def _of_grant(grant: Grant) -> str:
    return f"grant {grant.id or '(unknown)'}"


def rule_source(rule: Rule) -> Source:
    """Where the statement of a rule stands."""
    return statement_source(rule.policy, rule.statement)


def statement_source(policy: Policy, statement: Statement) -> Source:
    """Where a statement stands. A single statement may be written without a list around it."""
    place = policy.place.at("Statement", statement.index).location() if policy.place is not None else None
    return Source(policy.name, statement.sid, statement.index, statement.effect, place)


def grant_name(grant: Grant) -> str:
    """What a grant is called where there is room for one name: as its `Source` says it, without looking up where."""
    return Source(_of_grant(grant), grant.name, 0, "Allow").name


def rule_name(rule: Rule) -> str:
    """The same of the statement of a rule."""
    return Source(rule.policy.name, rule.statement.sid, rule.statement.index, rule.statement.effect).name


class Trace:
    """What counted in one part's decision: the entries, and what each layer said."""

    def __init__(self, ruling: PartRuling, rules: Rules) -> None:
        self.rules = rules
        self.ruling = ruling
        self.about = [entry for entry in ruling.cell.entries if entry.actions & ruling.bit]
        self.unsure: list[Entry] = []
        """Entries that may or may not count, depending on something unknown."""
        self.counted = self._counting() if ruling.cell.doubtful & ruling.bit else self._applying()
        self.layer_indexes = {entry.layer_index for entry in self.counted}

    @cached_property
    def words(self) -> tuple[LayerWord, ...]:
        """What each layer in force said; computed on first use, as many callers need only the reason code."""
        return tuple(self._layers())

    def _applying(self) -> list[Entry]:
        return [entry for entry in self.about if entry.applies(self.ruling.context)]

    def _counting(self) -> list[Entry]:
        """The entries that count whatever the unknowns are.

        If the request is denied in any case, also every Allow that may count: even those do not make it allowed.
        """
        ruling = self.ruling
        hopeful = ruling.outcome in ("explicitDeny", "implicitDeny")
        counted = []
        for entry in self.about:
            found = status(entry, ruling.cell.unknown_facts, ruling.context)
            if found is Status.OPEN:
                self.unsure.append(entry)
            if found is Status.HOLDS or (found is Status.OPEN and hopeful and entry.layer_index != LayerIndex.DENY):
                counted.append(entry)
        return counted

    def silent_limits(self) -> list[str]:
        """Limits in force (boundary, session policies) without a matching Allow."""
        return [layer.layer.name for layer in self._bounding(Part.LIMIT) if not self._open(layer)]

    def silent_gates(self) -> list[str]:
        """Gates in force (SCPs, endpoint policy) without a matching Allow at some level."""
        return [layer.layer.name for layer in self._bounding(Part.GATE) if not self._open(layer)]

    @property
    def has_identity(self) -> bool:
        """Whether an identity policy allows (or the caller is root, which needs none), apart from limits."""
        return self.ruling.cell.shape.root or LayerIndex.IDENTITY in self.layer_indexes

    def _bounding(self, part: Part) -> Iterator[InForce]:
        return (layer for layer in self.ruling.cell.in_force if layer.layer.part is part)

    def _open(self, layer: InForce) -> bool:
        return self.layer_indexes.issuperset(layer.layer_indexes)

    def _layers(self) -> Iterator[LayerWord]:
        for layer in self.ruling.cell.in_force:
            if not layer.layer.actions & self.ruling.bit:
                continue  # it cannot affect the action, as key policies cannot affect kms:RetireGrant
            entries = [entry for entry in self.counted if entry.layer == layer.layer.name]
            denies = [entry for entry in entries if entry.layer_index == LayerIndex.DENY]
            unsure = [entry for entry in self.unsure if entry.layer == layer.layer.name]
            if denies:
                yield _word(layer.layer.name, "denies", denies)
            elif unsure and self.ruling.outcome == "undetermined":
                yield _word(layer.layer.name, "unknown", unsure)
            else:
                outcome = self._outcome(layer, entries)
                # Where the key policy allows directly, what else it delegates does not matter.
                said = [
                    entry for entry in entries if outcome == "delegates" or entry.layer_index != LayerIndex.DELEGATED
                ]
                yield _word(layer.layer.name, outcome, sorted(said, key=lambda entry: entry.layer_index))
        key = self.ruling.part.scope.target.key
        if key is not None and (key.grants or key.open_grants):
            entries = [entry for entry in self.counted if entry.layer == GRANT]
            unsure = [entry for entry in self.unsure if entry.layer == GRANT]
            if unsure and self.ruling.outcome == "undetermined":
                yield _word(GRANT, "allows" if entries else "unknown", entries or unsure)
            else:
                yield _word(GRANT, _of_grants(entries), entries)

    def _outcome(self, layer: InForce, entries: list[Entry]) -> LayerOutcome:
        if layer.layer.part is Part.RESOURCE:
            layer_indexes = {entry.layer_index for entry in entries}
            if layer_indexes & {LayerIndex.DIRECT, LayerIndex.LIMITED}:
                return "allows"
            return "delegates" if layer_indexes else "silent"
        if layer.layer.part is Part.VETO:
            return "allows"
        if layer.layer.part is Part.IDENTITY:
            return "allows" if entries else "silent"
        return "allows" if self._open(layer) else "silent"


def _of_grants(entries: list[Entry]) -> LayerOutcome:
    # Principals of an account that may retire the grant need an identity policy for it (semantics G23).
    if entries and all(entry.layer_index == LayerIndex.RETIRE_WITH_IDENTITY for entry in entries):
        return "delegates"
    return "allows" if entries else "silent"


def _word(layer: str, outcome: LayerOutcome, entries: list[Entry]) -> LayerWord:
    return LayerWord(layer, outcome, tuple(dict.fromkeys(source(entry) for entry in entries)))
