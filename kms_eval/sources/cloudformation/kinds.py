"""How templates and cloud assemblies are recognised.

Comes in: plain values, folders. Goes out: rows. Never here: reading; the reader is imported when there is something to
read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kms_eval.formats.document import RawDocument
from kms_eval.sources.cloudformation.text import is_empty_stack
from kms_eval.sources.options import Options
from kms_eval.sources.raw import Raw
from kms_eval.sources.recognising import Folder, Kind


def is_template(value: object) -> bool:
    """Whether a document is a template."""
    if not isinstance(value, Mapping):
        return False
    if "AWSTemplateFormatVersion" in value or is_empty_stack(value):
        return True
    resources = value.get("Resources")
    if not isinstance(resources, Mapping):
        return False
    return (
        not resources
        or "Transform" in value
        or any(
            str(name).startswith("Fn::") or (isinstance(each, Mapping) and "::" in str(each.get("Type")))
            for name, each in resources.items()
        )
    )


def _read(document: RawDocument, options: Options) -> Raw:
    from kms_eval.sources.cloudformation.template import read_stack  # noqa: PLC0415 - most worlds have no template

    return read_stack(document, options)


def _is_assembly(folder: Path) -> bool:
    from kms_eval.sources.cloudformation.template import is_assembly  # noqa: PLC0415 - most folders are none

    return (folder / "manifest.json").is_file() and is_assembly(folder)


def _files(folder: Path) -> Sequence[Path]:
    from kms_eval.sources.cloudformation.template import assembly_files  # noqa: PLC0415 - most folders are none

    return assembly_files(folder)


KINDS = (Kind("CloudFormation template", is_template, _read),)
FOLDERS = (Folder("CDK cloud assembly", _is_assembly, _files),)
