"""Files and folders that are sources: found, unpacked, and taken apart into documents.

Comes in: a path. Goes out: documents with the names of the folders and the file they are in; InputError for what cannot
be read at all. Never here: recognising what a document is.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from kms_eval.errors import Fault, InputError, Location
from kms_eval.formats.document import Inside, Place, Position, RawDocument, SourceFile, Steps
from kms_eval.formats.text import LARGEST_FILE_BYTES, decoded, file_bytes
from kms_eval.records import record
from kms_eval.sources.recognising import SHOW

ENDINGS = (".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".tfstate", ".template", ".txt")
"""Files of a folder with other endings are left alone; each may be compressed (``.gz``)."""

_YAML = (".yaml", ".yml", ".template")
_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"


@record
class Opened:
    """A document of a source: its value, its place, and the names of the folders and the file it is in.

    Its place is the root of a file that has one document, else its number in the file. A member of a document has the
    member's name as its last name.
    """

    value: object
    place: Place
    names: tuple[str, ...]

    def member(self, step: str | int, value: object) -> Opened:
        """A member of this document as a document."""
        names = (*self.names, step) if isinstance(step, str) else self.names
        return Opened(value, self.place.at(step), names)

    def document(self) -> RawDocument:
        """The same as a document of its own, whose steps begin at its own root."""
        file, around = self.place.file, self.place.steps
        if around:
            file = SourceFile(file.name, file.path, Inside(file.position, around))
        return RawDocument(file, self.value)


@record
class Found:
    """A file of a source, not read yet. `alone` means that the user named the file itself, not a folder around it."""

    path: Path
    names: tuple[str, ...]
    alone: bool = False

    @property
    def name(self) -> str:
        """The name that messages use for it."""
        return os.path.normpath(self.path)


def files_in(path: Path, others: list[str] | None = None) -> Iterator[Found]:
    """The files of a source, in the order of their names; hidden files and folders are left out.

    The names of files that are left out because of their endings are added to `others`.
    """
    if not path.is_dir():
        yield Found(path, (path.parent.name, _stem(path.name)), alone=True)
        return
    yield from _below(path, (path.resolve().name,), [] if others is None else others)


def _below(folder: Path, names: tuple[str, ...], others: list[str]) -> Iterator[Found]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise InputError(Fault(f"cannot be read: {reason}", Location(str(folder)))) from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _below(entry, (*names, entry.name), others)
        elif entry.name.removesuffix(".gz").lower().endswith(ENDINGS):
            yield Found(entry, (*names, _stem(entry.name)))
        else:
            others.append(entry.name)


def _stem(name: str) -> str:
    plain = name.removesuffix(".gz")
    return plain.rsplit(".", 1)[0] if plain.lower().endswith(ENDINGS) else plain


def read_documents(found: Found) -> list[Opened]:
    """The documents in a file: one, or several JSON values one after another, as in JSON Lines or appended outputs.

    Raises InputError with one line that says what is wrong with the file and how to fix it.
    """
    data = file_bytes(found.path, found.name)
    if data.startswith(_GZIP):
        data = _unpacked(data, found.name)
    if data.startswith(_ZIP):
        advice = f"`terraform show -json {found.name} > plan.json`; a CDK or Lambda asset is no source"
        raise InputError(Fault("is a Terraform plan in binary form, or another zip file", Location(found.name), advice))
    text = decoded(_as_utf8(data, found.name), found.name)
    plain = found.path.name.removesuffix(".gz").lower()
    if text.lstrip()[:1] not in ("{", "[") and plain.endswith(_YAML):
        return [Opened(*_yaml(text, found), found.names)]
    values, position = _json(text, found.name)
    if len(values) == 1:
        file = SourceFile(found.name, found.path, Inside(position, (0,)))
        return [Opened(values[0], Place(file), found.names)]
    file = SourceFile(found.name, found.path, position)
    return [Opened(value, Place(file, (index,)), found.names) for index, value in enumerate(values)]


def _json(text: str, name: str) -> tuple[list[object], Callable[[Steps], Position | None]]:
    from kms_eval.formats.json_text import read_json_values  # noqa: PLC0415 - a folder may have none

    try:
        return read_json_values(text, name)
    except InputError as error:
        complaint = _looks_like(text)
        if complaint is None:
            raise
        message, advice = complaint
        place = error.faults[0].location
        raise InputError(Fault(message, Location(name, place.line if place else None), advice)) from None


def _yaml(text: str, found: Found) -> tuple[object, Place]:
    from kms_eval.formats.yaml_text import read_yaml  # noqa: PLC0415 - most folders have none

    try:
        value, position = read_yaml(text, found.name)
    except InputError:
        if not re.search(r"^Resources:", text, re.MULTILINE):
            raise
        from kms_eval.sources.cloudformation.text import read_template  # noqa: PLC0415 - needs an extra

        value, position = read_template(text, found.name)
    return value, Place(SourceFile(found.name, found.path, position))


_FAILED_CALL = (
    r"\s*(?:aws: \[ERROR\]|aws: error|usage: aws|An error occurred \(|Unable to locate credentials|The SSO session"
    r"|Error (?:loading|when retrieving)|You must specify a region|Could not connect to|The config profile"
    r"|Partial credentials|Connection was closed|(?:Connect|Read) timeout)"
)
_PRINTED_PLAN = (
    r"(?s)(?:.*\n)?[^\n]*(?:Terraform|OpenTofu) (?:will perform the following|used the selected providers)"
    r"|(?:\x1b\[[\d;]*m)*No changes\."
)
_LOOKS: tuple[tuple[str, str, str], ...] = (
    (
        _PRINTED_PLAN,
        "is what `terraform plan` prints for people",
        SHOW,
    ),
    (
        r"(?s)(?:.*\n)?(?:(?:resource|provider|variable|module|data|output|locals|terraform)\b[^\n:]*\{)",
        "is Terraform configuration, which only Terraform can evaluate",
        SHOW,
    ),
    (
        r"\s*<(?:!doctype\s+html|html)",
        "is an HTML page, not JSON",
        "what was saved is an error or sign-in page; save the response again",
    ),
    (r"\s*<[?!a-z]", "is XML, not JSON", "save what the AWS CLI prints with `--output json`"),
    (
        r"\s*user,arn,user_creation_time",
        "is a credential report",
        "it has no policies; save the output of `aws iam get-account-authorization-details`",
    ),
    (r"[^\n{\[]*,[^\n{\[]*,[^\n{\[]*\n", "is CSV, not JSON", "save what the AWS CLI prints with `--output json`"),
    (
        _FAILED_CALL,
        "is an error message of the AWS CLI, not a response",
        "the call failed; what it would tell is not known",
    ),
    (r"[A-Z]+\t", "is text output of the AWS CLI", "save it with `--output json`"),
    (r"\s*-{3,}\n\s*\|", "is a table as the AWS CLI prints it", "save it with `--output json`"),
    (r"\s*[{\[]\s*'", "is what Python prints for a value, not JSON", "write it with `json.dumps(value, default=str)`"),
    (r"(?:---\s*\n)?\w+:(?:\s|$)", "is YAML in a file whose name does not say so", "let its name end in `.yaml`"),
)


def _looks_like(text: str) -> tuple[str, str] | None:
    """What a text that is not JSON looks like, and what to do; None if nothing fits, as for JSON with a mistake."""
    for pattern, message, advice in _LOOKS:
        if re.match(pattern, text, re.IGNORECASE):
            return message, advice
    if text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] not in ("}", "]"):
        return "ends in the middle: the file is half-written", "save the response again"
    said = (line.lstrip() for line in text.splitlines())
    first = next((line for line in said if line and not line.startswith(("#", "//"))), "")
    if first[:1].isalpha():
        return (
            "is a text that is no source",
            "a source is JSON or YAML: a scenario, responses of AWS, a plan or a template",
        )
    return None


_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def _as_utf8(data: bytes, name: str) -> bytes:
    """The data as UTF-8. Windows PowerShell saves with ``>`` as UTF-16, with a byte order mark."""
    if not data.startswith(_UTF_16):
        return data
    try:
        return data.decode("utf-16").encode()
    except UnicodeError:
        raise InputError(Fault("is not whole UTF-16 text", Location(name), "save it as UTF-8")) from None


def _unpacked(data: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise InputError(Fault("is not a whole gzip file", Location(name), "save it again")) from None
    if len(unpacked) > LARGEST_FILE_BYTES:
        raise InputError(Fault(f"is larger than {LARGEST_FILE_BYTES // 1024 // 1024} MiB unpacked", Location(name)))
    return unpacked
