"""Which keys would become unmanageable after a change, or have a key policy that AWS KMS would refuse.

Comes in: both sides of a comparison and its changes. Goes out: findings. Never here: deciding (the grid does).

AWS KMS refuses a key policy under which its caller could not call PutKeyPolicy again (semantics L1, L2).
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

from kms_eval.analysis.access.access_diff import Change
from kms_eval.analysis.access.grid import Grid
from kms_eval.analysis.access.principals import Asker, asker_named, askers
from kms_eval.analysis.access.residual_conditions import UNKNOWN
from kms_eval.documents.model import Policy
from kms_eval.engine.masks import bit_of
from kms_eval.world.model import Key

_ACTION = "kms:PutKeyPolicy"
_GOING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


@dataclass(frozen=True, slots=True)
class Losing:
    """A key whose policy no known principal could change, or that AWS KMS would not accept from the caller."""

    key: str
    key_arn: str
    reason: str


def losing(before: Grid, after: Grid, changes: Iterable[Change], *, caller: str | None = None) -> tuple[Losing, ...]:
    """The keys that a change locks, among new ones, those with a different policy and those that lose PutKeyPolicy.

    A key that was locked before is not a finding, nor is one whose answer depends on an unknown: the comparison has a
    change of its own for that. Raises InputError if `caller` names no principal.
    """
    was = {key.arn: key for key in before.world.keys.values()}
    lost = {change.key_arn for change in changes if _ACTION in change.actions and change.kind != "appears"}
    concerned: list[tuple[Key, Key | None, bool]] = []
    for handle, key in after.world.keys.items():
        old = before.world.keys.get(handle) or was.get(key.arn)
        changed = old is None or _said(old.policy) != _said(key.policy)
        if key.state not in _GOING and (changed or key.arn in lost):
            concerned.append((key, old, changed))
    before = before.about(bit_of(_ACTION), [old for _key, old, _changed in concerned if old is not None])
    after = after.about(bit_of(_ACTION), [key for key, _old, _changed in concerned])
    asking = asker_named(after.evaluator, caller) if caller is not None else None
    there, here = askers(after.evaluator), askers(before.evaluator)
    found: list[Losing] = []
    for key, old, changed in concerned:
        if asking is not None and changed and _answer(after, asking, key) in ("no", "perhaps"):
            reason = f"AWS KMS refuses the policy: {asking.label} could not change it again"
            found.append(Losing(key.handle, key.arn, reason))
        elif (left := _left(after, there, key)) in ("no", "perhaps") and (
            old is None or _left(before, here, old) == "yes"
        ):
            perhaps = ", unless with further context" if left == "perhaps" else ""
            found.append(Losing(key.handle, key.arn, f"nobody who is known could change the key policy{perhaps}"))
    return tuple(found)


def _said(policy: Policy) -> Hashable:
    """The content of a policy, without its name and its place."""
    return policy.kind, policy.variables, policy.statements


_Left = Literal["yes", "unknown", "perhaps", "no"]


def _left(grid: Grid, everybody: Iterable[Asker], key: Key) -> _Left:
    """Whether any known principal could change the policy of a key: the best answer of all of them."""
    best: _Left = "no"
    for asker in sorted(everybody, key=lambda each: each.kind != "root"):
        # PutKeyPolicy does not work across accounts, and services never call it.
        if not asker.is_one or asker.caller.account != key.account:
            continue
        answer = _answer(grid, asker, key)
        if answer == "yes":
            return answer
        if answer == "unknown" or best == "no":
            best = answer
    return best


def _answer(grid: Grid, asker: Asker, key: Key) -> _Left:
    grid_cell, bit = grid.on(asker, key), bit_of(_ACTION)
    if grid_cell.always & bit:
        return "yes"
    if not grid_cell.sometimes & bit:
        return "no"
    for mask, residual in grid.residual(grid_cell, bit):
        listed = any(word.startswith(UNKNOWN) for way in (*residual.ways, residual.unless) for word in way)
        # Ways that are not listed may depend on any of the unknowns that were found.
        if mask & bit and (listed or (residual.beyond is not None and residual.unknowns)):
            return "unknown"
    return "perhaps"
