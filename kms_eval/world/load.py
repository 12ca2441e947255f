"""Scenarios: from a file, or from the same structure in memory, to a world and the tests on it.

Comes in: a path or a mapping. Goes out: `Loaded`; InputError with every fault of the scenario and of all its documents.
Never here: the meaning of any section; each has a module of its own.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kms_eval.documents.findings import Findings, Notice
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.facts.regions import region_complaint
from kms_eval.formats.document import Place, RawDocument, SourceFile
from kms_eval.formats.memory import plain
from kms_eval.formats.text import read_file
from kms_eval.records import record
from kms_eval.world.attachments import Documents
from kms_eval.world.cases import TestCase, read_tests
from kms_eval.world.checks import Check, read_checks
from kms_eval.world.identity import is_partition
from kms_eval.world.keys import read_keys
from kms_eval.world.model import World
from kms_eval.world.organizations import read_endpoints, read_organization
from kms_eval.world.principals import read_principals
from kms_eval.world.reading import Reading
from kms_eval.world.values import kind_of


@record
class Loaded:
    """A scenario as read: what exists, the tests on it, and what should be said about it and its documents.

    `base` is the folder to which its paths are relative, and those of requests about it; None if there is none.
    """

    world: World
    tests: tuple[TestCase, ...]
    notices: tuple[Notice, ...]
    name: str
    description: str | None = None
    base: Path | None = None
    checks: tuple[Check, ...] = ()


def load(path: Path, *, strict: bool = False, strangers: bool = False) -> Loaded:
    """Read the scenario in a file; the paths in it are relative to its folder.

    `strict` makes a fault of what AWS would refuse to store even where it can be read; `strangers` lets anybody be
    asked about, as the field of that name does. Raises InputError.
    """
    with _without_collecting():
        return _read(read_file(path), path.parent, path.stem, strict=strict, strangers=strangers)


def from_dict(
    data: Mapping[str, object],
    *,
    base: Path | None = None,
    name: str = "scenario",
    strict: bool = False,
    strangers: bool = False,
) -> Loaded:
    """Read a scenario that is in memory; the paths in it are relative to `base`, without which there can be none.

    Any `Mapping` will do for a mapping. Raises InputError, for what no file could hold too (`formats.memory`).
    """
    with _without_collecting():
        file = SourceFile(name)
        return _read(RawDocument(file, plain(data, file)), base, name, strict=strict, strangers=strangers)


def _read(document: RawDocument, base: Path | None, name: str, *, strict: bool, strangers: bool) -> Loaded:
    place = document.place
    if not isinstance(document.value, Mapping):
        message = f"a scenario is a mapping, found {kind_of(document.value)}"
        raise InputError(Fault(message, place.location(), "it begins with `keys:`"))
    return _read_mapping(place, document.value, base, name, strict=strict, strangers=strangers)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A scenario is read into trees, of which nothing is to be thrown away: looking for cycles only takes time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
            if gc.get_count()[0] > gc.get_threshold()[0]:
                # A collection is due. This one makes all that was read old at once; of the usual ones the next three
                # would look through it again, in the middle of somebody's first question.
                gc.collect(1)


def _read_mapping(
    place: Place, value: Mapping[str, object], base: Path | None, name: str, *, strict: bool, strangers: bool
) -> Loaded:
    reading = Reading(place, value, Documents(base), Findings())
    scenario = reading.scenario
    complaint = region_complaint(scenario.region)
    if complaint is not None:
        reading.fault(place.at("region"), *complaint)
    if not is_partition(scenario.partition):
        reading.fault(place.at("partition"), f"malformed partition {quoted(scenario.partition)}", "as in `aws`")
    world = World(
        account=scenario.account,
        region=scenario.region,
        partition=scenario.partition,
        keys=read_keys(reading),
        principals=read_principals(reading),
        organization=read_organization(reading),
        vpc_endpoints=read_endpoints(reading),
        strangers=scenario.strangers or strangers,
    )
    tests = read_tests(reading, world)
    checks = read_checks(reading, world)
    reading.findings.raise_faults(strict=strict)
    return Loaded(
        world, tests, tuple(reading.findings.notices), scenario.name or name, scenario.description, base, checks
    )
