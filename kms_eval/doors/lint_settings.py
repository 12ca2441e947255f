"""Settings of the lint: ``[tool.kms-eval.lint]`` of the nearest pyproject.toml.

Comes in: the current folder. Goes out: settings; InputError if they make no sense. Never here: running rules.

    [tool.kms-eval.lint]
    ignore = ["KMS404"]
    baseline = "lint-baseline.json"

    [tool.kms-eval.lint.per-file-ignores]
    "policies/shared-*.json" = ["KMS202: the partner is meant to read"]
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from kms_eval.analysis.linting.choosing import IgnoredFile
from kms_eval.doors.discovery import project_table
from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted
from kms_eval.language.pattern import compile_text

_TABLE = "tool.kms-eval.lint"
_MESSAGES: Mapping[str, str] = {
    "list_type": "expected a list",
    "string_type": "expected a string",
    "dict_type": "expected a table",
    "model_type": "expected a table",
}


class _Table(BaseModel):
    """The table as it is written. An entry of `per_file_ignores` is a code, or a code, a colon and a reason."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    select: list[str] = Field(default=[])
    ignore: list[str] = Field(default=[])
    baseline: str | None = None
    per_file_ignores: dict[str, list[Annotated[str, Field(pattern=r"^KMS[0-9]*(?:\s*:.*)?$")]]] = Field(
        default={}, alias="per-file-ignores"
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the project; each is empty if it is not set. `baseline` is a path relative to here."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: Path | None = None
    files: tuple[IgnoredFile, ...] = ()


def settings() -> Settings:
    """The settings of the current project. Raises InputError with all of their faults."""
    found = project_table()
    if found is None or "lint" not in found[1]:
        return Settings()
    project, tables = found
    try:
        table = _Table.model_validate(tables["lint"])
    except ValidationError as error:
        raise InputError([_fault(project, detail) for detail in error.errors(include_url=False)]) from None
    folder = project.parent
    return Settings(
        tuple(table.select),
        tuple(table.ignore),
        folder / table.baseline if table.baseline is not None else None,
        tuple(_ignored(folder, table.per_file_ignores)),
    )


def _ignored(folder: Path, table: Mapping[str, Iterable[str]]) -> Iterator[IgnoredFile]:
    for pattern, entries in table.items():
        for entry in entries:
            code, _colon, reason = entry.partition(":")
            yield IgnoredFile(_matcher(folder, pattern), code.strip(), reason.strip())


def _matcher(folder: Path, pattern: str) -> Callable[[str], bool]:
    """Tells whether a file, named relative to here, matches the pattern relative to the folder."""
    matches = compile_text(pattern)
    return lambda name: matches(Path(os.path.relpath(name, folder)).as_posix())


def _fault(project: Path, detail: ErrorDetails) -> Fault:
    place = Location(str(project), None, ".".join([_TABLE, *map(str, detail["loc"])]))
    if detail["type"] == "extra_forbidden":
        name = str(detail["loc"][-1])
        known = [field.alias or name for name, field in _Table.model_fields.items()]
        return Fault(f"unknown field {quoted(name)}", place, did_you_mean(name, known))
    message = _MESSAGES.get(detail["type"], "expected a code such as `KMS202`, perhaps with a colon and a reason")
    return Fault(message, place)
