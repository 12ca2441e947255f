"""Would the tests notice a mistake? Every mutant is tried on them; what none notices is shown with a telling request.

Comes in: what decides, test cases and a time. Goes out: a report. Never here: files, output, a clock.

A mutant is decided by an evaluator of its own, which shares everything with its parent but the rules of the changed
policies, and only tests that these policies have a say in are run again. One that no test notices is looked into
(`witnesses`): it is equivalent where the engine shows that no request is decided differently, and is then not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from kms_eval.analysis.covering.written_statements import catalogue
from kms_eval.analysis.mutating.mutants import Mutant, mutants
from kms_eval.analysis.mutating.witnesses import Difference, Witness, Witnesses
from kms_eval.analysis.testing import TestResult, request_of, run_test
from kms_eval.documents.model import Policy
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import UNPUBLISHED
from kms_eval.engine.rules import Rule
from kms_eval.world.cases import TestCase
from kms_eval.world.model import Caller, Session

Track = Callable[[Sequence[Mutant]], Iterable[Mutant]]
"""Passes mutants on one by one, and may say how far they are."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed, and the request that would have told it apart."""

    mutant: Mutant
    witness: Witness
    opened: int
    """In how many cases of a principal, a resource and an action it allows what was never, or not always, allowed."""

    @property
    def danger(self) -> tuple[int, int]:
        """Greater is worse: what allows more comes before what allows less."""
        return (self.witness.danger, self.opened)


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What became of all mutants. `survivors` come most dangerous first.

    `killed` were noticed, `equivalent` make no difference. `unsettled` may make one, but no request that was tried
    showed it.
    """

    tests: int
    killed: int
    equivalent: int
    unsettled: tuple[Mutant, ...]
    survivors: tuple[Survivor, ...]

    @property
    def mutants(self) -> int:
        """All that were tried."""
        return self.killed + self.equivalent + len(self.unsettled) + len(self.survivors)

    @property
    def score(self) -> float:
        """The share, in percent, of the mutants that make a difference which some test noticed; 100 if none does."""
        telling = self.killed + len(self.survivors)
        return 100 * self.killed / telling if telling else 100.0


class MutantEvaluator(Evaluator):
    """Decides in the parent's world as if some policies said something else.

    Callers and compiled rules are the parent's. Names are resolved as in the parent's world; that differs from those of
    a changed world only for sessions of roles that nothing but the changed statement mentions.
    """

    def __init__(self, parent: Evaluator, changed: Mapping[Policy, Policy]) -> None:
        super().__init__(
            parent.world,
            allow_unknown_action=parent.allow_unknown_action,
            allow_unknown_key=parent.allow_unknown_key,
            strict=parent.strict,
        )
        self.parent = parent
        self._changed = changed

    def rules(self, policy: Policy) -> tuple[Rule, ...]:
        """The rules of what takes the place of a changed policy, and the parent's rules of any other."""
        changed = self._changed.get(policy)
        return self.parent.rules(policy) if changed is None else super().rules(changed)

    def caller(self, text: str, session: Session | None = None) -> Caller:
        """The parent's caller."""
        return self.parent.caller(text, session)


@dataclass(frozen=True, slots=True)
class _Baseline:
    """A test that passes, and what it asks of which policies."""

    case: TestCase
    actions: Mapping[Policy, int]


def failing_tests(evaluator: Evaluator, cases: Iterable[TestCase], now: datetime) -> tuple[TestResult, ...]:
    """The results of tests that do not pass as things are; while there are any, mutants tell nothing."""
    results = (run_test(evaluator, case, now=now) for case in cases)
    return tuple(result for result in results if result.outcome != "passed")


def all_mutants(evaluator: Evaluator, kinds: Iterable[str] | None = None) -> tuple[Mutant, ...]:
    """Every mutant of the evaluator's world; `kinds` names kinds of mistake, None all."""
    written = catalogue(evaluator.world, evaluator.rules).all
    return tuple(mutants(written, evaluator.world.principals, kinds))


def mutate(
    evaluator: Evaluator,
    cases: Sequence[TestCase],
    tried: Sequence[Mutant],
    now: datetime,
    track: Track = lambda tried: tried,
) -> MutationReport:
    """Try mutants on tests that pass as things are. `now` is the time of requests that do not say another."""
    baselines = [_Baseline(case, _actions(evaluator, case, now)) for case in cases]
    witnesses = Witnesses(evaluator, cases, now)
    killed = equivalent = 0
    unsettled: list[Mutant] = []
    survivors: list[Survivor] = []
    for mutant in track(tried):
        changed = mutant.policies()
        other = MutantEvaluator(evaluator, changed)
        if _noticed(mutant, changed, baselines, other, now):
            killed += 1
            continue
        difference: Difference = witnesses.between(other, changed)
        if difference.witness is not None:
            survivors.append(Survivor(mutant, difference.witness, difference.opened))
        elif difference.none:
            equivalent += 1
        else:
            unsettled.append(mutant)
    survivors.sort(key=lambda one: one.danger, reverse=True)
    return MutationReport(len(cases), killed, equivalent, tuple(unsettled), tuple(survivors))


def _actions(evaluator: Evaluator, case: TestCase, now: datetime) -> Mapping[Policy, int]:
    """For each policy that has a say in a test's decision, the actions it is asked about."""
    asked: dict[Policy, int] = {}
    for part in evaluator.rule(request_of(case, now)).parts:
        for in_force in part.cell.in_force:
            for group in in_force.layer.documents(part.part.scope) or ():
                for policy in group:
                    asked[policy] = asked.get(policy, 0) | part.bit
    return asked


def _noticed(
    mutant: Mutant,
    changed: Mapping[Policy, Policy],
    baselines: Iterable[_Baseline],
    other: MutantEvaluator,
    now: datetime,
) -> bool:
    """Whether a test ends differently."""
    index = mutant.before.index
    spoken_of = {policy: _spoken_of(index, policy, other) for policy in changed}
    for baseline in baselines:
        concerned = any(baseline.actions.get(policy, 0) & actions for policy, actions in spoken_of.items())
        if concerned and run_test(other, baseline.case, now=now).outcome != "passed":
            return True
    return False


def _spoken_of(index: int, policy: Policy, other: MutantEvaluator) -> int:
    """The actions that a statement or its mutant covers; about all others it has no say, changed or not.

    Which actions AWS has not published it covers depends on the question, so these always count.
    """
    rules = (*other.parent.rules(policy), *other.rules(policy))
    return reduce(or_, (rule.actions for rule in rules if rule.statement.index == index), UNPUBLISHED)
