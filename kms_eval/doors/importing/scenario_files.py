"""The files of a scenario: one in YAML, and one in JSON for each policy; equal policies share a file.

Comes in: a `Raw`. Goes out: texts by file name, the same for the same sources. Never here: writing them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from kms_eval.formats.document import Place, SourceFile, Steps
from kms_eval.formats.unknown import Unknown, unknown_in
from kms_eval.formats.yaml_text import scalar_value
from kms_eval.safe_text import json_text, printable
from kms_eval.sources.raw import Raw

_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_ORDER = ("name", "account", "region", "partition", "keys", "principals", "groups", "attached_by_principal",
          "organization", "vpc_endpoints", "tests", "checks")  # fmt: skip


def scenario_files(raw: Raw, name: str, here: Path) -> dict[str, str]:
    """The scenario, called `name`, and its policies; comments say where each is from, relative to the folder `here`."""
    return _Files(raw, here).all(name)


class _Files:
    def __init__(self, raw: Raw, here: Path) -> None:
        self._place = Place(SourceFile("", origins=raw.origins))
        self._raw = raw
        self._here = here
        self._files: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._comments: dict[str, str] = {}

    def all(self, name: str) -> dict[str, str]:
        """All files by their names."""
        value: dict[str, object] = {"name": name}
        for section in sorted(self._raw.value, key=_rank):
            if section != "name" or not value["name"]:
                value[section] = self._section(section, self._raw.value[section])
        text = _yaml(value, allow_unicode=True)
        if not text.replace("\n", "").isprintable():
            text = _yaml(value, allow_unicode=False)
        return {"kms-eval.yaml": self._commented(text), **self._files}

    def _section(self, section: str, value: object) -> object:
        writers: Mapping[str, Callable[[str, Mapping[str, object]], object]] = {
            "keys": self._key,
            "principals": self._principal,
            "groups": self._group,
            "vpc_endpoints": self._endpoint,
        }
        if section in writers and isinstance(value, Mapping):
            return {
                self._called(section, name): writers[section](name, entry) if isinstance(entry, Mapping) else entry
                for name, entry in value.items()
            }
        if section == "organization" and isinstance(value, Mapping):
            return self._organization(value)
        if section == "attached_by_principal" and isinstance(value, list):
            return [self._policy(each, (section, index), f"attached-{index}") for index, each in enumerate(value)]
        return value

    def _key(self, name: str, entry: Mapping[str, object]) -> object:
        self._say_origin(name, ("keys", name))
        made = dict(entry)
        if "policy" in made:
            made["policy"] = self._policy(made["policy"], ("keys", name, "policy"), f"key-{name}")
        return made

    def _called(self, section: str, name: str) -> str:
        """A user or role of the scenario's account by its short name."""
        own = f":iam::{self._raw.value.get('account')}:"
        return name.partition(own)[2] or name if section == "principals" else name

    def _principal(self, name: str, entry: Mapping[str, object]) -> object:
        self._say_origin(self._called("principals", name), ("principals", name))
        made = {**entry, **self._policies(entry, ("principals", name), name)}
        if "permissions_boundary" in made:
            at = ("principals", name, "permissions_boundary")
            made["permissions_boundary"] = self._policy(made["permissions_boundary"], at, f"{_short(name)}-boundary")
        if "trust_policy" in made:
            at = ("principals", name, "trust_policy")
            made["trust_policy"] = self._policy(made["trust_policy"], at, f"{_short(name)}-trust")
        return made

    def _group(self, name: str, entry: Mapping[str, object]) -> object:
        self._say_origin(name, ("groups", name))
        return {**entry, **self._policies(entry, ("groups", name), f"group/{name}")}

    def _endpoint(self, name: str, entry: Mapping[str, object]) -> object:
        made = dict(entry)
        if "policy" in made:
            made["policy"] = self._policy(made["policy"], ("vpc_endpoints", name, "policy"), name)
        return made

    def _policies(self, entry: Mapping[str, object], at: Steps, owner: str) -> dict[str, object]:
        listed = entry.get("policies")
        if not isinstance(listed, (list, tuple)):
            return {}
        return {
            "policies": [
                self._policy(each, (*at, "policies", index), f"{_short(owner)}-{index}", owner=_short(owner))
                for index, each in enumerate(listed)
            ]
        }

    def _organization(self, value: Mapping[str, object]) -> object:
        accounts = value.get("accounts")
        if not isinstance(accounts, Mapping):
            return value
        made = {account: self._account(account, entry) for account, entry in accounts.items()}
        return {**value, "accounts": made}

    def _account(self, account: str, entry: Mapping[str, object]) -> dict[str, object]:
        made = dict(entry)
        for field in ("service_control_policies", "resource_control_policies"):
            levels = entry.get(field)
            if isinstance(levels, (list, tuple)):
                at = ("organization", "accounts", account, field)
                made[field] = [self._level(level, (*at, index)) for index, level in enumerate(levels)]
        return made

    def _level(self, level: object, at: Steps) -> object:
        if not isinstance(level, (list, tuple)):
            return level
        otherwise = f"{at[3]}-{at[2]}-{at[4]}"
        return [self._policy(each, (*at, number), f"{otherwise}-{number}") for number, each in enumerate(level)]

    def _policy(self, source: object, at: Steps, otherwise: str, owner: str = "") -> object:
        """The path of the file with this policy; for an unknown policy, the mapping that says what is unknown."""
        unknown = unknown_in(source)
        if unknown is not None:
            return unknown.written()
        origin = self._place.at(*at).origin()
        if isinstance(source, str) and not source.lstrip().startswith("{"):
            written = origin.place.file.path
            source = ((written.parent if written is not None else self._here) / source).read_text(encoding="utf-8")
        document = json.loads(source) if isinstance(source, str) else source
        text = json_text(_plain(document), indent=2) + "\n"
        name = origin.name
        stem = _PLAIN.sub("-", name or otherwise).strip("-.") or "policy"
        if name and self._files.get(f"policies/{stem}.json", text) != text:
            stem = _PLAIN.sub("-", f"{owner}-{name}" if owner else f"{name}-{otherwise}").strip("-.")
        number, path = 2, f"policies/{stem}.json"
        while self._files.get(path, text) != text:
            number, path = number + 1, f"policies/{stem}-{number}.json"
        self._files[path] = text
        return path

    def _say_origin(self, name: str, at: Steps) -> None:
        place = self._place.at(*at).location()
        if place.file:
            file = os.path.relpath(place.file, self._here).replace(os.sep, "/")
            self._comments[name] = f"{file}:{place.line}" if place.line else file

    def _commented(self, text: str) -> str:
        """The text with comments after the names of keys and principals, which are indented by two blanks."""
        lines = ["# Made by `kms-eval import`; behind each name is where it came from."]
        waiting = dict(self._comments)
        for line in text.splitlines():
            found = re.fullmatch(r"  (?! )(.+):( \{\})?", line)
            name = _scalar(found[1]) if found else None
            if isinstance(name, str) and name in waiting:
                line = f"{line}  # {printable(waiting.pop(name))}"  # noqa: PLW2901 - the same line, and a comment
            lines.append(line)
        return "\n".join(lines) + "\n"


def _scalar(text: str) -> object:
    """The value before a colon; None if it is not valid YAML, and so not a name."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


class _Dumper(yaml.SafeDumper):
    """Writes YAML 1.2: quotes texts that are numbers there but not in the YAML 1.1 of PyYAML (``1e5``)."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    try:
        plainly = not text or scalar_value(text) == text
    except ValueError:
        plainly = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plainly else "'")


_Dumper.add_representer(str, _text)


def _yaml(value: object, *, allow_unicode: bool) -> str:
    text: str = yaml.dump(
        _plain(value),
        Dumper=_Dumper,
        sort_keys=False,
        width=120,
        allow_unicode=allow_unicode,
        default_flow_style=False,
    )
    return text


def _rank(section: str) -> int:
    return _ORDER.index(section) if section in _ORDER else len(_ORDER)


def _short(name: str) -> str:
    """What a person would call a user or role: the name without account and path."""
    return name.rsplit("/", 1)[-1]


def _plain(value: object) -> object:
    """The value as YAML and JSON can write it."""
    if isinstance(value, Unknown):
        return value.written()
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    # Keeps the digits as they were written; policies may compare numbers as text.
    return value if value is None or isinstance(value, (str, bool, int)) else str(value)
