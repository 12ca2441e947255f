"""A check of a scenario: a statement about all principals that has to stay true.

Comes in: the section `checks`. Goes out: checks whose names exist in the world. Never here: proving them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final, Literal

from kms_eval.documents.findings import Findings
from kms_eval.errors import Fault, InputError, Location, nearest, quoted
from kms_eval.formats.document import Place, SourceFile
from kms_eval.records import record
from kms_eval.safe_text import printable
from kms_eval.world.attachments import Documents
from kms_eval.world.entry_forms import CHECK_ENTRY
from kms_eval.world.model import World
from kms_eval.world.names import refuse_stranger, resolve_caller, resolve_key
from kms_eval.world.reading import Reading
from kms_eval.world.request import read_request
from kms_eval.world.values import kind_of

if TYPE_CHECKING:
    from kms_eval.world.scenario import CheckEntry

CheckKind = Literal["only", "nobody", "somebody"]

OUTSIDE_ACCOUNT: Final = "outside-account"
OUTSIDE_ORGANIZATION: Final = "outside-organization"
PUBLIC: Final = "public"
CLASSES: Final = (OUTSIDE_ACCOUNT, OUTSIDE_ORGANIZATION, PUBLIC)
"""Words for sets of principals that a world cannot list in full."""

_KINDS: tuple[CheckKind, ...] = ("only", "nobody", "somebody")
_PATTERN = frozenset("*?")
_ALONE = "checks[0]"


@record
class Check:
    """A sentence about everybody.

    `only`: nobody but `who` may. `nobody`: none of `who` may. `somebody`: at least one of `who` may. `may` are actions
    and globs, `on` keys and globs over them (empty: every key); requests that carry `unless` are excused.
    """

    name: str
    kind: CheckKind
    who: tuple[str, ...]
    may: tuple[str, ...]
    on: tuple[str, ...] = ()
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    place: Place | None = None

    def __repr__(self) -> str:
        return f"<Check {printable(self.name)}>"

    @property
    def sentence(self) -> str:
        """The check in words."""
        who = " or ".join(self.who) or "nobody at all"
        subject = {"only": f"only {who}", "nobody": f"nobody of {who}", "somebody": f"somebody of {who}"}[self.kind]
        on = f" on {' or '.join(self.on)}" if self.on else ""
        excused = " and ".join(f"{key}={','.join(values)}" for key, values in self.unless.items())
        return f"{subject} may {' or '.join(self.may)}{on}" + (f" unless {excused}" if excused else "")


def read_checks(reading: Reading, world: World) -> tuple[Check, ...]:
    """The checks of the scenario; faults, including names that do not exist in `world`, go to `reading`."""
    found = []
    for place, value in reading.items("checks"):
        entry = reading.entry("checks", CHECK_ENTRY, value, place)
        check = _check(reading, place, entry) if entry is not None else None
        if check is not None:
            for where, error in _senseless(check, world, reading.broken):
                reading.failed(place.at(where), error)
            found.append(check)
    return tuple(found)


def check_of(fields: Mapping[str, object], world: World) -> Check:
    """One check from its fields, which are those of a scenario. Raises InputError with every fault."""
    findings = Findings()
    given = {name: value for name, value in fields.items() if value is not None}
    place = Place(SourceFile(""))
    found = read_checks(Reading(place, {"checks": [given]}, Documents(None), findings), world)
    if findings.faults:
        raise InputError([_without_section(fault) for fault in findings.faults])
    return replace(found[0], place=None)


def _without_section(fault: Fault) -> Fault:
    """The fault with its field named relative to the check, which stands in no section here."""
    field = fault.location.field if fault.location is not None else None
    if field is None or not field.startswith(_ALONE):
        return fault
    return replace(fault, location=Location(field=field.removeprefix(_ALONE).removeprefix(".") or None))


def _check(reading: Reading, place: Place, entry: CheckEntry) -> Check | None:
    given = [kind for kind in _KINDS if getattr(entry, kind) is not None]
    if len(given) != 1:
        listed = " and ".join(f"`{kind}`" for kind in given)
        message = f"{listed} are several checks" if given else "a check says `only`, `nobody` or `somebody`"
        reading.fault(place, message, "write one of them")
        return None
    (kind,) = given
    who = getattr(entry, kind) if kind != "somebody" else _in(reading, place.at(kind), entry.somebody)
    if who is None:
        return None
    if not who and kind != "only":
        reading.fault(place.at(kind), "names nobody", "name a principal, a glob, or `outside-account`")
        return None
    asked = {"principal": "root", "action": "kms:Decrypt", "context": entry.unless}
    before = len(reading.findings.faults)
    unless = read_request(asked, place, reading.findings, lambda: reading.documents).context
    if len(reading.findings.faults) > before:
        return None
    check = Check(entry.name or "", kind, who, entry.may, entry.on or (), unless, place)
    return check if entry.name else Check(check.sentence, kind, who, entry.may, entry.on or (), unless, place)


def _in(reading: Reading, place: Place, value: object) -> tuple[str, ...] | None:
    if not isinstance(value, Mapping) or set(value) != {"in"}:
        found = "" if isinstance(value, Mapping) else f", found {kind_of(value)}"
        reading.fault(place, f"expected a mapping with `in`{found}", "as in `somebody: {in: role/break-glass}`")
        return None
    named = value["in"]
    listed = (named,) if isinstance(named, str) else named
    if (
        not isinstance(listed, (list, tuple))
        or not listed
        or not all(isinstance(each, str) and each for each in listed)
    ):
        reading.fault(place.at("in"), f"expected a name or a list of names, found {kind_of(named)}")
        return None
    return tuple(listed)


def _senseless(check: Check, world: World, broken: set[str]) -> Iterator[tuple[str, InputError]]:
    """Names that do not exist in the world. Names of broken sections are not checked."""
    for name in check.who:
        if name == OUTSIDE_ORGANIZATION and world.organization is None and "organization" not in broken:
            yield check.kind, InputError(f"{quoted(name)}: the scenario describes no organization")
        elif name in CLASSES and check.kind != "nobody":
            yield check.kind, InputError(f"{quoted(name)} goes with `nobody`")
        elif name not in CLASSES and not set(name) & _PATTERN:
            try:
                caller = resolve_caller(world, name)
                if "principals" not in broken:
                    refuse_stranger(world, caller)
            except InputError as error:
                near = nearest(name, CLASSES) if "/" not in name and not name.startswith("arn:") else None
                advice = f"did you mean `{near}`?"
                yield check.kind, InputError(replace(error.faults[0], help=advice)) if near is not None else error
    for name in check.on:
        if not set(name) & _PATTERN and "keys" not in broken:
            try:
                resolve_key(world, name)
            except InputError as error:
                yield "on", error
