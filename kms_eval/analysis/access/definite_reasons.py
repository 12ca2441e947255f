"""Why something is always or never allowed, in the engine's words: for a cell of the grid, with the statements.

Comes in: halves of a cell, actions. Goes out: sentences, codes, statements and grants. Never here: deciding,
finding reasons: the engine does both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kms_eval.analysis.access.partial_evaluation import PartialEvaluation
from kms_eval.analysis.classes.pairs import Behind, behind
from kms_eval.codes import CODE
from kms_eval.documents.model import Grant
from kms_eval.engine.context import Context
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.evaluator import Evaluator, PartRuling
from kms_eval.engine.explanation import Explanation, Source, layer_in_words
from kms_eval.engine.masks import ACROSS_ACCOUNTS, RETIRE_GRANT, actions_in
from kms_eval.engine.plan import Part
from kms_eval.engine.reasons import reason_code
from kms_eval.engine.situation import Circumstances
from kms_eval.engine.trace import Trace, source

Halves = Sequence[tuple[int, PartialEvaluation]]

_SPEAKING: dict[str, frozenset[str]] = {
    "root-user-allows": frozenset({"keyPolicy"}),
    "identity-policy-allows-without-key": frozenset({"identityPolicy"}),
    "grant-retirable": frozenset({"grant"}),
    "both-accounts-allow": frozenset({"keyPolicy", "identityPolicy"}),
    "grant-allows": frozenset({"grant"}),
    "key-policy-allows": frozenset({"keyPolicy"}),
    "identity-policy-allows": frozenset({"keyPolicy", "identityPolicy"}),
}
"""The layers whose statements are behind a reason to allow, by the code of the reason."""

_ALLOWING = frozenset({"keyPolicy", "grant", "identityPolicy"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is always or never allowed: the engine's sentence and code, and the statement or grant it names.

    `sources` are all the statements and grants that allow or deny it, without the Allows of layers that only limit.
    """

    sentence: str
    code: str
    source: Source | None = None
    sources: tuple[Source, ...] = ()

    @property
    def by(self) -> str:
        """The name of the statement or grant; empty if none is named."""
        return self.source.name if self.source is not None else ""

    def __str__(self) -> str:
        return f"{self.sentence} ({self.by})" if self.source is not None else self.sentence


@dataclass(frozen=True, slots=True)
class DefiniteReason:
    """A reason with the compiled statements and grants: `named` is the one it names, `behind` all of them."""

    sentence: str
    code: str
    named: Behind | None = None
    behind: tuple[Behind, ...] = ()


def definite_reasons(
    evaluator: Evaluator, circumstances: Circumstances, halves: Halves, always: int, mask: int, *, grant: Grant | None
) -> Iterator[tuple[int, DefiniteReason]]:
    """The reasons for the actions in `mask`, each with the actions it applies to.

    `grant` is the one that a RetireGrant on the key means if it names no grant.
    """
    pieces = [mask] if mask else []
    for cut in _cuts(halves, always) if mask & (mask - 1) else ():
        pieces = [part for piece in pieces for part in (piece & cut, piece & ~cut) if part]
    for piece in pieces:
        carried = replace(circumstances, grant=grant) if piece == RETIRE_GRANT else circumstances
        yield piece, _reason(evaluator, carried, halves, piece)


def _cuts(halves: Halves, always: int) -> set[int]:
    """Masks that cut the actions into parts to which the same statements apply in the same way."""
    cuts = {always, ACROSS_ACCOUNTS, RETIRE_GRANT}
    for covered, evaluated in halves:
        cuts.add(covered)
        cuts.update(entry.actions for entry in (*evaluated.cell.entries, *evaluated.cell.pending))
        cuts.update(evaluated.cell.sums)
    return cuts


def _reason(evaluator: Evaluator, circumstances: Circumstances, halves: Halves, mask: int) -> DefiniteReason:
    action = actions_in(mask)[0].name
    rulings = []
    for covered, evaluated in halves:
        if covered & mask:
            part = Part(action, evaluated.cell.scope, circumstances)
            context = Context(part.situation)
            rulings.append(PartRuling(part, evaluated.cell.decide(mask & -mask, context), evaluated.cell, context))
    # INVARIANT: a call that is never allowed has a part that is never allowed.
    denied = [ruling for ruling in rulings if ruling.outcome != "allowed"]
    decisive = next((each for each in denied if each.outcome == "explicitDeny"), (denied or rulings)[0])
    trace = Trace(decisive, evaluator.rules)
    code = reason_code(trace)
    if decisive.outcome == "implicitDeny":
        # An implicit deny names no statement, so none has to be looked up.
        return DefiniteReason(CODE[code].sentence.format(layer="", action="it"), code)
    denying = next((word.layer for word in trace.words if word.outcome == "denies"), "")
    sentence = CODE[code].sentence.format(layer=layer_in_words(denying), action="it")
    named = Explanation(decisive.outcome, "", action, None, sentence, code, trace.words).deciding
    speaking = _SPEAKING.get(code)
    said = (
        each
        for word in trace.words
        if (speaking is None and word.outcome == "denies") or (speaking is not None and word.layer in speaking)
        for each in word.statements
    )
    found = {source(entry): behind(entry) for entry in reversed(trace.about)}
    those = (found.get(each) for each in dict.fromkeys(said))
    return DefiniteReason(
        sentence, code, found.get(named) if named is not None else None, tuple(each for each in those if each)
    )


def allowing(circumstances: Circumstances, halves: Halves, mask: int) -> Iterator[tuple[int, tuple[Behind, ...]]]:
    """The statements and grants that allow those actions in `mask` in every request, without layers that only limit."""
    entries = [
        (covered, evaluated, entry)
        for covered, evaluated in halves
        for entry in evaluated.cell.entries
        if entry.layer in _ALLOWING
        and entry.layer_index != LayerIndex.DENY
        and entry.actions & mask & covered & evaluated.sums[entry.layer_index]
        and entry not in evaluated.pending
    ]
    pieces = [mask]
    for covered, evaluated, entry in entries:
        cut = entry.actions & covered & evaluated.sums[entry.layer_index]
        pieces = [part for piece in pieces for part in (piece & cut, piece & ~cut) if part]
    found: dict[tuple[Behind, ...], int] = {}
    for piece in pieces:
        action, bit = actions_in(piece)[0].name, piece & -piece
        speaking: dict[Behind, None] = {}
        for covered, evaluated, entry in entries:
            if entry.actions & covered & evaluated.sums[entry.layer_index] & bit:
                context = Context(Part(action, evaluated.cell.scope, circumstances).situation)
                one = behind(entry)
                if one is not None and entry.applies(context):
                    speaking[one] = None
        found[tuple(speaking)] = found.get(tuple(speaking), 0) | piece
    yield from ((part, those) for those, part in found.items())
