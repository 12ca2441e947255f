"""Policy documents in plans and states: text, or rendered from `aws_iam_policy_document` as far as it is known.

Comes in: an attribute that holds a policy. Goes out: the document as a raw value, in which parts may be `Unknown`, and
its place. Never here: what a policy is attached to, what it says.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kms_eval.documents.wrapping import looks_like_document
from kms_eval.errors import Fault, InputError
from kms_eval.formats.document import Origin, Steps
from kms_eval.formats.unknown import Unknown
from kms_eval.sources.raw import Document
from kms_eval.sources.terraform.naming import IAM_KINDS, KEY_TYPES, Naming
from kms_eval.sources.terraform.references import References, Target
from kms_eval.sources.terraform.resources import AFTER_APPLY, Resource

DOCUMENT = "aws_iam_policy_document"

_JSONENCODE = (
    "jsonencode makes the whole text unknown where one part of it is; data.aws_iam_policy_document would not, "
    "or apply first and plan again"
)
_APPLY = "apply first and plan again"
_JSON = frozenset({"", "json", "minified_json"})
_DEEPEST = 10


class Documents:
    """Reads the policies of one side."""

    def __init__(self, references: References, naming: Naming) -> None:
        self._references = references
        self._naming = naming

    def policy(self, resource: Resource, *path: str | int, left: int = _DEEPEST) -> Document | None:
        """The policy in an attribute; None if the attribute has no policy."""
        value = resource.get(*path)
        if isinstance(value, str):
            if value.strip() and not looks_like_document(value):
                # Unlike in a scenario, a text here cannot be the path of a file.
                raise InputError(Fault("is no policy: expected the text of one", resource.addressed(*path).location()))
            return Document(value, Origin(resource.addressed(*path), resource.address)) if value.strip() else None
        if not isinstance(value, Unknown):
            return None
        if value.reason != AFTER_APPLY:
            return Document(value, Origin(resource.addressed(*path), resource.address))
        if resource.configured(str(path[0])) is False:
            return None
        found = self._references.of(resource, *path)
        if len(found) == 1 and left:
            document = self._of_target(found[0], left - 1)
            if document is not None:
                return Document(document.value, Origin(document.origin.place, resource.address), document.parts)
        remedy = _JSONENCODE if found and not _is_document(found[0]) else _APPLY
        return Document(
            Unknown(AFTER_APPLY, value.address, remedy), Origin(resource.addressed(*path), resource.address)
        )

    def _of_target(self, target: Target, left: int) -> Document | None:
        if _is_document(target):
            return self.rendered(target.resource, left)
        if target.resource.mode == "managed" and target.attribute == "policy":
            return self.policy(target.resource, "policy", left=left)
        return None

    def rendered(self, data: Resource, left: int = _DEEPEST) -> Document:
        """The document that a data source renders; parts of it are unknown if it is only read during apply."""
        text = data.text("json") or data.text("minified_json")
        origin = Origin(data.addressed("json"), data.address)
        if text is not None:
            return Document(text, origin)
        statements: list[object] = []
        parts: dict[Steps, Origin] = {}
        for name in ("source_json", "source_policy_documents"):
            self._sources(data, name, statements, left)
        if statements and any(isinstance(each, Unknown) for each in statements):
            return Document(next(each for each in statements if isinstance(each, Unknown)), origin)
        written = data.get("statement")
        if isinstance(written, Unknown):
            return Document(Unknown(AFTER_APPLY, data.path("statement"), _APPLY), origin)
        for index in range(len(written) if isinstance(written, list) else 0):
            parts["Statement", len(statements)] = Origin(data.addressed("statement", index))
            statements.append(self._statement(data, index))
        overriding: list[object] = []
        for name in ("override_json", "override_policy_documents"):
            self._sources(data, name, overriding, left)
        for each in overriding:
            if isinstance(each, Unknown):
                return Document(each, origin)
            _override(statements, each)
        document = {"Version": data.text("version") or "2012-10-17", "Statement": statements}
        if data.text("policy_id") is not None:
            document["Id"] = data.text("policy_id") or ""
        return Document(document, origin, parts)

    def _sources(self, data: Resource, name: str, statements: list[object], left: int) -> None:
        """Add the statements of the other documents that this one is made of."""
        value = data.get(name)
        if not value:
            return
        texts = value if isinstance(value, list) else [value]
        found: list[object] = [data.get(name, index) for index in range(len(texts))] if texts is value else [value]
        if any(isinstance(each, Unknown) for each in found):
            targets = self._references.of(data, name)
            if len(targets) != len(found) or not all(_is_document(each) for each in targets) or not left:
                statements.append(Unknown(AFTER_APPLY, data.path(name), _APPLY))
                return
            found = [self.rendered(each.resource, left - 1).value for each in targets]
        for each in found:
            statements += _statements_of(each)

    def _statement(self, data: Resource, index: int) -> dict[str, object]:
        here = ("statement", index)
        statement: dict[str, object] = {}
        sid = data.get(*here, "sid")
        if isinstance(sid, str) and sid:
            statement["Sid"] = sid
        effect = data.get(*here, "effect")
        statement["Effect"] = effect if isinstance(effect, (Unknown, str)) and effect else "Allow"
        for name, element in _LISTS:
            values = self._list(data, *here, name)
            if values:
                statement[element] = values
        for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
            found = self._principals(data, *here, name)
            if found is not None:
                statement[element] = found
        conditions = self._conditions(data, *here, "condition")
        if conditions:
            statement["Condition"] = conditions
        return statement

    def _principals(self, data: Resource, *path: str | int) -> object:
        blocks = data.get(*path)
        if isinstance(blocks, Unknown):
            return Unknown(AFTER_APPLY, data.path(*path), _APPLY)
        if not isinstance(blocks, list) or not blocks:
            return None
        by_type: dict[str, list[object]] = {}
        for index in range(len(blocks)):
            kind = data.get(*path, index, "type")
            if not isinstance(kind, str):
                return Unknown(AFTER_APPLY, data.path(*path, index, "type"), _APPLY)
            by_type.setdefault(kind, []).extend(self._list(data, *path, index, "identifiers"))
        if by_type == {"*": ["*"]}:
            return "*"
        return by_type

    def _conditions(self, data: Resource, *path: str | int) -> object:
        blocks = data.get(*path)
        if isinstance(blocks, Unknown):
            return Unknown(AFTER_APPLY, data.path(*path), _APPLY)
        found: dict[str, dict[str, list[object]]] = {}
        for index in range(len(blocks) if isinstance(blocks, list) else 0):
            test, variable = data.get(*path, index, "test"), data.get(*path, index, "variable")
            if not isinstance(test, str) or not isinstance(variable, str):
                return Unknown(AFTER_APPLY, data.path(*path, index), _APPLY)
            values = self._list(data, *path, index, "values")
            found.setdefault(test, {}).setdefault(variable, []).extend(values)
        return found

    def _list(self, data: Resource, *path: str | int) -> list[object]:
        """The entries of a list of strings; unknown ones are what the configuration refers to, if that is unambiguous.

        Terraform takes ``&{…}`` for policy variables, which are ``${…}`` in the document.
        """
        value = data.get(*path)
        if isinstance(value, Unknown):
            found: list[object] = [value]
        else:
            found = [data.get(*path, index) for index in range(len(value) if isinstance(value, list) else 0)]
        known = [each.replace("&{", "${") for each in found if isinstance(each, str)]
        missing = sum(isinstance(each, Unknown) for each in found)
        if not missing:
            return list(known)
        targets = self._references.of(data, *path)
        named = [self._named(each) for each in targets]
        entire = isinstance(value, Unknown)
        if named and None not in named and (len(named) == missing or (entire and not known)):
            return [*known, *named]
        return [*known, Unknown(AFTER_APPLY, data.path(*path), _APPLY)]

    def _named(self, target: Target) -> str | None:
        """The ARN that a reference will have as its value; None if that is not known."""
        resource, attribute = target.resource, target.attribute
        if attribute not in ("arn", ""):
            return None
        if resource.type in KEY_TYPES and resource.mode == "managed":
            return self._naming.key_arn(resource)
        if resource.type in IAM_KINDS:
            return self._naming.iam_arn(resource)
        known = resource.text("arn")
        if known is not None or resource.mode != "managed" or not attribute:
            return known
        # Its ARN will be one of another service, so it is neither a principal nor a key.
        service = resource.type.removeprefix("aws_").split("_")[0]
        return f"arn:{self._naming.partition}:{service}:::{resource.address}"


_LISTS = (
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)


def _is_document(target: Target) -> bool:
    return target.resource.type == DOCUMENT and target.attribute in _JSON


def _statements_of(document: object) -> list[object]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return []
    if isinstance(document, Unknown):
        return [document]
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    if isinstance(statements, list):
        return list(statements)
    return [statements] if isinstance(statements, Mapping) else []


def _override(statements: list[object], statement: object) -> None:
    """Put a statement in the place of the one with the same Sid, or else add it."""
    sid = statement.get("Sid") if isinstance(statement, Mapping) else None
    for index, each in enumerate(statements):
        if sid and isinstance(each, Mapping) and each.get("Sid") == sid:
            statements[index] = statement
            return
    statements.append(statement)
