"""Unknowns in the place of fields: what remains of an entry that has some, and what they leave open.

Comes in: an entry of a scenario, or grants, that could not be read as they are. Goes out: the same without unknowns,
and the unknowns by the steps that led to them. Never here: policies (`documents` reads unknowns in them), the decision.

Where a list of policies is unknown, one unknown policy stands for it: several would make no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kms_eval.documents.model import Grant, OpenGrant
from kms_eval.documents.opened import unknowns_within
from kms_eval.facts.enums import GRANT_OPERATIONS
from kms_eval.formats.document import Steps
from kms_eval.formats.unknown import Unknown, unknown_in

Unknowns = dict[Steps, Unknown]


def without_unknowns(section: str, value: object) -> tuple[object, Unknowns]:
    """An entry of the section without the unknowns outside policies, and those unknowns."""
    unknowns: Unknowns = {}
    if section == "organization" and isinstance(value, Mapping) and isinstance(value.get("accounts"), Mapping):
        accounts = {
            name: _known(_ACCOUNT, account, ("accounts", name), unknowns) for name, account in value["accounts"].items()
        }
        return {**value, "accounts": accounts}, unknowns
    return _known(_SECTIONS.get(section, {}), value, (), unknowns), unknowns


_Field = Callable[[object, Steps, Unknowns], object]


def _known(fields: Mapping[str, _Field], value: object, around: Steps, unknowns: Unknowns) -> object:
    if not isinstance(value, Mapping):
        return value
    return {
        name: fields[name](member, (*around, name), unknowns) if name in fields else member
        for name, member in value.items()
    }


def _text(value: object, steps: Steps, unknowns: Unknowns) -> object:
    unknown = unknown_in(value)
    if unknown is None:
        return value
    unknowns[steps] = unknown
    return "unknown"


def _members(value: object, steps: Steps, unknowns: Unknowns) -> object:
    """A list without its unknown members; one unknown is kept for all of them."""
    whole = unknown_in(value)
    if whole is not None:
        unknowns[steps] = whole
        return []
    if isinstance(value, (list, tuple)):
        for member in value:
            unknown = unknown_in(member)
            if unknown is not None:
                unknowns[steps] = unknown
        return [member for member in value if unknown_in(member) is None]
    return value


def _pairs(value: object, steps: Steps, unknowns: Unknowns) -> object:
    """A mapping without its unknown values; each unknown is kept under the name of its value."""
    whole = unknown_in(value)
    if whole is not None:
        unknowns[steps] = whole
        return {}
    if isinstance(value, Mapping):
        for name, member in value.items():
            unknown = unknown_in(member)
            if unknown is not None:
                unknowns[*steps, name] = unknown
        return {name: member for name, member in value.items() if unknown_in(member) is None}
    return value


def _policies(value: object, _steps: Steps, unknowns: Unknowns) -> object:
    if unknown_in(value) is None:
        return value
    unknowns[_steps] = Unknown("", "")
    return [value]


def _levels(value: object, steps: Steps, unknowns: Unknowns) -> object:
    if unknown_in(value) is not None:
        unknowns[steps] = Unknown("", "")
        return [[value]]
    if isinstance(value, (list, tuple)):
        return [_policies(level, (*steps, index), unknowns) for index, level in enumerate(value)]
    return value


_ACCOUNT: Mapping[str, _Field] = {
    "path": _text,
    "service_control_policies": _levels,
    "resource_control_policies": _levels,
}
_SECTIONS: Mapping[str, Mapping[str, _Field]] = {
    "keys": {"aliases": _members, "tags": _pairs},
    "principals": {"policies": _policies, "tags": _pairs},
    "groups": {"policies": _policies},
}


def unknown_tags(unknowns: Unknowns, entry: Steps, family: str) -> dict[str, Unknown]:
    """The condition keys that the unknown tags of the entry at these steps leave open; `family` ends with a slash."""
    found: dict[str, Unknown] = {}
    for steps, unknown in unknowns.items():
        if steps[:-1] == entry and steps[-1] == "tags":
            found[family] = unknown
        elif steps[:-2] == entry and steps[-2:-1] == ("tags",):
            found[f"{family}{steps[-1]}".lower()] = unknown
    return found


_SAYS_NOTHING = frozenset({"GrantId", "Name", "KeyId", "CreationDate", "GrantTokens", "DryRun"})
_ONLY_RETIRING = frozenset({"RetiringPrincipal", "RetiringServicePrincipal"})


def split_grants(value: object) -> tuple[list[object], tuple[OpenGrant, ...]]:
    """The grants in which everything that affects decisions is known, and the open grants."""
    whole = unknown_in(value)
    if whole is not None:
        return [], (OpenGrant(whole, Grant("")),)
    listed = value.get("Grants", [value]) if isinstance(value, Mapping) else value
    whole = unknown_in(listed)
    if whole is not None:
        return [], (OpenGrant(whole, Grant("")),)
    known: list[object] = []
    opened: list[OpenGrant] = []
    for entry in listed if isinstance(listed, (list, tuple)) else ():
        for certain, open_grant in _split(entry):
            known += certain
            opened += open_grant
    return known, tuple(opened)


def _split(entry: object) -> Iterator[tuple[list[object], list[OpenGrant]]]:
    whole = unknown_in(entry)
    if whole is not None:
        yield [], [OpenGrant(whole, Grant(""))]
        return
    if not isinstance(entry, Mapping):
        yield [entry], []
        return
    doubtful = {name: list(unknowns_within(member)) for name, member in entry.items()}
    rest = {name: member for name, member in entry.items() if not doubtful[name]}
    deciding = {name: found for name, found in doubtful.items() if found and name not in _SAYS_NOTHING}
    if not deciding:
        yield [rest], []
        return
    certain: list[object] = [rest] if deciding.keys() <= _ONLY_RETIRING else []
    grantee, service = rest.get("GranteePrincipal"), rest.get("GranteeServicePrincipal")
    operations = rest.get("Operations")
    grant = Grant(
        "",
        grantee_principal=grantee if isinstance(grantee, str) else None,
        grantee_service_principal=service if isinstance(service, str) else None,
        operations=tuple(name for name in operations if name in GRANT_OPERATIONS)
        if isinstance(operations, (list, tuple))
        else (),
    )
    unknowns = [unknown for found in deciding.values() for unknown in found]
    yield certain, [OpenGrant(unknown, grant) for unknown in dict.fromkeys(unknowns)]
