"""Questions about everybody in one world, in the form that the Python API and the command line share.

Comes in: an evaluator, names and circumstances as a user gives them. Goes out: answers. Never here: files, deciding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from kms_eval.analysis.access import access_matrix, who_can
from kms_eval.analysis.access.access_diff import compare
from kms_eval.analysis.access.expected import FAILING, expectation, judge, kinds_of_change, refuse_misnamed
from kms_eval.analysis.access.grid import Grid
from kms_eval.analysis.access.losing import losing
from kms_eval.analysis.access.selection import chosen_actions, chosen_askers, chosen_keys
from kms_eval.analysis.covering.coverage import Coverage as Covering
from kms_eval.analysis.lockout import Circumstances, check_lockout
from kms_eval.analysis.mutating.mutants import known_kinds
from kms_eval.analysis.mutating.mutation import all_mutants, failing_tests, mutate as try_mutants
from kms_eval.analysis.testing import request_of, run_test, run_tests
from kms_eval.answers import Coverage, Diff, Lockout, Matrix, Mutation, TestRun, WhoCan, shown_as
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.world.cases import TestCase
from kms_eval.world.names import resolve_key
from kms_eval.world.request import ContextValue, Request, request

Names = str | Iterable[str] | None
"""One name, several, or None for all."""

GivenContext = Mapping[str, ContextValue | Sequence[ContextValue]]
"""Condition keys with a value, or a list of values."""

_SOMEBODY = "arn:aws:iam::000000000000:root"
"""A placeholder principal for the request that carries the circumstances; no answer depends on it."""


def circumstances(
    context: GivenContext | None = None,
    at: str | datetime | None = None,
    vpc_endpoint: str | None = None,
    *,
    later: bool = False,
) -> Request:
    """The circumstances of all requests that a question is about.

    Without `at` the time is now; with `later` it stays open.
    """
    moment = datetime.now(UTC).replace(microsecond=0) if at is None and not later else at
    return request(_SOMEBODY, "kms:ListKeys", context=context, at=moment, vpc_endpoint=vpc_endpoint)


def ask_who_can(
    evaluator: Evaluator, actions: Names, asked: Request, *, key: Names, principal: Names, why_not: bool
) -> WhoCan:
    """Who may perform actions on keys. Raises InputError where no action is named."""
    named = names_of(actions)
    if not named:
        raise InputError("name at least one action: `kms:Decrypt`")
    found = who_can.who_can(
        Grid(evaluator, asked),
        chosen_askers(evaluator, names_of(principal)),
        chosen_keys(evaluator.world, names_of(key)),
        chosen_actions(named),
        denials=why_not,
    )
    return shown_as(WhoCan, found)


def ask_matrix(
    evaluator: Evaluator, asked: Request, *, title: str, key: Names, principal: Names, action: Names
) -> Matrix:
    """What everybody may do, with the reason for each answer."""
    found = access_matrix.matrix(
        Grid(evaluator, asked),
        chosen_askers(evaluator, names_of(principal)),
        chosen_keys(evaluator.world, names_of(key)),
        chosen_actions(names_of(action)),
        title=title,
        notes=access_matrix.Notes.REASONS,
    )
    return shown_as(Matrix, found)


def ask_diff(
    before: Evaluator,
    after: Evaluator,
    asked: Request,
    *,
    key: Names,
    principal: Names,
    action: Names,
    allow: Names,
    fail_on: Names,
    caller: str | None,
) -> Diff:
    """What changes from one world to the other; without a time, also for later requests. Raises InputError."""
    expectations = [expectation(text, "allow") for text in names_of(allow)]
    failing = FAILING if fail_on is None else kinds_of_change(names_of(fail_on), "fail_on")
    refuse_misnamed(expectations, before, after, field="allow")
    now = asked if asked.at is not None else replace(asked, at=datetime.now(UTC).replace(microsecond=0))
    grids = Grid(before, now), Grid(after, now)
    compared = compare(
        *(grids if asked.at is not None else (Grid(before, asked), Grid(after, asked))),
        actions=chosen_actions(names_of(action)),
        principals=names_of(principal),
        keys=names_of(key),
    )
    locked = losing(*grids, compared.changes, caller=caller)
    return shown_as(Diff, judge(compared, expectations, failing=failing, locked=locked))


def ask_lockout(
    evaluator: Evaluator,
    *,
    key: str | None,
    caller: str | None,
    context: Mapping[str, tuple[str, ...]],
    at: datetime,
) -> tuple[Lockout, ...]:
    """Who could still change the policy of a key; without `key`, of every key."""
    keys = list(evaluator.world.keys.values()) if key is None else [resolve_key(evaluator.world, key).key]
    found = (check_lockout(evaluator, each, Circumstances(at, context), caller=caller) for each in keys)
    return tuple(shown_as(Lockout, each) for each in found)


def ask_tests(evaluator: Evaluator, cases: Iterable[TestCase], now: datetime) -> TestRun:
    """The results of tests."""
    return TestRun(tuple(run_tests(evaluator, cases, now=now)))


def ask_coverage(evaluator: Evaluator, cases: Iterable[TestCase], now: datetime) -> Coverage:
    """What tests cover. Raises InputError where one names something that the world does not have."""
    covering = Covering()
    covering.add(evaluator)
    faults: list[Fault] = []
    for case in cases:
        result = run_test(evaluator, case, now=now)
        faults += result.faults
        if not result.faults:
            covering.record(evaluator, evaluator.rule(request_of(case, now)), case.name)
    if faults:
        raise InputError(faults)
    return shown_as(Coverage, covering.report())


def ask_mutation(evaluator: Evaluator, cases: Sequence[TestCase], kinds: Names, now: datetime) -> Mutation:
    """Whether tests would notice mistakes. Raises InputError where some already fail."""
    failing = failing_tests(evaluator, cases, now)
    faults = [fault for result in failing for fault in result.faults]
    if faults:
        raise InputError(faults)
    if failing:
        names = ", ".join(quoted(result.case.name) for result in failing)
        raise InputError(f"the tests have to pass before they can tell anything: {names} does not")
    mutants = all_mutants(evaluator, known_kinds(names_of(kinds), "kinds"))
    found = try_mutants(evaluator, cases, mutants, now)
    return shown_as(Mutation, found)


def names_of(given: Names) -> tuple[str, ...]:
    """The names as a tuple. Raises InputError for anything that is not a name."""
    if given is None:
        return ()
    listed: object = (given,) if isinstance(given, str) else given
    things = tuple(listed) if isinstance(listed, Iterable) else (listed,)
    found = tuple(name for name in things if isinstance(name, str) and name)
    if len(found) < len(things):
        raise InputError("expected a name, or several, each a text that is not empty")
    return found
