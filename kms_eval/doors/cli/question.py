"""The question of a call, from its options, which correspond to the fields of a test.

Comes in: the options as typed. Goes out: a `Request`; InputError names the options that are at fault.
Never here: the world, the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.doors.cli.opening import HERE
from kms_eval.doors.cli.pairs import several, single
from kms_eval.errors import Fault, InputError, Location
from kms_eval.world.request import Request, request

if TYPE_CHECKING:
    from kms_eval.documents.model import Grant

_OPTIONS = {
    "principal": "PRINCIPAL",
    "action": "ACTION",
    "session.policies": "--session-policy",
    "session.name": "--session-name",
    "session.tags": "--session-tag",
    "session.source_identity": "--source-identity",
}
_FILES = (".json", ".yaml", ".yml")


def ask(
    principal: str,
    action: str,
    key: str | None = None,
    *,
    context: Sequence[str] = (),
    encryption_context: Sequence[str] = (),
    session_policies: Sequence[str] = (),
    session_name: str | None = None,
    session_tags: Sequence[str] = (),
    source_identity: str | None = None,
    vpc_endpoint: str | None = None,
    at: str | None = None,
    alias: str | None = None,
    destination_key: str | None = None,
    region: str | None = None,
    grant: str | None = None,
    via_grant: str | None = None,
    strict: bool = False,
) -> Request:
    """The question that the options ask. Paths are relative to the current folder."""
    session = {
        "name": session_name,
        "policies": list(session_policies),
        "tags": single(session_tags, "--session-tag"),
        "source_identity": source_identity,
    }
    try:
        return request(
            principal,
            action,
            key,
            context=several(context, "--context"),
            encryption_context=single(encryption_context, "--encryption-context") or None,
            session={name: value for name, value in session.items() if value} or None,
            vpc_endpoint=vpc_endpoint,
            at=at,
            alias=alias,
            destination_key=destination_key,
            region=region,
            grant=_grant(grant, action) if grant else grant,
            via_grant=via_grant,
            base=HERE,
            strict=strict,
        )
    except InputError as error:
        raise by_option(error) from None


def by_option(error: InputError) -> InputError:
    """The same error, whose places are the options where values were typed instead of the fields of a test."""
    return InputError([_by_option(fault) for fault in error.faults])


def _by_option(fault: Fault) -> Fault:
    """The fault, whose place is the option where the value was typed instead of the field of a test."""
    location = fault.location
    if location is None or location.file or not location.field or location.field.startswith("-"):
        return fault
    field, rest = re.match(r"((?:session\.)?[a-z_]*)(.*)", location.field).groups()  # type: ignore[union-attr]  # matches all
    option = _OPTIONS.get(field, "--" + field.replace("_", "-"))
    return replace(fault, location=Location(field=option + rest))


def _grant(text: str, action: str) -> Grant | str:
    """The request of CreateGrant, in JSON or in a file; else the id of a grant."""
    from kms_eval.documents.findings import Findings
    from kms_eval.documents.grants import read_grant
    from kms_eval.formats.text import read_file, read_text

    if text.lstrip().startswith("{"):
        document = read_text(text, "--grant", format="json")
    elif text.lower().endswith(_FILES) or action.lower().rpartition(":")[2] == "creategrant":
        document = read_file(Path(text))
    else:
        return text
    findings = Findings()
    if not isinstance(document.value, Mapping):
        raise InputError(Fault("the request of CreateGrant is a mapping", document.place.location()))
    grant = read_grant(document.value, document.place, findings, partial=True)
    findings.raise_faults()
    if grant is None:  # pragma: no cover - there were faults, and they are raised
        raise AssertionError
    return grant
