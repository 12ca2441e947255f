"""Reads sources of all kinds and puts them together.

Comes in: paths. Goes out: one `Raw`, and what each path was recognised as; InputError with every fault, each on one
line that says how to fix it. Never here: what any kind of source means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.formats.document import Origin, RawDocument
from kms_eval.records import record
from kms_eval.sources.aws.assembling import assemble
from kms_eval.sources.aws.responses import Collection, Response, response_of
from kms_eval.sources.aws.shown import Shown
from kms_eval.sources.cloudformation.kinds import is_template
from kms_eval.sources.collecting import CollectedFolders
from kms_eval.sources.kinds import FOLDERS, KINDS
from kms_eval.sources.merging import merged
from kms_eval.sources.opening import Found, Opened, files_in, read_documents
from kms_eval.sources.options import Options
from kms_eval.sources.raw import SECTIONS, Raw
from kms_eval.sources.recognising import SHOW, TAKEN, Kind, advice_on, is_scenario, looks_like
from kms_eval.sources.undeclared import refuse_undeclared

_DEEPEST = 8
"""Sources may name other sources; at this depth they are taken for a circle."""


@record
class _Part:
    """One part of the result, in the order in which sources were named.

    A document with a kind is a plan, state or template, one without is a scenario; without a document the part stands
    for all of AWS's responses.
    """

    kind: Kind | None
    opened: Opened | None


class _Sources:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.faults: list[Fault] = []
        self.notices: list[str] = []
        self.parts: list[_Part] = []
        self.responses: list[tuple[Response, Shown]] = []
        self.counted: dict[str, Counter[str]] = {}
        self.left: list[tuple[str, str]] = []
        self.others: dict[str, list[str]] = {}
        self.collected = CollectedFolders()
        self.assembling = False

    def source(self, path: Path, depth: int = 0) -> None:
        """Take all files of one source."""
        before = len(self.parts)
        self.counted[str(path)] = Counter()
        for found in self._files(path):
            try:
                if (collected := self.collected.take(found)) is not None:
                    self._resource(str(path), collected)
                    continue
                documents = read_documents(found)
            except InputError as error:
                if found.alone or not _is_empty(error):
                    self.faults += error.faults
                else:
                    self.notices.append(f"{found.name} is empty: the call failed, and what it would tell is not known")
                continue
            self._unknown([each for each in documents if not self._take(each, str(path), depth)], found)
        if not self.counted[str(path)] and not self.faults and len(self.parts) == before:
            self.faults.append(self._nothing(path))

    def _nothing(self, path: Path) -> Fault:
        """The fault of a folder in which no file is a source."""
        if any(name.endswith((".tf", ".tofu")) for name in self.others.get(str(path), ())):
            message = "has Terraform configuration, which only Terraform can evaluate, and no file that is a source"
            return Fault(message, Location(str(path)), SHOW)
        return Fault("has no file that is a source", Location(str(path)), f"what is taken: {TAKEN}")

    def _files(self, path: Path) -> Iterator[Found]:
        folder = next((row for row in FOLDERS if path.is_dir() and row.recognise(path)), None)
        if folder is None:
            yield from files_in(path, self.others.setdefault(str(path), []))
            return
        for file in folder.files(path):
            yield from files_in(file)

    def _take(self, opened: Opened, source: str, depth: int) -> bool:
        value = opened.value
        if isinstance(value, list) and value:
            taken = [self._take(opened.member(index, item), source, depth) for index, item in enumerate(value)]
            return all(taken)
        if isinstance(value, Mapping) and value.keys() >= {"status_code", "data"}:
            return self._take(Opened(value["data"], opened.place.at("data"), opened.names), source, depth)
        row = response_of(value)
        if row is not None:
            self._response(row, opened)
            self.counted[source][row.name] += 1
            return True
        kind = next((each for each in KINDS if each.recognise(value)), None)
        if kind is not None:
            self.parts.append(_Part(kind, opened))
            self.counted[source][kind.name] += 1
            return True
        if is_scenario(value):
            self.scenario(opened, depth)
            self.counted[source]["scenario"] += 1
            return True
        if isinstance(value, Mapping) and value and all(response_of(each) for each in value.values()):
            for name, each in value.items():
                self._take(opened.member(str(name), each), source, depth)
            return True
        return False

    def _resource(self, source: str, kind: str) -> None:
        if not self.assembling:
            self._assembling()
        if kind:
            self.counted[source][kind] += 1

    def _assembling(self) -> None:
        """Make one part for all of AWS's responses, at the position of the first."""
        self.assembling = True
        self.parts.append(_Part(None, None))

    def _response(self, row: Response, opened: Opened) -> None:
        if not self.assembling:
            self._assembling()
        self.responses.append((row, Shown(opened.value, opened.place, opened.names)))

    def scenario(self, opened: Opened, depth: int) -> None:
        """Take a scenario: first the sources that it names, then the scenario itself."""
        value = opened.value
        assert isinstance(value, Mapping)  # noqa: S101 - INVARIANT: scenarios are mappings
        for section in SECTIONS:
            if section in value and not isinstance(value[section], Mapping):
                self.faults.append(Fault("expected a mapping", opened.place.at(section).location()))
        listed = value.get("sources", [])
        names = [listed] if isinstance(listed, str) else listed
        place = opened.place.at("sources")
        if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) and name for name in names):
            self.faults.append(Fault("expected a list of paths", place.location()))
            names = ()
        base = opened.place.file.path.parent if opened.place.file.path is not None else None
        if names and depth >= _DEEPEST:
            self.faults.append(Fault("sources bring in one another in a circle", place.location()))
            names = ()
        for index, name in enumerate(names):
            if base is None and not Path(name).is_absolute():
                where = opened.place.at("sources", index).location()
                self.faults.append(
                    Fault(f"{quoted(name)} is a path, and nothing says to what it is relative", where, "give `base`")
                )
            else:
                self.source(base / name if base is not None else Path(name), depth + 1)
        self.parts.append(_Part(None, opened))

    def _unknown(self, documents: Sequence[Opened], found: Found) -> None:
        """Report the documents of a file that are not sources; those that look the same are reported once."""
        alike: dict[str, list[Opened]] = {}
        for opened in documents:
            alike.setdefault(looks_like(opened.value), []).append(opened)
        for looks, those in alike.items():
            if found.alone:
                more = f", and so do {len(those) - 1} more in the file" if len(those) > 1 else ""
                place = those[0].place.location()
                self.faults.append(
                    Fault(f"is no source: it looks like {looks}{more}", place, advice_on(those[0].value))
                )
            else:
                self.left.append((found.name, looks))

    def read(self) -> Raw:
        """Merge all of them into one."""
        templates = (part.opened.value for part in self.parts if part.kind is not None and part.opened is not None)
        if not self.faults and self.options.parameters:
            refuse_undeclared(self.options.parameters, filter(is_template, templates))
        early = self._read_early()
        options = self._options_from(early)
        raws: list[tuple[_Part, Raw]] = []
        for part in self.parts:
            raw = early.get(id(part))
            if raw is None and part.kind is not None and part.opened is not None:
                try:
                    raw = part.kind.read(part.opened.document(), options)
                except InputError as error:
                    self.faults += error.faults
                    continue
            if raw is not None:
                raws.append((part, raw))
        if self.faults:
            raise InputError(self.faults)
        result = merged(_disambiguated(raws, options))
        if self.options.account is not None:
            result.value["account"] = self.options.account
        if self.options.region is not None:
            result.value.setdefault("region", self.options.region)
        result.notices[:0] = [*self.notices, *_left_out(self.left)]
        left = [f"{name}: left out, it looks like {looks}" for name, looks in self.left]
        result.known_as = "\n".join([*self._recognised(), *left, *self._alone()])
        return result

    def _read_early(self) -> dict[int, Raw]:
        """Scenarios and responses, which give the account and Region with which plans and templates are read."""
        early: dict[int, Raw] = {}
        for part in self.parts:
            if part.kind is None and part.opened is not None:
                early[id(part)] = _scenario_raw(part.opened)
        accounts = [raw.value.get("account") for raw in early.values() if isinstance(raw.value.get("account"), str)]
        options = self.options
        if options.account is None and accounts:
            options = replace(options, account=str(accounts[-1]))
        for part in self.parts:
            if part.kind is None and part.opened is None:
                early[id(part)] = self._assembled(options)
        return early

    def _options_from(self, early: Mapping[int, Raw]) -> Options:
        def last(name: str) -> str | None:
            return next((str(raw.value[name]) for raw in [*early.values()][::-1] if raw.value.get(name)), None)

        account, region = self.options.account or last("account"), self.options.region or last("region")
        return replace(self.options, account=account, region=region)

    def _assembled(self, options: Options) -> Raw:
        collection = Collection()
        for error in self.collected.put(collection):
            self.faults += error.faults
        for late in (False, True):
            for row, shown in self.responses:
                if row.late == late:
                    try:
                        row.take(collection, shown)
                    except InputError as error:
                        self.faults += error.faults
        return assemble(collection, options) if not self.faults else Raw()

    def _alone(self) -> Iterator[str]:
        """A line for each folder about files that are left out because of their endings."""
        for path, others in self.others.items():
            if others:
                more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
                yield f"{path}: left alone for their endings: {', '.join(others[:_NAMED])}{more}"

    def _recognised(self) -> list[str]:
        return [
            f"{path}: {', '.join(f'{number} x {name}' if number > 1 else name for name, number in counts.items())}"
            for path, counts in self.counted.items()
            if counts
        ]


def _disambiguated(raws: Sequence[tuple[_Part, Raw]], options: Options) -> list[Raw]:
    """Read stacks that have logical ids in common again under their names: their keys and roles are different ones."""
    files = {id(raw): part.opened.place.file.name for part, raw in raws if raw.logical_ids and part.opened is not None}
    in_files = {(files[id(raw)], name) for _part, raw in raws for name in raw.logical_ids}
    counted = Counter(name for _file, name in in_files)
    names = Counter(raw.stack for _part, raw in raws)
    found = []
    for part, raw in raws:
        common = sorted(name for name in raw.logical_ids if counted[name] > 1)
        again = raw
        if common and part.kind is not None and part.opened is not None:
            path = part.opened.place.file.path
            around = f"{path.parent.resolve().name}-" if path is not None and names[raw.stack] > 1 else ""
            again = part.kind.read(part.opened.document(), replace(options, stack=f"{around}{raw.stack}"))
            sentence = (
                f"{common[0]} is in several stacks: that of {part.opened.place.file.name} is {around}{raw.stack}."
            )
            again.notices.append(f"{sentence}{common[0]}")
        found.append(again)
    return found


_NAMED = 3


def _left_out(files: Sequence[tuple[str, str]]) -> list[str]:
    """A line about files of folders that are not sources."""
    if not files:
        return []
    if len(files) == 1:
        ((name, looks),) = files
        return [f"{name} is left out: it looks like {looks}"]
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return [f"{', '.join(name for name, _looks in files[:_NAMED])}{more} are left out: they are no sources (`-v`)"]


def _is_empty(error: InputError) -> bool:
    return all(fault.message == "is empty" for fault in error.faults)


def _scenario_raw(opened: Opened) -> Raw:
    raw = Raw()
    assert isinstance(opened.value, Mapping)  # noqa: S101 - INVARIANT: scenarios are mappings
    raw.value = {str(name): value for name, value in opened.value.items() if name != "sources"}
    for name, value in raw.value.items():
        raw.origins.put((name,), Origin(opened.place.at(name)))
        if isinstance(value, Mapping):
            raw.value[name] = dict(value)
            for entry in value:
                raw.origins.put((name, entry), Origin(opened.place.at(name, entry)))
    return raw


def read_sources(paths: Sequence[Path] | Iterable[Path], options: Options, scenario: RawDocument | None = None) -> Raw:
    """What all sources say together; `known_as` has a line for each, and for every file that was left out.

    A `scenario` in memory is read after them, and its own sources with it.
    """
    sources = _Sources(options)
    for path in paths:
        sources.source(path)
    if scenario is not None:
        sources.scenario(Opened(scenario.value, scenario.place, ()), 0)
    return sources.read()
