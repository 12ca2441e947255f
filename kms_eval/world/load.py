"""Loads scenarios: turns a file, or the same structure in memory, into a world and its tests.

Comes in: a path or a mapping. Goes out: `Loaded`; InputError with every fault of the scenario and of all its documents.
Never here: what a section means; each has a module of its own.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.documents.findings import DocumentWarning, Findings
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.facts.regions import region_complaint
from kms_eval.formats.document import Place, RawDocument, SourceFile
from kms_eval.formats.memory import plain
from kms_eval.formats.text import read_file
from kms_eval.records import record
from kms_eval.safe_text import printable
from kms_eval.world.attachments import Documents
from kms_eval.world.cases import TestCase, read_tests
from kms_eval.world.checks import Check, read_checks
from kms_eval.world.identity import is_partition
from kms_eval.world.keys import read_keys
from kms_eval.world.model import World
from kms_eval.world.organizations import read_endpoints, read_organization
from kms_eval.world.principals import read_principals
from kms_eval.world.reading import Reading
from kms_eval.world.unshown import read_unshown
from kms_eval.world.values import kind_of

if TYPE_CHECKING:
    from kms_eval.sources.options import Options
    from kms_eval.sources.raw import Raw


@record
class Loaded:
    """A scenario as read: its world, its tests and checks, and the warnings about it and its documents.

    `base` is the folder to which its paths, and those of requests about it, are relative; None if there is none.
    `words` explain how the world was made from sources; `recognised` says what each source was recognized as.
    """

    world: World
    tests: tuple[TestCase, ...]
    warnings: tuple[DocumentWarning, ...]
    name: str
    description: str | None = None
    base: Path | None = None
    checks: tuple[Check, ...] = ()
    words: tuple[str, ...] = ()
    recognised: tuple[str, ...] = field(default=())


def load(
    path: Path,
    *,
    more: Sequence[Path] = (),
    strict: bool = False,
    strangers: bool = False,
    options: Options | None = None,
) -> Loaded:
    """Read the scenario in a file; the paths in it are relative to its folder.

    The file or folder may be any other source as well. `more` sources may follow; a later one replaces what an earlier
    one says. `options` says what sources may leave open. `strict` turns what AWS would refuse to store into a fault,
    even where it can be read. `strangers` lets anybody be asked about, like the scenario's field of that name.
    Raises InputError.
    """
    with _without_collecting():
        if not more and options is None and not path.is_dir():
            document = None if path.suffix == ".gz" else _plain(path)
            if document is not None:
                return _read(document, path.parent, path.stem, strict=strict, strangers=strangers)
        return _read_sources([path, *more], options, strict=strict, strangers=strangers)


_SECTIONS = frozenset({"keys", "principals", "attached_by_principal", "organization", "vpc_endpoints"})


_OF_ANY = frozenset({"name", "description", "account", "region", "partition", "tests", "checks"})


def _plain(path: Path) -> RawDocument | None:
    """The document of a file that is a scenario and names no other sources; None where it may be another source."""
    from_yaml = path.suffix.lower() in (".yaml", ".yml")
    try:
        document = read_file(path)
    except InputError as error:
        if from_yaml and not any("tag" in fault.message for fault in error.faults):
            raise
        return None
    value = document.value
    # A file that is empty, or has only fields such as `name`, can be nothing but a scenario.
    plain_scenario = isinstance(value, Mapping) and (not _SECTIONS.isdisjoint(value) or value.keys() <= _OF_ANY)
    if plain_scenario and isinstance(value, Mapping) and "sources" not in value:
        return document
    return document if from_yaml and not _may_be_of_aws(value) else None


def _may_be_of_aws(value: object) -> bool:
    """Whether a YAML document is more than a plain scenario: names sources, or may be a template or an AWS response."""
    if not isinstance(value, Mapping):
        return False
    if not {"sources", "Resources"}.isdisjoint(value):
        return True
    if not all(str(name)[:1].isupper() for name in value):
        return False  # the fields of a scenario are in lower case
    from kms_eval.sources.aws.responses import response_of  # noqa: PLC0415 - a scenario needs none

    return response_of(value) is not None


def raw_of(paths: Sequence[Path], options: Options | None = None) -> Raw:
    """What the sources say, as the raw structure of a scenario. Raises InputError."""
    from kms_eval.sources.options import Options  # noqa: PLC0415 - a scenario needs none
    from kms_eval.sources.reading import read_sources  # noqa: PLC0415 - likewise

    return read_sources(paths, Options() if options is None else options)


def _read_sources(paths: Sequence[Path], options: Options | None, *, strict: bool, strangers: bool) -> Loaded:
    raw = raw_of(paths, options)
    first = paths[0]
    base = first if first.is_dir() else first.parent
    document = RawDocument(SourceFile(str(first), first, origins=raw.origins), raw.value)
    return _with_source_notes(raw, _read(document, base, first.stem, strict=strict, strangers=strangers))


def from_document(document: RawDocument, *, name: str, strict: bool = False, strangers: bool = False) -> Loaded:
    """Read a scenario that was assembled from sources, in which every value has its place."""
    with _without_collecting():
        return _read(document, None, name, strict=strict, strangers=strangers)


def from_dict(
    data: Mapping[str, object],
    *,
    base: Path | None = None,
    name: str = "scenario",
    strict: bool = False,
    strangers: bool = False,
) -> Loaded:
    """Read a scenario that is in memory; the paths in it are relative to `base`; without `base` it can have no paths.

    Any `Mapping` will do for a mapping. Raises InputError, also for values that no file could hold (`formats.memory`).
    """
    with _without_collecting():
        file = SourceFile(name)
        document = RawDocument(file, plain(data, file))
        if isinstance(document.value, Mapping) and document.value.get("sources"):
            return _read_with_sources(document, base, name, strict=strict, strangers=strangers)
        return _read(document, base, name, strict=strict, strangers=strangers)


def _read_with_sources(document: RawDocument, base: Path | None, name: str, *, strict: bool, strangers: bool) -> Loaded:
    """A scenario in memory that names other sources, whose paths are relative to `base` like all others."""
    from kms_eval.sources.options import Options  # noqa: PLC0415 - a scenario by itself needs none
    from kms_eval.sources.reading import read_sources  # noqa: PLC0415 - likewise

    here = SourceFile(name, base / name if base is not None else None)
    raw = read_sources((), Options(), RawDocument(here, document.value))
    together = RawDocument(SourceFile(name, here.path, origins=raw.origins), raw.value)
    return _with_source_notes(raw, _read(together, base, name, strict=strict, strangers=strangers))


def _with_source_notes(raw: Raw, loaded: Loaded) -> Loaded:
    """Add what the sources say besides the world: warnings, words, and what each was recognized as."""
    return replace(
        loaded,
        warnings=(*raw.warnings, *loaded.warnings),
        words=tuple(map(printable, raw.notices)),
        recognised=tuple(map(printable, raw.known_as.splitlines())),
    )


def _read(document: RawDocument, base: Path | None, name: str, *, strict: bool, strangers: bool) -> Loaded:
    place = document.place
    if not isinstance(document.value, Mapping):
        message = f"a scenario is a mapping, found {kind_of(document.value)}"
        raise InputError(Fault(message, place.location(), "it begins with `keys:`"))
    return _read_mapping(place, document.value, base, name, strict=strict, strangers=strangers)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Turn the garbage collector off: all that is read is kept and has no cycles, so a collection only costs time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
            if gc.get_count()[0] > gc.get_threshold()[0] and not gc.get_freeze_count():
                # A collection is due, and it and the next two would scan everything that was read, in the middle of the
                # user's first request. This moves all of it to the oldest generation without scanning it.
                gc.freeze()
                gc.unfreeze()


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
        unshown=read_unshown(reading),
    )
    tests = read_tests(reading, world)
    checks = read_checks(reading, world)
    reading.findings.raise_faults(strict=strict)
    return Loaded(
        world, tests, tuple(reading.findings.warnings), scenario.name or name, scenario.description, base, checks
    )
