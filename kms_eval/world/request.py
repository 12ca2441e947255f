"""One request: who asks for which action, on what, under which circumstances.

Comes in: the fields of a test, as in a scenario file or in the Python API. Goes out: a `Request` with plain, checked
values; the names in it (principal, keys, endpoint) are still as the user wrote them, for `names` to resolve. Never
here: a world, a clock, a decision. Importing this loads no document reader; only sessions and grants need one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kms_eval.documents.findings import DocumentWarning, Findings
from kms_eval.documents.model import Grant
from kms_eval.errors import quoted
from kms_eval.facts.regions import region_complaint
from kms_eval.formats.document import Place, SourceFile
from kms_eval.formats.memory import HALF_PAIR, half_pair, plain
from kms_eval.records import record
from kms_eval.world.model import Session
from kms_eval.world.values import kind_of, quote_it, text_of

if TYPE_CHECKING:
    from kms_eval.world.attachments import Documents

ContextValue = str | bool | int | float

_EXAMPLE_TIME = "2026-01-01T00:00:00Z"


@record
class Request:
    """One request. The fields are those of a test; None and empty mean that the request does not say.

    `principal`, `key`, `destination_key` and `vpc_endpoint` are as the user wrote them. `context` maps each condition
    key that the caller adds to its values; an empty tuple is a key that is present with no values. `encryption_context`
    None means that none is given. `at` has a time zone; None means now. `grant` is the request of CreateGrant, or the
    id of a grant. `stranger` says that the principal is meant to be one that nothing in the world mentions. `warnings`
    are about session policies that came with the request.
    """

    principal: str
    action: str
    key: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    encryption_context: Mapping[str, str] | None = None
    session: Session | None = None
    vpc_endpoint: str | None = None
    at: datetime | None = None
    alias: str | None = None
    destination_key: str | None = None
    region: str | None = None
    grant: Grant | str | None = None
    via_grant: str | None = None
    stranger: bool = False
    warnings: tuple[DocumentWarning, ...] = ()

    def again(self, principal: str, action: str, key: str | None, at: datetime | None) -> Request:
        """The same request with these names, at this time. `dataclasses.replace` takes three times as long."""
        return Request(
            principal,
            action,
            key,
            self.context,
            self.encryption_context,
            self.session,
            self.vpc_endpoint,
            at,
            self.alias,
            self.destination_key,
            self.region,
            self.grant,
            self.via_grant,
            self.stranger,
            self.warnings,
        )


def request(
    principal: str,
    action: str,
    key: str | None = None,
    *,
    context: Mapping[str, ContextValue | Sequence[ContextValue]] | None = None,
    encryption_context: Mapping[str, str] | None = None,
    session: Mapping[str, object] | Session | None = None,
    vpc_endpoint: str | None = None,
    at: str | datetime | None = None,
    alias: str | None = None,
    destination_key: str | None = None,
    region: str | None = None,
    grant: Mapping[str, object] | Grant | str | None = None,
    via_grant: str | None = None,
    stranger: bool = False,
    base: Path | None = None,
    strict: bool = False,
) -> Request:
    """Check and normalise a request; the fields are those of a test, as users write them.

    Context values may be strings, booleans, numbers or lists of these. `at` is ISO 8601 text with ``Z`` or an offset,
    or a datetime with a time zone. `session` has `name`, `policies`, `tags`, `source_identity`; `grant` is the request
    of CreateGrant or a grant id. Paths of session policies are relative to `base`; with `strict`, what AWS would reject
    in them is a fault even where it can be read. Raises InputError with every fault and the field it is in.
    """
    fields: dict[str, object] = {
        "principal": principal,
        "action": action,
        "key": key,
        "context": context,
        "encryption_context": encryption_context,
        "session": session,
        "vpc_endpoint": vpc_endpoint,
        "at": at,
        "alias": alias,
        "destination_key": destination_key,
        "region": region,
        "grant": grant,
        "via_grant": via_grant,
        "stranger": stranger,
    }
    findings = Findings()
    read = read_request(fields, _NOWHERE, findings, lambda: _open_documents(base))
    findings.raise_faults(strict=strict)
    return replace(read, warnings=tuple(findings.warnings)) if findings.warnings else read


def read_request(
    fields: Mapping[str, object], place: Place, findings: Findings, documents: Callable[[], Documents]
) -> Request:
    """The request that the fields of a test describe; not valid where a fault within `place` was added to `findings`.

    `documents` reads session policies; it is called only where there is a session.
    """
    for name in ("principal", "action"):
        if fields.get(name) is None:
            findings.fault(place.at(name), f"`{name}` is missing")
    return Request(
        principal=_text("principal", fields, place, findings) or "",
        action=_text("action", fields, place, findings) or "",
        key=_text("key", fields, place, findings),
        context=_context(fields.get("context"), place.at("context"), findings),
        encryption_context=_encryption_context(
            fields.get("encryption_context"), place.at("encryption_context"), findings
        ),
        session=_session(fields.get("session"), place.at("session"), findings, documents),
        vpc_endpoint=_text("vpc_endpoint", fields, place, findings),
        at=_time(fields.get("at"), place.at("at"), findings),
        alias=_text("alias", fields, place, findings),
        destination_key=_text("destination_key", fields, place, findings),
        region=_region(fields, place, findings),
        grant=_grant(fields.get("grant"), place.at("grant"), findings),
        via_grant=_text("via_grant", fields, place, findings),
        stranger=_switch("stranger", fields, place, findings),
    )


_NOWHERE = Place(SourceFile(""))
"""The place of values that a program passes: their places consist of a field and nothing else."""


def _open_documents(base: Path | None) -> Documents:
    # Only sessions and grants need the document readers, and those take longer to load than everything else.
    from kms_eval.world.attachments import Documents  # noqa: PLC0415

    return Documents(base)


def _text(name: str, fields: Mapping[str, object], place: Place, findings: Findings) -> str | None:
    value = fields.get(name)
    if value is None or (isinstance(value, str) and value and not half_pair(value)):
        return value
    if isinstance(value, str) and value:
        findings.fault(place.at(name), HALF_PAIR.format(quoted(value)))
        return None
    message = "is empty" if value == "" else f"expected a string, found {kind_of(value)}"
    findings.fault(place.at(name), message, quote_it(value))
    return None


def _region(fields: Mapping[str, object], place: Place, findings: Findings) -> str | None:
    text = _text("region", fields, place, findings)
    complaint = region_complaint(text) if text is not None else None
    if complaint is not None:
        findings.fault(place.at("region"), *complaint)
    return text


def _switch(name: str, fields: Mapping[str, object], place: Place, findings: Findings) -> bool:
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    findings.fault(place.at(name), f"expected true or false, found {kind_of(value)}")
    return False


def _context(value: object, place: Place, findings: Findings) -> Mapping[str, tuple[str, ...]]:
    texts: dict[str, tuple[str, ...]] = {}
    if value is None:
        return texts
    if not isinstance(value, Mapping):
        findings.fault(place, f"expected a mapping, found {kind_of(value)}")
        return texts
    for name, given in value.items():
        values = [text_of(item) for item in given] if isinstance(given, (list, tuple)) else [text_of(given)]
        known = tuple(text for text in values if text is not None)
        odd = next((text for text in (name, *known) if isinstance(text, str) and half_pair(text)), None)
        if odd is not None:
            findings.fault(place, HALF_PAIR.format(quoted(odd)))
        elif not isinstance(name, str) or not name:
            findings.fault(place, f"expected the name of a condition key, found {kind_of(name)}")
        elif len(known) == len(values):
            texts[name] = known
        elif isinstance(given, (list, tuple)):
            index = values.index(None)
            findings.fault(place.at(name, index), f"expected a value, found {kind_of(given[index])}")
        else:
            advice = "an empty list is a key without values" if given is None else None
            findings.fault(place.at(name), f"expected a value or a list of values, found {kind_of(given)}", advice)
    return texts


def _encryption_context(value: object, place: Place, findings: Findings) -> Mapping[str, str] | None:
    """The encryption context: pairs of strings and nothing else.

    https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        findings.fault(place, f"expected a mapping, found {kind_of(value)}")
        return None
    for name, text in value.items():
        for odd in (item for item in (name, text) if not isinstance(item, str)):
            findings.fault(place.at(str(name)), f"expected a string, found {kind_of(odd)}", quote_it(odd))
        for odd in (item for item in (name, text) if isinstance(item, str) and half_pair(item)):
            findings.fault(place, HALF_PAIR.format(quoted(odd)))
    return dict(value)


def _time(value: object, place: Place, findings: Findings) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            findings.fault(place, f"{quoted(value)} is no ISO 8601 time", f"write `{_EXAMPLE_TIME}`")
            return None
    elif isinstance(value, datetime):
        time = value
    else:
        findings.fault(place, f"expected a time, found {kind_of(value)}", f"write `{_EXAMPLE_TIME}`")
        return None
    if time.utcoffset() is None:
        findings.fault(
            place, f"{quoted(str(value))} may be in any time zone", f"add `Z` or an offset: `{time.isoformat()}Z`"
        )
        return None
    try:
        return time.astimezone(UTC)
    except OverflowError:
        findings.fault(place, f"{quoted(str(value))} is out of range")
        return None


def _session(value: object, place: Place, findings: Findings, documents: Callable[[], Documents]) -> Session | None:
    if value is None or isinstance(value, Session):
        return value
    from kms_eval.world.sessions import read_session  # noqa: PLC0415 - likewise

    return read_session(plain(value, place.file, place.steps), place, documents(), findings)


def _grant(value: object, place: Place, findings: Findings) -> Grant | str | None:
    if value is None or isinstance(value, Grant):
        return value
    if isinstance(value, Mapping):
        from kms_eval.documents.grants import read_grant  # noqa: PLC0415 - likewise

        return read_grant(plain(value, place.file, place.steps), place, findings, partial=True)
    if isinstance(value, str) and value:
        return value
    message = "is empty" if value == "" else f"expected a grant or a grant id, found {kind_of(value)}"
    findings.fault(place, message, quote_it(value))
    return None
