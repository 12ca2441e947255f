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
        groups = raw.value.get("groups")
        if isinstance(groups, Mapping):
            known = set(self._names.values())
            raw.value["groups"] = {self._renamed(text, raw, known): entry for text, entry in groups.items()}
        principals = raw.value.get("principals")
        if isinstance(principals, Mapping):
            raw.value["principals"] = {name: self._with_groups(entry, raw) for name, entry in principals.items()}

    def _renamed(self, text: str, raw: Raw, known: set[str]) -> str:
        """The name of a group of `raw`; `known` are the names that groups of other sources have."""
        identity = account, lower = _identity(text, raw)
        name = self._name(identity)
        if name is None:
            name = self._names[identity] = text if text not in known else f"{text} ({account})"
        elif account is not None:
            # What a source without an account said of a group is about the first account that has such a group.
            self._names.pop((None, lower), None)
            self._names[identity] = name
        if name != text:
            raw.origins.move(("groups", text), ("groups", name))
            for steps in [steps for steps in raw.gaps if steps[:2] == ("groups", text)]:
                raw.gaps["groups", name, *steps[2:]] = raw.gaps.pop(steps)
        return name

    def _with_groups(self, entry: object, raw: Raw) -> object:
        named = entry.get("groups") if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping) or not isinstance(named, (list, tuple)):
            return entry
        return {**entry, "groups": [self._member_of(each, raw) for each in named]}

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
