"""The public face: load a scenario, ask it questions, get decisions that can explain themselves.

Comes in: a scenario file or the same structure in memory. Goes out: decisions. Never here: AWS's rules, output formats.

    world = Scenario.load("scenarios/default-key-policy.yaml")
    assert world.can("role/admin", "kms:Decrypt", key="app")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from kms_eval.engine.evaluator import Evaluator, Ruling
from kms_eval.errors import InputError
from kms_eval.world.request import Request, request
from kms_eval.world.values import kind_of

if TYPE_CHECKING:
    from typing import Unpack

    from kms_eval.analysis.checking.results import CheckResult
    from kms_eval.analysis.linting.finding import Report
    from kms_eval.engine.cell import Outcome
    from kms_eval.engine.explanation import Change, Explanation, LayerWord, Warned
    from kms_eval.engine.plain import PlainQuestions
    from kms_eval.world.cases import TestCase
    from kms_eval.world.load import Loaded
    from kms_eval.world.model import World

    GivenContext = Mapping[str, str | bool | int | float | Sequence[str | bool | int | float]]
    _Words = tuple[str, str, str | None, GivenContext | None]


class OtherFields(TypedDict, total=False):
    """What a question may say beside principal, action, key and context: the fields of a test in a scenario file.

    `encryption_context` maps names to values; `session` has name, policies, tags and source_identity; `at` is ISO 8601
    text or an aware datetime, by default now; `grant` is the request of CreateGrant, or a GrantId for RetireGrant and
    RevokeGrant; `stranger` says that the principal is meant to be one whom nothing in the scenario mentions.
    """

    encryption_context: Mapping[str, str] | None
    session: Mapping[str, object] | None
    vpc_endpoint: str | None
    at: str | datetime | None
    alias: str | None
    destination_key: str | None
    region: str | None
    grant: Mapping[str, object] | str | None
    via_grant: str | None
    stranger: bool


class Fields(OtherFields, total=False):
    """All of them: `context` maps condition keys to a value or a list of values."""

    context: GivenContext | None


class Decision:
    """The answer to one question; true only where it is `allowed`. Reasons are worked out when first asked for."""

    __slots__ = ("_advised", "_evaluator", "_explanation", "_question", "decision")

    def __init__(self, evaluator: Evaluator, decision: Outcome, question: Ruling | _Words) -> None:
        self.decision = decision
        self._evaluator = evaluator
        self._question = question
        self._explanation: Explanation | None = None
        self._advised: Explanation | None = None

    def __bool__(self) -> bool:
        return self.decision == "allowed"

    def __repr__(self) -> str:
        asked = self.ruling.request
        on = f" on {asked.key}" if asked.key else ""
        return f"<Decision {self.decision}: {asked.principal} {asked.action}{on}, {self.reason}>"

    @property
    def ruling(self) -> Ruling:
        """The decision as the engine made it, part by part; for analyses, which go on from there."""
        if isinstance(self._question, tuple):
            principal, action, key, context = self._question
            self._question = self._evaluator.rule(_timed(request(principal, action, key, context=context)))
        return self._question

    @property
    def explanation(self) -> Explanation:
        """Everything there is to say about the decision, as plain values."""
        if self._explanation is None:
            from kms_eval.engine.explain import explain  # noqa: PLC0415 - only those who ask pay for it

            self._explanation = explain(self._evaluator, self.ruling)
        return self._explanation

    @property
    def advised(self) -> Explanation:
        """The explanation with what would make a denied request allowed, which takes trying."""
        if self._advised is None and self.decision in ("allowed", "undetermined"):
            # What is undetermined is settled by telling what is unknown; each unknown has its own remedy.
            self._advised = self.explanation
        if self._advised is None:
            from kms_eval.analysis.advising.advise import advised  # noqa: PLC0415 - only those who ask pay for it

            self._advised = advised(self._evaluator, self.ruling, self.explanation)
        return self._advised

    @property
    def changes(self) -> tuple[Change, ...]:
        """Changes that would make it allowed, each tried by the engine, the smallest first."""
        return self.advised.changes

    @property
    def allowed(self) -> bool:
        """Whether the decision is `allowed`."""
        return self.decision == "allowed"

    @property
    def principal(self) -> str:
        """Who asked, as a full ARN or a service's name."""
        return self.explanation.principal

    @property
    def action(self) -> str:
        """What was asked for."""
        return self.explanation.action

    @property
    def key(self) -> str | None:
        """The ARN of the key (or alias) it is about."""
        return self.explanation.key

    @property
    def reason(self) -> str:
        """One short sentence."""
        return self.explanation.reason

    @property
    def reason_code(self) -> str:
        """The reason as a stable code; `kms_eval.codes` lists them all."""
        return self.explanation.reason_code

    @property
    def layers(self) -> tuple[LayerWord, ...]:
        """What each layer in force said, with the statements that said it."""
        return self.explanation.layers

    @property
    def missing_context(self) -> tuple[str, ...]:
        """Condition keys that are absent and could turn the decision."""
        return self.explanation.missing_context

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """What to know beside the decision, each with its code."""
        return self.explanation.warnings

    def explain(self) -> str:
        """The decision and its reasons as text for a person."""
        from kms_eval.render.text import render  # noqa: PLC0415

        return render(self.advised)

    def to_dict(self) -> dict[str, Any]:
        """The object that `kms-eval can --json` prints."""
        from kms_eval.render.json import as_dict  # noqa: PLC0415

        return as_dict(self.advised)


class Scenario:
    """One world and its tests. It never changes; for another world load another scenario."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        allow_unknown_action: bool = False,
        allow_unknown_key: bool = False,
        strict: bool = False,
    ) -> None:
        self._loaded = loaded
        self.evaluator = Evaluator(
            loaded.world,
            allow_unknown_action=allow_unknown_action,
            allow_unknown_key=allow_unknown_key,
            strict=strict,
        )
        self._plain: PlainQuestions | None = None

    @classmethod
    def load(
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        strict: bool = False,
        strangers: bool = False,
        allow_unknown_action: bool = False,
        allow_unknown_key: bool = False,
        account: str | None = None,
        region: str | None = None,
        before: bool = False,
        parameters: Mapping[str, str] | None = None,
    ) -> Scenario:
        """Read a scenario file (YAML or JSON), or any other source: responses of AWS, a plan, a template, a folder.

        Of several sources a later one replaces what an earlier one said of the same thing. `account` and `region` say
        what no source tells, `before` asks for what is before a plan, `parameters` fills in those of a template.
        `strict` makes faults of what AWS would refuse but published examples contain, and of context that a caller
        cannot have; `strangers` lets anybody be asked about, as the field of that name does; `allow_unknown_action`
        decides actions that AWS published later by the policies' patterns, and `allow_unknown_key` takes condition keys
        and values that it published later. Raises
        InputError with every fault of the sources and of their policies.
        """
        from kms_eval.world.load import load  # noqa: PLC0415 - reading needs pydantic; deciding does not

        paths = [path] if isinstance(path, (str, PathLike)) else path
        listed: object = paths
        if (
            not isinstance(listed, Sequence)
            or not listed
            or not all(isinstance(each, (str, PathLike)) for each in listed)
        ):
            raise InputError(f"expected the path of a scenario, found {kind_of(path)}")
        options = None
        if account is not None or region is not None or before or parameters:
            from kms_eval.sources.options import Options  # noqa: PLC0415 - a scenario needs none

            options = Options(account, region, before, parameters or {})
        first, *more = map(Path, paths)
        loaded = load(first, more=more, strict=strict, strangers=strangers, options=options)
        return cls(
            loaded, allow_unknown_action=allow_unknown_action, allow_unknown_key=allow_unknown_key, strict=strict
        )

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        *,
        base: str | Path | None = None,
        strict: bool = False,
        strangers: bool = False,
        allow_unknown_action: bool = False,
        allow_unknown_key: bool = False,
    ) -> Scenario:
        """The same from memory; relative paths of policies start at `base`. Raises InputError."""
        from kms_eval.world.load import from_dict  # noqa: PLC0415

        folder = Path(base) if base is not None else None
        loaded = from_dict(data, base=folder, strict=strict, strangers=strangers)
        return cls(
            loaded, allow_unknown_action=allow_unknown_action, allow_unknown_key=allow_unknown_key, strict=strict
        )

    @property
    def world(self) -> World:
        """Everything that exists in the scenario."""
        return self._loaded.world

    @property
    def tests(self) -> tuple[TestCase, ...]:
        """The tests of the file, in its order."""
        return self._loaded.tests

    @property
    def loaded(self) -> Loaded:
        """All that was read: world, tests, name, description, and what reading had to remark."""
        return self._loaded

    def can(
        self,
        principal: str,
        action: str,
        key: str | None = None,
        *,
        context: GivenContext | None = None,
        **fields: Unpack[OtherFields],
    ) -> Decision:
        """May the principal perform the action? Raises InputError where the question makes no sense in this world.

        `principal` is a full ARN or a short name (``role/admin``); `action` a permission (``kms:Decrypt``) or an API
        operation (``ReEncrypt``), which asks for all that the call needs; `key` may be left out where the scenario has
        one or the action needs none. `context` maps condition keys to a value or a list of values. See `OtherFields`
        for the rest.
        """
        if not fields:
            decision = (self._plain or self._plain_questions()).outcome(principal, action, key, context)
            if decision is not None:
                return Decision(self.evaluator, decision, (principal, action, key, context and {**context}))
        return self.decide(request(principal, action, key, base=self._loaded.base, context=context, **fields))

    def allows(
        self,
        principal: str,
        action: str,
        key: str | None = None,
        *,
        context: GivenContext | None = None,
        **fields: Unpack[OtherFields],
    ) -> bool:
        """Whether `can` answers `allowed`."""
        if not fields:
            decision = (self._plain or self._plain_questions()).outcome(principal, action, key, context)
            if decision is not None:
                return decision == "allowed"
        return self.can(principal, action, key, context=context, **fields).decision == "allowed"

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
        """Whether a sentence about everybody holds for every request that could be made; true where it does.

        The fields are those of a check in a scenario file: one of `only`, `nobody` and `somebody`. Raises InputError.
        """
        from kms_eval.analysis.checking.checking import Checking  # noqa: PLC0415 - only those who ask pay for it
        from kms_eval.world.checks import check_of  # noqa: PLC0415

        fields = {"name": name, "only": only, "nobody": nobody, "somebody": somebody, "may": may, "on": on}
        check = check_of({**fields, "unless": unless}, self.world)
        return Checking(self.evaluator, now=datetime.now(UTC)).run(check)

    def run_checks(self) -> tuple[CheckResult, ...]:
        """How the checks of the file end, in its order."""
        from kms_eval.analysis.checking.checking import run_checks  # noqa: PLC0415

        return tuple(run_checks(self.evaluator, self._loaded.checks, now=datetime.now(UTC)))

    def decide(self, asked: Request) -> Decision:
        """The decision about a request that has been made before, of a test for instance; without a time it is now."""
        ruling = self.evaluator.rule(_timed(asked))
        return Decision(self.evaluator, ruling.outcome, ruling)

    def lint(self, *, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Report:
        """What is wrong with the policies and grants, and what is wider than it looks.

        `select` and `ignore` are codes of rules, or beginnings of codes. Raises InputError where no rule begins so.
        """
        from kms_eval.analysis.linting.choosing import choose  # noqa: PLC0415 - only those who ask pay for it
        from kms_eval.analysis.linting.lint import lint_scenario  # noqa: PLC0415 - likewise

        return lint_scenario(self.evaluator, self._loaded.warnings, choose(select, ignore))

    def _plain_questions(self) -> PlainQuestions:
        from kms_eval.engine.plain import PlainQuestions  # noqa: PLC0415 - the command line asks part by part

        self._plain = PlainQuestions(self.evaluator)
        return self._plain


def _timed(asked: Request) -> Request:
    if asked.at is not None:
        return asked
    return asked.again(asked.principal, asked.action, asked.key, datetime.now(UTC))
