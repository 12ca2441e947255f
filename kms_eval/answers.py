"""Answers about everybody, in the form that the Python API returns: plain frozen values that can render themselves.

Comes in: what `analysis` found. Goes out: the same values, with `str`, `repr`, `to_dict` and HTML for notebooks.
Never here: analysis, and how anything looks (that is in `render`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

from kms_eval.analysis.access import access_matrix, expected, who_can
from kms_eval.analysis.access.access_diff import Change
from kms_eval.analysis.access.answers import AnswerWord
from kms_eval.analysis.covering.coverage_report import CoverageReport
from kms_eval.analysis.lockout import Lockout as FoundLockout
from kms_eval.analysis.mutating.mutation import MutationReport
from kms_eval.analysis.testing import TestResult
from kms_eval.render import coverage_json, coverage_text, lockout, mutation, notebook, results
from kms_eval.render.access_diff import render as render_diff, summary as summary_of_diff, to_dict as diff_to_dict
from kms_eval.render.matrix import MATRIX_FORM
from kms_eval.render.matrix_json import to_dict as matrix_to_dict
from kms_eval.render.matrix_text import render as render_matrix
from kms_eval.render.who_can import render as render_who_can, to_dict as who_can_to_dict
from kms_eval.safe_text import printable

_Answer = TypeVar("_Answer")


def shown_as(kind: type[_Answer], found: Any) -> _Answer:
    """What was found, as an instance of the public class `kind`, which has the same fields."""
    return kind(**{each.name: getattr(found, each.name) for each in fields(found)})


@dataclass(frozen=True, slots=True, repr=False)
class WhoCan(who_can.WhoCan):
    """Who may perform some actions on some keys: always, under conditions, or never.

    Attributes:
        at: The time the answer is for.
        findings: One finding for each pair of an action and a key. A finding has `action`, `key` (the handle; None
            where the action has no key), `key_arn` and `answers`, one for each principal. An answer has a `person`
            (`name`, `label`, `kind`, `described`), the `answer` (``always``, ``public``, ``conditional``,
            ``undetermined`` or ``never``), `because` (the reason or the conditions), `by` (statements and grants),
            `unknowns` (what it depends on that could not be read) and `doubts` (the open questions it depends on).
    """

    def names(self, *answers: AnswerWord) -> tuple[str, ...]:
        """The principals that have one of these answers in any finding; by default every answer but ``never``."""
        wanted = answers or ("always", "public", "conditional", "undetermined")
        return tuple(
            dict.fromkeys(
                who.person.name for finding in self.findings for who in finding.answers if who.answer in wanted
            )
        )

    def __repr__(self) -> str:
        more = f"; and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        return f"<WhoCan {'; '.join(_counted(finding) for finding in self.findings[:1])}{more}>"

    def __str__(self) -> str:
        return render_who_can(self)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``kms-eval who-can --json`` prints."""
        return who_can_to_dict(self)

    def _repr_html_(self) -> str:
        return notebook.who_can(self)


def _counted(finding: who_can.Finding) -> str:
    numbers = Counter(who.answer for who in finding.answers)
    on = f" on {printable(finding.key)}" if finding.key is not None else ""
    return f"{finding.action}{on}: {', '.join(f'{number} {answer}' for answer, number in numbers.items()) or 'nobody'}"


@dataclass(frozen=True, slots=True, repr=False)
class Matrix(access_matrix.Matrix):
    """What principals may do on keys.

    Attributes:
        title: The name of the scenario.
        at: The time the answers are for.
        actions: The actions that were asked about, as a mask of bits.
        principals: The principals of the rows, each with `name`, `label`, `kind` and `described`.
        keys: The keys, each with `handle` and `arn`.
        rows: One row for each principal and key, given as positions in `principals` and `keys`, with masks of actions
            (`always`, `sometimes`, `undetermined`, `public`), `notes` (conditions) and `doubts`.
        keys_left_out: How many of the keys that were asked for are not in the matrix.
        doubts: For each open question, how many answers depend on it.
    """

    def __repr__(self) -> str:
        return f"<Matrix {printable(self.title)}: {len(self.principals)} principals on {len(self.keys)} keys>"

    def __str__(self) -> str:
        return "\n".join(render_matrix(self))

    def to_dict(self) -> dict[str, Any]:
        """The object that ``kms-eval matrix --format json`` prints."""
        return matrix_to_dict(self)

    def pieces(self, form: str) -> Iterator[str]:
        """The matrix as ``csv``, ``json``, ``html`` or ``svg``, in consecutive pieces of text."""
        return MATRIX_FORM[form].pieces(self)

    def _repr_html_(self) -> str:
        return notebook.matrix(self)


@dataclass(frozen=True, slots=True, repr=False)
class Diff(expected.Judged):
    """How a change of policies changes who has access.

    Attributes:
        compared: All changes, with the numbers of principals, of keys, and of pairs that were decided.
        changes: The changes. Each has `kind` (``appears``, ``widens``, ``differs``, ``unknown``, ``narrows``,
            ``disappears``), `principal`, `label`, `principal_kind`, `account`, `reach`, `key`, `key_arn`, `actions`,
            `before` and `after` (``never``, ``always`` or the conditions), `causes` (statements that are new or gone),
            `hangs_on`, `gained`, `lost` and `doubts`.
        expected: The changes that an expectation covers.
        idle: Expectations that no change met.
        failing: The kinds of changes that count as findings.
        locked: Keys whose policy nobody could change any more, each with `key`, `key_arn` and `reason`.
        findings: How many findings there are: changes that count, and locked keys.
    """

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes, in the order of principals and keys."""
        return self.compared.changes

    def __repr__(self) -> str:
        return f"<Diff {summary_of_diff(self)}>"

    def __str__(self) -> str:
        return render_diff(self)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``kms-eval diff --json`` prints."""
        return diff_to_dict(self)

    def _repr_html_(self) -> str:
        return notebook.diff(self)


@dataclass(frozen=True, slots=True, repr=False)
class Lockout(FoundLockout):
    """Who could still change the policy of one key, and whether AWS KMS would accept the policy from a caller.

    Attributes:
        key: The key.
        caller: The decision about the principal who would put the policy; None where no caller was named.
        left: The principals that could change the policy again.
        maybe: The principals that could with further context.
        refusals: What AWS KMS refuses in the document, no matter who puts it.
        undetermined: The principals for whom it depends on something that no source could show.
        found: Whether AWS KMS would refuse the policy, or nobody could change it.
        open: Whether that depends on something that no source could show.
    """

    def __repr__(self) -> str:
        words = "locked" if self.found else "open" if self.open else f"{len(self.left)} can change it"
        return f"<Lockout {printable(self.key.handle)}: {words}>"

    def __str__(self) -> str:
        return lockout.render(self)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``kms-eval lockout --json`` has for the key."""
        return lockout.to_dict(self)


@dataclass(frozen=True, slots=True, repr=False)
class TestRun:
    """The results of a scenario's tests; true where all passed.

    Attributes:
        results: A result for each test, in the order of the file. It has the `case` (`name`, `request`, `expect`), the
            `outcome` (``passed``, ``failed`` or ``invalid``), the `explanation` of a decision that was not the expected
            one, `mismatches`, `faults` and `doubts`.
    """

    __test__: ClassVar[bool] = False  # pytest would collect the class as tests

    results: tuple[TestResult, ...]

    def __bool__(self) -> bool:
        return all(result.outcome == "passed" for result in self.results)

    def __repr__(self) -> str:
        return f"<TestRun {results.summary(self.results)}>"

    def __str__(self) -> str:
        failures = [results.render_failure(result) for result in self.results if result.outcome == "failed"]
        faults = [str(fault) for result in self.results for fault in result.faults]
        return "\n".join([*failures, *faults, results.summary(self.results)])

    def to_dict(self) -> dict[str, Any]:
        """The object that ``kms-eval test --json`` prints."""
        return results.run_to_dict(self.results)


@dataclass(frozen=True, slots=True, repr=False)
class Coverage(CoverageReport):
    """Which statements the tests of a scenario cover.

    Attributes:
        statements: Every statement and grant, with the `tests` in which it counted, those it `decided`, and its
            `elements`.
        decisions: How many decisions the tests made.
        policies: The statements by policy.
        share: How many statements and elements are covered, of how many.
        undecided: Statements that counted in a test, but without which every decision would be the same.
    """

    def __repr__(self) -> str:
        return f"<Coverage {coverage_text.percent(self.share)} of {self.share.all} statements and elements>"

    def __str__(self) -> str:
        return coverage_text.render(self)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``kms-eval test --coverage-json`` writes."""
        return coverage_json.as_dict(self)


@dataclass(frozen=True, slots=True, repr=False)
class Mutation(MutationReport):
    """Whether the tests of a scenario would notice a mistake in its policies.

    Attributes:
        tests: How many tests there are.
        killed: How many mistakes at least one test noticed.
        equivalent: How many mistakes make no difference to any request.
        unsettled: Mistakes that may make a difference, but no request that was tried showed one.
        survivors: Mistakes that no test noticed, the most dangerous first, each with a request that shows the
            difference.
        mutants: How many mistakes were tried.
        score: Of the mistakes that make a difference, the percentage that at least one test noticed.
    """

    def __repr__(self) -> str:
        return f"<Mutation {mutation.summary(self)}>"

    def __str__(self) -> str:
        return mutation.render(self)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``kms-eval mutate --json`` prints."""
        return mutation.as_dict(self)
