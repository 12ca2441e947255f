"""What every principal may do on every key, for all actions at once: always, sometimes, never, with reasons.

Comes in: an evaluator and what the question fixes. Goes out: squares: one asker and one key (or none), all actions.
Never here: deciding. Cells come from the engine, permissions that need two resources from `engine.plan`, and reasons
from the engine's own reading of a decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kms_eval.analysis.access.answers import AnswerWord, answer_word
from kms_eval.analysis.access.doubts import Doubts, DoubtsFinder
from kms_eval.analysis.access.open_conditions import OpenConditions, matching
from kms_eval.analysis.access.partial_evaluation import PUBLISHED, PartialEvaluation, partially_evaluate, public
from kms_eval.analysis.access.principals import Asker
from kms_eval.analysis.access.residual_conditions import NO_TERMS, ResidualConditions, ResidualConditionsFinder
from kms_eval.analysis.proving.possible import Possible
from kms_eval.codes import CODE
from kms_eval.documents.model import Policy
from kms_eval.engine.cell import compile_cell
from kms_eval.engine.context import Context
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.evaluator import Evaluator, PartRuling
from kms_eval.engine.explanation import Explanation, Source, layer_in_words
from kms_eval.engine.masks import ACROSS_ACCOUNTS, ON_ALIAS, ON_KEY, RETIRE_GRANT, WITHOUT_KEY, actions_in, bit_of
from kms_eval.engine.plan import Part, parts
from kms_eval.engine.reasons import reason_code
from kms_eval.engine.resources import Target, key_target, without_key
from kms_eval.engine.situation import Scope
from kms_eval.engine.trace import Trace, source
from kms_eval.world.model import Key, World
from kms_eval.world.request import Request

ACTIONS_ON_KEY = ON_KEY & PUBLISHED
ACTIONS_WITHOUT_KEY = WITHOUT_KEY


_SPEAKING: dict[str, frozenset[str]] = {
    "root-user-allows": frozenset({"keyPolicy"}),
    "identity-policy-allows-without-key": frozenset({"identityPolicy"}),
    "grant-retirable": frozenset({"grant"}),
    "both-accounts-allow": frozenset({"keyPolicy", "identityPolicy"}),
    "grant-allows": frozenset({"grant"}),
    "key-policy-allows": frozenset({"keyPolicy"}),
    "identity-policy-allows": frozenset({"keyPolicy", "identityPolicy"}),
}
"""By the code of a reason to allow: the layers whose statements are behind it."""


_ALLOWING = frozenset({"keyPolicy", "grant", "identityPolicy"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is always or never allowed: the engine's sentence and code, and the statement or grant it names.

    `sources` are all the statements and grants it is allowed or denied by, limits aside.
    """

    sentence: str
    code: str
    source: Source | None = None
    sources: tuple[Source, ...] = ()

    @property
    def by(self) -> str:
        """The name of the statement or grant; empty where none is named."""
        return self.source.name if self.source is not None else ""

    def __str__(self) -> str:
        return f"{self.sentence} ({self.by})" if self.source is not None else self.sentence


@dataclass(frozen=True, slots=True, eq=False)
class GridCell:
    """One asker on one key; `key` None is for the actions that have none. Masks of published actions.

    `undetermined` and `public` are of what is sometimes allowed: what no request is sure to be allowed, because
    something that no source could show decides; and what is open to whoever it is.
    """

    asker: Asker
    key: Key | None
    always: int
    sometimes: int
    halves: tuple[tuple[int, PartialEvaluation], ...]
    """The settled cells, each with the actions that need it; alias actions need two."""
    undetermined: int = 0
    public: int = 0

    def answer(self, bit: int) -> AnswerWord:
        """The answer about one action."""
        return answer_word(bit, self.always, self.sometimes, self.undetermined, self.public)


class Grid:
    """Answers for all askers and keys of one world, in the circumstances that a question fixes.

    `asked` supplies these: its context, time and VPC endpoint count, its principal, action and key do not.
    """

    def __init__(self, evaluator: Evaluator, asked: Request) -> None:
        self.evaluator = evaluator
        (template,) = parts(evaluator.world, asked)
        evaluator.check_context(asked)
        self._endpoint = template.scope.endpoint
        self._task_only = template.scope.task_only
        self._circumstances = template.circumstances
        self.open_conditions = OpenConditions(template.circumstances, self._endpoint)
        self._said = frozenset(template.circumstances.given.values)
        self._finder = ResidualConditionsFinder(self.open_conditions)
        self._possible = Possible(self.open_conditions)
        self._doubts = DoubtsFinder(evaluator, asked, template.circumstances)
        self._unknown: dict[tuple[str, ...], frozenset[str]] = {}
        self._aliases: dict[Key, tuple[tuple[int, Target], ...]] = {}
        self._of: Asker | None = None
        self._on_aliases: dict[str, PartialEvaluation] = {}

    @property
    def at(self) -> datetime | None:
        """The time the answers are for."""
        return self._circumstances.at

    @property
    def endpoint(self) -> str | None:
        """The VPC endpoint the requests come through."""
        return self._endpoint.id if self._endpoint is not None else None

    @property
    def world(self) -> World:
        """The world the answers are about."""
        return self.evaluator.world

    def on(self, asker: Asker, key: Key) -> GridCell:
        """All actions that have a key. Ask for one asker's keys in a row: what does not depend on the key is kept."""
        whole = self._fixed(asker, key_target(key))
        always, sometimes = whole.always & ACTIONS_ON_KEY, whole.sometimes & ACTIONS_ON_KEY
        sure = (whole.always | whole.sometimes) & ~whole.undetermined
        halves = [(ACTIONS_ON_KEY, whole)]
        if (always | sometimes) & ON_ALIAS:
            for mask, target in self._alias_targets(key):
                half = self._alias_half(asker, target)
                halves.append((mask, half))
                possible = half.always | half.sometimes
                sometimes = sometimes & ~mask | mask & (always | sometimes) & possible
                always &= ~mask | half.always
                sometimes &= ~always
                sure &= ~mask | possible & ~half.undetermined
        if sometimes:
            sometimes &= self._possible.of(halves, sometimes)
        undetermined = sometimes & ~sure
        open_to_all = public(whole, self.open_conditions) & sometimes & ~undetermined if asker.kind == "everyone" else 0
        return GridCell(asker, key, always, sometimes, tuple(halves), undetermined, open_to_all)

    def without_key(self, asker: Asker) -> GridCell:
        """All actions that have no key, in the world's Region."""
        caller = asker.caller
        targets = without_key(caller.account, self.world.region, caller.partition)
        kinds = tuple((mask, self._fixed(asker, target)) for mask, target in targets)
        always = sometimes = undetermined = 0
        for mask, evaluated in kinds:
            always |= evaluated.always & mask
            sometimes |= evaluated.sometimes & mask
            undetermined |= evaluated.undetermined & mask
        return GridCell(asker, None, always, sometimes, kinds, undetermined)

    def residual(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, ResidualConditions], ...]:
        """The conditions of those actions in `mask` that are sometimes allowed, actions with equal ones together."""
        found = [(mask & grid_cell.sometimes, NO_TERMS)]
        for covered, evaluated in grid_cell.halves:
            # An action that is sometimes allowed on one half is always or sometimes allowed on the other.
            mine = mask & grid_cell.sometimes & covered & evaluated.sometimes
            pieces = (*self._finder.find(evaluated, mine), (~mine, NO_TERMS)) if mine else ((~0, NO_TERMS),)
            found = [
                (part & piece, _both(residual, more))
                for part, residual in found
                for piece, more in pieces
                if part & piece
            ]
        if grid_cell.public & mask:
            cuts = (grid_cell.public, ~grid_cell.public)
            found = [
                (part & cut, _public(residual, cut, grid_cell))
                for part, residual in found
                for cut in cuts
                if part & cut
            ]
        return tuple(found)

    def doubts(self, grid_cell: GridCell, mask: int) -> Doubts:
        """The open questions on which a plain request for those actions in `mask` hangs: codes of warnings."""
        mask &= ACTIONS_ON_KEY if grid_cell.key is not None else ACTIONS_WITHOUT_KEY
        return self._doubts.find(grid_cell.halves, mask) if grid_cell.asker.is_one else ()

    def reasons(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, Reason], ...]:
        """Why those actions in `mask` that are settled are allowed or not, actions with one reason together."""
        pieces = [mask & ~grid_cell.sometimes & (ACTIONS_ON_KEY if grid_cell.key is not None else ACTIONS_WITHOUT_KEY)]
        for cut in _cuts(grid_cell):
            pieces = [part for piece in pieces for part in (piece & cut, piece & ~cut) if part]
        found: dict[Reason, int] = {}
        for piece in pieces:
            reason = self._reason(grid_cell, piece)
            found[reason] = found.get(reason, 0) | piece
        return tuple((part, reason) for reason, part in found.items())

    def allowing(self, grid_cell: GridCell, mask: int) -> tuple[tuple[int, tuple[Source, ...]], ...]:
        """The statements and grants that allow those actions in `mask` in every request, limits aside.

        Where something is allowed under conditions these are behind it beside those that the conditions stand in.
        """
        entries = [
            (covered, evaluated, entry)
            for covered, evaluated in grid_cell.halves
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
        found: dict[tuple[Source, ...], int] = {}
        for piece in pieces:
            action, bit = actions_in(piece)[0].name, piece & -piece
            speaking: dict[Source, None] = {}
            for covered, evaluated, entry in entries:
                if entry.actions & covered & evaluated.sums[entry.layer_index] & bit:
                    context = Context(Part(action, evaluated.cell.scope, self._circumstances).situation)
                    if entry.applies(context):
                        speaking[source(entry)] = None
            found[tuple(speaking)] = found.get(tuple(speaking), 0) | piece
        return tuple((part, sources) for sources, part in found.items())

    def _fixed(self, asker: Asker, target: Target) -> PartialEvaluation:
        unfolded = self._said | self._unknown_keys(asker.unknown)
        scope = Scope(self.world, asker.caller, target, self._endpoint, task_only=self._task_only)
        cell = compile_cell(scope, self.evaluator.policies_of_caller(scope), unfolded=unfolded)
        return partially_evaluate(cell, self.open_conditions, unknown=asker.unknown, own_policy=asker.open_policies)

    def _alias_targets(self, key: Key) -> tuple[tuple[int, Target], ...]:
        """The aliases that actions on aliases need beside the key: a request tells which, unless the key has one."""
        known = self._aliases.get(key)
        if known is None:
            found: dict[str, tuple[int, Target]] = {}
            for action in actions_in(ON_ALIAS):
                asked = Request(f"arn:{key.partition}:iam::{key.account}:root", action.name, key.arn)
                for part in parts(self.world, asked):
                    target = part.scope.target
                    if target.kind == "alias":
                        mask, _same = found.get(target.arn, (0, target))
                        found[target.arn] = (mask | bit_of(action.name), target)
            known = self._aliases[key] = tuple(found.values())
        return known

    def _alias_half(self, asker: Asker, target: Target) -> PartialEvaluation:
        if asker is not self._of:
            self._of = asker
            self._on_aliases.clear()
        half = self._on_aliases.get(target.arn)
        if half is None:
            half = self._on_aliases[target.arn] = self._fixed(asker, target)
        return half

    def _unknown_keys(self, beginnings: tuple[str, ...]) -> frozenset[str]:
        """The condition keys in this world's policies that begin so."""
        if not beginnings:
            return frozenset()
        known = self._unknown.get(beginnings)
        if known is None:
            rules = (rule for policy in _shared_policies(self.world) for rule in self.evaluator.rules(policy))
            needs = {key for rule in rules for key in rule.needs}
            known = self._unknown[beginnings] = matching(needs, beginnings)
        return known

    def _reason(self, grid_cell: GridCell, mask: int) -> Reason:
        action = actions_in(mask)[0].name
        rulings = []
        for covered, evaluated in grid_cell.halves:
            if covered & mask:
                part = Part(action, evaluated.cell.scope, self._circumstances)
                context = Context(part.situation)
                rulings.append(PartRuling(part, evaluated.cell.decide(mask & -mask, context), evaluated.cell, context))
        # INVARIANT: a call that is never allowed has a part that is not.
        denied = [ruling for ruling in rulings if ruling.outcome != "allowed"]
        decisive = next((each for each in denied if each.outcome == "explicitDeny"), (denied or rulings)[0])
        trace = Trace(decisive, self.evaluator.rules)
        code = reason_code(trace)
        if decisive.outcome == "implicitDeny":
            # No statement is to be named, so that nobody has to be asked who said what.
            return Reason(CODE[code].sentence.format(layer="", action="it"), code)
        denying = next((word.layer for word in trace.words if word.outcome == "denies"), "")
        sentence = CODE[code].sentence.format(layer=layer_in_words(denying), action="it")
        said = Explanation(decisive.outcome, "", action, None, sentence, code, trace.words).deciding
        speaking = _SPEAKING.get(code)
        sources = (
            each
            for word in trace.words
            if (speaking is None and word.outcome == "denies") or (speaking is not None and word.layer in speaking)
            for each in word.statements
        )
        return Reason(sentence, code, said, tuple(dict.fromkeys(sources)))


def _public(residual: ResidualConditions, cut: int, grid_cell: GridCell) -> ResidualConditions:
    """What is public says so, and which statements of the key policy make it so whatever a request carries."""
    if cut != grid_cell.public:
        return residual
    _mask, evaluated = grid_cell.halves[0]
    settled = (
        entry
        for entry in evaluated.cell.entries
        if entry.layer == "keyPolicy" and entry.layer_index != LayerIndex.DENY and entry.actions & cut
    )
    target = evaluated.cell.scope.target
    named = (source(entry) for entry in settled if not entry.needs and entry.applies_to_all(target))
    return replace(residual, public=True, sources=tuple(dict.fromkeys((*residual.sources, *named))))


def _cuts(grid_cell: GridCell) -> set[int]:
    """Masks within which the same statements speak in the same way."""
    cuts = {grid_cell.always, ACROSS_ACCOUNTS, RETIRE_GRANT}
    for covered, evaluated in grid_cell.halves:
        cuts.add(covered)
        cuts.update(entry.actions for entry in (*evaluated.cell.entries, *evaluated.cell.pending))
        cuts.update(evaluated.cell.sums)
    return cuts


def _both(one: ResidualConditions, two: ResidualConditions) -> ResidualConditions:
    if one is NO_TERMS:
        return two
    return one if two is NO_TERMS else one.and_also(two)


def _shared_policies(world: World) -> Iterator[Policy]:
    """Policies that may speak to a principal nobody has described."""
    for key in world.keys.values():
        yield key.policy
    for endpoint in world.vpc_endpoints.values():
        if endpoint.policy is not None:
            yield endpoint.policy
    for account in world.organization.accounts.values() if world.organization is not None else ():
        for level in (*(account.service_control_policies or ()), *account.resource_control_policies):
            yield from level
