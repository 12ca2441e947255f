"""What an attribute refers to, where its value is not known yet: resources and their attributes.

Comes in: the configuration of a plan, and an attribute. Goes out: targets. Never here: what resources mean.

For each expression the JSON of a plan only lists what it refers to, so ``jsonencode({… aws_iam_role.a.arn})`` and
``aws_iam_role.a.arn`` look the same: callers have to know which attributes are always one reference. Locals are not in
it at all. https://developer.hashicorp.com/terraform/internals/json-format#expression-representation
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kms_eval.records import record
from kms_eval.sources.terraform.formats import Read
from kms_eval.sources.terraform.resources import Resource, module_names

_REFERENCE = re.compile(
    r"(?P<base>(?:data\.)?[A-Za-z][\w-]*\.[\w-]+)(?:\[(?:(?P<number>\d+)|\"(?P<text>[^\"]*)\")\])?(?:\.(?P<attribute>.+))?"
)
_MODULE = re.compile(r"module\.(?P<name>[\w-]+)(?P<index>\[(?:\d+|\"[^\"]*\")\])?\.(?P<output>[\w-]+)")
_NO_RESOURCES = ("var.", "local.", "each.", "count.", "path.", "terraform.", "self.", "module.")
_DEEPEST = 20


@record
class Target:
    """A resource that is referred to, and which attribute of it; Terraform 0.12 does not say the attribute."""

    resource: Resource
    attribute: str


class References:
    """Finds what attributes of one side of a plan refer to."""

    def __init__(self, read: Read) -> None:
        self._index = read.index
        self._root: Mapping[str, Any] = read.configuration.get("root_module") or {}
        self.variables = read.variables

    def of(self, resource: Resource, *path: str | int) -> list[Target]:
        """What the expression of an attribute refers to; empty if that is not known."""
        expression: object = resource.expressions
        for step in path:
            expression = _member(expression, step)
        return list(self._targets(expression, resource.module, resource.index, _DEEPEST))

    def one(self, resource: Resource, *path: str | int) -> Target | None:
        """What an attribute refers to, if that is exactly one thing; else None."""
        found = self.of(resource, *path)
        return found[0] if len(found) == 1 else None

    def value(self, expression: object) -> object:
        """The value of an expression of the root module that is a constant or a variable; None if it is neither."""
        if not isinstance(expression, Mapping):
            return None
        if "constant_value" in expression:
            return expression["constant_value"]
        found = expression.get("references")
        name = str(found[0]) if isinstance(found, list) and len(found) == 1 else ""
        return self.variables.get(name.removeprefix("var.")) if name.startswith("var.") else None

    def _targets(self, expression: object, module: str, index: object, left: int) -> Iterator[Target]:
        if not isinstance(expression, Mapping) or not left:
            return
        references = expression.get("references")
        for text in _whole(references if isinstance(references, list) else ()):
            if text.startswith("var."):
                yield from self._variable(text.removeprefix("var."), module, left)
            elif text.startswith("module."):
                yield from self._output(text, module, left)
            elif not text.startswith(_NO_RESOURCES):
                yield from self._resources(text, module, index)

    def _resources(self, text: str, module: str, index: object) -> Iterator[Target]:
        found = _REFERENCE.fullmatch(text)
        if found is None:
            return
        candidates = self._index.by_base.get((module, found["base"]), [])
        wanted: object = int(found["number"]) if found["number"] else found["text"]
        if wanted is None and len(candidates) > 1:
            # `each.key` or `count.index` is between the brackets: take the instance with the same key.
            wanted = index
        if wanted is not None:
            candidates = [each for each in candidates if each.index == wanted]
        yield from (Target(each, found["attribute"] or "") for each in candidates)

    def _variable(self, name: str, module: str, left: int) -> Iterator[Target]:
        """What the value refers to that the caller of a module passes for a variable."""
        if not module:
            return
        *outer, last = module_names(module)
        call = (self._module(tuple(outer)).get("module_calls") or {}).get(last) or {}
        expression = (call.get("expressions") or {}).get(name)
        around, _, _ = module.rpartition(f"module.{last}")
        yield from self._targets(expression, around.rstrip("."), None, left - 1)

    def _output(self, text: str, module: str, left: int) -> Iterator[Target]:
        found = _MODULE.match(text)
        if found is None:
            return
        name = f"module.{found['name']}"
        base = f"{module}.{name}" if module else name
        instances = (
            [base + found["index"]]
            if found["index"]
            else sorted({each.module for each in self._index.resources if _is_instance(each.module, base)})
        )
        child = self._module((*module_names(module), found["name"]))
        output = (child.get("outputs") or {}).get(found["output"]) or {}
        for instance in instances or [base]:
            yield from self._targets(output.get("expression"), instance, None, left - 1)

    def _module(self, names: tuple[str, ...]) -> Mapping[str, Any]:
        here = self._root
        for name in names:
            here = ((here.get("module_calls") or {}).get(name) or {}).get("module") or {}
        return here


def _is_instance(module: str, base: str) -> bool:
    if not module.startswith(base):
        return False
    rest = module[len(base) :]
    return not rest or (rest.startswith("[") and rest.endswith("]") and ".module." not in rest)


def _whole(references: Iterable[object]) -> Iterator[str]:
    """The references without those that are prefixes of the one before: ``a.b.arn``, ``a.b`` is one reference."""
    longest = ""
    seen: set[str] = set()
    for each in references:
        text = str(each)
        if text in seen or (longest.startswith(text) and longest[len(text) : len(text) + 1] in (".", "[")):
            continue
        longest = text
        seen.add(text)
        yield text


def _member(value: object, step: str | int) -> object:
    if isinstance(value, Mapping) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    # A block that occurs once is written without a list by some versions.
    return value if step == 0 and isinstance(value, Mapping) else None
