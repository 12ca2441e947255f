"""The changes of a comparison as a person reads them: by principal and by key, equal ones in one line.

Comes in: a comparison, judged. Goes out: lines. Never here: text, comparing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kms_eval.analysis.access.access_diff import CHANGE_KINDS, Change, ChangeKind
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.analysis.access.expected import Judged
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY, ACTIONS_WITHOUT_KEY
from kms_eval.analysis.access.reach import REACHES, Reach
from kms_eval.analysis.checking.results import Witness
from kms_eval.engine.explanation import Source
from kms_eval.engine.masks import ACROSS_ACCOUNTS, RETIRE_GRANT, bit_of

_FAR: frozenset[Reach] = frozenset({"outside the organization", "outside the account", "inside the organization"})


@dataclass(frozen=True, slots=True)
class Line:
    """A change that is the same for some principals: `actions` names a group instead of its actions if all are there.

    `keys` are the keys with the same change; empty for actions that have none. `causes_unchanged` tells that its causes
    are on both sides. `hangs_on` has the addresses of the unknowns that it depends on, `doubts` the codes of warnings
    about open questions that it depends on.
    """

    kind: ChangeKind
    reach: Reach
    keys: tuple[str, ...]
    labels: tuple[str, ...]
    actions: tuple[str, ...]
    before: str
    after: str
    causes: tuple[Source, ...]
    causes_unchanged: bool
    hangs_on: tuple[str, ...]
    expected: bool
    doubts: tuple[str, ...] = ()
    gained: str = ""
    lost: str = ""
    """`gained`: a request of one of them that only the world after allows; `lost`: one that only the world before
    allows; both as words for ``can``."""


def folded(judged: Judged) -> tuple[Line, ...]:
    """All lines, the farthest reach first; those of one reach in the order of `CHANGE_KINDS`."""
    merged: dict[tuple[object, ...], list[Change]] = {}
    for change in judged.compared.changes:
        expected = change in judged.expected
        about = (change.kind, change.principal, change.key, change.before, change.after, expected)
        merged.setdefault(about, []).append(change)
    groups: dict[tuple[object, ...], tuple[list[Change], list[str]]] = {}
    for changes in merged.values():
        first = changes[0]
        names = tuple(sorted({name for change in changes for name in change.actions}))
        causes = tuple(dict.fromkeys(cause for change in changes for cause in change.causes))
        said = (first.before, first.after, causes, _doubts(changes))
        shown = (first.kind, first.reach, first.key, names, *said, first in judged.expected)
        groups.setdefault(shown, (changes, []))[1].append(first.label)
    lines = [
        Line(
            changes[0].kind,
            changes[0].reach,
            (changes[0].key,) if changes[0].key is not None else (),
            tuple(labels),
            in_groups((name for change in changes for name in change.actions), changes[0]),
            changes[0].before,
            changes[0].after,
            tuple(dict.fromkeys(cause for change in changes for cause in change.causes)),
            all(change.causes_unchanged for change in changes),
            changes[0].hangs_on,
            changes[0] in judged.expected,
            _doubts(changes),
            _first(change.gained for change in changes),
            _first(change.lost for change in changes),
        )
        for changes, labels in groups.values()
    ]
    lines.sort(key=lambda line: (REACHES.index(line.reach), CHANGE_KINDS.index(line.kind)))
    return tuple(lines)


def _first(witnesses: Iterable[Witness | None]) -> str:
    first = next((witness for witness in witnesses if witness is not None), None)
    if first is None:
        return ""
    return first.short if first.policy is None else f"{first.short} (with an identity policy that allows it)"


def _doubts(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for change in changes for code in change.doubts))


def across_keys(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The same lines, with equal changes on several keys in one line."""
    found: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        about = (
            line.kind,
            line.reach,
            line.labels,
            line.actions,
            line.before,
            line.after,
            line.hangs_on,
            line.expected,
            line.doubts,
            line.causes_unchanged,
        )
        found.setdefault((*about, bool(line.keys)), []).append(line)
    return tuple(
        replace(
            same[0],
            keys=tuple(key for line in same for key in line.keys),
            causes=tuple(dict.fromkeys(cause for line in same for cause in line.causes)),
        )
        for same in found.values()
    )


def in_groups(names: Iterable[str], change: Change) -> tuple[str, ...]:
    """Actions in the groups of the matrix: ``all``, names of groups that are whole, and single actions.

    Across accounts a group is whole with those of its actions that work there. RetireGrant, which no key policy
    allows, need not be there.
    https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
    """
    left = 0
    single: dict[int, str] = {}
    for name in names:
        bit = bit_of(name)
        left |= bit
        single[bit] = name.partition(":")[2]
    whole = ACTIONS_ON_KEY if change.key is not None else ACTIONS_WITHOUT_KEY
    whole &= ~RETIRE_GRANT
    if change.reach in _FAR:
        whole &= ACROSS_ACCOUNTS
    if whole and not whole & ~left:
        return ("all",)
    found: list[str] = []
    for group in ACTION_GROUPS:
        mask = group.mask & whole
        if mask and mask & (mask - 1) and not mask & ~left:
            found.append(group.name)
            left &= ~mask
    return (*found, *(name for bit, name in single.items() if bit & left))
