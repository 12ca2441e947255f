"""Reads the documents inside an entry that could not be read, so that their faults are reported with the entry's.

Comes in: an entry of the wrong shape, as a plain value. Goes out: findings, and nothing else.
Never here: what a document means, and entries of the right shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kms_eval.documents.findings import Findings
from kms_eval.documents.model import PolicyKind
from kms_eval.formats.document import Place
from kms_eval.world.attachments import Documents

_ANY = None
_Pattern = tuple[str | None, ...]

# Where a scenario has policies. The last row is for the session of a request that is not part of a scenario.
_POLICIES: tuple[tuple[_Pattern, PolicyKind], ...] = (
    (("keys", _ANY, "policy"), PolicyKind.KEY),
    (("principals", _ANY, "policies", _ANY), PolicyKind.IDENTITY),
    (("principals", _ANY, "permissions_boundary"), PolicyKind.BOUNDARY),
    (("groups", _ANY, "policies", _ANY), PolicyKind.IDENTITY),
    (("organization", "accounts", _ANY, "service_control_policies", _ANY, _ANY), PolicyKind.SCP),
    (("organization", "accounts", _ANY, "resource_control_policies", _ANY, _ANY), PolicyKind.RCP),
    (("vpc_endpoints", _ANY, "policy"), PolicyKind.ENDPOINT),
    (("tests", _ANY, "session", "policies", _ANY), PolicyKind.SESSION),
    (("session", "policies", _ANY), PolicyKind.SESSION),
)
_GRANTS: _Pattern = ("keys", _ANY, "grants")


def read_nested_faults(documents: Documents, value: object, place: Place, findings: Findings) -> None:
    """Read every policy and grant in `value`, which is at `place`."""
    for pattern, kind in _POLICIES:
        for source, here in _inside(value, place, pattern):
            if isinstance(source, (str, Mapping)) and source != "":
                documents.policy(source, here, kind, findings)
    for source, here in _inside(value, place, _GRANTS):
        if isinstance(source, (str, list, tuple, Mapping)) and source != "":
            documents.grants(source, here, findings)


def _inside(value: object, place: Place, pattern: _Pattern) -> Iterator[tuple[object, Place]]:
    """The values inside `value`, which is at `place`, whose places match the pattern."""
    depth = len(place.steps)
    if all(part in (_ANY, step) for part, step in zip(pattern, place.steps, strict=False)):
        yield from _below(value, place, pattern[depth:])


def _below(value: object, place: Place, rest: _Pattern) -> Iterator[tuple[object, Place]]:
    if not rest:
        yield value, place
        return
    for step, member in _members(value):
        if rest[0] in (_ANY, step):
            yield from _below(member, place.at(step), rest[1:])


def _members(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        yield from ((name, member) for name, member in value.items() if isinstance(name, str))
    elif isinstance(value, (list, tuple)):
        yield from enumerate(value)
