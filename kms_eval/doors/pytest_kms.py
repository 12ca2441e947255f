"""The fixture `kms`, and the explanation of failed assertions about it.

Comes in: a test, its markers and options. Goes out: decisions of a scenario that is read once for all tests.
Never here: rules of AWS, and which files are collected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import pytest

from kms_eval.decision import Decision
from kms_eval.doors.discovery import NO_SCENARIO, find
from kms_eval.doors.pytest_coverage import RUN
from kms_eval.engine.explain import doubts
from kms_eval.errors import InputError
from kms_eval.render.text import render
from kms_eval.safe_text import printable
from kms_eval.scenario import Fields, Scenario

if TYPE_CHECKING:
    from typing import Unpack

    from kms_eval.analysis.checking.results import CheckResult
    from kms_eval.engine.explanation import Warned

# pytest shortens long texts in the middle; this many characters of the beginning are always shown.
_HEAD = 100


@dataclass(slots=True)
class _Asked:
    """What one test asked, and the answer whose truth value it used last."""

    decisions: list[Answer] = field(default_factory=list)
    last_used: Answer | None = None


_SCENARIOS = pytest.StashKey[dict[Path, Scenario]]()
_DEFAULT = pytest.StashKey[Path | InputError]()
_ASKED = pytest.StashKey[_Asked]()


class OpenQuestionWarning(pytest.PytestWarning):
    """A test passed with a decision that depends on a question that AWS leaves open: AWS might decide differently."""


class LoadOptions(TypedDict):
    """How scenarios are read, from the options of the run."""

    strict: bool
    strangers: bool
    allow_unknown_key: bool
    allow_unknown_action: bool


def load_options(config: pytest.Config) -> LoadOptions:
    """The same options as those of ``kms-eval test``."""
    given = config.option
    return {
        "strict": given.kms_strict,
        "strangers": given.kms_stranger,
        "allow_unknown_key": given.kms_allow_unknown_key,
        "allow_unknown_action": given.kms_allow_unknown_action,
    }


class Answer(Decision):
    """A decision that records in its test that its truth value was used."""

    __slots__ = ("_asked", "_scenario")

    def __init__(self, scenario: Scenario, decision: Decision, asked: _Asked) -> None:
        super().__init__(scenario.evaluator, decision.decision, decision.ruling)
        self._asked = asked
        self._scenario = scenario

    @property
    def doubts(self) -> tuple[Warned, ...]:
        """The warnings that say on which open questions the decision depends."""
        return doubts(self._scenario.evaluator, self.ruling)

    def __bool__(self) -> bool:
        self._asked.last_used = self
        return super().__bool__()


class Kms:
    """Asks one scenario the questions of a test. The scenario is read when the first question is asked."""

    def __init__(self, item: pytest.Item, source: Path | InputError | Scenario) -> None:
        self._item = item
        self._source = source

    def __repr__(self) -> str:
        if isinstance(self._source, Path):
            return f"<kms {shown(self._source, self._item.config)}>"
        return f"<kms {self._source.loaded.name}>" if isinstance(self._source, Scenario) else "<kms>"

    @property
    def scenario(self) -> Scenario:
        """The scenario that is asked. Raises InputError if it is faulty or missing."""
        __tracebackhide__ = True
        if isinstance(self._source, InputError):
            raise InputError(self._source.faults)
        if isinstance(self._source, Path):
            self._source = _scenario(self._source, self._item.config)
        return self._source

    def can(self, principal: str, action: str, key: str | None = None, **fields: Unpack[Fields]) -> Decision:
        """May the principal perform the action? As `Scenario.can`; a failed assertion shows the whole explanation."""
        __tracebackhide__ = True
        scenario = self.scenario
        asked = self._item.stash.setdefault(_ASKED, _Asked())
        try:
            answer = Answer(scenario, scenario.can(principal, action, key, **fields), asked)
        except InputError as error:
            # Raised from here, so that pytest shows the line of the test and not those of the engine.
            raise InputError(error.faults) from None
        asked.decisions.append(answer)
        run = self._item.config.stash.get(RUN, None)
        if run is not None:
            run.coverage.record(scenario.evaluator, answer.ruling, self._item.nodeid)
        return answer

    def allows(self, principal: str, action: str, key: str | None = None, **fields: Unpack[Fields]) -> bool:
        """Whether `can` answers `allowed`."""
        __tracebackhide__ = True
        return self.can(principal, action, key, **fields).decision == "allowed"

    def check(self, **fields: Any) -> CheckResult:
        """Whether a check holds for all requests, as `Scenario.check`; a false result has its witnesses."""
        __tracebackhide__ = True
        scenario = self.scenario
        try:
            return scenario.check(**fields)
        except InputError as error:
            raise InputError(error.faults) from None

    def load(self, path: str | Path) -> Kms:
        """The same for the scenario in another file, relative to the folder of the test, else to the root folder."""
        return Kms(self._item, _beside(path, self._item))

    def from_dict(self, data: Mapping[str, Any]) -> Kms:
        """The same for a scenario in memory; its paths are relative to the folder of the test's file."""
        options = load_options(self._item.config)
        return Kms(self._item, Scenario.from_dict(data, base=self._item.path.parent, **options))


def kms_of(item: pytest.Item) -> Kms:
    """The fixture of one test."""
    marker = item.get_closest_marker("kms_scenario")
    if marker is not None:
        if len(marker.args) != 1 or marker.kwargs or not isinstance(marker.args[0], (str, Path)):
            pytest.fail("the marker `kms_scenario` takes one path", pytrace=False)
        return Kms(item, _beside(marker.args[0], item))
    return Kms(item, item.config.stash.get(_DEFAULT, InputError(NO_SCENARIO)))


def remember_default(config: pytest.Config) -> None:
    """The scenario of tests that name none: that of the ini option, else the one that the command line would take."""
    named: str = config.getini("kms_scenario") or ""
    try:
        found = config.rootpath / named if named else find(None)
    except InputError as error:
        config.stash[_DEFAULT] = error
        return
    config.stash[_DEFAULT] = InputError(NO_SCENARIO) if found is None else found.resolve()


def explain(error: AssertionError, item: pytest.Item) -> None:
    """Add to the message of a failed assertion the explanations of the decisions that it is about."""
    asked = item.stash.get(_ASKED, None)
    if asked is None:
        return
    message = str(error)
    texts = [_explained(decision) for decision in _decisions_about(message, asked)]
    if texts:
        error.args = ("\n".join((message, *texts)), *error.args[1:])


def warn_open_questions(item: pytest.Item) -> None:
    """Warn about the open questions on which the decisions of a test that passed depend, once for each."""
    asked = item.stash.get(_ASKED, None)
    found = (doubt for each in (asked.decisions if asked is not None else ()) for doubt in each.doubts)
    for doubt in dict.fromkeys(found):
        item.warn(OpenQuestionWarning(f"{item.name}: {doubt.message} [{doubt.code}]"))


def _explained(decision: Decision) -> str:
    """The explanation, and its warnings: among them the open questions on which the decision depends."""
    warnings = (printable(f"  warning: {each.message} [{each.code}]") for each in decision.advised.warnings)
    return "\n".join((render(decision.advised), *warnings))


def _decisions_about(message: str, asked: _Asked) -> list[Answer]:
    """The decisions that a failed assertion is about."""
    last = asked.last_used
    named = list({repr(each)[:_HEAD]: each for each in asked.decisions if repr(each)[:_HEAD] in message}.values())
    if named:
        # For `all([...])` only the decisions that are equal to the one it stopped at; for `... or ...` both.
        alike = [each for each in named if last is None or each.decision == last.decision]
        return alike or named
    if last is not None and ("True" in message or "False" in message):
        return [last]  # for `all(... for ...)`, which shows no values
    return [each for each in asked.decisions if each.reason_code in message or each.decision in message][-1:]


def shown(path: Path, config: pytest.Config) -> str:
    """A path as a person in the folder of the call would write it."""
    here = Path.cwd()
    inside = here == config.invocation_params.dir and path.is_relative_to(here)
    return str(path.relative_to(here)) if inside else str(path)


def _beside(path: str | Path, item: pytest.Item) -> Path:
    beside = item.path.parent / path
    return (beside if beside.exists() else item.config.rootpath / path).resolve()


def _scenario(path: Path, config: pytest.Config) -> Scenario:
    """The scenario in a file, read once for all tests of this process."""
    __tracebackhide__ = True
    known = config.stash.setdefault(_SCENARIOS, {})
    scenario = known.get(path)
    if scenario is None:
        try:
            scenario = known[path] = Scenario.load(shown(path, config), **load_options(config))
        except InputError as error:
            raise InputError(error.faults) from None
        run = config.stash.get(RUN, None)
        if run is not None:
            run.coverage.add(scenario.evaluator)
    return scenario
