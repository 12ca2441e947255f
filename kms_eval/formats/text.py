"""The one reader of files: from UTF-8 text in YAML or JSON to plain values with their positions.

Comes in: a path, or a text. Goes out: a RawDocument; InputError with every fault, and no other exception.
Never here: scenarios, policies, the meaning of any value. The YAML and JSON readers are imported on first use.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from kms_eval.errors import Fault, InputError, Location, nearest, quoted
from kms_eval.formats.document import Place, Position, RawDocument, SourceFile, Steps

Format = Literal["yaml", "json"]

# The largest policy of AWS has 32,768 bytes; a scenario with a thousand of them still fits.
LARGEST_FILE_BYTES = 512 * 1024 * 1024

_BYTE_ORDER_MARK = "\ufeff".encode()
_FORMATS: dict[str, Format] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


def read_file(path: Path, name: str | None = None) -> RawDocument:
    """The document in a file, called `name` in messages (its path if None).

    ``.json`` is JSON, ``.yaml`` and ``.yml`` are YAML; any other file is JSON if it begins with a brace, else YAML.
    InputError: missing, not a file, unreadable, too large, empty, not UTF-8 text, or faulty.
    """
    name = str(path) if name is None else name
    text = decoded(file_bytes(path, name), name)
    form = _FORMATS.get(path.suffix.lower()) or ("json" if text.lstrip().startswith("{") else "yaml")
    value, position = _reader(form)(text, name)
    return RawDocument(SourceFile(name, path, position), value)


def read_text(text: str | bytes, name: str, *, format: Format) -> RawDocument:  # noqa: A002 - the plain word for it
    """The document in a text in memory. Raises InputError as `read_file` does."""
    if isinstance(text, str):
        # A text in memory may hold what no file can: lone surrogates.
        text = text.encode("utf-8", "surrogatepass")
    value, position = _reader(format)(decoded(text, name), name)
    return RawDocument(SourceFile(name, None, position), value)


def read_embedded(text: str, place: Place) -> object:
    """The value of a JSON text that is itself a value of a document, the form in which AWS returns policies.

    Places inside it are places of the outer document: their fields are complete, their line is that of the text.
    InputError: every fault, with the file, line and field in the outer document.
    """
    try:
        return read_text(text, "", format="json").value
    except InputError as error:
        here = place.location()
        raise InputError([_inside(fault, here) for fault in error.faults]) from None


def _inside(fault: Fault, outer: Location) -> Fault:
    inner = fault.location
    line = f"line {inner.line} of the text: " if inner is not None and inner.line is not None else ""
    field = (outer.field or "") + _member(inner.field if inner is not None else None)
    location = Location(outer.file, outer.line, field.removeprefix(".") or None, outer.column)
    return Fault(line + fault.message, location, fault.help)


def _member(field: str | None) -> str:
    return f".{field}" if field and not field.startswith("[") else field or ""


def _reader(form: Format) -> Callable[[str, str], tuple[object, Callable[[Steps], Position | None]]]:
    # Imported here: most runs need only one of the two, and `--help` needs neither.
    if form == "json":
        from kms_eval.formats.json_text import read_json  # noqa: PLC0415

        return read_json
    from kms_eval.formats.yaml_text import read_yaml  # noqa: PLC0415

    return read_yaml


def file_bytes(path: Path, name: str) -> bytes:
    """The content of a file that messages call `name`. Raises InputError."""
    try:
        with path.open("rb") as file:
            # `read` allocates as many bytes as it is asked for, so ask for the file's size and one more byte, which
            # shows whether the file has grown.
            expected = min(os.fstat(file.fileno()).st_size, LARGEST_FILE_BYTES)
            data = file.read(expected + 1)
            if len(data) > expected:
                data += file.read(LARGEST_FILE_BYTES + 1 - len(data))
    except FileNotFoundError:
        raise InputError(Fault("there is no such file", Location(name), _neighbour(path))) from None
    except IsADirectoryError:
        raise InputError(Fault("is a folder, not a file", Location(name))) from None
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise InputError(Fault(f"cannot be read: {reason}", Location(name))) from None
    except ValueError:
        # A NUL character in the name itself.
        raise InputError(Fault("there is no such file", Location(name))) from None
    if len(data) > LARGEST_FILE_BYTES:
        raise InputError(Fault(f"is larger than {LARGEST_FILE_BYTES // 1024 // 1024} MiB", Location(name)))
    return data


def _neighbour(path: Path) -> str | None:
    try:
        # Compare names without their suffixes, which make different names look similar. The file itself, if it is a
        # broken link, is not suggested.
        names = {other.stem: other.name for other in path.parent.iterdir() if other.name != path.name}
    except OSError:
        return None
    near = nearest(path.stem, names)
    return f"did you mean {quoted(names[near])}?" if near is not None else None


def decoded(data: bytes, name: str) -> str:
    """The text of a file, without a byte order mark. Raises InputError for anything but UTF-8, and for empty text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(Fault("is UTF-16 text", Location(name), "save it as UTF-8"))
    if (offset := data.find(b"\0")) >= 0:
        fault = Fault(
            "is not text: it holds a NUL character", Location(name, _line_at(data, offset)), "save it as UTF-8"
        )
        raise InputError(fault)
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        fault = Fault("is not UTF-8 text", Location(name, _line_at(data, error.start)), "save it as UTF-8")
        raise InputError(fault) from None
    if not text.strip():
        raise InputError(Fault("is empty", Location(name)))
    return text


def _line_at(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
