"""Which changes are expected.

Comes in: a comparison, and expectations as typed. Goes out: the comparison with each change judged.
Never here: comparing. A change of several actions becomes two if only some of them are expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kms_eval.analysis.access.access_diff import WIDER, Change, ChangeKind, Compared
from kms_eval.analysis.access.losing import Losing
from kms_eval.analysis.access.selection import chosen_actions, chosen_askers, chosen_keys, chosen_on_either
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import actions_in
from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted
from kms_eval.language.pattern import Matcher, compile_text

FAILING: frozenset[ChangeKind] = WIDER | {"unknown"}
"""The kinds of changes that fail by default."""

FAIL_ON: tuple[ChangeKind, ...] = ("appears", "widens", "disappears", "narrows", "unknown")
"""The kinds that can be named; `widens` includes `differs`."""


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """What may happen: for whom (short name or ARN), which actions, on which keys (handle or ARN; None is any).

    `principal_name` and `key_name` are these as typed.
    """

    text: str
    principal: Matcher
    actions: frozenset[str]
    key: Matcher | None
    principal_name: str
    key_name: str

    def fits(self, change: Change) -> bool:
        """Whether it applies to the change's principal and key."""
        on = self.key is None or any(self.key(name) for name in (change.key, change.key_arn) if name is not None)
        return on and (self.principal(change.principal) or self.principal(change.label))


@dataclass(frozen=True, slots=True)
class Judged:
    """A comparison with the changes that were expected, and in `idle` the expectations that no change met.

    `failing` are the kinds of changes that are findings; `locked` are keys that the change locks, which are always
    findings.
    """

    compared: Compared
    expected: frozenset[Change]
    idle: tuple[str, ...] = ()
    failing: frozenset[ChangeKind] = FAILING
    locked: tuple[Losing, ...] = ()

    @property
    def findings(self) -> int:
        """The number of unexpected changes of the kinds that fail, plus that of locked keys."""
        changes = self.compared.changes
        return sum(self.is_finding(change) for change in changes) + len(self.locked)

    def is_finding(self, change: Change) -> bool:
        """Whether a change is a finding."""
        return change.kind in self.failing and change not in self.expected


def expectation(text: str, field: str = "--allow") -> Expectation:
    """``PRINCIPAL [ACTION [KEY]]``, each with wildcards; what is left out means any. Raises InputError."""
    words = text.split()
    if not 1 <= len(words) <= 3:
        message = f"{quoted(text)} is not of the form `PRINCIPAL [ACTION [KEY]]`"
        raise InputError(Fault(message, Location(field=field), "`*` stands for any of them"))
    principal, action, key = (*words, "*", "*")[:3]
    actions = frozenset(each.name for each in actions_in(chosen_actions([action])))
    on = None if key == "*" else compile_text(key)
    return Expectation(text, compile_text(principal), actions, on, principal, key)


def refuse_misnamed(
    expectations: Iterable[Expectation], before: Evaluator, after: Evaluator, *, field: str = "--allow"
) -> None:
    """Raise InputError for the first principal or key of an expectation that neither side knows.

    No change can meet such an expectation: most likely the name is misspelt. `field` is where the expectation was
    written.
    """
    evaluators, worlds = (before, after), (before.world, after.world)
    for each in expectations:
        try:
            if each.principal_name != "*":
                chosen_on_either(chosen_askers, evaluators, (each.principal_name,))
            if each.key_name != "*":
                chosen_on_either(chosen_keys, worlds, (each.key_name,))
        except InputError as error:
            raise InputError([replace(fault, location=Location(field=field)) for fault in error.faults]) from None


def kinds_of_change(names: Sequence[str], field: str) -> frozenset[ChangeKind]:
    """The kinds of changes with those names; `widens` includes `differs`, which may be wider. Raises InputError."""
    found: set[ChangeKind] = set()
    for name in names:
        kind = next((each for each in FAIL_ON if each == name), None)
        if kind is None:
            advice = did_you_mean(name, FAIL_ON) or f"there are {', '.join(f'`{each}`' for each in FAIL_ON)}"
            raise InputError(Fault(f"unknown kind of change {quoted(name)}", Location(field=field), advice))
        found |= {kind, "differs"} if kind == "widens" else {kind}
    return frozenset(found)


def judge(
    compared: Compared,
    expectations: Sequence[Expectation],
    *,
    failing: frozenset[ChangeKind] = FAILING,
    locked: tuple[Losing, ...] = (),
) -> Judged:
    """Each change that widens access, split into what was expected and what was not."""
    changes: list[Change] = []
    expected: set[Change] = set()
    met: set[Expectation] = set()
    for change in compared.changes:
        if change.kind not in WIDER:
            changes.append(change)
            continue
        fitting = [each for each in expectations if each.fits(change) and not each.actions.isdisjoint(change.actions)]
        met.update(fitting)
        for part, is_expected in _split(change, fitting):
            changes.append(part)
            if is_expected:
                expected.add(part)
    idle = tuple(each.text for each in expectations if each not in met)
    return Judged(replace(compared, changes=tuple(changes)), frozenset(expected), idle, failing, locked)


def _split(change: Change, fitting: Iterable[Expectation]) -> Iterator[tuple[Change, bool]]:
    listed = frozenset().union(*(each.actions for each in fitting))
    for is_expected in (False, True):
        actions = tuple(name for name in change.actions if (name in listed) is is_expected)
        if actions:
            yield replace(change, actions=actions), is_expected
