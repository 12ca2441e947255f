"""IAM groups of several accounts: each keeps its own policies, even where two accounts have a group of the same name.

Comes in: `Raw` values one after another. Goes out: the same values with group names that are unique among all of them.
Never here: merging, policies.

Group names are unique within one account, whatever their case.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from collections.abc import Mapping

from kms_eval.language import arn
from kms_eval.sources.raw import Raw

_Identity = tuple[str | None, str]
"""Account and name in lower case; the account is None where the source does not say which one it is."""


class Groups:
    """The groups that sources have named so far, and the name that each of them has in the merged source."""

    def __init__(self) -> None:
        self._names: dict[_Identity, str] = {}

    def rename(self, raw: Raw) -> None:
        """Give groups of `raw` the names they have already, and a new name where that of another account is taken."""
        groups = raw.section("groups") if isinstance(raw.value.get("groups"), dict) else {}
        known = dict(self._names)
        for text in list(groups):
            identity = _identity(text, raw)
            name = self._name(identity)
            if name is None:
                name = text if text not in known.values() else f"{text} ({identity[0]})"
                self._names[identity] = name
            if name != text:
                _move(raw, groups, text, name)
        principals = raw.value.get("principals")
        for entry in principals.values() if isinstance(principals, Mapping) else ():
            named = entry.get("groups") if isinstance(entry, dict) else None
            if isinstance(named, list):
                entry["groups"] = [self._member_of(each, raw) for each in named]

    def _name(self, identity: _Identity) -> str | None:
        account, name = identity
        if account is not None:
            return self._names.get(identity, self._names.get((None, name)))
        return next((known for (_account, same), known in self._names.items() if same == name), None)

    def _member_of(self, text: object, raw: Raw) -> object:
        name = self._name(_identity(text, raw)) if isinstance(text, str) else None
        return text if name is None else name


def _identity(text: str, raw: Raw) -> _Identity:
    parts = arn.parse(text) if text.startswith("arn:") else None
    if parts is not None:
        return parts.account, parts.resource.rsplit("/", 1)[-1].lower()
    account = raw.value.get("account")
    return account if isinstance(account, str) else None, text.lower()


def _move(raw: Raw, groups: dict[str, object], text: str, name: str) -> None:
    groups[name] = groups.pop(text)
    raw.origins.move(("groups", text), ("groups", name))
    for steps in [steps for steps in raw.gaps if steps[:2] == ("groups", text)]:
        raw.gaps["groups", name, *steps[2:]] = raw.gaps.pop(steps)
