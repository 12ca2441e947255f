"""Which files of a folder are scenarios.

Comes in: paths as typed. Goes out: paths of scenario files, in order. InputError for what is not there.
Never here: reading scenarios. What lies beside them (policies, workflows, manifests) is told apart by its first looks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from kms_eval.errors import Fault, InputError, Location, did_you_mean

_SUFFIXES = (".yaml", ".yml", ".json")
_ALWAYS = tuple(f".kms{suffix}" for suffix in _SUFFIXES)
_TELLING = frozenset({"tests", "keys"})
_SECTIONS = _TELLING | {
    "account",
    "principals",
    "groups",
    "attached_by_principal",
    "organization",
    "vpc_endpoints",
}
_YAML_FIELD = re.compile(rb"""^["']?([a-z_]+)["']?[ \t]*:(?=\s|$)""", re.MULTILINE)
_JSON_FIELD = re.compile(rb'"([a-z_]+)"\s*:')
_NEVER_ENTERED = frozenset({"node_modules", "__pycache__"})


def gather(paths: Iterable[str]) -> Iterator[Path]:
    """The files that are named, and the scenarios in the folders that are; each once."""
    seen: set[Path] = set()
    for text in paths:
        path = Path(text)
        for found in _in_folder(path) if path.is_dir() else [_existing(path)]:
            if found not in seen:
                seen.add(found)
                yield found


def _existing(path: Path) -> Path:
    """Files are opened when their turn comes; a folder that is not there is best said at once."""
    if not os.path.lexists(path) and not path.suffix:
        try:
            names = [each.name for each in path.parent.iterdir()]
        except OSError:
            names = []
        raise InputError(Fault("there is no such file or folder", Location(str(path)), did_you_mean(path.name, names)))
    return path


def _in_folder(folder: Path) -> Iterator[Path]:
    found = False
    for path in _files(folder):
        if path.name.endswith(_ALWAYS) or is_scenario(path):
            found = True
            yield path
    if not found:
        advice = "scenarios are YAML or JSON files with `keys` and `tests`; one that is called *.kms.yaml always counts"
        raise InputError(Fault("no scenario in this folder", Location(str(folder)), advice))


def _files(folder: Path) -> Iterator[Path]:
    """The YAML and JSON files below a folder, by name; hidden folders are not entered."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NEVER_ENTERED)
        yield from (Path(place, name) for name in sorted(names) if name.lower().endswith(_SUFFIXES))


def is_scenario(path: Path) -> bool:
    """Whether a file has at least two of a scenario's sections at its top, `keys` or `tests` among them."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    names = _top_of_json(data) if data.lstrip()[:1] == b"{" else {found.decode() for found in _YAML_FIELD.findall(data)}
    sections = names & _SECTIONS
    return len(sections) > 1 and bool(sections & _TELLING)


def _top_of_json(data: bytes) -> set[str]:
    """The names at the top; of a faulty file all names, so that its faults are not passed over."""
    import json

    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {found.decode() for found in _JSON_FIELD.findall(data)}
    return {name for name in value if isinstance(name, str)} if isinstance(value, dict) else set()
