"""Reads a template as one source, with its nested stacks and the manifest of the cloud assembly around it.

Comes in: a document. Goes out: `Raw`. Never here: what functions and resources mean.
https://docs.aws.amazon.com/cdk/v2/guide/how-cdk-synth.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kms_eval.errors import Fault, InputError
from kms_eval.formats.document import Place, RawDocument, SourceFile
from kms_eval.formats.text import decoded, file_bytes, read_file
from kms_eval.sources.cloudformation.sections import IamIdentities, put_keys, put_others
from kms_eval.sources.cloudformation.stack import Resource, Stack, refuse_twice
from kms_eval.sources.options import STAND_IN_ACCOUNT, STAND_IN_REGION, Options, stand_in_notice
from kms_eval.sources.raw import Raw

_ENVIRONMENT = re.compile(r"aws://(?P<account>\d{12})/(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)")
_FIELDS = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::KMS::Alias": "AliasName",
}


def read_stack(document: RawDocument, options: Options) -> Raw:
    """What a template says. Raises InputError; MissingExtraError if it needs the extra `cfn` and that is missing."""
    template: Any = document.value
    raw = Raw()
    account, region = _environment(document.file.path)
    raw.value["account"] = account or options.account or STAND_IN_ACCOUNT
    raw.value["region"] = region or options.region or STAND_IN_REGION
    if not (account or options.account):
        raw.notices.append(stand_in_notice("account", STAND_IN_ACCOUNT))
    if not (region or options.region):
        raw.notices.append(stand_in_notice("Region", STAND_IN_REGION))
    stack = Stack(
        template,
        document.place,
        account=str(raw.value["account"]),
        region=str(raw.value["region"]),
        parameters=options.parameters,
        nested=_nested,
        notices=raw.notices,
        prefix=f"{options.stack}." if options.stack else "",
    )
    if stack.partition != "aws":
        raw.value["partition"] = stack.partition
    resources = list(stack.resources())
    stack.refuse_cycles()
    refuse_twice(resources, _name)
    put_keys(raw, resources)
    IamIdentities(raw, resources)
    put_others(raw, resources)
    raw.stack = _called(document.file.path)
    raw.logical_ids = frozenset((*raw.section("keys"), *raw.section("vpc_endpoints"), *stack.nameless))
    if stack.nameless:
        raw.notices.append(_made_up(stack.nameless))
    keys, principals = len(raw.section("keys")), len(raw.section("principals"))
    counts = [f"{number} {word}" for number, word in ((keys, "keys"), (principals, "users and roles")) if number]
    return replace(raw, known_as=", ".join(["CloudFormation template", *counts]))


_LISTED = 3


def _made_up(nameless: Sequence[str]) -> str:
    if len(nameless) == 1:
        (name,) = nameless
        return f"the name of {name} is not known before the stack is made: {name.replace('.', '-')} stands in"
    more = f" and {len(nameless) - _LISTED} more" if len(nameless) > _LISTED else ""
    listed = ", ".join(nameless[:_LISTED])
    return f"the names of {listed}{more} are not known before the stack is made: logical ids stand in"


def _name(resource: Resource) -> str | None:
    field = _FIELDS.get(resource.type)
    return resource.text(field) if field is not None else None


def _called(path: Path | None) -> str:
    """The name of the stack of a template: that in the cloud assembly around it, else the name of its file."""
    if path is None:
        return "Stack"
    for name, artifact in _artifacts_around(path):
        if (artifact.get("properties") or {}).get("templateFile") == path.name:
            return name
    return path.name.removesuffix(".gz").split(".")[0] or "Stack"


def _environment(path: Path | None) -> tuple[str | None, str | None]:
    """The account and Region that a cloud assembly gives a template, if there is one around it."""
    if path is None:
        return None, None
    for _name, artifact in _artifacts_around(path):
        if (artifact.get("properties") or {}).get("templateFile") == path.name:
            found = _ENVIRONMENT.fullmatch(str(artifact.get("environment")))
            if found is not None:
                return found["account"], found["region"]
    return None, None


def _artifacts_around(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """The artifacts of the cloud assembly that a file is in; empty if it is not in one."""
    manifest = path.parent / "manifest.json"
    try:
        return _artifacts(read_file(manifest).value) if manifest.is_file() else []
    except InputError:
        return []


def _artifacts(manifest: object) -> list[tuple[str, Mapping[str, Any]]]:
    artifacts = manifest.get("artifacts") if isinstance(manifest, Mapping) else None
    found = artifacts.items() if isinstance(artifacts, Mapping) else ()
    return [(str(name), each) for name, each in found if isinstance(each, Mapping)]


def assembly_files(folder: Path) -> list[Path]:
    """The stack templates of a cloud assembly and of the assemblies inside it (those of CDK stages), in order."""
    return list(_templates(folder, set()))


def _templates(folder: Path, seen: set[Path]) -> Iterator[Path]:
    seen.add(folder.resolve())
    for _name, artifact in _artifacts(read_file(folder / "manifest.json").value):
        properties = artifact.get("properties") or {}
        if artifact.get("type") == "aws:cloudformation:stack" and properties.get("templateFile"):
            yield folder / str(properties["templateFile"])
        inside = folder / str(properties.get("directoryName") or "")
        if artifact.get("type") == "cdk:cloud-assembly" and inside.resolve() not in seen and is_assembly(inside):
            yield from _templates(inside, seen)


def is_assembly(folder: Path) -> bool:
    """Whether a folder is a cloud assembly."""
    manifest = folder / "manifest.json"
    try:
        return manifest.is_file() and bool(_artifacts(read_file(manifest).value))
    except InputError:
        return False


def _nested(declared: Mapping[str, Any], place: Place) -> tuple[Mapping[str, Any], Place] | None:
    """The template of a nested stack; None if it is not a file given relative to the template around it."""
    around = place.file.path
    written = (declared.get("Metadata") or {}).get("aws:asset:path")
    if written is None:
        written = (declared.get("Properties") or {}).get("TemplateURL")
    if around is None or not isinstance(written, str) or "://" in written:
        return None
    path = around.parent / written
    if not path.is_file():
        return None
    document = _read(path)
    if not isinstance(document.value, Mapping):
        raise InputError(Fault("is no template", document.place.location()))
    return document.value, document.place


def _read(path: Path) -> RawDocument:
    name = str(path)
    try:
        return read_file(path, name)
    except InputError:
        if path.suffix == ".json":
            raise
        from kms_eval.sources.cloudformation.text import read_template  # noqa: PLC0415 - needs an extra

        value, position = read_template(decoded(file_bytes(path, name), name), name)
        return RawDocument(SourceFile(name, path, position), value)
