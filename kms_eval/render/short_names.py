"""Principals by names that fit into a table.

Comes in: a principal's label. Goes out: a shorter text for the same one. Never here: which principals there are. Two
may have one short name: whoever shows it shows the whole one somewhere, or asks `short_names` for ones that differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ARN = re.compile(r"arn:[\w-]+:(?:iam|sts)::(?P<account>\d{12}):(?P<rest>.+)", re.DOTALL)
_ANYONE = "anyone in account "


def short_name(label: str, ellipsis: str = "…") -> str:
    """``arn:aws:iam::111122223333:role/team/app`` as ``111122223333:role/…/app``: account, kind and last part."""
    if label.startswith(_ANYONE):
        return f"anyone in {label.removeprefix(_ANYONE)}"
    found = _ARN.fullmatch(label)
    account, rest = (f"{found['account']}:", found["rest"]) if found else ("", label)
    parts = rest.split("/")
    # Of a session both the role and its own name are needed.
    kept = 2 if parts[0] == "assumed-role" else 1
    if len(parts) > kept + 1:
        rest = "/".join((parts[0], ellipsis, *parts[-kept:]))
    return account + rest


def short_names(labels: Sequence[str], ellipsis: str = "…") -> tuple[str, ...]:
    """The short name of each; where two would be the same, both keep their label."""
    short = [short_name(label, ellipsis) for label in labels]
    seen: dict[str, set[str]] = {}
    for name, label in zip(short, labels, strict=True):
        seen.setdefault(name, set()).add(label)
    return tuple(name if len(seen[name]) == 1 else label for name, label in zip(short, labels, strict=True))
