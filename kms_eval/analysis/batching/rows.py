"""The rows of a batch of requests: which columns they have, and how a cell's value becomes a field of a question.

Comes in: names of columns, texts. Goes out: the columns that count, plain values; InputError where they make no sense.
Never here: files and their formats, deciding.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from kms_eval.errors import Fault, InputError, did_you_mean, quoted
from kms_eval.formats.json_text import read_json
from kms_eval.formats.lines import DEEPEST
from kms_eval.formats.numbers import fraction, whole_number

ID = "id"
FIELDS = (
    "principal",
    "action",
    "key",
    "context",
    "encryption_context",
    "vpc_endpoint",
    "at",
    "alias",
    "destination_key",
    "region",
    "grant",
    "via_grant",
    "session",
)
"""The columns of a request: those of the contract, then the other fields of a test, which few requests need."""

REQUIRED = ("principal", "action")
NESTED = frozenset({"context", "encryption_context", "grant", "session"})
"""Fields whose value may be a mapping; as a text it is JSON."""

LINE = "line"
DECISION_COLUMNS = (
    "id", "principal", "action", "key", "decision", "reason_code", "policy", "sid", "error", "warnings", LINE,
)  # fmt: skip
"""The columns of decisions: all text, except the id, which keeps its type, and the line, a number."""

_KNOWN = frozenset({ID, *FIELDS})


def fields_among(names: Iterable[str]) -> tuple[str, ...]:
    """Those of a table's columns that are read, `id` included, in the table's order; others are ignored.

    Raises InputError if `principal` or `action` is missing, a column occurs twice, or a name is nearly that of a
    column: with a misspelt `context` the request would have no context.
    """
    names = list(names)
    faults = _misspelt(names)
    faults += [Fault(f"there are two columns `{name}`") for name in sorted(_KNOWN) if names.count(name) > 1]
    mentioned = {fault.help for fault in faults}
    for name in REQUIRED:
        if name not in names and f"did you mean `{name}`?" not in mentioned:
            advice = f"the columns are {', '.join(quoted(each) for each in names[:20])}" if names else None
            faults.append(Fault(f"there is no column `{name}`", help=advice))
    if faults:
        raise InputError(faults)
    return tuple(name for name in names if name in _KNOWN)


def fields_of(row: Mapping[str, object]) -> dict[str, object]:
    """The fields of a row that has its own names, without `id`. Raises InputError for a misspelt name."""
    faults = _misspelt(row)
    if faults:
        raise InputError(faults)
    return {name: value for name, value in row.items() if name in _KNOWN and name != ID}


def _misspelt(names: Iterable[str]) -> list[Fault]:
    strange = [name for name in names if name not in _KNOWN]
    near = [(name, did_you_mean(name, _KNOWN)) for name in strange]
    return [Fault(f"unknown column {quoted(name)}", help=advice) for name, advice in near if advice is not None]


def read_value(text: str) -> Any:
    """The value of a JSON text; numbers other than whole ones as Decimal. Raises InputError.

    Duplicate keys are a fault as they are in a scenario: one of the two values would be ignored.
    """
    if "\\u" not in text and text.count("[") + text.count("{") <= DEEPEST:
        # Nearly all texts are well-formed, and this reads them fastest; the others go to the slower reader.
        try:
            value, end = _SCAN(text, 0)
        except (StopIteration, ValueError):
            end = -1
        if end == len(text):
            return value
    try:
        return read_json(text, "")[0]
    except InputError as error:
        raise InputError([_on_one_line(fault) for fault in error.faults]) from None


def _on_one_line(fault: Fault) -> Fault:
    """The fault of a text that is one row or one cell, so that its line number says nothing."""
    location = fault.location
    field = replace(location, file=None, line=None) if location is not None and location.field else None
    return replace(fault, location=field)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _no_constant(_text: str) -> None:
    raise ValueError


_DECODER = json.JSONDecoder(
    object_pairs_hook=_mapping, parse_int=whole_number, parse_float=fraction, parse_constant=_no_constant
)
_SCAN = _DECODER.scan_once  # type: ignore[attr-defined]  # there since Python 3.0, and not in the stubs
