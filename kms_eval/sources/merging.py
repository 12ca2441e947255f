"""Merges several sources into one: what a later source says about a thing replaces what an earlier one said.

Comes in: `Raw` values in order. Goes out: one `Raw`, in which lists are lists again. Never here: any format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kms_eval.formats.document import Origin, Steps
from kms_eval.formats.unknown import Unknown, unknown_in
from kms_eval.language import arn
from kms_eval.sources.attachments import FIELDS, attach
from kms_eval.sources.groups import Groups
from kms_eval.sources.raw import SECTIONS, Exclusive, Raw, Whole

_BY_NAME = frozenset({"policies", "grants", "aliases"})
_GAPS = ("policy", "grants", "aliases", "tags", "policies", "permissions_boundary")
_LISTS = ("attached_by_principal", "tests", "checks")

Entry = dict[str, object]


def merged(raws: Iterable[Raw]) -> Raw:
    """Merge all of them into one. A gap counts only where no source says anything."""
    result = Raw()
    names: list[str] = []
    groups = Groups()
    for raw in raws:
        _rename_others(result, raw)
        groups.rename(raw)
        _Merger(result, raw).merge()
        names.append(raw.known_as)
    attach(result)
    _put_managed(result)
    for section in SECTIONS:
        for name, entry in result.section(section).items():
            if isinstance(entry, dict):
                _with_lists(result, (section, name), entry)
    for steps, unknown in result.gaps.items():
        entry = result.section(str(steps[0])).get(str(steps[1])) if len(steps) == 3 else None
        if isinstance(entry, dict) and steps[2] not in entry:
            entry[str(steps[2])] = unknown
        elif isinstance(entry, dict) and steps[2] == "policies" and isinstance(entry["policies"], list):
            # Some of its policies are known, from sources that do not have all of them.
            entry["policies"].append(unknown)
    for section in SECTIONS:
        if not result.value.get(section):
            result.value.pop(section, None)
    result.known_as = "; ".join(name for name in names if name)
    return result


def _put_managed(raw: Raw) -> None:
    """Fill in the managed policies that one source only names and another one shows."""
    for section in ("principals", "groups") if raw.managed else ():
        for name, entry in raw.section(section).items():
            if not isinstance(entry, dict):
                continue
            policies = entry.get("policies")
            if isinstance(policies, dict) and "unknown" not in policies:
                for each, value in policies.items():
                    _put_one(raw, policies, each, value, (section, name, "policies", each))
            elif isinstance(policies, list):
                for index, value in enumerate(policies):
                    _put_one(raw, policies, index, value, (section, name, "policies", index))
            boundary = entry.get("permissions_boundary")
            _put_one(raw, entry, "permissions_boundary", boundary, (section, name, "permissions_boundary"))


def _put_one(raw: Raw, into: dict[str, object] | list[object], at: str | int, value: object, steps: Steps) -> None:
    unknown = value if isinstance(value, Unknown) else None
    document = raw.managed.get(unknown.address) if unknown is not None else None
    if document is not None:
        into[at] = document.value  # type: ignore[index]  # a name of the mapping, or an index of the list
        raw.origins.drop(steps)
        document.put(raw.origins, steps)


def _rename_others(result: Raw, raw: Raw) -> None:
    """Rename keys that share a name with a key in another account or Region, so that they do not replace it."""
    known, added = result.value.get("keys"), raw.value.get("keys")
    if not isinstance(known, Mapping) or not isinstance(added, dict):
        return
    for name in [name for name in added if name in known]:
        before, entry = known[name], added[name]
        if not isinstance(before, Mapping) or not isinstance(entry, Mapping):
            continue
        there, here = _where(before, result), _where(entry, raw)
        if not any(one and other and one != other for one, other in zip(there, here, strict=True)):
            continue
        region, account = here
        fresh = f"{name}-{region}" if account == there[1] else f"{name}-{region}-{account}"
        added[fresh] = added.pop(name)
        raw.origins.move(("keys", name), ("keys", fresh))
        for steps in [steps for steps in raw.gaps if steps[:2] == ("keys", name)]:
            raw.gaps["keys", fresh, *steps[2:]] = raw.gaps.pop(steps)
        result.notices.append(f"{name} is in several accounts or Regions: {fresh} is that of {region} in {account}")


class _Merger:
    def __init__(self, result: Raw, raw: Raw) -> None:
        self.result = result
        self.raw = raw
        self.with_policies: set[Steps] = set()
        self.handles = _known_keys(result) if raw.value.get("keys") and result.value.get("keys") else {}
        known = result.section("principals") if raw.value.get("principals") else {}
        self.principals = {_principal(name, result): name for name in known}

    def merge(self) -> None:
        for name, value in self.raw.value.items():
            if name in SECTIONS:
                self._entries(name)
            elif name == "organization" and isinstance(value, Mapping):
                self._organization(value)
            elif name in _LISTS and isinstance(value, (list, tuple)):
                self._list(name, value)
            elif name != "sources":
                self.result.value[name] = value
                self._origin((name,), (name,))
        for steps, unknown in self.raw.gaps.items():
            if steps not in self.with_policies:
                self.result.gaps.setdefault(steps, unknown)
        self.result.attachments |= self.raw.attachments
        self.result.managed |= self.raw.managed
        self.result.warnings += self.raw.warnings
        self.result.notices += self.raw.notices

    def _origin(self, there: Steps, here: Steps) -> None:
        self.result.origins.graft(there, self.raw.origins, here)

    def _entries(self, section: str) -> None:
        given = self.raw.value[section]
        if not isinstance(given, Mapping):
            self.result.value[section] = given
            return
        known = self.result.section(section)
        for name, entry in given.items():
            there = self._name(section, name, entry)
            if entry is None:
                known.pop(there, None)
                continue
            if not isinstance(entry, Mapping):
                known[name] = entry  # a fault, which the world's reader reports
                continue
            before = known.get(there)
            if there != name and before is not None:
                before = self._renamed(section, there, name)
            into: Entry = before if isinstance(before, dict) else {}
            if "policies" in into:
                self.with_policies.add((section, name, "policies"))
            known[name if there != name else there] = into
            for field, value in entry.items():
                if field == "policies" and (isinstance(value, (list, tuple, Whole))):
                    self.result.gaps.pop((section, name, field), None)
                into[field] = _by_name(into.get(field), value) if field in _BY_NAME else value
                if not isinstance(value, Mapping) or field not in _BY_NAME:
                    self.result.origins.drop((section, name, field))
                self._origin((section, name, field), (section, name, field))
            self._origin((section, name), (section, name))

    def _name(self, section: str, name: str, entry: object) -> str:
        """The name of the same thing in what was merged before; its own name if it is new."""
        known = self.result.section(section)
        if section == "principals":
            return name if name in known else self.principals.get(_principal(name, self.raw), name)
        if section != "keys" or not isinstance(entry, Mapping):
            return name
        identity = _identity(entry, self.raw)
        if identity is not None and identity in self.handles:
            return self.handles[identity]
        if identity is None:
            for alias in _names(entry.get("aliases")):
                if alias in self.handles:
                    return self.handles[alias]
        return name

    def _renamed(self, section: str, there: str, name: str) -> object:
        known = self.result.section(section)
        entry = known.pop(there)
        self.result.origins.move((section, there), (section, name))
        for field in _GAPS:
            if (unknown := self.result.gaps.pop((section, there, field), None)) is not None:
                self.result.gaps[section, name, field] = unknown
        return entry

    def _organization(self, value: Mapping[str, object]) -> None:
        before = self.result.value.get("organization")
        accounts = value.get("accounts")
        if isinstance(before, dict) and before.get("id") == value.get("id") and isinstance(accounts, Mapping):
            known = before.get("accounts")
            merged_accounts = dict(known) if isinstance(known, Mapping) else {}
            for name, entry in accounts.items():
                if not _shown_in_part(entry, merged_accounts.get(name)):
                    merged_accounts[name] = entry
            self.result.value["organization"] = {**before, **value, "accounts": merged_accounts}
        else:
            self.result.value["organization"] = dict(value)
        self._origin(("organization",), ("organization",))

    def _list(self, name: str, value: list[object] | tuple[object, ...]) -> None:
        listed = self.result.value.setdefault(name, [])
        assert isinstance(listed, list)  # noqa: S101 - made in the line above
        for index, item in enumerate(value):
            self._origin((name, len(listed)), (name, index))
            listed.append(item)


def _shown_in_part(entry: object, known: object) -> bool:
    """Whether what is already known about an account says more than this entry, which has no policy at any level."""
    if not isinstance(entry, Mapping) or not isinstance(known, Mapping):
        return False
    path = entry.get("path")
    levels = [level for field in FIELDS.values() for level in entry.get(field) or () if unknown_in(level) is None]
    none_known = all(unknown_in(each) is not None for level in levels if isinstance(level, list) for each in level)
    return none_known and (path == known.get("path") or unknown_in(path) is not None)


def _known_keys(raw: Raw) -> dict[str, str]:
    known: dict[str, str] = {}
    for handle, entry in raw.section("keys").items():
        if isinstance(entry, Mapping):
            if (identity := _identity(entry, raw)) is not None:
                known[identity] = handle
            for alias in _names(entry.get("aliases")):
                known.setdefault(alias, handle)
    return known


def _where(entry: Mapping[str, object], raw: Raw) -> tuple[object, object]:
    """The Region and account of a key, each as far as it is known."""
    parts = arn.parse(str(entry.get("arn") or ""))
    if parts is not None:
        return parts.region, parts.account
    around = raw.value
    return entry.get("region", around.get("region")), entry.get("account", around.get("account"))


def _identity(entry: Mapping[str, object], raw: Raw) -> str | None:
    """The key ARN, if an entry has it or the key id that it is made from."""
    if isinstance(entry.get("arn"), str):
        return str(entry["arn"])
    if not isinstance(entry.get("key_id"), str):
        return None
    account, region = entry.get("account", raw.value.get("account")), entry.get("region", raw.value.get("region"))
    partition = raw.value.get("partition", "aws")
    return f"arn:{partition}:kms:{region or 'us-east-1'}:{account}:key/{entry['key_id']}"


def _principal(name: str, raw: Raw) -> tuple[object, ...]:
    """Account, kind and name, which are unique regardless of path and case (semantics P7)."""
    parts = arn.parse(name) if name.startswith("arn:") else None
    resource = parts.resource if parts else name
    account = parts.account if parts else raw.value.get("account")
    return account, resource.split("/", 1)[0], resource.rsplit("/", 1)[-1].lower()


def _names(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [str(name) for name, member in value.items() if member is not None]
    return [name for name in value if isinstance(name, str)] if isinstance(value, (list, tuple)) else []


def _by_name(before: object, value: object) -> object:
    """A list replaces the earlier value; a mapping by name is merged with it, and None removes what has that name."""
    if not isinstance(value, Mapping) or "Grants" in value or "unknown" in value:
        return value
    if isinstance(value, Whole):
        return dict(value)
    known: dict[object, object] = {}
    if isinstance(before, Mapping):
        known = dict(before)
    elif isinstance(before, (list, tuple)):
        known = dict(_numbered(before))
    return value.beside(known) if isinstance(value, Exclusive) else {**known, **value}


def _numbered(listed: list[object] | tuple[object, ...]) -> list[tuple[object, object]]:
    """The members of a list by name, or else by index, so that those of another source can be added."""
    return [_numbered_one(index, each) for index, each in enumerate(listed)]


def _numbered_one(index: int, each: object) -> tuple[object, object]:
    if isinstance(each, str) and each.startswith("alias/"):
        return each, True
    if isinstance(each, Mapping) and isinstance(each.get("GrantId"), str):
        return each["GrantId"], each
    return index, each


def _with_lists(raw: Raw, at: Steps, entry: Entry) -> None:
    for field in _BY_NAME:
        value = entry.get(field)
        if not isinstance(value, dict) or "Grants" in value or "unknown" in value:
            continue
        kept = [(name, member) for name, member in value.items() if member is not None]
        if field == "aliases":
            entry[field] = [name if member is True else member for name, member in kept]
        else:
            entry[field] = [member for _name, member in kept]
        found = [raw.origins.nearest((*at, field, name)) for name, _member in kept]
        raw.origins.drop((*at, field))
        for index, ((name, _member), origin) in enumerate(zip(kept, found, strict=True)):
            if origin is not None:
                named = origin.name or (str(name) if field == "policies" and isinstance(name, str) else None)
                raw.origins.put((*at, field, index), Origin(origin.place, named, origin.by_aws))
