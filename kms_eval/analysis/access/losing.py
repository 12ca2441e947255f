"""Which keys nobody could take care of any more after a change, or whose policy AWS KMS would refuse.

Comes in: both sides of a comparison and its changes. Goes out: findings. Never here: the check (`analysis.lockout`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kms_eval.analysis.access.access_diff import Change
from kms_eval.analysis.access.grid import Grid
from kms_eval.analysis.access.same import Prints
from kms_eval.analysis.lockout import ACTION, Circumstances, check_lockout
from kms_eval.world.model import Key

_GOING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


@dataclass(frozen=True, slots=True)
class Losing:
    """A key whose policy nobody known could change, or that AWS KMS would not take from the caller."""

    key: str
    key_arn: str
    reason: str


def losing(
    before: Grid, after: Grid, changes: Iterable[Change], circumstances: Circumstances, *, caller: str | None = None
) -> tuple[Losing, ...]:
    """The keys that a change locks: new ones, those with another policy, those on which PutKeyPolicy is lost.

    A key that was locked before is no finding of the change. Raises InputError where `caller` means nobody.
    """
    was = {key.arn: key for key in before.world.keys.values()}
    prints = Prints(before.world), Prints(after.world)
    lost = {change.key_arn for change in changes if ACTION in change.actions and change.kind != "appears"}
    found: list[Losing] = []
    for handle, key in after.world.keys.items():
        old = before.world.keys.get(handle) or was.get(key.arn)
        changed = old is None or not _same_policy(prints, old, key)
        if key.state in _GOING or not (changed or key.arn in lost):
            continue
        checked = check_lockout(after.evaluator, key, circumstances, caller=caller if changed else None)
        if checked.caller is not None and checked.caller.decision != "allowed":
            reason = f"AWS KMS refuses the policy: {caller} could not change it again"
            found.append(Losing(handle, key.arn, reason))
        elif not checked.left and (old is None or check_lockout(before.evaluator, old, circumstances).left):
            maybe = ", unless with further context" if checked.maybe else ""
            found.append(Losing(handle, key.arn, f"nobody who is known could change the key policy{maybe}"))
    return tuple(found)


def _same_policy(prints: tuple[Prints, Prints], old: Key, new: Key) -> bool:
    return prints[0].of_policy(old.policy) == prints[1].of_policy(new.policy)
