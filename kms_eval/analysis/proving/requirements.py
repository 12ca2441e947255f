"""Under which request values something is allowed: these are found, or it is proved that there are none.

Comes in: partially evaluated cells of a question (`analysis.access`), an action, and further literals that the request
has to meet. Goes out: models to try, one after another; when there are no more, that is a proof unless `unsettled` has
reasons. Never here: combining layers by hand (`engine.decide` tells which entries suffice), sets of values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product

from kms_eval.analysis.access.open_conditions import OpenConditions
from kms_eval.analysis.access.partial_evaluation import OWN_POLICY, PartialEvaluation
from kms_eval.analysis.access.residual_conditions import sufficient
from kms_eval.analysis.proving.dependent_keys import solve_with_dependent_keys
from kms_eval.analysis.proving.domains import Domain
from kms_eval.analysis.proving.request_paths import RequestPath
from kms_eval.analysis.proving.solving import Impossible, Known, Literal, Model, NotProved
from kms_eval.documents.model import Grant
from kms_eval.engine.context import Context
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.grants import Allowance
from kms_eval.engine.masks import CREATE_GRANT, RETIRE_GRANT, actions_in
from kms_eval.engine.situation import Situation

MOST_WAYS = 256
_MOST_STEPS = 2_000
_CONTEXT = "kms:encryptioncontext:"
_SOURCE_ARN = "aws:sourcearn"


@dataclass(frozen=True, slots=True)
class Found:
    """A model, with what else the request needs.

    That is an encryption context; the id of the grant to retire (`retired`) or the grant under which another is created
    (`parent`); an identity policy of the caller.
    """

    model: Model
    encryption_context: Mapping[str, str] = field(default_factory=dict)
    retired: str | None = None
    parent: Grant | None = None
    own_policy: bool = False


@dataclass(slots=True)
class Search:
    """Looks for request values under which an action is allowed on every one of the `halves`.

    `unsettled` collects reasons why it is no proof if no model is found.
    """

    open_conditions: OpenConditions
    domains: Callable[[str], Domain]
    request_paths: Sequence[RequestPath]
    extra: Sequence[Sequence[Literal]] = ()
    """Further demands: one literal of each of these has to be met."""
    unsettled: list[str] = field(default_factory=list)
    own_policy: bool | None = None
    """Whether the caller has an identity policy that allows it; None: it has one if that is needed."""
    _steps: int = 0

    def find(self, halves: Sequence[PartialEvaluation], bit: int) -> Iterator[Found]:
        """Models of the action, given as its bit."""
        action = actions_in(bit)[0].name.lower()
        each_way = [list(islice(sufficient_allows(evaluated, bit), MOST_WAYS + 1)) for evaluated in halves]
        if any(len(each) > MOST_WAYS for each in each_way):
            self.unsettled.append("there are too many ways in which it may be allowed")
        denies = [
            (entry, evaluated)
            for evaluated in halves
            for entry in evaluated.pending
            if entry.layer_index == LayerIndex.DENY and entry.actions & bit
        ]
        for chosen in islice(product(*each_way), MOST_WAYS):
            allows = [(entry, evaluated) for way, evaluated in zip(chosen, halves, strict=True) for entry in way]
            for path in self.request_paths:
                known = self._known(halves, action, path)
                yield from self._along(allows, denies, known, action)

    def _known(self, halves: Sequence[PartialEvaluation], action: str, path: RequestPath) -> Known:
        evaluated = halves[0]
        context = Context(Situation(evaluated.cell.scope, action, self.open_conditions.circumstances))

        def is_open(key: str) -> bool:
            return bool(
                self.open_conditions.open_among(frozenset({key}), evaluated.cell.scope, evaluated.unknown, action)
            )

        return Known(self.domains, context.get, is_open, path.absent, path.fixed)

    def _along(
        self,
        allows: Sequence[tuple[Entry, PartialEvaluation]],
        denies: Sequence[tuple[Entry, PartialEvaluation]],
        known: Known,
        action: str,
    ) -> Iterator[Found]:
        literals: list[Literal] = []
        pairs: dict[str, str] = {}
        source: tuple[str, ...] = ()
        retired, parent, own_policy = None, None, False
        for entry, evaluated in allows:
            if entry is OWN_POLICY:
                if self.own_policy is False:
                    return
                own_policy = True
            elif entry.allowance is not None:
                grant = entry.allowance.grant
                if any(pairs.setdefault(name, value) != value for name, value in pairs_of(entry.allowance)):
                    return
                source = (grant.constraints.source_arn,) if grant.constraints.source_arn is not None else source
                retired = grant.id if entry.actions & RETIRE_GRANT else retired
                parent = grant if entry.actions & CREATE_GRANT else parent
            else:
                tests = self.open_conditions.open_tests(entry, evaluated.cell.scope, evaluated.unknown, action)
                literals += [Literal(test, holds=True, generous=False) for test in tests]
        known = _with(known, pairs, source)
        choices = [*self.extra, *(self._failing(entry, evaluated, action) for entry, evaluated in denies)]
        of_source: dict[str, tuple[str, ...]] = {_SOURCE_ARN: source} if source else {}
        for model in self._search(literals, [each for each in choices if each], known):
            whole = Model({**model.values, **of_source})
            yield Found(whole, pairs, retired, parent, own_policy or self.own_policy is True)

    def _failing(self, entry: Entry, evaluated: PartialEvaluation, action: str) -> list[Literal]:
        """Literals that keep a Deny from applying; none if its Resource or an unknown may do that already."""
        scope = evaluated.cell.scope
        if entry.unknowns:
            return []
        if self.open_conditions.open_variables(entry, scope, evaluated.unknown, action):
            return []
        tests = self.open_conditions.open_tests(entry, scope, evaluated.unknown, action)
        return [Literal(test, holds=False, generous=True) for test in tests]

    def _search(self, literals: list[Literal], choices: Sequence[Sequence[Literal]], known: Known) -> Iterator[Model]:
        """Models with one literal of each choice, added one by one: what cannot be met is not pursued further."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            self.unsettled.append("there are too many combinations of conditions")
            return
        answer = solve_with_dependent_keys(literals, known)
        if isinstance(answer, Impossible):
            return
        if not choices:
            if isinstance(answer, Model):
                yield answer
            else:
                self._leave(answer)
            return
        for literal in choices[0]:
            yield from self._search([*literals, literal], choices[1:], known)

    def _leave(self, answer: NotProved) -> None:
        if answer.reason not in self.unsettled:
            self.unsettled.append(answer.reason)


def sufficient_allows(evaluated: PartialEvaluation, bit: int) -> Iterator[tuple[Entry, ...]]:
    """Sets of pending Allow entries that suffice together, smallest first."""
    by_layer: dict[int, list[Entry]] = {}
    for entry in evaluated.pending:
        if entry.actions & bit and entry.layer_index != LayerIndex.DENY and not evaluated.sums[entry.layer_index] & bit:
            by_layer.setdefault(entry.layer_index, []).append(entry)
    for layer_indexes in sufficient(evaluated, bit, tuple(by_layer)):
        yield from product(*(by_layer[layer_index] for layer_index in layer_indexes))


def pairs_of(allowance: Allowance) -> tuple[tuple[str, str], ...]:
    """The pairs of the encryption context that a grant requires."""
    constraints = allowance.grant.constraints
    if allowance.actions & (RETIRE_GRANT | CREATE_GRANT):
        return ()
    return constraints.encryption_context_equals or constraints.encryption_context_subset or ()


def _with(known: Known, pairs: Mapping[str, str], source: tuple[str, ...]) -> Known:
    """What is known, together with the values that a grant requires."""
    fixed: dict[str, tuple[str, ...]] = {f"{_CONTEXT}{name.lower()}": (value,) for name, value in pairs.items()}
    if source:
        fixed[_SOURCE_ARN] = source
    if not fixed:
        return known
    return replace(known, must_be={**known.must_be, **fixed})
