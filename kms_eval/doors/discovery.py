"""Finds the scenario that is meant when none is named.

Comes in: the option, the environment, the current folder. Goes out: a path as the user would write it, or None.
Never here: reading the scenario.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted

VARIABLE = "KMS_EVAL_SCENARIO"
FILE_NAME = "kms-eval.yaml"
_FIELDS = ("scenario", "lint")
_TABLE = "kms-eval"
_MENTIONED = re.compile(rb"kms[-_ .]?eval", re.IGNORECASE)
"""Matches the name of its table in a pyproject.toml, also where the name is misspelt."""

NO_SCENARIO = Fault(
    "there is no scenario here",
    help=f"`kms-eval init` writes one; or name one with `--scenario FILE` or ${VARIABLE}; "
    "`can` and `lockout` also do with `--key-policy FILE`",
)


def find(options: str | Sequence[str] | None) -> Path | None:
    """The scenario that is meant: the first option, $KMS_EVAL_SCENARIO, the nearest pyproject.toml or kms-eval.yaml.

    Raises InputError if the entry in pyproject.toml cannot be read, and if it or the variable names a file that does
    not exist; the user did not type that name just now, so the message says where it is from.
    """
    option = options if isinstance(options, str) or not options else options[0]
    if option == "":
        raise InputError(Fault("is empty", Location(field="--scenario")))
    if isinstance(option, str):
        return Path(option)
    named = os.environ.get(VARIABLE)
    if named:
        return _there(Path(named), Location(field=f"${VARIABLE}"))
    return _in_project() or next((path for path in _upwards(FILE_NAME)), None)


def _there(path: Path, place: Location) -> Path:
    # Unlike Path.exists, this returns False instead of raising for names that are too long or invalid.
    if not os.path.exists(path):  # noqa: PTH110
        raise InputError(Fault(f"there is no such file {quoted(str(path))}", place))
    return path


def _upwards(name: str) -> Iterator[Path]:
    """The files with that name in the current folder and its parents, relative to the current folder."""
    try:
        here = Path.cwd()
    except OSError:  # the folder has been removed
        return
    for folder in (here, *here.parents):
        path = folder / name
        if path.is_file():
            yield Path(os.path.relpath(path, here))


def _in_project() -> Path | None:
    """``[tool.kms-eval] scenario`` of the nearest pyproject.toml, relative to that file."""
    found = project_table()
    if found is None:
        return None
    project, table = found
    place_of_path = Location(str(project), None, "tool.kms-eval.scenario")
    scenario = table.get("scenario")
    if scenario is None:
        return None
    if not isinstance(scenario, str) or not scenario:
        raise InputError(Fault("expected a path", place_of_path))
    return _there(project.parent / scenario, place_of_path)


def project_table() -> tuple[Path, Mapping[str, object]] | None:
    """The nearest pyproject.toml, relative to here, and its table ``[tool.kms-eval]``; None if either is missing.

    Raises InputError if it cannot be read, or has an unknown field.
    """
    project = next(_upwards("pyproject.toml"), None)
    if project is None:
        return None
    try:
        data = project.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise InputError(Fault(f"cannot be read: {reason}", Location(str(project)))) from None
    # In UTF-16 every other byte is a NUL.
    if _MENTIONED.search(data.replace(b"\0", b"")) is None:
        return None
    table = _table(project, data)
    if table is None:
        return None
    place = Location(str(project), None, "tool.kms-eval")
    if not isinstance(table, dict):
        raise InputError(Fault("expected a table", place))
    for name in table:
        if name not in _FIELDS:
            raise InputError(Fault(f"unknown field {quoted(name)}", place, did_you_mean(name, _FIELDS)))
    return project, table


def _table(project: Path, data: bytes) -> object:
    import tomllib

    try:
        tool = tomllib.loads(data.decode("utf-8")).get("tool")
    except UnicodeDecodeError:
        raise InputError(Fault("is not UTF-8 text", Location(str(project)), "save it as UTF-8")) from None
    except ValueError as error:
        raise InputError(Fault(f"is not TOML: {error}", Location(str(project)))) from None
    except RecursionError:
        raise InputError(Fault("is nested too deeply", Location(str(project)))) from None
    if not isinstance(tool, dict):
        return None
    misspelt = [name for name in tool if name != _TABLE and _plain(name) == _plain(_TABLE)]
    if misspelt:
        place = Location(str(project), None, f"tool.{misspelt[0]}")
        raise InputError(Fault(f"unknown table `tool.{misspelt[0]}`", place, f"did you mean `tool.{_TABLE}`?"))
    return tool.get(_TABLE)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
