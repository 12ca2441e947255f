"""How long does it take to try a thousand mistakes in policies on a hundred tests?

    python -m benchmarks.bench_mutation

The baseline decides everything afresh for each mutant, as if the changed scenario had just been read. Before anything
is timed, it is checked that both notice the same mistakes, and that the request reported for each unnoticed mistake is
decided differently with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.measure import arguments, duration, interleaved, profile, say, timed, times, wrong
from benchmarks.worlds import organization, requests
from kms_eval import Scenario
from kms_eval.analysis.mutating.mutants import Mutant
from kms_eval.analysis.mutating.mutation import MutantEvaluator, MutationReport, all_mutants, mutate
from kms_eval.analysis.testing import run_test
from kms_eval.engine.evaluator import Evaluator
from kms_eval.world.load import from_dict
from kms_eval.world.request import Request

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """One table: some mutants in both ways, then all of them."""
    options = arguments(__doc__).parse_args()
    asked = scenario(tests=10 if options.smoke else 100)
    mutants = all_mutants(asked.evaluator)[: 60 if options.smoke else 1000]
    some = mutants[:: 6 if options.smoke else 40]
    if not options.smoke and len(mutants) < 1000:
        wrong(f"only {len(mutants)} mutants")
    report = mutate(asked.evaluator, asked.tests, mutants, NOW)
    _check(asked, mutants, some, report)
    calls = {
        "afresh": timed(lambda: [noticed_afresh(asked, mutant) for mutant in some]),
        "shared": timed(lambda: mutate(asked.evaluator, asked.tests, some, NOW)),
        "all": timed(lambda: mutate(asked.evaluator, asked.tests, mutants, NOW)),
    }
    taken = interleaved(calls, rounds=1 if options.smoke else 5)
    afresh, shared, whole = (taken["afresh"] / len(some), taken["shared"] / len(some), taken["all"])
    say(
        f"{len(mutants)} mutants over {len(asked.tests)} tests, {report.killed} noticed, {len(report.survivors)} not",
        ("", "a mutant", "of afresh", "all of them"),
        [
            ("everything afresh", duration(afresh), times(1), "-"),
            ("shared, and what is left explained", duration(shared), times(shared / afresh), duration(whole)),
        ],
    )
    if options.profile:
        profile("trying all mutants", lambda: mutate(asked.evaluator, asked.tests, mutants, NOW))


def scenario(*, tests: int) -> Scenario:
    """An organization, with tests that expect what is decided in it."""
    data = organization(principals=60, keys=24, statements=6)
    asked = Scenario.from_dict(data)
    data["tests"] = [
        {name: row[name] for name in ("principal", "action", "key", "context")}
        | {"name": f"test {row['id']}", "expect": _decision(asked, row)}
        for row in requests(data, tests)
    ]
    return Scenario(from_dict(data))


def _decision(asked: Scenario, row: dict[str, object]) -> str:
    return asked.can(str(row["principal"]), str(row["action"]), str(row["key"]), context=row["context"]).decision  # type: ignore[arg-type]  # as the scenario has it


def noticed_afresh(asked: Scenario, mutant: Mutant) -> bool:
    """Whether a test notices the mistake, with nothing reused from the unchanged scenario."""
    changed = MutantEvaluator(Evaluator(asked.world), mutant.policies())
    return any(run_test(changed, case, now=NOW).outcome != "passed" for case in asked.tests)


def _check(asked: Scenario, mutants: Sequence[Mutant], some: Sequence[Mutant], report: MutationReport) -> None:
    if report.mutants != len(mutants):
        wrong(f"{report.mutants} of {len(mutants)} mutants are accounted for")
    one_by_one = mutate(asked.evaluator, asked.tests, some, NOW)
    afresh = sum(noticed_afresh(asked, mutant) for mutant in some)
    if one_by_one.killed != afresh:
        wrong(f"{one_by_one.killed} mutants are noticed, afresh {afresh}")
    for mutant, request, after in _witnesses(report):
        outcome = MutantEvaluator(Evaluator(asked.world), mutant.policies()).rule(request).outcome
        if outcome != after or asked.evaluator.rule(request).outcome == after:
            wrong(f"the request for `{mutant.what}` does not tell it apart")


def _witnesses(report: MutationReport) -> Iterator[tuple[Mutant, Request, str]]:
    for survivor in report.survivors:
        request = survivor.witness.request
        yield survivor.mutant, replace(request, at=request.at or NOW), survivor.witness.after


if __name__ == "__main__":
    main()
