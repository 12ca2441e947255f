"""What reading had to remark, on as few lines as can be: one for each kind of remark.

Comes in: notices. Goes out: lines. Never here: reading, printing.
"""

from __future__ import annotations

from collections.abc import Iterable

from kms_eval.documents.findings import Notice

_NAMED = 3


def notice_lines(notices: Iterable[Notice]) -> list[str]:
    """A line for each code; where it comes several times, the sentence it stands for and the places."""
    by_code: dict[str, list[Notice]] = {}
    for notice in notices:
        by_code.setdefault(notice.code, []).append(notice)
    return [_line(code, found) for code, found in by_code.items()]


def _line(code: str, notices: list[Notice]) -> str:
    if len(notices) == 1:
        return f"warning: {notices[0].as_fault()} [{code}]"
    from kms_eval.codes import CODE

    places = [f"{notice.location.file}:{notice.location.line}" for notice in notices[:_NAMED]]
    more = f" and {len(notices) - _NAMED} more" if len(notices) > _NAMED else ""
    return f"warning: {CODE[code].sentence}, in {len(notices)} places: {', '.join(places)}{more} [{code}]"
