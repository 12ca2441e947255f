"""Questions about everybody, about the tests and about the documents of one scenario.

Comes in: an evaluator and what was loaded. Goes out: thin methods of `Scenario`, which call `everybody` and the rooms
of `analysis`. Never here: the question about one request (`Scenario.can`), an import that costs time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kms_eval.engine.evaluator import Evaluator

if TYPE_CHECKING:
    from kms_eval.analysis.checking.results import CheckResult
    from kms_eval.analysis.linting.finding import Report
    from kms_eval.answers import Coverage, Lockout, Matrix, Mutation, TestRun, WhoCan
    from kms_eval.everybody import GivenContext, Names
    from kms_eval.world.load import Loaded


class Questions:
    """The questions to a scenario that are not about a single request."""

    evaluator: Evaluator
    _loaded: Loaded

    def who_can(
        self,
        actions: Names,
        key: Names = None,
        *,
        principal: Names = None,
        context: GivenContext | None = None,
        at: str | datetime | None = None,
        vpc_endpoint: str | None = None,
        why_not: bool = False,
    ) -> WhoCan:
        """Who may perform actions on keys: always, only under conditions (which are given), or never.

        Each of `actions`, `key` and `principal` is one name or several, with ``*`` as a wildcard; None means all, for
        `key` and `principal` only. `context`, `at` and `vpc_endpoint` are what all requests carry; without `at` it is
        now, anything else that is not given stays open. With `why_not` the answer also has the reason why somebody
        never may. Raises InputError.
        """
        from kms_eval.everybody import ask_who_can, circumstances  # noqa: PLC0415 - only those who ask pay for it

        asked = circumstances(context, at, vpc_endpoint)
        return ask_who_can(self.evaluator, actions, asked, key=key, principal=principal, why_not=why_not)

    def matrix(
        self,
        key: Names = None,
        *,
        principal: Names = None,
        action: Names = None,
        context: GivenContext | None = None,
        at: str | datetime | None = None,
        vpc_endpoint: str | None = None,
    ) -> Matrix:
        """What principals may do on keys: all of them, or those that are named; see `who_can`. Raises InputError."""
        from kms_eval.everybody import ask_matrix, circumstances  # noqa: PLC0415

        asked = circumstances(context, at, vpc_endpoint)
        title = self._loaded.name
        return ask_matrix(self.evaluator, asked, title=title, key=key, principal=principal, action=action)

    def lockout(
        self,
        key: str | None = None,
        *,
        caller: str | None = None,
        context: GivenContext | None = None,
        at: str | datetime | None = None,
    ) -> tuple[Lockout, ...]:
        """Who could still change a key's policy, and whether AWS KMS would accept it from `caller`; None: every key.

        For a policy that is not in place yet, use ``with_policies({"app": "new.json"}).lockout("app")``. Raises
        InputError.
        """
        from kms_eval.everybody import ask_lockout, circumstances  # noqa: PLC0415

        asked = circumstances(context, at)
        moment = asked.at or datetime.now(UTC)
        return ask_lockout(self.evaluator, key=key, caller=caller, context=asked.context, at=moment)

    def run_tests(self, *, at: datetime | None = None) -> TestRun:
        """The results of the file's tests; true where all pass. `at` is the time of tests that have none."""
        from kms_eval.everybody import ask_tests  # noqa: PLC0415

        return ask_tests(self.evaluator, self._loaded.tests, at or datetime.now(UTC))

    def coverage(self, *, at: datetime | None = None) -> Coverage:
        """Which statements and elements of the policies the tests of the file cover."""
        from kms_eval.everybody import ask_coverage  # noqa: PLC0415

        return ask_coverage(self.evaluator, self._loaded.tests, at or datetime.now(UTC))

    def mutate(self, kinds: Names = None, *, at: datetime | None = None) -> Mutation:
        """Whether the tests of the file would notice a mistake in the policies. Raises InputError where a test fails.

        `kinds` are kinds of mistakes, as ``kms-eval mutate --kinds`` takes them; None: all.
        """
        from kms_eval.everybody import ask_mutation  # noqa: PLC0415

        moment = (at or datetime.now(UTC)).replace(microsecond=0)
        return ask_mutation(self.evaluator, self._loaded.tests, kinds, moment)

    def check(
        self,
        *,
        may: str | Sequence[str],
        only: str | Sequence[str] | None = None,
        nobody: str | Sequence[str] | None = None,
        somebody: Mapping[str, object] | None = None,
        on: str | Sequence[str] | None = None,
        unless: GivenContext | None = None,
        name: str | None = None,
    ) -> CheckResult:
        """Whether a check about everybody holds for every request that could be made; true where it does.

        The fields are those of a check in a scenario file: one of `only`, `nobody` and `somebody`. Raises InputError.
        """
        from kms_eval.analysis.checking.checking import Checking  # noqa: PLC0415 - only those who ask pay for it
        from kms_eval.world.checks import check_of  # noqa: PLC0415

        fields = {"name": name, "only": only, "nobody": nobody, "somebody": somebody, "may": may, "on": on}
        check = check_of({**fields, "unless": unless}, self._loaded.world)
        return Checking(self.evaluator, now=datetime.now(UTC)).run(check)

    def run_checks(self) -> tuple[CheckResult, ...]:
        """The results of the file's checks, in its order."""
        from kms_eval.analysis.checking.checking import run_checks  # noqa: PLC0415

        return tuple(run_checks(self.evaluator, self._loaded.checks, now=datetime.now(UTC)))

    def lint(self, *, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Report:
        """What is wrong with the policies and grants, and what allows more than it seems to.

        `select` and `ignore` are codes of rules, or prefixes of codes. Raises InputError where no code has the prefix.
        """
        from kms_eval.analysis.linting.choosing import choose  # noqa: PLC0415 - only those who ask pay for it
        from kms_eval.analysis.linting.lint import lint_scenario  # noqa: PLC0415 - as above

        return lint_scenario(self.evaluator, self._loaded.warnings, choose(select, ignore))
