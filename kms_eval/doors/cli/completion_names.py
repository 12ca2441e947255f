"""Names that a shell offers for keys, principals, endpoints, actions and codes.

Comes in: the scenarios on the line. Goes out: names, the most usual ones first. Never here: what has been typed.
A scenario may come with a cloned repository, and its author is not trusted: only names that every shell reads literally
are `plain`. For a key whose handle is not plain, its alias, id or ARN is offered.
Scenarios are read as plain values; that is quick, and works while they are still faulty.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kms_eval.errors import KmsEvalError

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@+,-]*")
"""No quote, blank, glob, brace, variable or control character; no ``=``, after which zsh may look for a command; and
nothing at the start that makes the word an option (``-``), a home folder (``~``) or a command (``=``)."""

_LONGEST_NAME = 2048
"""AWS does not have longer ARNs."""

_LARGEST_SCENARIO_BYTES = 4 * 1024 * 1024
"""Reading one of this size takes two to three seconds, which is as long as anybody waits for a name."""

Choices = Iterator[Iterable[str]]
"""Names in groups: if a name of one group fits, the groups after it are not looked at."""


def plain(name: str) -> bool:
    """Whether bash, zsh and fish all read the name literally, wherever it is in a command."""
    return len(name) <= _LONGEST_NAME and _PLAIN.fullmatch(name) is not None


def _principals(scenarios: Sequence[str]) -> Choices:
    """Names as the scenario has them; then the ARNs of the short ones."""
    worlds = list(_worlds(scenarios))
    yield [name for world in worlds for name, _ in _entries(world, "principals")]
    yield [
        f"arn:{_text(world, 'partition', 'aws')}:iam::{account}:{name}"
        for world in worlds
        if (account := _text(world, "account"))
        for name, _ in _entries(world, "principals")
        if name == "root" or name.startswith(("role/", "user/"))
    ]


def _keys(scenarios: Sequence[str]) -> Choices:
    """The first plain name of each key; then all names of all keys."""
    keys = [(world, *entry) for world in _worlds(scenarios) for entry in _entries(world, "keys")]
    yield [name for key in keys if (name := next(filter(plain, _names_of_key(*key)), None)) is not None]
    yield (name for key in keys for name in _names_of_key(*key))


def _names_of_key(world: Mapping[str, Any], handle: str, key: object) -> Iterator[str]:
    """Its handle, aliases, id and ARN."""
    yield handle
    key = key if isinstance(key, Mapping) else {}
    aliases = key.get("aliases")
    if isinstance(aliases, Sequence):
        yield from (alias for alias in aliases if isinstance(alias, str) and alias.startswith("alias/"))
    if arn := _text(key, "arn"):
        yield arn
        return
    key_id = _text(key, "key_id") or _derived(handle, key)
    yield key_id
    if account := _text(key, "account") or _text(world, "account"):
        region = _text(key, "region") or _text(world, "region", "us-east-1")
        yield f"arn:{_text(world, 'partition', 'aws')}:kms:{region}:{account}:key/{key_id}"


def _derived(handle: str, key: Mapping[str, Any]) -> str:
    from kms_eval.world.keys import derived_id

    return derived_id(handle, multi_region=bool(key.get("multi_region")))


def _endpoints(scenarios: Sequence[str]) -> Choices:
    yield [name for world in _worlds(scenarios) for name, _ in _entries(world, "vpc_endpoints")]


def _actions(scenarios: Sequence[str]) -> Choices:
    """Permissions; then operations, which are whole calls."""
    from kms_eval.facts.actions import ACTIONS

    names = [action.name for action in ACTIONS]
    yield names
    yield [name.partition(":")[2] for name in names]


def _codes(scenarios: Sequence[str]) -> Choices:
    from kms_eval.analysis.linting.table import RULES
    from kms_eval.codes import CODES
    from kms_eval.facts.open_questions import OPEN_QUESTIONS

    yield [*(row.code for row in CODES), *(question.code for question in OPEN_QUESTIONS)]
    yield [rule.code for rule in RULES]


def _regions(scenarios: Sequence[str]) -> Choices:
    from kms_eval.facts.regions import REGIONS

    yield REGIONS


def _condition_keys(scenarios: Sequence[str]) -> Choices:
    """Condition keys without the equals sign and value, which are left to type; so is the end of key families."""
    from kms_eval.facts.condition_keys import CONDITION_KEYS

    yield (key.name for key in CONDITION_KEYS)


def _grants(scenarios: Sequence[str]) -> Choices:
    keys = [entry for world in _worlds(scenarios) for _handle, entry in _entries(world, "keys")]
    grants = [grant for key in keys if isinstance(key, Mapping) for grant in _list(key, "grants")]
    yield [_text(grant, "GrantId") for grant in grants if isinstance(grant, Mapping)]


def _who(scenarios: Sequence[str]) -> Choices:
    yield ("outside-account", "outside-organization", "public")
    yield from _principals(scenarios)


def _action_groups(scenarios: Sequence[str]) -> Choices:
    from kms_eval.analysis.access.action_groups import ACTION_GROUPS

    yield [*(group.name for group in ACTION_GROUPS), "all"]


def _kinds_of_change(scenarios: Sequence[str]) -> Choices:
    from kms_eval.analysis.access.expected import FAIL_ON

    yield FAIL_ON


def _kinds_of_mistake(scenarios: Sequence[str]) -> Choices:
    from kms_eval.analysis.mutating.mutants import KINDS

    yield [kind.name for kind in KINDS]


def _rules(scenarios: Sequence[str]) -> Choices:
    from kms_eval.analysis.linting.table import RULES

    yield [rule.code for rule in RULES]


VALUES: Mapping[str, Callable[[Sequence[str]], Choices]] = {
    "principals": _principals,
    "keys": _keys,
    "endpoints": _endpoints,
    "actions": _actions,
    "codes": _codes,
    "regions": _regions,
    "condition keys": _condition_keys,
    "grants": _grants,
    "who": _who,
    "action groups": _action_groups,
    "kinds of change": _kinds_of_change,
    "kinds of mistake": _kinds_of_mistake,
    "rules": _rules,
}


def _worlds(scenarios: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The values of the scenarios on the line, or else of the one that is found; unreadable ones are left out."""
    from kms_eval.doors.discovery import find
    from kms_eval.formats.text import read_file

    options: Sequence[str | None] = scenarios or [None]
    for name in options:
        try:
            path = find(name)
            value = read_file(path).value if path is not None and _is_small_file(path) else None
        except KmsEvalError:
            continue
        if isinstance(value, Mapping):
            yield value


def _is_small_file(path: Path) -> bool:
    """Whether it can be read quickly: a repository may contain links to devices and pipes."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST_SCENARIO_BYTES


def _entries(world: Mapping[str, Any], section: str) -> Iterator[tuple[str, object]]:
    entries = world.get(section)
    if isinstance(entries, Mapping):
        yield from ((name, entry) for name, entry in entries.items() if isinstance(name, str))


def _list(mapping: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = mapping.get(name)
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _text(mapping: Mapping[str, Any], name: str, default: str = "") -> str:
    value = mapping.get(name, default)
    return value if isinstance(value, str) else default
