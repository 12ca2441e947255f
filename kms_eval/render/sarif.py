"""Findings of the lint as SARIF 2.1.0, which code scanning services and editors read.

Comes in: reports. Goes out: the text of a log with one run. Never here: running rules. The models are the part of the
standard's object model that a linter uses; unknown members are refused.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from kms_eval.analysis.linting.finding import Finding, Report
from kms_eval.analysis.linting.rule import Rule
from kms_eval.analysis.linting.table import RULES
from kms_eval.safe_text import json_text

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"
_FINGERPRINT = "kmsEval/v1"

Level = Literal["error", "warning", "note"]


class _Object(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


class Message(_Object):
    """A plain text."""

    text: str


class ReportingConfiguration(_Object):
    """The level of a rule."""

    level: Level


class ReportingDescriptor(_Object):
    """A rule."""

    id: str = Field(min_length=1)
    name: str
    short_description: Message
    full_description: Message
    help: Message
    help_uri: str
    default_configuration: ReportingConfiguration


class ToolComponent(_Object):
    """The tool that made the findings."""

    name: str
    version: str
    information_uri: str
    rules: tuple[ReportingDescriptor, ...]


class Tool(_Object):
    """The tool, whose only part is the driver."""

    driver: ToolComponent


class ArtifactLocation(_Object):
    """A file, by a URI, which is relative to the folder where the tool ran if the file name is relative."""

    uri: str


class Region(_Object):
    """A part of a file; lines and columns count from 1, and the end column is the one after the last character."""

    start_line: int = Field(ge=1)
    start_column: int | None = Field(default=None, ge=1)
    end_line: int | None = Field(default=None, ge=1)
    end_column: int | None = Field(default=None, ge=1)


class PhysicalLocation(_Object):
    """A place in a file."""

    artifact_location: ArtifactLocation
    region: Region | None = None


class LogicalLocation(_Object):
    """A place in the structure of a document: its dotted field."""

    fully_qualified_name: str


class Location(_Object):
    """A place in a file and in the structure of its document."""

    physical_location: PhysicalLocation | None = None
    logical_locations: tuple[LogicalLocation, ...] | None = None


class Suppression(_Object):
    """Why a result is ignored."""

    kind: Literal["inSource", "external"]
    justification: str


class Result(_Object):
    """A finding."""

    rule_id: str
    rule_index: int = Field(ge=0)
    level: Level
    message: Message
    locations: tuple[Location, ...]
    partial_fingerprints: dict[str, str]
    suppressions: tuple[Suppression, ...] | None = None


class Run(_Object):
    """One run of the tool."""

    tool: Tool
    results: tuple[Result, ...]
    column_kind: Literal["unicodeCodePoints"] = "unicodeCodePoints"


class Log(_Object):
    """The whole file."""

    schema_uri: str = Field(default=_SCHEMA, alias="$schema")
    version: Literal["2.1.0"] = "2.1.0"
    runs: tuple[Run, ...]


def render(report: Report, *, version: str) -> str:
    """The log as text; `version` is that of this package."""
    return json_text(log(report, version=version).model_dump(mode="json", by_alias=True, exclude_none=True), indent=2)


def log(report: Report, *, version: str) -> Log:
    """The log. It has only the rules with a finding."""
    found = (*report.findings, *report.ignored)
    used = {finding.code for finding in found}
    rules = [rule for rule in RULES if rule.code in used]
    place = {rule.code: index for index, rule in enumerate(rules)}
    driver = ToolComponent(
        name="kms-eval", version=version, information_uri=_HOME, rules=tuple(map(_descriptor, rules))
    )
    return Log(runs=(Run(tool=Tool(driver=driver), results=tuple(_results(found, place))),))


def _descriptor(rule: Rule) -> ReportingDescriptor:
    return ReportingDescriptor(
        id=rule.code,
        name=rule.name,
        short_description=Message(text=rule.title),
        full_description=Message(text=rule.why),
        help=Message(text=f"{rule.why}\n\n`kms-eval code {rule.code}` shows an example and its mend."),
        help_uri=rule.page,
        default_configuration=ReportingConfiguration(level=rule.level),
    )


def _results(found: Iterable[Finding], place: dict[str, int]) -> Iterable[Result]:
    for finding in found:
        text = f"{finding.message}: {finding.help}" if finding.help else finding.message
        yield Result(
            rule_id=finding.code,
            rule_index=place[finding.code],
            level=finding.level,
            message=Message(text=text),
            locations=(_location(finding),),
            partial_fingerprints={_FINGERPRINT: finding.fingerprint},
            suppressions=_suppressions(finding),
        )


def _suppressions(finding: Finding) -> tuple[Suppression, ...] | None:
    if finding.reason is None:
        return None
    return (Suppression(kind="inSource" if finding.by_comment else "external", justification=finding.reason),)


def _location(finding: Finding) -> Location:
    physical = None
    if finding.file:
        region = None
        if finding.line is not None:
            region = Region(
                start_line=finding.line,
                start_column=finding.column,
                end_line=finding.end_line,
                end_column=finding.end_column,
            )
        physical = PhysicalLocation(artifact_location=ArtifactLocation(uri=_uri(finding.file)), region=region)
    logical = None if finding.field is None else (LogicalLocation(fully_qualified_name=finding.field),)
    return Location(physical_location=physical, logical_locations=logical)


def _uri(name: str) -> str:
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
