"""Names of principals that fit into a table.

Comes in: a principal's label. Goes out: a shorter text for the same principal. Never here: which principals exist. Two
may have the same short name: code that shows it also shows the whole name somewhere, or uses `short_names`, which keeps
them distinct.
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
    # A session needs both the name of the role and its own.
    kept = 2 if parts[0] == "assumed-role" else 1
    if len(parts) > kept + 1:
        rest = "/".join((parts[0], ellipsis, *parts[-kept:]))
    return account + rest


def short_names(labels: Sequence[str], ellipsis: str = "…") -> tuple[str, ...]:
    """The short name of each label; if two labels would have the same short name, both are kept whole."""
    short = [short_name(label, ellipsis) for label in labels]
    seen: dict[str, set[str]] = {}
    for name, label in zip(short, labels, strict=True):
        seen.setdefault(name, set()).add(label)
    return tuple(name if len(seen[name]) == 1 else label for name, label in zip(short, labels, strict=True))
