"""Values that a shell offers while a command is typed.

Comes in: what has been typed so far. Goes out: candidates. Never here: deciding, and errors, which no shell can use.
Scenarios are read as plain values; that is quick, and works while they are still faulty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import typer

from kms_eval.errors import KmsEvalError


def _principals(ctx: typer.Context, incomplete: str) -> list[str]:
    return _fitting(_names(ctx, "principals"), incomplete)


def _keys(ctx: typer.Context, incomplete: str) -> list[str]:
    return _fitting(_names(ctx, "keys"), incomplete)


def _endpoints(ctx: typer.Context, incomplete: str) -> list[str]:
    return _fitting(_names(ctx, "vpc_endpoints"), incomplete)


def _actions(incomplete: str) -> list[str]:
    """Permissions, or operations where a colon is in the way of the shell."""
    from kms_eval.facts.actions import ACTIONS

    names = [action.name for action in ACTIONS]
    return _fitting([*names, *(name.partition(":")[2] for name in names)], incomplete)


def _codes(incomplete: str) -> list[str]:
    from kms_eval.codes import CODES

    return _fitting([row.code for row in CODES], incomplete)


def _fitting(names: list[str], incomplete: str) -> list[str]:
    return [name for name in names if name.lower().startswith(incomplete.lower())]


def _names(ctx: typer.Context, section: str) -> list[str]:
    return [name for name in _section(ctx, section) if isinstance(name, str)]


def _section(ctx: typer.Context, section: str) -> Iterator[object]:
    from kms_eval.doors.discovery import find
    from kms_eval.formats.text import read_file

    try:
        path = find(ctx.params.get("scenario"))
        value = read_file(path).value if path is not None else None
    except KmsEvalError:
        return
    entries = value.get(section) if isinstance(value, Mapping) else None
    if isinstance(entries, Mapping):
        yield from entries


VALUES: Mapping[str, Callable[..., list[str]]] = {
    "principals": _principals,
    "keys": _keys,
    "endpoints": _endpoints,
    "actions": _actions,
    "codes": _codes,
}
