"""Would the tests notice a mistake? They run against every mutant; a survivor is shown with a request that exposes it.

Comes in: an evaluator, test cases and a time. Goes out: a report. Never here: files, output, a clock.

Each mutant has its own evaluator, which shares everything with its parent except the rules of the changed policies.
Only tests whose decisions these policies can affect run again. A mutant that no test notices is examined (`witnesses`):
it is equivalent if the engine shows that no request is decided differently, and is then not reported.
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
"""Passes mutants on one by one, and may show progress."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed, and a request that would have exposed it."""

    mutant: Mutant
    witness: Witness
    opened: int
    """For how many combinations of principal, resource and action it allows what was never, or not always, allowed."""

    @property
    def danger(self) -> tuple[int, int]:
        """Greater is worse: allowing more is worse than allowing less."""
        return (self.witness.danger, self.opened)


@dataclass(frozen=True, slots=True)
class MutationReport:
    """The results for all mutants. `survivors` are sorted, most dangerous first.

    `killed` were noticed; `equivalent` make no difference; `unsettled` may make one, but no request that was tried
    showed it.
    """

    tests: int
    killed: int
    equivalent: int
    unsettled: tuple[Mutant, ...]
    survivors: tuple[Survivor, ...]

    @property
    def mutants(self) -> int:
        """The number of mutants that were tried."""
        return self.killed + self.equivalent + len(self.unsettled) + len(self.survivors)

    @property
    def score(self) -> float:
        """The percentage of mutants noticed by tests, among those known to make a difference; 100 if there are none."""
        telling = self.killed + len(self.survivors)
        return 100 * self.killed / telling if telling else 100.0


class MutantEvaluator(Evaluator):
    """Decides in the parent's world as if some policies were different.

    Callers and compiled rules are the parent's. Names are resolved in the parent's world; the result differs from that
    in a changed world only for sessions of roles that only the changed statement mentions.
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
        """The rules of the replacement for a changed policy, and the parent's rules for any other policy."""
        changed = self._changed.get(policy)
        return self.parent.rules(policy) if changed is None else super().rules(changed)

    def caller(self, text: str, session: Session | None = None) -> Caller:
        """The parent's caller."""
        return self.parent.caller(text, session)


@dataclass(frozen=True, slots=True)
class _Baseline:
    """A test that passes, with the actions for which it asks each policy."""

    case: TestCase
    actions: Mapping[Policy, int]


def failing_tests(evaluator: Evaluator, cases: Iterable[TestCase], now: datetime) -> tuple[TestResult, ...]:
    """The results of tests that do not pass on the unchanged policies; while there are any, mutants show nothing."""
    results = (run_test(evaluator, case, now=now) for case in cases)
    return tuple(result for result in results if result.outcome != "passed")


def all_mutants(evaluator: Evaluator, kinds: Iterable[str] | None = None) -> tuple[Mutant, ...]:
    """Every mutant of the evaluator's world; `kinds` names kinds of mistake, None means all."""
    written = catalogue(evaluator.world, evaluator.rules).all
    return tuple(mutants(written, evaluator.world.principals, kinds))


def mutate(
    evaluator: Evaluator,
    cases: Sequence[TestCase],
    tried: Sequence[Mutant],
    now: datetime,
    track: Track = lambda tried: tried,
) -> MutationReport:
    """Run tests that pass on the unchanged policies against mutants. `now` is the time of requests without a time."""
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
    """For each policy that takes part in a test's decision, the actions it is asked about."""
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
    """Whether a test no longer passes."""
    index = mutant.before.index
    spoken_of = {policy: _spoken_of(index, policy, other) for policy in changed}
    for baseline in baselines:
        concerned = any(baseline.actions.get(policy, 0) & actions for policy, actions in spoken_of.items())
        if concerned and run_test(other, baseline.case, now=now).outcome != "passed":
            return True
    return False


def _spoken_of(index: int, policy: Policy, other: MutantEvaluator) -> int:
    """The actions that a statement or its mutant covers; it has no effect on any others, changed or not.

    Whether it covers actions that AWS has not published depends on the request, so these always count.
    """
    rules = (*other.parent.rules(policy), *other.rules(policy))
    return reduce(or_, (rule.actions for rule in rules if rule.statement.index == index), UNPUBLISHED)
