"""Sources to one raw scenario: each recognised and read, later ones over earlier ones.

Comes in: paths. Goes out: a settled `Raw`: lists are lists, what was taken away is gone, gaps are filled with
`Unknown`. Never here: what any source means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kms_eval.errors import Fault, InputError
from kms_eval.formats.document import Origin, Steps
from kms_eval.language import arn
from kms_eval.sources.cloudformation.kinds import FOLDERS, KINDS as TEMPLATES
from kms_eval.sources.opening import Opened, files_in, read_documents
from kms_eval.sources.options import Options
from kms_eval.sources.raw import Raw
from kms_eval.sources.recognising import TAKEN, is_scenario, looks_like
from kms_eval.sources.terraform.kinds import KINDS as PLANS

_KINDS = (*PLANS, *TEMPLATES)
_BY_NAME = {"keys": ("grants",), "principals": ("policies",), "groups": ("policies",)}


def read_sources(paths: Sequence[Path], options: Options) -> Raw:
    """All sources as one. Raises InputError with what is wrong with the first that cannot be read."""
    merged = Raw()
    for path in paths:
        for opened in _documents(path):
            merge(merged, _read(opened, options))
    return settled(merged)


def _documents(path: Path) -> list[Opened]:
    folder = next((each for each in FOLDERS if path.is_dir() and each.recognise(path)), None)
    files = folder.files(path) if folder is not None else [path]
    return [opened for file in files for found in files_in(file) for opened in read_documents(found)]


def _read(opened: Opened, options: Options) -> Raw:
    kind = next((each for each in _KINDS if each.recognise(opened.value)), None)
    if kind is not None:
        return kind.read(opened.document(), options)
    if is_scenario(opened.value) and isinstance(opened.value, dict):
        raw = Raw(value=dict(opened.value))
        raw.origins.put((), Origin(opened.place))
        return raw
    message = f"is no source: it looks like {looks_like(opened.value)}"
    raise InputError(Fault(message, opened.place.location(), f"what is taken: {TAKEN}"))


def merge(one: Raw, other: Raw) -> None:
    """Put what `other` tells over what `one` does."""
    aliases = _same_keys(one, other)
    for section, value in other.value.items():
        if section not in _SECTIONS or not isinstance(value, Mapping):
            one.value.setdefault(section, value) if section in ("account", "region") else one.value.update(
                {section: value}
            )
            _origins(one, other, (section,), (section,))
            continue
        here = one.section(section)
        for name, entry in value.items():
            old = aliases.get(name) if section == "keys" else name
            had = here.pop(old, None) if old is not None and old != name else here.get(name)
            if old is not None and old != name:
                _origins(one, one, (section, old), (section, name))
            _origins(one, other, (section, name), (section, name))
            if not isinstance(had, Mapping) or not isinstance(entry, Mapping):
                here[name] = dict(entry) if isinstance(entry, Mapping) else entry
                continue
            fields = dict(had)
            for field, new in entry.items():
                before = fields.get(field)
                both = isinstance(before, Mapping) and isinstance(new, Mapping)
                fields[field] = {**before, **new} if both and field in ("policies", "grants", "aliases") else new  # type: ignore[dict-item]
            here[name] = fields
    one.gaps.update(other.gaps)
    one.notices.extend(other.notices)
    one.words.extend(word for word in other.words if word not in one.words)


_SECTIONS = ("keys", "principals", "groups", "vpc_endpoints")


def _same_keys(one: Raw, other: Raw) -> dict[str, str]:
    """The handles in `one` of keys that `other` calls by another one: those of the same ARN."""
    known = {_key_arn(entry): handle for handle, entry in one.section("keys").items() if _key_arn(entry)}
    return {
        handle: known[_key_arn(entry)]
        for handle, entry in other.section("keys").items()
        if handle not in one.section("keys") and _key_arn(entry) in known
    }


def _key_arn(entry: object) -> str:
    return str(entry.get("arn") or "") if isinstance(entry, Mapping) else ""


def _origins(one: Raw, other: Raw, old: Steps, new: Steps) -> None:
    """The origins of an entry and of all that is directly in it."""
    value: Any = other.value
    for step in old:
        value = value.get(step) if isinstance(value, Mapping) else None
    found = other.origins.nearest(old)
    if found is not None:
        one.origins.put(new, found)
    if isinstance(value, Mapping) and len(old) < _DEEP:
        for name in value:
            _origins(one, other, (*old, name), (*new, name))


_DEEP = 4


def settled(raw: Raw) -> Raw:
    """The same with plain lists, without what was taken away, and with gaps filled."""
    for section in _SECTIONS:
        entries = raw.section(section)
        for name in [name for name, entry in entries.items() if entry is None]:
            del entries[name]
        for name, entry in entries.items():
            if isinstance(entry, dict):
                _lists(raw, (section, name), entry, _BY_NAME.get(section, ()))
        if not entries:
            del raw.value[section]
    _fill_gaps(raw)
    _sole_names(raw)
    return raw


def _fill_gaps(raw: Raw) -> None:
    """Put the unknowns where nothing is told; a principal of which policies are told may have others."""
    for steps, unknown in raw.gaps.items():
        here: Any = raw.value
        for step in steps[:-1]:
            here = here.get(step) if isinstance(here, Mapping) else None
        if isinstance(here, dict):
            had = here.get(steps[-1])
            if had is None:
                here[str(steps[-1])] = unknown
            elif isinstance(had, list) and steps[-1] == "policies":
                had.append(unknown)


def _lists(raw: Raw, steps: Steps, entry: dict[str, object], members: Sequence[str]) -> None:
    for member in members:
        value = entry.get(member)
        if isinstance(value, Mapping):
            kept = [(name, each) for name, each in value.items() if each is not None]
            entry[member] = [each for _name, each in kept]
            for index, (name, _each) in enumerate(kept):
                origin = raw.origins.nearest((*steps, member, name))
                if origin is not None:
                    raw.origins.put((*steps, member, index), origin)
    aliases = entry.get("aliases")
    if isinstance(aliases, Mapping) and steps[0] == "keys":
        entry["aliases"] = [name for name, there in aliases.items() if there]


def _sole_names(raw: Raw) -> None:
    """A principal that a later source calls by its name alone is the one whose path an earlier source knows."""
    principals = raw.section("principals")
    by_name: dict[tuple[str, str, str], str] = {}
    for name in list(principals):
        parts = arn.parse(name)
        if parts is None:
            continue
        kind, _, rest = parts.resource.partition("/")
        about = (parts.account, kind, rest.rsplit("/", 1)[-1].lower())
        other = by_name.setdefault(about, name)
        if other != name:
            kept, gone = (other, name) if name.count("/") <= other.count("/") else (name, other)
            principals[kept] = {**principals.pop(gone), **principals[kept]}  # type: ignore[dict-item]
            by_name[about] = kept
    if not principals:
        del raw.value["principals"]
