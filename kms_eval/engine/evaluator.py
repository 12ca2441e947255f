"""Deciding requests in one world: names are resolved and policies compiled once, and cells are cached.

Comes in: a world, then requests. Goes out: rulings. Never here: words about them (that is `explain`), files, a clock.
The caches are bounded, and belong to a world that never changes.
"""

from __future__ import annotations

from typing import Any

from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.engine import weights
from kms_eval.engine.action_words import swapped
from kms_eval.engine.caller_policies import CallerPolicies, caller_policies
from kms_eval.engine.cell import Cell, Outcome, compile_cell
from kms_eval.engine.context import Context
from kms_eval.engine.hindrances import uncarried
from kms_eval.engine.masks import UNPUBLISHED, bit_of
from kms_eval.engine.plan import Part, parts
from kms_eval.engine.rules import Rule, compile_policy
from kms_eval.engine.situation import Scope
from kms_eval.errors import Fault, InputError
from kms_eval.facts.condition_keys import spelled
from kms_eval.records import record
from kms_eval.world.context_rules import ContextRules
from kms_eval.world.model import Caller, Session, VpcEndpoint, World
from kms_eval.world.names import refuse_stranger, resolve_caller
from kms_eval.world.request import Request


@record
class PartRuling:
    """The decision about one part, and the cell that made it."""

    part: Part
    outcome: Outcome
    cell: Cell
    context: Context

    @property
    def bit(self) -> int:
        """The bit of the part's action."""
        return bit_of(self.part.action)


@record
class Ruling:
    """The decision about a request: every part has to be allowed; a Deny anywhere is an explicit deny."""

    request: Request
    outcome: Outcome
    parts: tuple[PartRuling, ...]

    @property
    def decisive(self) -> PartRuling:
        """The part that the decision is reported for: the first one whose outcome is that of the whole request."""
        return next((part for part in self.parts if part.outcome == self.outcome), self.parts[0])

    @property
    def by_clock(self) -> bool:
        """Whether the decision could be different at a different time."""
        return any(ruling.cell.by_clock & ruling.bit for ruling in self.parts)


class Evaluator:
    """Decides requests in one world. Safe to share; everything in its caches can be dropped and computed again.

    `age` counts how often the caches were dropped: a cell or caller that other code keeps from an earlier age is no
    longer the object that the caches hold.
    """

    def __init__(
        self,
        world: World,
        *,
        allow_unknown_action: bool = False,
        allow_unknown_key: bool = False,
        strict: bool = False,
    ) -> None:
        self.world = world
        self.allow_unknown_action = allow_unknown_action
        self.allow_unknown_key = allow_unknown_key
        self.strict = strict
        self.context_rules = ContextRules(world, allow_unknown=allow_unknown_key)
        self.age = 0
        self._weight = 0
        self._rules: dict[Policy, tuple[Rule, ...]] = {}
        self._callers: dict[tuple[str, Session | None], Caller] = {}
        self._cells: dict[tuple[Any, ...], Cell] = {}
        self._policies_of_callers: dict[tuple[Caller, VpcEndpoint | None, str | None], CallerPolicies] = {}

    def rules(self, policy: Policy) -> tuple[Rule, ...]:
        """The compiled rules of a policy of this world (or of a session in it)."""
        rules = self._rules.get(policy)
        if rules is None:
            if policy.kind is PolicyKind.SESSION:
                self._make_room(weights.of_policy(policy))
            # Rules are told apart by identity: threads that compile a policy at once get the same ones.
            rules = self._rules.setdefault(policy, compile_policy(policy))
        return rules

    def caller(self, text: str, session: Session | None = None) -> Caller:
        """The caller that a text names, perhaps a stranger; the same text gives the same object."""
        caller = self._callers.get((text, session))
        if caller is None:
            caller = resolve_caller(self.world, text, session)
            self._make_room(weights.of_caller(text))
            caller = self._callers.setdefault((text, session), caller)
        return caller

    def parts(self, request: Request) -> tuple[Part, ...]:
        """All authorizations that a request needs. Raises InputError where it makes no sense in this world."""
        try:
            caller = self.caller(request.principal, request.session)
        except InputError as error:
            raise swapped(request.principal, request.action) or error from None
        if caller.stranger:
            refuse_stranger(self.world, caller, meant=request.stranger)
        found = parts(self.world, request, caller=caller, allow_unknown_action=self.allow_unknown_action)
        if request.context:
            self.check_context(request)
        self.check(found)
        return found

    def check_context(self, request: Request) -> None:
        """Raise InputError where a condition key of the request is unknown, or cannot have the given value."""
        session = request.session
        self.context_rules.check(request.context, session.policies if session is not None else ())

    def rule(self, request: Request) -> Ruling:
        """Decide a request. Raises InputError where it makes no sense in this world."""
        rulings = tuple(self.rule_part(part) for part in self.parts(request))
        outcomes = {ruling.outcome for ruling in rulings}
        outcome: Outcome = "allowed"
        if "explicitDeny" in outcomes:
            outcome = "explicitDeny"
        elif "implicitDeny" in outcomes:
            outcome = "implicitDeny"
        elif "undetermined" in outcomes:
            outcome = "undetermined"
        return Ruling(request, outcome, rulings)

    def check(self, found: tuple[Part, ...]) -> None:
        """If strict, raise InputError for context that no request of this caller can carry (semantics S10)."""
        if self.strict:
            _refuse_uncarried(found)

    def rule_part(self, part: Part) -> PartRuling:
        """Decide one permission on one resource."""
        cell = self.cell(part)
        context = Context(part.situation)
        return PartRuling(part, cell.decide(bit_of(part.action), context), cell, context)

    def cell(self, part: Part) -> Cell:
        """The compiled cell of a part, made on first use."""
        unpublished = part.action.lower() if bit_of(part.action) == UNPUBLISHED else None
        only_grant = part.circumstances.via_grant if part.action == "kms:CreateGrant" else None
        scope, said = part.scope, part.circumstances.given.values
        cell = self.cell_of(scope, unpublished, only_grant)
        contradicted = cell.folded.keys() & said.keys() if said else None
        if not contradicted:
            return cell
        bit = bit_of(part.action)
        unfolded = frozenset(key for key in contradicted if cell.folded[key] & bit)
        if not unfolded:
            return cell
        # The question gives a value for a condition key whose fact is folded into the masks: compile again without it.
        return self.cell_of(scope, unpublished, only_grant, unfolded)

    def cell_of(
        self,
        scope: Scope,
        unpublished: str | None = None,
        only_grant: str | None = None,
        unfolded: frozenset[str] | None = None,
    ) -> Cell:
        """The compiled cell of a scope, made on first use. For the other parameters see `compile_cell`."""
        target = scope.target
        about = target.key or (target.kind, target.arn, target.region)
        key = (scope.caller, about, scope.endpoint, unpublished, only_grant, scope.task_only, unfolded)
        cell = self._cells.get(key)
        if cell is None:
            side = self.policies_of_caller(scope, unpublished)
            cell = compile_cell(scope, side, unfolded=unfolded or frozenset(), only_grant=only_grant)
            self._make_room(weights.of_cell(cell.entries, cell.pending))
            cell = self._cells.setdefault(key, cell)
        return cell

    def policies_of_caller(self, scope: Scope, unpublished: str | None = None) -> CallerPolicies:
        """The compiled policies that follow the scope's caller, for any target; gathered on first use."""
        key = (scope.caller, scope.endpoint, unpublished)
        policies_of_caller = self._policies_of_callers.get(key)
        if policies_of_caller is None:
            policies_of_caller = caller_policies(scope, self.rules, unpublished)
            entries = sum(len(entries) for _in_force, entries in policies_of_caller.gathered.values())
            self._make_room(weights.of_caller_policies(entries))
            policies_of_caller = self._policies_of_callers.setdefault(key, policies_of_caller)
        return policies_of_caller

    def _make_room(self, weight: int) -> None:
        """Empty the caches where `weight` more bytes would be too many; all at once, as they refer to each other."""
        self._weight += weight
        if self._weight > weights.HEAVIEST:
            self._weight = weight
            self.age += 1
            self._callers.clear()
            self._cells.clear()
            self._policies_of_callers.clear()
            # Only session policies: the rules of the world's own policies are limited by their number.
            for policy in [each for each in tuple(self._rules) if each.kind is PolicyKind.SESSION]:
                self._rules.pop(policy, None)


def _refuse_uncarried(found: tuple[Part, ...]) -> None:
    faults = {
        f"the request cannot bring {spelled(key)}: {because}": None
        for part in found
        for key, because in uncarried(part.situation)
    }
    if faults:
        raise InputError([Fault(message, help="leave it out, or decide without --strict") for message in faults])
