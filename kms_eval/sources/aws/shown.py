"""A value as a response shows it, with its place and the names of the folders and file that it came in.

Comes in: documents. Goes out: their members, of the right type or else a fault. Never here: which members there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from kms_eval.documents.wrapping import looks_like_document
from kms_eval.errors import Fault, InputError
from kms_eval.formats.document import Place
from kms_eval.records import record

_TOKEN_MEMBERS = ("NextToken", "NextMarker", "Marker")
# Servers that emulate AWS make ids of multi-Region keys with hyphens.
KEY_ID = re.compile(r"mrk-[0-9a-f]{32}|(?:mrk-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_REGION = re.compile(r"(?<![a-z])[a-z]{2}(?:-[a-z]+)+-[0-9](?![0-9])")


@record
class Shown:
    """A value of a response. `names` are those of folders and file, outermost first."""

    value: object
    place: Place
    names: tuple[str, ...] = ()

    def member(self, name: str) -> Shown | None:
        """A member of this object; None if it is missing or null."""
        found = self._given(name)
        return None if found is None else Shown(found, self.place.at(name), self.names)

    def _given(self, name: str) -> object:
        value = self.value
        return value.get(name) if type(value) is dict or isinstance(value, Mapping) else None

    def text(self, name: str) -> str | None:
        """The text of a member. Raises InputError if it is something else."""
        found = self._given(name)
        if found is not None and not isinstance(found, str):
            raise InputError(Fault("expected a string", self.place.at(name).location()))
        return found

    def needed(self, name: str) -> str:
        """The text of a member that has to be there."""
        found = self.text(name)
        if not found:
            raise InputError(Fault(f"`{name}` is missing", self.place.location()))
        return found

    def items(self, name: str) -> Iterator[Shown]:
        """The members of a list of objects. Raises InputError if it is something else."""
        found = self.member(name)
        if found is not None:
            yield from found.entries()

    def entries(self) -> Iterator[Shown]:
        """The members of this list of objects. Raises InputError if it is something else."""
        if not isinstance(self.value, list):
            raise InputError(Fault("expected a list", self.place.location()))
        for index, item in enumerate(self.value):
            here = self.place.at(index)
            if type(item) is not dict and not isinstance(item, Mapping):
                raise InputError(Fault("expected an object", here.location()))
            yield Shown(item, here, self.names)

    def members(self) -> Iterator[tuple[str, Shown]]:
        """The members of this object, by name. Raises InputError if it is something else."""
        if not isinstance(self.value, Mapping):
            raise InputError(Fault("expected an object", self.place.location()))
        for name, item in self.value.items():
            yield str(name), Shown(item, self.place.at(str(name)), self.names)

    def texts(self, name: str) -> Iterator[tuple[str, Place]]:
        """The members of a list of texts, with their places."""
        found = self.member(name)
        if found is None:
            return
        if not isinstance(found.value, list) or not all(isinstance(item, str) for item in found.value):
            raise InputError(Fault("expected a list of strings", found.place.location()))
        for index, item in enumerate(found.value):
            yield item, found.place.at(index)

    def tags(self, name: str, key: str, value: str) -> dict[str, str]:
        """A list of tags as AWS writes them, with the members `key` and `value` in each."""
        return {tag.needed(key): tag.text(value) or "" for tag in self.items(name)}

    def document(self) -> Shown:
        """A policy document; a text that is URL-encoded, as IAM's API answers it, is decoded.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyDetail.html
        """
        if not isinstance(self.value, str):
            return self
        if not looks_like_document(self.value):
            # Unlike in a scenario, a text here cannot be the path of a file.
            raise InputError(Fault("is no policy: expected an object, or the text of one", self.place.location()))
        encoded = self.value.lstrip().startswith("%")
        return Shown(unquote(self.value), self.place, self.names) if encoded else self

    def next_token(self) -> str | None:
        """The token with which the response continues, if it is not complete; None if it is.

        The AWS CLI has ``NextToken`` where it was told to stop; APIs have a marker, and a flag that may stand alone.
        """
        if not isinstance(self.value, Mapping):
            return None
        token = next((self.value[name] for name in _TOKEN_MEMBERS if isinstance(self.value.get(name), str)), None)
        if self.value.get("Truncated") or self.value.get("IsTruncated"):
            return token or "none given"
        return token if "NextToken" in self.value else None

    def account(self) -> str | None:
        """The account that a folder or the file is named after, the nearest one."""
        return self._named(_ACCOUNT)

    def region(self) -> str | None:
        """The Region that a folder or the file is named after, the nearest one."""
        return self._named(_REGION)

    def _named(self, pattern: re.Pattern[str]) -> str | None:
        for name in reversed(self.names):
            # The end of a key id may look like an account id.
            if found := pattern.search(KEY_ID.sub("", name)):
                return found.group()
        return None
