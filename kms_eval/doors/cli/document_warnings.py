"""Warnings about documents on as few lines as possible: one for each code.

Comes in: warnings about documents. Goes out: lines. Never here: reading, printing.
"""

from __future__ import annotations

from collections.abc import Iterable

from kms_eval.documents.findings import DocumentWarning

_NAMED = 3


def document_warning_lines(warnings: Iterable[DocumentWarning]) -> list[str]:
    """A line for each code; if it occurs several times, its sentence and the places."""
    by_code: dict[str, list[DocumentWarning]] = {}
    for warning in warnings:
        by_code.setdefault(warning.code, []).append(warning)
    return [_line(code, found) for code, found in by_code.items()]


def _line(code: str, warnings: list[DocumentWarning]) -> str:
    if len(warnings) == 1:
        return f"warning: {warnings[0].as_fault()} [{code}]"
    from kms_eval.codes import CODE

    places = [f"{warning.location.file}:{warning.location.line}" for warning in warnings[:_NAMED]]
    more = f" and {len(warnings) - _NAMED} more" if len(warnings) > _NAMED else ""
    return f"warning: {CODE[code].sentence}, in {len(warnings)} places: {', '.join(places)}{more} [{code}]"
