"""A resource of a plan or a state on one side (before or after), and its attributes as far as they can be known.

Comes in: the values of an object, the marks of what is unknown and sensitive in them, and its configuration. Goes out:
attributes: values, `Unknown`, or None where there is nothing. Never here: what a type of resource means.
https://developer.hashicorp.com/terraform/internals/json-format#change-representation
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from kms_eval.formats.document import Only, Place, SourceFile
from kms_eval.formats.unknown import Unknown
from kms_eval.records import record

AFTER_APPLY = "known after apply"
SENSITIVE = "marked sensitive"

_INSTANCE = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]")


@record
class Resource:
    """One resource instance. `address` is complete (``module.a["x"].aws_kms_key.k[0]``), `module` that of its module.

    `expressions` is its part of the configuration, None where there is none (in states, on the side before): there,
    configured values cannot be told from those that Terraform computed.
    """

    address: str
    type: str
    mode: str
    module: str
    base: str
    """Type and name, with `data.` before data sources: ``aws_kms_key.k``."""
    index: str | int | None
    values: Mapping[str, object]
    place: Place
    unknown: object = False
    sensitive: object = False
    expressions: Mapping[str, object] | None = None
    provider: str = "aws"

    def get(self, *path: str | int) -> object:
        """What is at a path of attributes: its value, `Unknown`, or None."""
        if _marked(self.unknown, path):
            return Unknown(AFTER_APPLY, self.path(*path))
        if _marked(self.sensitive, path):
            remedy = "`nonsensitive()` in the configuration shows it, if it is no secret"
            return Unknown(SENSITIVE, self.path(*path), remedy)
        here: object = self.values
        for step in path:
            here = _member(here, step)
        return here

    def text(self, *path: str | int) -> str | None:
        """A string that is known, else None; an empty string counts as not set, as in Terraform."""
        value = self.get(*path)
        return value if isinstance(value, str) and value else None

    def path(self, *path: str | int) -> str:
        """The address of an attribute: ``aws_kms_key.k.policy``."""
        return self.address + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)

    def at(self, *path: str | int) -> Place:
        """Where an attribute stands in the file."""
        return self.place.at(*path)

    def addressed(self, *path: str | int) -> Place:
        """The place of an attribute, named by its Terraform address instead of its path in the JSON."""
        here = self.at(*path)
        position = here.file.position
        file = SourceFile(here.file.name, here.file.path, Only(position, here.steps))
        return Place(file, (self.path(*path),))

    def configured(self, name: str) -> bool | None:
        """Whether the configuration sets an attribute; None where there is no configuration to tell."""
        if self.expressions is None:
            return None
        return name in self.expressions

    @property
    def module_path(self) -> tuple[str, ...]:
        """The names of the modules that lead to it, without instance keys."""
        return module_names(self.module)


@record
class Index:
    """All resources of one side, by address, and by module and base, which is what references have."""

    resources: list[Resource]
    by_address: dict[str, Resource] = field(default_factory=dict)
    by_base: dict[tuple[str, str], list[Resource]] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> Index:
        """The index of these resources, in their order."""
        found = cls(list(resources))
        for each in found.resources:
            found.by_address.setdefault(each.address, each)
            found.by_base.setdefault((each.module, each.base), []).append(each)
        return found

    def of_type(self, *types: str, mode: str = "managed") -> Iterator[Resource]:
        """The resources of some types, in order."""
        return (each for each in self.resources if each.type in types and each.mode == mode)


def module_names(module: str) -> tuple[str, ...]:
    """``module.a["x"].module.b`` as its names: ``("a", "b")``."""
    return tuple(_INSTANCE.sub("", module).replace("module.", "").split(".")) if module else ()


def _member(value: object, step: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _marked(marks: object, path: tuple[str | int, ...]) -> bool:
    """Whether the whole value at a path is marked: the mark is on it, or on a value around it."""
    for step in path:
        if marks is True:
            return True
        marks = _member(marks, step)
    return marks is True
