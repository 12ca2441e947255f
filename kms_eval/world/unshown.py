"""The principals of an account that no source could show: users and roles exist, but nothing else is known about them.

Comes in: the entries of `principals` that are called ``*`` or ``arn:aws:iam::123456789012:*``, each an unknown. Goes
out: `Unshown` by account, and the `Principal` for somebody in such an account. Never here: described principals.

Where a call to IAM was refused, cut off or never made, a principal that is not described may be allowed or denied
anything: an unknown policy and an unknown permissions boundary stand for what is attached to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kms_eval.documents.model import PolicyKind
from kms_eval.documents.opened import open_policy
from kms_eval.formats.unknown import unknown_in
from kms_eval.world.identity import is_role_of_aws
from kms_eval.world.model import Principal, Unshown, World
from kms_eval.world.reading import Reading

_EVERYBODY = re.compile(r"(?:arn:(?P<partition>aws(?:-[a-z]+)*):iam::(?P<account>[0-9]{12}):)?\*")
_INSTEAD = "describe users and roles by name; `*` only says that those of the account are unknown: `{unknown: REASON}`"


def names_everybody(name: object) -> bool:
    """Whether an entry of `principals` is about all principals of an account."""
    return isinstance(name, str) and name.endswith("*") and _EVERYBODY.fullmatch(name) is not None


def everybody_of(account: str, partition: str) -> str:
    """The name of the entry about all principals of an account."""
    return f"arn:{partition}:iam::{account}:*"


def read_unshown(reading: Reading) -> dict[str, Unshown]:
    """What stands for the principals of an account that are not described, by account; faults go to `reading`."""
    section = reading.value.get("principals")
    return (
        dict(_unshown(reading, section)) if isinstance(section, Mapping) and any(map(names_everybody, section)) else {}
    )


def _unshown(reading: Reading, section: Mapping[object, object]) -> Iterator[tuple[str, Unshown]]:
    for name, value in section.items():
        found = _EVERYBODY.fullmatch(name) if isinstance(name, str) else None
        if found is None or not isinstance(name, str):
            continue
        place = reading.place.at("principals", name)
        account, unknown = found["account"] or reading.scenario.account, unknown_in(value)
        if unknown is None:
            reading.fault(place, "nobody is called `*`", _INSTEAD)
        elif account is None:
            reading.fault(place, "`*` belongs to no account", "set `account` in the scenario")
        else:
            yield (
                account,
                Unshown(
                    unknown,
                    open_policy(unknown, PolicyKind.IDENTITY, place, "identity policies"),
                    open_policy(unknown, PolicyKind.BOUNDARY, place, "permissions boundary"),
                ),
            )


def as_unshown(world: World, principal: Principal) -> Principal:
    """The principal with unknown policies, boundary, tags and id where no source could show all of its account."""
    unshown = world.unshown.get(principal.account)
    if unshown is None or is_role_of_aws(principal.name):
        return principal
    return replace(
        principal,
        policies=(unshown.policy,),
        boundary=unshown.boundary,
        unknowns={"aws:principaltag/": unshown.unknown, "aws:userid": unshown.unknown},
        known=True,
    )
