"""The ids of rows, which decisions repeat: found even if the rest of a row is faulty, and written as they were.

Comes in: ids, and texts of rows that are not requests. Goes out: ids, and texts that mean the same ids.
Never here: files, the other columns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite

from kms_eval.analysis.batching.rows import ID, read_value
from kms_eval.errors import InputError

# Accepts numbers of any size, as it only has to find out where values end.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_NAME = re.compile(r'\s*[{,]\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_END = re.compile(r"\s*[,}]")


def id_in(text: str) -> object:
    """The id in a JSON text that is not a request; None if there is not exactly one, or if the id itself is faulty."""
    found = [value for name, value in _members(text) if name == ID]
    if len(found) != 1 or is_broken(found[0]):
        return None
    try:
        return read_value(found[0])
    except InputError:
        return None


def _members(text: str) -> Iterator[tuple[str, str]]:
    """The members of an object, their values as they are written, up to where the text is not JSON."""
    name = _NAME.match(text)
    while name is not None:
        begin = name.end()
        try:
            end = _DECODER.raw_decode(text, begin)[1]
            # A value that is not followed by a comma or a brace may be part of something else.
            if _END.match(text, end) is None:
                return
            yield json.loads(name[1]), text[begin:end]
        except (ValueError, RecursionError):
            return
        name = _NAME.match(text, end)


def is_broken(text: str) -> bool:
    """Whether bytes that are not UTF-8 are in a text that was decoded with ``surrogateescape``."""
    # Two quick tests settle nearly all texts: the surrogates that stand for such bytes pass neither.
    if text.isascii() or text.isprintable():
        return False
    return any("\udc80" <= character <= "\udcff" for character in text)


def text_of_id(row_id: object) -> str | None:
    """An id as text, for formats that have no other types."""
    return row_id if row_id is None or isinstance(row_id, str) else json_of_id(row_id)


def json_of_id(row_id: object) -> str:
    """An id as JSON: a number with the value and precision that it had; what JSON cannot represent becomes text."""
    if row_id.__class__ is int or isinstance(row_id, Decimal):
        return str(row_id)
    if isinstance(row_id, dict):
        members = [f"{json.dumps(name)}: {json_of_id(value)}" for name, value in row_id.items()]
        return f"{{{', '.join(members)}}}"
    if isinstance(row_id, (list, tuple)):
        return f"[{', '.join(map(json_of_id, row_id))}]"
    if isinstance(row_id, float) and not isfinite(row_id):
        return json.dumps(str(row_id))
    return json.dumps(row_id, default=str)
