"""Finds the scenario files in folders.

Comes in: paths as typed. Goes out: paths of scenario files, in order. InputError for what does not exist.
Never here: reading scenarios. They are told from other files (policies, workflows, manifests) by their sections.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from kms_eval.doors.discovery import NO_SCENARIO, find
from kms_eval.doors.output_files import is_special_file
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
    "checks",
}
_YAML_FIELD = re.compile(r"""^["']?([a-z_]+)["']?[ \t]*:(?=\s|$)""", re.MULTILINE)
_JSON_FIELD = re.compile(r'"([a-z_]+)"\s*:')
_NEVER_ENTERED = frozenset({"node_modules", "__pycache__"})


def named_paths(placed: Sequence[str], scenario: Sequence[str]) -> list[Path]:
    """The scenario files that a call is about: its positional arguments, else its scenario, else the one found."""
    if placed and scenario:
        raise InputError("name the scenario as PATH or with `--scenario`, not both")
    if placed:
        return list(gather(placed))
    found = find(scenario)
    if found is None:
        raise InputError(NO_SCENARIO)
    return [found]


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
    """The path of a file. Raises InputError now only if it is missing and looks like a folder; else reading it will."""
    if not os.path.lexists(path) and not path.suffix:
        try:
            names = [each.name for each in path.parent.iterdir()]
        except OSError:
            names = []
        raise InputError(Fault("there is no such file or folder", Location(str(path)), did_you_mean(path.name, names)))
    return path


def _in_folder(folder: Path) -> Iterator[Path]:
    found = False
    for path in files_in(folder):
        if path.name.endswith(_ALWAYS) or is_scenario(path):
            found = True
            yield path
    if not found:
        advice = "scenarios are YAML or JSON files with `keys` and `tests`; one that is called *.kms.yaml always counts"
        raise InputError(Fault("no scenario in this folder", Location(str(folder)), advice))


def files_in(folder: Path) -> Iterator[Path]:
    """The YAML and JSON files below a folder, by name; hidden folders are not entered."""
    for place, folders, names in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NEVER_ENTERED)
        paths = (Path(place, name) for name in sorted(names) if name.lower().endswith(_SUFFIXES))
        # Reading a pipe that happens to be there would wait for ever.
        yield from (path for path in paths if not is_special_file(path))


def _unreadable(error: OSError) -> NoReturn:
    reason = (error.strerror or "unknown error").lower()
    raise InputError(Fault(f"cannot be read: {reason}", Location(str(Path(error.filename)))))


def is_scenario(path: Path) -> bool:
    """Whether a file has at least two of a scenario's sections at its top level, `keys` or `tests` among them.

    A file that cannot be read as text counts as well, so that the reader says what is wrong with it.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError):
        return True
    if "\0" in text:
        return True
    sections = (_top_of_json(text) if text.lstrip().startswith("{") else _top_of_yaml(text)) & _SECTIONS
    return len(sections) > 1 and bool(sections & _TELLING)


def _top_of_yaml(text: str) -> set[str]:
    return set(_YAML_FIELD.findall(text.replace("\r", "\n")))


def _top_of_json(text: str) -> set[str]:
    """The names at the top level; for malformed JSON all names, so that its faults are found and not ignored."""
    import json

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return set(_JSON_FIELD.findall(text))
    return {name for name in value if isinstance(name, str)} if isinstance(value, dict) else set()
